package terminal

import (
	"slices"
	"unicode/utf8"
)

// Printable appends src to dst so that no byte of it can command a terminal or
// deceive its reader. Control characters (C0 except TAB and newline, DEL, C1),
// bidirectional controls, characters that show nothing (format characters, fillers,
// tags), Unicode's own line breaks and bytes that are not UTF-8 are written as
// `#ooo`, one octal number a byte, as rsyslog and our log files do. CR is a control character too: line ends are the screen's business.
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
	case r < 0x0590: // the common scripts
		return r == 0x00ad || r == 0x034f
	}
	return invisible(r)
}

// invisible tells whether a rune from U+0590 on shows nothing, or changes the order
// or the lines of what is around it: Unicode's format characters (Cf) but those with
// a shape of their own, its line breaks, and blanks that are letters.
func invisible(r rune) bool {
	switch {
	case r == 0x061c, r == 0x180e, r == 0xfeff, // marks
		r >= 0x200b && r <= 0x200f,   // of no width, and marks
		r >= 0x2028 && r <= 0x202e,   // line breaks, embeddings, overrides
		r >= 0x2060 && r <= 0x206f,   // of no width, isolates, deprecated ones
		r >= 0xfff0 && r <= 0xfffb,   // annotations
		r >= 0xe0000 && r <= 0xe0fff, // tags, selectors
		r >= 0x1bca0 && r <= 0x1bca3, // shorthand
		r >= 0x1d173 && r <= 0x1d17a: // music
		return true
	case r == 0x115f, r == 0x1160, r == 0x17b4, r == 0x17b5, r == 0x3164, r == 0xffa0: // fillers
		return true
	}
	return false
}
