package format

import (
	"bytes"
	"errors"
	"io"

	"loggia/configtree"
)

// maxToken bounds a word, a quoted string or a comment, in bytes of input.
const maxToken = 64 << 10

// tokenKind tells the tokens of curly text apart.
type tokenKind uint8

const (
	tokenEOF       tokenKind = iota
	tokenWord                // text, quoted
	tokenComment             // text: what stands between /* and */
	tokenOpen                // {
	tokenClose               // }
	tokenSemicolon           // ;
	tokenListOpen            // [
	tokenListClose           // ]
	tokenBad                 // err: the token cannot be read; scanning goes on behind it
	tokenFailed              // err: the reader failed; nothing follows
)

// token is one token with its place: line from 1, columns from 0 in bytes.
type token struct {
	kind   tokenKind
	quoted bool
	text   string
	err    error
	line   int
	col    int // of the first byte
	end    int // just behind the last byte, in the line where that is
}

var (
	errQuote   = errors.New("unterminated quote")
	errGlued   = errors.New("no blank beside a quote")
	errComment = errors.New("comment without end")
	errLong    = errors.New("word longer than 65536 bytes")
)

// scanner cuts curly text into tokens, reading as it goes. It holds one buffer of input
// and one token.
type scanner struct {
	input
	bracket bool   // between [ and ], where ] ends a word
	scratch []byte // the token being read
}

func newScanner(r io.Reader) *scanner {
	return &scanner{input: newInput(r)}
}

// take appends the byte that peek(0) has shown to the token.
func (s *scanner) take(c byte) {
	if len(s.scratch) <= maxToken {
		s.scratch = append(s.scratch, c)
	}
	s.skip()
}

// next returns the next token; after tokenEOF or tokenFailed it returns the same again.
func (s *scanner) next() token {
	c, ok := s.start()
	t := token{line: s.line, col: s.col}
	s.scratch = s.scratch[:0]
	switch {
	case !ok:
		t.kind, t.end = tokenEOF, s.col
		if s.err != nil && !errors.Is(s.err, io.EOF) {
			t.kind, t.err = tokenFailed, s.err
		}
		return t
	case c == '{' || c == '}' || c == ';' || c == '[' || c == ']':
		s.skip()
		t.kind, t.text = punctuation(c)
		s.bracket = c == '[' || s.bracket && c != ']' && c != ';' && c != '}'
	case c == '/' && s.isComment():
		t.kind, t.err = tokenComment, s.comment()
	default:
		t.kind = tokenWord
		t.quoted, t.err = s.word()
	}
	switch {
	case len(s.scratch) > maxToken || t.err != nil:
		s.spoil(&t)
	case t.kind == tokenWord || t.kind == tokenComment:
		t.text = string(s.scratch)
	}
	t.end = s.col
	return t
}

// spoil makes of a token one that cannot be used. Its text then says what is known of it.
func (s *scanner) spoil(t *token) {
	if t.err == nil {
		t.err = errLong
	}
	switch {
	case t.kind == tokenComment:
		t.text = configtree.CommentMark
	case t.err == errQuote && bytes.HasSuffix(bytes.TrimRight(s.scratch, " \t\r"), []byte("{")):
		t.text = "{" // what the string has swallowed opens a block
	}
	t.kind = tokenBad
}

func punctuation(c byte) (tokenKind, string) {
	switch c {
	case '{':
		return tokenOpen, "{"
	case '}':
		return tokenClose, "}"
	case '[':
		return tokenListOpen, "["
	case ']':
		return tokenListClose, "]"
	}
	return tokenSemicolon, ";"
}

// start skips blanks and # comments and shows the first byte of the next token.
func (s *scanner) start() (byte, bool) {
	for {
		c, ok := s.peek(0)
		switch {
		case !ok:
			return 0, false
		case isBlank(c):
			s.skip()
		case c == '#':
			for ok && c != '\n' {
				s.skip()
				c, ok = s.peek(0)
			}
		default:
			return c, true
		}
	}
}

func (s *scanner) isComment() bool {
	c, ok := s.peek(1)
	return ok && c == '*'
}

// comment reads a comment into scratch, without its marks.
func (s *scanner) comment() error {
	s.skip()
	s.skip()
	for {
		c, ok := s.peek(0)
		if !ok {
			return errComment
		}
		if d, ok := s.peek(1); ok && c == '*' && d == '/' {
			s.skip()
			s.skip()
			return nil
		}
		s.take(c)
	}
}

// word reads a word into scratch, by the rules of lexWord.
func (s *scanner) word() (quoted bool, err error) {
	for {
		c, ok := s.peek(0)
		switch {
		case !ok || isBlank(c) || c == '{' || c == '}' || c == ';' || s.bracket && c == ']':
			return quoted, nil
		case c == '"':
			quoted = true
			if err := s.quoted(); err != nil {
				return quoted, err
			}
		default:
			s.take(c)
		}
	}
}

// quoted reads a string in quotes. One that does not end on its line ends there, so that
// a forgotten quote spoils one line and not the file.
func (s *scanner) quoted() error {
	s.skip()
	for {
		c, ok := s.peek(0)
		switch {
		case !ok || c == '\n':
			return errQuote
		case c == '"':
			s.skip()
			return nil
		case c == '\\':
			s.escape()
		default:
			s.take(c)
		}
	}
}

// escape reads an escape, whose first byte peek(0) has shown.
func (s *scanner) escape() {
	for len(s.buf)-s.pos < len(`\x00`) && s.fill() {
	}
	text, n := s.scratch, 0
	window := s.buf[s.pos:min(len(s.buf), s.pos+len(`\x00`))]
	if text, n = unescape(text, string(window)); len(s.scratch) <= maxToken {
		s.scratch = text
	}
	for range n {
		s.skip()
	}
}
