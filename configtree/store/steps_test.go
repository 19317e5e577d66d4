package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"loggia/audit/event"
	"loggia/configtree"
)

// lab holds the clocks of a machine that is tried out, and what it is told.
type lab struct {
	mu      sync.Mutex
	wall    time.Time
	elapsed time.Duration
	boot    string
	told    []string
}

func newLab() *lab {
	return &lab{wall: time.Date(2026, 11, 22, 10, 22, 33, 0, time.UTC), elapsed: 1000 * time.Hour, boot: "first"}
}

func (l *lab) pass(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wall, l.elapsed = l.wall.Add(d), l.elapsed+d
}

// restart starts the machine again, d later.
func (l *lab) restart(d time.Duration) {
	l.pass(d)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.boot, l.elapsed = l.boot+" again", time.Minute
}

func (l *lab) options(o *Options) {
	o.Now = func() time.Time { l.mu.Lock(); defer l.mu.Unlock(); return l.wall }
	o.Boot = func() (string, time.Duration) { l.mu.Lock(); defer l.mu.Unlock(); return l.boot, l.elapsed }
	o.Broadcast = func(text string) { l.mu.Lock(); defer l.mu.Unlock(); l.told = append(l.told, text) }
}

// outcome says in which state a store is: host name in force, rescue host name,
// what is pending.
func outcome(s *Store) string {
	host := func(n string) string {
		if n == "" {
			return "-"
		}
		return n
	}
	text := host(s.Running().Tree.Root().Child("system").Child("host-name").Value())
	if tree, _, err := s.Rescue(); err == nil {
		text += " rescue " + host(tree.Root().Child("system").Child("host-name").Value())
	}
	if s.Shared().Dirty() && hostIn(s.Shared().Tree()) != "new" && hostIn(s.Shared().Tree()) != "newer" {
		text += " dirty " + host(hostIn(s.Shared().Tree()))
	}
	p, ok := s.Pending()
	switch {
	case ok && p.Kind == PendingRollback:
		text += fmt.Sprintf(" confirm %d or %d", p.Revision, p.Target)
	case ok:
		text += " commit later"
	}
	return text
}

// scenario is something that changes the disk in several steps.
type scenario struct {
	name  string
	setup func(t *testing.T, l *lab, s *Store)
	act   func(l *lab, s *Store) error
	want  []string // outcomes that an end in the middle may leave; the last is that of the whole
	later time.Duration
	end   []string // outcomes after that time, of a start that follows; nil to leave it

	failed string // outcome that an error may leave besides
}

func hostCommit(t testing.TB, s *Store, host string, o CommitOptions) {
	t.Helper()
	edit(t, s.Shared(), ann, "set system host-name "+host)
	if _, err := s.Shared().Commit(context.Background(), ann, o); err != nil {
		t.Fatal(err)
	}
}

// hostEdit returns the edit of `set system host-name`, without a test to fail.
func hostEdit(s *Store, host string) []configtree.Edit {
	system := s.schema.Child("system")
	return []configtree.Edit{{Op: configtree.Set, Path: configtree.Path{{Node: system}, {Node: system.Child("host-name")}}, Value: host}}
}

func confirmed(minutes int) CommitOptions {
	return CommitOptions{Command: fmt.Sprint("commit confirmed ", minutes), Confirmed: minutes}
}

var plainCommit = CommitOptions{Command: "commit"}

