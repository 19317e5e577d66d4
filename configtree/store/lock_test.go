package store

import (
	"context"
	"errors"
	"testing"

	"loggia/audit/event"
	"loggia/configtree"
)

// doings is everything that a lock keeps other sessions from.
func doings(t *testing.T, s *Store) map[string]func(by event.Subject) error {
	ctx, c := context.Background(), s.Shared()
	one := edits(t, "set system time-zone UTC")
	return map[string]func(event.Subject) error{
		"edit":     func(by event.Subject) error { _, _, err := c.Edit(ctx, by, one); return err },
		"load":     func(by event.Subject) error { _, _, err := c.Load(ctx, by, LoadSet, "f", listed(one)); return err },
		"rollback": func(by event.Subject) error { return c.Rollback(ctx, by, 0) },
		"commit":   func(by event.Subject) error { _, err := c.Commit(ctx, by, plainCommit); return err },
		"check": func(by event.Subject) error {
			_, err := c.Check(ctx, by, CommitOptions{Command: "commit check"})
			return err
		},
		"undo":    func(by event.Subject) error { _, err := c.UndoLast(ctx, by, 1); return err },
		"redo":    func(by event.Subject) error { _, err := c.RedoLast(ctx, by, 1); return err },
		"lock":    func(by event.Subject) error { _, err := s.Exclusive(by); return err },
		"private": func(by event.Subject) error { _, err := s.Private(by); return err },
		"factory": func(by event.Subject) error { _, err := c.LoadFactory(ctx, by); return err },
	}
}

