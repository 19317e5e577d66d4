package sink

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"loggia/syslogd/logfile"
)

// killed is what a step panics with where the process is to die.
type killed struct{}

// dies runs fn and reports whether it was killed. The File is left as it is, as
// a killed process leaves its files.
func dies(fn func()) (dead bool) {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(killed); !ok {
				panic(r)
			}
			dead = true
		}
	}()
	fn()
	return false
}

// TestKilledInRotation kills the writer at each step of each rotation in turn
// and checks that the next start has every line, in order, numbered on.
func TestKilledInRotation(t *testing.T) {
	for at := 1; ; at++ {
		w := newWorld(t)
		count, where := 0, ""
		w.adjust = func(f *File) {
			f.step = func(step string) {
				switch step {
				case "rename", "rename index", "create", "state", "line":
					if count++; count == at {
						where = step
						panic(killed{})
					}
				}
			}
		}
		f := w.open(FileOptions{Size: 400, Files: 100})
		want := numbered(0, 40, 20)
		written := 0
		dead := dies(func() {
			for i, text := range want {
				f.Write(batch(text))
				written = i + 1
			}
		})
		f.archives.close(context.Background()) // the test's goroutines must not outlive it
		if !dead {
			w.close(f)
			if at < 10 {
				t.Fatalf("only %d steps", at)
			}
			return
		}
		epoch := f.point.Epoch
		f.mu.Lock()
		f.closed = true // a dead process has no timers
		f.mu.Unlock()
		w.adjust = nil
		f2 := w.open(FileOptions{Size: 400, Files: 100})
		f2.Write(batch("after"))
		if err := f2.Archived(t.Context()); err != nil {
			t.Fatal(err)
		}
		equal(t, fmt.Sprintf("killed at %q (%d)", where, at), w.text(f2), append(slices.Clone(want[:written]), "after"))
		if p := f2.Published(); p.Epoch != epoch {
			t.Errorf("killed at %q (%d): epoch %d, was %d", where, at, p.Epoch, epoch)
		}
		w.close(f2)
	}
}

// TestKilledInArchiving stops the archiver for ever at each of its steps in
// turn, and checks the same.
func TestKilledInArchiving(t *testing.T) {
	for at := int64(1); ; at++ {
		w := newWorld(t)
		var count atomic.Int64
		reached, release := make(chan string), make(chan struct{})
		f := w.open(FileOptions{Size: 400, Files: 100})
		f.archives.step = func(step string) {
			if count.Add(1) == at {
				reached <- step
				<-release
			}
		}
		want := numbered(0, 36, 20)
		f.Write(batch(want...))
		idle := make(chan struct{})
		go func() {
			f.Archived(context.Background())
			close(idle)
		}()
		var where string
		select {
		case where = <-reached:
		case <-idle:
			w.close(f)
			if at < 10 {
				t.Fatalf("only %d steps", at)
			}
			return
		}
		copied := newWorld(t) // the state of the disk at the moment of the kill
		copyDir(t, copied.dir, w.dir)
		copyDir(t, copied.idx, w.idx)
		close(release)
		w.close(f)

		f2 := copied.open(FileOptions{Size: 400, Files: 100})
		if err := f2.Archived(t.Context()); err != nil {
			t.Fatal(err)
		}
		equal(t, fmt.Sprintf("killed at %q (%d)", where, at), copied.text(f2), want)
		for _, name := range copied.names() {
			if part, _ := logfile.ParseName("messages", name); part == logfile.Waiting || part == logfile.Partial {
				t.Errorf("killed at %q (%d): left over %s", where, at, name)
			}
		}
		copied.close(f2)
	}
}

func copyDir(t *testing.T, to, from string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

// TestTornEnd: a batch of which a crash left a part, and an index that lost its
// end, is damaged, or is gone.
func TestTornEnd(t *testing.T) {
	for _, c := range []struct {
		name   string
		damage func(log, index string) error
		want   []string
		priors int // lines whose priority is still known
	}{
		{"torn line", func(log, _ string) error { return os.Truncate(log, 6) }, []string{"one", "tw [truncated]"}, 1},
		{"torn frame", func(_, index string) error { return os.Truncate(index, 64+5) }, []string{"one", "two", "three"}, 1},
		{"damaged frame", func(_, index string) error { return flip(index, 64+60) }, []string{"one", "two", "three"}, 1},
		{"no index", func(_, index string) error { return os.Remove(index) }, []string{"one", "two", "three"}, 0},
		{"empty index", func(_, index string) error { return os.Truncate(index, 0) }, []string{"one", "two", "three"}, 0},
		{"no state", func(_, index string) error { return os.Remove(filepath.Join(filepath.Dir(index), ".messages")) }, []string{"one", "two", "three"}, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			f := w.open(FileOptions{})
			for _, text := range []string{"one", "two", "three"} {
				f.Write(batch(text))
			}
			old := f.Published()
			w.close(f)
			if err := c.damage(filepath.Join(w.dir, "messages"), filepath.Join(w.idx, "messages")); err != nil {
				t.Fatal(err)
			}
			f = w.open(FileOptions{})
			f.Write(batch("four"))
			equal(t, "lines", w.all(f), append(slices.Clone(c.want), "four"))
			if p := f.Published(); p.Epoch != old.Epoch || p.Seq != uint64(len(c.want)+1) {
				t.Errorf("point %+v, was %+v", p, old)
			}
			log, known := w.log(f), 0
			defer log.Close()
			for line, err := range log.All(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				if line.Known {
					known++
				}
			}
			if known != c.priors+1 {
				t.Errorf("the priority of %d lines is known, want %d", known, c.priors+1)
			}
			w.close(f)
		})
	}
}

