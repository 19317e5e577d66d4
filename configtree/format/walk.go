package format

import (
	"errors"
	"slices"
	"strings"

	"loggia/configtree"
	"loggia/configtree/schema"
)

// begin starts to understand the statement at the level of b.
func (s *statement) begin(b *block) {
	s.path = append(s.path[:0], b.path...)
	s.cursor, s.base, s.from = b.cursor, len(b.path), 0
	if b.cursor.Want == schema.WantKey {
		s.base-- // `console {`: the keyword of its entries has been read
	}
	s.inList, s.settled, s.secret = false, true, false
	s.sets = s.sets[:0]
}

// word takes word i along. Unlike at the prompt nothing is abbreviated: what a file
// says must not depend on which statements exist.
func (s *statement) word(i int, root *schema.Node) (configtree.ProblemKind, error) {
	w := s.words[i]
	switch {
	case i > 0 && len(s.path) <= s.base:
		return configtree.Syntax, errSyntax // a ; is missing before it
	case w.kind != tokenWord:
		return configtree.Syntax, s.list(w, root)
	}
	match := s.cursor.Match
	if w.quoted {
		match = s.cursor.MatchQuoted
	}
	step, err := match(w.text)
	if s.cursor.Want != schema.WantStatement && s.cursor.Node.Secret {
		s.secret = true
	}
	if err != nil {
		return refusal(err)
	}
	if step.Word != w.text && (step.Kind != schema.Value || step.Node.Type.Base != schema.Secret) {
		return configtree.Unknown, errSyntax
	}
	for range step.Up {
		s.settle()
		s.path = s.path[:len(s.path)-1]
	}
	if step.Up > 0 && len(s.path) <= s.base {
		return configtree.Syntax, errSyntax
	}
	s.take(i, step, root)
	return 0, nil
}

// refusal translates what schema says of a word.
func refusal(err error) (configtree.ProblemKind, error) {
	var m *schema.MatchError
	if errors.As(err, &m) && m.Kind == schema.Invalid {
		return configtree.Invalid, errors.New(m.Text)
	}
	return configtree.Unknown, errSyntax
}

// list takes a bracket along.
func (s *statement) list(w token, root *schema.Node) error {
	switch {
	case w.kind == tokenListOpen && !s.inList && s.cursor.Want == schema.WantValue && s.cursor.Node.Kind == schema.LeafList:
		s.inList, s.settled = true, false
	case w.kind == tokenListClose && s.inList && s.settled:
		s.inList = false
		s.leave(root)
	default:
		return errSyntax
	}
	return nil
}

// take follows a step of the grammar.
func (s *statement) take(i int, step schema.Step, root *schema.Node) {
	s.cursor = step.Next
	switch n := step.Node; step.Kind {
	case schema.Keyword:
		s.path = append(s.path, configtree.Step{Node: n})
		switch {
		case n.Kind == schema.Container:
			s.settled, s.from = false, i+1
		case n.Kind == schema.Leaf && n.Type.Base == schema.Empty:
			s.set("")
			s.path, s.from = s.path[:len(s.path)-1], i+1
		}
	case schema.Key:
		if last := len(s.path) - 1; last >= 0 && s.path[last] == (configtree.Step{Node: n}) {
			s.path = s.path[:last]
		}
		s.path = append(s.path, configtree.Step{Node: n, Key: step.Word})
		s.settled, s.from = false, i+1
	case schema.Value:
		if n.Kind == schema.Leaf {
			s.set(step.Word)
			s.path, s.from = s.path[:len(s.path)-1], i+1
			return
		}
		s.path[len(s.path)-1].Key = step.Word
		s.set("")
		s.path[len(s.path)-1].Key = ""
		if !s.inList {
			s.leave(root)
			s.from = i + 1
		}
	}
}

// leave goes from a leaf-list back to where it belongs.
func (s *statement) leave(root *schema.Node) {
	s.path = s.path[:len(s.path)-1]
	s.cursor = s.path.Cursor(root)
}

// set notes an edit of what path leads to.
func (s *statement) set(value string) {
	op := configtree.Set
	if s.tags.remove {
		op = configtree.Delete
	}
	s.sets = append(s.sets, configtree.Edit{Op: op, Path: slices.Clone(s.path), Value: value})
	s.settled = true
}

// settle makes an edit of a container or list entry that has none of its contents
// on the statement's line.
func (s *statement) settle() {
	if s.settled || s.tags.remove && len(s.sets) > 0 {
		return
	}
	s.settled = true
	if n := s.path[len(s.path)-1].Node; s.tags.remove || (n.Kind == schema.List || n.Presence) && !n.NeedsContents() {
		s.set("")
	}
}

