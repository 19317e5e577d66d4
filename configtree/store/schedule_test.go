package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestParseAt(t *testing.T) {
	zone := time.FixedZone("X", 3600)
	now := time.Date(2026, 11, 22, 20, 30, 0, 0, zone)
	for _, row := range []struct{ text, want string }{
		{"21:30", "2026-11-22 21:30:00 +0100"},
		{"21:30:55", "2026-11-22 21:30:55 +0100"},
		{"2026-11-23 01:02", "2026-11-23 01:02:00 +0100"},
		{"2026-11-23 01:02:03", "2026-11-23 01:02:03 +0100"},
		{"20:31:01", "2026-11-22 20:31:01 +0100"},
		{"20:31", errAtSoon.Error()},
		{"20:29", errAtSoon.Error()},
		{"2025-11-23 01:02", errAtSoon.Error()},
		{"25:00", errAtTime.Error()},
		{"2026-02-30 01:00", errAtTime.Error()},
		{"noon", errAtTime.Error()},
		{"", errAtTime.Error()},
	} {
		at, err := ParseAt(row.text, now)
		got := at.Time.Format("2006-01-02 15:04:05 -0700")
		if err != nil {
			got = err.Error()
		}
		if got != row.want {
			t.Errorf("%q: %s, want %s", row.text, got, row.want)
		}
	}
	if at, err := ParseAt("reboot", now); err != nil || !at.Reboot || at.IsZero() || !(At{}).IsZero() {
		t.Errorf("%+v, %v", at, err)
	}
}

// TestActivate prepares a commit, keeps others out meanwhile, also over a restart, and
// leaves later edits on top.
func TestActivate(t *testing.T) {
	ctx := context.Background()
	prepare := CommitOptions{Command: "commit prepare", Comment: "two", At: At{Activate: true}}
	activate := CommitOptions{Command: "commit activate"}
	var r tape
	dir := t.TempDir()
	s := open(t, dir, &r)
	if _, err := s.Activate(ctx, ann, activate); !errors.Is(err, ErrNotPrepared) {
		t.Error(err)
	}
	edit(t, s.Shared(), ann, "set system host-name new")
	if result, err := s.Shared().Commit(ctx, ann, prepare); err != nil || !result.Scheduled || result.Revision != 1 {
		t.Fatalf("%+v, %v", result, err)
	}
	if err := s.Modified(); err != nil {
		t.Errorf("what is prepared is in the way: %v", err)
	}
	closed(t, s)

	s = open(t, dir, &r)
	defer closed(t, s)
	if p, ok := s.Pending(); !ok || !p.Prepared || p.Comment != "two" || p.By.User != ann.User {
		t.Fatalf("%+v", p)
	}
	edit(t, s.Shared(), bob, "set system time-zone UTC")
	var pending *PendingError
	if err := s.Modified(); !errors.As(err, &pending) {
		t.Errorf("edits on top: %v", err)
	}
	if _, err := s.Shared().Commit(ctx, bob, CommitOptions{}); !errors.As(err, &pending) || !strings.Contains(err.Error(), "'commit activate' makes it") {
		t.Errorf("another commit: %v", err)
	}
	if _, err := s.Activate(ctx, bob, CommitOptions{Confirmed: 1, At: At{Activate: true}}); err == nil {
		t.Error("options that do not go together")
	}
	r.lines()
	result, err := s.Activate(ctx, bob, activate)
	if err != nil || result.Revision != 2 {
		t.Fatalf("%+v, %v", result, err)
	}
	if got := strings.Join(r.lines(), "\n"); !strings.Contains(got, "commit activate") {
		t.Error(got)
	}
	if m := s.Running().Meta; m.Comment != "two" || m.User != bob.User {
		t.Errorf("%+v", m)
	}
	if got, want := text(t, s.Running().Tree), "set system host-name new\n"; !strings.Contains(got, want) || strings.Contains(got, "time-zone") {
		t.Error(got)
	}
	if got := text(t, s.Shared().Tree()); !strings.Contains(got, "time-zone UTC") || !s.Shared().Dirty() {
		t.Errorf("an edit on top is gone\n%s", got)
	}
	if _, ok := s.Pending(); ok {
		t.Error("it is prepared still")
	}
}

