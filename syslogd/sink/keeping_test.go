package sink

import (
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
	_ "time/tzdata"
)

func TestRotationBoundaries(t *testing.T) {
	for _, c := range []struct {
		zone string
		r    Rotation
		at   string
		want string
	}{
		{"UTC", Daily, "2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z"},
		{"UTC", Daily, "2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z"},
		{"Europe/Paris", Daily, "2026-11-22T22:59:59Z", "2026-11-22T23:00:00Z"},
		{"Europe/Paris", Daily, "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"}, // 23 hours
		{"Europe/Paris", Daily, "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"}, // 25 hours
		{"UTC", Hourly, "2026-11-22T10:00:00Z", "2026-11-22T11:00:00Z"},
		{"UTC", Hourly, "2026-11-22T10:59:59.999Z", "2026-11-22T11:00:00Z"},
		{"Asia/Kolkata", Hourly, "2026-11-22T10:00:00Z", "2026-11-22T10:30:00Z"},
		{"Europe/Paris", Hourly, "2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z"}, // 2 o'clock twice
		{"Europe/Paris", Hourly, "2026-10-25T01:30:00Z", "2026-10-25T02:00:00Z"},
		{"Australia/Lord_Howe", Hourly, "2026-04-04T14:40:00Z", "2026-04-04T15:30:00Z"}, // set back by half an hour
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		at, _ := time.Parse(time.RFC3339, c.at)
		got := c.r.next(at.In(zone))
		if got.UTC().Format(time.RFC3339) != c.want {
			t.Errorf("%s %s after %s: %s, want %s", c.zone, c.r, c.at, got.UTC().Format(time.RFC3339), c.want)
		}
		if !got.After(at) {
			t.Errorf("%s: not after", c.at)
		}
	}
}

// at makes a batch that was received at a time.
func at(when time.Time, texts ...string) *Lines {
	l := batch(texts...)
	l.Received = when
	return l
}

func TestFileRotatesByTheClock(t *testing.T) {
	w := newWorld(t)
	day := time.Date(2026, 11, 22, 23, 59, 0, 0, time.UTC)
	var now atomic.Pointer[time.Time] // the worker looks at it, too
	set := func(t time.Time) { now.Store(&t) }
	set(day)
	w.adjust = func(f *File) { f.now = func() time.Time { return *now.Load() } }
	o := FileOptions{Size: 1 << 20, Files: 10, Rotation: Daily}
	f := w.open(o)
	f.Write(at(day, "evening"))
	f.Write(at(day.Add(time.Minute), "midnight"))
	f.Write(at(day.Add(2*time.Minute), "morning"))
	w.close(f)

	set(day.Add(24 * time.Hour)) // the same day, after a restart
	f = w.open(o)
	f.Write(at(*now.Load(), "same day"))
	set(day.Add(25 * time.Hour))
	f.Reopen() // nothing is written: the periodic look notices the new day
	f.Reopen()
	set(day.Add(49 * time.Hour))
	f.Reopen() // an empty file is not turned over
	if err := f.Archived(t.Context()); err != nil {
		t.Fatal(err)
	}
	equal(t, "text", w.text(f), []string{"evening", "midnight", "morning", "same day"})
	equal(t, "files", w.names(), []string{"messages", "messages.0.gz", "messages.1.gz"})
	live, err := os.ReadFile(filepath.Join(w.dir, "messages"))
	if err != nil || !strings.HasSuffix(string(live), "]: logfile turned over\n") || strings.Count(string(live), "\n") != 1 {
		t.Errorf("%q, %v", live, err)
	}
	w.close(f)
}

func TestRetainRemovesOldArchives(t *testing.T) {
	w := newWorld(t)
	now := time.Now()
	w.adjust = func(f *File) { f.now = func() time.Time { return now } }
	o := FileOptions{Size: 200, Files: 100, Retain: 48 * time.Hour}
	f := w.open(o)
	for _, text := range numbered(0, 12, 30) {
		f.Write(at(now, text))
	}
	if err := f.Archived(t.Context()); err != nil {
		t.Fatal(err)
	}
	archives := w.names()[1:]
	if len(archives) < 3 {
		t.Fatalf("archives %q", archives)
	}
	for i, name := range archives { // all but the two newest are three days old
		if age := now.Add(-72 * time.Hour); i >= 2 {
			if err := os.Chtimes(filepath.Join(w.dir, name), age, age); err != nil {
				t.Fatal(err)
			}
		}
	}
	f.Reopen()
	equal(t, "after a look", w.names(), []string{"messages", "messages.0.gz", "messages.1.gz"})
	now = now.Add(72 * time.Hour)
	f.Reconfigure(o)
	equal(t, "three days later", w.names(), []string{"messages"})
	w.close(f)
}

