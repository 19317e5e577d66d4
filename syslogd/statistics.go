package syslogd

import (
	"cmp"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"loggia/syslogd/sink"
)

// Refusal says why a message that was received was not accepted.
type Refusal uint8

// The refusals.
const (
	QueueFull   Refusal = iota // the input's queue was full: a local file is not written fast enough
	Interrupted                // in the input's queue when the program was killed
	NumRefusals         = iota
)

// refusalNames are the words of statistics.
var refusalNames = [NumRefusals]string{"queue-full", "interrupted"}

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
	kernelDrops           atomic.Uint64 // of sockets that are closed
	connections           atomic.Int64
	connected, turnedAway atomic.Uint64
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

// SourceStatistics are the counts of one input since the engine was made,
// through all commits. At any moment Received = Accepted + the sum of Refused.
type SourceStatistics struct {
	Name     string // such as `udp *:514`, `unix /dev/log`, `self`
	Received uint64 // messages
	Accepted uint64 // of these, handed to routing
	Refused  [NumRefusals]uint64

	Truncated    uint64 // accepted, and cut to max-message-size
	KernelDrops  uint64 // dropped by the kernel before they were received: its buffer was full
	Waiting      uint64 // accepted, and still in the input's queue
	WaitingBytes uint64
	Errors       uint64 // system errors that lost no message

	Connections int64  // open now
	Connected   uint64 // ever accepted
	TurnedAway  uint64 // connections closed at once: too many are open
}

// DestinationStatistics are the counts of one destination. At any moment
// Selected = Filtered + Sink.Accepted, and Sink.Accepted = Sink.Delivered +
// Sink.Repeated + the sum of Sink.Dropped + Sink.Waiting.
type DestinationStatistics struct {
	Kind     Kind
	Name     string // as configured; empty for the console
	Selected uint64 // messages that its facility lines select
	Filtered uint64 // of these, kept away by match and match-strings
	Sink     sink.Counters
	Host     *sink.RemoteState // of a host: how it is connected
}

// Statistics is a snapshot of every counter of the engine.
type Statistics struct {
	Time         time.Time
	Sources      []SourceStatistics      // self first, then by name
	Destinations []DestinationStatistics // in the order of the configuration
	Alarms       []Alarm                 // parts of the configuration that are not in force, by place
}

// Alarm is a part of the configuration that is not in force and is retried.
type Alarm struct {
	Place string
	Err   error
}

// Statistics returns a snapshot. It may be called at any time. An input that was
// removed is listed as long as it has something to tell.
func (e *Engine) Statistics() Statistics {
	e.mu.Lock()
	s, sources := e.state, maps.Clone(e.sources)
	e.mu.Unlock()
	all := Statistics{Time: e.now(), Sources: []SourceStatistics{e.self.snapshot()}}
	for at, in := range s.inputs {
		all.Sources = append(all.Sources, in.statistics())
		delete(sources, at.String())
	}
	for _, removed := range sources {
		n := removed.snapshot()
		if n.Name = ""; n != (SourceStatistics{}) {
			n.Name = removed.name
			all.Sources = append(all.Sources, n)
		}
	}
	slices.SortFunc(all.Sources[1:], func(a, b SourceStatistics) int { return cmp.Compare(a.Name, b.Name) })
	for _, d := range s.destinations {
		all.Destinations = append(all.Destinations, d.snapshot())
	}
	for place, f := range s.failing {
		all.Alarms = append(all.Alarms, Alarm{place, f.err})
	}
	slices.SortFunc(all.Alarms, func(a, b Alarm) int { return cmp.Compare(a.Place, b.Place) })
	return all
}

func (s *source) snapshot() SourceStatistics {
	n := SourceStatistics{
		Name:     s.name,
		Accepted: s.accepted.Load(), Truncated: s.truncated.Load(), Errors: s.errors.Load(), KernelDrops: s.kernelDrops.Load(),
		Connections: s.connections.Load(), Connected: s.connected.Load(), TurnedAway: s.turnedAway.Load(),
	}
	n.Received = n.Accepted
	for i := range s.refused {
		n.Refused[i] = s.refused[i].Load()
		n.Received += n.Refused[i]
	}
	return n
}
