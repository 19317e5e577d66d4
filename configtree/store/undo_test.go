package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"loggia/audit/event"
)

// TestUndoAndRedoLast: a row is what sessions do and the host name and files
// that the candidate has then.
func TestUndoAndRedoLast(t *testing.T) {
	for _, row := range []struct {
		steps string // "a" and "b" edit, "a-" undoes, "a+" redoes, with a number; "commit", "a<" rolls back
		want  string
	}{
		{"a1 a2 a-", "1"},
		{"a1 a2 a- a-", ""},
		{"a1 a2 a-2", ""},
		{"a1 a2 a-9", ""},
		{"a1 a2 a-2 a+", "1"},
		{"a1 a2 a-2 a+2", "1 2"},
		{"a1 a2 a- a- a+ a+", "1 2"},
		{"a1 a2 a- a3 a+!", "1 3"},
		{"a1 b2 a- ", "2"},
		{"a1 b2 a- b3 a+", "1 2 3"},
		{"b1 a-!", "1"},
		{"b1 a+!", "1"},
		{"a1 commit a-!", "1"},
		{"a1 a2 a- commit a+", "1 2"},
		{"a1 b2 a< a-", "1 2"},
		{"a1 b2 a< a- a+", ""},
		{"a1 a2 a- a-  a-!", ""},
	} {
		dir := t.TempDir()
		s := open(t, dir, new(tape))
		for _, step := range strings.Fields(row.steps) {
			if err := undoStep(t, s, step); err != nil {
				t.Errorf("%s: %s: %v", row.steps, step, err)
			}
		}
		if got := filesOf(s.Shared()); got != row.want {
			t.Errorf("%s: %q, want %q", row.steps, got, row.want)
		}
		closed(t, s)
		s = open(t, dir, new(tape))
		if got := filesOf(s.Shared()); got != row.want {
			t.Errorf("%s, after a restart: %q", row.steps, got)
		}
		closed(t, s)
	}
}

func filesOf(c *Candidate) string {
	var names []string
	for f := range c.Tree().Root().Child("system").Child("syslog").Entries("file") {
		if f.Key() != "messages" {
			names = append(names, f.Key())
		}
	}
	return strings.Join(names, " ")
}

func undoStep(t *testing.T, s *Store, step string) error {
	ctx, c := context.Background(), s.Shared()
	if step == "commit" {
		commit(t, c, bob, "")
		return nil
	}
	by := map[byte]event.Subject{'a': ann, 'b': bob}[step[0]]
	n, nothing := 1, strings.HasSuffix(step, "!")
	fmt.Sscan(strings.Trim(step[2:], "!"), &n)
	var err error
	switch step[1] {
	case '-':
		_, err = c.UndoLast(ctx, by, n)
	case '+':
		_, err = c.RedoLast(ctx, by, n)
	case '<':
		err = c.Rollback(ctx, by, 0)
	default:
		edit(t, c, by, "set system syslog file "+step[1:]+" any info")
	}
	switch {
	case nothing && (errors.Is(err, ErrNothing) || errors.Is(err, ErrNotUndone)):
		return nil
	case nothing:
		return fmt.Errorf("%w instead of nothing to do", err)
	}
	return err
}

// TestRedoIsBounded: what was undone does not grow without end.
func TestRedoIsBounded(t *testing.T) {
	ctx := context.Background()
	s := open(t, t.TempDir(), new(tape))
	defer closed(t, s)
	for n := range maxUndone + 20 {
		edit(t, s.Shared(), ann, fmt.Sprintf("set system syslog file f%03d any info", n))
	}
	if _, err := s.Shared().UndoLast(ctx, ann, maxUndone+20); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Shared().RedoLast(ctx, ann, maxUndone+20); err != nil {
		t.Fatal(err)
	}
	if n := len(strings.Fields(filesOf(s.Shared()))); n != maxUndone {
		t.Errorf("%d files", n)
	}
	s.Shared().UndoLast(ctx, ann, 5)
	s.Release(ann)
	if _, err := s.Shared().RedoLast(ctx, ann, 1); !errors.Is(err, ErrNotUndone) {
		t.Error(err)
	}
}

// TestUndoPutsNothingBack: what was thrown away stays away, whoever made it and
// whenever, and what was edited behind that is undone.
func TestUndoPutsNothingBack(t *testing.T) {
	for _, steps := range []string{"a1 m a<", "a1 m a2 a<", "b1 m a<", "a1 m a< a2", "m a1 a< a2 a<", "m a1 a<"} {
		dir := t.TempDir()
		s := open(t, dir, new(tape))
		var mark Mark
		for _, step := range strings.Fields(steps) {
			if step == "m" {
				mark = s.Shared().Mark(ann)
			} else if err := undoStep(t, s, step); err != nil {
				t.Errorf("%s: %s: %v", steps, step, err)
			}
		}
		if _, err := s.Shared().Undo(context.Background(), mark); err != nil || s.Shared().Dirty() {
			t.Errorf("%s: %v, the files are %q", steps, err, filesOf(s.Shared()))
		}
		closed(t, s)
		s = open(t, dir, new(tape))
		if s.Shared().Dirty() {
			t.Errorf("%s: after a restart the files are %q", steps, filesOf(s.Shared()))
		}
		closed(t, s)
	}
}
