package terminal

import (
	"slices"
	"unicode/utf8"
)

// Printable appends src to dst so that no byte of it can command a terminal or
// deceive its reader. Control characters (C0 except TAB and newline, DEL, C1),
// bidirectional controls, Unicode's own line breaks and bytes that are not
// UTF-8 are written as `#ooo`, one octal number a byte, as rsyslog and our log
// files do. CR is a control character too: line ends are the screen's business.
func Printable(dst, src []byte) []byte {
	dst = slices.Grow(dst, len(src))
	for len(src) > 0 {
		n := plainPrefix(src)
		dst = append(dst, src[:n]...)
		if src = src[n:]; len(src) == 0 {
			break
		}
		r, size := utf8.DecodeRune(src)
		if hidden(r, size) {
			for _, c := range src[:size] {
				dst = append(dst, '#', '0'+c>>6, '0'+c>>3&7, '0'+c&7)
			}
		} else {
			dst = append(dst, src[:size]...)
		}
		src = src[size:]
	}
	return dst
}

// PrintableString is Printable for a string; one without anything to hide is
// returned as it is.
func PrintableString(s string) string {
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			if plain(c) {
				i++
				continue
			}
			return string(Printable(nil, []byte(s)))
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if hidden(r, size) {
			return string(Printable(nil, []byte(s)))
		}
		i += size
	}
	return s
}

func plain(c byte) bool { return c >= 0x20 && c < 0x7f || c == '\n' || c == '\t' }

// plainPrefix counts the leading ASCII bytes that need no thought.
func plainPrefix(b []byte) int {
	for i, c := range b {
		if !plain(c) {
			return i
		}
	}
	return len(b)
}

// hidden tells whether a decoded rune must be shown by its bytes.
func hidden(r rune, size int) bool {
	switch {
	case r == utf8.RuneError && size <= 1: // not UTF-8
		return true
	case r < 0x20:
		return r != '\n' && r != '\t'
	case r >= 0x7f && r < 0xa0: // DEL, C1
		return true
	case r == 0x061c, r == 0x200e, r == 0x200f, // marks
		r >= 0x2028 && r <= 0x202e, // line breaks, embeddings, overrides
		r >= 0x2066 && r <= 0x2069: // isolates
		return true
	}
	return false
}
