package cli

import (
	"context"
	"io"
	"strings"
	"testing"

	"loggia/op"
)

// board is an op.Power that counts.
type board struct{ downs int }

func (b *board) Shutdown(op.Shutdown) (int, error)       { b.downs++; return 7, nil }
func (b *board) Pending() (op.Shutdown, bool, error)     { return op.Shutdown{}, false, nil }
func (b *board) Cancel() error                           { return nil }
func (b *board) answer(context.Context, op.Result) error { return nil }

// TestBatchAnswersTheQuestion: the next line does, if it is an answer; else it stays a command.
func TestBatchAnswersTheQuestion(t *testing.T) {
	for _, c := range []struct {
		lines  string
		downs  int
		status int
		then   bool // the command behind it ran
	}{
		{"request system reboot\nyes\nshow cli directory\n", 1, 0, true},
		{"request system reboot\n y \nshow cli directory\n", 1, 0, true},
		{"request system halt\nNo\nshow cli directory\n", 0, 0, true},
		{"request system power-off\nshow cli directory\n", 0, 1, false},
		{"request system reboot\n\nyes\n", 0, 1, false},
		{"request system reboot", 0, 1, false},
		{"request system reboot\nyes\nrequest system reboot\nyes", 2, 0, false},
		// Behind commands that are read ahead, because many of them are made together.
		{"configure\nset system host-name a\nset system host-name b\nrun request system reboot\nyes\nrun show cli directory\nrollback 0\n", 1, 0, true},
	} {
		l, b := newLab(t), &board{}
		o := l.options("user")
		var out, errs strings.Builder
		source := NewLineSource("stdin", strings.NewReader(c.lines))
		o.Env.Power, o.Batch, o.Screen = b, true, NewBatchScreen(&out, source)
		status := New(o).RunBatch(t.Context(), Batch{Source: source, Output: &out, Errors: &errs})
		if b.downs != c.downs || status != c.status || strings.Contains(out.String(), "Current directory") != c.then {
			t.Errorf("%q: %d times, status %d\n%s%s", c.lines, b.downs, status, out.String(), errs.String())
		}
		if unanswered := strings.Contains(errs.String(), "not done: "); unanswered != (c.status != 0) {
			t.Errorf("%q: %s", c.lines, errs.String())
		}
	}
}

// TestProgramsAreNotAsked: who sends the command as an RPC means it.
func TestProgramsAreNotAsked(t *testing.T) {
	l, b := newLab(t), &board{}
	o := l.options("user")
	var out strings.Builder
	source := NewLineSource("rpc", strings.NewReader("request system reboot"))
	o.Env.Power, o.Batch, o.Screen, o.Answer = b, true, NewBatchScreen(&out, source), b.answer
	if status := New(o).RunBatch(t.Context(), Batch{Source: source, Output: &out, Errors: io.Discard}); status != 0 || b.downs != 1 || out.Len() > 0 {
		t.Errorf("status %d, %d times, %q", status, b.downs, out.String())
	}
}

// TestTerminalIsAsked: no is what Enter, Ctrl-C and Ctrl-D answer.
func TestTerminalIsAsked(t *testing.T) {
	for keys, downs := range map[string]int{"yes\r": 1, "y\r": 1, "\r": 0, "no\r": 0, "\x03": 0, "\x04": 0} {
		l, b := newLab(t), &board{}
		o := l.options("user")
		o.Env.Power = b
		if seen := l.typed(o, "request system halt\r", keys); b.downs != downs || !strings.Contains(seen, "Halt the system ? [yes,no] (no)") {
			t.Errorf("%q: %d times\n%s", keys, b.downs, seen)
		}
	}
}
