package store

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"
)

func percentage() uint64 {
	s := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

// A collector that is put off is itself again after the first collection, when the load
// is over, and where there is no room for garbage anyway.
func TestCollectorPutOff(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	const plenty = 1 << 40
	runtime.GC()

	c := new(collector)
	deadline := time.Now().Add(time.Minute)
	for c.putOff(plenty); percentage() <= 100; c.putOff(plenty) { // one may have come already
		if time.Now().After(deadline) {
			t.Fatal("it is not put off")
		}
	}
	c.putOff(plenty) // by another load: one is enough
	c.resume()
	c.resume()
	if got := percentage(); got != 100 {
		t.Errorf("after the load %d %%", got)
	}

	c.putOff(plenty)
	for deadline = time.Now().Add(time.Minute); percentage() != 100; runtime.Gosched() {
		if runtime.GC(); time.Now().After(deadline) {
			t.Fatal("no collection ended it")
		}
	}

	for _, set := range []int{-1, 1 << 30} {
		debug.SetGCPercent(set)
		if c.putOff(plenty); percentage() != uint64(set) && set > 0 {
			t.Errorf("%d became %d", set, percentage())
		}
		c.resume()
		if got := debug.SetGCPercent(100); got != set {
			t.Errorf("%d became %d", set, got)
		}
	}
	c.putOff(1 << 10)
	if got := percentage(); got != 100 {
		t.Errorf("with a large heap %d %%", got)
	}
}
