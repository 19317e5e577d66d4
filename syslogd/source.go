package syslogd

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"loggia/syslogd/wire"
)

// Refusal says why a message that was received was not accepted.
type Refusal uint8

// The refusals.
const (
	QueueFull   Refusal = iota // the input's queue was full: a local file is not written fast enough
	Interrupted                // in the input's queue when the program was killed
	NotAllowed                 // allow-source does not name its sender
	RateLimited                // its sender had sent more than rate-limit
	NumRefusals = iota
)

// refusalNames are the words of statistics.
var refusalNames = [NumRefusals]string{"queue-full", "interrupted", "not-allowed", "rate-limited"}

// String returns the word that statistics show, such as queue-full.
func (r Refusal) String() string {
	if int(r) < len(refusalNames) {
		return refusalNames[r]
	}
	return "unknown"
}

// source counts what the inputs of one name take in, one after the other. Their
// goroutines change it, Statistics reads it.
type source struct {
	name                  string
	accepted              atomic.Uint64
	refused               [NumRefusals]atomic.Uint64
	truncated, errors     atomic.Uint64
	kernelDrops           atomic.Uint64 // of sockets that are closed; less than zero, modulo 2^64, where an open one has dropped some before a clear
	connections           atomic.Int64
	connected, turnedAway atomic.Uint64
	barred                atomic.Uint64
	anomalies             [NumAnomalies]atomic.Uint64
	rate                  meter

	mu   sync.Mutex              // guards told
	told [NumRefusals + 1]uint64 // losses that were announced, those of the kernel last
}

// Anomaly is a way in which an accepted message is not as the standards want it.
type Anomaly uint8

// The anomalies.
const (
	NoPriority   Anomaly = iota // no valid PRI: user.notice was assumed (RFC 3164 4.3.3)
	NoTimestamp                 // an RFC 3164 message without a stamp that can be read: the time of receipt stands in
	BadTimestamp                // an RFC 5424 message whose stamp cannot be read: all of it is text
	BadHeader                   // an RFC 5424 header that breaks the grammar: what follows is text
	NoHeader                    // no header at all: all of it is text
	NumAnomalies = iota
)

// anomalyNames are the words of statistics.
var anomalyNames = [NumAnomalies]string{"no-priority", "no-timestamp", "bad-timestamp", "bad-header", "no-header"}

// String returns the word that statistics show, such as no-priority.
func (a Anomaly) String() string {
	if int(a) < len(anomalyNames) {
		return anomalyNames[a]
	}
	return "unknown"
}

// anomalies are those of r, one bit each.
func anomalies(r *wire.Record) (set uint8) {
	if r.Flags&wire.NoPRI != 0 {
		set = 1 << NoPriority
	}
	damaged := r.Flags&wire.Damaged != 0
	switch {
	case r.Form == wire.RFC3164 && r.Stamp.Len == 0:
		set |= 1 << NoTimestamp
	case r.Form == wire.RFC5424 && damaged:
		set |= 1 << BadHeader
	case r.Form == wire.Bare && damaged:
		set |= 1 << BadTimestamp
	case r.Form == wire.Bare:
		set |= 1 << NoHeader
	}
	return set
}

// note counts what is odd about the records of a batch.
func (s *source) note(records []wire.Record) {
	var counts [NumAnomalies]uint64
	odd := false
	for i := range records {
		set := anomalies(&records[i])
		if set == 0 {
			continue
		}
		odd = true
		for a := range counts {
			counts[a] += uint64(set >> a & 1)
		}
	}
	if !odd {
		return
	}
	for a, n := range counts {
		if n > 0 {
			s.anomalies[a].Add(n)
		}
	}
}

// source returns the counts of the input of that name. They are kept as long as
// the engine is: an input that a commit removes and another brings back goes on
// counting, and what came in by it is not forgotten meanwhile.
func (e *Engine) source(name string) *source {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.sources[name]
	if s == nil {
		s = &source{name: name}
		e.sources[name] = s
	}
	return s
}

// fault counts an error of the system that loses no message, such as that of
// closing a connection which the peer has reset.
func (s *source) fault(err error) {
	if err != nil {
		s.errors.Add(1)
	}
}

func (s *source) snapshot() SourceStatistics {
	n := SourceStatistics{
		Name:     s.name,
		Accepted: s.accepted.Load(), Truncated: s.truncated.Load(), Errors: s.errors.Load(), KernelDrops: s.kernelDrops.Load(),
		Connections: s.connections.Load(), Connected: s.connected.Load(), TurnedAway: s.turnedAway.Load(), Barred: s.barred.Load(),
	}
	n.Received = n.Accepted
	for i := range s.refused {
		n.Refused[i] = s.refused[i].Load()
		n.Received += n.Refused[i]
	}
	for i := range s.anomalies {
		n.Anomalies[i] = s.anomalies[i].Load()
	}
	n.Rates = s.rate.read()
	return n
}

// lost is what the inputs lost against their will: what is refused by rule is
// no loss.
func (s *source) lost() (n [NumRefusals + 1]uint64) {
	for _, r := range []Refusal{QueueFull, Interrupted} {
		n[r] = s.refused[r].Load()
	}
	n[NumRefusals] = s.kernelDrops.Load()
	return n
}

// newlyLost returns what was lost since it was last asked, and the sum. live is
// what the kernel has dropped and s does not know.
func (s *source) newlyLost(live uint64) (text string, sum uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.lost()
	now[NumRefusals] += live
	lost := now
	for i := range lost {
		lost[i] -= min(lost[i], s.told[i])
		sum += lost[i]
	}
	s.told = now
	text = list(lost[:NumRefusals], Refusal.String)
	if n := lost[NumRefusals]; n > 0 {
		text = strings.TrimPrefix(fmt.Sprintf("%s, dropped by the kernel %d", text, n), ", ")
	}
	return text, sum
}

// clear sets all counts to zero. live is what the kernel has dropped and s does
// not know: it is taken away when s is told.
func (s *source) clear(live uint64) {
	for _, n := range []*atomic.Uint64{&s.accepted, &s.truncated, &s.errors, &s.connected, &s.turnedAway, &s.barred} {
		n.Store(0)
	}
	for i := range s.refused {
		s.refused[i].Store(0)
	}
	for i := range s.anomalies {
		s.anomalies[i].Store(0)
	}
	s.kernelDrops.Store(-live)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told = [NumRefusals + 1]uint64{}
}
