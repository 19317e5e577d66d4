package daemon

import (
	"runtime"
	"runtime/debug"
	runtimemetrics "runtime/metrics"
	"sync"
	"time"
)

const (
	// spareHeap is how much garbage, in bytes, a heap may hold before it is collected,
	// if that is less than what lives in it. Go would let it have as much as lives: a
	// configuration of 100,000 statements takes 100 MB, and nobody is to pay for it
	// twice.
	spareHeap = 24 << 20

	// leastPercent is the least part of what lives that may be garbage: each collection
	// looks at all that lives.
	leastPercent = 20

	// loadPercent is what may be garbage while a large load lasts, however much lives: its
	// time is to follow its size, and a part of what lives would be looked at a dozen times.
	loadPercent = 100

	// firstCollection is how large, in bytes, the heap may get before the first garbage
	// collection of a large load. Without that the collector walks over what has been read
	// so far each time that it has doubled, from a few megabytes on: a sixth of the time.
	firstCollection = 64 << 20

	// largeGarbage is how many bytes of memory that nobody needs are given back to the
	// system at once. A load of 100,000 statements, or a commit of it, leaves several
	// times what the tree itself takes; without that the runtime would hold on to it
	// until it needs as much again.
	largeGarbage = 32 << 20

	// settleSoon is how long no load and no commit may have ended before that is done: it
	// would be in the way of the next one. After settleLate it is looked again, for what
	// they made others do leaves memory behind too.
	settleSoon = time.Second
	settleLate = 15 * time.Second
)

// heap decides how much memory the process keeps. The one percentage that Go has for
// that is the process's, so this is done once, here, and not at all where whoever
// started the program has set it (GOGC).
type heap struct {
	// Built once.
	ours bool

	mu      sync.Mutex // guards what follows
	percent int        // in force
	loading bool       // a large load is under way
	closed  bool
	timer   *time.Timer // gives memory back; nil before the first time
	running sync.WaitGroup
}

// newHeap begins to do it.
func newHeap() *heap {
	h := &heap{ours: gauge("/gc/gogc:percent") == 100, percent: 100}
	h.collected()
	return h
}

// gauge reads a metric of the runtime.
func gauge(name string) uint64 {
	s := []runtimemetrics.Sample{{Name: name}}
	runtimemetrics.Read(s)
	return s[0].Value.Uint64()
}

// collected is called after each garbage collection, and at the start.
func (h *heap) collected() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || !h.ours {
		return
	}
	h.set(h.wanted())
	// Garbage at once: what is cleaned up tells that there was a collection.
	runtime.AddCleanup(new(*heap), (*heap).collected, h)
}

// garbagePercent is how much garbage there may be beside so many bytes that live.
func garbagePercent(live uint64) int {
	return int(min(100, max(leastPercent, 100*spareHeap/max(live, 1))))
}

// wanted is the percentage for what lives now. The lock is held.
func (h *heap) wanted() int {
	if h.loading {
		return loadPercent
	}
	return garbagePercent(gauge("/gc/heap/live:bytes"))
}

// set puts a percentage in force. The lock is held.
func (h *heap) set(percent int) {
	if percent != h.percent {
		debug.SetGCPercent(percent)
		h.percent = percent
	}
}

// Loading implements store.Heap: the heap may grow to firstCollection, once, if it is
// not large already, and then by loadPercent until the load has ended.
func (h *heap) Loading() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || !h.ours || h.loading {
		return
	}
	h.loading = true
	h.set(max(loadPercent, int(100*firstCollection/max(gauge("/gc/heap/live:bytes"), 1<<20))-100))
}

// Settled implements store.Heap: what a load or a commit has left behind is given back
// when there is a moment for it.
func (h *heap) Settled() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return
	}
	if h.loading {
		h.loading = false
		h.set(h.wanted())
	}
	h.later(settleSoon)
}

// later has memory given back after that time. The lock is held.
func (h *heap) later(after time.Duration) {
	h.never()
	h.running.Add(1)
	h.timer = time.AfterFunc(after, func() {
		defer h.running.Done()
		h.giveBack()
	})
}

// never undoes later. The lock is held.
func (h *heap) never() {
	if h.timer != nil && h.timer.Stop() {
		h.running.Done()
	}
	h.timer = nil
}

// giveBack gives memory back to the system if much of it has no use, and looks again
// later then.
func (h *heap) giveBack() {
	if gauge("/memory/classes/heap/objects:bytes")+gauge("/memory/classes/heap/free:bytes") < gauge("/gc/heap/live:bytes")+largeGarbage {
		return
	}
	debug.FreeOSMemory()
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.timer != nil && !h.closed {
		h.later(settleLate)
	}
}

// close leaves the process as it was found.
func (h *heap) close() {
	h.mu.Lock()
	h.never()
	if !h.closed && h.ours {
		h.set(100)
	}
	h.closed = true
	h.mu.Unlock()
	h.running.Wait()
}
