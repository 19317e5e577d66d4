package format

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"loggia/configtree"
	"loggia/configtree/schema"
)

// What an XML document may have at most. The schema bounds how deep a right one is.
const (
	maxDepth      = 128       // elements around an element
	maxWrapping   = 4         // elements around <configuration>
	maxName       = 255       // bytes of a name
	maxAttributes = 64        // attributes of an element
	maxElements   = 16 << 20  // elements of a document
	maxXMLToken   = 256 << 10 // bytes between two angle brackets, and of a tag
)

// xmlReader turns the element <configuration> into edits, token by token. Elements and attributes count by their
// local names: clients put them in the namespace of NETCONF, in none, or in another.
type xmlReader struct {
	assembler
	source   *xmlSource
	tokens   *xml.Decoder
	between  bool     // tokens has taken all that source has given, and nothing is left to say of it
	open     []string // names of the elements that are open, with their prefixes
	elements int
	value    []byte // text of the element at hand
	comment  string // annotation for the element that follows
	bare     bool   // which is to have none
	begun    bool   // something has been read
	ended    bool   // everything has
}

func readXML(r io.Reader, file string, at configtree.Path, root *schema.Node, on *configtree.Tree, acts bool, yield func(configtree.Edit, *configtree.Problem) bool) {
	newXMLReader(r, file, at, root, on, acts, yield).document()
}

func newXMLReader(r io.Reader, file string, at configtree.Path, root *schema.Node, on *configtree.Tree, acts bool, yield func(configtree.Edit, *configtree.Problem) bool) *xmlReader {
	source := &xmlSource{input: newInput(r)}
	x := &xmlReader{assembler: newAssembler(file, at, root, on, yield), source: source, tokens: xml.NewDecoder(source)}
	x.tokens.CharsetReader = charset
	x.trim, x.top().acts = true, acts
	return x
}

// charset accepts the encodings of which every text is UTF-8.
func charset(name string, r io.Reader) (io.Reader, error) {
	if strings.EqualFold(name, "us-ascii") || strings.EqualFold(name, "ascii") {
		return r, nil
	}
	return nil, fmt.Errorf("encoding %s is not supported", show(name))
}

// end ends reading because the decoder did.
func (x *xmlReader) end(err error) {
	var bad *xml.SyntaxError
	switch {
	case errors.Is(err, errLongToken):
		x.fail(configtree.Syntax, errLongToken)
	case x.source.err != nil && !errors.Is(x.source.err, io.EOF):
		x.fail(configtree.Environment, x.source.err)
	case errors.Is(err, io.EOF) && len(x.open) == 0:
		x.ended = true
	case errors.Is(err, io.EOF):
		x.fail(configtree.Syntax, errors.New("the document ends within <"+show(x.open[len(x.open)-1])+">"))
	case !errors.As(err, &bad):
		x.fail(configtree.Syntax, errors.New(strings.TrimPrefix(err.Error(), "xml: ")))
	case strings.Contains(bad.Msg, "entity"):
		x.fail(configtree.Syntax, errors.New("unknown character entity")) // it may be part of a secret
	default:
		x.fail(configtree.Syntax, errors.New(bad.Msg))
	}
}

// start takes the start of an element along; it reports whether that is within the limits.
func (x *xmlReader) start(t xmlToken) bool {
	x.elements++
	switch name := qualified(t.name); {
	case x.elements > maxElements:
		x.fail(configtree.Syntax, fmt.Errorf("more than %d elements", maxElements))
	case len(x.open) == maxDepth:
		x.fail(configtree.Syntax, fmt.Errorf("elements nested deeper than %d", maxDepth))
	case len(name) > maxName || len(t.attr) > maxAttributes:
		x.fail(configtree.Syntax, fmt.Errorf("element with more than %d attributes or a name longer than %d bytes", maxAttributes, maxName))
	default:
		x.open = append(x.open, name)
		return true
	}
	return false
}

// finish takes the end of an element along; it reports whether that is the innermost one.
func (x *xmlReader) finish(t xmlToken) bool {
	name := qualified(t.name)
	if len(x.open) == 0 || x.open[len(x.open)-1] != name {
		x.fail(configtree.Syntax, fmt.Errorf("</%s> closes no element that is open", show(name)))
		return false
	}
	x.open = x.open[:len(x.open)-1]
	return true
}

func qualified(n xml.Name) string {
	if n.Space == "" {
		return n.Local
	}
	return n.Space + ":" + n.Local
}

// wrapping reports whether an element only stands around <configuration>.
func wrapping(name string) bool {
	switch name {
	case "rpc-reply", "data", "config", "rpc", "load-configuration", "edit-config":
		return true
	}
	return false
}

// document reads everything: <configuration>, and what may stand around it.
func (x *xmlReader) document() {
	found := false
	for t := x.next(); t.kind != xmlNothing; t = x.next() {
		switch t.kind {
		case xmlStart:
			switch {
			case t.name.Local == "configuration" && !found:
				found = true
				x.configuration(t)
			case wrapping(t.name.Local) && !found && len(x.open) <= maxWrapping:
			case t.name.Local == "cli" && len(x.open) > 1: // the prompt behind what `| display xml` shows
				x.skip()
			default:
				x.refuse(configtree.Unknown, errSyntax, t.name.Local)
				x.skip()
			}
		case xmlText:
			x.blank(t.text)
		}
	}
	if !found && !x.told {
		x.fail(configtree.Syntax, errors.New("there is no <configuration>"))
	}
}

