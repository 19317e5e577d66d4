package configtree

import (
	"errors"
	"slices"
	"strings"

	"loggia/configtree/schema"
)

// Word is a word of a line as the tokenizer found it.
type Word struct {
	Text   string // without the quotes
	Quoted bool
	Col    int // from 0, in bytes, of its first character or quote
}

// Resolution is what words mean.
type Resolution struct {
	Path   Path          // deepest container, entry, leaf or leaf-list reached
	Edits  []Edit        // what to apply, in order; none for Find
	Words  []string      // every word in full, up to the first that is wrong
	Secret []int         // indexes in Words of values that must not be disclosed
	Next   schema.Cursor // where the line would go on
	// Complete reports whether the line may end here. It may not where a key or
	// a value is wanted, except that Delete and Find take all there are.
	Complete bool

	// Connect holds the words of the command itself, not of the schema, that may
	// come next: `to`, or `before` and `after`.
	Connect []string

	// Bracket is the one that may come next around values of a leaf-list; "" for none.
	Bracket string

	brackets []int // indexes in Words that are brackets, not values
}

// String returns the words as a line: in full, quoted where they need it, and
// with secrets withheld. It is what history and records may know.
func (r Resolution) String() string {
	words := make([]string, len(r.Words))
	for i, w := range r.Words {
		switch {
		case in(r.Secret, i):
			words[i] = SecretMark
		case in(r.brackets, i):
			words[i] = w
		default:
			words[i] = Quote(w)
		}
	}
	return strings.Join(words, " ")
}

// in reports whether an index is one of several, which are sorted.
func in(sorted []int, i int) bool {
	_, ok := slices.BinarySearch(sorted, i)
	return ok
}

// refusal is what the shell says about a word that does not fit; what it says
// about values comes from the schema.
type refusal string

func (r refusal) Error() string { return string(r) }

const (
	errSyntax   refusal = "syntax error."
	errMissing  refusal = "missing argument."
	errBracket  refusal = "syntax error, expecting ']' or <data>."
	errNoValue  refusal = "Must not be empty"
	errNoSecret refusal = "Invalid value"
)

// Resolve walks words from at, which lies below root, and turns them into
// edits. It is the only place where words become edits, whether they were typed,
// loaded or sent.
//
// Set takes several leaves of one level and whole oneliners on one line, adds to
// leaf-lists (`[ a b ]` or one value), and ends in a leaf, or in a container or
// entry, which is created. Delete, Deactivate, Activate, Protect, Unprotect and
// Replace take one statement: a leaf with or without its value, values of a leaf-list, an entry, a
// container, or a list or leaf-list with all its elements. Annotate takes one
// statement, but not all entries of a list, and the comment as the last word. Find takes what Delete takes, and
// nothing at all. Delete without words empties the level: one Override. Rename and
// Copy take an entry, `to`, and another key, with the keyword of the list before it
// or without; InsertBefore and InsertAfter take an entry, `before` or `after`, which
// decides, and the key of its neighbour.
//
// The problem says which word is wrong in Word, and len(words) when one is
// missing; the Resolution then holds what came before that, for completion and
// for records.
func Resolve(root *schema.Node, op Op, at Path, words []Word) (Resolution, *Problem) {
	return ResolveWhile(root, op, at, words, nil)
}

// ResolveWhile is Resolve that tells, of each word that fits, before the next is
// looked at, where it led: the path with the statement whose value or key is
// awaited, and the edits that it completed. It is asked neither about the comment
// of Annotate nor about the connective of a command and what follows it. When
// fits returns false the walk ends before the next word, as if the line did.
func ResolveWhile(root *schema.Node, op Op, at Path, words []Word, fits func(i int, reached Path, edits []Edit) bool) (Resolution, *Problem) {
	w := walk{path: make(Path, 0, len(at)+min(len(words), usualDepth))}
	w.out.Words = make([]string, 0, min(len(words), usualWords))
	return w.resolve(root, op, at, words, fits)
}

// Resolver is Resolve for many lines in a row, in the memory that the first ones took.
type Resolver struct {
	path  Path
	words []string
	edits []Edit
}

