package store

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
)

// largeGarbage is how many bytes of memory that nobody needs are given back to the
// system at once. A load of 100,000 statements, or a commit of it, leaves several
// times what the tree itself takes; without either the runtime would hold on to that
// until it needs as much again.
const largeGarbage = 32 << 20

// settleAfter is when, after a load or a commit, it is looked again whether there is
// something to give back: what they made others do leaves memory behind too.
const settleAfter = 15 * time.Second

// giveBack gives back the memory that a load or a commit has left behind, if it is much.
// It does so beside what follows.
func (s *Store) giveBack() {
	select {
	case s.garbage <- struct{}{}:
	default: // it is about to
	}
}

// givingBack is the goroutine that does it.
func (s *Store) givingBack() {
	settled := time.NewTimer(settleAfter)
	settled.Stop()
	defer settled.Stop()
	for {
		select {
		case <-s.garbage:
			freeGarbage()
			settled.Reset(settleAfter)
		case <-settled.C:
			if freeGarbage() {
				settled.Reset(settleAfter)
			}
		case <-s.closed:
			return
		}
	}
}

// freeGarbage gives back memory, and reports whether there was much of it.
func freeGarbage() bool {
	memory := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/free:bytes"}, {Name: "/gc/heap/live:bytes"}}
	metrics.Read(memory)
	objects, free, live := memory[0].Value.Uint64(), memory[1].Value.Uint64(), memory[2].Value.Uint64()
	if objects+free < live+largeGarbage {
		return false
	}
	debug.FreeOSMemory()
	return true
}

// firstCollection is how large, in bytes, the heap may get before the first garbage
// collection of a large load. Without that the collector walks over what has been read
// so far each time that it has doubled, from a few megabytes on: a sixth of the time.
const firstCollection = 64 << 20

// collector puts the garbage collector of the process off. The second of two at the same
// time has no say.
type collector struct {
	mu     sync.Mutex // guards what follows
	off    bool
	before int // percentage to go back to
}

// putOff lets the heap grow to first, in bytes, once. It does nothing where the heap is
// large already, and ends with the first collection, or with resume.
func (c *collector) putOff(first uint64) {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	percent := int(100*first/max(live[0].Value.Uint64(), 1<<20)) - 100
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.off || percent <= 100 {
		return
	}
	before := debug.SetGCPercent(percent)
	if before < 0 || before >= percent { // whoever started the program wants it so
		debug.SetGCPercent(before)
		return
	}
	c.off, c.before = true, before
	// Garbage at once: what is cleaned up tells that there was a collection.
	runtime.AddCleanup(new(*collector), (*collector).resume, c)
}

// resume ends what putOff began.
func (c *collector) resume() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.off {
		c.off = false
		debug.SetGCPercent(c.before)
	}
}
