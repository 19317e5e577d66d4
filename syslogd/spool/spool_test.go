package spool

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// world is a spool in a directory of the test's, and what a caller knows of it.
type world struct {
	*testing.T
	o      Options
	s      *Spool
	r      *Reader
	sent   []Sent
	damage []Damage
	faults []error
	full   bool // the disk takes nothing
	mu     sync.Mutex
}

func newWorld(t *testing.T, o Options) *world {
	w := &world{T: t, o: o}
	if o.Dir == "" {
		w.o.Dir = t.TempDir()
	}
	w.o.SyncEvery = time.Hour
	w.o.Damage = func(d Damage) { w.damage = append(w.damage, d) }
	w.o.Fault = func(err error) { w.faults = append(w.faults, err) }
	w.o.write = func(f *os.File, b []byte, at int64) (int, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.full {
			n := len(b) / 2
			if _, err := f.WriteAt(b[:n], at); err != nil {
				return 0, err
			}
			return n, syscall.ENOSPC
		}
		return f.WriteAt(b, at)
	}
	w.open()
	t.Cleanup(func() {
		if err := w.s.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func (w *world) open() Recovery {
	w.Helper()
	s, found, err := Open(w.o)
	if err != nil {
		w.Fatal(err)
	}
	w.s, w.r, w.sent = s, s.Reader(), nil
	return found
}

// again closes the spool and opens it again.
func (w *world) again() Recovery {
	w.Helper()
	if err := errors.Join(w.r.Close(), w.s.Close()); err != nil {
		w.Fatal(err)
	}
	return w.open()
}

func text(n int) string { return fmt.Sprintf("<13>1 record %06d of a test that has some length", n) }

// put appends records from to to in batches, and returns how many found room.
func (w *world) put(from, to, batch int) int {
	ok := 0
	for from < to {
		w.s.Begin(time.Unix(int64(from), 0))
		for i := from; i < min(from+batch, to); i++ {
			if w.s.Put([]byte(text(i)), Meta{}) {
				ok++
			}
		}
		w.s.End()
		from += batch
	}
	return ok
}

// get reads up to n records.
func (w *world) get(n int) []string {
	var all []string
	var r Record
	for len(all) < n && w.r.Next(&r) {
		all = append(all, string(r.Text))
		w.sent = append(w.sent, Sent{Seq: r.Seq, Size: uint32(len(r.Text)), Flags: r.Flags})
	}
	return all
}

// settle settles the n oldest of what was read.
func (w *world) settle(n int) {
	w.Helper()
	if err := w.s.Settle(w.sent[:n], Delivered); err != nil {
		w.Fatal(err)
	}
	w.sent = w.sent[n:]
}

// want compares what was read with records from to to.
func (w *world) want(got []string, from, to int) {
	w.Helper()
	if len(got) != to-from {
		w.Fatalf("%d records, want %d", len(got), to-from)
	}
	for i, s := range got {
		if s != text(from+i) {
			w.Fatalf("record %d: %q", from+i, s)
		}
	}
}

// adds checks the law of the counters.
func (w *world) adds() {
	w.Helper()
	c := w.s.State().Counts
	sum := c.Refused + c.Overwritten + c.Damaged + c.Cleared + c.Waiting
	for _, n := range c.Settled {
		sum += n
	}
	if c.Accepted != sum {
		w.Errorf("counts do not add up: %+v", c)
	}
}

func (w *world) segments() []string {
	w.Helper()
	all, err := filepath.Glob(filepath.Join(w.o.Dir, "*"+segmentSuffix))
	if err != nil {
		w.Fatal(err)
	}
	return all
}

func TestFirstInFirstOut(t *testing.T) {
	for _, dir := range []bool{true, false} {
		t.Run(fmt.Sprint("disk ", dir), func(t *testing.T) {
			w := newWorld(t, Options{})
			if !dir {
				w.o.Dir = ""
				w.again()
			}
			w.put(0, 30000, 37)
			got := w.get(10000)
			w.settle(9000)
			w.put(30000, 40000, 1000)
			w.want(append(got, w.get(1<<20)...), 0, 40000)
			w.settle(len(w.sent))
			st := w.s.State()
			if st.Waiting != 0 || st.Bytes != 0 || st.Settled[Delivered] != 40000 || !st.Oldest.IsZero() {
				t.Errorf("state %+v", st)
			}
			w.adds()
		})
	}
}
func TestReadsFromDiskWhatMemoryDoesNotHold(t *testing.T) {
	w := newWorld(t, Options{})
	const n = 400000 // about 32 MB
	w.put(0, n, 500)
	if w.s.memory > frontLimit+mostChunk {
		t.Errorf("%d bytes in memory", w.s.memory)
	}
	if at := w.s.State().Oldest; !at.Equal(time.Unix(0, 0)) {
		t.Errorf("oldest %v", at)
	}
	if got := len(w.segments()); got < 2 {
		t.Errorf("%d segments", got)
	}
	for i := 0; i < n; i += 10000 {
		w.want(w.get(10000), i, i+10000)
		w.settle(len(w.sent))
	}
	if got := len(w.segments()); got > 1 {
		t.Errorf("%d segments are left", got)
	}
	w.put(n, n+1000, 10)
	w.want(w.get(2000), n, n+1000)
	w.adds()
}

func TestRewindReadsAgainWhatIsNotSettled(t *testing.T) {
	w := newWorld(t, Options{})
	w.put(0, 1000, 10)
	w.get(500)
	w.settle(123)
	w.r.Rewind()
	w.want(w.get(2000), 123, 1000)
}

func TestOpenFindsWhatWaits(t *testing.T) {
	w := newWorld(t, Options{})
	w.put(0, 150000, 1000)
	w.get(70000)
	w.settle(60000)
	if found := w.again(); found.Records != 90000 || !found.Clean() {
		t.Errorf("found %+v", found)
	}
	w.put(150000, 151000, 10)
	w.want(w.get(1<<20), 60000, 151000)
	w.settle(len(w.sent))
	w.adds()
	if found := w.again(); found.Records != 0 || !found.Clean() {
		t.Errorf("found %+v", found)
	}
	if got := w.segments(); len(got) != 0 {
		t.Errorf("segments %v", got)
	}
	w.put(0, 1, 1)
	var r Record
	if !w.r.Next(&r) || r.Seq != 151001 {
		t.Errorf("number %d was given", r.Seq)
	}
}

func TestOverwriteOldest(t *testing.T) {
	w := newWorld(t, Options{Size: 1 << 20, Overflow: OverwriteOldest})
	w.put(0, 100, 10)
	w.want(w.get(50), 0, 50)
	w.put(100, 50000, 100)
	st := w.s.State()
	if st.Overwritten == 0 || st.Refused != 0 || st.Disk > 1<<20+1<<16 {
		t.Errorf("state %+v", st)
	}
	w.adds()
	got := w.get(1 << 20)
	if len(got)+50+int(st.Overwritten) != 50000 || got[len(got)-1] != text(49999) {
		t.Errorf("%d read, %d overwritten, last %s", len(got), st.Overwritten, got[len(got)-1])
	}
	for i := 1; i < len(got); i++ {
		if got[i] <= got[i-1] {
			t.Fatalf("%s after %s", got[i], got[i-1])
		}
	}
	w.settle(len(w.sent))
	if st := w.s.State(); st.Waiting != 0 || st.Damaged != 0 {
		t.Errorf("state %+v", st)
	}
	w.adds()
}

// TestOverwriteKeepsOwn: however much comes from others, own records stay.
func TestOverwriteKeepsOwn(t *testing.T) {
	w := newWorld(t, Options{Size: 1 << 20, Overflow: OverwriteOldest})
	for i := range 100 {
		w.put(i*1000, (i+1)*1000, 100)
		w.s.Begin(time.Now())
		w.s.Put(fmt.Appendf(nil, "own %d", i), Meta{Flags: Own})
		w.s.End()
	}
	w.adds()
	if found := w.again(); found.Missing != 0 {
		t.Errorf("overwritten: %v", &found)
	}
	own, others := 0, 0
	for _, s := range w.get(1 << 20) {
		if s == fmt.Sprintf("own %d", own) {
			own++
		} else {
			others++
		}
	}
	if own != 100 || others < 5000 {
		t.Errorf("%d own records, %d others", own, others)
	}
	if st := w.s.State(); st.Disk > 1<<20+1<<17 {
		t.Errorf("state %+v", st)
	}
	w.settle(len(w.sent))
	if c := w.s.State().Counts; c.Waiting != 0 || c.Damaged != 0 {
		t.Errorf("counts %+v", c)
	}
	w.adds()
}

func TestDropNewKeepsRoomForOwn(t *testing.T) {
	w := newWorld(t, Options{Size: 1 << 20, Overflow: DropNew})
	n := w.put(0, 50000, 100)
	w.s.Begin(time.Now())
	if !w.s.Put([]byte("own"), Meta{Flags: Own, Number: 7}) {
		t.Error("no room for an own record")
	}
	if w.s.Put([]byte(text(0)), Meta{}) {
		t.Error("room for another")
	}
	w.s.End()
	w.want(w.get(n), 0, n)
	var r Record
	if !w.r.Next(&r) || string(r.Text) != "own" || r.Number != 7 || r.Flags != Own {
		t.Errorf("record %+v", r)
	}
	if c := w.s.State().Counts; c.Refused != uint64(50001-n) {
		t.Errorf("counts %+v", c)
	}
	w.adds()
}

func TestFullDisk(t *testing.T) {
	w := newWorld(t, Options{Memory: 1 << 20})
	w.put(0, 1000, 10)
	w.full = true
	n := 1000 + w.put(1000, 40000, 10)
	if n == 40000 || n < 5000 {
		t.Errorf("%d records found room", n)
	}
	if st := w.s.State(); !errors.Is(st.Failing, syscall.ENOSPC) || len(w.faults) != 1 {
		t.Errorf("state %+v, faults %v", st, w.faults)
	}
	w.adds()
	w.want(w.get(3000), 0, 3000)
	w.settle(2500)
	w.full = false
	w.s.retry()
	if len(w.faults) != 2 || w.faults[1] != nil {
		t.Errorf("faults %v", w.faults)
	}
	w.again()
	w.want(w.get(1<<20), 2500, n)
	w.settle(len(w.sent))
	w.adds()
}

// TestNumbersInMemoryAreNotGivenAgain: a record that was sent from memory keeps
// its number for itself, though a crash takes it.
func TestNumbersInMemoryAreNotGivenAgain(t *testing.T) {
	w := newWorld(t, Options{})
	w.full = true
	w.put(0, 10, 1)
	w.get(10)
	last := w.sent[9].Seq
	crashed := w.o
	crashed.Dir = copyDir(t, w.o.Dir)
	s, _, err := Open(crashed)
	if err != nil {
		t.Fatal(err)
	}
	if s.next <= last {
		t.Errorf("number %d is given again", s.next)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	w.full = false
}

// copyDir copies a spool as kill -9 would leave it.
func copyDir(t *testing.T, dir string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}

func TestClear(t *testing.T) {
	w := newWorld(t, Options{})
	w.put(0, 1000, 10)
	w.get(100)
	n, err := w.s.Clear()
	if n != 1000 || err != nil {
		t.Errorf("cleared %d, %v", n, err)
	}
	w.settle(100)
	w.put(1000, 1010, 1)
	w.r.Rewind()
	w.want(w.get(1000), 1000, 1010)
	w.adds()
	if st := w.s.State(); st.Waiting != 10 || st.Cleared != 1000 {
		t.Errorf("state %+v", st)
	}
}

// TestDamage breaks bytes everywhere: the records around are read, and what is
// lost is counted and told by number.
func TestDamage(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 40 {
		w := newWorld(t, Options{})
		w.put(0, 5000, 100)
		if err := errors.Join(w.r.Close(), w.s.Close()); err != nil {
			t.Fatal(err)
		}
		path := w.segments()[0]
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		from := len(segmentHead) + rng.IntN(len(b)-1000)
		to := from + 1 + rng.IntN(500)
		for i := from; i < to; i++ {
			b[i] ^= byte(1 + rng.IntN(255))
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		w.open()
		got := w.get(1 << 20)
		if len(w.damage) == 0 {
			t.Fatal("no damage was told")
		}
		d := w.damage[0]
		lost := 5000 - len(got)
		if lost < 1 || lost > 10 || d.Kept == "" {
			t.Errorf("%d records lost, %v", lost, d)
		}
		if size := (len(b) - len(segmentHead) - sealSize) / 5000; int(d.After) != (from-len(segmentHead))/size {
			t.Errorf("broken at %d: %v", from, d)
		}
		w.settle(len(w.sent))
		if err := w.s.Exhausted(w.r); err != nil {
			t.Fatal(err)
		}
		if c := w.s.State().Counts; c.Damaged != uint64(lost) || c.Waiting != 0 {
			t.Errorf("%d lost, counts %+v", lost, c)
		}
		w.adds()
	}
}

// TestMissingSegments cuts one of several segments short, empties and removes it, the
// oldest, one between and the newest: the rest is read, which numbers are missing is
// told, and they are counted as damaged, once. What was overwritten is not missing.
func TestMissingSegments(t *testing.T) {
	for _, c := range []struct {
		name   string
		damage func(path string) error
	}{
		{"cut", func(path string) error { return os.Truncate(path, 2000) }},
		{"empty", func(path string) error { return os.Truncate(path, 0) }},
		{"gone", os.Remove},
	} {
		for _, which := range []int{0, 1, -1} {
			for _, overflow := range []Overflow{DropNew, OverwriteOldest} {
				missingSegment(t, fmt.Sprint(c.name, which, overflow), which, overflow, c.damage)
			}
		}
	}
}

func missingSegment(t *testing.T, name string, which int, overflow Overflow, damage func(path string) error) {
	w := newWorld(t, Options{Size: minSize, Overflow: overflow})
	w.put(0, 9000, 100)
	before := w.s.State()
	if err := errors.Join(w.r.Close(), w.s.Close()); err != nil {
		t.Fatal(err)
	}
	segments := w.segments()
	if len(segments) < 4 {
		t.Fatalf("%d segments", len(segments))
	}
	if err := damage(segments[(which+len(segments))%len(segments)]); err != nil {
		t.Fatal(err)
	}
	found := w.open()
	w.adds()
	if st := w.s.State(); found.Missing == 0 || found.Unsure || st.Damaged != found.Missing || st.Accepted != before.Waiting || st.Waiting+found.Missing != before.Waiting {
		t.Errorf("%s: %v; %+v, before %+v", name, &found, st, before)
	}
	if again := w.again(); again.Missing != 0 || w.s.State().Damaged != 0 {
		t.Errorf("%s: once more %v", name, &again)
	}
	w.put(9000, 9001, 1)
	got := w.get(1 << 20)
	if want := int(before.Waiting - found.Missing); len(got) < want || len(got) > want+1 {
		t.Errorf("%s: read %d, want %d", name, len(got), want)
	}
	if last := w.sent[len(w.sent)-1].Seq; len(got) > 0 && last < before.Last {
		t.Errorf("%s: number %d after %d", name, last, before.Last)
	}
	w.settle(len(w.sent))
	w.adds()
}

// TestAllIsMissing: what somebody has removed while nobody had it open is counted,
// though no segment is left; and nothing is when it had been sent.
func TestAllIsMissing(t *testing.T) {
	for _, sent := range []int{0, 40, 100} {
		w := newWorld(t, Options{})
		w.put(0, 100, 10)
		w.get(sent)
		w.settle(sent)
		if err := errors.Join(w.r.Close(), w.s.Close()); err != nil {
			t.Fatal(err)
		}
		for _, path := range w.segments() {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}
		for n := uint64(100 - sent); ; n = 0 {
			found := w.open()
			if st := w.s.State(); found.Missing != n || st.Damaged != n || st.Accepted != n || st.Waiting != 0 {
				t.Errorf("%d sent: %v, %+v", sent, &found, st)
			}
			if n == 0 {
				break
			}
			if err := errors.Join(w.r.Close(), w.s.Close()); err != nil {
				t.Fatal(err)
			}
		}
		w.put(100, 101, 1)
		if got := w.get(2); len(got) != 1 || w.sent[0].Seq != 101 {
			t.Errorf("%d sent: then %v %+v", sent, got, w.sent)
		}
	}
}

// TestTornTail cuts the newest segment at every length: all whole records are
// there, the rest is told.
func TestTornTail(t *testing.T) {
	w := newWorld(t, Options{})
	w.put(0, 20, 20)
	path := w.segments()[0]
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	size := (len(b) - len(segmentHead)) / 20
	for n := range len(b) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(path)), b[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		s, found, err := Open(Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		good := max(0, (n-len(segmentHead))/size)
		if found.Records != uint64(good) || int(found.Torn) != max(0, n-len(segmentHead)-good*size) {
			t.Fatalf("%d bytes: found %+v", n, found)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func FuzzOpen(f *testing.F) {
	var b []byte
	b = append(b, segmentHead...)
	for i := range uint64(5) {
		b = appendRecord(b, &Record{Text: []byte(text(int(i))), Seq: i + 1, Received: 5}, castagnoli())
	}
	f.Add(b)
	f.Add(append(b, sealOf(&unit{first: 1, last: 5, records: 5}, castagnoli())...))
	f.Fuzz(func(t *testing.T, b []byte) {
		w := &world{T: t, o: Options{Dir: t.TempDir(), SyncEvery: time.Hour}}
		if err := os.WriteFile(filepath.Join(w.o.Dir, segmentName(1)), b, 0o600); err != nil {
			t.Fatal(err)
		}
		w.open()
		last := uint64(0)
		w.get(1 << 20)
		for _, s := range w.sent {
			if s.Seq <= last {
				t.Fatalf("%d after %d", s.Seq, last)
			}
			last = s.Seq
		}
		w.settle(len(w.sent))
		if err := errors.Join(w.s.Exhausted(w.r), w.r.Close()); err != nil {
			t.Fatal(err)
		}
		w.adds()
		if st := w.s.State(); st.Waiting != 0 {
			t.Errorf("state %+v", st)
		}
		if err := w.s.Close(); err != nil {
			t.Fatal(err)
		}
	})
}
