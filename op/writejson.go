package op

import (
	"bufio"
	"io"
	"slices"
	"unicode/utf16"
	"unicode/utf8"
)

// WriteJSON writes e as Junos does: every name leads to an array with an object
// for each element of the name, and the text of an element is its "data". An
// empty element has [null] there. l.Indent is always 4.
//
//	{
//	    "software-information" : [
//	    {
//	        "host-name" : [
//	        {
//	            "data" : "R1"
//	        }
//	        ]
//	    }
//	    ]
//	}
func WriteJSON(w io.Writer, e Element, l Layout) error {
	j := jsonWriter{Writer: bufio.NewWriterSize(w, 16<<10), l: l}
	j.WriteByte('{')
	if err := j.array([]Element{e}, l.Depth+1); err != nil {
		return err
	}
	j.line(l.Depth)
	j.WriteString("}\n")
	return j.Flush()
}

// jsonWriter writes to a buffer, which keeps the first error.
type jsonWriter struct {
	*bufio.Writer
	l Layout
}

// jsonIndent is Junos' own.
const jsonIndent = 4

func (j *jsonWriter) line(depth int) {
	j.WriteByte('\n')
	for range depth * jsonIndent {
		j.WriteByte(' ')
	}
}

func (j *jsonWriter) name(name string, depth int) {
	j.line(depth)
	j.text(name)
	j.WriteString(" : ")
}

// array writes the elements of one name.
func (j *jsonWriter) array(list []Element, depth int) error {
	j.name(list[0].Name, depth)
	j.WriteByte('[')
	for i := range list {
		if i > 0 {
			j.WriteByte(',')
		}
		j.line(depth)
		j.WriteByte('{')
		if err := j.members(&list[i], depth+1); err != nil {
			return err
		}
		j.line(depth)
		j.WriteByte('}')
	}
	j.line(depth)
	j.WriteByte(']')
	return nil
}

// members writes what is in an element.
func (j *jsonWriter) members(e *Element, depth int) error {
	if len(e.Children) == 0 {
		j.name("data", depth)
		if err := j.data(e); err != nil {
			return err
		}
		if len(e.Attributes) > 0 {
			j.WriteByte(',')
			j.attributes(e.Attributes, depth)
		}
		return nil
	}
	if len(e.Attributes) > 0 {
		j.attributes(e.Attributes, depth)
		j.WriteByte(',')
	}
	for i, list := range byName(e.Children) {
		if i > 0 {
			j.WriteByte(',')
		}
		if err := j.array(list, depth); err != nil {
			return err
		}
	}
	return nil
}

func (j *jsonWriter) data(e *Element) error {
	switch {
	case e.Body != nil:
		body := escaper{put: j.put}
		j.WriteByte('"')
		if err := e.Body(&body); err != nil {
			return err
		}
		body.end()
		j.WriteByte('"')
	case e.Text == "":
		j.WriteString("[null]")
	default:
		j.text(e.Text)
	}
	return nil
}

func (j *jsonWriter) attributes(list []Attribute, depth int) {
	j.name("attributes", depth)
	j.WriteByte('{')
	for i, a := range list {
		if i > 0 {
			j.WriteString(", ")
		}
		j.text(a.Name)
		j.WriteString(" : ")
		j.text(a.Value)
	}
	j.WriteByte('}')
}

func (j *jsonWriter) text(s string) {
	j.WriteByte('"')
	for _, r := range s {
		j.put(r)
	}
	j.WriteByte('"')
}

func (j *jsonWriter) put(r rune) {
	switch {
	case r == '"' || r == '\\':
		j.WriteByte('\\')
		j.WriteByte(byte(r))
	case r == '\n':
		j.WriteString(`\n`)
	case r == '\t':
		j.WriteString(`\t`)
	case r >= 0x10000 && j.l.ASCII:
		high, low := utf16.EncodeRune(r)
		j.unit(high)
		j.unit(low)
	case r < ' ' || r == 0x7f || r >= utf8.RuneSelf && j.l.ASCII:
		j.unit(r)
	default:
		j.WriteRune(r)
	}
}

// unit writes a UTF-16 unit: RFC 8259 section 7.
func (j *jsonWriter) unit(r rune) {
	const digits = "0123456789abcdef"
	j.WriteString(`\u`)
	for shift := 12; shift >= 0; shift -= 4 {
		j.WriteByte(digits[r>>shift&15])
	}
}

// byName puts the elements of one name together, in the order in which the
// names first come: an object has each name once.
func byName(list []Element) [][]Element {
	var out [][]Element
	at := map[string]int{}
	for _, e := range list {
		i, known := at[e.Name]
		if !known {
			i = len(out)
			at[e.Name] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], e)
	}
	return slices.Clip(out)
}
