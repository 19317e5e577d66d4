package format

import (
	"loggia/configtree"
	"loggia/configtree/schema"
)

// setWriter prints statements as set lines: one for each leaf and each value of a
// leaf-list, one for an entry or container that stands alone, and after them the marks.
type setWriter struct {
	*sink
	mask bool
	path []byte // of the level being printed, each word with a blank in front

	explicit bool
	last     []byte // lines that come last: what is protected cannot be changed by those before
}

// newSetWriter returns a writer for the contents of n.
func newSetWriter(s *sink, o Options, n configtree.Node) *setWriter {
	l := &setWriter{sink: s, mask: o.Mask, explicit: o.Explicit}
	if !o.Relative {
		l.enter(n)
	}
	return l
}

// enter appends to the path the way from the root to n.
func (l *setWriter) enter(n configtree.Node) {
	if n.Valid() && n.Parent().Valid() {
		l.enter(n.Parent())
		l.push(n)
	}
}

// push appends n to the path; a leaf without its value.
func (l *setWriter) push(n configtree.Node) {
	s := n.Schema()
	if !s.NoKeyword || s.Kind != schema.List {
		l.path = append(append(l.path, ' '), s.Name...)
	}
	switch {
	case s.Kind != schema.List && s.Kind != schema.LeafList:
	case l.mask && s.Secret:
		l.path = append(append(l.path, ' '), secretMark...)
	default:
		l.path = configtree.AppendQuote(append(l.path, ' '), n.Key())
	}
}

// whole prints the contents of n, to which the path leads, and what there is to say of n itself.
func (l *setWriter) whole(n configtree.Node, relative bool) {
	for c := range n.Children() {
		l.statement(c)
	}
	if relative || !n.Parent().Valid() {
		return
	}
	if n.Empty() {
		l.command("set")
		l.line()
	}
	l.marks(n)
}

// finish prints what comes last.
func (l *setWriter) finish() error {
	l.buf = append(l.buf, l.last...)
	return l.flush()
}

// statement prints n with everything below it.
func (l *setWriter) statement(n configtree.Node) {
	outer := len(l.path)
	l.push(n)
	s := n.Schema()
	switch {
	case s.Kind == schema.Leaf && s.Type.Base != schema.Empty:
		l.command("set")
		l.buf = append(l.buf, ' ')
		l.value(n, n.Value(), l.mask)
		l.line()
	case n.Empty():
		l.command("set")
		l.line()
	default:
		if l.explicit && !s.NeedsContents() { // without contents that one is no statement
			l.command("set")
			l.line()
		}
		for c := range n.Children() {
			l.statement(c)
		}
	}
	l.marks(n)
	l.path = l.path[:outer]
}

// marks prints what is said of the statement to which the path leads.
func (l *setWriter) marks(n configtree.Node) {
	if n.Protected() {
		l.last = append(append(append(l.last, configtree.Protect.String()...), l.path...), '\n')
	}
	if n.Inactive() {
		l.command("deactivate")
		l.line()
	}
	if text := commentText(n.Comment()); text != "" {
		l.command("annotate")
		l.buf = configtree.AppendQuote(append(l.buf, ' '), text)
		l.line()
	}
}

func (l *setWriter) command(verb string) {
	l.buf = append(append(l.buf, verb...), l.path...)
}
