package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"loggia/audit/event"
	"loggia/configtree"
)

// TestEditsAreRecorded shows what each kind of change leaves in change-log.
func TestEditsAreRecorded(t *testing.T) {
	for _, row := range []struct {
		before, lines []string
		want          []string
	}{
		{nil, []string{"set system host-name a"}, []string{`SET set: [system host-name] unconfigured -- "a"`}},
		{[]string{"set system host-name a"}, []string{"set system host-name b"}, []string{`SET set: [system host-name] "a -- "b"`}},
		{[]string{"set system host-name a"}, []string{"set system host-name a"}, nil},
		{[]string{"set system host-name a"}, []string{"delete system host-name"}, []string{"OTHER delete: [system host-name] "}},
		{nil, []string{"set system syslog file x any info"}, []string{
			"OTHER set: [system syslog file x] ", "OTHER set: [system syslog file x any] ", `SET set: [system syslog file x any] unconfigured -- "info"`}},
		{nil, []string{"set system syslog file x any info", "set system syslog file x archive size 1m"}, []string{
			"OTHER set: [system syslog file x] ", "OTHER set: [system syslog file x any] ", `SET set: [system syslog file x any] unconfigured -- "info"`,
			"OTHER set: [system syslog file x archive] ", `SET set: [system syslog file x archive size] unconfigured -- "1m"`}},
		{nil, []string{"set system syslog file messages any error"}, []string{
			`SET set: [system syslog file messages any] unconfigured -- "error"`, "OTHER delete: [system syslog file messages any notice] "}},
		{nil, []string{"delete system syslog file messages"}, []string{"OTHER delete: [system syslog file messages] "}},
		{nil, []string{"deactivate system syslog file messages"}, []string{"OTHER deactivate: [system syslog file messages] "}},
		{[]string{"deactivate system syslog"}, []string{"activate system syslog"}, []string{"OTHER activate: [system syslog] "}},
		{nil, []string{`annotate system syslog "why"`}, []string{`OTHER annotate: [system syslog] "why"`}},
		{nil, []string{`annotate system syslog "it is $6$abc$def"`}, []string{`OTHER annotate: [system syslog] "/* SECRET-DATA */"`}},
		{[]string{"set system services outbound-ssh client c secret tr0ub4dor"}, []string{`annotate system syslog "tr0ub4dor"`},
			[]string{`OTHER annotate: [system syslog] "/* SECRET-DATA */"`}},
		{nil, []string{`set system root-authentication encrypted-password "$6$abc$def"`}, []string{
			"OTHER set: [system root-authentication] ", "SET_SECRET set: [system root-authentication encrypted-password]"}},
		{[]string{`set system root-authentication encrypted-password "$6$abc$def"`}, []string{"delete system root-authentication encrypted-password"},
			[]string{"OTHER delete: [system root-authentication encrypted-password] "}},
	} {
		var r tape
		s := open(t, t.TempDir(), &r)
		edit(t, s.Shared(), ann, row.before...)
		r.lines()
		if _, _, err := s.Shared().Edit(context.Background(), ann, raw(t, s, row.lines...)); err != nil {
			t.Errorf("%q: %v", row.lines, err)
		}
		got := r.lines()
		for i := range got {
			got[i] = strings.TrimPrefix(strings.Replace(got[i], "User 'ann' ", "", 1), "UI_CFG_AUDIT_")
			if strings.Contains(got[i], "$6$") {
				t.Errorf("a secret on record: %q", got[i])
			}
		}
		if !slices.Equal(got, row.want) {
			t.Errorf("%q\n\tgot  %q\n\twant %q", row.lines, got, row.want)
		}
		closed(t, s)
	}
}

// raw reads commands, annotate among them, which is none of load set.
func raw(t *testing.T, s *Store, lines ...string) []configtree.Edit {
	t.Helper()
	var all []configtree.Edit
	for _, line := range lines {
		rest, ok := strings.CutPrefix(line, "annotate system syslog ")
		if !ok {
			all = append(all, edits(t, line)...)
			continue
		}
		e := edits(t, "deactivate system syslog")[0]
		e.Op, e.Value = configtree.Annotate, strings.Trim(rest, `"`)
		all = append(all, e)
	}
	return all
}

