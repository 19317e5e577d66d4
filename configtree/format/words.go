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

// A GluedError is quoted text that touches other text: "a"b, or a"b". Whether that is one
// word or two cannot be known.
type GluedError struct {
	Col  int // of the first character behind the place where they touch
	Word int // index of what stands before it
}

// Error names the column and nothing of the text, which may be a secret.
func (e *GluedError) Error() string {
	return fmt.Sprintf("no blank beside the quote at column %d", e.Col)
}

// Words splits a set line or a command line into words. Blanks separate. Double
// quotes enclose a whole word, with the escapes of Quote. `[` and
// `]` are words like others when they stand alone. `#` where a word could start makes
// the rest of the line a comment. Pipes and semicolons have no meaning here.
//
// Each word carries the 0-based byte offset of its first character and whether it
// was quoted. The error is an *UnterminatedError or a *GluedError; the words are then all that were
// read, the open one last, which is what completion needs, or that before the place
// where two touch.
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
			w, n, closed := lexWord(line[i:])
			w.Col = i
			words = append(words, w)
			if !closed {
				return words, &UnterminatedError{Col: i}
			}
			if i += n; i < len(line) && !isBlank(line[i]) {
				return words, &GluedError{Col: i, Word: len(words) - 1}
			}
		}
	}
	return words, nil
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// lexWord reads the word at the head of s and returns the bytes it took, and false when it is
// a quote that is left open.
func lexWord(s string) (w configtree.Word, n int, closed bool) {
	if s[0] == '"' {
		text, n, closed := lexQuoted(nil, s)
		return configtree.Word{Text: string(text), Quoted: true}, n, closed
	}
	for n < len(s) && !isBlank(s[n]) && s[n] != '"' {
		n++
	}
	return configtree.Word{Text: s[:n]}, n, true
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
