package format

import (
	"iter"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"loggia/configtree"
	"loggia/configtree/schema"
)

// jsonWriter prints statements as the members of JSON objects. The layout is Junos': a blank before
// the colon, and the elements of an array are not indented below its bracket.
type jsonWriter struct {
	*sink
	o     Options
	depth int
	first bool // no member of the object has been printed yet
}

// begin opens the document, "configuration", and what leads to n.
func (j *jsonWriter) begin(n configtree.Node) {
	j.object()
	j.member("", "configuration")
	j.object()
	if len(j.o.Attributes) > 0 {
		j.member("", "@")
		j.object()
		for _, a := range j.o.Attributes {
			j.member("", a.Name)
			j.text(a.Value)
		}
		j.endObject()
	}
	if name := j.o.version(n); name != "" {
		j.member("", name)
		j.text(j.o.Version)
	}
	j.way(n, n)
}

// way opens the objects from the root to n; n alone shows what is said of it.
func (j *jsonWriter) way(n, to configtree.Node) {
	if !n.Valid() || !n.Parent().Valid() {
		return
	}
	j.way(n.Parent(), to)
	s := n.Schema()
	j.member("", s.Name)
	if s.Kind == schema.List {
		j.buf = append(j.buf, '[')
		j.newline()
	}
	j.object()
	if n == to {
		j.marks(n)
	}
	j.key(n)
}

// end closes what begin has opened.
func (j *jsonWriter) end(n configtree.Node) {
	for ; n.Valid() && n.Parent().Valid(); n = n.Parent() {
		j.endObject()
		if n.Schema().Kind == schema.List {
			j.endArray()
		}
	}
	j.endObject()
	j.endObject()
	j.buf = append(j.buf, '\n')
}

// statements prints siblings; the entries of a list, and the values of a leaf-list, come one behind another
// and share an array.
func (j *jsonWriter) statements(siblings iter.Seq[configtree.Node]) {
	var list *schema.Node
	var values []configtree.Node
	end := func() {
		switch {
		case list == nil:
		case list.Kind == schema.List:
			j.endArray()
		default:
			j.values(values)
			values = values[:0]
		}
		list = nil
	}
	for n := range siblings {
		s := n.Schema()
		if s != list {
			end()
		}
		switch s.Kind {
		case schema.Leaf:
			j.leaf(n)
		case schema.Container:
			j.container(n)
		case schema.LeafList:
			list, values = s, append(values, n)
		case schema.List:
			if list == nil {
				j.member("", s.Name)
				j.buf = append(j.buf, '[')
			} else {
				j.buf = append(j.buf, ',')
			}
			list = s
			j.newline()
			j.entry(n)
		}
	}
	end()
}

func (j *jsonWriter) leaf(n configtree.Node) {
	j.member("", n.Schema().Name)
	if n.Schema().Type.Base == schema.Empty {
		j.buf = append(j.buf, "[null]"...)
	} else {
		j.value(n, n.Value(), &n.Schema().Type)
	}
	if j.marked(n) {
		j.member("@", n.Schema().Name)
		j.metadata(n)
	}
}

func (j *jsonWriter) container(n configtree.Node) {
	j.member("", n.Schema().Name)
	if n.Empty() && !j.marked(n) {
		j.buf = append(j.buf, "[null]"...)
		return
	}
	j.object()
	j.marks(n)
	j.statements(n.Children())
	j.endObject()
}

func (j *jsonWriter) entry(n configtree.Node) {
	j.object()
	j.marks(n)
	j.key(n)
	j.statements(n.Children())
	j.endObject()
}

func (j *jsonWriter) key(n configtree.Node) {
	if s := n.Schema(); s.Kind == schema.List {
		j.member("", s.Key)
		j.value(n, n.Key(), &s.KeyType)
	}
}

// values prints a leaf-list on one line. What is said of its values stands in an array of its own, at the same
// places (RFC 7952 section 5.2.4).
func (j *jsonWriter) values(elements []configtree.Node) {
	s := elements[0].Schema()
	j.member("", s.Name)
	some := false
	for i, n := range elements {
		j.separate(i, '[')
		j.value(n, n.Value(), &s.Type)
		some = some || j.marked(n)
	}
	j.buf = append(j.buf, ']')
	if !some {
		return
	}
	j.member("@", s.Name)
	for i, n := range elements {
		if j.separate(i, '['); j.marked(n) {
			j.metadata(n)
		} else {
			j.buf = append(j.buf, "null"...)
		}
	}
	j.buf = append(j.buf, ']')
}