// TestActivateAgain: a preparation that cannot be made stays, under a lock or in private mode there is none.
func TestActivateAgain(t *testing.T) {
	ctx := context.Background()
	s := open(t, t.TempDir(), new(tape))
	defer closed(t, s)
	private, err := s.Private(ann)
	if err != nil {
		t.Fatal(err)
	}
	edit(t, private, ann, "set system host-name p")
	if _, err := private.Commit(ctx, ann, CommitOptions{At: At{Activate: true}}); err == nil || !strings.Contains(err.Error(), "'commit prepare' is not possible in private mode") {
		t.Error(err)
	}
	private.Discard()
	if _, err := s.Shared().Commit(ctx, ann, CommitOptions{At: At{Activate: true}}); !errors.Is(err, errAtNothing) {
		t.Error(err)
	}
	edit(t, s.Shared(), ann, "set system host-name new")
	if _, err := s.Shared().Commit(ctx, ann, CommitOptions{Command: "commit prepare", At: At{Activate: true}}); err != nil {
		t.Fatal(err)
	}
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := s.Activate(gone, bob, CommitOptions{}); err == nil {
		t.Error("made though nobody waits for it")
	}
	if p, ok := s.Pending(); !ok || !p.Prepared {
		t.Error("a failure ended it")
	}
	if cleared, err := s.ClearScheduled(ctx, ann); !cleared || err != nil {
		t.Error(cleared, err)
	}
	if _, err := s.Activate(ctx, bob, CommitOptions{}); !errors.Is(err, ErrNotPrepared) {
		t.Error(err)
	}
}

// TestCommitAt puts a commit off, keeps other commits out meanwhile, and leaves
// later edits on top.
func TestCommitAt(t *testing.T) {
	ctx := context.Background()
	bubble(t, func(t *testing.T, o func(*Options), _ *heard) {
		var r tape
		dir := t.TempDir()
		s := open(t, dir, &r, o)
		defer closed(t, s)
		start(t, s)
		edit(t, s.Shared(), ann, "set system host-name new")
		r.lines()
		at := At{Time: time.Now().Add(time.Hour)}
		result, err := s.Shared().Commit(ctx, ann, CommitOptions{Command: "commit at 01:00", Comment: "night", At: at})
		if err != nil || !result.Scheduled || result.Revision != 1 {
			t.Fatalf("%+v, %v", result, err)
		}
		if lines := r.lines(); !slices.Contains(lines, "UI_COMMIT_AT user 'ann' performed 'commit at 01:00'") || slices.Contains(lines, "UI_COMMIT_COMPLETED commit complete") {
			t.Errorf("%q", lines)
		}
		p, ok := s.Pending()
		if !ok || p.Kind != PendingCommit || p.Left != time.Hour || p.Comment != "night" || !p.Due.Equal(at.Time) {
			t.Errorf("%+v", p)
		}
		edit(t, s.Shared(), bob, "set system time-zone UTC")
		var pending *PendingError
		if _, err := s.Shared().Commit(ctx, bob, plainCommit); !errors.As(err, &pending) ||
			err.Error() != "'commit at 01:00' of ann is pending; 'clear system commit' cancels it" {
			t.Error(err)
		}
		if _, err := s.Shared().Check(ctx, bob, CommitOptions{Command: "commit check"}); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Hour - time.Second)
		synctest.Wait()
		if s.Running().Number != 1 {
			t.Error("too early")
		}
		r.lines()
		time.Sleep(time.Second)
		synctest.Wait()
		if m := s.Running().Meta; m.Revision != 2 || m.User != "ann" || m.Comment != "night" || hostIn(s.Running().Tree) != "new" {
			t.Errorf("%+v", m)
		}
		if lines := r.lines(); lines[len(lines)-1] != "UI_COMMIT_AT_COMPLETED 'commit at 01:00' was successful" {
			t.Errorf("%q", lines)
		}
		if got := text(t, s.Shared().Tree()); !s.Shared().Dirty() || !strings.Contains(got, "UTC") || !strings.Contains(got, "new") {
			t.Errorf("the candidate is\n%s", got)
		}
		if _, ok := s.Pending(); ok {
			t.Error("it is still pending")
		}
		if _, err := os.Lstat(filepath.Join(dir, scheduledName)); err == nil {
			t.Error("its file is left")
		}
		commit(t, s.Shared(), bob, "")
	})
}

