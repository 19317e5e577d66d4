package netconf

import (
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/beevik/etree"

	"loggia/netconf/frame"
)

// baseNamespace is that of RFC 6241.
const baseNamespace = "urn:ietf:params:xml:ns:netconf:base:1.0"

// reply writes one <rpc-reply>. The first error of writing is kept, and is the
// end of the session.
type reply struct {
	out   *frame.Writer
	begun bool
	mark  mark
	start string // the start tag
	err   error
}

// mark is what stands before the names of NETCONF's own elements: nothing, or
// with `rfc-compliant` the prefix nc: and its colon, as Junos then has it.
type mark string

// marked is the mark of a device that is `rfc-compliant`.
const marked mark = "nc:"

// namespace declares the name space of the elements that are marked.
func (m mark) namespace() string {
	if m == "" {
		return `xmlns="` + baseNamespace + `"`
	}
	return "xmlns:" + strings.TrimSuffix(string(m), ":") + `="` + baseNamespace + `"`
}

// begin, end and empty are tags of an element of NETCONF.
func (m mark) begin(name string) string { return "<" + string(m) + name + ">" }
func (m mark) end(name string) string   { return "</" + string(m) + name + ">" }
func (m mark) empty(name string) string { return "<" + string(m) + name + "/>" }

// startTag is the start tag of the reply to rpc: its attributes come back as
// they were, and the name spaces that replies use are declared.
func startTag(rpc *etree.Element, junos string, m mark) string {
	var b strings.Builder
	b.WriteString("<" + string(m) + "rpc-reply " + m.namespace() + ` xmlns:junos="` + junos + `"`)
	if rpc != nil {
		for _, a := range rpc.Attr {
			if key := a.FullKey(); key != "xmlns" && key != "xmlns:junos" && (key != "xmlns:nc" || m == "") {
				b.WriteString(" " + key + `="` + escapeAttribute(a.Value) + `"`)
			}
		}
	}
	b.WriteString(">\n")
	return b.String()
}

// Write adds to the reply what is XML already.
func (r *reply) Write(b []byte) (int, error) {
	if !r.begun {
		r.begun = true
		r.put(r.start)
	}
	if r.err == nil {
		_, r.err = r.out.Write(b)
	}
	return len(b), r.err
}

func (r *reply) put(s string) {
	if r.err == nil {
		_, r.err = io.WriteString(r.out, s)
	}
}

// say adds text that is XML already.
func (r *reply) say(xml string) { _, _ = r.Write([]byte(xml)) } // the error is kept

// ok is the answer that has nothing to tell.
func (r *reply) ok() { r.say(r.mark.empty("ok") + "\n") }

// open and shut say the tags of an element of NETCONF, each on a line of its own.
func (r *reply) open(name string) { r.say(r.mark.begin(name) + "\n") }
func (r *reply) shut(name string) { r.say(r.mark.end(name) + "\n") }

// flush sends what there is.
func (r *reply) flush() error {
	if r.err == nil {
		r.err = r.out.Flush()
	}
	return r.err
}

// end closes the reply. One without contents has a line end, which clients
// take for "nothing there".
func (r *reply) end() error {
	if !r.begun {
		r.say("")
	}
	r.put(r.mark.end("rpc-reply") + "\n")
	if r.err == nil {
		r.err = r.out.End()
	}
	return r.err
}

// fail adds err, as one <rpc-error> or more.
func (r *reply) fail(err error) {
	for _, e := range rpcErrors(err) {
		r.say(e.xml(r.mark))
	}
}

// xml renders the error. Clients compare tag and severity as text, so there is
// no white space in them.
func (e *rpcError) xml(m mark) string {
	var b strings.Builder
	element := func(name, value string) {
		b.WriteString(m.begin(name) + Escape(value) + m.end(name) + "\n")
	}
	b.WriteString(m.begin("rpc-error") + "\n")
	element("error-type", orElse(e.kind, "protocol"))
	element("error-tag", orElse(e.tag, "operation-failed"))
	if e.warning {
		element("error-severity", "warning")
	} else {
		element("error-severity", "error")
	}
	if e.path != "" {
		element("error-path", e.path)
	}
	element("error-message", e.message)
	if e.bad != "" || len(e.info) > 0 {
		b.WriteString(m.begin("error-info") + "\n")
		if e.bad != "" {
			element("bad-element", e.bad)
		}
		for _, i := range e.info {
			element(i.name, i.value)
		}
		b.WriteString(m.end("error-info") + "\n")
	}
	b.WriteString(m.end("rpc-error") + "\n")
	return b.String()
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// Escape returns s as text of an element: & < > as entities and everything that
// is not ASCII as a reference, because clients decode each read by itself. What
// XML 1.0 has no place for becomes #ooo, as in log files; quotes and line ends
// stay, because clients take them as they are.
func Escape(s string) string { return escape(s, false) }

func escapeAttribute(s string) string { return escape(s, true) }

func escape(s string, attribute bool) string {
	if plain(s, attribute) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + len(s)/8)
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case attribute && (r == '"' || r < ' '):
			b.WriteString("&#" + strconv.Itoa(int(r)) + ";")
		case r == utf8.RuneError && size == 1, r < ' ' && r != '\t' && r != '\n' && r != '\r', r == 0x7f:
			b.WriteString(octal(s[i]))
		case r == 0xfffe || r == 0xffff:
			b.WriteString(octal(s[i]) + octal(s[i+1]) + octal(s[i+2]))
		case r > 0x7f:
			b.WriteString("&#" + strconv.Itoa(int(r)) + ";")
		default:
			b.WriteByte(s[i])
		}
		i += size
	}
	return b.String()
}

// plain reports whether there is nothing to escape, as in most lines of a log.
func plain(s string, attribute bool) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && (attribute || c != '\n' && c != '\t') || c >= 0x7f || c == '&' || c == '<' || c == '>' || c == '"' {
			return false
		}
	}
	return true
}

// octal is a byte as log files show it: #033.
func octal(c byte) string {
	return "#" + string([]byte{'0' + c>>6, '0' + c>>3&7, '0' + c&7})
}
