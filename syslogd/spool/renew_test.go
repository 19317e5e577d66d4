package spool

import (
	"os"
	"path/filepath"
	"testing"
)

// TestRemovedWhileInUse: somebody removes the directory under a spool. What is in
// memory is written again, the rest is counted, and it is told once.
func TestRemovedWhileInUse(t *testing.T) {
	for name, batch := range map[string]int{"shut": 40, "open": 2} { // few writes in an interval, and many
		t.Run(name, func(t *testing.T) {
			var told []uint64
			w := newWorld(t, Options{Dir: filepath.Join(t.TempDir(), "up", "host"), Removed: func(n uint64) { told = append(told, n) }})
			w.put(0, 40, batch)
			w.get(10)
			w.settle(10)
			w.remove()
			w.put(40, 60, 20)
			w.s.tickNow() // where a file was open, only this notices
			w.put(60, 70, 10)
			w.expect(w.get(20), 10, 30)
			if len(told) != 1 || told[0] != 0 || len(w.faults)+len(w.damage) != 0 {
				t.Errorf("told %v, %v, %v", told, w.faults, w.damage)
			}
			w.balanced(60)
			if found := w.again(); found.Records != 60 || !found.Clean() {
				t.Errorf("in the files: %v", &found)
			}
			w.expect(w.get(100), 10, 70)
		})
	}
}

// TestRemovedWithMoreThanMemoryHolds: what was in the files alone is lost, and
// counted.
func TestRemovedWithMoreThanMemoryHolds(t *testing.T) {
	var told []uint64
	w := newWorld(t, Options{Dir: filepath.Join(t.TempDir(), "host"), Removed: func(n uint64) { told = append(told, n) }})
	const n = 300_000
	w.put(0, n, 1000)
	w.remove()
	w.put(n, n+10, 10)
	w.s.tickNow()
	if len(told) != 1 || told[0] == 0 || told[0] >= n {
		t.Fatalf("told %v", told)
	}
	lost := int(told[0])
	w.balanced(uint64(n + 10 - lost))
	w.expect(w.get(n+10), lost, n+10)
	w.settle(len(w.sent))
	w.balanced(0)
}

// TestRemovedWhileIdle: a spool in which nothing waits goes on, with numbers that
// were never given, and ends in order.
func TestRemovedWhileIdle(t *testing.T) {
	w := newWorld(t, Options{Dir: filepath.Join(t.TempDir(), "host")})
	w.put(0, 5, 5)
	w.get(5)
	w.remove()
	w.settle(5) // there is nowhere to note it
	last := w.s.State().Last
	if found := w.again(); found.Records != 0 || !found.Clean() {
		t.Errorf("%v", &found)
	}
	w.put(5, 7, 2)
	w.expect(w.get(5), 5, 7)
	if first := w.sent[0].Seq; first <= last {
		t.Errorf("number %d is given to another record: %d was the last", first, last)
	}
}

func (w *world) remove() {
	w.Helper()
	if err := os.RemoveAll(filepath.Dir(w.o.Dir)); err != nil {
		w.Fatal(err)
	}
}

func (w *world) expect(got []string, from, to int) {
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

// balanced checks the sums, and what waits.
func (w *world) balanced(waiting uint64) {
	w.Helper()
	s := w.s.State()
	sum := s.Refused + s.Overwritten + s.Damaged + s.Cleared + s.Waiting
	for _, n := range s.Settled {
		sum += n
	}
	if s.Accepted != sum || s.Waiting != waiting {
		w.Errorf("%+v, want %d waiting", s, waiting)
	}
}

// tickNow is what the timer does at its time.
func (s *Spool) tickNow() {
	s.mu.Lock()
	if s.timer == nil || !s.timer.Stop() {
		s.ticking.Add(1)
	}
	s.mu.Unlock()
	s.tick()
}
