//go:build !amd64

package wire

import (
	"bytes"
	"encoding/binary"
)

func lineEnd16(text []byte) int {
	lf := bytes.IndexByte(text, '\n')
	if lf >= 0 {
		text = text[:lf]
	}
	if nul := bytes.IndexByte(text, 0); nul >= 0 {
		return nul
	}
	return lf
}

// plain16 looks at 32 bytes at a time, and at the last 32 once more rather than
// at fewer.
func plain16(text []byte) int {
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

func graphic64(text *[64]byte) (graphic uint64) {
	for i, c := range text {
		if c-'!' <= '~'-'!' {
			graphic |= 1 << i
		}
	}
	return graphic
}
