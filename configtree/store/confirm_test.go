package store

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"loggia/configtree"
)

// bubble runs a test in a synctest bubble whose clock is the machine's.
func bubble(t *testing.T, f func(t *testing.T, o func(*Options), told *heard)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		began, told := time.Now(), new(heard)
		f(t, func(o *Options) {
			o.Now = time.Now
			o.Boot = func() (string, time.Duration) { return "boot", time.Since(began) }
			o.Broadcast = told.hear
		}, told)
	})
}

// heard is what terminals are told.
type heard struct {
	mu    sync.Mutex
	texts []string
}

func (h *heard) hear(text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.texts = append(h.texts, text)
}

func (h *heard) all() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.texts)
}

// between changes something that subsystems read while nobody commits.
func between(t *testing.T, s *Store, change func()) {
	t.Helper()
	if err := s.lock(context.Background()); err != nil {
		t.Fatal(err)
	}
	defer s.unlock()
	change()
}

func hostIn(tree *configtree.Tree) string {
	return tree.Root().Child("system").Child("host-name").Value()
}

func start(t *testing.T, s *Store) {
	t.Helper()
	if p := s.Start(context.Background()); len(p) != 0 {
		t.Fatal(p)
	}
}

// TestUnconfirmedCommitIsUndone waits out `commit confirmed 10`.
func TestUnconfirmedCommitIsUndone(t *testing.T) {
	bubble(t, func(t *testing.T, o func(*Options), told *heard) {
		var r tape
		var notes []string
		one := &part{name: "one", notes: &notes}
		var reasons []Reason
		one.entered = func(c Change) { reasons = append(reasons, c.Reason) }
		s := open(t, t.TempDir(), &r, o, func(o *Options) { o.Subsystems = []Subsystem{one.subsystem()} })
		defer closed(t, s)
		start(t, s)
		hostCommit(t, s, "old", plainCommit)
		hostCommit(t, s, "new", confirmed(10))
		history, _ := s.History()
		if m := history[0]; m.Log != "commit confirmed, rollback in 10mins" || m.Confirmed != 10 {
			t.Errorf("%+v", m)
		}
		p, ok := s.Pending()
		if !ok || p.Kind != PendingRollback || p.By != ann || p.Minutes != 10 || p.Revision != 3 || p.Target != 2 || p.Left != 10*time.Minute || !p.Due.Equal(time.Now().Add(10*time.Minute)) {
			t.Errorf("%+v, %v", p, ok)
		}
		r.lines()
		time.Sleep(10*time.Minute - time.Second)
		synctest.Wait()
		wantLines(t, r.lines(), "UI_COMMIT_CONFIRMED_REMINDER 'commit confirmed' must be confirmed within 5 minutes",
			"UI_COMMIT_CONFIRMED_REMINDER 'commit confirmed' must be confirmed within 1 minutes")
		if hostIn(s.Running().Tree) != "new" || len(told.all()) != 0 {
			t.Errorf("too early: %q, %q", hostIn(s.Running().Tree), told.all())
		}
		time.Sleep(time.Second)
		synctest.Wait()
		run := s.Running()
		if hostIn(run.Tree) != "old" || run.Number != 4 || run.Meta.User != "root" || run.Meta.Client != "other" || run.Meta.Parent != 3 || run.Meta.Log != "" {
			t.Errorf("%+v", run.Meta)
		}
		if _, ok := s.Pending(); ok || s.Shared().Dirty() || s.Shared().Base() != run {
			t.Error("it is not over")
		}
		if !slices.Equal(told.all(), []string{"Commit was not confirmed; automatic rollback complete."}) {
			t.Errorf("told %q", told.all())
		}
		between(t, s, func() { reasons = slices.Clone(reasons) })
		if want := []Reason{ReasonStart, ReasonCommit, ReasonCommit, ReasonRollback}; !slices.Equal(reasons, want) {
			t.Errorf("reasons %v", reasons)
		}
		lines := r.lines()
		for _, want := range []string{"UI_LOAD_EVENT User 'root' is performing a 'rollback'", "UI_COMMIT User 'root' requested 'commit' operation (comment: none)",
			"CONFIG_COMMIT_DONE Revision 4 is in force", "UI_COMMIT_NOT_CONFIRMED Commit was not confirmed; automatic rollback complete"} {
			if !slices.Contains(lines, want) {
				t.Errorf("%q is not among %q", want, lines)
			}
		}
		time.Sleep(time.Hour)
		if s.Running() != run {
			t.Error("it happened again")
		}
	})
}

