package format

import (
	"slices"
	"strings"

	"loggia/configtree"
	"loggia/configtree/schema"
)

// operation is what a load in XML or JSON does with an element.
type operation uint8

const (
	merging   operation = iota // adds to what is there; `create` does the same, for what exists is not known here
	deleting                   // `delete` and `remove`
	replacing                  // what is there gives way to what the element contains
)

// marks are what an element says of its statement beside the contents.
type marks struct {
	op       operation
	inactive bool
	active   bool
	comment  string
}

// any reports whether something is said of a statement that exists already.
func (m *marks) any() bool { return m.inactive || m.active || m.comment != "" }

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
}

// assembler makes edits of elements as they come from a reader of XML or JSON. It knows the schema and no
// syntax.
type assembler struct {
	file    string
	root    *schema.Node
	yield   func(configtree.Edit, *configtree.Problem) bool
	stopped bool // the consumer wants no more, or reading cannot go on
	told    bool // there have been problems

	path   configtree.Path // to the innermost frame
	frames []elementFrame  // the first is the level that is read into
	trim   bool            // blanks around a value may be layout

	line int // of the element at hand
	col  int
}

func newAssembler(file string, at configtree.Path, root *schema.Node, yield func(configtree.Edit, *configtree.Problem) bool) assembler {
	base := elementFrame{node: root, keyed: true, filled: true}
	if len(at) > 0 {
		base.node, base.keyed = at.Last().Node, at.Last().Key != "" || at.Last().Node.Kind != schema.List
	}
	return assembler{file: file, root: root, yield: yield, path: slices.Clone(at), frames: []elementFrame{base}}
}

func (a *assembler) top() *elementFrame { return &a.frames[len(a.frames)-1] }

// at notes where the element at hand stands, for edits and problems.
func (a *assembler) at(line, col int) { a.line, a.col = line, col }

func (a *assembler) emit(op configtree.Op, path configtree.Path, value string) {
	if a.stopped {
		return
	}
	a.top().filled = true
	e := configtree.Edit{Op: op, Path: slices.Clone(path), Value: value, File: a.file, Line: a.line, Col: a.col}
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
func (a *assembler) override() { a.emit(configtree.Override, a.path, "") }

// enter begins a container or list entry.
func (a *assembler) enter(s *schema.Node, m marks) {
	a.frames = append(a.frames, elementFrame{node: s, marks: m, line: a.line, col: a.col})
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
	switch f := a.top(); f.marks.op {
	case deleting:
		f.gone = true
		a.emit(configtree.Delete, a.path, "")
	case replacing:
		a.emit(configtree.Replace, a.path, "")
		// What replaces it may be empty, and then has to be set all the same.
		f.filled = false
	}
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
	path := a.path.Append(configtree.Step{Node: f.node})
	switch {
	case f.marks.op == deleting:
		a.emit(configtree.Delete, path, "")
	case f.marks.op == replacing:
		a.emit(configtree.Replace, path, "")
	default:
		a.refuse(configtree.Missing, errMissing, f.node.Name, f.node.Key)
	}
}

// settle sets a statement that has no contents, and marks it.
func (a *assembler) settle() {
	f := a.top()
	s := f.node
	switch {
	case f.filled:
	case s.NeedsContents():
		if !f.marks.any() {
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
	if m.inactive {
		a.emit(configtree.Deactivate, path, "")
	}
	if m.active {
		a.emit(configtree.Activate, path, "")
	}
	if m.comment != "" {
		a.emit(configtree.Annotate, path, m.comment)
	}
}

// leaf takes a leaf or a value of a leaf-list; given says whether there is a value.
func (a *assembler) leaf(s *schema.Node, text string, given bool, m marks) {
	step := configtree.Step{Node: s}
	value := ""
	switch {
	case s.Kind == schema.Leaf && m.op == deleting:
	case s.Type.Base == schema.Empty:
		if strings.TrimSpace(text) != "" {
			a.refuseValue(s, errTakesNoValue, text)
			return
		}
	case given:
		v, err := a.value(&s.Type, text)
		if err == nil && v == "" && s.Kind == schema.LeafList {
			err = errEmptyKey
		}
		if err != nil {
			a.refuseValue(s, err, text)
			return
		}
		if value = v; s.Kind == schema.LeafList {
			step.Key, value = v, ""
		}
	case m.op == deleting:
	case !m.any():
		a.refuse(configtree.Missing, errMissing, s.Name)
		return
	}
	path := a.path.Append(step)
	switch {
	case m.op == deleting:
		a.emit(configtree.Delete, path, "")
		return
	case m.op == replacing && s.Kind == schema.Leaf:
		a.emit(configtree.Replace, path, "")
	}
	if given || s.Type.Base == schema.Empty {
		a.emit(configtree.Set, path, value)
	}
	a.mark(path, m)
}

// value checks a value and returns it without the layout around it. Blanks at the ends of a text
// that permits them belong to it.
func (a *assembler) value(t *schema.Type, text string) (string, error) {
	trimmed := text
	if a.trim {
		trimmed = strings.TrimSpace(text)
	}
	if t.Base != schema.String {
		return trimmed, t.Check(trimmed)
	}
	err := t.Check(text)
	if err != nil && trimmed != text && t.Check(trimmed) == nil {
		return trimmed, nil
	}
	return text, err
}

// refuseValue reports a key or value that is wrong, without one that is or could be a secret.
func (a *assembler) refuseValue(s *schema.Node, err error, text string) {
	if s.Secret {
		a.refuse(configtree.Invalid, errSecret, s.Name, secretMark)
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
)

// readComment returns the text of an annotation without its marks, which it may lack.
func readComment(s string) string {
	s = strings.TrimSpace(s)
	s = strings.TrimPrefix(s, configtree.CommentMark)
	return commentText(strings.TrimSuffix(s, "*/"))
}
