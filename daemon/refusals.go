package daemon

import (
	"fmt"
	"sync"
	"time"
)

// A caller that is turned away can call again at once. Recording every time
// would let anybody on the machine fill the disk that the trail is on.
const (
	refusalsAtOnce = 20          // recorded one by one
	refusalsPause  = time.Minute // after that, one record in this time, with a count
)

// refusals decides which refused calls are recorded. The zero value is ready.
type refusals struct {
	mu     sync.Mutex // guards what follows
	since  time.Time  // when the present time began
	count  int        // recorded in it
	silent int        // not recorded since the last record
}

// note tells whether a call that is refused now is to be recorded, and what to
// add to its reason.
func (r *refusals) note(now time.Time) (more string, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if d := now.Sub(r.since); d >= refusalsPause || d < 0 {
		r.since, r.count = now, 0
		if r.silent > 0 { // it goes on and on
			r.count = refusalsAtOnce - 1
		}
	}
	if r.count >= refusalsAtOnce {
		r.silent++
		return "", false
	}
	r.count++
	if r.silent > 0 {
		more = fmt.Sprintf(" (and %d times before without a record)", r.silent)
		r.silent = 0
	}
	return more, true
}
