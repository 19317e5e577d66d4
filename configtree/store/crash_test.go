package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"loggia/audit/event"
	"loggia/configtree"
)

// saboteur is a Disk seam that stops the program, or fails, before step n.
type saboteur struct {
	dir  string
	at   int                      // number of the step that does not happen; -1 for none
	kill bool                     // that step and every later one ends its goroutine, as kill -9 would
	fail func(int, DiskStep) bool // else: which steps fail

	mu      sync.Mutex
	count   int
	dead    bool
	last    DiskStep // made since the seam was called last
	fresh   bool     // last created a file
	content map[uint64][]byte
	listing map[string]map[string]place
}

// place is what a name stands for on disk.
type place struct {
	inode uint64
	link  string
}

var errSabotage = errors.New("sabotage")

func (s *saboteur) step(step DiskStep) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dead {
		runtime.Goexit()
	}
	s.settle()
	n := s.count
	s.count++
	if s.kill && n == s.at {
		s.dead = true
		runtime.Goexit()
	}
	if s.fail != nil && s.fail(n, step) {
		return errSabotage
	}
	s.last = step
	_, err := os.Lstat(filepath.Join(s.dir, step.Name))
	s.fresh = err != nil
	return nil
}

// settle notes what the last step made durable: a sync the contents of a file,
// a sync of a directory the names in it.
func (s *saboteur) settle() {
	path := filepath.Join(s.dir, s.last.Name)
	switch s.last.Op {
	case DiskCreate:
		if info, err := os.Lstat(path); err == nil && s.fresh && s.last.Name != "" {
			delete(s.content, inode(info)) // numbers are used again
		}
	case DiskSync:
		if info, err := os.Lstat(path); err == nil {
			s.content[inode(info)], _ = os.ReadFile(path)
		}
	case DiskSyncDir:
		s.list(s.last.Name)
	}
	s.last = DiskStep{}
}

func inode(info os.FileInfo) uint64 { return info.Sys().(*syscall.Stat_t).Ino }

func (s *saboteur) list(dir string) {
	names := map[string]place{}
	entries, _ := os.ReadDir(filepath.Join(s.dir, dir))
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || e.IsDir() {
			continue
		}
		link, _ := os.Readlink(filepath.Join(s.dir, dir, e.Name()))
		names[e.Name()] = place{inode(info), link}
	}
	s.listing[dir] = names
}

// watch takes everything that is on disk now as durable.
func (s *saboteur) watch() {
	s.content, s.listing = map[uint64][]byte{}, map[string]map[string]place{}
	for _, dir := range []string{".", commitDir} {
		s.list(dir)
		for name, p := range s.listing[dir] {
			if p.link == "" {
				s.content[p.inode], _ = os.ReadFile(filepath.Join(s.dir, dir, name))
			}
		}
	}
}

// cutPower leaves on disk only what was synced, the worst that a power cut does.
func (s *saboteur) cutPower(t *testing.T) {
	t.Helper()
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.RemoveAll(s.dir))
	must(os.MkdirAll(filepath.Join(s.dir, commitDir), 0o700))
	for dir, names := range s.listing {
		for name, p := range names {
			path := filepath.Join(s.dir, dir, name)
			if p.link != "" {
				must(os.Symlink(p.link, path))
				continue
			}
			must(os.WriteFile(path, s.content[p.inode], 0o600))
		}
	}
}

// stage is a store with two revisions, uncommitted edits of two sessions, and a
// third who edits while a commit is under way.
type stage struct {
	dir                    string
	tape                   *tape
	saboteur               *saboteur
	store                  *Store
	old, new, dirty, onTop string // texts: running before and after, candidate before, candidate after
	extra                  bool   // the edit during the commit was taken
	more                   []configtree.Edit
}

func newStage(t *testing.T, s *saboteur) *stage {
	t.Helper()
	g := &stage{dir: t.TempDir(), tape: new(tape), saboteur: s}
	s.dir = g.dir
	s.watch()
	g.store = open(t, g.dir, g.tape, func(o *Options) { o.Disk = func(d DiskStep) error { return g.saboteur.step(d) } })
	c := g.store.Shared()
	edit(t, c, ann, "set system host-name old")
	commit(t, c, ann, "old")
	g.old = text(t, c.Tree())
	edit(t, c, ann, "set system host-name new")
	edit(t, c, bob, "set system syslog file other any info")
	g.new = text(t, c.Tree())
	g.dirty = g.new
	g.more = edits(t, "set system time-zone UTC")
	after, _ := applyAll(c.Tree(), g.more)
	g.onTop = text(t, after)
	// From here on steps are counted.
	s.mu.Lock()
	s.settle()
	s.count = 0
	s.watch()
	s.mu.Unlock()
	g.tape.lines()
	return g
}