// TestCommitAtFails: what stands in the way is on record, the edits stay.
func TestCommitAtFails(t *testing.T) {
	bubble(t, func(t *testing.T, o func(*Options), _ *heard) {
		var r tape
		var notes []string
		one := &part{name: "one", notes: &notes}
		s := open(t, t.TempDir(), &r, o, func(o *Options) { o.Subsystems = []Subsystem{one.subsystem()} })
		defer closed(t, s)
		start(t, s)
		hostCommit(t, s, "new", CommitOptions{Command: "commit at 01:00", At: At{Time: time.Now().Add(time.Hour)}})
		between(t, s, func() { one.refuse = errors.New("port in use") })
		r.lines()
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if lines := r.lines(); lines[len(lines)-1] != "UI_COMMIT_AT_FAILED configuration check-out failed, commit at is cleared" {
			t.Errorf("%q", lines)
		}
		if _, ok := s.Pending(); ok || hostIn(s.Running().Tree) != "" || hostIn(s.Shared().Tree()) != "new" {
			t.Error("it is not over, or took something along")
		}
	})
}

// TestCommitAtSurvives a kill, and is made when its time has come or passed.
func TestCommitAtSurvives(t *testing.T) {
	for _, row := range []struct {
		name   string
		at     func(l *lab) At
		later  func(l *lab)
		edits  []string // after the restart, before the time
		want   string   // in force
		onTop  string   // host name in the candidate
		harm   func(dir string)
		notice string
	}{
		{"in time", func(l *lab) At { return At{Time: l.wall.Add(time.Hour)} }, func(l *lab) { l.pass(30 * time.Minute) }, nil, "", "new", nil, ""},
		{"late", func(l *lab) At { return At{Time: l.wall.Add(time.Hour)} }, func(l *lab) { l.pass(2 * time.Hour) }, nil, "new", "new", nil, ""},
		{"an edit more", func(l *lab) At { return At{Time: l.wall.Add(time.Hour)} }, func(l *lab) { l.pass(2 * time.Hour) },
			[]string{"set system host-name newest"}, "new", "newest", nil, ""},
		{"reboot, without one", func(*lab) At { return At{Reboot: true} }, func(l *lab) { l.pass(24 * time.Hour) }, nil, "", "new", nil, ""},
		{"reboot", func(*lab) At { return At{Reboot: true} }, func(l *lab) { l.restart(time.Minute) }, nil, "new", "new", nil, ""},
		{"the edits are lost", func(l *lab) At { return At{Time: l.wall.Add(time.Hour)} }, func(l *lab) { l.pass(2 * time.Hour) },
			[]string{"set system time-zone UTC"}, "new", "new", func(dir string) { os.Remove(filepath.Join(dir, journalName)) }, ""},
		{"its file is damaged", func(*lab) At { return At{Reboot: true} }, func(l *lab) { l.restart(time.Minute) }, nil, "", "new",
			func(dir string) { os.WriteFile(filepath.Join(dir, scheduledName), []byte("x"), 0o600) }, "'later' of ann is cleared: scheduled.conf: damaged"},
		{"its file is another", func(*lab) At { return At{Reboot: true} }, func(l *lab) { l.restart(time.Minute) }, nil, "", "new",
			func(dir string) {
				os.Link(filepath.Join(dir, activeTarget(1)), filepath.Join(dir, "x"))
				os.Rename(filepath.Join(dir, "x"), filepath.Join(dir, scheduledName))
			},
			"'later' of ann is cleared: scheduled.conf: damaged: it is not the one that was put off"},
	} {
		l, dir := newLab(), t.TempDir()
		s := open(t, dir, new(tape), l.options)
		hostCommit(t, s, "new", CommitOptions{Command: "later", At: row.at(l)})
		left := killed(t, dir)
		closed(t, s)
		if row.harm != nil {
			row.harm(left)
		}
		row.later(l)
		s = open(t, left, new(tape), l.options)
		if len(row.edits) > 0 {
			edit(t, s.Shared(), bob, row.edits...)
		}
		if err := s.commitScheduled(context.Background()); err != nil {
			t.Errorf("%s: %v", row.name, err)
		}
		if got := hostIn(s.Running().Tree); got != row.want {
			t.Errorf("%s: %q is in force", row.name, got)
		}
		if got := hostIn(s.Shared().Tree()); got != row.onTop {
			t.Errorf("%s: the candidate has %q", row.name, got)
		}
		if dirty := row.want != row.onTop || len(row.edits) > 0; s.Shared().Dirty() != dirty {
			t.Errorf("%s: dirty is %v", row.name, !dirty)
		}
		if n := strings.Join(s.Notices(), "\n"); !strings.Contains(n, row.notice) || row.notice == "" && n != "" {
			t.Errorf("%s: %q", row.name, n)
		}
		closed(t, s)
	}
}