func TestSyncAlwaysForcesEachBatch(t *testing.T) {
	w := newWorld(t)
	var forced int
	var fail error
	w.adjust = func(f *File) {
		f.force = func(file *os.File) error {
			forced++
			return errors.Join(fail, datasync(file))
		}
	}
	f := w.open(FileOptions{Size: 1 << 20, Files: 1, Sync: SyncAlways})
	f.Write(batch("a", "b"))
	f.Write(batch("c"))
	if forced != 2 {
		t.Errorf("forced %d times", forced)
	}
	fail = syscall.EIO
	f.Write(batch("lost"))
	if c := f.Counters(); c.Delivered != 3 || c.Dropped[Unwritable] != 1 {
		t.Errorf("%+v", c)
	}
	fail = nil
	f.Write(batch("d"))
	equal(t, "text", w.text(f), []string{"a", "b", "c", "d"})
	w.conserved(f)
	w.close(f)
}

func TestSyncIntervalForcesEachSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var forced atomic.Int32
		w.adjust = func(f *File) {
			f.force = func(file *os.File) error { forced.Add(1); return datasync(file) }
		}
		f := w.open(FileOptions{Size: 1 << 20, Files: 1, Sync: SyncInterval})
		for range 10 {
			f.Write(batch("a"))
		}
		if forced.Load() != 0 {
			t.Error("forced at once")
		}
		time.Sleep(2 * syncEvery)
		synctest.Wait()
		if n := forced.Load(); n != 1 {
			t.Errorf("forced %d times", n)
		}
		f.Write(batch("b"))
		w.close(f)
		if n := forced.Load(); n != 2 {
			t.Errorf("forced %d times at the end", n)
		}
	})
}

// TestRemovedFileLosesNothing tells that a file which somebody removes or
// empties by hand is begun anew by the very next write.
func TestRemovedFileLosesNothing(t *testing.T) {
	w := newWorld(t)
	now := time.Now()
	w.adjust = func(f *File) { f.now = func() time.Time { return now } }
	f := w.open(FileOptions{Size: 1 << 20, Files: 1})
	path := filepath.Join(w.dir, "messages")
	f.Write(at(now, "first"))
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	f.Write(at(now, "second"))
	equal(t, "after rm", w.text(f), []string{"second"})
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	f.Write(at(now, "third"))
	equal(t, "after truncation", w.text(f), []string{"third"})
	if err := os.Rename(path, path+".moved"); err != nil {
		t.Fatal(err)
	}
	f.Write(at(now, "fourth"))
	f.Write(at(now.Add(checkEvery), "fifth"))
	moved, err := os.ReadFile(path + ".moved")
	if err != nil || !strings.Contains(string(moved), "fourth") {
		t.Errorf("moved file %q, %v", moved, err)
	}
	equal(t, "after mv", w.text(f), []string{"fifth"})
	w.conserved(f)
	w.close(f)
}

// narrowSpace is a disk whose room a test decides.
type narrowSpace struct {
	deny    bool
	room    int // how often Full makes room
	refused int
	yields  bool
	files   int   // that gave way
	freed   int64 // by that
	records uint64
	spent   int64
}

func (s *narrowSpace) Yields() bool  { return s.yields }
func (s *narrowSpace) Spent(n int64) { s.spent += n }

func (s *narrowSpace) GaveWay(files int, records uint64, freed int64) {
	s.files += files
	s.records += records
	s.freed += freed
}

func (s *narrowSpace) Admit(_ int, own bool) bool { return own || !s.deny }
func (s *narrowSpace) Refused(n int)              { s.refused += n }
func (s *narrowSpace) Full(bool) bool             { s.room--; return s.room >= 0 }