// complete judges the statement at its end.
func (s *statement) complete() (configtree.ProblemKind, error) {
	opens := s.end.kind == tokenOpen
	switch {
	case s.end.kind != tokenSemicolon && !opens:
		return configtree.Syntax, errSyntax
	case s.inList:
		return configtree.Syntax, errSyntax
	case opens && (s.tags.remove || len(s.path) <= s.base || s.cursor.Want == schema.WantValue):
		return configtree.Syntax, errSyntax
	case !opens && !s.settled && !s.tags.remove && s.path[len(s.path)-1].Node.NeedsContents():
		return configtree.Missing, errMissing
	case s.cursor.Want == schema.WantStatement:
		if len(s.path) > s.base {
			s.settle()
		}
		return 0, nil
	case s.tags.remove:
		s.set("")
		return 0, nil
	case opens && s.cursor.Node.Homogeneous:
		return 0, nil
	}
	return configtree.Missing, errMissing
}

// deliver hands out the edits of a statement that is right, and opens its block.
func (t *textReader) deliver(comment string) {
	s := &t.stmt
	first := s.words[0]
	if s.end.kind == tokenOpen {
		if s.tags.unprotect {
			t.emit(first, configtree.Unprotect, s.path[:s.base+1], "")
		}
		if s.tags.replace {
			t.emit(first, configtree.Replace, s.path[:s.base+1], "")
		}
		own := len(s.sets) == 1 && s.sets[0].Value == "" && s.sets[0].Path.Equal(s.path) && !s.tags.replace
		t.blocks = append(t.blocks, block{
			path: slices.Clone(s.path), cursor: s.cursor, tags: s.tags, comment: comment, object: s.base + 1,
			opened: first, text: excerpt(s.shown(), false, "{"), filled: len(s.sets) > 0, own: own,
			set: !own && t.deliverSets(first),
		})
		return
	}
	var objects []configtree.Path
	for _, e := range s.sets {
		if o := e.Path[:s.base+1]; len(objects) == 0 || !o.Equal(objects[len(objects)-1]) {
			objects = append(objects, o)
		}
	}
	if s.tags.unprotect {
		for _, o := range objects {
			t.emit(first, configtree.Unprotect, o, "")
		}
	}
	if s.tags.replace && len(objects) > 0 {
		whole := slices.Clone(objects[0])
		if last := &whole[s.base]; last.Node.Kind == schema.LeafList {
			last.Key = ""
		}
		t.emit(first, configtree.Replace, whole, "")
	}
	if !t.deliverSets(first) {
		t.warn(first, s.path, errEmpty)
		return
	}
	up := t.top()
	up.filled, up.set, up.deletes = true, up.set || !s.tags.remove, up.deletes || s.tags.remove
	if !s.tags.remove {
		for _, o := range objects {
			t.marks(s.tags, comment, o, first)
		}
	}
}

// deliverSets hands out the edits and reports whether there were any.
func (t *textReader) deliverSets(first token) bool {
	for _, e := range t.stmt.sets {
		if t.stopped {
			break
		}
		e.File, e.Line, e.Col = t.file, first.line, first.col
		t.stopped = !t.yield(e, nil)
	}
	return len(t.stmt.sets) > 0
}

// marks deactivates and annotates an object after its contents have been set.
func (t *textReader) marks(g tags, comment string, object configtree.Path, first token) {
	if g.inactive {
		t.emit(first, configtree.Deactivate, object, "")
	}
	if g.active {
		t.emit(first, configtree.Activate, object, "")
	}
	if comment != "" {
		t.emit(first, configtree.Annotate, object, comment)
	}
	if g.protect {
		t.emit(first, configtree.Protect, object, "")
	}
}

// shown returns the words of the statement with its secrets masked.
func (s *statement) shown() []string {
	if s.secret {
		return []string{secretMark}
	}
	return texts(s.words)
}

// statementName returns a step as it is shown, its key masked when that is a secret.
func statementName(s configtree.Step) string {
	switch {
	case s.Node == nil:
		return ""
	case s.Node.Secret && s.Key != "":
		return s.Node.Name + " " + secretMark
	case s.Key == "":
		return s.Node.Name
	case s.Node.NoKeyword:
		return Quote(s.Key)
	}
	return s.Node.Name + " " + Quote(s.Key)
}

// commentText returns the text of an annotation: without the blanks around it and
// without what would end the comment early.
func commentText(s string) string {
	return strings.ReplaceAll(strings.TrimSpace(s), "*/", "* /")
}
