package format

import (
	"slices"
	"strings"

	"loggia/configtree"
	"loggia/configtree/schema"
)

// elementFrame is a container or list entry whose contents are being read.
type elementFrame struct {
	node   *schema.Node
	marks  marks
	line   int // where the element began
	col    int
	keyed  bool // list: the key is known and part of the path
	gone   bool // the statement is deleted: contents do not matter
	filled bool // there have been edits of it or of something below
	spoilt bool // its own key or attributes are wrong, which has been told
	acts   bool // it is set, unless marks say something else; else it only leads to what it contains
}

// assembler makes edits of elements as they come from a reader of XML or JSON. It knows the schema and no
// syntax.
type assembler struct {
	file    string
	root    *schema.Node
	yield   func(configtree.Edit, *configtree.Problem) bool
	stopped bool // the consumer wants no more, or reading cannot go on
	told    bool // there have been problems

	on     *configtree.Tree  // what the load is for; nil when not known
	path   configtree.Path   // to the innermost frame
	frames []elementFrame    // the first is the level that is read into
	trim   bool              // blanks around a value may be layout
	gone   []configtree.Path // deleted or replaced by this load

	line int // of the element at hand
	col  int
}

func newAssembler(file string, at configtree.Path, root *schema.Node, on *configtree.Tree, yield func(configtree.Edit, *configtree.Problem) bool) assembler {
	base := elementFrame{node: root, keyed: true, filled: true, acts: true}
	if len(at) > 0 {
		base.node, base.keyed = at.Last().Node, at.Last().Key != "" || at.Last().Node.Kind != schema.List
	}
	return assembler{file: file, root: root, yield: yield, on: on, path: slices.Clone(at), frames: []elementFrame{base}}
}

func (a *assembler) top() *elementFrame { return &a.frames[len(a.frames)-1] }

// at notes where the element at hand stands, for edits and problems.
func (a *assembler) at(line, col int) { a.line, a.col = line, col }

func (a *assembler) emit(op configtree.Op, path configtree.Path, value string) {
	if a.stopped {
		return
	}
	a.top().filled = true
	if len(path) > 0 && len(a.path) > 0 && &path[0] == &a.path[0] { // it goes on changing
		path = slices.Clone(path)
	}
	e := configtree.Edit{Op: op, Path: path, Value: value, File: a.file, Line: a.line, Col: a.col}
	a.stopped = !a.yield(e, nil)
}

// refuse reports that the statement made of words is wrong at its last one. A value is told with the
// sentence of its type.
func (a *assembler) refuse(kind configtree.ProblemKind, err error, words ...string) {
	if a.stopped {
		return
	}
	e := &StatementError{Err: err, value: kind == configtree.Invalid}
	if len(words) > 0 {
		e.token = show(words[len(words)-1])
	}
	shown := make([]string, len(words))
	for i, w := range words {
		shown[i] = show(w)
	}
	e.Statement = excerpt(shown, false, "")
	a.told = true
	a.stopped = !a.yield(configtree.Edit{}, &configtree.Problem{
		Path: slices.Clone(level(a.path)), Token: e.token, Err: e, Kind: kind, File: a.file, Line: a.line, Col: a.col,
	})
}

// fail ends reading with a problem that is nobody's statement.
func (a *assembler) fail(kind configtree.ProblemKind, err error) {
	if !a.stopped {
		a.told = true
		a.yield(configtree.Edit{}, &configtree.Problem{Path: slices.Clone(level(a.path)), Err: err, Kind: kind, File: a.file, Line: a.line, Col: a.col})
	}
	a.stopped = true
}

// override empties the level that is read into.
func (a *assembler) override() {
	a.emit(configtree.Override, a.path, "")
	a.gone = append(a.gone, slices.Clone(a.path))
}

// enter begins a container or list entry.
func (a *assembler) enter(s *schema.Node, m marks) {
	a.frames = append(a.frames, elementFrame{node: s, marks: m, line: a.line, col: a.col, acts: a.top().acts || m.said})
	if s.Kind == schema.Container {
		a.path = append(a.path, configtree.Step{Node: s})
		a.arrive()
	}
}

