package format

import (
	"io"
	"iter"
	"strings"

	"loggia/configtree"
	"loggia/configtree/schema"
)

// Options say how Write shows a configuration.
type Options struct {
	Syntax   Syntax
	Relative bool   // SetLines: paths begin below the node that is shown, not at the root
	Explicit bool   // SetLines: a line of its own for every container and list entry
	Header   string // Text: lines to print first, `## Last commit: …`
	Version  string // what the whole configuration begins with as its version; none if empty
	Mask     bool   // secrets are shown as /* SECRET-DATA */; the output can then not be loaded

	Inheritance Inheritance // Text, XML, JSON: what is told of statements that groups give
	Origin      Base        // XML, JSON: where to look up which group a statement is from; nil for the nodes themselves
	Detail      bool        // Text: what the schema says of each statement stands before it, as remarks
	Omit        bool        // Text: the contents of levels that say `apply-flags omit` are left out
	MaxDepth    int         // Text: what is that many levels below what is shown is left out, as { ... }; 0 for nothing
	Since       Base        // XML: what is not as it is there gets junos:changed="changed"; nil for none

	Attributes []Attribute // XML, JSON: of <configuration>, `junos:commit-user` for instance
	Indent     int         // XML, JSON: blanks in front of every line
	Minified   bool        // XML, JSON: without blanks and line ends between elements
	ASCII      bool        // XML, JSON: other characters as references or escapes

	bare bool // see WriteList
}

// group returns the group that n is from, if any.
func (o *Options) group(n configtree.Node) (string, bool) {
	if o.Origin != nil {
		n, _ = o.Origin.At(n.Path())
	}
	return n.Source()
}

// Base is a configuration to compare with: a Tree or an Effective, as that which is written.
type Base interface {
	Root() configtree.Node
	At(configtree.Path) (configtree.Node, bool)
}

// Attribute is an attribute of the element <configuration>, or a member of its "@" in JSON. The name goes
// out as it is.
type Attribute struct{ Name, Value string }

// Write prints the contents of n, in text without n's own name and braces. XML and JSON show them
// inside of what leads from <configuration> to n. A leaf, which has no contents, is printed itself. The
// error is the writer's.
func Write(w io.Writer, n configtree.Node, o Options) error {
	s := &sink{w: w}
	switch {
	case !n.Valid():
		if o.Syntax == XML || o.Syntax == JSON {
			return writeDocument(s, n, n.Children(), o)
		}
		return writeHeader(s, o)
	case n.Parent().Valid() && isLeaf(n):
		return WriteStatements(w, func(yield func(configtree.Node) bool) { yield(n) }, o)
	}
	switch o.Syntax {
	case XML, JSON:
		return writeDocument(s, n, n.Children(), o)
	case SetLines:
		l := newSetWriter(s, o, n)
		if name := o.version(n); name != "" {
			s.buf = configtree.AppendQuote(append(s.buf, "set "+name+" "...), o.Version)
			s.line()
		}
		l.whole(n, o.Relative)
		return l.finish()
	}
	if err := writeHeader(s, o); err != nil {
		return err
	}
	if name := o.version(n); name != "" {
		s.buf = append(configtree.AppendQuote(append(s.buf, name+" "...), o.Version), ';')
		s.line()
	}
	t := &textWriter{sink: s, mask: o.Mask, inheritance: o.Inheritance, details: o.Detail, most: o.MaxDepth, omit: o.Omit}
	t.statements(n.Children(), 0)
	return s.flush()
}

// version returns the name of the statement that stands for Options.Version in
// front of the contents of n, "" where it does not belong.
func (o *Options) version(n configtree.Node) string {
	if o.Version == "" || !n.Valid() || n.Parent().Valid() {
		return ""
	}
	for _, c := range n.Schema().Children {
		if c.Unkept {
			return c.Name
		}
	}
	return ""
}

func isLeaf(n configtree.Node) bool {
	k := n.Schema().Kind
	return k == schema.Leaf || k == schema.LeafList
}

// WriteList prints the entries of a list, or the elements of a leaf-list, as what a level
// contains: those of a homogeneous list come without the braces and the keyword that they share.
func WriteList(w io.Writer, entries iter.Seq[configtree.Node], o Options) error {
	o.bare = true
	return WriteStatements(w, entries, o)
}

// WriteStatements prints statements with their names: all entries of a list, which have no common node
// of their own, or a single one. All must have the same parent. Relative set lines begin
// below that.
func WriteStatements(w io.Writer, statements iter.Seq[configtree.Node], o Options) error {
	s := &sink{w: w}
	switch o.Syntax {
	case XML, JSON:
		var parent configtree.Node
		for n := range statements {
			parent = n.Parent()
			break
		}
		return writeDocument(s, parent, statements, o)
	case SetLines:
		var l *setWriter
		for n := range statements {
			if l == nil {
				l = newSetWriter(s, o, n.Parent())
			}
			l.statement(n)
		}
		if l == nil {
			return nil
		}
		return l.finish()
	}
	if err := writeHeader(s, o); err != nil {
		return err
	}
	t := &textWriter{sink: s, mask: o.Mask, inheritance: o.Inheritance, details: o.Detail, most: o.MaxDepth, omit: o.Omit, bare: o.bare}
	t.statements(statements, 0)
	return s.flush()
}

// writeDocument prints statements of n as an XML element or JSON document.
func writeDocument(s *sink, n configtree.Node, statements iter.Seq[configtree.Node], o Options) error {
	if o.Syntax == XML {
		x := &xmlWriter{sink: s, o: o}
		depth := x.begin(n)
		x.statements(statements, depth)
		x.end(n, depth)
		return s.flush()
	}
	j := &jsonWriter{sink: s, o: o}
	j.begin(n)
	j.statements(statements)
	j.end(n)
	return s.flush()
}

func writeHeader(s *sink, o Options) error {
	if o.Syntax == Text && o.Header != "" {
		s.buf = append(s.buf, strings.TrimSuffix(o.Header, "\n")...)
		s.line()
	}
	return s.flush()
}

// sink gathers lines and writes them in blocks. After an error it swallows the rest.
type sink struct {
	w   io.Writer
	buf []byte
	err error
}

const sinkBlock = 32 << 10

// line ends a line.
func (s *sink) line() {
	s.buf = append(s.buf, '\n')
	s.spill()
}

// spill writes what has been gathered when it is a block.
func (s *sink) spill() {
	if len(s.buf) >= sinkBlock {
		s.flush()
	}
}

func (s *sink) flush() error {
	if s.err == nil && len(s.buf) > 0 {
		_, s.err = s.w.Write(s.buf)
	}
	s.buf = s.buf[:0]
	return s.err
}

// value appends a value or key of n as it is written, or what stands for it.
func (s *sink) value(n configtree.Node, text string, mask bool) {
	if mask && n.Schema().Secret {
		s.buf = append(s.buf, secretMark...)
		return
	}
	s.buf = configtree.AppendQuote(s.buf, text)
}
