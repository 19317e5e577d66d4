package store

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestDamage breaks a store with revisions 1 (factory), 2 (a), 3 (b), 4 (c) and
// uncommitted edits on top, and starts it.
func TestDamage(t *testing.T) {
	const onTop = "set system time-zone UTC\n"
	for _, row := range []struct {
		name    string
		harm    func(t *testing.T, dir string)
		host    string // in force afterwards
		dirty   bool   // the uncommitted edits survived
		history []uint64
		notice  string // part of one
		alarm   bool   // the loss is told to syslog
	}{
		{"nothing", func(*testing.T, string) {}, "c", true, []uint64{4, 3, 2, 1}, "", false},
		{"text changed", func(t *testing.T, dir string) { damage(t, dir, 4) }, "b", true, []uint64{3, 2, 1}, "revision 4 is lost", true},
		{"author changed", func(t *testing.T, dir string) {
			rewrite(t, dir+"/commit/4.conf", func(s string) string { return strings.Replace(s, `"ann"`, `"eve"`, 1) })
		}, "b", true, []uint64{3, 2, 1}, "hash differs", true},
		{"two damaged", func(t *testing.T, dir string) { damage(t, dir, 4); damage(t, dir, 3) }, "a", true, []uint64{2, 1}, "revision 3 cannot be used", true},
		{"empty", func(t *testing.T, dir string) { rewrite(t, dir+"/commit/4.conf", func(string) string { return "" }) }, "b", true, []uint64{3, 2, 1}, "header does not end", true},
		{"under another name", func(t *testing.T, dir string) {
			rewrite(t, dir+"/commit/4.conf", func(string) string { return read(t, dir+"/commit/2.conf") })
		}, "b", true, []uint64{3, 2, 1}, "calls itself revision 2", true},
		{"dangling", func(t *testing.T, dir string) { remove(t, dir+"/commit/4.conf") }, "b", true, []uint64{3, 2, 1}, "no such file", true},
		{"no link", func(t *testing.T, dir string) { remove(t, dir+"/active") }, "c", true, []uint64{4, 3, 2, 1}, "the active configuration is lost", true},
		{"link elsewhere", func(t *testing.T, dir string) {
			remove(t, dir+"/active")
			if err := os.Symlink("/etc/passwd", dir+"/active"); err != nil {
				t.Fatal(err)
			}
		}, "c", true, []uint64{4, 3, 2, 1}, `leads to "/etc/passwd"`, true},
		{"all damaged", func(t *testing.T, dir string) {
			for n := range uint64(4) {
				damage(t, dir, n+1)
			}
		}, "", true, []uint64{5}, "revision 4 is lost", true},
		{"an ancestor damaged", func(t *testing.T, dir string) {
			rewrite(t, dir+"/commit/3.conf", func(string) string { return "x" })
		}, "c", true, []uint64{4, 2, 1}, "commit/3.conf", false},
		{"an ancestor missing", func(t *testing.T, dir string) { remove(t, dir+"/commit/3.conf") }, "c", true, []uint64{4, 2, 1}, "revision 3 is missing", false},
		{"log torn", func(t *testing.T, dir string) {
			rewrite(t, dir+"/candidate.log", func(s string) string { return s[:len(s)-3] })
		},
			"c", false, []uint64{4, 3, 2, 1}, "bytes are ignored", false},
		{"log garbage", func(t *testing.T, dir string) {
			rewrite(t, dir+"/candidate.log", func(s string) string { return "\x00" + s })
		},
			"c", false, []uint64{4, 3, 2, 1}, "bytes are ignored", false},
		{"log missing", func(t *testing.T, dir string) { remove(t, dir+"/candidate.log") }, "c", false, []uint64{4, 3, 2, 1}, "", false},
		{"litter", func(t *testing.T, dir string) {
			for _, name := range []string{"active.tmp", "candidate.log.tmp", "commit/9.conf.tmp", "commit/notes.txt", "commit/007.conf"} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}, "c", true, []uint64{4, 3, 2, 1}, "", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			dir := t.TempDir()
			grow(t, dir, "a", "b", "c")
			s := open(t, dir, new(tape))
			edit(t, s.Shared(), bob, onTop)
			closed(t, s)
			row.harm(t, dir)
			for again := range 2 { // the second start finds everything in order
				var r tape
				s := open(t, dir, &r)
				if host := s.Running().Tree.Root().Child("system").Child("host-name").Value(); host != row.host {
					t.Errorf("start %d: host %q is in force, want %q", again, host, row.host)
				}
				if got := strings.Contains(text(t, s.Shared().Tree()), onTop); got != row.dirty {
					t.Errorf("start %d: candidate\n%s", again, text(t, s.Shared().Tree()))
				}
				var numbers []uint64
				history, err := s.History()
				for _, m := range history {
					numbers = append(numbers, m.Revision)
				}
				if err != nil || !slices.Equal(numbers, row.history) {
					t.Errorf("start %d: history %v, %v", again, numbers, err)
				}
				notices, alarm := strings.Join(s.Notices(), "\n"), strings.Contains(strings.Join(r.lines(), "\n"), "CONFIG_RECOVERED")
				if again == 0 && (!strings.Contains(notices, row.notice) || (row.notice == "") != (notices == "") || alarm != row.alarm) {
					t.Errorf("notices %q, alarm %v", notices, alarm)
				}
				if again == 1 && alarm {
					t.Errorf("the second start alarms: %q", notices)
				}
				closed(t, s)
			}
			if left, _ := filepath.Glob(dir + "/*.tmp"); len(left) != 0 {
				t.Errorf("left: %q", left)
			}
			if left, _ := filepath.Glob(dir + "/commit/*.tmp"); len(left) != 0 {
				t.Errorf("left: %q", left)
			}
			s = open(t, dir, new(tape))
			defer closed(t, s)
			edit(t, s.Shared(), ann, "set system host-name after")
			if r := commit(t, s.Shared(), ann, ""); r.Revision < 5 {
				t.Errorf("number %d came back", r.Revision)
			}
		})
	}
}

