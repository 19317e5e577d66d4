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
// escape. It looks at eight bytes at a time: almost every message is plain to
// the end.
func plain(text []byte) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	i := 0
	for ; i+8 <= len(text); i += 8 {
		x := binary.LittleEndian.Uint64(text[i:])
		del := x ^ 0x7f*ones
		if ((x-0x20*ones)&^x|(del-ones)&^del)&highs != 0 {
			for j := i; j < i+8; j++ {
				if control(text[j]) {
					return j
				}
			}
		}
	}
	for ; i < len(text); i++ {
		if control(text[i]) {
			return i
		}
	}
	return i
}

func control(c byte) bool { return (c < ' ' && c != '\t') || c == 0x7f }
