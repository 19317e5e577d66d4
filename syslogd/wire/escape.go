package wire

import "encoding/binary"

// AppendEscaped appends text with each control byte (C0 except TAB, and DEL)
// written as # and three octal digits, so that a record is one line and does
// nothing to a terminal. `#` itself stays: the form is for the eye and is not
// read back.
func AppendEscaped(dst, text []byte) []byte {
	for {
		n := plain(text)
		dst = append(dst, text[:n]...)
		if n == len(text) {
			return dst
		}
		c := text[n]
		dst = append(dst, '#', '0'+c>>6, '0'+c>>3&7, '0'+c&7)
		text = text[n+1:]
	}
}

// plain is the length of the run that text starts with and that needs no
// escape. Almost every message is plain to the end, so it looks at 32 bytes at a
// time, and at the last 32 once more rather than at fewer.
func plain(text []byte) int {
	n := len(text)
	for i := 0; i < n; {
		for n-i >= 32 && clean((*[32]byte)(text[i:])) {
			i += 32
		}
		if n-i < 32 && n >= 32 && clean((*[32]byte)(text[n-32:])) {
			return n
		}
		for n-i >= 8 && suspect(binary.LittleEndian.Uint64(text[i:])) == 0 {
			i += 8
		}
		if n-i < 8 && n >= 8 && suspect(binary.LittleEndian.Uint64(text[n-8:])) == 0 {
			return n
		}
		for end := min(i+8, n); i < end; i++ {
			if control(text[i]) {
				return i
			}
		}
	}
	return n
}

const ones, highs = 0x0101010101010101, 0x8080808080808080

// clean reports whether none of the bytes is suspect. The first look is the
// cheaper one, at which all that is not ASCII fails.
func clean(t *[32]byte) bool {
	a, b := binary.LittleEndian.Uint64(t[:]), binary.LittleEndian.Uint64(t[8:])
	c, d := binary.LittleEndian.Uint64(t[16:]), binary.LittleEndian.Uint64(t[24:])
	low := (a - ' '*ones) | (b - ' '*ones) | (c - ' '*ones) | (d - ' '*ones)
	del := (a + ones) | (b + ones) | (c + ones) | (d + ones)
	if (low|del|a|b|c|d)&highs == 0 {
		return true
	}
	return suspect(a)|suspect(b)|suspect(c)|suspect(d) == 0
}

// suspect is not 0 when one of the eight bytes of x is below blank (TAB counts
// too, the caller looks closer) or DEL.
func suspect(x uint64) uint64 {
	del := x ^ 0x7f*ones
	return ((x-' '*ones)&^x | (del-ones)&^del) & highs
}

func control(c byte) bool { return (c < ' ' && c != '\t') || c == 0x7f }
