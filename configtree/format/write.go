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
	Header   string // Text: lines to print first, `## Last commit: …` and the version
	Mask     bool   // secrets are shown as /* SECRET-DATA */; the output can then not be loaded
}

// Write prints the contents of n, in text without n's own name and braces. A leaf, which has no
// contents, is printed itself. The error is the writer's.
func Write(w io.Writer, n configtree.Node, o Options) error {
	if !n.Valid() {
		return writeHeader(&sink{w: w}, o)
	}
	if k := n.Schema().Kind; n.Parent().Valid() && (k == schema.Leaf || k == schema.LeafList) {
		return WriteStatements(w, func(yield func(configtree.Node) bool) { yield(n) }, o)
	}
	s := &sink{w: w}
	if o.Syntax == SetLines {
		l := newSetWriter(s, o, n)
		l.whole(n, o.Relative)
		return s.flush()
	}
	if err := writeHeader(s, o); err != nil {
		return err
	}
	t := &textWriter{sink: s, mask: o.Mask}
	t.statements(n.Children(), 0)
	return s.flush()
}

// WriteStatements prints statements with their names: all entries of a list, which have no common node
// of their own, or a single one. All must have the same parent. Relative set lines begin
// below that.
func WriteStatements(w io.Writer, statements iter.Seq[configtree.Node], o Options) error {
	s := &sink{w: w}
	if o.Syntax == SetLines {
		var l *setWriter
		for n := range statements {
			if l == nil {
				l = newSetWriter(s, o, n.Parent())
			}
			l.statement(n)
		}
		return s.flush()
	}
	if err := writeHeader(s, o); err != nil {
		return err
	}
	t := &textWriter{sink: s, mask: o.Mask}
	t.statements(statements, 0)
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
