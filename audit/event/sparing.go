package event

import (
	"fmt"
	"strconv"
	"sync"
	"time"
)

// Whoever is turned away can come again at once. Recording every time would let
// anybody fill the disk that the records are on.
const (
	sparingAtOnce = 20          // recorded one by one
	sparingPause  = time.Minute // after that, one record in this time, with a count
)

// Sparing decides which of many events of one kind are recorded. The zero value
// is ready, and safe for concurrent use.
type Sparing struct {
	mu     sync.Mutex // guards what follows
	since  time.Time  // when the present time began
	count  int        // recorded in it
	silent int        // not recorded since the last record
}

// Note tells whether an event that happens now is to be recorded, and what to
// add to its text: how many before it were not.
func (s *Sparing) Note(now time.Time) (more string, record bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d := now.Sub(s.since); d >= sparingPause || d < 0 {
		s.since, s.count = now, 0
		if s.silent > 0 { // it goes on and on
			s.count = sparingAtOnce - 1
		}
	}
	if s.count >= sparingAtOnce {
		s.silent++
		return "", false
	}
	s.count++
	if s.silent > 0 {
		more = fmt.Sprintf(" (and %d times before without a record)", s.silent)
		s.silent = 0
	}
	return more, true
}

// Spared is an event that the audit trail alone gets, because too many of its kind
// came at once.
type Spared struct{ Event }

// Entry implements Event.
func (s Spared) Entry() Entry {
	e := s.Event.Entry()
	e.Trail = true
	return e
}

// RecordsSpared is that alarms and connections came in such a number that many of
// their records are in the audit trail alone.
type RecordsSpared struct{ Count int }

// Entry implements Event. SYSTEM_RECORDS_SPARED is ours, syslog.warning.
func (e RecordsSpared) Entry() Entry {
	n := strconv.Itoa(e.Count)
	return Entry{Process: eventd, Tag: "SYSTEM_RECORDS_SPARED", Facility: Syslog, Severity: Warning,
		Text:  n + " records of alarms and connections are in the audit trail alone: too many for the log came at once",
		Attrs: []Attr{{"count", n}}}
}
