package format

import (
	"iter"
	"strconv"
	"unicode/utf8"

	"loggia/configtree"
	"loggia/configtree/schema"
)

// xmlEnvelope is by how much the contents of <configuration> are indented more than that itself:
// two steps, as Junos does.
const xmlEnvelope = 2

// xmlWriter prints statements as XML elements.
type xmlWriter struct {
	*sink
	o    Options
	said string // attributes of the element that comes next
}

// changedMark says that a statement, or something below it, is not as it was.
const changedMark = ` junos:changed="changed"`

// top is the whole that n is a part of.
func (x *xmlWriter) top(n configtree.Node) configtree.Node {
	for n.Parent().Valid() {
		n = n.Parent()
	}
	return n
}

// begin opens <configuration> and the elements that lead to n, and returns the depth of n's contents.
func (x *xmlWriter) begin(n configtree.Node) int {
	x.start(0)
	x.buf = append(x.buf, "<configuration"...)
	for _, a := range x.o.Attributes {
		x.buf = append(append(append(x.buf, ' '), a.Name...), `="`...)
		x.buf = appendXML(x.buf, a.Value, true, x.o.ASCII)
		x.buf = append(x.buf, '"')
	}
	if x.o.Since != nil && x.top(n).Hash() != x.o.Since.Root().Hash() {
		x.buf = append(x.buf, changedMark...)
	}
	x.buf = append(x.buf, '>')
	x.line()
	if name := x.o.version(n); name != "" {
		x.start(xmlEnvelope)
		x.buf = appendXML(append(x.buf, "<"+name+">"...), x.o.Version, false, x.o.ASCII)
		x.buf = append(x.buf, "</"+name+">"...)
		x.line()
	}
	return x.way(n, n)
}

// way opens the elements from the root to n; n alone shows what is said of it.
func (x *xmlWriter) way(n, to configtree.Node) int {
	if !n.Valid() || !n.Parent().Valid() {
		return xmlEnvelope
	}
	depth := x.way(n.Parent(), to)
	if n == to {
		x.comment(n, depth)
		x.open(n, depth, true)
	} else {
		x.open(n, depth, false)
	}
	x.key(n, depth+1)
	return depth + 1
}

// end closes what begin has opened.
func (x *xmlWriter) end(n configtree.Node, depth int) {
	for ; n.Valid() && n.Parent().Valid(); n = n.Parent() {
		depth--
		x.close(n, depth)
	}
	x.start(0)
	x.buf = append(x.buf, "</configuration>"...)
	x.line()
}

func (x *xmlWriter) statements(siblings iter.Seq[configtree.Node], depth int) {
	for n := range siblings {
		x.statement(n, depth)
	}
}

// statement prints n with everything below it.
func (x *xmlWriter) statement(n configtree.Node, depth int) {
	x.comment(n, depth)
	s := n.Schema()
	switch {
	case s.Kind == schema.LeafList, s.Kind == schema.Leaf && s.Type.Base != schema.Empty:
		x.start(depth)
		x.tag(n, true)
		x.buf = append(x.buf, '>')
		x.text(n, n.Value())
		x.buf = append(append(append(x.buf, "</"...), s.Name...), '>')
		x.line()
	case s.Kind != schema.List && n.Empty():
		x.start(depth)
		x.tag(n, true)
		x.buf = append(x.buf, "/>"...)
		x.line()
	default:
		x.open(n, depth, true)
		x.key(n, depth+1)
		x.statements(n.Children(), depth+1)
		x.close(n, depth)
	}
}

// open prints the start tag of a container or list entry.
func (x *xmlWriter) open(n configtree.Node, depth int, marks bool) {
	x.start(depth)
	x.tag(n, marks)
	x.buf = append(x.buf, '>')
	x.line()
}

// tag appends a start tag up to where it ends.
func (x *xmlWriter) tag(n configtree.Node, marks bool) {
	x.buf = append(append(append(x.buf, '<'), n.Schema().Name...), x.said...)
	x.said = ""
	if x.o.Since != nil {
		if was, ok := x.o.Since.At(n.Path()); !ok || was.Hash() != n.Hash() {
			x.buf = append(x.buf, changedMark...)
		}
	}
	if marks && n.Protected() {
		x.buf = append(x.buf, ` protect="protect"`...)
	}
	if marks && x.o.Inheritance != Untold {
		if group, inherited := x.o.group(n); inherited {
			x.buf = append(x.buf, ` junos:group="`...)
			x.buf = append(appendXML(x.buf, group, true, x.o.ASCII), '"')
		}
	}
	if marks && n.Inactive() {
		x.buf = append(x.buf, ` inactive="inactive"`...)
	}
}

func (x *xmlWriter) close(n configtree.Node, depth int) {
	x.start(depth)
	x.buf = append(append(append(x.buf, "</"...), n.Schema().Name...), '>')
	x.line()
}

// key prints the key of a list entry, which is its first element.
func (x *xmlWriter) key(n configtree.Node, depth int) {
	s := n.Schema()
	if s.Kind != schema.List {
		return
	}
	x.start(depth)
	x.buf = append(append(append(x.buf, '<'), s.Key...), '>')
	x.text(n, n.Key())
	x.buf = append(append(append(x.buf, "</"...), s.Key...), '>')
	x.line()
}

// text appends a value or key of n, or what stands for it.
func (x *xmlWriter) text(n configtree.Node, value string) {
	if x.o.Mask && n.Schema().Secret {
		value = secretMark
	}
	x.buf = appendXML(x.buf, value, false, x.o.ASCII)
}

func (x *xmlWriter) comment(n configtree.Node, depth int) {
	if text := commentText(n.Comment()); text != "" {
		x.start(depth)
		x.buf = append(x.buf, "<junos:comment>/* "...)
		x.buf = appendXML(x.buf, text, false, x.o.ASCII)
		x.buf = append(x.buf, " */</junos:comment>"...)
		x.line()
	}
}

func (x *xmlWriter) start(depth int) {
	if x.o.Minified {
		return
	}
	for range x.o.Indent {
		x.buf = append(x.buf, ' ')
	}
	for range depth {
		x.buf = append(x.buf, indentation...)
	}
}

func (x *xmlWriter) line() {
	if x.o.Minified {
		x.spill()
		return
	}
	x.sink.line()
}

// appendXML appends s as character data, or as the value of an attribute. Nothing is escaped but
// what has to be: clients exist that take the text between two tags without decoding it. A carriage
// return would be read as a line feed, so it goes as a reference (XML 1.0 section 2.11).
// Characters that XML does not know become U+FFFD (section 2.2). With ascii, all others beyond ASCII go as
// references too.
func appendXML(dst []byte, s string, attribute, ascii bool) []byte {
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			i += n
			dst = appendRune(dst, r, ascii)
			continue
		}
		i++
		switch {
		case c == '&':
			dst = append(dst, "&amp;"...)
		case c == '<':
			dst = append(dst, "&lt;"...)
		case c == '>':
			dst = append(dst, "&gt;"...)
		case c == '"' && attribute:
			dst = append(dst, "&quot;"...)
		case c == '\r':
			dst = append(dst, "&#13;"...)
		case c < ' ' && c != '\t' && c != '\n':
			dst = appendRune(dst, utf8.RuneError, ascii)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

func appendRune(dst []byte, r rune, ascii bool) []byte {
	if r == 0xfffe || r == 0xffff {
		r = utf8.RuneError
	}
	if !ascii {
		return utf8.AppendRune(dst, r)
	}
	return append(strconv.AppendUint(append(dst, "&#"...), uint64(r), 10), ';')
}
