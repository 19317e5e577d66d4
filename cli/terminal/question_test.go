package terminal

import (
	"errors"
	"io"
	"strings"
	"testing"
)

// typist is a terminal on which something was typed.
type typist struct {
	io.Reader
	shown strings.Builder
}

func (t *typist) Write(b []byte) (int, error) { return t.shown.Write(b) }

func TestQuestion(t *testing.T) {
	for _, row := range []struct {
		typed string
		echo  bool
		want  string
		shown string
		err   error
	}{
		{"ada\rrest", true, "ada", "? ada\r\n", nil},
		{"ada\n", true, "ada", "? ada\r\n", nil},
		{"ad\x7fba\x08\r", true, "ab", "? ad\b \bba\b \b\r\n", nil},
		{"\x7f\x08x\x15y\r", true, "y", "? x\b \by\r\n", nil},
		{"secret\r", false, "secret", "? \r\n", nil},
		{"sé\x7ft\r", false, "st", "? \r\n", nil},
		{"é\x7fa\x1b[A\r", true, "a[A", "? a[A\r\n", nil},
		{"0123456789\r", true, "01234567", "? 01234567\r\n", nil},
		{"ab\x03", true, "", "? ab\r\n", ErrInterrupt},
		{"\x04", true, "", "? \r\n", io.EOF},
		{"a\x04b\r", true, "ab", "? ab\r\n", nil},
		{"ab", true, "", "? ab", io.EOF},
	} {
		m := &typist{Reader: strings.NewReader(row.typed)}
		got, err := Question(m, "? ", row.echo, 8)
		if got != row.want || !errors.Is(err, row.err) || row.err == nil && err != nil || m.shown.String() != row.shown {
			t.Errorf("%q: %q, %v, shown %q", row.typed, got, err, m.shown.String())
		}
		if rest, rerr := io.ReadAll(m); rerr != nil || strings.HasSuffix(row.typed, "rest") && string(rest) != "rest" {
			t.Errorf("%q: %q is left, %v", row.typed, rest, rerr)
		}
	}
}
