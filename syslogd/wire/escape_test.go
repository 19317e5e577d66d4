package wire

import (
	"bytes"
	"fmt"
	"testing"
)

// slowly is AppendEscaped without its shortcuts.
func slowly(text []byte) []byte {
	var dst []byte
	for _, c := range text {
		if control(c) {
			dst = fmt.Appendf(dst, "#%03o", c)
		} else {
			dst = append(dst, c)
		}
	}
	return dst
}

// Every byte at every place of texts of every length around the words that are
// looked at together.
func TestEscapedWhereverItStands(t *testing.T) {
	for length := 1; length <= 75; length++ {
		for at := range length {
			for _, c := range []byte{0, 8, '\t', '\n', 0x1b, 0x1f, ' ', '#', 0x7e, 0x7f, 0x80, 0xff} {
				text := bytes.Repeat([]byte("a"), length)
				text[at] = c
				text[length/2] ^= c & 1 // and sometimes another one
				if got, want := AppendEscaped(nil, text), slowly(text); !bytes.Equal(got, want) {
					t.Fatalf("%q: %q, want %q", text, got, want)
				}
			}
			tabs := bytes.Repeat([]byte("\t"), length)
			tabs[at] = 0x1b
			if got, want := AppendEscaped(nil, tabs), slowly(tabs); !bytes.Equal(got, want) {
				t.Fatalf("%q: %q, want %q", tabs, got, want)
			}
		}
	}
}
