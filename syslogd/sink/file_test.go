package sink

import (
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"loggia/audit/event"
	"loggia/syslogd/logfile"
	"loggia/syslogd/wire"
)

// world is a log directory with its indexes.
type world struct {
	t        testing.TB
	dir, idx string
	reports  chan Alarm
	adjust   func(*File)
}

func newWorld(t testing.TB) *world {
	w := &world{t: t, dir: t.TempDir(), idx: t.TempDir(), reports: make(chan Alarm, 1000)}
	return w
}

func (w *world) config(o FileOptions) FileConfig {
	if o.Style.HostName == "" {
		o.Style = wire.Style{HostName: "host", FacilityOverride: -1}
	}
	return FileConfig{Dir: w.dir, IndexDir: w.idx, Name: "messages", Place: "[edit file messages]", FileOptions: o,
		Report: func(e Alarm) { w.reports <- e }}
}

func (w *world) open(o FileOptions) *File {
	w.t.Helper()
	f, err := newFile(w.config(o), w.adjust)
	if err != nil {
		w.t.Fatal(err)
	}
	return f
}

func (w *world) close(f *File) {
	w.t.Helper()
	if err := f.Close(context.Background()); err != nil {
		w.t.Fatal(err)
	}
}

// text returns all text of the log as the reader joins it, without the lines
// that the file made itself.
func (w *world) text(f *File) []string {
	w.t.Helper()
	return slices.DeleteFunc(w.all(f), func(s string) bool {
		return strings.Contains(s, "logfile turned over") || strings.Contains(s, "logfile cleared")
	})
}

func (w *world) all(f *File) []string {
	w.t.Helper()
	log := w.log(f)
	defer log.Close()
	var lines []string
	last := logfile.Position{}
	for line, err := range log.All(context.Background()) {
		if err != nil {
			w.t.Fatal(err)
		}
		if p := line.Position; last.Epoch == p.Epoch && last.Seq+1 != p.Seq || p.Seq == 0 {
			w.t.Fatalf("position %v follows %v at %q", p, last, line.Text)
		}
		last = line.Position
		lines = append(lines, string(line.Text))
	}
	return lines
}

func (w *world) log(f *File) *logfile.Log {
	w.t.Helper()
	log, err := logfile.Open(w.dir, w.idx, "messages")
	if err != nil {
		w.t.Fatal(err)
	}
	log.Node = "n"
	if f != nil {
		log.Live = f
	}
	return log
}

func (w *world) names() []string {
	w.t.Helper()
	entries, err := os.ReadDir(w.dir)
	if err != nil {
		w.t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// batch makes lines with the texts, each different from the next.
func batch(texts ...string) *Lines {
	l := &Lines{Received: time.Now()}
	for _, text := range texts {
		h := fnv.New64a()
		io.WriteString(h, text)
		l.append([]byte(text+"\n"), Line{Hash: h.Sum64(), Facility: event.Daemon, Severity: event.Info})
	}
	return l
}

// same makes lines that repeat each other.
func same(n int, text string) *Lines {
	l := &Lines{Received: time.Now()}
	for range n {
		l.append([]byte(text+"\n"), Line{Hash: 7, Facility: event.Daemon, Severity: event.Info})
	}
	return l
}

func numbered(from, to, width int) []string {
	var texts []string
	for i := from; i < to; i++ {
		texts = append(texts, fmt.Sprintf("Nov 22 14:00:00 host app: %0*d", width, i))
	}
	return texts
}

func (w *world) conserved(f *File) {
	w.t.Helper()
	c := f.Counters()
	if c.Accepted != c.Delivered+c.Repeated+c.Lost()+c.Waiting {
		w.t.Errorf("counters do not add up: %+v", c)
	}
}

func equal(t testing.TB, what string, got, want []string) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Fatalf("%s: got %d lines, want %d; from line %d on, got %.100q, want %.100q", what, len(got), len(want), i,
				got[min(i, len(got)):min(i+3, len(got))], want[min(i, len(want)):min(i+3, len(want))])
		}
	}
}