func TestEditIsAllOrNothing(t *testing.T) {
	var r tape
	s := open(t, t.TempDir(), &r)
	defer closed(t, s)
	c := s.Shared()
	before := c.Tree()
	r.lines()
	bad := edits(t, "set system host-name a", "delete system time-zone", "set system time-zone UTC")
	bad[2].Path = bad[2].Path[1:]
	_, problems, err := c.Edit(context.Background(), ann, bad)
	if err == nil || len(problems) != 2 || !problems[0].Warning || problems[1].Warning {
		t.Errorf("%+v, %v", problems, err)
	}
	if c.Tree() != before || len(r.lines()) != 0 {
		t.Error("a refused edit changed or recorded something")
	}
	changes, problems, err := c.Edit(context.Background(), ann, bad[:2])
	if err != nil || len(changes) != 1 || len(problems) != 1 || !errors.Is(problems[0].Err, configtree.ErrNotFound) {
		t.Errorf("%+v, %+v, %v", changes, problems, err)
	}
	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := c.Edit(canceled, ann, edits(t, "set system host-name b")); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestNamesAndPlacesAreRecorded as commands, and survive a restart.
func TestNamesAndPlacesAreRecorded(t *testing.T) {
	dir := t.TempDir()
	var r tape
	s := open(t, dir, &r)
	edit(t, s.Shared(), ann, "set system syslog file a any info", "set system syslog file a match x")
	file := edits(t, "deactivate system syslog file a")[0].Path
	r.lines()
	for _, e := range []configtree.Edit{
		{Op: configtree.Rename, Path: file, Value: "b"},
		{Op: configtree.Copy, Path: file.Parent().Append(configtree.Step{Node: file.Last().Node, Key: "b"}), Value: "c d"},
		{Op: configtree.Protect, Path: file.Parent().Append(configtree.Step{Node: file.Last().Node, Key: "b"})},
		{Op: configtree.Unprotect, Path: file.Parent().Append(configtree.Step{Node: file.Last().Node, Key: "b"})},
	} {
		if _, problems, err := s.Shared().Edit(context.Background(), ann, []configtree.Edit{e}); err != nil || len(problems) != 0 {
			t.Fatalf("%v: %v, %v", e.Op, problems, err)
		}
	}
	wantLines(t, r.lines(), "UI_CFG_AUDIT_NEW User 'ann' rename: [system syslog file a] b", `UI_CFG_AUDIT_NEW User 'ann' copy: [system syslog file b] "c d"`,
		"UI_CFG_AUDIT_OTHER User 'ann' protect: [system syslog file b] ", "UI_CFG_AUDIT_OTHER User 'ann' unprotect: [system syslog file b] ")
	want := text(t, s.Shared().Tree())
	closed(t, s)
	s = open(t, dir, new(tape))
	defer closed(t, s)
	if got := text(t, s.Shared().Tree()); got != want || !strings.Contains(got, "file b") || strings.Contains(got, "file a ") {
		t.Errorf("after a restart\n%s", got)
	}
}

func TestUndoTakesOnlyItsOwn(t *testing.T) {
	for _, row := range []struct {
		name  string
		steps []string // SESSION: command; "mark" and "undo" are ann's
		want  string
	}{
		{"own", []string{"ann: set system host-name before", "mark", "ann: set system host-name a", "ann: set system syslog file x any any", "undo"},
			"set system host-name before\nset system syslog file messages any notice\n"},
		{"others before, between, after", []string{"bob: set system syslog file b1 any any", "mark", "ann: set system host-name a", "bob: set system syslog file b2 any any",
			"ann: set system time-zone UTC", "bob: set system syslog file b3 any any", "undo"},
			"set system syslog file b1 any any\nset system syslog file b2 any any\nset system syslog file b3 any any\nset system syslog file messages any notice\n"},
		{"the other's value stays", []string{"mark", "ann: set system host-name a", "bob: set system host-name b", "undo"},
			"set system host-name b\nset system syslog file messages any notice\n"},
		{"the other's value comes back", []string{"bob: set system host-name b", "mark", "ann: set system host-name a", "undo"},
			"set system host-name b\nset system syslog file messages any notice\n"},
		{"a deletion comes back", []string{"bob: set system syslog file b any any", "mark", "ann: delete system syslog", "undo"},
			"set system syslog file b any any\nset system syslog file messages any notice\n"},
		{"what stood on it goes", []string{"mark", "ann: set system syslog file x any any", "bob: deactivate system syslog file x", "undo"},
			"set system syslog file messages any notice\n"},
		{"a rollback", []string{"bob: set system host-name b", "mark", "ann: rollback", "undo"},
			"set system syslog file messages any notice\n"},
		{"the other's rollback", []string{"mark", "ann: set system host-name a", "bob: rollback", "ann: set system time-zone UTC", "undo"},
			"set system syslog file messages any notice\n"},
		{"what was committed stays", []string{"mark", "ann: set system host-name a", "bob: commit", "ann: set system time-zone UTC", "undo"},
			"set system host-name a\nset system syslog file messages any notice\n"},
		{"nothing", []string{"bob: set system host-name b", "mark", "undo"}, "set system host-name b\nset system syslog file messages any notice\n"},
	} {
		dir := t.TempDir()
		s := open(t, dir, new(tape))
		c := s.Shared()
		var mark Mark
		for _, step := range row.steps {
			who, command, _ := strings.Cut(step, ": ")
			by := map[string]event.Subject{"ann": ann, "bob": bob}[who]
			var err error
			switch {
			case step == "mark":
				mark = c.Mark(ann)
			case step == "undo":
				_, err = c.Undo(context.Background(), mark)
			case command == "rollback":
				err = c.Rollback(context.Background(), by, 0)
			case command == "commit":
				commit(t, c, by, "")
			default:
				edit(t, c, by, command)
			}
			if err != nil {
				t.Fatalf("%s: %s: %v", row.name, step, err)
			}
		}
		if got := text(t, c.Tree()); got != row.want {
			t.Errorf("%s:\n%s", row.name, got)
		}
		closed(t, s)
		s = open(t, dir, new(tape))
		if got := text(t, s.Shared().Tree()); got != row.want {
			t.Errorf("%s, after a restart:\n%s", row.name, got)
		}
		closed(t, s)
	}
}

func TestUndoIsRecorded(t *testing.T) {
	var r tape
	s := open(t, t.TempDir(), &r)
	defer closed(t, s)
	mark := s.Shared().Mark(ann)
	edit(t, s.Shared(), ann, "set system host-name a")
	r.lines()
	if changes, err := s.Shared().Undo(context.Background(), mark); err != nil || len(changes) != 1 {
		t.Errorf("%+v, %v", changes, err)
	}
	wantLines(t, r.lines(), "UI_CFG_AUDIT_OTHER User 'ann' delete: [system host-name] ")
}

// TestFoldedLog: what is too much to be kept edit by edit is kept as a whole.
func TestFoldedLog(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, new(tape))
	c := s.Shared()
	mark := c.Mark(ann)
	edit(t, c, ann, "set system host-name a")
	c.mu.Lock()
	c.cost = maxCost
	c.mu.Unlock()
	edit(t, c, bob, "set system time-zone UTC")
	if _, err := c.Undo(context.Background(), mark); !errors.Is(err, ErrFolded) {
		t.Errorf("undo: %v", err)
	}
	mark = c.Mark(ann)
	edit(t, c, ann, "set system host-name b")
	if _, err := c.Undo(context.Background(), mark); err != nil {
		t.Error(err)
	}
	want := text(t, c.Tree())
	if !strings.Contains(want, "host-name a") || !strings.Contains(want, "UTC") {
		t.Error(want)
	}
	closed(t, s)
	s = open(t, dir, new(tape))
	defer closed(t, s)
	if got := text(t, s.Shared().Tree()); got != want || len(s.Notices()) != 0 {
		t.Errorf("after a restart: %q\n%s", s.Notices(), got)
	}
}

