package format

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"

	"loggia/configtree"
)

// xmlKind tells the tokens of XML apart.
type xmlKind uint8

const (
	xmlNothing xmlKind = iota // there is no more, or no use in going on
	xmlStart
	xmlEnd
	xmlText
)

// xmlToken is the start or end of an element, or text.
type xmlToken struct {
	kind xmlKind
	name xml.Name
	attr []xml.Attr
	text []byte // until the next one
}

// xmlSource bounds the tokens of the decoder, which holds one at a time. What most of a
// document consists of it reads by itself: tags without attributes, and text that means
// what it says, in ASCII.
type xmlSource struct {
	input
	taken int               // bytes of this token
	given int64             // bytes that the decoder has got
	last  [2]byte           // of them
	names map[string]string // of elements
	whole bool              // tests have the decoder read all of it
}

var errLongToken = fmt.Errorf("tag or text longer than %d bytes", maxXMLToken)

// ReadByte implements io.ByteReader, which keeps the decoder from reading ahead.
func (s *xmlSource) ReadByte() (byte, error) {
	if s.pos == len(s.buf) && !s.fill() {
		return 0, s.err
	}
	if s.taken++; s.taken > maxXMLToken {
		return 0, errLongToken
	}
	c := s.buf[s.pos]
	s.skip()
	s.given++
	s.last = [2]byte{s.last[1], c}
	return c, nil
}

// Read implements io.Reader; it is there for the type.
func (s *xmlSource) Read(b []byte) (int, error) {
	for i := range b {
		c, err := s.ReadByte()
		if err != nil {
			return i, err
		}
		b[i] = c
	}
	return len(b), nil
}

// simple reads a token that the decoder is not needed for, if one comes.
func (s *xmlSource) simple() (t xmlToken, ok bool) {
	for {
		ahead := s.buf[s.pos:]
		var n int
		if len(ahead) > 0 && ahead[0] == '<' {
			t, n = s.tag(ahead)
		} else {
			t, n = plainText(ahead)
		}
		switch {
		case n > 0:
			s.pass(n)
			return t, true
		case n < 0, len(ahead) == cap(s.buf), !s.fill():
			return xmlToken{}, false
		}
	}
}

// pass takes the next n bytes.
func (s *xmlSource) pass(n int) {
	passed := s.buf[s.pos : s.pos+n]
	if lines := bytes.Count(passed, []byte("\n")); lines > 0 {
		s.line += lines
		s.col = -1 - bytes.LastIndexByte(passed, '\n')
	}
	s.col += n
	s.pos += n
}

// tag reads a tag that b begins with, if it has nothing but a name. n is its length, -1
// when it has more than that, and 0 when b is too short to tell.
func (s *xmlSource) tag(b []byte) (t xmlToken, n int) {
	from := 1
	t.kind = xmlStart
	if len(b) > 1 && b[1] == '/' {
		from, t.kind = 2, xmlEnd
	}
	for i := from; i < len(b); i++ {
		switch c := b[i]; {
		case c == '>' && i > from:
			t.name.Local = s.name(b[from:i])
			return t, i + 1
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', c == '_':
		case i > from && ('0' <= c && c <= '9' || c == '-' || c == '.'):
		default:
			return t, -1
		}
	}
	return t, 0
}

// maxNames bounds the names that are kept: a document that is right has no more.
const maxNames = 1 << 10

// name returns a name that may be kept, of equal ones the same.
func (s *xmlSource) name(b []byte) string {
	name, ok := s.names[string(b)]
	if !ok {
		name = string(b)
		if s.names == nil {
			s.names = map[string]string{}
		}
		if len(s.names) < maxNames && len(name) <= maxName {
			s.names[name] = name
		}
	}
	return name
}

// plainText reads the text that b begins with, up to the next tag. n is as that of tag.
func plainText(b []byte) (t xmlToken, n int) {
	for i, c := range b {
		switch {
		case c == '<':
			return xmlToken{kind: xmlText, text: b[:i]}, i
		case c == '&', c == '>', c >= 0x80, c < ' ' && c != '\n' && c != '\t':
			return t, -1
		}
	}
	return t, 0
}

// next returns the next token that means something.
func (x *xmlReader) next() xmlToken {
	for !x.stopped && !x.ended {
		t, ok := x.token()
		if !ok {
			continue
		}
		switch t.kind {
		case xmlStart:
			ok = x.start(t)
		case xmlEnd:
			ok = x.finish(t)
		}
		if ok {
			return t
		}
	}
	return xmlToken{}
}

// token reads one token, which may mean nothing.
func (x *xmlReader) token() (t xmlToken, ok bool) {
	if x.between && !x.source.whole {
		if t, ok = x.source.simple(); ok {
			x.at(x.source.line, x.source.col)
			return t, true
		}
	}
	x.source.taken = 0
	token, err := x.tokens.RawToken()
	x.place()
	if err != nil {
		x.end(err)
		return t, false
	}
	first := !x.begun
	x.begun = true
	switch token := token.(type) {
	case xml.StartElement:
		return xmlToken{kind: xmlStart, name: token.Name, attr: token.Attr}, true
	case xml.EndElement:
		x.between = true
		return xmlToken{kind: xmlEnd, name: token.Name}, true
	case xml.CharData:
		if first { // a byte order mark is nothing
			token = bytes.TrimPrefix(token, []byte("\ufeff"))
		}
		return xmlToken{kind: xmlText, text: token}, true
	case xml.Directive:
		x.fail(configtree.Syntax, errors.New("document type declarations are not accepted"))
	case xml.ProcInst:
		if !first || token.Target != "xml" {
			x.fail(configtree.Syntax, errors.New("processing instructions are not accepted"))
		}
	}
	return t, false
}

// place notes where the decoder is, which may have put back the last byte, and whether it
// has nothing left to do there: it ends an element of one tag in a token of its own.
func (x *xmlReader) place() {
	s := x.source
	back := s.given > x.tokens.InputOffset()
	x.between = !back && string(s.last[:]) != "/>"
	switch {
	case back && s.last[1] == '\n':
		x.at(s.line-1, 0)
	case back:
		x.at(s.line, s.col-1)
	default:
		x.at(s.line, s.col)
	}
}
