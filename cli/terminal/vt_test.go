package terminal

import "testing"

// The model of the tests must itself be right: what xterm does with these.
func TestVT(t *testing.T) {
	for _, c := range []struct {
		in, want string
		x, y     int
	}{
		{"ab\r\nc", "ab\nc", 1, 1},
		{"abcdef", "abcde\nf", 1, 1},
		{"abcde", "abcde", 4, 0}, // the wrap is deferred
		{"abcde\r\nf", "abcde\nf", 1, 1},
		{"abcde\b\bX", "abXde", 3, 0}, // back from the last column, which the cursor never left
		{"日本語", "日本\n語", 2, 1},
		{"e\u0301x", "e\u0301x", 2, 0},
		{"abc\x1b[2Dx", "axc", 2, 0},
		{"abc\r\x1b[K", "", 0, 0},
		{"a\r\nb\r\nc\x1b[2A\r\x1b[J", "", 0, 0},
		{"a\r\nb\r\nc\r\nd", "b\nc\nd", 1, 2},
		{"x\x1b[Hy", "y", 1, 0},
		{"a\tb", "a   b", 4, 0},
		{"\x1b[", "", 0, 0},
	} {
		var v vt
		v.resize(5, 3)
		for _, b := range []byte(c.in) { // sequences arrive in any pieces
			v.write([]byte{b})
		}
		if got := v.text(false); got != c.want || min(v.x, 4) != c.x || v.y != c.y || v.foreign != 0 {
			t.Errorf("%q: %q at %d,%d; want %q at %d,%d", c.in, got, min(v.x, 4), v.y, c.want, c.x, c.y)
		}
	}
}
