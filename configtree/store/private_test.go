package store

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"loggia/audit/event"
)

func private(t *testing.T, s *Store, by event.Subject) *Candidate {
	t.Helper()
	c, err := s.Private(by)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestPrivateCommits merges what two sessions did, in the order of their commits.
func TestPrivateCommits(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, new(tape))
	a, b := private(t, s, ann), private(t, s, bob)
	edit(t, a, ann, "set system host-name a", "set system syslog file x any info")
	edit(t, b, bob, "set system time-zone UTC", "set system syslog file y any info", "delete system syslog file messages")
	if s.Shared().Dirty() || !a.Private() || s.Shared().Private() || !a.Dirty() {
		t.Error("a private edit shows elsewhere")
	}
	if hostIn(b.Tree()) != "" {
		t.Error("one sees the other")
	}
	edit(t, a, ann, "set system syslog file x kernel error")
	if r := commit(t, a, ann, "mine"); r.Revision != 2 || a.Dirty() || a.Base() != s.Running() {
		t.Errorf("%+v", r)
	}
	if s.Shared().Base() != s.Running() || s.Shared().Dirty() {
		t.Error("the shared candidate does not follow")
	}
	if r := commit(t, b, bob, "yours"); r.Revision != 3 || b.Dirty() {
		t.Errorf("%+v", r)
	}
	const want = "set system host-name a\nset system time-zone UTC\nset system syslog file x any info\nset system syslog file x kernel error\nset system syslog file y any info\n"
	if got := text(t, s.Running().Tree); got != want {
		t.Errorf("in force is\n%s", got)
	}
	if r := commit(t, b, bob, ""); !r.Empty {
		t.Errorf("%+v", r)
	}
	closed(t, s)
	s = open(t, dir, new(tape))
	defer closed(t, s)
	if got := text(t, s.Running().Tree); got != want || s.Shared().Dirty() || len(s.Notices()) != 0 {
		t.Errorf("after a restart, %q\n%s", s.Notices(), got)
	}
}

// TestPrivateConflict: both changed one leaf. All is told, nothing changes, and
// who gives way can go on.
func TestPrivateConflict(t *testing.T) {
	ctx := context.Background()
	var r tape
	s := open(t, t.TempDir(), &r)
	defer closed(t, s)
	a, b := private(t, s, ann), private(t, s, bob)
	edit(t, a, ann, "set system host-name a", "delete system syslog file messages")
	commit(t, a, ann, "")
	edit(t, b, bob, "set system host-name b", "set system syslog file messages kernel error", "set system time-zone UTC")
	r.lines()
	before := b.Tree()
	for name, do := range map[string]func() error{
		"commit": func() error { _, err := b.Commit(ctx, bob, plainCommit); return err },
		"check":  func() error { _, err := b.Check(ctx, bob, CommitOptions{Command: "commit check"}); return err },
		"update": func() error { _, err := b.Update(ctx, bob); return err },
	} {
		var conflict *ConflictError
		if err := do(); !errors.As(err, &conflict) || len(conflict.Conflicts) != 2 || !strings.HasPrefix(err.Error(), "2 conflicts with committed changes") || conflict.Again != (name == "commit") {
			t.Errorf("%s: %v", name, err)
			continue
		}
		first := conflict.Conflicts[0]
		if first.Path.String() != "system host-name" || first.Mine.Value() != "b" || first.Theirs.Value() != "a" || first.Base.Valid() {
			t.Errorf("%s: %+v", name, first)
		}
	}
	if b.Tree() != before || s.Running().Number != 2 {
		t.Error("something changed")
	}
	if lines := r.lines(); !slices.Contains(lines, "UI_CONFIGURATION_ERROR Process: mgd, path: [edit system host-name], statement: host-name, "+
		"conflict: mine is 'host-name b', theirs is 'host-name a'") || !strings.Contains(strings.Join(lines, "\n"), "CONFIG_COMMIT_ABANDONED Revision 2 stays in force: 2 conflicts") {
		t.Errorf("%q", lines)
	}
	edit(t, b, bob, "set system host-name a", "delete system syslog file messages kernel error")
	edit(t, b, bob, "delete system syslog file messages")
	commit(t, b, bob, "")
	if got := text(t, s.Running().Tree); got != "set system host-name a\nset system time-zone UTC\n" {
		t.Errorf("in force is\n%s", got)
	}
}