func scenarios() []scenario {
	ctx := context.Background()
	old := func(t *testing.T, _ *lab, s *Store) { hostCommit(t, s, "old", plainCommit) }
	waiting := func(t *testing.T, l *lab, s *Store) {
		old(t, l, s)
		hostCommit(t, s, "new", confirmed(5))
		l.pass(time.Minute)
	}
	change := func(host string, o CommitOptions) func(*lab, *Store) error {
		return func(_ *lab, s *Store) error {
			e := hostEdit(s, host)
			if _, _, err := s.Shared().Edit(ctx, bob, e); err != nil {
				return err
			}
			_, err := s.Shared().Commit(ctx, bob, o)
			return err
		}
	}
	scheduled := func(t *testing.T, l *lab, s *Store) {
		old(t, l, s)
		hostCommit(t, s, "new", CommitOptions{Command: "commit at 11:00", At: At{Time: l.wall.Add(time.Hour)}})
	}
	rescued := func(t *testing.T, l *lab, s *Store) {
		old(t, l, s)
		if err := s.SaveRescue(ctx, ann); err != nil {
			t.Fatal(err)
		}
		hostCommit(t, s, "new", plainCommit)
	}
	return []scenario{
		{"commit confirmed", old, change("new", confirmed(5)),
			[]string{"old", "new confirm 3 or 2"}, 6 * time.Minute, []string{"old"}, ""},
		{"commit confirmed again", waiting, change("newer", confirmed(5)),
			[]string{"new confirm 3 or 2", "newer confirm 4 or 2"}, 6 * time.Minute, []string{"old"}, ""},
		{"commit confirmed again, unchanged", waiting, func(_ *lab, s *Store) error {
			_, err := s.Shared().Commit(ctx, ann, confirmed(9))
			return err
		}, []string{"new confirm 3 or 2"}, 11 * time.Minute, []string{"old"}, ""},
		{"confirmed by a commit", waiting, change("newer", plainCommit),
			[]string{"new confirm 3 or 2", "newer"}, 6 * time.Minute, []string{"old", "newer"}, ""},
		{"confirmed by an empty commit", waiting, func(_ *lab, s *Store) error {
			_, err := s.Shared().Commit(ctx, bob, plainCommit)
			return err
		}, []string{"new confirm 3 or 2", "new"}, 6 * time.Minute, []string{"old", "new"}, ""},
		{"confirmed by a check", waiting, func(_ *lab, s *Store) error {
			_, err := s.Shared().Check(ctx, bob, CommitOptions{Command: "commit check"})
			return err
		}, []string{"new confirm 3 or 2", "new"}, 6 * time.Minute, []string{"old", "new"}, ""},
		{"not confirmed", waiting, func(l *lab, s *Store) error {
			l.pass(5 * time.Minute)
			return s.rollbackUnconfirmed(ctx)
		}, []string{"old"}, 0, nil, "new confirm 3 or 2"}, // the watcher tries again
		{"commit at", old, func(l *lab, s *Store) error {
			return change("new", CommitOptions{Command: "commit at 11:00", At: At{Time: l.wall.Add(time.Hour)}})(l, s)
		}, []string{"old", "old commit later"}, 0, nil, ""},
		{"commit at cleared", scheduled, func(_ *lab, s *Store) error {
			_, err := s.ClearScheduled(ctx, bob)
			return err
		}, []string{"old commit later", "old"}, 0, nil, ""},
		{"commit at done", scheduled, func(l *lab, s *Store) error {
			l.pass(time.Hour)
			return s.commitScheduled(ctx)
		}, []string{"old commit later", "new commit later", "new"}, 0, nil, "old"},
		{"private commit after a shared one", old, func(l *lab, s *Store) error {
			if err := change("mid", plainCommit)(l, s); err != nil {
				return err
			}
			c, err := s.Private(bob)
			if err != nil {
				return err
			}
			if _, _, err := c.Edit(ctx, bob, hostEdit(s, "new")); err != nil {
				return err
			}
			_, err = c.Commit(ctx, bob, plainCommit)
			return err
		}, []string{"old", "old dirty mid", "mid", "new"}, 0, nil, ""},
		{"rescue saved", rescued, func(_ *lab, s *Store) error { return s.SaveRescue(ctx, ann) },
			[]string{"new rescue old", "new rescue new"}, 0, nil, ""},
		{"rescue deleted", rescued, func(_ *lab, s *Store) error { return s.DeleteRescue(ctx, ann) },
			[]string{"new rescue old", "new"}, 0, nil, ""},
	}
}

// try is one run of a scenario with a saboteur in it.
type try struct {
	*saboteur
	lab   *lab
	tape  *tape
	store *Store
}

// prepare sets a scenario up once; begin goes on from what that left on disk.
func (sc *scenario) prepare(t *testing.T) (dir string, clocks *lab) {
	t.Helper()
	dir, clocks = t.TempDir(), newLab()
	s := open(t, dir, new(tape), clocks.options)
	sc.setup(t, clocks, s)
	closed(t, s)
	return dir, clocks
}

func begin(t *testing.T, dir string, clocks *lab) *try {
	t.Helper()
	l := newLab()
	l.wall, l.elapsed = clocks.wall, clocks.elapsed
	r := &try{saboteur: &saboteur{dir: killed(t, dir), at: -1}, lab: l, tape: new(tape)}
	r.watch()
	r.store = open(t, r.dir, r.tape, r.lab.options, func(o *Options) { o.Disk = r.step })
	r.mu.Lock()
	defer r.mu.Unlock()
	r.settle()
	r.count = 0
	r.watch()
	r.tape.lines()
	return r
}