func flip(path string, at int64) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	b := make([]byte, 1)
	if _, err := f.ReadAt(b, at); err != nil {
		return err
	}
	b[0] ^= 0x40
	_, err = f.WriteAt(b, at)
	return err
}

// TestFullDisk: what does not fit is counted, no line is torn, the alarm is
// raised once and taken back once each time, and writing goes on by itself.
func TestFullDisk(t *testing.T) {
	w := newWorld(t)
	room := 1 << 30
	w.adjust = func(f *File) {
		f.write = func(file *os.File, b []byte) (int, error) {
			if len(b) <= room {
				room -= len(b)
				return file.Write(b)
			}
			n, err := file.Write(b[:room])
			room = 0
			if err == nil {
				err = &os.PathError{Op: "write", Path: "messages", Err: syscall.ENOSPC}
			}
			return n, err
		}
	}
	f := w.open(FileOptions{Size: 1000, Files: 3})
	f.Write(batch("first"))
	room = 10
	f.Write(batch("second", "third", "fourth"))
	f.Write(batch("fifth"))
	room = 1 << 30
	f.Write(batch("sixth"))
	room = 0
	f.Write(batch("seventh"))
	room = 1 << 30
	f.Write(later(batch("eighth")))
	equal(t, "lines", w.all(f), []string{"first", "second", "sixth", "eighth"})
	c := f.Counters()
	if c.Dropped[NoSpace] != 4 || c.Delivered != 4 {
		t.Errorf("counters %+v", c)
	}
	w.conserved(f)
	var texts []string
	for len(w.reports) > 0 {
		texts = append(texts, (<-w.reports).String())
	}
	fails, works := "[edit file messages]: write messages: no space left on device", "[edit file messages]: works again"
	equal(t, "reports", texts, []string{fails, works, fails, works})
	w.close(f)
}

// TestAlarmOfAFullDiskEnds: with the write that shows that there is room again; but
// where the disk is full again soon, or a write shows less, with time, though nobody
// writes any more.
func TestAlarmOfAFullDiskEnds(t *testing.T) {
	w := newWorld(t)
	room, clock := 0, time.Now()
	w.adjust = func(f *File) {
		f.now = func() time.Time { return clock }
		f.write = func(file *os.File, b []byte) (int, error) {
			if len(b) > room {
				return 0, &os.PathError{Op: "write", Path: "messages", Err: syscall.ENOSPC}
			}
			return file.Write(b)
		}
	}
	f := w.open(FileOptions{})
	write := func(space int, text string) {
		l := batch(text)
		l.Received, room = clock, space
		f.Write(l)
	}
	wants := func(when string, set bool) {
		t.Helper()
		if f.alarm.set != set {
			t.Errorf("%s: alarm %t, want %t", when, f.alarm.set, set)
		}
	}
	write(0, "refused")
	wants("full", true)
	clock = clock.Add(2 * calm)
	f.Recover()
	wants("nothing was written since", true)
	write(100, "it is well")
	wants("room again", false)
	write(0, "refused again")
	write(100, "one that is as long, or longer")
	wants("full again soon", true)
	clock = clock.Add(calm - 1)
	f.Recover()
	wants("not calm yet", true)
	clock = clock.Add(1)
	f.Recover()
	wants("nobody writes", false)
	clock = clock.Add(calm)
	write(8, "some line of twenty-eight")
	write(8, "short")
	wants("a short one", true)
	for _, text := range []string{"shor2", "shor3", "shor4"} {
		write(8, text)
	}
	wants("short ones", true)
	write(8, "shor5")
	wants("as much as was refused", false)
	equal(t, "lines", w.all(f), []string{"it is well", "one that is as long, or longer", "short", "shor2", "shor3", "shor4", "shor5"})
	w.close(f)
}

// later is a batch that came when things had calmed down.
func later(l *Lines) *Lines {
	l.Received = l.Received.Add(calm + time.Second)
	return l
}

