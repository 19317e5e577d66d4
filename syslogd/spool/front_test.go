package spool

import "testing"

// TestFrontIsSharedByManySpools: together they keep little in memory of what is on
// disk, and what a spool that is closed kept is the others'.
func TestFrontIsSharedByManySpools(t *testing.T) {
	var front Front
	var worlds []*world
	for range 6 {
		w := newWorld(t, Options{Front: &front})
		w.put(0, 200000, 500) // about 16 MB
		worlds = append(worlds, w)
		if n := front.bytes.Load(); n > frontTotal+mostChunk {
			t.Errorf("%d bytes for %d spools", n, len(worlds))
		}
	}
	for _, w := range worlds {
		w.want(w.get(1<<30), 0, 200000)
	}
	for _, w := range worlds {
		if err := w.s.Close(); err != nil {
			t.Error(err)
		}
	}
	if n := front.bytes.Load(); n != 0 {
		t.Errorf("%d bytes are still counted", n)
	}
}