// TestConfirming shows what confirms, and what does not.
func TestConfirming(t *testing.T) {
	ctx := context.Background()
	for _, row := range []struct {
		name string
		act  func(t *testing.T, s *Store)
		want string // host in force a day later
	}{
		{"nothing", func(*testing.T, *Store) {}, "old"},
		{"an empty commit", func(t *testing.T, s *Store) {
			if r := commit(t, s.Shared(), bob, ""); !r.Confirmed || !r.Empty {
				t.Errorf("%+v", r)
			}
		}, "new"},
		{"a commit", func(t *testing.T, s *Store) {
			edit(t, s.Shared(), bob, "set system host-name newer")
			if r := commit(t, s.Shared(), bob, ""); !r.Confirmed || r.Empty {
				t.Errorf("%+v", r)
			}
		}, "newer"},
		{"a check", func(t *testing.T, s *Store) {
			if r, err := s.Shared().Check(ctx, bob, CommitOptions{Command: "commit check"}); err != nil || !r.Confirmed {
				t.Errorf("%+v, %v", r, err)
			}
		}, "new"},
		{"a check of something else", func(t *testing.T, s *Store) {
			edit(t, s.Shared(), bob, "set system host-name newer")
			if r, err := s.Shared().Check(ctx, bob, CommitOptions{Command: "commit check"}); err != nil || !r.Confirmed {
				t.Errorf("%+v, %v", r, err)
			}
		}, "new"},
		{"a check that fails", func(t *testing.T, s *Store) {
			edit(t, s.Shared(), bob, "set system syslog file messages structured-data", "set system syslog file messages explicit-priority")
			if _, err := s.Shared().Check(ctx, bob, CommitOptions{Command: "commit check"}); err == nil {
				t.Error("it does not fail")
			}
		}, "old"},
		{"a commit that fails", func(t *testing.T, s *Store) {
			edit(t, s.Shared(), bob, "set system syslog file messages structured-data", "set system syslog file messages explicit-priority")
			if _, err := s.Shared().Commit(ctx, bob, plainCommit); err == nil {
				t.Error("it does not fail")
			}
		}, "old"},
		{"an edit", func(t *testing.T, s *Store) { edit(t, s.Shared(), bob, "set system host-name newer") }, "old"},
		{"a private commit", func(t *testing.T, s *Store) {
			c, err := s.Private(bob)
			if err != nil {
				t.Fatal(err)
			}
			edit(t, c, bob, "set system host-name newer")
			if r := commit(t, c, bob, ""); !r.Confirmed {
				t.Errorf("%+v", r)
			}
		}, "newer"},
		{"commit confirmed twice, and a commit", func(t *testing.T, s *Store) {
			hostCommit(t, s, "newer", confirmed(5))
			time.Sleep(4 * time.Minute)
			commit(t, s.Shared(), bob, "")
		}, "newer"},
	} {
		bubble(t, func(t *testing.T, o func(*Options), _ *heard) {
			s := open(t, t.TempDir(), new(tape), o)
			defer closed(t, s)
			start(t, s)
			hostCommit(t, s, "old", plainCommit)
			hostCommit(t, s, "new", confirmed(5))
			time.Sleep(3 * time.Minute)
			row.act(t, s)
			time.Sleep(24 * time.Hour)
			synctest.Wait()
			if got := hostIn(s.Running().Tree); got != row.want {
				t.Errorf("%s: %q is in force", row.name, got)
			}
			if p, ok := s.Pending(); ok {
				t.Errorf("%s: %+v", row.name, p)
			}
		})
	}
}

// TestConfirmedAgain: a further `commit confirmed` gives the time anew and keeps
// what comes back.
func TestConfirmedAgain(t *testing.T) {
	for _, again := range []string{"new", "newer"} {
		bubble(t, func(t *testing.T, o func(*Options), _ *heard) {
			s := open(t, t.TempDir(), new(tape), o)
			defer closed(t, s)
			start(t, s)
			hostCommit(t, s, "old", plainCommit)
			hostCommit(t, s, "new", confirmed(5))
			time.Sleep(4 * time.Minute)
			hostCommit(t, s, again, confirmed(5))
			time.Sleep(4 * time.Minute)
			synctest.Wait()
			if got := hostIn(s.Running().Tree); got != again {
				t.Errorf("%q is in force", got)
			}
			time.Sleep(2 * time.Minute)
			synctest.Wait()
			if got := hostIn(s.Running().Tree); got != "old" {
				t.Errorf("%q is in force in the end", got)
			}
		})
	}
}