// TestRotationThatFails: writing goes on in the old file, which is said once,
// and rotation comes when it can.
func TestRotationThatFails(t *testing.T) {
	w := newWorld(t)
	f := w.open(FileOptions{Size: 400, Files: 10})
	// A directory with something in it stands where the file would go.
	obstacle := filepath.Join(w.dir, logfile.WaitingName("messages", 1))
	if err := os.MkdirAll(filepath.Join(obstacle, "x"), 0o755); err != nil {
		t.Fatal(err)
	}
	want := numbered(0, 60, 20)
	for _, text := range want[:30] {
		f.Write(batch(text))
	}
	equal(t, "lines", w.text(f), want[:30])
	if err := os.RemoveAll(obstacle); err != nil {
		t.Fatal(err)
	}
	f.Write(later(batch(want[30:]...)))
	equal(t, "lines", w.text(f), want)
	if err := f.Archived(t.Context()); err != nil {
		t.Fatal(err)
	}
	var tags []string
	for len(w.reports) > 0 {
		tags = append(tags, (<-w.reports).String())
	}
	equal(t, "reports", tags, []string{"[edit file messages] rotation: renameat messages messages.0000000001: file exists", "[edit file messages] rotation: works again"})
	w.conserved(f)
	w.close(f)
}

// TestReportMayLog: what a file says about itself may come back to it.
func TestReportMayLog(t *testing.T) {
	w := newWorld(t)
	fail := true
	w.adjust = func(f *File) {
		report := f.report
		f.report = func(e Alarm) {
			f.Write(batch("about " + e.Place))
			report(e)
		}
		f.write = func(file *os.File, b []byte) (int, error) {
			if fail {
				return 0, syscall.EIO
			}
			return file.Write(b)
		}
	}
	f := w.open(FileOptions{})
	f.Write(batch("lost"))
	fail = false
	f.Write(later(batch("kept")))
	equal(t, "lines", w.all(f), []string{"kept", "about [edit file messages]"})
	if c := f.Counters(); c.Dropped[Unwritable] != 2 {
		t.Errorf("counters %+v", c)
	}
	w.close(f)
}

// TestArchiveThatCannotBeWritten: nothing is lost while compression fails, and
// the disk stays bounded.
func TestArchiveThatCannotBeWritten(t *testing.T) {
	w := newWorld(t)
	f := w.open(FileOptions{Size: 400, Files: 4})
	// A directory stands where the partial archive of the first generation goes.
	obstacle := filepath.Join(w.dir, logfile.WaitingName("messages", 1)+".gz")
	if err := os.Mkdir(obstacle, 0o755); err != nil {
		t.Fatal(err)
	}
	want := numbered(0, 100, 20)
	f.Write(batch(want[:20]...))
	if e := <-w.reports; !strings.Contains(e.String(), "archive") {
		t.Errorf("report %q", e)
	}
	equal(t, "lines", w.text(f), want[:20])
	f.Write(batch(want[20:]...))
	waiting := 0
	for _, name := range w.names() {
		if part, _ := logfile.ParseName("messages", name); part == logfile.Waiting {
			waiting++
		}
	}
	if waiting > 4 {
		t.Errorf("%d files wait", waiting)
	}
	if err := os.Remove(obstacle); err != nil {
		t.Fatal(err)
	}
	w.close(f)
	f = w.open(FileOptions{Size: 400, Files: 4})
	if err := f.Archived(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := w.text(f)
	equal(t, "newest lines", got, want[len(want)-len(got):])
	w.close(f)
}

func TestRepeatTimer(t *testing.T) {
	w := newWorld(t)
	synctest.Test(t, func(t *testing.T) {
		f := w.open(FileOptions{})
		line := "Nov 22 14:00:00 other app: again"
		f.Write(same(3, line))
		count := func() (sums []string) {
			for _, s := range w.all(f)[1:] {
				_, sum, _ := strings.Cut(s, " other ")
				sums = append(sums, sum)
			}
			return sums
		}
		time.Sleep(29 * time.Second)
		synctest.Wait()
		equal(t, "after 29 s", count(), nil)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		equal(t, "after 31 s", count(), []string{"last message repeated 2 times"})
		f.Write(same(4, line))
		time.Sleep(119 * time.Second)
		synctest.Wait()
		equal(t, "119 s later", count(), []string{"last message repeated 2 times"})
		time.Sleep(2 * time.Second)
		synctest.Wait()
		equal(t, "121 s later", count(), []string{"last message repeated 2 times", "last message repeated 4 times"})
		w.close(f)
	})
}

// TestDirectoryReplaced: a log directory that was removed, or moved away, is
// noticed within a second, made again, and written to.
func TestDirectoryReplaced(t *testing.T) {
	for name, away := range map[string]func(dir string) error{
		"removed": os.RemoveAll,
		"moved":   func(dir string) error { return os.Rename(dir, dir+".old") },
		"replaced": func(dir string) error {
			return errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o755))
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			f := w.open(FileOptions{})
			f.Write(batch("before"))
			if err := away(w.dir); err != nil {
				t.Fatal(err)
			}
			f.Write(later(batch("after")))
			equal(t, "lines", w.all(f), []string{"after"})
			w.close(f)
		})
	}
}