// key gives the list entry at hand its key.
func (a *assembler) key(text string) {
	f := a.top()
	key, err := a.value(&f.node.KeyType, text)
	if err == nil && key == "" {
		err = errEmptyKey
	}
	if err != nil {
		f.spoilt = true
		a.refuseValue(f.node, err, text)
		return
	}
	a.path = append(a.path, configtree.Step{Node: f.node, Key: key})
	f.keyed = true
	a.arrive()
}

// arrive does what has to be done before the contents of the frame.
func (a *assembler) arrive() {
	f := a.top()
	if f.marks.rename {
		a.rename()
	}
	if !f.acts && !a.exists(a.path) {
		a.refuse(configtree.NotFound, configtree.ErrNotFound, statementName(a.path.Last()))
		f.spoilt = true
		return
	}
	f.gone = a.prepare(a.path, f.marks)
	if f.marks.op == replacing {
		// What replaces it may be empty, and then has to be set all the same.
		f.filled = false
	}
}

// rename gives the list entry at hand the key that its element asks for.
func (a *assembler) rename() {
	f := a.top()
	if f.node.Kind != schema.List || f.marks.name == "" {
		a.refuse(configtree.Missing, errMissing, f.node.Name, "rename")
		return
	}
	key, err := a.value(&f.node.KeyType, f.marks.name)
	if err != nil {
		a.refuseValue(f.node, err, f.marks.name)
		return
	}
	a.emit(configtree.Rename, a.path, key)
	a.path[len(a.path)-1].Key = key
}

// prepare does what an element asks for before its statement is set; it reports whether nothing
// is left to do then.
func (a *assembler) prepare(path configtree.Path, m marks) (done bool) {
	if m.unprotect {
		a.emit(configtree.Unprotect, path, "")
	}
	switch m.op {
	case creating:
		if a.exists(path) && !slices.ContainsFunc(a.gone, path.Within) {
			a.refuse(configtree.Exists, errExists, statementName(path.Last()))
			return true
		}
	case replacing:
		a.emit(configtree.Replace, path, "")
		a.gone = append(a.gone, slices.Clone(path))
	case deleting, removing:
		op := configtree.Delete
		if m.op == removing {
			op = configtree.Remove
		}
		a.emit(op, path, "")
		a.gone = append(a.gone, slices.Clone(path))
		return true
	}
	return false
}

// exists reports whether there is such a statement, as far as that is known.
func (a *assembler) exists(path configtree.Path) bool {
	if a.on == nil {
		return false
	}
	l := path.Last()
	if l.Key == "" && (l.Node.Kind == schema.List || l.Node.Kind == schema.LeafList) {
		parent, _ := a.on.At(path.Parent())
		return parent.Len(l.Node.Name) > 0
	}
	_, ok := a.on.At(path)
	return ok
}

// leave ends a container or list entry.
func (a *assembler) leave() {
	f := a.top()
	if !f.spoilt {
		a.at(f.line, f.col)
		if f.node.Kind == schema.List && !f.keyed {
			a.whole()
		} else if !f.gone {
			a.settle()
		}
	}
	filled, keyed := f.filled || f.spoilt, f.keyed || f.node.Kind == schema.Container
	a.frames = a.frames[:len(a.frames)-1]
	if keyed {
		a.path = a.path[:len(a.path)-1]
	}
	if filled {
		a.top().filled = true
	}
}

// whole ends a list entry without a key, which may stand for all entries.
func (a *assembler) whole() {
	f := a.top()
	if !f.marks.deletes() && f.marks.op != replacing {
		a.refuse(configtree.Missing, errMissing, f.node.Name, f.node.Key)
		return
	}
	a.prepare(a.path.Append(configtree.Step{Node: f.node}), f.marks)
}

// settle sets a statement that has no contents, and marks it.
func (a *assembler) settle() {
	f := a.top()
	s := f.node
	switch {
	case f.filled, !f.acts:
	case s.NeedsContents():
		if !f.marks.some() {
			a.refuse(configtree.Missing, errMissing, statementName(a.path.Last()))
			return
		}
	case s.Kind == schema.List || s.Presence:
		a.emit(configtree.Set, a.path, "")
	}
	a.mark(a.path, f.marks)
}