func (g *stage) commit() (err error) {
	_, err = g.store.Shared().Commit(context.Background(), ann, CommitOptions{Command: "commit", Progress: func(step string) {
		if step == string(event.StepCheck) {
			_, _, edited := g.store.Shared().Edit(context.Background(), bob, g.more)
			g.extra = edited == nil
		}
	}})
	return err
}

// TestKillAtEveryStep stops a commit before each write, sync and rename that it
// makes, by a kill and by a power cut, and starts again.
func TestKillAtEveryStep(t *testing.T) {
	for _, cut := range []bool{false, true} {
		outcomes := map[string]int{}
		for n := 0; ; n++ {
			s := &saboteur{at: -1}
			g := newStage(t, s)
			s.mu.Lock()
			s.at, s.kill = n, true
			s.mu.Unlock()
			finished := false
			var wg sync.WaitGroup
			wg.Go(func() {
				if err := g.commit(); err != nil {
					t.Errorf("step %d: %v", n, err)
				}
				finished = true
			})
			wg.Wait()
			s.mu.Lock()
			s.dead = true
			s.mu.Unlock()
			if cut {
				s.cutPower(t)
			}
			outcomes[g.judge(t, n, finished, cut)]++
			if finished || t.Failed() {
				break
			}
		}
		if outcomes["old"] < 8 || outcomes["new"] < 2 {
			t.Errorf("cut %v: outcomes %v: not every step was tried", cut, outcomes)
		}
	}
}

// judge starts again after a crash and returns which configuration is in force.
func (g *stage) judge(t *testing.T, n int, finished, cut bool) string {
	t.Helper()
	durable := slices.Clone(g.tape.entries[:g.tape.durable])
	var after tape
	s := open(t, g.dir, &after)
	defer closed(t, s)
	run := text(t, s.Running().Tree)
	which := map[string]string{g.old: "old", g.new: "new"}[run]
	number := map[string]uint64{"old": 2, "new": 3}[which]
	if which == "" || s.Running().Number != number || finished && which != "new" {
		t.Errorf("step %d: revision %d is in force:\n%s", n, s.Running().Number, run)
	}
	intended := slices.ContainsFunc(durable, func(e event.Entry) bool { return e.Tag == "CONFIG_COMMIT_INTENT" })
	if which == "new" && !intended {
		t.Errorf("step %d: a change without a record", n)
	}
	lines := after.lines()
	found := "CONFIG_FOUND Revision " + strconv.FormatUint(number, 10) + " is in force"
	if !slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, found) }) {
		t.Errorf("step %d: records do not say that revision %d is in force: %q", n, number, lines)
	}
	if which == "old" && intended && !slices.Contains(lines, "CONFIG_COMMIT_ABANDONED Revision 2 stays in force: interrupted before the commit point") {
		t.Errorf("step %d: an intent without an end: %q", n, lines)
	}
	if which == "old" && intended && len(s.Notices()) == 0 {
		t.Errorf("step %d: nobody is told", n)
	}
	g.judgeCandidate(t, s, n, which, cut)
	edit(t, s.Shared(), bob, "set system host-name next")
	if r := commit(t, s.Shared(), bob, ""); intended && r.Revision <= 3 || r.Revision <= number {
		t.Errorf("step %d: number %d came back", n, r.Revision)
	}
	return which
}

func (g *stage) judgeCandidate(t *testing.T, s *Store, n int, which string, cut bool) {
	t.Helper()
	got := text(t, s.Shared().Tree())
	want := g.dirty
	if g.extra {
		want = g.onTop
	}
	switch {
	case got == want:
	case cut && which == "old" && (got == g.old || got == g.dirty):
		// Edits since the last sync may be lost with the power.
	default:
		t.Errorf("step %d: %s is in force, the candidate is\n%s", n, which, got)
	}
}