// TestRandomSessions drives the candidate and a naive model with the same edits,
// undos, rollbacks, commits and restarts.
func TestRandomSessions(t *testing.T) {
	for seed := range uint64(8) {
		rng := rand.New(rand.NewPCG(seed, 1))
		dir := t.TempDir()
		s := open(t, dir, new(tape))
		type step struct {
			by    event.Subject
			edits []configtree.Edit
		}
		base, log := s.Running().Tree, []step(nil)
		marks, at := map[event.Subject]Mark{}, map[event.Subject]int{}
		for range 150 {
			by := []event.Subject{ann, bob}[rng.IntN(2)]
			switch k := rng.IntN(20); {
			case k < 12:
				e := edits(t, randomLine(rng))
				if _, _, err := s.Shared().Edit(context.Background(), by, e); err != nil {
					t.Fatal(err)
				}
				log = append(log, step{by, e})
			case k < 14:
				marks[by], at[by] = s.Shared().Mark(by), len(log)
			case k < 16:
				mark, ok := marks[by]
				if !ok {
					continue
				}
				if _, err := s.Shared().Undo(context.Background(), mark); err != nil {
					t.Fatal(err)
				}
				kept := slices.Clone(log[:at[by]])
				for _, l := range log[at[by]:] {
					if l.by != by {
						kept = append(kept, l)
					}
				}
				log = kept
				clear(marks)
			case k < 17:
				commit(t, s.Shared(), by, "")
				base, log = s.Running().Tree, nil
				clear(marks)
			case k < 18:
				if err := s.Shared().Rollback(context.Background(), by, 0); err != nil {
					t.Fatal(err)
				}
				log = nil
				clear(marks)
			default:
				closed(t, s)
				s = open(t, dir, new(tape))
				clear(marks)
			}
			want := base
			for _, l := range log {
				want, _ = applyAll(want, l.edits)
			}
			if got := text(t, s.Shared().Tree()); got != text(t, want) {
				t.Fatalf("seed %d: got\n%swant\n%s", seed, got, text(t, want))
			}
			if s.Shared().Dirty() == want.Equal(s.Running().Tree) {
				t.Fatalf("seed %d: dirty is %v", seed, s.Shared().Dirty())
			}
		}
		closed(t, s)
	}
}

