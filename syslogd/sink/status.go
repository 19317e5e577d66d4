package sink

import (
	"fmt"
	"time"

	"loggia/syslogd/spool"
)

// Status is how a remote host is connected.
type Status uint8

// The states.
const (
	Down       Status = iota // waiting before the next attempt
	Connecting               //
	Up                       // udp: the address is known; tcp, tls: connected
	Idle                     // nothing waits, and a connection is made on demand
)

// String returns down, connecting, up or idle.
func (s Status) String() string { return [...]string{"down", "connecting", "up", "idle"}[s] }

// RemoteState is what `show system syslog host` says.
type RemoteState struct {
	Network     string // udp, tcp or tls
	Status      Status
	Since       time.Time // of Status
	Address     string    // of the peer, once connected
	Local       string    // our own
	Peer        string    // tls: name and fingerprint of the peer's certificate
	LastError   string    // empty: none so far
	LastErrorAt time.Time
	Connects    uint64      // successful connections so far
	QueuedBytes int         // including what was sent and is not acknowledged
	Oldest      time.Time   // receipt of the oldest record not delivered; zero: none
	Spool       spool.State // of the queue
}

// State tells how the connection is.
func (r *Remote) State() RemoteState {
	r.mu.Lock()
	s := r.state
	s.Network = r.options.Network
	r.mu.Unlock()
	s.Spool = r.spool.State()
	s.QueuedBytes, s.Oldest = int(s.Spool.Bytes), s.Spool.Oldest
	return s
}

// note notes a change of state, and tells it if it concerns the alarm.
func (r *Remote) note(s Status, err error) {
	r.mu.Lock()
	at := r.config.Now()
	if r.state.Status != s {
		r.state.Status, r.state.Since = s, at
	}
	if s == Up {
		r.state.Connects++
		r.alarm.clear()
	}
	if err != nil {
		r.state.LastError, r.state.LastErrorAt = err.Error(), at
		r.alarm.raise(err)
	}
	r.tell()
}

// tell unlocks, and reports what there is to say about the alarms.
func (r *Remote) tell() {
	reports := r.reports
	r.reports = nil
	r.mu.Unlock()
	for _, a := range reports {
		r.config.Report(a)
	}
}

// spoolFault is told that the spool's disk takes nothing, and that it does
// again.
func (r *Remote) spoolFault(err error) {
	r.mu.Lock()
	if err != nil {
		r.disk.raise(err)
	} else {
		r.disk.clear()
	}
	r.tell()
}

// spoolDamage is told of bytes in the spool that hold no record.
func (r *Remote) spoolDamage(d spool.Damage) {
	r.config.Fault(fmt.Errorf("spool of %s: %v", r.config.Host, d))
}

// spoolRemoved is told that somebody has removed the spool's files.
func (r *Remote) spoolRemoved(records uint64) {
	r.config.Fault(fmt.Errorf("spool of %s: its files were removed while it was in use, and are made again; %d records were there alone and are lost", r.config.Host, records))
}
