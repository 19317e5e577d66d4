package daemon

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

func TestGarbagePercent(t *testing.T) {
	for _, c := range []struct {
		live uint64
		want int
	}{{0, 100}, {4 << 20, 100}, {24 << 20, 100}, {48 << 20, 50}, {96 << 20, 25}, {1 << 30, leastPercent}} {
		if got := garbagePercent(c.live); got != c.want {
			t.Errorf("%d bytes: %d %%, want %d", c.live, got, c.want)
		}
	}
}

// percentIs waits for a percentage: it is set beside the collection that leads to it.
func percentIs(t *testing.T, want string, is func(percent uint64) bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !is(gauge("/gc/gogc:percent")); runtime.Gosched() {
		if runtime.GC(); time.Now().After(deadline) {
			t.Fatalf("%d %%, want %s", gauge("/gc/gogc:percent"), want)
		}
	}
}

// The percentage follows what lives, is put off by a large load until its end, and is
// as it was in the end.
func TestHeapFollowsWhatLives(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	h := newHeap()
	defer h.close()
	ballast := make([]byte, 128<<20)
	percentIs(t, "little", func(p uint64) bool { return p < 50 })
	runtime.KeepAlive(ballast)
	ballast = nil
	percentIs(t, "more", func(p uint64) bool { return p >= 50 })
	h.Loading()
	h.Settled()
	if p := gauge("/gc/gogc:percent"); p > 100 {
		t.Errorf("%d %% after a load", p)
	}
	h.close()
	h.Loading()
	h.Settled()
	if p := gauge("/gc/gogc:percent"); p != 100 {
		t.Errorf("%d %% in the end", p)
	}
}

// While a large load lasts a heap of any size may double.
func TestHeapWhileLoading(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	h := newHeap()
	defer h.close()
	ballast := make([]byte, 128<<20)
	percentIs(t, "little", func(p uint64) bool { return p < 50 })
	h.Loading()
	h.collected()
	if p := gauge("/gc/gogc:percent"); p != loadPercent {
		t.Errorf("%d %% during a load", p)
	}
	h.Settled()
	percentIs(t, "little again", func(p uint64) bool { return p < 50 })
	runtime.KeepAlive(ballast)
}

// Whoever started the program may want something else.
func TestHeapLeavesWhatWasSet(t *testing.T) {
	for _, set := range []int{-1, 400} {
		before := debug.SetGCPercent(set)
		h := newHeap()
		h.Loading()
		h.Settled()
		h.close()
		if got := debug.SetGCPercent(before); got != set {
			t.Errorf("%d became %d", set, got)
		}
	}
}
