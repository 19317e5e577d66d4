package netconf

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/beevik/etree"

	"loggia/netconf/frame"
)

// What a message may have at most, beside the configuration inside of it, which
// package format bounds as it reads.
const (
	maxMessage    = 64 << 20 // bytes
	maxReading    = 1 << 20  // bytes, of those who may not configure
	maxElements   = 100_000  // elements
	maxDepth      = 64       // elements around an element
	maxAttributes = 64       // attributes of an element
	maxNames      = 4096     // bytes of a start tag's names and values
)

// message is one message of a peer, taken apart.
type message struct {
	root *etree.Element // names and attributes may carry prefixes
	// raw holds the text of each <configuration>, tags included, which stays out of
	// the tree: it may be large, and belongs to package format.
	raw map[*etree.Element][]byte
	// loan is the memory that the message has of that of all sessions.
	loan *frame.Loan
}

// What a message takes beside its own bytes.
const (
	elementBytes = 256  // of memory, an element with its text
	freeElements = 1024 // that nobody counts
	// configurationFactor is how many times its size a configuration takes while it
	// is loaded.
	configurationFactor = 3
)

// parse reads one message. text must not change as long as the message is used,
// and what it takes beside is of loan, which may be nil. The error is a *rpcError.
func parse(text []byte, loan *frame.Loan) (*message, error) {
	if loan == nil {
		loan = &frame.Loan{}
	}
	p := parser{message: message{raw: map[*etree.Element][]byte{}, loan: loan}, doc: etree.NewDocument()}
	p.text = bytes.TrimPrefix(text, []byte("\ufeff"))
	p.tokens = xml.NewDecoder(bytes.NewReader(p.text))
	p.tokens.CharsetReader = asciiOnly
	p.at = &p.doc.Element
	for {
		before := p.tokens.InputOffset()
		t, err := p.tokens.RawToken()
		if errors.Is(err, io.EOF) && p.depth == 0 && p.root != nil {
			return &p.message, nil
		}
		if err == nil {
			err = p.take(t, before)
		} else if errors.Is(err, io.EOF) {
			err = errors.New("the message ends too early")
		}
		switch {
		case errors.Is(err, frame.ErrBusy):
			return nil, resourceDenied(err)
		case err != nil:
			return nil, malformed(err)
		}
	}
}

// startOf is the root element of a message that is cut off, without contents; nil
// if not even that is there.
func startOf(beginning []byte) *etree.Element {
	tokens := xml.NewDecoder(bytes.NewReader(beginning))
	for {
		t, err := tokens.RawToken()
		if err != nil || tokens.InputOffset() > maxNames {
			return nil
		}
		if t, ok := t.(xml.StartElement); ok {
			e := etree.NewElement(qualified(t.Name))
			for _, a := range t.Attr {
				e.CreateAttr(qualified(a.Name), a.Value)
			}
			return e
		}
	}
}

// asciiOnly accepts the encodings whose texts are UTF-8 too.
func asciiOnly(name string, r io.Reader) (io.Reader, error) {
	if strings.EqualFold(name, "us-ascii") || strings.EqualFold(name, "ascii") {
		return r, nil
	}
	return nil, fmt.Errorf("encoding %q is not supported", name)
}

type parser struct {
	message
	text     []byte
	tokens   *xml.Decoder
	doc      *etree.Document
	at       *etree.Element
	depth    int
	elements int
	large    int   // bytes of configuration
	skip     int   // depth of the <configuration> that is passed over, 0 outside
	from     int64 // where it begins
}

// take takes one token, which begins at offset before.
func (p *parser) take(t xml.Token, before int64) error {
	switch t := t.(type) {
	case xml.StartElement:
		p.depth++
		if p.skip > 0 {
			return nil
		}
		return p.start(t, before)
	case xml.EndElement:
		return p.end(t)
	case xml.CharData:
		return p.chars(t)
	case xml.Directive:
		return errors.New("document type declarations are not accepted")
	case xml.ProcInst:
		if t.Target != "xml" || p.root != nil || len(bytes.TrimSpace(p.text[:before])) > 0 {
			return errors.New("processing instructions are not accepted")
		}
	}
	return nil
}