// TestPrivateInsists: a commit that was refused for conflicts goes through the second
// time, and mine holds in them; anything that was not told before is told first.
func TestPrivateInsists(t *testing.T) {
	ctx := context.Background()
	s := open(t, t.TempDir(), new(tape))
	defer closed(t, s)
	a, b := private(t, s, ann), private(t, s, bob)
	refused := func(why string, n int) {
		t.Helper()
		var conflict *ConflictError
		if _, err := b.Commit(ctx, bob, plainCommit); !errors.As(err, &conflict) || len(conflict.Conflicts) != n || !conflict.Again {
			t.Fatalf("%s: %v", why, err)
		}
	}
	edit(t, a, ann, "set system host-name a", "set system domain-name a.example", "delete system syslog file messages")
	commit(t, a, ann, "")
	edit(t, b, bob, "set system host-name b", "set system syslog file messages kernel error")
	if _, err := b.Check(ctx, bob, CommitOptions{}); err == nil {
		t.Error("the check finds nothing")
	}
	refused("a check before it is no commit", 2)
	edit(t, b, bob, "set system domain-name b.example")
	refused("there is another conflict", 3)
	edit(t, a, ann, "set system host-name c")
	commit(t, a, ann, "")
	refused("somebody committed something else", 3)
	if _, err := b.Check(ctx, bob, CommitOptions{}); err == nil {
		t.Error("the check lets the conflicts pass")
	}
	commit(t, b, bob, "")
	want := "set system host-name b\nset system domain-name b.example\nset system syslog file messages any notice\nset system syslog file messages kernel error\n"
	if got := text(t, s.Running().Tree); got != want || b.Dirty() {
		t.Errorf("in force is\n%s", got)
	}
	if _, err := a.Update(ctx, ann); err != nil {
		t.Fatal(err)
	}
	edit(t, a, ann, "set system host-name d")
	commit(t, a, ann, "")
	edit(t, b, bob, "set system host-name e")
	refused("the next conflict is another one", 1)
}

// TestConflictKeepsSecrets: the values of a secret are shown to nobody.
func TestConflictKeepsSecrets(t *testing.T) {
	ctx := context.Background()
	s := open(t, t.TempDir(), new(tape))
	defer closed(t, s)
	a, b := private(t, s, ann), private(t, s, bob)
	edit(t, a, ann, `set system root-authentication encrypted-password "$6$abc$mine"`)
	edit(t, b, bob, `set system root-authentication encrypted-password "$6$abc$theirs"`)
	commit(t, a, ann, "")
	_, err := b.Commit(ctx, bob, plainCommit)
	var conflict *ConflictError
	if !errors.As(err, &conflict) || len(conflict.Conflicts) != 1 {
		t.Fatal(err)
	}
	const want = "conflict: mine is 'encrypted-password /* SECRET-DATA */', theirs is 'encrypted-password /* SECRET-DATA */'"
	if got := conflict.Problems()[0].Error(); got != want {
		t.Error(got)
	}
}

