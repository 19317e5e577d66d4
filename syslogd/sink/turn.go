package sink

import (
	"sync/atomic"
	"time"
)

// turn says who has a sender: a goroutine, or nobody. Thousands of hosts have nothing
// to do most of the time, and take no goroutine and no stack then.
type turn struct{ state atomic.Uint32 }

// The states of a turn.
const (
	running uint32 = iota
	idle           // nobody has it: a record wakes it, and all that wakes a resting one
	resting        // nobody has it, until a time has come or something has changed
)

// take makes the caller the one who has it, if nobody has. A record takes those that
// are idle alone.
func (t *turn) take(byRecord bool) bool {
	return t.state.CompareAndSwap(idle, running) || !byRecord && t.state.CompareAndSwap(resting, running)
}

// give lets go of it, unless there is news already. Where it is true, somebody else
// may have it by now.
func (t *turn) give(to uint32, news func() bool) bool {
	t.state.Store(to)
	return !news() || !t.state.CompareAndSwap(to, running)
}

// wake has the sender look at what has changed.
func (r *Remote) wake() {
	if r.turn.take(false) {
		go r.run()
	}
}

// appended wakes a sender that waits for a record.
func (r *Remote) appended() {
	if r.turn.state.Load() == idle && r.turn.take(true) {
		go r.run()
	}
}

// linger is how long a sender keeps its goroutine for the next record, where the last
// two came no further apart.
const linger = 100 * time.Millisecond

// lull returns what tells that there was nothing to do for long enough, counted from
// now; nil: there is no need to wait.
func (s *sender) lull() <-chan time.Time {
	switch {
	case !s.busy:
		return nil
	case s.pending == nil:
		s.pending = time.NewTimer(linger)
	default:
		s.pending.Reset(linger)
	}
	return s.pending.C
}

// park lets go of a sender that has nothing to do: idle, or resting until its time has
// come or it has a place. Where it is true, the caller has no more to do with it.
func (r *Remote) park(how uint32) bool {
	s := &r.sender
	r.fault(s.window.rest())
	if s.pending != nil {
		s.pending.Stop()
		s.pending = nil
	}
	s.parked = time.Now()
	hurried, changed, until, place, line, next := s.hurried, s.changed, s.until, s.place, s.line, s.window.reader.Position()
	if how == resting && place == nil {
		s.timer = time.AfterFunc(time.Until(until), r.wake)
	}
	return r.turn.give(how, func() bool {
		switch {
		case r.ctx.Err() != nil, isClosed(changed), r.ends() && !hurried:
			return true
		case line != nil:
			return r.spool.Reaches(next) || line.over.lost()
		case how == idle:
			return !r.spool.Empty()
		case place != nil:
			return place.granted()
		}
		return !time.Now().Before(until)
	})
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// unheard returns what tells of Close; nil when that is known already.
func (r *Remote) unheard() <-chan struct{} {
	if r.ends() {
		return nil
	}
	return r.closing
}
