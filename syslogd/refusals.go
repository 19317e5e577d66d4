package syslogd

import (
	"net/netip"
	"sync"
	"time"

	"loggia/audit/event"
)

const (
	// maxRefused bounds the senders that are told apart; those beyond are recorded
	// together.
	maxRefused = 256

	// refusedFirst is how long the record of a sender who was refused waits for
	// more of the same, and refusedPause how long the next one does.
	refusedFirst = time.Second
	refusedPause = time.Minute
)

// refusedKey is who was refused, where and why. The zero value stands for those
// for whom there is no room.
type refusedKey struct {
	addr  netip.Addr
	input string
	why   event.Refusal
}

// refused is what came from one of them since the last record.
type refused struct {
	count        uint64
	since, until time.Time
	told         time.Time // zero: never yet
}

// refusals put on record who was not let in: `allow-source`, `connection-limit` and
// the number of connections in all. Whoever is turned away can come again at once,
// so there is one record in a time, with a count.
type refusals struct {
	wake chan<- struct{} // of whoever asks for what is due

	mu sync.Mutex // guards by
	by map[refusedKey]*refused
}

func newRefusals(wake chan<- struct{}) *refusals {
	return &refusals{wake: wake, by: make(map[refusedKey]*refused)}
}

// note counts n refusals that happen now.
func (rs *refusals) note(k refusedKey, n int, now time.Time) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	r := rs.by[k]
	if r == nil {
		if len(rs.by) >= maxRefused {
			k = refusedKey{}
			r = rs.by[k]
		}
		if r == nil {
			r = new(refused)
			rs.by[k] = r
		}
	}
	if r.count == 0 {
		r.since = now
	}
	r.count += uint64(n)
	r.until = now
	select {
	case rs.wake <- struct{}{}:
	default:
	}
}

// due returns the records whose time has come, of all with all set, and whether
// there are more to wait for. Who was not refused for a while is forgotten.
func (rs *refusals) due(now time.Time, all bool) (list []event.SenderRefused, more bool) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	for k, r := range rs.by {
		again := now.Sub(r.told) >= refusedPause || now.Before(r.told)
		switch {
		case r.count == 0:
			if again {
				delete(rs.by, k)
			}
			continue
		case !all && (!again || now.Sub(r.since) < refusedFirst && !now.Before(r.since)):
			more = true
			continue
		}
		e := event.SenderRefused{Source: "other sources", Why: k.why, Input: k.input, Count: r.count, Since: r.since, Until: r.until}
		if k != (refusedKey{}) {
			e.Source = k.addr.String()
		}
		list = append(list, e)
		r.count, r.told = 0, now
	}
	return list, more
}
