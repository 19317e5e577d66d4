package terminal

import (
	"io"
	"strings"
	"testing"
)

func TestQuestions(t *testing.T) {
	bubble(t, 60, 24, Options{}, func(r *rig) {
		confirm := func(def bool, keys string, want bool, wantErr error) {
			t.Helper()
			var got bool
			a := start(func() (_ string, err error) { got, err = r.s.Confirm("Exit?", def); return })
			r.typed(keys)
			if err := (<-a).err; got != want || err != wantErr {
				t.Errorf("%q: %v, %v", keys, got, err)
			}
		}
		confirm(true, "\r", true, nil)
		confirm(false, "\r", false, nil)
		confirm(false, "y\r", true, nil)
		confirm(false, "YES\r", true, nil)
		confirm(true, "n\r", false, nil)
		confirm(true, "maybe\rno\r", false, nil)
		confirm(true, "x\x03", true, ErrInterrupt)
		r.screen("Exit? [yes,no] (yes)\nExit? [yes,no] (no)\nExit? [yes,no] (no) y\nExit? [yes,no] (no) YES\nExit? [yes,no] (yes) n\nExit? [yes,no] (yes) maybe\nExit? [yes,no] (yes) no\nExit? [yes,no] (yes) x^C")
	})
}

func TestSecret(t *testing.T) {
	bubble(t, 60, 24, Options{}, func(r *rig) {
		for keys, want := range map[string]answer{
			"s3cret ?\r":       {"s3cret ?", nil},
			"wrong\x15right\r": {"right", nil},
			"日x\x7f\x7fy\r":    {"y", nil},
			"abc\x03":          {"", ErrInterrupt},
			"\x04":             {"", io.EOF},
		} {
			got := start(func() (string, error) { return r.s.Secret("New password:") })
			r.typed(keys)
			if a := <-got; a != want {
				t.Errorf("%q: %+v", keys, a)
			}
		}
		if out := r.m.Output(); strings.ContainsAny(out, "3xg") {
			t.Errorf("echoed: %q", out)
		}
	})
}

func TestSecretIsBounded(t *testing.T) {
	bubble(t, 60, 24, Options{}, func(r *rig) {
		got := start(func() (string, error) { return r.s.Secret("") })
		for range 100 {
			r.m.Feed(strings.Repeat("p", 100))
		}
		r.keys("\r")
		if a := <-got; len(a.line) > maxSecret || a.err != nil {
			t.Errorf("%d bytes, %v", len(a.line), a.err)
		}
	})
}
