package receive

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// crash ends f as a kill does: nothing more is written.
func (f *File) crash(t *testing.T) {
	t.Helper()
	close(f.end)
	f.syncs.Wait()
	if err := f.shut(); err != nil {
		t.Error(err)
	}
}

func mustOpen(t *testing.T, path string, size int64, count int) *File {
	t.Helper()
	f, err := OpenFile(path, size, count)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// some are n events, numbered from first.
func some(first, n int) (list []Event) {
	for i := first; i < first+n; i++ {
		list = append(list, Event{Line: fmt.Sprintf("line %04d", i), Position: fmt.Sprintf("n.1.%d", i)})
	}
	return list
}

// all is what the files hold, oldest first.
func all(t *testing.T, path string) (lines []string) {
	t.Helper()
	for i := 99; i >= -1; i-- {
		name := path
		if i >= 0 {
			name = fmt.Sprintf("%s.%d", path, i)
		}
		text, err := os.ReadFile(name)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")...)
	}
	return slices.DeleteFunc(lines, func(s string) bool { return s == "" })
}

func wantLines(t *testing.T, path string, n int) {
	t.Helper()
	got := all(t, path)
	for i, l := range got {
		if l != fmt.Sprintf("line %04d", i+1) {
			t.Fatalf("line %d is %q", i+1, l)
		}
	}
	if len(got) != n {
		t.Fatalf("%d lines, want %d", len(got), n)
	}
}

func TestFileKeepsThePosition(t *testing.T) {
	path := filepath.Join(t.TempDir(), "messages")
	f := mustOpen(t, path, 1<<20, 3)
	if f.Position() != "" {
		t.Errorf("position %q of nothing", f.Position())
	}
	if err := f.Write([]Event{{Position: "n.1.0", Mark: true}}); err != nil {
		t.Error(err)
	}
	f.crash(t)
	f = mustOpen(t, path, 1<<20, 3)
	if f.Position() != "n.1.0" {
		t.Errorf("position %q after a mark", f.Position())
	}
	if err := f.Write(some(1, 10)); err != nil {
		t.Error(err)
	}
	if _, err := OpenFile(path, 1<<20, 3); err == nil || !strings.Contains(err.Error(), "another collector") {
		t.Errorf("second collector: %v", err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	f = mustOpen(t, path, 1<<20, 3)
	defer func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}()
	if f.Position() != "n.1.10" {
		t.Errorf("position %q", f.Position())
	}
	wantLines(t, path, 10)
}

// What was written without its position comes again: it is cut off.
func TestFileCutsWhatIsNotVouchedFor(t *testing.T) {
	path := filepath.Join(t.TempDir(), "messages")
	f := mustOpen(t, path, 1<<20, 3)
	if err := f.Write(some(1, 5)); err != nil {
		t.Error(err)
	}
	if _, err := f.file.WriteString("line 0006\nline 00"); err != nil {
		t.Error(err)
	}
	f.crash(t)
	f = mustOpen(t, path, 1<<20, 3)
	if err := f.Write(some(6, 5)); err != nil {
		t.Error(err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	wantLines(t, path, 10)
}

// Whatever has been done of a turnover when a kill comes, no line is lost or
// twice. The steps are those of turnOver, in their order.
func TestFileSurvivesAKillWhileTurningOver(t *testing.T) {
	for steps := range 5 {
		path := filepath.Join(t.TempDir(), "messages")
		f := mustOpen(t, path, 1<<20, 3)
		if err := f.Write(some(1, 5)); err != nil {
			t.Error(err)
		}
		fresh, err := os.OpenFile(path+".new", os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o640)
		if err != nil {
			t.Fatal(err)
		}
		for i, step := range []func() error{
			func() error {
				info, err := fresh.Stat()
				f.inode, f.at = inode(info), 0
				return errors.Join(err, f.note())
			},
			f.shift,
			func() error { return os.Rename(path+".new", path) },
			func() error { _, err := fresh.WriteString("line 0006\n"); return err },
		} {
			if i < steps {
				if err := step(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := fresh.Close(); err != nil {
			t.Error(err)
		}
		f.crash(t)
		f = mustOpen(t, path, 1<<20, 3)
		if f.Position() != "n.1.5" {
			t.Errorf("step %d: position %q", steps, f.Position())
		}
		if err := f.Write(some(6, 5)); err != nil {
			t.Error(err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		wantLines(t, path, 10)
	}
}

func TestFileIsTurnedOver(t *testing.T) {
	path := filepath.Join(t.TempDir(), "messages")
	f := mustOpen(t, path, 35, 20) // three lines and a half
	if err := f.Write(some(1, 20)); err != nil {
		t.Error(err)
	}
	if err := f.Write([]Event{{Line: strings.Repeat("x", 100), Position: "n.1.21"}}); err != nil {
		t.Error(err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	got := all(t, path)
	if len(got) != 21 || len(got[20]) != 100 {
		t.Errorf("%q", got)
	}
	for i := range 7 {
		if info, err := os.Stat(fmt.Sprintf("%s.%d", path, i)); err != nil || info.Size() > 35 {
			t.Errorf("%d: %v, %v", i, info, err)
		}
	}
	f = mustOpen(t, path, 35, 2)
	if err := f.Write(some(22, 6)); err != nil {
		t.Error(err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path + ".1"); err != nil {
		t.Error(err)
	}
}

// A damaged record of the ledger leaves the one before.
func TestLedgerSurvivesDamage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "messages")
	f := mustOpen(t, path, 1<<20, 3)
	for i := range 4 {
		if err := f.Write(some(i+1, 1)); err != nil {
			t.Error(err)
		}
	}
	if _, err := f.ledger.file.WriteAt([]byte("XX"), int64(f.ledger.number%2)*recordSize+20); err != nil {
		t.Error(err)
	}
	f.crash(t)
	f = mustOpen(t, path, 1<<20, 3)
	if f.Position() != "n.1.3" {
		t.Errorf("position %q", f.Position())
	}
	if err := f.Write(some(4, 2)); err != nil {
		t.Error(err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	wantLines(t, path, 5)
}

// A file that somebody put there is added to, never cut.
func TestFileOfSomebodyElse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "messages")
	f := mustOpen(t, path, 1<<20, 3)
	if err := f.Write(some(9, 1)); err != nil {
		t.Error(err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(path+".other", []byte("line 0001\nline 0002\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".other", path); err != nil {
		t.Fatal(err)
	}
	f = mustOpen(t, path, 1<<20, 3)
	if err := f.Write(some(3, 1)); err != nil {
		t.Error(err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	wantLines(t, path, 3)
}

// Without a record that can be read nobody knows where to go on.
func TestDamagedLedgerIsAnError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "messages")
	if err := os.WriteFile(path+".position", []byte(strings.Repeat("x", 1024)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenFile(path, 1<<20, 3); err == nil || !strings.Contains(err.Error(), "messages.position: damaged") {
		t.Error(err)
	}
}
