package syslogd

import (
	"syscall"

	"loggia/syslogd/sink"
	"loggia/syslogd/wire"
)

// Kind is the kind of a destination.
type Kind uint8

// The kinds of destination.
const (
	KindFile Kind = iota
	KindHost
	KindUser
	KindConsole
)

// String returns the configuration's word.
func (k Kind) String() string { return [...]string{"file", "host", "user", "console"}[k] }

// destinationID names a destination among all of a configuration.
type destinationID struct {
	kind Kind
	name string
}

func (id destinationID) String() string {
	if id.name == "" {
		return id.kind.String()
	}
	return id.kind.String() + " " + id.name
}

// spec is all that a configuration says of a destination but what it selects.
// Specs are compared with ==: equal ones are one destination, left alone.
type spec interface {
	// open opens the destination; everything that can fail happens here.
	open(e *Engine) (sink.Destination, error)

	// style is how lines for the destination are formatted.
	style() wire.Style

	// adopt returns what changes d, which another spec of the same kind and name
	// has opened, into what this spec says; it cannot fail. It is nil where d
	// must be replaced by a new one.
	adopt(was spec, d sink.Destination) func()
}

// input is a socket that is read, or accepts connections, from the moment it
// is opened.
type input interface {
	endpoint() endpoint
	statistics() SourceStatistics
	syscallConn() syscall.Conn

	// obey puts other rules in force.
	obey(r *inputRules)

	// retire takes what is there and closes the socket. With replaced another input
	// of ours takes over: connections that are being made are left to it.
	retire(replaced bool) error
}

// state is one configuration in force. It is immutable: a change makes another.
type state struct {
	config       Config
	destinations []*destination        // in the order of the configuration
	wanted       []*wanted             // what each was made of
	byID         map[destinationID]int // where in these
	inputs       map[endpoint]input
	rules        map[endpoint]*inputRules // of inputs
	failing      map[string]failure       // by place
}

// failure is a part of a configuration that is not in force.
type failure struct {
	part any // as configured: an unchanged part does not fail the next commit
	err  error
}

func newState(c Config) *state {
	return &state{
		config:  c,
		inputs:  make(map[endpoint]input),
		rules:   make(map[endpoint]*inputRules),
		failing: make(map[string]failure),
	}
}

// destination returns the one of id, nil if there is none.
func (s *state) destination(id destinationID) *destination {
	if i, ok := s.byID[id]; ok {
		return s.destinations[i]
	}
	return nil
}

// find returns where the destination of id is, which is likely to be where it is looked
// for first.
func (s *state) find(id destinationID, likely int) (i int, ok bool) {
	if likely < len(s.wanted) && s.wanted[likely].id == id {
		return likely, true
	}
	i, ok = s.byID[id]
	return i, ok
}

// keeps reports whether a connection lives on under s: a listener of its kind
// covers its address and would still let its peer in.
func (s *state) keeps(c *stream) bool {
	for p, r := range s.rules {
		if p.network == c.network && p.address.Port() == c.local.Port() && p.covers(c.local.Addr()) &&
			r.allows(c.origin.Peer.Addr()) && c.welcome(r) {
			return true
		}
	}
	return false
}

// overlaps reports whether an input of s hears what in does.
func (s *state) overlaps(in input) bool {
	for at := range s.inputs {
		if at.overlaps(in.endpoint()) {
			return true
		}
	}
	return false
}

func settingsOf(c *Config) settings {
	return settings{maxMessage: c.maxMessage(), rate: c.Inputs.RateLimit, host: c.HostName, machine: c.MachineName, zone: c.zone()}
}

// Destinations returns how many destinations are in force, or were wanted by the
// change prepared last, whichever is more: those begin to work before it is applied.
func (e *Engine) Destinations() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return max(len(e.state.destinations), int(e.planned.Load()))
}