// TestFailAtEveryStep lets each write, sync and rename of a commit fail, once
// or from then on, and compares what runs with what a new start finds.
func TestFailAtEveryStep(t *testing.T) {
	for _, lasting := range []bool{false, true} {
		for n := 0; ; n++ {
			s := &saboteur{at: -1}
			g := newStage(t, s)
			s.mu.Lock()
			s.fail = func(i int, _ DiskStep) bool { return i == n || lasting && i > n }
			s.mu.Unlock()
			err := g.commit()
			run := text(t, g.store.Running().Tree)
			if err != nil && run != g.old || err == nil && run != g.new {
				t.Errorf("step %d: error %v, but in force is\n%s", n, err, run)
			}
			candidate := text(t, g.store.Shared().Tree())
			if want := map[bool]string{false: g.dirty, true: g.onTop}[g.extra]; candidate != want {
				t.Errorf("step %d: the candidate is\n%s", n, candidate)
			}
			s.mu.Lock()
			s.fail = nil
			reached := s.count > n
			s.mu.Unlock()
			edit(t, g.store.Shared(), ann, "set system syslog file late any any")
			candidate = text(t, g.store.Shared().Tree())
			number := g.store.Running().Number
			closed(t, g.store)
			again := open(t, g.dir, new(tape))
			if again.Running().Number != number || text(t, again.Running().Tree) != run {
				t.Errorf("step %d: revision %d was in force, a new start finds %d", n, number, again.Running().Number)
			}
			if got := text(t, again.Shared().Tree()); got != candidate {
				t.Errorf("step %d: the candidate was\n%s\na new start finds\n%s", n, candidate, got)
			}
			if r := commit(t, again.Shared(), ann, ""); r.Revision <= number {
				t.Errorf("step %d: number %d came back", n, r.Revision)
			}
			closed(t, again)
			if !reached || t.Failed() {
				if n < 12 {
					t.Errorf("only %d steps", n)
				}
				break
			}
		}
	}
}

// TestKillAtEveryStepOfAStart stops starts: the first, one after an interrupted
// commit, one that has lost its configuration.
func TestKillAtEveryStepOfAStart(t *testing.T) {
	for _, row := range []struct {
		name    string
		prepare func(t *testing.T, dir string)
		want    string // host name in force in the end, "" for the factory default
	}{
		{"first", func(*testing.T, string) {}, ""},
		{"interrupted", func(t *testing.T, dir string) {
			grow(t, dir, "a", "b", "c")
			rewind(t, dir, 3)
		}, "b"},
		{"lost", func(t *testing.T, dir string) {
			grow(t, dir, "a", "b", "c")
			damage(t, dir, 4)
		}, "b"},
	} {
		for _, cut := range []bool{false, true} {
			for n, finished := 0, false; !finished && !t.Failed(); n++ {
				dir := filepath.Join(t.TempDir(), "config")
				row.prepare(t, dir)
				s := &saboteur{dir: dir, at: n, kill: true}
				s.watch()
				var wg sync.WaitGroup
				wg.Go(func() {
					store := open(t, dir, new(tape), func(o *Options) { o.Disk = s.step })
					closed(t, store)
					finished = true
				})
				wg.Wait()
				if cut {
					s.cutPower(t)
				}
				store := open(t, dir, new(tape))
				if host := store.Running().Tree.Root().Child("system").Child("host-name").Value(); host != row.want {
					t.Errorf("%s, step %d, cut %v: host %q is in force, want %q; notices %q", row.name, n, cut, host, row.want, store.Notices())
				}
				closed(t, store)
			}
		}
	}
}

// grow makes a store with a revision for each host name.
func grow(t testing.TB, dir string, hosts ...string) {
	t.Helper()
	s := open(t, dir, new(tape))
	for _, h := range hosts {
		edit(t, s.Shared(), ann, "set system host-name "+h)
		commit(t, s.Shared(), ann, h)
	}
	closed(t, s)
}

// rewind moves the link as if the commits behind revision n had not reached it.
func rewind(t testing.TB, dir string, n uint64) {
	t.Helper()
	link := filepath.Join(dir, activeName)
	if err := errors.Join(os.Remove(link), os.Symlink(activeTarget(n), link)); err != nil {
		t.Fatal(err)
	}
}

// damage changes one letter of a revision.
func damage(t testing.TB, dir string, n uint64) {
	t.Helper()
	name := filepath.Join(dir, activeTarget(n))
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)-4] ^= 1
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
