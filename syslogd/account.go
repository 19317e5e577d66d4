package syslogd

import (
	"slices"
	"sync"

	"loggia/syslogd/sink"
)

// account is what is known of the messages of one destination, by kind and name,
// as long as there is an engine and beyond: its sink may be replaced, removed
// and brought back by commits, and the program may be started again.
type account struct {
	rate meter

	mu   sync.Mutex     // guards what follows
	live []*destination // that work for it; two, while one replaces the other

	// base is added to what these count. It wraps around: a cleared account has a
	// base that takes away what was counted before.
	base totals
	told [sink.NumReasons]uint64 // losses that were announced
	next uint64                  // of a host: number in its spool of the first message that base knows nothing of; 0: not known
}

// totals are all counts of a destination.
type totals struct {
	filtered uint64
	sink.Counters
}

// account returns the account of a destination.
func (e *Engine) account(id destinationID) *account {
	e.mu.Lock()
	defer e.mu.Unlock()
	a := e.accounts[id]
	if a == nil {
		a = new(account)
		e.accounts[id] = a
	}
	return a
}

// open adds a destination that counts from now on. What waited when the program
// was killed, and is not in it again, is lost.
func (a *account) open(d *destination) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.live = append(a.live, d)
	now := d.totals()
	if keepsCounters(d.sink) {
		// Where base was saved after the file's own counters, it may take away more
		// than they are: counting begins anew.
		if plus(a.base, now).wrapped() {
			a.base = minus(now.forgotten(), now)
		}
		for i, n := range plus(a.base, now).Dropped { // what it has counted before is no news
			a.told[i] = max(a.told[i], n)
		}
		return
	}
	if r, ok := d.sink.(*sink.Remote); ok {
		a.since(r)
	}
	lost := a.base.Waiting - min(a.base.Waiting, now.Accepted) // a spool's begins with what it found
	a.base.Accepted -= min(a.base.Waiting, now.Accepted)
	a.base.Dropped[sink.Interrupted] += lost
	a.base.Waiting = 0
}

// since counts what a host was given, and was sent, between the moment that base is of
// and a kill, by the numbers in its spool. The lock is held.
func (a *account) since(r *sink.Remote) {
	now, _, found := r.Numbered()
	if a.next == 0 || found+1 < a.next {
		return // nothing is known, or the spool was made anew
	}
	more := found + 1 - a.next
	a.base.Accepted += more
	a.base.Waiting += more
	if sent := a.base.Waiting - min(a.base.Waiting, now.Accepted); sent > 0 {
		a.base.Waiting -= sent
		a.base.Delivered += sent
	}
}

// cleared counts what waited for a host that is not configured, and was dropped.
func (a *account) cleared() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.base.Dropped[sink.Cleared] += a.base.Waiting
	a.base.Waiting = 0
}

// close takes in what a destination that is closed has counted.
func (a *account) close(d *destination) {
	a.mu.Lock()
	defer a.mu.Unlock()
	i := slices.Index(a.live, d)
	if i < 0 {
		return
	}
	a.live = slices.Delete(a.live, i, i+1)
	now := d.totals()
	if keepsCounters(d.sink) {
		now = totals{filtered: now.filtered}
	}
	a.base = plus(a.base, now)
	if r, ok := d.sink.(*sink.Remote); ok {
		_, last, _ := r.Numbered()
		a.next = last + 1
	}
}

// keepsCounters reports whether s brings back its own counters when it is
// opened again.
func keepsCounters(s sink.Destination) bool {
	_, file := s.(*sink.File)
	return file
}

// totals returns the counts of all that work for a, since they were cleared.
func (a *account) totals() totals {
	a.mu.Lock()
	defer a.mu.Unlock()
	return plus(a.base, a.now())
}

// now is what those count that work for a. The lock is held.
func (a *account) now() (sum totals) {
	for _, d := range a.live {
		sum = plus(sum, d.totals())
	}
	return sum
}

// clear sets all counts to zero but for what waits.
func (a *account) clear() {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	a.base = minus(now.forgotten(), now)
	a.told = [sink.NumReasons]uint64{}
}

// newlyDropped returns what was lost since it was last asked, if that is more
// than allowed, and the sum.
func (a *account) newlyDropped(allowed uint64) (lost [sink.NumReasons]uint64, sum uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	c := plus(a.base, a.now())
	for i, n := range c.Dropped {
		lost[i] = n - min(n, a.told[i])
		sum += lost[i]
	}
	if sum <= allowed {
		return lost, 0
	}
	a.told = c.Dropped
	return lost, sum
}

// selected is every message that the destination's facility lines select.
func (t *totals) selected() uint64 { return t.filtered + t.Accepted }

// forgotten is t when everything is cleared but what waits.
func (t *totals) forgotten() totals {
	return totals{Counters: sink.Counters{Accepted: t.Waiting, Waiting: t.Waiting}}
}

// fields are the counts of t. They are asked for of thousands of destinations one
// after the other, and so take no memory.
func (t *totals) fields() [6 + sink.NumReasons]*uint64 {
	all := [6 + sink.NumReasons]*uint64{&t.filtered, &t.Accepted, &t.Delivered, &t.Repeated, &t.Waiting, &t.Made}
	for i := range t.Dropped {
		all[6+i] = &t.Dropped[i]
	}
	return all
}

// wrapped reports whether a count is below zero.
func (t totals) wrapped() bool {
	for _, n := range t.fields() {
		if int64(*n) < 0 {
			return true
		}
	}
	return false
}

func plus(a, b totals) totals {
	sums := a.fields()
	for i, n := range b.fields() {
		*sums[i] += *n
	}
	return a
}

func minus(a, b totals) totals {
	left := a.fields()
	for i, n := range b.fields() {
		*left[i] -= *n
	}
	return a
}
