package syslogd

import (
	"fmt"
	"net/netip"
	"sync"
	"time"

	"loggia/audit/event"
	"loggia/syslogd/wire"
)

const (
	// maxSenders bounds the sources that are told apart; those beyond share one
	// allowance.
	maxSenders = 1 << 16

	// calm is how long a source must keep within its limit for an interval in which
	// it did not to be over.
	calm = time.Second

	// longInterval is how long such an interval may last before it is reported
	// although it goes on.
	longInterval = time.Minute

	// settleEvery is how often intervals are looked at while there are any.
	settleEvery = 250 * time.Millisecond

	// maxSummaries bounds how many sources are named at a time.
	maxSummaries = 50
)

// senderKey is whom a rate-limit counts as one source: an address; on the local
// socket a user, and for root, whose programs are the system's, a process.
type senderKey struct {
	addr netip.Addr
	uid  uint32
	pid  int32
}

func keyOf(o *wire.Origin) senderKey {
	switch {
	case o.Kind != wire.Unix:
		return senderKey{addr: o.Peer.Addr()}
	case o.UID == 0:
		return senderKey{pid: o.PID}
	}
	return senderKey{uid: o.UID}
}

func (k senderKey) String() string {
	switch {
	case k.addr.IsValid():
		return k.addr.String()
	case k.uid != 0:
		return fmt.Sprintf("uid %d", k.uid)
	}
	return fmt.Sprintf("pid %d", k.pid)
}

// allowance is that of one source: a second's worth at most, which grows
// with time.
type allowance struct {
	left float64
	last time.Time

	suppressed   uint64 // in the interval at hand
	since, until time.Time
}

// senders limit how many messages of each source are accepted (`rate-limit`).
// What is asked is a batch, and so is what is granted.
type senders struct {
	wake chan struct{} // capacity 1: an interval began

	mu     sync.Mutex // guards what follows
	by     map[senderKey]*allowance
	others *allowance // of those for whom there is no room
	active map[*allowance]senderKey
	rate   int
	swept  time.Time
}

func newSenders() *senders {
	return &senders{wake: make(chan struct{}, 1), by: make(map[senderKey]*allowance), others: new(allowance), active: make(map[*allowance]senderKey)}
}

// take returns how many of n messages k may send now, at rate messages a second.
func (ss *senders) take(k senderKey, n, rate int, now time.Time) int {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	ss.rate = rate
	s := ss.find(k, now)
	most := float64(rate)
	switch elapsed := now.Sub(s.last); {
	case s.last.IsZero():
		s.left = most
	case elapsed > 0:
		s.left = min(most, s.left+elapsed.Seconds()*most)
	}
	s.last = now
	granted := min(n, int(s.left))
	s.left -= float64(granted)
	if granted == n {
		return n
	}
	if s.suppressed == 0 {
		s.since = now
		ss.active[s] = k
		select {
		case ss.wake <- struct{}{}:
		default:
		}
	}
	s.suppressed += uint64(n - granted)
	s.until = now
	return granted
}

// find returns the allowance of k. When there are too many, those that nothing
// would be known of anyway, for theirs is whole again, are forgotten. The lock is held.
func (ss *senders) find(k senderKey, now time.Time) *allowance {
	if s := ss.by[k]; s != nil {
		return s
	}
	if len(ss.by) >= maxSenders && now.Sub(ss.swept) >= calm {
		ss.swept = now
		for k, s := range ss.by {
			if s.suppressed == 0 && now.Sub(s.last) >= time.Second {
				delete(ss.by, k)
			}
		}
	}
	if len(ss.by) >= maxSenders {
		return ss.others
	}
	s := new(allowance)
	ss.by[k] = s
	return s
}

// over returns the summaries of the intervals that have ended, of all with all
// set, and whether there are more to wait for.
func (ss *senders) over(now time.Time, all bool) (list []event.MessagesSuppressed, more bool) {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	var rest event.MessagesSuppressed
	sources := 0
	for s, k := range ss.active {
		if !all && now.Sub(s.until) < calm && now.Sub(s.since) < longInterval {
			continue
		}
		e := event.MessagesSuppressed{Source: k.String(), Count: s.suppressed, Limit: ss.rate, Since: s.since, Until: s.until}
		if s == ss.others {
			e.Source = "other sources"
		}
		s.suppressed = 0
		delete(ss.active, s)
		if len(list) < maxSummaries {
			list = append(list, e)
			continue
		}
		if sources++; sources == 1 {
			rest = e
		}
		if sources > 1 {
			rest.Count += e.Count
		}
		if e.Since.Before(rest.Since) {
			rest.Since = e.Since
		}
		if e.Until.After(rest.Until) {
			rest.Until = e.Until
		}
	}
	if sources > 0 {
		rest.Source = fmt.Sprintf("%d more sources", sources)
		list = append(list, rest)
	}
	return list, len(ss.active) > 0
}

// summarise announces each interval in which a source was limited or refused, until the
// engine is closed.
func (e *Engine) summarise() {
	defer e.running.Done()
	for {
		select {
		case <-e.senders.wake:
		case <-e.done:
			return
		}
		for more := true; more; {
			pause(e.done, settleEvery)
			var list []event.MessagesSuppressed
			list, more = e.senders.over(e.now(), false)
			refused, waits := e.refusals.due(e.now(), false)
			more = more || waits
			for _, s := range list {
				if e.o.Announce != nil {
					e.o.Announce(s)
				}
			}
			for _, r := range refused {
				if e.o.Announce != nil {
					e.o.Announce(r)
				}
			}
			select {
			case <-e.done:
				return
			default:
			}
		}
	}
}

// summariseLast logs the intervals that the end of the program cuts short.
func (e *Engine) summariseLast() {
	list, _ := e.senders.over(e.now(), true)
	for _, s := range list {
		e.Log(event.Subject{User: "root"}, s.Entry())
	}
	refused, _ := e.refusals.due(e.now(), true)
	for _, r := range refused {
		e.Log(event.Subject{User: "root"}, r.Entry())
	}
}