// Resolve is the function of that name. What it returns holds until it is called again,
// but for the edits: their paths stay.
func (r *Resolver) Resolve(root *schema.Node, op Op, at Path, words []Word) (Resolution, *Problem) {
	w := walk{path: r.path[:0], lent: true}
	w.out.Words, w.out.Edits = r.words[:0], r.edits[:0]
	out, p := w.resolve(root, op, at, words, nil)
	if p != nil {
		*r = Resolver{} // the problem has its path from there
		return out, p
	}
	r.path, r.words, r.edits = w.path, out.Words, out.Edits
	return out, nil
}

func (w *walk) resolve(root *schema.Node, op Op, at Path, words []Word, fits func(i int, reached Path, edits []Edit) bool) (Resolution, *Problem) {
	w.op, w.start, w.path, w.cursor, w.words = op, len(at), append(w.path, at...), at.Cursor(root), words
	comment := ""
	if op == Annotate && len(words) > 0 {
		words = words[:len(words)-1]
		comment = w.words[len(words)].Text
	}
	for i, word := range words {
		if w.connects(word) {
			p := w.refer(i)
			return w.result(), p
		}
		if p := w.take(i, word); p != nil {
			return w.result(), p
		}
		if fits != nil && !fits(i, w.reached(), w.fresh()) {
			return w.result(), nil
		}
	}
	p := w.finish(len(words))
	if op == Annotate && p == nil {
		w.out.Words = append(w.out.Words, comment)
		for i := range w.out.Edits {
			w.out.Edits[i].Value = comment
		}
	}
	return w.result(), p
}

// What most lines have room in: a long line that is wrong early costs no more
// than a short one.
const (
	usualDepth = 16
	usualWords = 32
)

// walk is a Resolve under way.
type walk struct {
	op     Op
	words  []Word
	start  int  // length of the path that the walk may not leave
	path   Path // the walk's own, with room for a step a word; what is handed out is clipped
	cursor schema.Cursor

	pending   *schema.Node // leaf, leaf-list or list whose keyword was taken, without value or key yet
	inBracket bool
	values    int  // taken in the open bracket
	below     bool // an edit was made at or below path
	done      bool // all but Set: a leaf with its value was named, nothing may follow
	told      int  // edits that were told of
	lent      bool // path is used again: what stays is copied
	out       Resolution
}

func (w *walk) result() Resolution {
	w.out.Next = w.cursor
	if w.out.Path == nil {
		w.out.Path = w.reached()
	}
	if w.pending != nil && w.pending.Kind == schema.LeafList {
		switch {
		case !w.inBracket:
			w.out.Bracket = "["
		case w.values > 0:
			w.out.Bracket = "]"
		}
	}
	return w.out
}

// reached returns the path with the statement whose value or key is awaited.
func (w *walk) reached() Path {
	if w.pending != nil {
		return w.path.Append(Step{Node: w.pending})
	}
	return slices.Clip(w.path)
}

// fresh returns the edits made since it was last asked.
func (w *walk) fresh() []Edit {
	edits := w.out.Edits[w.told:]
	w.told = len(w.out.Edits)
	return edits
}

// problem is about word i.
func (w *walk) problem(i int, k ProblemKind, err error) *Problem {
	p := &Problem{Path: w.reached(), Err: err, Kind: k, Word: i}
	switch {
	case i < len(w.words):
		p.Token, p.Col = w.words[i].Text, w.words[i].Col
	case i > 0:
		last := w.words[i-1]
		p.Col = last.Col + len(last.Text) + 1
	}
	return p
}

func (w *walk) take(i int, word Word) *Problem {
	if w.done {
		return w.problem(i, Unknown, errSyntax)
	}
	if !word.Quoted && (word.Text == "[" || word.Text == "]") {
		return w.bracket(i, word.Text)
	}
	var step schema.Step
	var err error
	if word.Quoted {
		step, err = w.cursor.MatchQuoted(word.Text)
	} else {
		step, err = w.cursor.Match(word.Text)
	}
	if err != nil {
		return w.mismatch(i, err)
	}
	if len(w.path)-step.Up < w.start {
		return w.problem(i, Unknown, errSyntax)
	}
	if step.Kind != schema.Keyword && step.Word == "" && hasElements(step.Node) {
		return w.problem(i, Invalid, errNoValue)
	}
	if step.Kind != schema.Keyword && step.Node.Secret {
		w.out.Secret = append(w.out.Secret, len(w.out.Words))
	}
	w.out.Words = append(w.out.Words, step.Word)
	if step.Up > 0 {
		w.path = w.path[:len(w.path)-step.Up]
	}
	w.cursor = step.Next
	w.follow(step)
	return nil
}

