package sshd

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// Anybody on the network can make a connection fail as often as they like. What
// happens without a login is therefore recorded so often in a minute, and then
// once a minute, with a count.
const (
	quietAtOnce = 20
	quietPause  = time.Minute
)

// quiet decides which of such events are recorded, each kind by itself.
type quiet struct {
	// report is told how many of a kind had no record, when no later one says so.
	// Set before it is used.
	report func(kind string, n int)

	mu     sync.Mutex // guards what follows
	kinds  map[string]*hush
	closed bool
}

// hush is how often one kind happened.
type hush struct {
	since  time.Time // when the present time began
	count  int       // recorded in it
	silent int       // not recorded since the last record
	timer  *time.Timer
}

// maxKinds bounds the kinds, of which some have a user's name.
const maxKinds = 1000

// note tells whether an event that happens now is to be recorded, and what to
// add to its text.
func (q *quiet) note(kind string, now time.Time) (more string, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	h := q.kinds[kind]
	if h == nil {
		if q.kinds == nil {
			q.kinds = map[string]*hush{}
		}
		if len(q.kinds) >= maxKinds {
			q.forget()
		}
		h = &hush{since: now}
		q.kinds[kind] = h
	}
	if d := now.Sub(h.since); d >= quietPause || d < 0 {
		h.since, h.count = now, 0
		if h.silent > 0 { // it goes on and on
			h.count = quietAtOnce - 1
		}
	}
	if h.count >= quietAtOnce {
		h.silent++
		if h.timer == nil && !q.closed {
			h.timer = time.AfterFunc(2*quietPause, func() { q.settle(kind) })
		}
		return "", false
	}
	h.count++
	return h.more(), true
}

func (h *hush) more() string {
	if h.silent == 0 {
		return ""
	}
	text := fmt.Sprintf(" (and %d times before without a record)", h.silent)
	h.silent = 0
	return text
}

// settle reports what had no record of a kind.
func (q *quiet) settle(kind string) {
	q.mu.Lock()
	h, n := q.kinds[kind], 0
	if h != nil {
		n, h.silent, h.timer = h.silent, 0, nil
	}
	q.mu.Unlock()
	if n > 0 {
		q.report(kind, n)
	}
}

// forget drops the kinds that owe no report. The lock is held.
func (q *quiet) forget() {
	for kind, h := range q.kinds {
		if h.silent == 0 && h.timer == nil {
			delete(q.kinds, kind)
		}
	}
}

// close reports what had no record.
func (q *quiet) close() {
	q.mu.Lock()
	q.closed = true
	var kinds []string
	for kind, h := range q.kinds {
		if h.timer != nil {
			h.timer.Stop()
		}
		kinds = append(kinds, kind)
	}
	q.mu.Unlock()
	slices.Sort(kinds)
	for _, kind := range kinds {
		q.settle(kind)
	}
}