// listed is a Source of edits.
func listed(all []configtree.Edit) Source {
	return func(yield func(configtree.Edit, *configtree.Problem) bool) {
		for _, e := range all {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// TestLockKeepsOthersOut: every way to change the shared candidate is refused
// and names the holder, and nothing changes.
func TestLockKeepsOthersOut(t *testing.T) {
	var r tape
	s := open(t, t.TempDir(), &r)
	defer closed(t, s)
	l, err := s.Exclusive(ann)
	if err != nil {
		t.Fatal(err)
	}
	path := edits(t, "deactivate system syslog")[0].Path
	l.At(path)
	before := s.Shared().Tree()
	for name, do := range doings(t, s) {
		err := do(bob)
		var locked *LockedError
		if errors.As(err, &locked) {
			if h := locked.Holder; h.By != ann || !h.Path.Equal(path) || !h.Exclusive || h.Private || h.Since.IsZero() {
				t.Errorf("%s: %+v", name, h)
			}
		} else {
			t.Errorf("%s: %v", name, err)
		}
	}
	if s.Shared().Tree() != before || s.Running().Number != 1 {
		t.Error("something changed")
	}
	edit(t, s.Shared(), ann, "set system host-name a")
	commit(t, s.Shared(), ann, "")
	edit(t, s.Shared(), ann, "set system host-name b")
	if hs := s.Holders(); len(hs) != 1 || hs[0].By != ann || !hs[0].Exclusive {
		t.Errorf("%+v", hs)
	}
	r.lines()
	if !l.Release() || l.Release() {
		t.Error("what was discarded is not told, or twice")
	}
	wantLines(t, r.lines(), "UI_LOAD_EVENT User 'ann' is performing a 'rollback'", "UI_CFG_AUDIT_OTHER User 'ann' rollback: 0",
		`UI_CFG_AUDIT_SET User 'ann' set: [system host-name] "b -- "a"`)
	if s.Shared().Dirty() || len(s.Holders()) != 0 {
		t.Error("the lock leaves something behind")
	}
	edit(t, s.Shared(), bob, "set system host-name c")
	commit(t, s.Shared(), bob, "")
}

// TestLockIsRefused: by edits that wait, by another lock.
func TestLockIsRefused(t *testing.T) {
	s := open(t, t.TempDir(), new(tape))
	edit(t, s.Shared(), bob, "set system host-name a")
	if _, err := s.Exclusive(ann); !errors.Is(err, ErrModified) {
		t.Error(err)
	}
	if _, err := s.Private(ann); !errors.Is(err, ErrSharedModified) {
		t.Error(err)
	}
	edit(t, s.Shared(), bob, "delete system host-name") // as it was, though edited
	l, err := s.Exclusive(ann)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Exclusive(ann); err == nil {
		t.Error("locked twice")
	}
	l.Release()
	closed(t, s)
	if _, err := s.Exclusive(ann); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	if _, err := s.Private(ann); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}

// TestEditsUnderTheLockDieWithTheProgram, and those before and after do not.
func TestEditsUnderTheLockDieWithTheProgram(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, new(tape))
	edit(t, s.Shared(), bob, "set system host-name a")
	edit(t, s.Shared(), bob, "delete system host-name")
	l, err := s.Exclusive(ann)
	if err != nil {
		t.Fatal(err)
	}
	edit(t, s.Shared(), ann, "set system host-name b")
	commit(t, s.Shared(), ann, "")
	edit(t, s.Shared(), ann, "set system host-name c")
	left := killed(t, dir)
	l.Release()
	edit(t, s.Shared(), bob, "set system time-zone UTC")
	want := text(t, s.Shared().Tree())
	closed(t, s)
	again := open(t, left, new(tape))
	if again.Shared().Dirty() || hostIn(again.Running().Tree) != "b" || len(again.Notices()) != 0 {
		t.Errorf("%q\n%s", again.Notices(), text(t, again.Shared().Tree()))
	}
	closed(t, again)
	again = open(t, dir, new(tape))
	defer closed(t, again)
	if got := text(t, again.Shared().Tree()); got != want {
		t.Errorf("after the lock\n%s", got)
	}
}

// TestReleaseEndsASession: what it holds is gone, what it shared stays.
func TestReleaseEndsASession(t *testing.T) {
	s := open(t, t.TempDir(), new(tape))
	defer closed(t, s)
	if _, err := s.Exclusive(ann); err != nil {
		t.Fatal(err)
	}
	edit(t, s.Shared(), ann, "set system host-name a")
	if _, err := s.Private(ann); !errors.Is(err, ErrSharedModified) {
		t.Error(err)
	}
	s.Release(bob)
	if len(s.Holders()) != 1 {
		t.Error("somebody else's end counts")
	}
	s.Release(ann)
	s.Release(ann)
	private := private(t, s, ann)
	edit(t, private, ann, "set system host-name b")
	if hs := s.Holders(); len(hs) != 1 || !hs[0].Private || hs[0].By != ann {
		t.Errorf("%+v", hs)
	}
	s.Release(ann)
	if len(s.Holders()) != 0 || s.Shared().Dirty() {
		t.Error("something is left")
	}
	if _, _, err := private.Edit(context.Background(), ann, edits(t, "set system host-name c")); !errors.Is(err, ErrDiscarded) {
		t.Error(err)
	}
	if _, err := private.Commit(context.Background(), ann, plainCommit); !errors.Is(err, ErrDiscarded) {
		t.Error(err)
	}
	edit(t, s.Shared(), bob, "set system host-name d")
	s.Release(bob)
	if hostIn(s.Shared().Tree()) != "d" {
		t.Error("shared edits are gone with their session")
	}
}

// TestLockRace: of many who want it one gets it, again and again.
func TestLockRace(t *testing.T) {
	s := open(t, t.TempDir(), new(tape))
	defer closed(t, s)
	const each = 50
	done := make(chan int)
	for i := range 4 {
		by := event.Subject{User: "u", PID: i}
		go func() {
			got := 0
			for range each {
				l, err := s.Exclusive(by)
				if err != nil {
					continue
				}
				got++
				if _, _, err := s.Shared().Edit(context.Background(), by, hostEdit(s, "x")); err != nil {
					t.Error(err)
				}
				if !l.Release() {
					t.Error("somebody else discarded it")
				}
			}
			done <- got
		}()
	}
	total := 0
	for range 4 {
		total += <-done
	}
	if total == 0 || s.Shared().Dirty() || len(s.Holders()) != 0 {
		t.Errorf("%d locks, and an edit or a lock is left", total)
	}
}
