package syslogd

import (
	"bytes"
	"fmt"
	"maps"
	"strings"
	"time"

	"loggia/audit/event"
	"loggia/syslogd/sink"
)

const (
	// keepEvery is how often rates are measured and the ledger is written.
	keepEvery = 10 * time.Second

	// tellEvery is how often losses are announced, while there are any.
	tellEvery = time.Minute

	// maxForgotten bounds the accounts and sources that no configuration in force
	// names: beyond, those are forgotten.
	maxForgotten = 4096
)

// keep measures rates, keeps the ledger and announces losses, until the engine
// is closed.
func (e *Engine) keep() {
	defer e.running.Done()
	tick := time.NewTicker(e.o.KeepEvery)
	defer tick.Stop()
	last, told := time.Now(), time.Now()
	for {
		select {
		case <-tick.C:
		case <-e.done:
			return
		}
		now := time.Now()
		e.measure(now.Sub(last))
		last = now
		if now.Sub(told) >= e.o.TellEvery {
			e.tell(now.Sub(told))
			told = now
		}
		e.recoverFiles()
		e.save()
	}
}

// recoverFiles has the files opened again that could not be, and takes back the
// alarms of those that can be written again, though nobody may
// be writing to them.
func (e *Engine) recoverFiles() {
	e.mu.Lock()
	s := e.state
	e.mu.Unlock()
	for _, d := range s.destinations {
		if f, ok := d.sink.(*sink.File); ok {
			f.Recover()
		}
	}
}

// books returns every account and source, by name.
func (e *Engine) books() (sources map[string]*source, accounts map[destinationID]*account) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return maps.Clone(e.sources), maps.Clone(e.accounts)
}

// measure lets all meters look at their counts.
func (e *Engine) measure(since time.Duration) {
	sources, accounts := e.books()
	sources["self"] = e.self
	for _, s := range sources {
		n := s.snapshot()
		s.rate.measure(n.Received, since)
	}
	for _, a := range accounts {
		t := a.totals()
		a.rate.measure(t.selected(), since)
	}
}

// tell announces what was lost since it last did. An announcement may itself be
// lost, in a file that cannot be written: that alone is no news.
func (e *Engine) tell(since time.Duration) {
	if e.o.Announce == nil {
		return
	}
	sources, accounts := e.books()
	var news []event.MessagesLost
	for name, s := range sources {
		if lost, n := s.newlyLost(e.kernelDrops(name)); n > 0 {
			news = append(news, event.MessagesLost{Where: name, Count: n, Reasons: lost, Since: since})
		}
	}
	for id, a := range accounts {
		if lost, n := a.newlyDropped(e.announced); n > 0 {
			news = append(news, event.MessagesLost{Where: id.String(), Count: n, Reasons: list(lost[:], sink.Reason.String), Since: since})
		}
	}
	e.announced = uint64(len(news))
	for _, n := range news {
		e.o.Announce(n)
	}
}

// kernelDrops is what the kernel has dropped of an open socket, and its source
// does not know yet.
func (e *Engine) kernelDrops(name string) (n uint64) {
	e.mu.Lock()
	s := e.state
	e.mu.Unlock()
	for at, in := range s.inputs {
		if d, ok := in.(*datagram); ok && at.String() == name {
			n += d.kernelDrops()
		}
	}
	return n
}

// list says counts that are not zero: `queue-full 12, no-space 3`.
func list[N ~uint8](counts []uint64, name func(N) string) string {
	var all []string
	for i, n := range counts {
		if n > 0 {
			all = append(all, fmt.Sprintf("%s %d", name(N(i)), n))
		}
	}
	return strings.Join(all, ", ")
}

// save writes the ledger, if it has changed.
func (e *Engine) save() {
	if e.o.Ledger == "" {
		return
	}
	e.saving.Lock()
	defer e.saving.Unlock()
	text, err := e.ledger().encode()
	if err == nil && bytes.Equal(text, e.saved) {
		return
	}
	if err == nil {
		err = writeLedger(e.o.Ledger, text)
	}
	if err == nil {
		e.saved = text
	}
	if err != nil && !e.unsaved {
		e.o.Report("counters of messages", err)
	}
	e.unsaved = err != nil
}

// ledger is what is to be kept at this moment.
func (e *Engine) ledger() *ledger {
	e.mu.Lock()
	since := e.since
	e.mu.Unlock()
	l := &ledger{Since: since}
	for _, s := range e.sourceStatistics() {
		l.Sources = append(l.Sources, s.entry())
	}
	_, accounts := e.books()
	l.Destinations = make([]destinationLedger, 0, len(accounts))
	for id, a := range accounts {
		l.Destinations = append(l.Destinations, a.entry(id))
	}
	l.sort()
	return l
}

// restore takes the counters that an earlier process has left.
func (e *Engine) restore() {
	e.since = e.now()
	if e.o.Ledger == "" {
		return
	}
	l, err := readLedger(e.o.Ledger)
	if err != nil {
		e.o.Report("", err)
	}
	if l == nil {
		return
	}
	e.since = l.Since
	for i := range l.Sources {
		s := e.self
		if name := l.Sources[i].Name; name != e.self.name {
			s = e.source(name)
		}
		s.restore(&l.Sources[i])
	}
	for i := range l.Destinations {
		d := &l.Destinations[i]
		for kind := KindFile; kind <= KindConsole; kind++ {
			if kind.String() == d.Kind {
				e.account(destinationID{kind, d.Name}).restore(d)
			}
		}
	}
}

// forgetBooks drops accounts and sources that no configuration in force names, if
// there are too many. The lock is held.
func (e *Engine) forgetBooks(s *state) {
	if len(e.accounts) > len(s.destinations)+maxForgotten {
		maps.DeleteFunc(e.accounts, func(id destinationID, a *account) bool {
			a.mu.Lock()
			defer a.mu.Unlock()
			return len(a.live) == 0
		})
	}
	if len(e.sources) > len(s.inputs)+maxForgotten {
		named := make(map[string]bool)
		for at := range s.inputs {
			named[at.String()] = true
		}
		maps.DeleteFunc(e.sources, func(name string, src *source) bool { return !named[name] && src.connections.Load() == 0 })
	}
}

// ClearStatistics sets every counter to zero. What waits at that moment stays
// counted, as accepted, so that the sums hold.
func (e *Engine) ClearStatistics() {
	sources, accounts := e.books()
	sources["self"] = e.self
	for name, s := range sources {
		s.clear(e.kernelDrops(name))
	}
	for _, a := range accounts {
		a.clear()
	}
	for _, t := range e.table.Load().tests {
		t.clear()
	}
	e.mu.Lock()
	e.since = e.now()
	e.mu.Unlock()
	e.save()
}
