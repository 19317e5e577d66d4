package sshd

import "sync"

// Bounds on the connections that are served at once: of everybody, and of one
// user, so that none can keep the others out.
const (
	allSeats  = 250
	userSeats = allSeats / 2
)

// seats counts the connections being served by user id. The zero value is ready.
type seats struct {
	mu    sync.Mutex // guards what follows
	taken int
	by    map[uint32]int
}

// take reports whether uid may be served, and counts it if so.
func (s *seats) take(uid uint32) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken == allSeats || s.by[uid] == userSeats {
		return false
	}
	if s.by == nil {
		s.by = map[uint32]int{}
	}
	s.taken++
	s.by[uid]++
	return true
}

// leave takes back one take of uid.
func (s *seats) leave(uid uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken--
	if s.by[uid]--; s.by[uid] == 0 {
		delete(s.by, uid)
	}
}
