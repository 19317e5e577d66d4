package store

import (
	"runtime/debug"
	"runtime/metrics"
)

// largeGarbage is how many bytes of memory that nobody needs are given back to the
// system at once. A load of 100,000 statements, or a commit of it, leaves several
// times what the tree itself takes; without either the runtime would hold on to that
// until it needs as much again.
const largeGarbage = 32 << 20

// giveBack gives back the memory that a load or a commit has left behind, if it is much.
// It does so beside what follows.
func (s *Store) giveBack() {
	memory := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/free:bytes"}, {Name: "/gc/heap/live:bytes"}}
	metrics.Read(memory)
	objects, free, live := memory[0].Value.Uint64(), memory[1].Value.Uint64(), memory[2].Value.Uint64()
	if objects+free < live+largeGarbage || !s.givingBack.CompareAndSwap(false, true) {
		return
	}
	s.background.Go(func() {
		defer s.givingBack.Store(false)
		debug.FreeOSMemory()
	})
}
