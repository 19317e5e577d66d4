package op

import (
	"bufio"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Layout says how an Element is written.
type Layout struct {
	Indent int  // blanks a level, 0 for none; every element has a line of its own
	Depth  int  // levels that the element itself lies below the margin
	ASCII  bool // writes what is not ASCII as character references, or \u in JSON
}

// WriteXML writes e as XML. Characters that XML 1.0 section 2.2 does not allow
// become U+FFFD, and nothing is escaped but & < > and quotes in attributes:
// there are clients that take the text as it comes.
func WriteXML(w io.Writer, e Element, l Layout) error {
	x := xmlWriter{bufio.NewWriterSize(w, 16<<10), l}
	if err := x.element(&e, l.Depth); err != nil {
		return err
	}
	return x.Flush()
}

// xmlWriter writes to a buffer, which keeps the first error.
type xmlWriter struct {
	*bufio.Writer
	l Layout
}

func (x *xmlWriter) indent(depth int) {
	for range depth * x.l.Indent {
		x.WriteByte(' ')
	}
}

func (x *xmlWriter) element(e *Element, depth int) error {
	x.indent(depth)
	x.WriteString("<" + e.Name)
	for _, a := range e.Attributes {
		x.WriteString(" " + a.Name + `="`)
		x.characters(a.Value, true)
		x.WriteByte('"')
	}
	switch {
	case e.Body != nil:
		x.WriteByte('>')
		body := escaper{put: func(r rune) { x.put(r, false) }}
		if err := e.Body(&body); err != nil {
			return err
		}
		body.end()
		x.WriteString("</" + e.Name + ">\n")
	case len(e.Children) > 0:
		x.WriteString(">\n")
		for i := range e.Children {
			if err := x.element(&e.Children[i], depth+1); err != nil {
				return err
			}
		}
		x.indent(depth)
		x.WriteString("</" + e.Name + ">\n")
	case e.Text != "":
		x.WriteByte('>')
		x.characters(e.Text, false)
		x.WriteString("</" + e.Name + ">\n")
	default:
		x.WriteString("/>\n")
	}
	return nil
}

func (x *xmlWriter) characters(s string, attribute bool) {
	for _, r := range s {
		x.put(r, attribute)
	}
}

func (x *xmlWriter) put(r rune, attribute bool) {
	switch {
	case r == '&':
		x.WriteString("&amp;")
	case r == '<':
		x.WriteString("&lt;")
	case r == '>':
		x.WriteString("&gt;")
	case r == '"' && attribute:
		x.WriteString("&quot;")
	case attribute && r < ' ' && inXML(r), r == '\r':
		x.reference(r) // a parser would make a blank, or a newline, of it
	case !inXML(r):
		x.put(utf8.RuneError, attribute)
	case r >= utf8.RuneSelf && x.l.ASCII:
		x.reference(r)
	default:
		x.WriteRune(r)
	}
}

func (x *xmlWriter) reference(r rune) { x.WriteString("&#" + strconv.Itoa(int(r)) + ";") }

// inXML reports whether a document may contain r: XML 1.0 section 2.2.
func inXML(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || r >= ' ' && r < 0xfffe || r >= 0x10000
}

// escaper hands a stream on character by character; what is no UTF-8 as U+FFFD.
type escaper struct {
	put  func(r rune)
	part []byte // the beginning of a character whose rest is to come
}

// Write implements io.Writer.
func (e *escaper) Write(b []byte) (int, error) {
	n := len(b)
	if len(e.part) > 0 {
		b = append(e.part, b...)
		e.part = nil
	}
	for len(b) > 0 {
		r, size := rune(b[0]), 1
		if r >= utf8.RuneSelf {
			if !utf8.FullRune(b) {
				e.part = append([]byte{}, b...)
				break
			}
			r, size = utf8.DecodeRune(b)
		}
		e.put(r)
		b = b[size:]
	}
	return n, nil
}

// WriteString implements io.StringWriter.
func (e *escaper) WriteString(s string) (int, error) { return e.Write([]byte(s)) }

// end hands on what did not become a character.
func (e *escaper) end() {
	for range e.part {
		e.put(utf8.RuneError)
	}
}

// XML returns e as WriteXML writes it; of elements without a Body.
func (e Element) XML(l Layout) string {
	var b strings.Builder
	if err := WriteXML(&b, e, l); err != nil {
		return "" // a strings.Builder takes everything
	}
	return b.String()
}