// On a full disk without archives the oldest lines are those of the live file: it goes
// as a whole, once it is large enough to be worth it, and what came last is there.
// Where administrators' records are, or nothing is to make room, it stays.
func TestTheLiveFileMakesRoom(t *testing.T) {
	for _, test := range []struct {
		yields, audit bool
		gone          int
	}{{true, false, 1}, {true, true, 0}, {false, false, 0}} {
		w := newWorld(t)
		space := &narrowSpace{yields: test.yields}
		w.adjust = func(f *File) { f.space = space }
		f := w.open(FileOptions{Size: 1 << 30, Files: 3, Audit: test.audit})
		f.Write(batch("small"))
		space.deny = true
		f.Write(batch("refused: there is nothing to gain"))
		space.deny = false
		long := strings.Repeat("x", leastYield/10)
		for i := range 10 {
			f.Write(batch(fmt.Sprint("old ", i, long)))
		}
		space.deny = true
		for i := range 8 {
			f.Write(batch(fmt.Sprint("new ", i, long)))
		}
		last := w.text(f)[len(w.text(f))-1]
		c := f.Counters()
		if test.gone == 0 {
			if space.files != 0 || c.Dropped[NoSpace] != 9 || !strings.HasPrefix(last, "old 9") {
				t.Errorf("%+v: %+v %+v, last %.20q", test, space, c, last)
			}
			continue
		}
		first := w.all(f)[0]
		if space.files != 1 || space.freed < leastYield || c.Dropped[NoSpace] != 1 || !strings.HasPrefix(last, "new 7") || !strings.HasSuffix(first, "because the disk is full: 11 lines before made room") {
			t.Errorf("%+v: %+v %+v, first %.200q, last %.20q", test, space, c, first, last)
		}
		w.conserved(f)
		w.close(f)
	}
}

func TestFileAsksForSpace(t *testing.T) {
	w := newWorld(t)
	space := &narrowSpace{}
	full := false
	w.adjust = func(f *File) {
		f.space = space
		f.write = func(file *os.File, b []byte) (int, error) {
			if full {
				full = false
				n, _ := file.Write(b[:7])
				return n, syscall.ENOSPC
			}
			return file.Write(b)
		}
	}
	f := w.open(FileOptions{Size: 1 << 20, Files: 1})
	full, space.room = true, 1
	f.Write(batch("alpha", "beta", "gamma")) // seven bytes, then room is made
	full, space.room = true, 0
	f.Write(batch("delta", "epsilon"))
	space.deny = true
	f.Write(batch("zeta"))
	own := batch("own")
	own.Lines[0].Self = true
	f.Write(own)
	equal(t, "text", w.text(f), []string{"alpha", "beta", "gamma", "delta", "own"})
	if c := f.Counters(); c.Dropped[NoSpace] != 2 || space.refused != 2 {
		t.Errorf("%+v, refused %d", c, space.refused)
	}
	w.conserved(f)
	w.close(f)
}

func TestReclaimRemovesTheOldestFirst(t *testing.T) {
	w := newWorld(t)
	f := w.open(FileOptions{Size: 1000, Files: 50})
	want := numbered(0, 200, 20)
	for chunk := range slices.Chunk(want, 10) {
		f.Write(batch(chunk...))
	}
	if err := f.Archived(t.Context()); err != nil {
		t.Fatal(err)
	}
	for left := len(w.names()) - 1; left > 0; left-- {
		if _, ok := f.Oldest(false); !ok {
			t.Fatal("no oldest")
		}
		before := w.text(f)
		freed, err := f.Reclaim(false)
		if err != nil || freed <= 0 {
			t.Fatal(freed, err)
		}
		after := w.text(f)
		equal(t, "what is left", after, before[len(before)-len(after):])
		if len(w.names())-1 != left-1 {
			t.Fatalf("%q", w.names())
		}
	}
	if freed, err := f.Reclaim(false); freed != 0 || err != nil {
		t.Error(freed, err)
	}
	if _, ok := f.Oldest(false); ok {
		t.Error("an oldest of none")
	}
	w.close(f)
	if left, err := os.ReadDir(w.idx); err != nil || len(left) != 2 {
		t.Errorf("indexes %v, %v", left, err)
	}
}
