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
// time.
func plain(text []byte) int {
	n := len(text)
	for i := 0; i < n; {
		for t := text[i:]; len(t) >= 32; t = t[32:] {
			if suspect(t)|suspect(t[8:])|suspect(t[16:])|suspect(t[24:]) != 0 {
				break
			}
			i += 32
		}
		for t := text[i:]; len(t) >= 8; t = t[8:] {
			if suspect(t) != 0 {
				break
			}
			i += 8
		}
		if n-i < 8 && n >= 8 && suspect(text[n-8:]) == 0 {
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

// suspect is not 0 when a byte of the first eight is below blank (TAB counts
// too, the caller looks closer) or DEL.
func suspect(t []byte) uint64 {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	x := binary.LittleEndian.Uint64(t)
	del := x ^ 0x7f*ones
	return ((x-0x20*ones)&^x | (del-ones)&^del) & highs
}

func control(c byte) bool { return (c < ' ' && c != '\t') || c == 0x7f }