// TestUnconfirmedEditsStayOnTop: the rollback takes the unconfirmed away, and
// leaves what sessions have edited since.
func TestUnconfirmedEditsStayOnTop(t *testing.T) {
	bubble(t, func(t *testing.T, o func(*Options), _ *heard) {
		dir := t.TempDir()
		s := open(t, dir, new(tape), o)
		start(t, s)
		hostCommit(t, s, "new", confirmed(1))
		edit(t, s.Shared(), bob, "set system time-zone UTC")
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		const want = "set system time-zone UTC\nset system syslog file messages any notice\n"
		if got := text(t, s.Shared().Tree()); got != want {
			t.Errorf("the candidate is\n%s", got)
		}
		closed(t, s)
		s = open(t, dir, new(tape), o)
		defer closed(t, s)
		if got := text(t, s.Shared().Tree()); got != want {
			t.Errorf("after a restart the candidate is\n%s", got)
		}
	})
}

// TestRollbackIsTriedAgain: what stands in its way does not end the safety net.
func TestRollbackIsTriedAgain(t *testing.T) {
	bubble(t, func(t *testing.T, o func(*Options), told *heard) {
		var r tape
		var notes []string
		one := &part{name: "one", notes: &notes}
		s := open(t, t.TempDir(), &r, o, func(o *Options) { o.Subsystems = []Subsystem{one.subsystem()} })
		defer closed(t, s)
		start(t, s)
		hostCommit(t, s, "new", confirmed(1))
		between(t, s, func() { one.refuse = errors.New("port in use") })
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if hostIn(s.Running().Tree) != "new" {
			t.Error("it took force against a subsystem")
		}
		if p, ok := s.Pending(); !ok || p.Left != 0 {
			t.Errorf("%+v, %v", p, ok)
		}
		failures := slices.DeleteFunc(r.lines(), func(l string) bool { return !strings.HasPrefix(l, "UI_COMMIT_ROLLBACK_FAILED") })
		if n := len(failures); n < 3 || n > 5 || n != len(told.all()) {
			t.Errorf("%d failures are on record, %d told: %q", n, len(told.all()), told.all())
		}
		between(t, s, func() { one.refuse = nil })
		time.Sleep(20 * time.Minute)
		synctest.Wait()
		if hostIn(s.Running().Tree) != "" {
			t.Error("it is not tried again")
		}
	})
}

// killed returns what a program that is killed now leaves on disk.
func killed(t *testing.T, dir string) string {
	t.Helper()
	left := filepath.Join(t.TempDir(), "config")
	// Revisions are compressed meanwhile: what is copied must be of one moment.
	for {
		err := os.CopyFS(left, os.DirFS(dir))
		if err == nil {
			break
		}
		if !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		if err := os.RemoveAll(left); err != nil {
			t.Fatal(err)
		}
	}
	target, err := os.Readlink(filepath.Join(dir, activeName))
	if err == nil {
		err = errors.Join(os.Remove(filepath.Join(left, activeName)), os.Symlink(target, filepath.Join(left, activeName)))
	}
	if err != nil {
		t.Fatal(err)
	}
	return left
}

