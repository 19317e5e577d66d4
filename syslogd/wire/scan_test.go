package wire

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// Texts of every length, at every alignment, with what is looked for at every
// place, and behind their end.
func TestScanWhereverItStands(t *testing.T) {
	for _, odd := range []byte{0, 1, '\t', '\n', '\r', 0x1f, ' ', 0x7e, 0x7f, 0x80, 0x8a, 0xff} {
		for length := range 100 {
			buf := bytes.Repeat([]byte("a"), length+17)
			copy(buf[length+1:], "\n\x00\x1b\x7f\n\x00\x1b\x7f")
			for at := range length + 1 {
				text := buf[1 : length+1]
				if at > 0 {
					buf[at] = odd
				}
				if got, want := lineEnd(text), bytes.IndexAny(text, "\n\x00"); got != want {
					t.Fatalf("line end of %q: %d, want %d", text, got, want)
				}
				want := bytes.IndexFunc(text, func(r rune) bool { return r < 0x80 && control(byte(r)) })
				if want < 0 {
					want = length
				}
				if got := plain(text); got != want {
					t.Fatalf("plain run of %q: %d, want %d", text, got, want)
				}
				buf[at] = 'a'
			}
		}
	}
}

// Every byte at every place.
func TestBitsOfBytes(t *testing.T) {
	var text [64]byte
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		for i := range text {
			text[i] = byte(r.Uint32())
		}
		graphic := graphic64(&text)
		for i, c := range text {
			if got, want := graphic>>i&1 == 1, c >= '!' && c <= '~'; got != want {
				t.Fatalf("%#x is PRINTUSASCII: %v", c, got)
			}
		}
	}
}

func BenchmarkScan(b *testing.B) {
	text := []byte("192.0.2.77 GET /api/v1/items/99 200 5120 0.012 agent=probe/1.2 trace=5f3c9a seq=000123456.\n")
	b.Run("lineEnd", func(b *testing.B) {
		for b.Loop() {
			lineEnd(text)
		}
	})
	b.Run("plain", func(b *testing.B) {
		for b.Loop() {
			plain(text[:len(text)-1])
		}
	})
	b.Run("graphic", func(b *testing.B) {
		for b.Loop() {
			graphic64((*[64]byte)(text))
		}
	})
}