func TestFileRotatesBetweenRecords(t *testing.T) {
	w := newWorld(t)
	f := w.open(FileOptions{Size: 1000, Files: 200})
	want := numbered(0, 500, 20)
	for n, rest := 1, want; len(rest) > 0; n += 7 { // growing batches: the later ones span several rotations
		n = min(n, len(rest))
		f.Write(batch(rest[:n]...))
		rest = rest[n:]
	}
	if err := f.Archived(t.Context()); err != nil {
		t.Fatal(err)
	}
	equal(t, "text", w.text(f), want)
	w.conserved(f)
	for _, name := range w.names() {
		if name == "messages" || strings.HasSuffix(name, ".gz") {
			continue
		}
		t.Errorf("left over: %s", name)
	}
	live, err := os.ReadFile(filepath.Join(w.dir, "messages"))
	if err != nil || len(live) > 1000 {
		t.Errorf("live file of %d bytes, %v", len(live), err)
	}
	first, _, _ := strings.Cut(string(live), "\n")
	if !strings.HasSuffix(first, fmt.Sprintf(" host newsyslog[%d]: logfile turned over due to size>0K", os.Getpid())) {
		t.Errorf("first line %q", first)
	}
	w.close(f)
	equal(t, "without the writer", w.text(nil), want)
}

func TestFileKeepsTheNewestArchives(t *testing.T) {
	w := newWorld(t)
	f := w.open(FileOptions{Size: 1000, Files: 5})
	want := numbered(0, 1000, 20)
	for chunk := range slices.Chunk(want, 10) {
		f.Write(batch(chunk...))
	}
	if err := f.Archived(t.Context()); err != nil {
		t.Fatal(err)
	}
	equal(t, "directory", w.names(), []string{"messages", "messages.0.gz", "messages.1.gz", "messages.2.gz", "messages.3.gz", "messages.4.gz"})
	got := w.text(f)
	equal(t, "newest lines", got, want[len(want)-len(got):])
	if len(got) < 5*18 {
		t.Errorf("only %d lines kept", len(got))
	}
	indexes, err := filepath.Glob(filepath.Join(w.idx, "messages*"))
	if err != nil || len(indexes) != 5+1 {
		t.Errorf("%d index files, %v", len(indexes), err)
	}
	f.Reconfigure(FileOptions{Size: 1000, Files: 2, WorldReadable: true, Style: *f.Style()})
	equal(t, "after files 2", w.names(), []string{"messages", "messages.0.gz", "messages.1.gz"})
	info, err := os.Stat(filepath.Join(w.dir, "messages.1.gz"))
	if err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	w.close(f)
}

func TestRecordLargerThanTheFile(t *testing.T) {
	w := newWorld(t)
	f := w.open(FileOptions{Size: 500, Files: 9})
	large := "Nov 22 14:00:00 host app: " + strings.Repeat("x", 2000)
	f.Write(batch("a", large, "b", large+"2"))
	equal(t, "text", w.text(f), []string{"a", large, "b", large + "2"})
	w.close(f)
}

func TestRestartGoesOnNumbering(t *testing.T) {
	w := newWorld(t)
	var want []string
	for i := range 5 {
		f := w.open(FileOptions{Size: 700, Files: 100})
		texts := numbered(i*40, i*40+40, 20)
		f.Write(batch(texts...))
		want = append(want, texts...)
		equal(t, "text", w.text(f), want)
		if got := f.Counters().Delivered; got != uint64(len(want)) {
			t.Errorf("delivered %d after %d", got, len(want))
		}
		w.close(f)
	}
}

func TestRepeatedLines(t *testing.T) {
	line := "Nov 22 14:00:00 other app: again"
	for _, c := range []struct {
		name  string
		allow bool
		write []*Lines
		want  []string
	}{
		{"one batch", false, []*Lines{same(5, line), batch("z")}, []string{line, "last message repeated 4 times", "z"}},
		{"batch by batch", false, []*Lines{same(1, line), same(1, line), same(1, line), batch("z")}, []string{line, "last message repeated 2 times", "z"}},
		{"at close", false, []*Lines{same(3, line)}, []string{line, "last message repeated 2 times"}},
		{"allowed", true, []*Lines{same(3, line)}, []string{line, line, line}},
		{"none", false, []*Lines{batch("a", "b"), batch("c")}, []string{"a", "b", "c"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			f := w.open(FileOptions{AllowDuplicates: c.allow})
			for _, l := range c.write {
				f.Write(l)
			}
			w.close(f)
			got := w.all(nil)
			for i, s := range got {
				if _, sum, ok := strings.Cut(s, " other last"); ok {
					got[i] = "last" + sum
				}
			}
			equal(t, "lines", got, c.want)
			w.conserved(f)
		})
	}
}

func TestOwnRecordsAreNeverFolded(t *testing.T) {
	w := newWorld(t)
	f := w.open(FileOptions{})
	l := same(4, "mine")
	for i := range l.Lines {
		l.Lines[i].Self = true
	}
	f.Write(l)
	equal(t, "lines", w.all(f), []string{"mine", "mine", "mine", "mine"})
	w.close(f)
}