// TestClearScheduled gives a commit up.
func TestClearScheduled(t *testing.T) {
	ctx := context.Background()
	var r tape
	l := newLab()
	s := open(t, t.TempDir(), &r, l.options)
	defer closed(t, s)
	if ok, err := s.ClearScheduled(ctx, bob); ok || err != nil {
		t.Errorf("%v, %v", ok, err)
	}
	hostCommit(t, s, "new", CommitOptions{Command: "commit at 11:00", At: At{Time: l.wall.Add(time.Hour)}})
	for name, ask := range map[string]func() error{
		"modified":  s.Modified,
		"private":   func() error { _, err := s.Private(bob); return err },
		"exclusive": func() error { _, err := s.Exclusive(bob); return err },
	} {
		var pending *PendingError
		if err := ask(); !errors.As(err, &pending) {
			t.Errorf("%s: %v", name, err)
		}
	}
	r.lines()
	r.refuse = errSabotage
	if ok, err := s.ClearScheduled(ctx, bob); !ok || !errors.Is(err, errSabotage) {
		t.Errorf("%v, %v", ok, err)
	}
	r.refuse = nil
	if ok, err := s.ClearScheduled(ctx, bob); !ok || err != nil {
		t.Errorf("%v, %v", ok, err)
	}
	wantLines(t, r.lines(), "UI_COMMIT_AT_ABORT user 'bob' cleared 'commit at 11:00'")
	if hostIn(s.Shared().Tree()) != "new" {
		t.Error("the edits are gone")
	}
	if err := s.Modified(); err != ErrModified {
		t.Error(err)
	}
	hostCommit(t, s, "newer", confirmed(5))
	if _, err := s.Shared().Commit(ctx, ann, CommitOptions{At: At{Reboot: true}}); !errors.Is(err, errAtUnconfirmed) {
		t.Error(err)
	}
	if ok, err := s.ClearScheduled(ctx, bob); ok || err != nil {
		t.Errorf("%v, %v", ok, err)
	}
}

// FuzzPending decodes whatever is in the file.
func FuzzPending(f *testing.F) {
	p := &pending{boot: 5, bootID: "b", hash: "h", seq: 7}
	p.Pending = Pending{By: ann, Command: `commit "x"`, Comment: "c\n", Minutes: 5, Revision: 3, Target: 2, Due: time.Unix(1, 0), Asked: time.Unix(0, 0)}
	later := *p
	later.Kind, later.Reboot = PendingCommit, true
	f.Add(appendPending(appendPending(nil, p), &later))
	f.Add(appendFrame(nil, []byte("confirmed\nminutes 0")))
	f.Fuzz(func(t *testing.T, data []byte) {
		all, err := decodePending(data)
		if err != nil {
			return
		}
		var again []byte
		for _, p := range all {
			again = appendPending(again, p)
		}
		back, err := decodePending(again)
		if err != nil && !slices.ContainsFunc(all, func(p *pending) bool { return p.Kind == PendingRollback && p.Minutes == 0 }) {
			t.Fatalf("%q: %v", again, err)
		}
		for i := range back {
			if back[i].Pending != all[i].Pending || back[i].boot != all[i].boot || back[i].bootID != all[i].bootID {
				t.Fatalf("%+v, %+v", all[i], back[i])
			}
		}
	})
}
