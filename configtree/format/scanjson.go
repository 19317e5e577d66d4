package format

import (
	"errors"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonKind tells the tokens of JSON apart; punctuation is its own kind.
type jsonKind byte

const (
	jsonEnd    jsonKind = iota
	jsonBad             // err: the token cannot be read, and nothing behind it
	jsonString          // text: decoded
	jsonNumber          // text: as it stands
	jsonNull
	jsonBool // text: true or false
)

// jsonToken is one token with its place: line from 1, column from 0 just behind it, in bytes.
type jsonToken struct {
	kind jsonKind
	text string
	err  error
	line int
	col  int
}

// jsonScanner cuts JSON into tokens by the letter of RFC 8259, reading as it goes. It holds one buffer of
// input and one token.
type jsonScanner struct {
	input
	scratch []byte
}

func newJSONScanner(r io.Reader) *jsonScanner { return &jsonScanner{input: newInput(r)} }

var (
	errJSONText   = errors.New("text without end")
	errJSONEscape = errors.New("unknown escape in text")
	errJSONRaw    = errors.New("control character in text")
	errJSONUTF8   = errors.New("text is no UTF-8")
	errJSONWord   = errors.New("no value of JSON")
	errJSONNumber = errors.New("no number")
)

// next returns the next token.
func (s *jsonScanner) next() jsonToken {
	c, ok := s.peek(0)
	for ok && isBlank(c) {
		s.skip()
		c, ok = s.peek(0)
	}
	var t jsonToken
	switch {
	case !ok:
		if s.err != nil && !errors.Is(s.err, io.EOF) {
			t = jsonToken{kind: jsonBad, err: s.err}
		}
	case c == '{' || c == '}' || c == '[' || c == ']' || c == ',' || c == ':':
		s.skip()
		t.kind = jsonKind(c)
	case c == '"':
		s.skip()
		t = s.string()
	default:
		t = s.word()
	}
	t.line, t.col = s.line, s.col
	return t
}

// string reads a string whose opening quote has been taken.
func (s *jsonScanner) string() jsonToken {
	s.scratch = s.scratch[:0]
	for {
		c, ok := s.peek(0)
		switch {
		case !ok:
			return jsonToken{kind: jsonBad, err: errJSONText}
		case c < ' ':
			return jsonToken{kind: jsonBad, err: errJSONRaw}
		case len(s.scratch) > maxToken:
			return jsonToken{kind: jsonBad, err: errLong}
		}
		s.skip()
		switch c {
		case '"':
			if !utf8.Valid(s.scratch) {
				return jsonToken{kind: jsonBad, err: errJSONUTF8}
			}
			return jsonToken{kind: jsonString, text: string(s.scratch)}
		case '\\':
			if err := s.escape(); err != nil {
				return jsonToken{kind: jsonBad, err: err}
			}
		default:
			s.scratch = append(s.scratch, c)
		}
	}
}

// escape reads an escape whose backslash has been taken.
func (s *jsonScanner) escape() error {
	c, ok := s.peek(0)
	if !ok {
		return errJSONText
	}
	s.skip()
	switch c {
	case '"', '\\', '/':
	case 'b':
		c = '\b'
	case 'f':
		c = '\f'
	case 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	case 'u':
		return s.unicode()
	default:
		return errJSONEscape
	}
	s.scratch = append(s.scratch, c)
	return nil
}

// unicode reads the digits of a \u escape, and the other half of a pair.
func (s *jsonScanner) unicode() error {
	r, ok := s.unit()
	if ok && utf16.IsSurrogate(r) {
		if c, _ := s.peek(0); c != '\\' {
			return errJSONEscape
		}
		s.skip()
		if c, _ := s.peek(0); c != 'u' {
			return errJSONEscape
		}
		s.skip()
		var low rune
		low, ok = s.unit()
		if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
			ok = false
		}
	}
	if !ok {
		return errJSONEscape
	}
	s.scratch = utf8.AppendRune(s.scratch, r)
	return nil
}

func (s *jsonScanner) unit() (r rune, ok bool) {
	for range 4 {
		c, _ := s.peek(0)
		if 'A' <= c && c <= 'F' {
			c += 'a' - 'A'
		}
		d := hexDigit(c)
		if d < 0 {
			return 0, false
		}
		s.skip()
		r = r<<4 | rune(d)
	}
	return r, true
}

// maxWord bounds what stands outside of quotes: the longest is a number.
const maxWord = 64

// word reads a number, true, false or null.
func (s *jsonScanner) word() jsonToken {
	s.scratch = s.scratch[:0]
	for {
		c, ok := s.peek(0)
		if !ok || c != '-' && c != '+' && c != '.' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			break
		}
		if s.skip(); len(s.scratch) == maxWord {
			return jsonToken{kind: jsonBad, err: fmt.Errorf("word longer than %d bytes", maxWord)}
		}
		s.scratch = append(s.scratch, c)
	}
	switch word := string(s.scratch); {
	case word == "null":
		return jsonToken{kind: jsonNull}
	case word == "true" || word == "false":
		return jsonToken{kind: jsonBool, text: word}
	case word == "" || word[0] != '-' && (word[0] < '0' || word[0] > '9'):
		return jsonToken{kind: jsonBad, err: errJSONWord}
	case !isJSONNumber(word):
		return jsonToken{kind: jsonBad, err: errJSONNumber}
	default:
		return jsonToken{kind: jsonNumber, text: word}
	}
}

// isJSONNumber reports whether s is a number as RFC 8259 section 6 has it.
func isJSONNumber(s string) bool {
	digits := func() bool {
		n := 0
		for n < len(s) && '0' <= s[n] && s[n] <= '9' {
			n++
		}
		s = s[n:]
		return n > 0
	}
	if s[0] == '-' {
		s = s[1:]
	}
	if len(s) > 1 && s[0] == '0' && '0' <= s[1] && s[1] <= '9' || !digits() {
		return false
	}
	if len(s) > 0 && s[0] == '.' {
		if s = s[1:]; !digits() {
			return false
		}
	}
	if len(s) > 0 && s[0]|0x20 == 'e' {
		if s = s[1:]; len(s) > 0 && (s[0] == '+' || s[0] == '-') {
			s = s[1:]
		}
		return digits() && s == ""
	}
	return s == ""
}
