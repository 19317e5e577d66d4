package frame

import "bytes"

// rootScanner finds the end of a message's root element as its bytes come in. It
// knows just enough of XML for that; what is not well-formed it leaves to the
// delimiter.
type rootScanner struct {
	state scanState
	depth int
	open  bool    // the tag being read opens an element
	last  byte    // last byte but one of a tag, comment or section
	tail  [2]byte // the last bytes of a comment, CDATA section or instruction
	head  []byte  // first bytes behind `<!`, at most 7
	lost  bool    // a DOCTYPE or the like: only the delimiter ends this message
	quote byte
}

type scanState uint8

const (
	inText scanState = iota
	afterLess
	inTag
	inQuote
	inInstruction
	afterBang
	inComment
	inSection
)

// scan returns how many bytes of b belong to the message and whether it is
// complete with them. Unless it is complete it takes all up to and including a
// `>`, or the whole of b when there is none: the delimiter ends in `>`.
func (s *rootScanner) scan(b []byte) (n int, closed bool) {
	if s.lost {
		if i := bytes.IndexByte(b, '>'); i >= 0 {
			return i + 1, false
		}
		return len(b), false
	}
	for i, c := range b {
		closed = s.step(c)
		if closed || c == '>' {
			return i + 1, closed
		}
	}
	return len(b), false
}

// step takes one byte and reports whether it closed the root element.
func (s *rootScanner) step(c byte) bool {
	switch s.state {
	case inText:
		if c == '<' {
			s.state = afterLess
		}
	case afterLess:
		s.enter(c)
	case inTag:
		return s.inTag(c)
	case inQuote:
		if c == s.quote {
			s.state = inTag
		}
	case afterBang:
		s.afterBang(c)
	case inComment, inSection, inInstruction:
		s.inOther(c)
	}
	return false
}

// enter decides by the byte behind `<`.
func (s *rootScanner) enter(c byte) {
	s.last = 0
	s.tail = [2]byte{}
	switch c {
	case '?':
		s.state = inInstruction
	case '!':
		s.state, s.head = afterBang, s.head[:0]
	case '/':
		s.state, s.open = inTag, false
	default:
		s.state, s.open = inTag, true
	}
}

// inTag reads a tag to its `>`.
func (s *rootScanner) inTag(c byte) bool {
	switch {
	case c == '"' || c == '\'':
		s.state, s.quote = inQuote, c
	case c == '>':
		s.state = inText
		switch {
		case !s.open:
			s.depth--
		case s.last != '/':
			s.depth++
		}
		return s.depth <= 0
	}
	s.last = c
	return false
}

// afterBang tells comments and CDATA sections from declarations.
func (s *rootScanner) afterBang(c byte) {
	s.head = append(s.head, c)
	switch {
	case string(s.head) == "--":
		s.state = inComment
	case string(s.head) == "[CDATA[":
		s.state = inSection
	case !bytes.HasPrefix([]byte("--"), s.head) && !bytes.HasPrefix([]byte("[CDATA["), s.head):
		s.lost = true
	}
}

// inOther reads to the end of a comment, section or instruction.
func (s *rootScanner) inOther(c byte) {
	ends := c == '>' && (s.state == inComment && s.tail == [2]byte{'-', '-'} ||
		s.state == inSection && s.tail == [2]byte{']', ']'} ||
		s.state == inInstruction && s.tail[1] == '?')
	if ends {
		s.state = inText
	}
	s.tail = [2]byte{s.tail[1], c}
}
