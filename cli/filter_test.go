package cli

import (
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"

	"loggia/op"
)

// through writes text in pieces of every length through the pipes of a line.
func through(t *testing.T, l *lab, pipes, text string, piece int) (string, error) {
	t.Helper()
	o := l.options("user")
	o.Screen = NewBatchScreen(io.Discard, nil)
	s := New(o)
	c, _, f := s.parse("show version | " + pipes)
	if f != nil {
		t.Fatal(pipes, f.text)
	}
	var out strings.Builder
	head, err := s.filters(c.pipes, sink{&out})
	if err != nil {
		t.Fatal(err)
	}
	for len(text) > 0 && err == nil {
		n := min(piece, len(text))
		_, err = io.WriteString(head, text[:n])
		text = text[n:]
	}
	err = head.finish(err)
	return out.String(), err
}

func TestSuppressZeros(t *testing.T) {
	l := newLab(t)
	const text = "Source: self\n  received 26\n  refused   0\n  0 of 0, 0%\n  0 of 1\n 0.00\n 10.0\n 1,024\n file a0 is empty\n 2026-01-01 00:00:00\n\n000"
	const want = "Source: self\n  received 26\n  0 of 1\n 10.0\n 1,024\n file a0 is empty\n 2026-01-01 00:00:00\n\n"
	for piece := 1; piece < len(text)+1; piece += 5 {
		if got, err := through(t, l, "suppress-zeros", text, piece); got != want || err != nil {
			t.Errorf("in pieces of %d: %q %v", piece, got, err)
		}
	}
}

func TestFilters(t *testing.T) {
	l := newLab(t)
	const text = "one\nTwo\n\nthree\nlast without newline"
	for _, c := range []struct{ pipes, want string }{
		{"match t", "Two\nthree\nlast without newline\n"},
		{"match ^t", "Two\nthree\n"},
		{"except t", "one\n\n"},
		{"find two", "Two\n\nthree\nlast without newline\n"},
		{"find nix", "\nPattern not found\n"},
		{"count", "Count: 5 lines\n"},
		{"match nix | count", "Count: 0 lines\n"},
		{"last 2", "three\nlast without newline\n"},
		{"last 100", text + "\n"},
		{"match t | except two | count", "Count: 2 lines\n"},
		{"no-more", text},
		{"except nix | no-more | last 1", "last without newline\n"},
	} {
		for piece := 1; piece < len(text)+1; piece += 3 {
			if got, err := through(t, l, c.pipes, text, piece); got != c.want || err != nil {
				t.Errorf("%s in pieces of %d: %q %v", c.pipes, piece, got, err)
			}
		}
	}
}

func TestALineWithoutEndIsHandedOnInPieces(t *testing.T) {
	if got, err := through(t, newLab(t), "count", strings.Repeat("x", 3*maxPipeLine), 64<<10); err != nil || got != "Count: 1 lines\n" {
		t.Errorf("%q %v", got, err)
	}
}

// failing fails after some lines.
type failing struct{ n int }

func (f failing) WriteText(w io.Writer) error {
	for i := range f.n {
		if _, err := io.WriteString(w, strconv.Itoa(i)+"\n"); err != nil {
			return err
		}
	}
	return errors.New("disk on fire")
}

func (f failing) Element() op.Element { return op.Output(f) }

func TestAnAnswerThatFailsIsNotCounted(t *testing.T) {
	l := newLab(t)
	o := l.options("user")
	var out strings.Builder
	o.Screen = NewBatchScreen(&out, nil)
	s := New(o)
	for _, line := range []string{"show version | count", "show version | save x", "show version | last 3", "show version | find nix"} {
		out.Reset()
		c, _, _ := s.parse(line)
		if err := s.render(t.Context(), failing{5}, c); err == nil || err.Error() != "disk on fire" || out.String() != "" {
			t.Errorf("%s: %v %q", line, err, out.String())
		}
	}
	if f, err := s.env.Files.Open("x"); err != nil {
		t.Error(err)
	} else if got, err := io.ReadAll(f); string(got) != "0\n1\n2\n3\n4\n" || err != nil {
		t.Errorf("saved %q %v", got, err)
	}
}