func randomLine(rng *rand.Rand) string {
	name := string(rune('a' + rng.IntN(4)))
	return []string{
		"set system host-name " + name,
		"delete system host-name",
		"set system syslog file " + name + " any info",
		"set system syslog file " + name + " kernel error",
		"delete system syslog file " + name,
		"deactivate system syslog file " + name,
		"activate system syslog file " + name,
		"set system syslog host " + name + " any any",
		"delete system syslog host " + name,
	}[rng.IntN(9)]
}

// TestSessionsInParallel: nobody's edit gets lost, whoever commits meanwhile.
func TestSessionsInParallel(t *testing.T) {
	dir := t.TempDir()
	var r tape
	s := open(t, dir, &r)
	const each = 60
	var wg sync.WaitGroup
	for i, by := range []event.Subject{ann, bob} {
		wg.Go(func() {
			for n := range each {
				e := configtree.Edit{Op: configtree.Set, Path: edits(t, fmt.Sprintf("set system syslog file s%d-%d any any", i, n))[0].Path}
				if _, _, err := s.Shared().Edit(context.Background(), by, []configtree.Edit{e}); err != nil {
					t.Error(err)
				}
				if n%20 == i {
					if _, err := s.Shared().Commit(context.Background(), by, CommitOptions{Command: "commit"}); err != nil {
						t.Error(err)
					}
				}
				if n%15 == i {
					mark := s.Shared().Mark(by)
					if _, err := s.Shared().Undo(context.Background(), mark); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Go(func() {
		for range 200 {
			if s.Running().Effective == nil || s.Shared().Base() == nil {
				t.Error("half a revision")
			}
			if _, err := s.History(); err != nil {
				t.Error(err)
			}
		}
	})
	wg.Wait()
	if n := s.Shared().Tree().Root().Child("system").Child("syslog").Len("file"); n != 2*each+1 {
		t.Errorf("%d files", n)
	}
	commit(t, s.Shared(), ann, "")
	want := text(t, s.Running().Tree)
	closed(t, s)
	s = open(t, dir, new(tape))
	defer closed(t, s)
	if text(t, s.Running().Tree) != want || s.Shared().Dirty() {
		t.Error("a restart changes something")
	}
}

// TestFullDisk: an edit that cannot be kept is refused, and the log is whole
// for the next one.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	sab := &saboteur{dir: dir, at: -1}
	sab.watch()
	s := open(t, dir, new(tape), func(o *Options) { o.Disk = sab.step })
	edit(t, s.Shared(), ann, "set system host-name a")
	for range 2 { // the log loses its file at the first and is rewritten at the second
		sab.mu.Lock()
		sab.fail = func(int, DiskStep) bool { return true }
		sab.mu.Unlock()
		if _, _, err := s.Shared().Edit(context.Background(), ann, edits(t, "set system host-name b")); !errors.Is(err, errSabotage) {
			t.Error(err)
		}
		sab.mu.Lock()
		sab.fail = nil
		sab.mu.Unlock()
		edit(t, s.Shared(), bob, "set system time-zone UTC")
	}
	want := text(t, s.Shared().Tree())
	if !strings.Contains(want, "host-name a") {
		t.Error(want)
	}
	closed(t, s)
	s = open(t, dir, new(tape))
	defer closed(t, s)
	if got := text(t, s.Shared().Tree()); got != want {
		t.Errorf("after a restart\n%s", got)
	}
}

func TestClosedStore(t *testing.T) {
	s := open(t, t.TempDir(), new(tape))
	closed(t, s)
	_, _, edited := s.Shared().Edit(context.Background(), ann, edits(t, "set system host-name a"))
	_, committed := s.Shared().Commit(context.Background(), ann, CommitOptions{Command: "commit"})
	_, undone := s.Shared().Undo(context.Background(), s.Shared().Mark(ann))
	for _, err := range []error{edited, committed, undone, s.Shared().Rollback(context.Background(), ann, 0), s.Close()} {
		if !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
	}
}

// TestUnsafeModesAreTightened: what others could read before, they cannot now.
func TestUnsafeModesAreTightened(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "config")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	closed(t, open(t, dir, new(tape)))
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}