func TestMovedFileIsNoticed(t *testing.T) {
	w := newWorld(t)
	path := filepath.Join(w.dir, "messages")
	for _, c := range []struct {
		name    string
		disturb func() error
		want    []string
	}{
		{"moved", func() error { return os.Rename(path, path+".old") }, []string{"after"}},
		{"removed", func() error { return os.Remove(path) }, []string{"after"}},
		{"replaced", func() error {
			if err := os.Remove(path); err != nil {
				return err
			}
			return os.WriteFile(path, []byte("theirs\ntorn"), 0o600)
		}, []string{"theirs", "torn [truncated]", "after"}},
		{"truncated", func() error { return os.Truncate(path, 0) }, []string{"after"}},
		{"appended to", func() error {
			f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			defer f.Close()
			_, err = f.WriteString("theirs\n")
			return err
		}, []string{"before", "theirs", "after"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := w.open(FileOptions{})
			if err := f.Clear("", true); err != nil {
				t.Fatal(err)
			}
			f.Write(batch("before"))
			epoch := f.Published().Epoch
			if err := c.disturb(); err != nil {
				t.Fatal(err)
			}
			f.Reopen()
			f.Write(batch("after"))
			equal(t, "lines", w.text(f), c.want)
			if f.Published().Epoch == epoch {
				t.Error("the epoch is the old one")
			}
			w.conserved(f)
			w.close(f)
			if c.name == "moved" {
				os.Remove(path + ".old")
			}
		})
	}
}

func TestClear(t *testing.T) {
	w := newWorld(t)
	f := w.open(FileOptions{Size: 500, Files: 10})
	f.Write(batch(numbered(0, 50, 20)...))
	old := f.Published()
	if err := f.Clear("", false); err != nil {
		t.Fatal(err)
	}
	if p := f.Published(); p.Epoch <= old.Epoch || p.Seq != 1 {
		t.Errorf("point after clear: %+v", p)
	}
	if err := f.Archived(t.Context()); err != nil {
		t.Fatal(err)
	}
	all := w.all(f)
	if last := all[len(all)-1]; !strings.HasSuffix(last, "logfile cleared") || len(all) < 10 {
		t.Errorf("%d lines, last %q", len(all), last)
	}
	if err := f.Clear("ann", true); err != nil {
		t.Fatal(err)
	}
	if got := w.all(f); len(got) != 1 || !strings.HasSuffix(got[0], fmt.Sprintf(" host clear-log[%d]: logfile cleared by user 'ann'", os.Getpid())) {
		t.Errorf("after clear all: %q", got)
	}
	equal(t, "directory", w.names(), []string{"messages"})
	w.close(f)
	f = w.open(FileOptions{Size: 500, Files: 10})
	if p := f.Published(); p.Epoch <= old.Epoch || p.Seq != 1 {
		t.Errorf("point after restart: %+v", p)
	}
	w.close(f)
}

func TestAbandonLeavesNothing(t *testing.T) {
	w := newWorld(t)
	f := w.open(FileOptions{})
	if err := f.Abandon(); err != nil {
		t.Fatal(err)
	}
	equal(t, "directory", w.names(), nil)
	f = w.open(FileOptions{})
	f.Write(batch("kept"))
	w.close(f)
	f = w.open(FileOptions{})
	if err := f.Abandon(); err != nil {
		t.Fatal(err)
	}
	equal(t, "lines", w.all(nil), []string{"kept"})
}

func TestNamesThatAreRefused(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"", ".", "..", ".hidden", "a/b", "../x"} {
		c := w.config(FileOptions{})
		c.Name = name
		if f, err := NewFile(c); err == nil {
			t.Errorf("%q was opened", name)
			f.Close(t.Context())
		}
	}
	c := w.config(FileOptions{})
	c.Name = "dir"
	if err := os.Mkdir(filepath.Join(w.dir, "dir"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := NewFile(c); err == nil {
		t.Error("a directory was opened as a log")
	}
}

func TestWriteAfterClose(t *testing.T) {
	w := newWorld(t)
	f := w.open(FileOptions{})
	w.close(f)
	f.Write(batch("late"))
	if c := f.Counters(); c.Dropped[Closed] != 1 || c.Accepted != 1 {
		t.Errorf("counters %+v", c)
	}
	if _, _, err := f.OpenLive(); err == nil {
		t.Error("a closed file was opened")
	}
}