// mark says of the statement at path what its element says.
func (a *assembler) mark(path configtree.Path, m marks) {
	if m.place != anywhere {
		a.put(path, m)
	}
	if m.inactive {
		a.emit(configtree.Deactivate, path, "")
	}
	if m.active {
		a.emit(configtree.Activate, path, "")
	}
	if m.comment != "" || m.uncomment {
		a.emit(configtree.Annotate, path, m.comment)
	}
	if m.protect {
		a.emit(configtree.Protect, path, "")
	}
}

// put gives an entry or value the place that its element asks for.
func (a *assembler) put(path configtree.Path, m marks) {
	beside, op := m.beside, configtree.InsertAfter
	if m.place == first || m.place == before {
		op = configtree.InsertBefore
	}
	if beside == "" && m.place != first && m.place != last {
		a.refuse(configtree.Missing, errMissing, path.Last().Node.Name, "insert")
		return
	}
	a.emit(op, path, beside)
}

// leaf takes a leaf or a value of a leaf-list; given says whether there is a value.
func (a *assembler) leaf(s *schema.Node, text string, given bool, m marks) {
	step, value, ok := a.leafValue(s, text, given, m)
	if !ok {
		return
	}
	path := a.path.Append(step)
	if m.op == replacing && s.Kind == schema.LeafList {
		m.op = merging // the value replaces itself
	}
	if a.prepare(path, m) {
		return
	}
	if (given || s.Type.Base == schema.Empty) && (a.top().acts || m.said) {
		a.emit(configtree.Set, path, value)
	}
	a.mark(path, m)
}

// leafValue checks what is given of a leaf or a value of a leaf-list.
func (a *assembler) leafValue(s *schema.Node, text string, given bool, m marks) (step configtree.Step, value string, ok bool) {
	step.Node = s
	switch {
	case s.Kind == schema.Leaf && m.deletes():
	case s.Type.Base == schema.Empty:
		if strings.TrimSpace(text) != "" {
			a.refuseValue(s, errTakesNoValue, text)
			return step, "", false
		}
	case given:
		v, err := a.value(&s.Type, text)
		if err == nil && v == "" && s.Kind == schema.LeafList {
			err = errEmptyKey
		}
		if err != nil {
			a.refuseValue(s, err, text)
			return step, "", false
		}
		if s.Kind == schema.LeafList {
			step.Key = v
		} else {
			value = v
		}
	case !m.some() && !m.deletes():
		a.refuse(configtree.Missing, errMissing, s.Name)
		return step, "", false
	}
	return step, value, true
}

// value checks a value and returns it without the layout around it. Blanks at the ends of a text
// that permits them belong to it.
func (a *assembler) value(t *schema.Type, text string) (string, error) {
	trimmed := text
	if a.trim {
		trimmed = strings.TrimSpace(text)
	}
	if t.Base != schema.String && t.Base != schema.Secret {
		return trimmed, t.Check(trimmed)
	}
	err := t.Check(text)
	if err != nil && trimmed != text && t.Check(trimmed) == nil {
		return t.Keep(trimmed), nil
	}
	if err == nil {
		text = t.Keep(text)
	}
	return text, err
}

// refuseValue reports a key or value that is wrong, without one that is or could be a secret.
func (a *assembler) refuseValue(s *schema.Node, err error, text string) {
	if s.Secret {
		a.refuse(configtree.Invalid, secretRefusal(s, err), s.Name, secretMark)
		return
	}
	if t := strings.TrimSpace(text); t != "" {
		text = t
	}
	if err.Error() == errSyntax.Error()+"." { // a word that is none of those possible
		a.refuse(configtree.Unknown, errSyntax, s.Name, text)
		return
	}
	a.refuse(configtree.Invalid, err, s.Name, text)
}

// sentence is what is wrong with a value, in the words that the shell has for it too.
type sentence string

func (s sentence) Error() string { return string(s) }

const (
	errEmptyKey     sentence = "Must not be empty"
	errTakesNoValue sentence = "This statement takes no value"
	errExists       sentence = "statement exists already"
)

// readComment returns the text of an annotation without its marks, which it may lack.
func readComment(s string) string {
	s = strings.TrimSpace(s)
	s = strings.TrimPrefix(s, configtree.CommentMark)
	return commentText(strings.TrimSuffix(s, "*/"))
}