func (p *parser) start(t xml.StartElement, before int64) error {
	p.elements++
	switch {
	case p.depth == 1 && p.root != nil:
		return errors.New("a message has one root element")
	case p.depth > maxDepth:
		return fmt.Errorf("elements nested deeper than %d", maxDepth)
	case p.elements > maxElements:
		return fmt.Errorf("more than %d elements", maxElements)
	case len(t.Attr) > maxAttributes:
		return fmt.Errorf("more than %d attributes", maxAttributes)
	case int(p.tokens.InputOffset()-before) > maxNames:
		return fmt.Errorf("a tag of more than %d bytes", maxNames)
	}
	if err := p.hold(); err != nil {
		return err
	}
	e := p.at.CreateElement(qualified(t.Name))
	for _, a := range t.Attr {
		name := qualified(a.Name)
		if e.SelectAttr(name) != nil {
			return fmt.Errorf("attribute %s stands twice", name)
		}
		e.CreateAttr(name, a.Value)
	}
	if p.root == nil {
		p.root = e
	}
	p.at = e
	if t.Name.Local == "configuration" && p.depth > 1 {
		p.skip, p.from = p.depth, before
	}
	return nil
}

func (p *parser) end(t xml.EndElement) error {
	if p.depth == 0 {
		return fmt.Errorf("</%s> closes nothing", t.Name.Local)
	}
	inside := p.skip > 0 && p.depth > p.skip
	p.depth--
	if inside {
		return nil
	}
	if p.at.FullTag() != qualified(t.Name) {
		return fmt.Errorf("</%s> closes <%s>", qualified(t.Name), p.at.FullTag())
	}
	if p.skip > 0 {
		p.raw[p.at] = p.text[p.from:p.tokens.InputOffset()]
		p.skip = 0
		if p.large += len(p.raw[p.at]); p.large > maxReading {
			if err := p.hold(); err != nil {
				return err
			}
		}
	}
	p.at = p.at.Parent()
	return nil
}

// hold has the loan be as large as the message needs.
func (p *parser) hold() error {
	return p.loan.Hold(max(0, p.elements-freeElements)*elementBytes + max(0, p.large-maxReading)*configurationFactor)
}

// chars takes text. White space alone is none: filters and lists are indented.
func (p *parser) chars(t xml.CharData) error {
	switch {
	case p.skip > 0:
	case p.depth == 0:
		if len(bytes.TrimSpace(t)) > 0 {
			return errors.New("text outside of the root element")
		}
	case !utf8.Valid(t):
		return errors.New("text is not UTF-8")
	default:
		p.at.CreateText(string(t))
	}
	return nil
}

func qualified(n xml.Name) string {
	if n.Space == "" {
		return n.Local
	}
	return n.Space + ":" + n.Local
}

// child returns the first child element with a local name, whatever its
// namespace, or nil: one request mixes them (RFC 6241 leaves it to us).
func child(e *etree.Element, name string) *etree.Element {
	if e == nil {
		return nil
	}
	for _, c := range e.ChildElements() {
		if c.Tag == name {
			return c
		}
	}
	return nil
}

// first returns the first child element, or nil.
func first(e *etree.Element) *etree.Element {
	if e == nil {
		return nil
	}
	for _, c := range e.ChildElements() {
		return c
	}
	return nil
}

// text returns the text of an element without the white space around it, "" for nil.
func text(e *etree.Element) string {
	if e == nil {
		return ""
	}
	return strings.TrimSpace(whole(e))
}

// whole returns the text of an element, its CDATA sections included.
func whole(e *etree.Element) string {
	var b strings.Builder
	for _, c := range e.Child {
		if d, ok := c.(*etree.CharData); ok {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

// attribute returns the value of an attribute by its local name, and whether it is there.
func attribute(e *etree.Element, name string) (string, bool) {
	for _, a := range e.Attr {
		if a.Key == name && a.Space != "xmlns" {
			return a.Value, true
		}
	}
	return "", false
}