// marked reports whether there is something to say of n.
func (j *jsonWriter) marked(n configtree.Node) bool {
	_, inherited := j.group(n)
	return inherited || n.Inactive() || n.Protected() || commentText(n.Comment()) != ""
}

// group returns the group that n comes from, when that is to be told.
func (j *jsonWriter) group(n configtree.Node) (string, bool) {
	if j.o.Inheritance == Untold {
		return "", false
	}
	return j.o.group(n)
}

// marks prints what is said of a container or list entry, first of all in its object.
func (j *jsonWriter) marks(n configtree.Node) {
	if j.marked(n) {
		j.member("", "@")
		j.metadata(n)
	}
}

func (j *jsonWriter) metadata(n configtree.Node) {
	j.object()
	if group, inherited := j.group(n); inherited {
		j.member("", "junos:group")
		j.text(group)
	}
	if text := commentText(n.Comment()); text != "" {
		j.member("", "comment")
		j.text("/* " + text + " */")
	}
	if n.Protected() {
		j.member("", "protect")
		j.buf = append(j.buf, "true"...)
	}
	if n.Inactive() {
		j.member("", "inactive")
		j.buf = append(j.buf, "true"...)
	}
	j.endObject()
}

// member begins a member of the object.
func (j *jsonWriter) member(prefix, name string) {
	if !j.first {
		j.buf = append(j.buf, ',')
	}
	j.first = false
	j.newline()
	j.buf = append(append(append(append(j.buf, '"'), prefix...), name...), '"')
	if j.o.Minified {
		j.buf = append(j.buf, ':')
	} else {
		j.buf = append(j.buf, " : "...)
	}
}

func (j *jsonWriter) separate(i int, open byte) {
	switch {
	case i == 0:
		j.buf = append(j.buf, open)
	case j.o.Minified:
		j.buf = append(j.buf, ',')
	default:
		j.buf = append(j.buf, ", "...)
	}
}

func (j *jsonWriter) object() {
	j.buf = append(j.buf, '{')
	j.depth++
	j.first = true
}

func (j *jsonWriter) endObject() {
	j.depth--
	if !j.first {
		j.newline()
	}
	j.buf = append(j.buf, '}')
	j.first = false
}

func (j *jsonWriter) endArray() {
	j.newline()
	j.buf = append(j.buf, ']')
}

func (j *jsonWriter) newline() {
	if j.o.Minified {
		j.spill()
		return
	}
	j.sink.line()
	for range j.o.Indent {
		j.buf = append(j.buf, ' ')
	}
	for range j.depth {
		j.buf = append(j.buf, indentation...)
	}
}

// value appends a value or key of n: a number as such, unless its type is a text that looks like one.
func (j *jsonWriter) value(n configtree.Node, value string, t *schema.Type) {
	switch {
	case j.o.Mask && n.Schema().Secret:
		j.text(secretMark)
	case t.Base == schema.Unsigned && !t.Text && isNumber(value):
		j.buf = append(j.buf, value...)
	default:
		j.text(value)
	}
}

// isNumber reports whether a value is a whole number as JSON writes it: without leading zeros.
func isNumber(value string) bool {
	n, err := strconv.ParseUint(value, 10, 64)
	return err == nil && strconv.FormatUint(n, 10) == value
}

func (j *jsonWriter) text(s string) { j.buf = appendJSON(j.buf, s, j.o.ASCII) }

// appendJSON appends s as a JSON string (RFC 8259 section 7). What is no UTF-8 becomes U+FFFD.
func appendJSON(dst []byte, s string, ascii bool) []byte {
	dst = append(dst, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r == '\n':
			dst = append(dst, '\\', 'n')
		case r == '\t':
			dst = append(dst, '\\', 't')
		case r == '\r':
			dst = append(dst, '\\', 'r')
		case r < ' ', r == 0x7f, ascii && r >= utf8.RuneSelf:
			if hi, lo := utf16.EncodeRune(r); hi != utf8.RuneError {
				dst = appendUnit(appendUnit(dst, hi), lo)
			} else {
				dst = appendUnit(dst, r)
			}
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return append(dst, '"')
}

// appendUnit appends a UTF-16 code unit as an escape.
func appendUnit(dst []byte, u rune) []byte {
	const hex = "0123456789abcdef"
	return append(dst, '\\', 'u', hex[u>>12&15], hex[u>>8&15], hex[u>>4&15], hex[u&15])
}