// TestConfirmationSurvives kills the program within the time to confirm.
func TestConfirmationSurvives(t *testing.T) {
	bubble(t, func(t *testing.T, o func(*Options), told *heard) {
		dir := t.TempDir()
		first := open(t, dir, new(tape), o)
		start(t, first)
		hostCommit(t, first, "old", plainCommit)
		hostCommit(t, first, "new", confirmed(1))
		left := killed(t, dir)
		closed(t, first)
		time.Sleep(20 * time.Second)
		s := open(t, left, new(tape), o)
		defer closed(t, s)
		start(t, s)
		time.Sleep(39 * time.Second)
		synctest.Wait()
		if p, ok := s.Pending(); hostIn(s.Running().Tree) != "new" || !ok || p.Left != time.Second || p.By.User != "ann" || p.Command != "commit confirmed 1" {
			t.Errorf("%q is in force; %+v", hostIn(s.Running().Tree), p)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if hostIn(s.Running().Tree) != "old" || len(told.all()) != 1 {
			t.Errorf("%q is in force in the end", hostIn(s.Running().Tree))
		}
	})
}

// TestConfirmationAndClocks: which clock decides how long there is to confirm.
func TestConfirmationAndClocks(t *testing.T) {
	for _, row := range []struct {
		name string
		act  func(l *lab)
		want string
		left time.Duration
	}{
		{"in time", func(l *lab) { l.pass(4 * time.Minute) }, "new", 6 * time.Minute},
		{"late", func(l *lab) { l.pass(10 * time.Minute) }, "old", 0},
		{"the clock is set forward", func(l *lab) { l.wall = l.wall.AddDate(1, 0, 0); l.pass(time.Minute) }, "new", 9 * time.Minute},
		{"the clock is set back", func(l *lab) { l.wall = l.wall.AddDate(-1, 0, 0); l.pass(11 * time.Minute) }, "old", 0},
		{"the machine restarts", func(l *lab) { l.restart(4 * time.Minute) }, "new", 6 * time.Minute},
		{"the machine restarts late", func(l *lab) { l.restart(11 * time.Minute) }, "old", 0},
		{"the machine restarts in the past", func(l *lab) { l.wall = time.Unix(0, 0); l.restart(0) }, "new", 10 * time.Minute},
		{"there is no clock since the start", func(l *lab) { l.boot = ""; l.pass(4 * time.Minute) }, "new", 6 * time.Minute},
	} {
		dir, l := t.TempDir(), newLab()
		s := open(t, dir, new(tape), l.options)
		hostCommit(t, s, "old", plainCommit)
		hostCommit(t, s, "new", confirmed(10))
		closed(t, s)
		row.act(l)
		for range 2 {
			var r tape
			s = open(t, dir, &r, l.options)
			p, ok := s.Pending()
			if hostIn(s.Running().Tree) != row.want || p.Left != row.left || ok != (row.left > 0) {
				t.Errorf("%s: %q is in force, %+v", row.name, hostIn(s.Running().Tree), p)
			}
			if s.Running().Number == 4 && s.Running().Meta.User != "root" {
				t.Errorf("%s: %+v", row.name, s.Running().Meta)
			}
			if history, _ := s.History(); history[0] != s.Running().Meta || len(history) != int(s.Running().Number) {
				t.Errorf("%s: history %+v", row.name, history)
			}
			closed(t, s)
		}
		if row.left == 0 {
			continue
		}
		// Within the new start of the machine its clock decides again.
		l.wall = l.wall.AddDate(1, 0, 0)
		s = open(t, dir, new(tape), l.options)
		if hostIn(s.Running().Tree) != "new" && l.boot != "" {
			t.Errorf("%s: the clock was set, and %q is in force", row.name, hostIn(s.Running().Tree))
		}
		closed(t, s)
	}
}

// TestExpiredBeforeTheFirstApply: nothing obeys the unconfirmed configuration.
func TestExpiredBeforeTheFirstApply(t *testing.T) {
	dir, l := t.TempDir(), newLab()
	s := open(t, dir, new(tape), l.options)
	hostCommit(t, s, "old", plainCommit)
	hostCommit(t, s, "new", confirmed(10))
	closed(t, s)
	l.pass(time.Hour)
	var r tape
	var notes, seen []string
	one := &part{name: "one", notes: &notes, entered: func(c Change) { seen = append(seen, c.Next.Root().Child("system").Child("host-name").Value()) }}
	s = open(t, dir, &r, l.options, func(o *Options) { o.Subsystems = []Subsystem{one.subsystem()} })
	defer closed(t, s)
	start(t, s)
	if !slices.Equal(seen, []string{"old"}) || s.Shared().Dirty() {
		t.Errorf("seen %q", seen)
	}
	wantLines(t, r.lines(), "CONFIG_FOUND Revision 3 is in force",
		"CONFIG_COMMIT_INTENT Revision 4, made from 3, is about to take force", "CONFIG_COMMIT_DONE Revision 4 is in force",
		"UI_COMMIT_NOT_CONFIRMED Commit was not confirmed; automatic rollback complete")
	if n := s.Notices(); len(n) != 1 || !strings.Contains(n[0], "revision 3 was not confirmed in time") {
		t.Errorf("%q", n)
	}
}

// TestPendingIsDamaged: a file that does not read back is told, and the safe
// side is taken.
func TestPendingIsDamaged(t *testing.T) {
	for _, row := range []struct {
		name   string
		harm   func(dir string)
		notice string // of the start that finds it
		want   string // in force an hour later
	}{
		{"nothing", func(string) {}, "", "older"},
		{"pending", func(dir string) { write(t, dir, pendingName, "nonsense") }, "pending: a frame is cut short", "older"},
		{"a later format", func(dir string) { write(t, dir, pendingName, string(appendFrame(nil, []byte("maybe\n")))) }, `pending: "maybe" is unknown`, "older"},
		{"the target", func(dir string) { damage(t, dir, 3) }, "revision 3 cannot be put in force again: commit/3.conf: damaged: its hash differs", "old"},
		{"all targets", func(dir string) { damage(t, dir, 1); damage(t, dir, 2); damage(t, dir, 3) },
			"revision 3 and those before it cannot be read; revision 4 stays in force", "new"},
	} {
		dir, l := t.TempDir(), newLab()
		s := open(t, dir, new(tape), l.options)
		hostCommit(t, s, "old", plainCommit)
		hostCommit(t, s, "older", plainCommit)
		hostCommit(t, s, "new", confirmed(10))
		closed(t, s)
		row.harm(dir)
		s = open(t, dir, new(tape), l.options)
		if notices := strings.Join(s.Notices(), "\n"); !strings.Contains(notices, row.notice) || row.notice == "" && notices != "" {
			t.Errorf("%s: notices %q", row.name, notices)
		}
		closed(t, s)
		l.pass(time.Hour)
		s = open(t, dir, new(tape), l.options)
		if got := hostIn(s.Running().Tree); got != row.want {
			t.Errorf("%s: %q is in force: %q", row.name, got, s.Notices())
		}
		closed(t, s)
	}
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestConfirmOptions shows which options of a commit do not go together.
func TestConfirmOptions(t *testing.T) {
	l := newLab()
	s := open(t, t.TempDir(), new(tape), l.options)
	defer closed(t, s)
	later := At{Time: l.wall.Add(time.Hour)}
	private, err := s.Private(ann)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		c    *Candidate
		o    CommitOptions
		want string
	}{
		{s.Shared(), CommitOptions{Confirmed: 65536}, "value 65536 is not within range (1..65535)"},
		{s.Shared(), CommitOptions{Confirmed: -1}, "value -1 is not within range (1..65535)"},
		{s.Shared(), CommitOptions{Confirmed: 1, CheckOnly: true}, "'check' goes with neither 'confirmed' nor 'at'"},
		{s.Shared(), CommitOptions{At: later, CheckOnly: true}, "'check' goes with neither 'confirmed' nor 'at'"},
		{s.Shared(), CommitOptions{At: later, Confirmed: 1}, "'confirmed' does not go with 'at'"},
		{s.Shared(), CommitOptions{At: At{Time: l.wall.Add(time.Minute)}}, "the time must be more than one minute ahead"},
		{s.Shared(), CommitOptions{Comment: strings.Repeat("x", 513)}, "commit comment longer than 512 bytes"},
		{private, CommitOptions{Confirmed: 1}, "'commit confirmed' is not possible in private mode"},
		{private, CommitOptions{At: later}, "'commit at' is not possible in private mode"},
	} {
		if _, err := row.c.Commit(context.Background(), ann, row.o); err == nil || err.Error() != row.want {
			t.Errorf("%+v: %v, want %q", row.o, err, row.want)
		}
	}
	if _, ok := s.Pending(); ok || s.Running().Number != 1 {
		t.Error("something happened")
	}
	// With nothing to undo there is nothing to confirm.
	if r, err := s.Shared().Commit(context.Background(), ann, confirmed(1)); err != nil || !r.Empty {
		t.Errorf("%+v, %v", r, err)
	}
	if _, ok := s.Pending(); ok {
		t.Error("an empty commit waits for its confirmation")
	}
}