// TestUnknownStatements: a revision that holds what this program does not know
// runs without it, and says so.
func TestUnknownStatements(t *testing.T) {
	dir := t.TempDir()
	grow(t, dir, "a")
	root := grammar(t)
	s := open(t, dir, new(tape))
	m := s.Running().Meta
	closed(t, s)
	// Write revision 2 anew, as another version of the program would have.
	head, digits := m.header()
	body := "system {\n    host-name a;\n    flux-capacitor on;\n}\n"
	sum := hashOf(head, []byte(body))
	copy(head[digits:], sum)
	rewrite(t, dir+"/commit/2.conf", func(string) string { return string(head) + body })
	var r tape
	s = open(t, dir, &r)
	defer closed(t, s)
	if got := text(t, s.Running().Tree); got != "set system host-name a\n" || s.Running().Number != 2 {
		t.Errorf("revision %d\n%s", s.Running().Number, got)
	}
	if n := strings.Join(s.Notices(), "\n"); !strings.Contains(n, "left out") || !strings.Contains(n, "flux-capacitor") {
		t.Errorf("notices %q", n)
	}
	if lines := strings.Join(r.lines(), "\n"); !strings.Contains(lines, "UI_CONFIGURATION_ERROR") {
		t.Errorf("records %q", lines)
	}
	if root.Child("system").Child("flux-capacitor") != nil {
		t.Fatal("the grammar knows it after all")
	}
}

// TestBadFactory: a factory default that does not parse is no configuration.
func TestBadFactory(t *testing.T) {
	_, err := Open(Options{Dir: t.TempDir(), Schema: grammar(t), Factory: []byte("system { nonsense; }"), Recorder: new(tape)})
	if err == nil || !strings.Contains(err.Error(), "nonsense") {
		t.Error(err)
	}
}

// TestAbandonedFilesDoNotPileUp: only the number of the newest is of use.
func TestAbandonedFilesDoNotPileUp(t *testing.T) {
	dir := t.TempDir()
	sab := &saboteur{dir: dir, at: -1}
	sab.watch()
	s := open(t, dir, new(tape), func(o *Options) { o.Disk = sab.step })
	edit(t, s.Shared(), ann, "set system host-name a")
	for range 10 {
		sab.mu.Lock()
		sab.fail = func(_ int, step DiskStep) bool { return step.Op == DiskLink }
		sab.mu.Unlock()
		if _, err := s.Shared().Commit(t.Context(), ann, CommitOptions{Command: "commit"}); err == nil {
			t.Error("committed")
		}
	}
	sab.mu.Lock()
	sab.fail = nil
	sab.mu.Unlock()
	if r := commit(t, s.Shared(), ann, ""); r.Revision != 12 {
		t.Errorf("revision %d", r.Revision)
	}
	closed(t, s)
	names, err := filepath.Glob(dir + "/commit/*")
	if err != nil || len(names) != 2 {
		t.Errorf("%q, %v", names, err)
	}
}

func read(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func rewrite(t testing.TB, name string, change func(string) string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(change(read(t, name))), 0o600); err != nil {
		t.Fatal(err)
	}
}

func remove(t testing.TB, name string) {
	t.Helper()
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
}

// TestAStartThatFindsEverythingInOrderWritesNothing: it does not wait for the disk.
func TestAStartThatFindsEverythingInOrderWritesNothing(t *testing.T) {
	dir := t.TempDir()
	grow(t, dir, "a")
	closed(t, open(t, dir, new(tape))) // ends the journal of that commit
	s := open(t, dir, new(tape), func(o *Options) {
		o.Disk = func(step DiskStep) error {
			if step.Op != DiskCreate { // which the log is opened with for the next edit
				t.Errorf("%+v", step)
			}
			return nil
		}
	})
	closed(t, s)
	s = open(t, dir, new(tape))
	edit(t, s.Shared(), ann, "set system time-zone UTC")
	want := text(t, s.Shared().Tree())
	closed(t, s)
	s = open(t, dir, new(tape))
	defer closed(t, s)
	if got := text(t, s.Shared().Tree()); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