// TestPrivateUpdate brings in what others committed, and undo still works.
func TestPrivateUpdate(t *testing.T) {
	ctx := context.Background()
	var r tape
	s := open(t, t.TempDir(), &r)
	defer closed(t, s)
	b := private(t, s, bob)
	edit(t, b, bob, "set system time-zone UTC")
	a := private(t, s, ann)
	edit(t, a, ann, "set system host-name a")
	commit(t, a, ann, "")
	r.lines()
	changes, err := b.Update(ctx, bob)
	if err != nil || len(changes) != 1 || changes[0].Path.String() != "system host-name" || b.Base() != s.Running() {
		t.Errorf("%+v, %v", changes, err)
	}
	wantLines(t, r.lines(), "UI_CFG_AUDIT_OTHER User 'bob' update: revision 2")
	if again, err := b.Update(ctx, bob); err != nil || len(again) != 0 {
		t.Errorf("%+v, %v", again, err)
	}
	if none, err := s.Shared().Update(ctx, bob); !errors.Is(err, ErrPrivateInUse) && (err != nil || len(none) != 0) {
		t.Errorf("%+v, %v", none, err)
	}
	if _, err := b.UndoLast(ctx, bob, 1); err != nil {
		t.Fatal(err)
	}
	if got := text(t, b.Tree()); got != text(t, s.Running().Tree) || b.Dirty() {
		t.Errorf("after undo\n%s", got)
	}
}

// TestPrivateRollback goes back from what is in force, not from an old base.
func TestPrivateRollback(t *testing.T) {
	ctx := context.Background()
	s := open(t, t.TempDir(), new(tape))
	defer closed(t, s)
	b := private(t, s, bob)
	a := private(t, s, ann)
	edit(t, a, ann, "set system host-name a")
	commit(t, a, ann, "")
	if err := b.Rollback(ctx, bob, 1); err != nil {
		t.Fatal(err)
	}
	commit(t, b, bob, "")
	if hostIn(s.Running().Tree) != "" || s.Running().Number != 3 {
		t.Errorf("%q is in force", hostIn(s.Running().Tree))
	}
	edit(t, b, bob, "set system host-name b")
	if err := b.Rollback(ctx, bob, 0); err != nil || b.Dirty() {
		t.Error(err)
	}
}

// TestPrivateEditsKeepOthersFromTheSharedCandidate, but not those who lock it.
func TestPrivateEditsKeepOthersFromTheSharedCandidate(t *testing.T) {
	ctx := context.Background()
	s := open(t, t.TempDir(), new(tape))
	defer closed(t, s)
	b := private(t, s, bob)
	one := edits(t, "set system time-zone UTC")
	edit(t, s.Shared(), ann, "set system host-name a")
	commit(t, s.Shared(), ann, "") // it holds nothing yet
	edit(t, b, bob, "set system syslog file x any info")
	if _, _, err := s.Shared().Edit(ctx, ann, one); !errors.Is(err, ErrPrivateInUse) {
		t.Error(err)
	}
	l, err := s.Exclusive(ann)
	if err != nil {
		t.Fatal(err)
	}
	edit(t, s.Shared(), ann, "set system time-zone UTC")
	var locked *LockedError
	if _, err := b.Commit(ctx, bob, plainCommit); !errors.As(err, &locked) {
		t.Error(err)
	}
	commit(t, s.Shared(), ann, "")
	l.Release()
	commit(t, b, bob, "")
	if got := text(t, s.Running().Tree); !strings.Contains(got, "host-name a") || !strings.Contains(got, "UTC") || !strings.Contains(got, "file x") {
		t.Errorf("in force is\n%s", got)
	}
	if b.Discard() || !errors.Is(b.Usable(bob), ErrDiscarded) || s.Shared().Discard() {
		t.Error("discarding")
	}
}

// TestFailedPrivateCommit leaves every candidate as it was.
func TestFailedPrivateCommit(t *testing.T) {
	var notes []string
	one := &part{name: "one", notes: &notes, refuse: errors.New("port in use")}
	s := open(t, t.TempDir(), new(tape), func(o *Options) { o.Subsystems = []Subsystem{one.subsystem()} })
	defer closed(t, s)
	b := private(t, s, bob)
	edit(t, b, bob, "set system host-name b")
	mine, shared := b.state.Load(), s.Shared().state.Load()
	if _, err := b.Commit(context.Background(), bob, plainCommit); err == nil {
		t.Error("it does not fail")
	}
	if b.state.Load() != mine || s.Shared().state.Load() != shared || s.Running().Number != 1 {
		t.Error("something changed")
	}
}
