package format

import (
	"fmt"

	"loggia/configtree"
)

// An UnterminatedError is a quote without its counterpart.
type UnterminatedError struct {
	Col int // of the opening quote, 0-based byte offset in the line
}

// Error names the column and nothing of the text, which may be a secret.
func (e *UnterminatedError) Error() string {
	return fmt.Sprintf("unterminated quote at column %d", e.Col)
}

// Words splits a set line or a command line into words. Blanks separate. Double
// quotes join, at the start of a word or inside it, with the escapes of Quote. `[` and
// `]` are words like others when they stand alone. `#` where a word could start makes
// the rest of the line a comment. Pipes and semicolons have no meaning here.
//
// Each word carries the 0-based byte offset of its first character and whether any of it
// was quoted. The error is an *UnterminatedError; the words are then all that were
// read, the open one last, which is what completion needs.
func Words(line string) ([]configtree.Word, error) {
	return appendWords(make([]configtree.Word, 0, 8), line)
}

func appendWords(words []configtree.Word, line string) ([]configtree.Word, error) {
	for i := 0; i < len(line); {
		switch c := line[i]; {
		case isBlank(c):
			i++
		case c == '#':
			return words, nil
		default:
			w, n, open := lexWord(line[i:])
			w.Col = i
			words = append(words, w)
			if open >= 0 {
				return words, &UnterminatedError{Col: i + open}
			}
			i += n
		}
	}
	return words, nil
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// lexWord reads the word at the head of s and returns the bytes it took and, when a
// quote is left open, the offset of that quote, else -1.
func lexWord(s string) (w configtree.Word, n, open int) {
	for n < len(s) && !isBlank(s[n]) && s[n] != '"' {
		n++
	}
	if n == len(s) || s[n] != '"' {
		return configtree.Word{Text: s[:n]}, n, -1
	}
	text := append([]byte(nil), s[:n]...)
	for n < len(s) && !isBlank(s[n]) {
		if s[n] != '"' {
			text = append(text, s[n])
			n++
			continue
		}
		var took int
		var closed bool
		text, took, closed = lexQuoted(text, s[n:])
		if !closed {
			return configtree.Word{Text: string(text), Quoted: true}, len(s), n
		}
		n += took
	}
	return configtree.Word{Text: string(text), Quoted: true}, n, -1
}

// lexQuoted appends what stands between the quote at the head of s and its counterpart.
func lexQuoted(dst []byte, s string) (text []byte, n int, closed bool) {
	for n = 1; n < len(s); {
		switch s[n] {
		case '"':
			return dst, n + 1, true
		case '\\':
			var took int
			dst, took = unescape(dst, s[n:])
			n += took
		default:
			dst = append(dst, s[n])
			n++
		}
	}
	return dst, n, false
}
