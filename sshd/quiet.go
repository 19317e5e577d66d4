package sshd

import (
	"fmt"
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
	mu    sync.Mutex // guards kinds
	kinds map[string]*hush
}

// hush is how often one kind happened.
type hush struct {
	since  time.Time // when the present time began
	count  int       // recorded in it
	silent int       // not recorded since the last record
}

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
