package syslogd

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"loggia/syslogd/sink"
)

// SourceStatistics are the counts of one input since they were cleared, through
// all commits and starts of the program. At any moment Received = Accepted + the sum of Refused.
type SourceStatistics struct {
	Name     string // such as `udp *:514`, `unix /dev/log`, `self`
	Received uint64 // messages
	Accepted uint64 // of these, handed to routing
	Refused  [NumRefusals]uint64

	Truncated    uint64 // accepted, and cut to max-message-size
	KernelDrops  uint64 // dropped by the kernel before they were received: its buffer was full
	Waiting      uint64 // accepted, and still in the input's queue
	WaitingBytes uint64
	HighWater    uint64 // most bytes that ever waited, since the program started
	Errors       uint64 // system errors that lost no message

	Connections int64  // open now
	Connected   uint64 // ever accepted
	TurnedAway  uint64 // connections closed at once: too many are open
	Barred      uint64 // connections closed at once, or never made secure: their sender is not allowed

	Anomalies [NumAnomalies]uint64 // accepted, and not as the standards want them; one message may have several
	Rates     Rates                // of Received
}

// DestinationStatistics are the counts of one destination since they were
// cleared, through all commits and starts of the program. At any moment
// Selected = Filtered + Sink.Accepted, and Sink.Accepted = Sink.Delivered +
// Sink.Repeated + the sum of Sink.Dropped + Sink.Waiting.
type DestinationStatistics struct {
	Kind     Kind
	Name     string // as configured; empty for the console
	Selected uint64 // messages that its facility lines select
	Filtered uint64 // of these, kept away by match and match-strings
	Sink     sink.Counters
	Host     *sink.RemoteState // of a host: how it is connected
	Rates    Rates             // of Selected
}

// Statistics is a snapshot of every counter of the engine.
type Statistics struct {
	Time         time.Time
	Since        time.Time               // the counters were zero
	Sources      []SourceStatistics      // self first, then by name
	Destinations []DestinationStatistics // in the order of the configuration
	Expressions  []ExpressionStatistics  // distinct match and match-strings
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
	s, since := e.state, e.since
	e.mu.Unlock()
	all := Statistics{Time: e.now(), Since: since, Sources: e.sourceStatistics(), Destinations: make([]DestinationStatistics, 0, len(s.destinations))}
	for _, d := range s.destinations {
		all.Destinations = append(all.Destinations, d.snapshot())
	}
	for _, t := range e.table.Load().tests {
		all.Expressions = append(all.Expressions, t.snapshot())
	}
	for place, f := range s.failing {
		all.Alarms = append(all.Alarms, Alarm{place, f.err})
	}
	slices.SortFunc(all.Alarms, func(a, b Alarm) int { return cmp.Compare(a.Place, b.Place) })
	return all
}

// sourceStatistics are the counts of all inputs: self first, then by name.
func (e *Engine) sourceStatistics() []SourceStatistics {
	e.mu.Lock()
	s, sources := e.state, maps.Clone(e.sources)
	e.mu.Unlock()
	all := []SourceStatistics{e.self.snapshot()}
	for at, in := range s.inputs {
		all = append(all, in.statistics())
		delete(sources, at.String())
	}
	for _, removed := range sources {
		n := removed.snapshot()
		if n.Name, n.Rates = "", (Rates{}); n != (SourceStatistics{}) {
			n.Name = removed.name
			all = append(all, n)
		}
	}
	slices.SortFunc(all[1:], func(a, b SourceStatistics) int { return cmp.Compare(a.Name, b.Name) })
	return all
}
