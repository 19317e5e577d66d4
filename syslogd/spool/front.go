package spool

import "sync/atomic"

// Front bounds what many spools together keep in memory of records that are on
// disk, so that a reader who keeps up need not read them back. The zero value is
// ready; it is safe for concurrent use. What is in memory alone is bounded by
// Options.Memory.
type Front struct {
	bytes atomic.Int64
}

// The bounds of what is kept for readers, bytes.
const (
	frontLimit = 16 << 20 // of one spool
	frontLeast = mostChunk
	frontTotal = 64 << 20 // of all; then each keeps frontLeast
)

// hold notes that memory holds n bytes more, or fewer. The lock is held.
func (s *Spool) hold(n int) {
	s.memory += n
	s.o.Front.bytes.Add(int64(n))
}

// crowded says whether records that are on disk have to leave memory. The lock is
// held.
func (s *Spool) crowded() bool {
	return s.memory > frontLimit || s.memory > frontLeast && s.o.Front.bytes.Load() > frontTotal
}

// narrow lets the oldest records on disk leave memory as long as more says so. The
// newest chunk stays. The lock is held.
func (s *Spool) narrow(more func() bool) {
	for len(s.front) > 1 && s.front[0].saved && more() {
		s.evicted = s.front[0].last
		s.dropChunk()
	}
}

// leaveMemory gives back all memory of records that are on disk: who wants them reads
// them there. Nobody appends, and the lock is held.
func (s *Spool) leaveMemory() {
	s.narrow(func() bool { return true })
	switch {
	case s.tail == nil || !s.tail.saved || len(s.front) > 1:
		return
	case len(s.front) == 1:
		s.evicted = s.front[0].last
		s.dropChunk()
	}
	s.tail, s.front, s.free = nil, nil, nil
}

// leaveFront takes what a spool that is closed holds out of the account of all.
func (s *Spool) leaveFront() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.o.Front.bytes.Add(int64(-s.memory))
	s.o.Front = new(Front) // for what a reader lets go of later
}
