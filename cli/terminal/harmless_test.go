package terminal

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// TestHarmless: what is written arrives as Printable writes it, wherever writes
// part it.
func TestHarmless(t *testing.T) {
	const in = "plain\n\u009b31m é 日本 \xe9 \u202e \u200b\ufeff\U000e0041 \x1b]0;x\a half \xe6\x97"
	want := string(Printable(nil, []byte(in)))
	for _, cut := range []func(io.Reader) io.Reader{iotest.OneByteReader, iotest.HalfReader, func(r io.Reader) io.Reader { return r }} {
		var b strings.Builder
		h := NewHarmless(&b)
		if n, err := io.Copy(h, cut(strings.NewReader(in))); n != int64(len(in)) || err != nil {
			t.Errorf("%d bytes, %v", n, err)
		}
		if err := h.Flush(); err != nil || b.String() != want {
			t.Errorf("%q, want %q, %v", b.String(), want, err)
		}
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestHarmlessSaysThatNobodyReads(t *testing.T) {
	h := NewHarmless(broken{})
	if n, err := h.Write([]byte("text\x1b")); n != 0 || !errors.Is(err, io.ErrClosedPipe) {
		t.Error(n, err)
	}
}
