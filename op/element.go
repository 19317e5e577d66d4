package op

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Element is a structured answer, or a request for one: a tree of ordered
// elements, in the names that Junos gives them. The same tree is written as XML
// and as JSON.
//
//	<system-uptime-information>            Group("system-uptime-information",
//	    <current-time>                         Group("current-time",
//	        <date-time>…</date-time>               Leaf("date-time", "…")),
//	    </current-time>                        Leaf("time-source", "LOCAL CLOCK"))
//	    <time-source>LOCAL CLOCK</time-source>
//	</system-uptime-information>
//
// An element has Children, or Text, or a Body, or none of them.
type Element struct {
	Name       string // local name
	Attributes []Attribute
	Text       string
	Children   []Element
	// Body writes a long text, such as that of a log, while it is read. The writer
	// escapes what it gets.
	Body func(w io.Writer) error
}

// Attribute is an attribute of an Element, such as junos:seconds.
type Attribute struct{ Name, Value string }

// Leaf returns an element with a text; with none it is empty, like <ok/>.
func Leaf(name, text string) Element { return Element{Name: name, Text: text} }

// Group returns an element with others in it.
func Group(name string, children ...Element) Element {
	return Element{Name: name, Children: children}
}

// With returns e with one more attribute.
func (e Element) With(name, value string) Element {
	e.Attributes = append(e.Attributes[:len(e.Attributes):len(e.Attributes)], Attribute{name, value})
	return e
}

// Child returns the first child of that name.
func (e *Element) Child(name string) (Element, bool) {
	for _, c := range e.Children {
		if c.Name == name {
			return c, true
		}
	}
	return Element{}, false
}

// Output is an answer as text in an element: what Junos answers where there is
// nothing but text, and to every command when a client asks for format="text".
func Output(r Result) Element {
	return Element{Name: "output", Body: func(w io.Writer) error {
		if _, err := io.WriteString(w, "\n"); err != nil {
			return err
		}
		return r.WriteText(w)
	}}
}

// moment is a time as text, with its seconds since 1970 for programs.
func moment(name string, t time.Time, text string) Element {
	return Leaf(name, text).With("junos:seconds", fmt.Sprint(t.Unix()))
}

// span is a duration as text, with its seconds for programs.
func span(name string, d time.Duration, text string) Element {
	return Leaf(name, text).With("junos:seconds", fmt.Sprint(int64(d/time.Second)))
}

// amount is a number as programs want it, with the text that people read.
func amount(name string, n uint64, text string) Element {
	return Leaf(name, fmt.Sprint(n)).With("junos:format", text)
}

// count is a number.
func count(name string, n uint64) Element { return Leaf(name, fmt.Sprint(n)) }

// compose writes to w what write puts into a builder, which takes everything.
func compose(w io.Writer, write func(b *strings.Builder)) error {
	var b strings.Builder
	write(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

// ConfigurationOutput is configuration, or a comparison, as text in the elements
// that Junos puts around it.
func ConfigurationOutput(r Result) Element {
	e := Output(r)
	e.Name = "configuration-output"
	return Group("configuration-information", e)
}