// bracket takes `[` and `]`, which stand around the values of a leaf-list.
func (w *walk) bracket(i int, text string) *Problem {
	switch {
	case w.pending == nil || w.pending.Kind != schema.LeafList:
		return w.problem(i, Unknown, errSyntax)
	case text == "[" && !w.inBracket:
		w.inBracket, w.values = true, 0
	case text == "]" && w.inBracket && w.values > 0:
		w.inBracket = false
		w.leaveLeafList()
	default:
		return w.problem(i, Unknown, errBracket)
	}
	w.out.brackets = append(w.out.brackets, len(w.out.Words))
	w.out.Words = append(w.out.Words, text)
	return nil
}

// mismatch turns the grammar's refusal of word i into a problem, which does not
// disclose a secret.
func (w *walk) mismatch(i int, err error) *Problem {
	p := w.problem(i, Unknown, err)
	var m *schema.MatchError
	if !errors.As(err, &m) {
		return p
	}
	switch m.Kind {
	case schema.Ambiguous:
		p.Kind = Ambiguous
	case schema.Invalid:
		p.Kind = Invalid
	}
	if w.pending != nil && w.pending.Secret {
		if w.pending.Type.Base != schema.Secret && strings.Contains(m.Text, p.Token) {
			p.Err = errNoSecret
		}
		p.Token = ""
	}
	return p
}

// follow moves along a step that fits.
func (w *walk) follow(step schema.Step) {
	n := step.Node
	switch {
	case step.Kind == schema.Key:
		w.path = append(w.path, Step{n, step.Word})
		w.pending, w.below = nil, false
	case step.Kind == schema.Value && n.Kind == schema.LeafList:
		w.edit(Step{n, step.Word}, "")
		if w.values++; !w.inBracket {
			w.leaveLeafList()
		}
	case step.Kind == schema.Value:
		w.pending = nil
		w.edit(Step{Node: n}, step.Word)
	case n.Kind == schema.Container:
		w.path = append(w.path, Step{Node: n})
		w.below = false
	case n.Kind == schema.Leaf && n.Type.Base == schema.Empty:
		w.edit(Step{Node: n}, "")
	default:
		w.pending = n
	}
}

// leaveLeafList goes back to the level around a leaf-list whose values are
// complete.
func (w *walk) leaveLeafList() {
	w.cursor = schema.Cursor{Node: w.pending.Parent, Want: schema.WantStatement}
	w.pending = nil
	w.done = w.op != Set
}

// edit notes an edit of a leaf or an element of a leaf-list at this level.
func (w *walk) edit(s Step, value string) {
	w.below = true
	w.note(w.path.Append(s), value)
	w.done = w.op != Set && !w.inBracket
}

// emit notes an edit of what the walk has reached.
func (w *walk) emit(p Path, value string) {
	if w.lent {
		p = slices.Clone(p)
	}
	w.note(p, value)
}

func (w *walk) note(p Path, value string) {
	if w.op == Find {
		w.out.Path = p
		return
	}
	e := Edit{Op: w.op, Path: p, Value: value}
	if len(w.words) > 0 {
		e.Col = w.words[0].Col
	}
	if w.op != Set {
		w.out.Path = p
	}
	w.out.Edits = append(w.out.Edits, e)
}

// finish ends the walk after n words.
func (w *walk) finish(n int) *Problem {
	switch {
	case w.op == Annotate && (len(w.words) < 2 || w.pending != nil && w.pending.Kind == schema.List):
		return w.problem(len(w.words), Missing, errMissing)
	case w.inBracket:
		return w.problem(n, Missing, errBracket)
	case n == 0 && w.op != Find && w.op != Delete, w.op.refers():
		return w.unconnected(n)
	case w.op == Set && w.pending != nil:
		return w.problem(n, Missing, errMissing)
	case w.op == Set && !w.below && w.path.Last().Node.NeedsContents():
		return w.problem(n, Missing, errMissing)
	}
	w.out.Complete = true
	switch {
	case n == 0 && w.op == Delete:
		w.op = Override
		w.emit(w.path, "")
	case w.op == Set && !w.below, w.op != Set && !w.done:
		w.emit(w.reached(), "")
	}
	return nil
}