// configuration reads the element of that name.
func (x *xmlReader) configuration(t xmlToken) {
	m, ok := x.attributes(t, nil)
	if ok && (m.op == replacing || m.deletes()) {
		x.override()
	}
	if ok && m.deletes() {
		x.skip()
		return
	}
	x.top().acts = x.top().acts || m.said
	x.contents()
}

// contents reads up to the end of the element whose start has been read.
func (x *xmlReader) contents() {
	x.comment, x.bare = "", false
	for t := x.next(); t.kind != xmlNothing; t = x.next() {
		switch t.kind {
		case xmlStart:
			x.element(t)
		case xmlEnd:
			x.comment, x.bare = "", false
			return
		case xmlText:
			x.blank(t.text)
		}
	}
}

// blank refuses text where elements are wanted.
func (x *xmlReader) blank(t []byte) {
	if text := string(bytes.TrimSpace(t)); text != "" {
		if x.top().node.Secret {
			text = secretMark
		}
		x.refuse(configtree.Syntax, errSyntax, text)
	}
}

// element reads a statement.
func (x *xmlReader) element(t xmlToken) {
	f := x.top()
	name := t.name.Local
	comment, bare := x.comment, x.bare
	x.comment, x.bare = "", false
	switch child := f.node.Child(name); {
	case f.gone, f.spoilt:
		x.skip()
	case f.node.Kind == schema.List && name == f.node.Key && !f.keyed:
		line, col := x.line, x.col
		if text, ok := x.text(); ok {
			x.at(line, col)
			x.key(text)
		} else {
			f.spoilt = true
		}
	case f.node.Kind == schema.List && !f.keyed:
		if !f.marks.deletes() {
			x.refuse(configtree.Missing, fmt.Errorf("<%s> has to come first", f.node.Key), f.node.Name, name)
		}
		x.skip()
	case name == "comment" && (child == nil || t.name.Space == "junos"):
		x.bare = bare || slices.ContainsFunc(t.attr, func(a xml.Attr) bool { return a.Name.Local == "operation" && a.Value == "delete" })
		text, ok := x.text()
		if ok && comment != "" {
			comment += "\n"
		}
		if x.comment = comment; !x.bare {
			x.comment += readComment(text)
		}
	case name == "undocumented" && child == nil:
		x.contents()
	case child == nil:
		x.refuse(configtree.Unknown, errSyntax, name)
		x.skip()
	default:
		m, ok := x.attributes(t, child)
		if m.comment, m.uncomment = comment, bare; !ok {
			x.skip()
			return
		}
		x.statement(child, m)
	}
}

// statement reads the contents of an element that the schema knows.
func (x *xmlReader) statement(s *schema.Node, m marks) {
	line, col := x.line, x.col
	if s.Kind == schema.Leaf || s.Kind == schema.LeafList {
		if text, ok := x.text(); ok {
			x.at(line, col)
			x.leaf(s, text, text != "" || s.Type.Base != schema.Empty && !m.some() && s.Type.Check("") == nil, m)
		}
		return
	}
	x.enter(s, m)
	if x.top().gone {
		x.skip()
	} else {
		x.contents()
	}
	x.leave()
}

// text reads the text of an element up to its end; it reports whether there was nothing else.
func (x *xmlReader) text() (string, bool) {
	x.value = x.value[:0]
	ok := true
	for t := x.next(); t.kind != xmlNothing; t = x.next() {
		switch t.kind {
		case xmlStart:
			x.refuse(configtree.Unknown, errSyntax, t.name.Local)
			x.skip()
			ok = false
		case xmlEnd:
			return string(x.value), ok
		case xmlText:
			x.value = append(x.value, t.text...)
			if len(x.value) > maxXMLToken {
				x.fail(configtree.Syntax, errLongToken)
			}
		}
	}
	return "", false
}

// skip passes over the rest of the element whose start has been read.
func (x *xmlReader) skip() {
	for depth := len(x.open); len(x.open) >= depth; {
		if x.next().kind == xmlNothing {
			return
		}
	}
}

// attributes reads what an element says of its statement. Attributes of other namespaces than that of
// NETCONF are remarks; anything else unknown is refused, for it may be meant to delete, except of <configuration>, for which s is nil.
func (x *xmlReader) attributes(t xmlToken, s *schema.Node) (m marks, ok bool) {
	for i, attr := range t.attr {
		name := attr.Name.Local
		for _, before := range t.attr[:i] {
			if before.Name == attr.Name {
				x.fail(configtree.Syntax, fmt.Errorf("attribute %s twice", show(name)))
				return m, false
			}
		}
		switch {
		case attr.Name.Space == "" && name == "xmlns", attr.Name.Space == "xmlns", attr.Name.Space == "xml", attr.Name.Space == "junos":
		case m.set(s, name, attr.Value):
		case s != nil:
			x.refuse(configtree.Unknown, errSyntax, t.name.Local, name)
			return m, false
		}
	}
	if m.lost() {
		x.refuse(configtree.Unknown, errSyntax, t.name.Local, s.Key)
		return m, false
	}
	return m, true
}
