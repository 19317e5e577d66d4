package syslogd

import (
	"fmt"
	"sync"
	"time"
)

// Whoever is not let in can knock again at once. Recording every time would let
// anybody fill the disk.
const (
	failuresAtOnce = 20          // recorded one by one
	failuresPause  = time.Minute // after that, one record in this time, with a count
)

// failures decides which failed handshakes are recorded. The zero value is ready.
type failures struct {
	mu     sync.Mutex // guards what follows
	since  time.Time  // when the present time began
	count  int        // recorded in it
	silent int        // not recorded since the last record
}

// note tells whether a failure now is to be recorded, and adds to its reason how
// many were not.
func (f *failures) note(now time.Time, reason *string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if d := now.Sub(f.since); d >= failuresPause || d < 0 {
		f.since, f.count = now, 0
		if f.silent > 0 { // it goes on and on
			f.count = failuresAtOnce - 1
		}
	}
	if f.count >= failuresAtOnce {
		f.silent++
		return false
	}
	f.count++
	if f.silent > 0 {
		*reason += fmt.Sprintf(" (and %d failures before without a record)", f.silent)
		f.silent = 0
	}
	return true
}