// again opens the store of a try anew and returns its outcome.
func (r *try) again(t *testing.T) string {
	t.Helper()
	s := open(t, r.dir, new(tape), r.lab.options)
	defer closed(t, s)
	return outcome(s)
}

// TestKillEverywhere ends the program before each step on the disk that a
// scenario takes, by a kill and by a power cut, and starts again: the outcome
// is one of those that are whole, and stays whole when time passes.
func TestKillEverywhere(t *testing.T) {
	for _, sc := range scenarios() {
		t.Run(sc.name, func(t *testing.T) {
			t.Parallel()
			dir, clocks := sc.prepare(t)
			for _, cut := range []bool{false, true} {
				seen := map[string]int{}
				for n, finished := 0, false; !finished && !t.Failed(); n++ {
					var got string
					got, finished = sc.kill(t, begin(t, dir, clocks), n, cut)
					seen[got]++
				}
				if len(seen) < min(2, len(sc.want)) {
					t.Errorf("cut %v: outcomes %v", cut, seen)
				}
			}
		})
	}
}

// kill ends the program before step n and returns the outcome, and whether it
// had finished before.
func (sc *scenario) kill(t *testing.T, r *try, n int, cut bool) (got string, finished bool) {
	t.Helper()
	r.mu.Lock()
	r.at, r.saboteur.kill = n, true
	r.mu.Unlock()
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := sc.act(r.lab, r.store); err != nil {
			t.Errorf("step %d: %v", n, err)
		}
		finished = true
	})
	wg.Wait()
	r.mu.Lock()
	if finished {
		r.settle()
	}
	r.dead = true
	r.mu.Unlock()
	if cut {
		r.cutPower(t)
	}
	got, whole := r.again(t), sc.want[len(sc.want)-1]
	if !slices.Contains(sc.want, got) || finished && got != whole {
		t.Errorf("step %d, cut %v: %q", n, cut, got)
	}
	if got == whole && got != sc.want[0] && len(r.durable()) == 0 {
		t.Errorf("step %d, cut %v: a change without a record", n, cut)
	}
	if second := r.again(t); second != got {
		t.Errorf("step %d, cut %v: %q at first, then %q", n, cut, got, second)
	}
	if sc.end != nil {
		r.lab.pass(sc.later)
		if end := r.again(t); !slices.Contains(sc.end, end) || finished && end != sc.end[len(sc.end)-1] {
			t.Errorf("step %d, cut %v: %q in the end", n, cut, end)
		}
	}
	return got, finished
}

// durable returns what is on record on disk.
func (r *try) durable() []event.Entry {
	r.tape.mu.Lock()
	defer r.tape.mu.Unlock()
	return slices.Clone(r.tape.entries[:r.tape.durable])
}

// TestFailEverywhere lets each step on the disk that a scenario takes fail, once
// or from then on: what the program says then is what a new start finds.
func TestFailEverywhere(t *testing.T) {
	for _, sc := range scenarios() {
		t.Run(sc.name, func(t *testing.T) {
			t.Parallel()
			dir, clocks := sc.prepare(t)
			for _, lasting := range []bool{false, true} {
				for n := 0; sc.fail(t, begin(t, dir, clocks), n, lasting) && !t.Failed(); n++ {
				}
			}
		})
	}
}

// fail lets step n fail and reports whether it was reached.
func (sc *scenario) fail(t *testing.T, r *try, n int, lasting bool) (reached bool) {
	t.Helper()
	r.mu.Lock()
	r.saboteur.fail = func(i int, _ DiskStep) bool { return i == n || lasting && i > n }
	r.mu.Unlock()
	err := sc.act(r.lab, r.store)
	got := outcome(r.store)
	r.mu.Lock()
	r.saboteur.fail = nil
	reached = r.count > n
	r.mu.Unlock()
	if !slices.Contains(sc.want, got) && (err == nil || got != sc.failed) {
		t.Errorf("step %d, lasting %v: %q", n, lasting, got)
	}
	if err == nil && got != sc.want[len(sc.want)-1] {
		t.Errorf("step %d, lasting %v: %q without an error", n, lasting, got)
	}
	closed(t, r.store)
	if sc.name == "not confirmed" {
		got = "old" // a start does not wait
	}
	after := r.again(t)
	if after != got && !(lasting && slices.Contains(sc.want, after)) && !(err != nil && strings.HasPrefix(sc.name, "rescue")) {
		t.Errorf("step %d, lasting %v: %q (%v), a new start finds %q", n, lasting, got, err, after)
	}
	return reached
}
