package netconf

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/beevik/etree"

	"loggia/audit/event"
	"loggia/netconf/frame"
	"loggia/op"
)

// Event is one line of a log, or a gap between two.
type Event struct {
	Line     string // as the log has it, without line end
	Position string // node.epoch.seq: what a client goes on from

	Time     time.Time // of the event
	Facility string    // the configuration's words
	Severity string

	// What the line says, as far as it does, when that was asked for.
	Host       string
	Process    string
	Tag        string
	Text       string
	Parameters []string // NAME=VALUE of its structured data

	// Idle says, instead of a line, that there is no more for the moment; Position
	// is how far everything has been said.
	Idle bool
	// Lost is a gap instead of a line: the events after From up to To are gone.
	Lost     bool
	From, To string
}

// Query says which events of a log are wanted.
type Query struct {
	Stream string    // name of the log file
	After  string    // position to go on from; empty for the start, or Now
	Now    bool      // nothing of what is recorded already
	Follow bool      // and what will be
	Since  time.Time // nothing received before; zero for everything
	// Apart wants what the lines say, Positions where they are, and Priorities their
	// facilities and severities: none is for nothing when a hundred readers follow a
	// busy log.
	Apart, Positions, Priorities bool
}

// eventsNamespace is that of what we add to get-syslog-events.
const eventsNamespace = "urn:loggia:syslog-events"

// eventRequest is a get-syslog-events taken apart (junos-syslog-audit 4.3).
type eventRequest struct {
	Query
	filter
	stop     time.Time // nothing after
	count    int       // at most so many, 0 for all
	from, to int       // of those that match only these, counted from 1; to 0 is open
	total    bool      // only their number
	reverse  bool
}

// filter is what an event has to be like.
type filter struct {
	event, process, host string
	priority             priorities
	parameters           []func(string) bool
	text                 func(string) bool
}

// getSyslogEvents shows events of a log: those that are recorded when a time or
// a number or a position asks for them, and then each as it happens. The reply
// stays open until what was asked for is there, the client sends something
// else, or is gone.
func getSyslogEvents(ctx context.Context, s *session, r *request) error {
	q, err := s.events(r.op)
	if err != nil {
		return err
	}
	if !s.follows(s.env.Class(), q.Stream) {
		return s.refused(r.op.Tag)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if q.Follow {
		s.readAhead(cancel)
	}
	r.say(`<syslog-events`)
	if q.Positions {
		r.say(` xmlns:loggia="` + eventsNamespace + `"`)
	}
	r.say(">\n")
	if q.Follow {
		s.record(s.channel(q.Stream, ""))
	}
	err = s.stream(ctx, q, r)
	if err != nil && ctx.Err() == nil {
		r.say("<error-message>" + Escape(err.Error()) + "</error-message>\n")
	}
	if q.Follow {
		s.record(s.channel(q.Stream, s.whyEnded(ctx, r, err)))
	}
	r.say("</syslog-events>\n")
	return nil
}

// channel is the record of a stream that begins, or with a reason ends.
func (s *session) channel(stream, reason string) event.LogStream {
	return event.LogStream{Username: s.env.Caller.User, Stream: stream, Connection: s.env.Caller.Remote, Reason: reason}
}

// whyEnded is why a stream is over.
func (s *session) whyEnded(ctx context.Context, r *request, err error) string {
	switch {
	case r.err != nil:
		return "the connection is lost: " + r.err.Error()
	case ctx.Err() != nil:
		select {
		case a := <-s.ahead:
			s.ahead <- a // it is still to be answered
			if a.err != nil {
				return a.err.Error()
			}
			return "the client sent another request"
		default:
			return "the session was ended"
		}
	case err != nil:
		return err.Error()
	}
	return "what was asked for is sent"
}

// follows reports whether a class may follow a log: what it is in the shell. As
// that may show what is recorded already, no rule may deny `show log` of it.
func (s *session) follows(c *op.Class, stream string) bool {
	return c.Command("trace", []string{"monitor", "start", stream})
}

// events reads the request.
func (s *session) events(e *etree.Element) (q eventRequest, err error) {
	q.Follow = true
	for _, c := range e.ChildElements() {
		if err := s.eventInput(&q, c.Tag, text(c)); err != nil {
			return q, err
		}
	}
	if q.Stream == "" {
		return q, missingElement("stream")
	}
	if q.total || q.reverse || q.to > 0 {
		q.Follow = false
	}
	// Without a word about the past, the future is meant.
	q.Now = q.Now || q.Follow && !q.Positions && q.Since.IsZero() && q.count == 0 && q.stop.IsZero()
	return q, nil
}

// eventInput takes one element of the request.
func (s *session) eventInput(q *eventRequest, name, value string) (err error) {
	switch name {
	case "stream":
		q.Stream = value
	case "event":
		q.event, q.Apart = value, true
	case "process":
		q.process, q.Apart = value, true
	case "host":
		q.host, q.Apart = value, true
	case "priority":
		q.priority.add(value)
		q.Priorities = true
	case "start-time":
		q.Since, err = s.when(name, value)
	case "stop-time":
		q.stop, err = s.when(name, value)
		q.Follow = q.Follow && q.stop.After(s.env.Now())
	case "current-time", "recorded":
		q.Follow = false
	case "text-pattern":
		q.text, err = s.pattern(name, value)
	case "parameter":
		var p func(string) bool
		if p, err = s.pattern(name, value); err == nil {
			q.parameters, q.Apart = append(q.parameters, p), true
		}
	case "count":
		q.count, err = number(name, value)
	case "start-count":
		q.from, err = number(name, value)
	case "end-count":
		q.to, err = number(name, value)
	case "total-events":
		q.total = true
	case "reverse":
		q.reverse = true
	case "position": // ours; empty stands before the oldest event
		q.Positions, q.After = true, value
	case "now": // ours
		q.Now = true
	case "pretty", "print-json", "connection-id": // lines are lines
	default:
		return &rpcError{tag: "unknown-element", bad: name, message: "syntax error"}
	}
	return err
}

func number(name, value string) (int, error) {
	n, err := strconv.ParseUint(value, 10, 32)
	if err != nil {
		return 0, badValue(name, name+" is a number")
	}
	return int(n), nil
}

// when reads a time: RFC 3339, or as the shell shows it, in the zone of the configuration.
func (s *session) when(name, value string) (time.Time, error) {
	zone := s.env.Now().Location()
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02.15:04:05", "2006-01-02", "01/02/2006 15:04"} {
		if t, err := time.ParseInLocation(layout, value, zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, badValue(name, name+" is a time such as 2026-11-22 14:15:16 or 2026-11-22T14:15:16Z")
}

// pattern compiles an expression; matching ignores case, as `match` does.
func (s *session) pattern(name, value string) (func(string) bool, error) {
	m, err := s.o.Match(value)
	if err != nil {
		return nil, badValue(name, err.Error())
	}
	return m, nil
}

// takes reports whether an event is wanted.
func (f *filter) takes(e *Event) bool {
	if f.event != "" && e.Tag != f.event || f.process != "" && e.Process != f.process || f.host != "" && e.Host != f.host {
		return false
	}
	if f.text != nil && !f.text(e.Line) {
		return false
	}
	if !f.priority.takes(e.Facility, e.Severity) {
		return false
	}
	for _, takes := range f.parameters {
		found := false
		for _, p := range e.Parameters {
			found = found || takes(p)
		}
		if !found {
			return false
		}
	}
	return true
}

// priorities are those that are wanted: FACILITY.SEVERITY, or of facilities and
// severities alone one of each. Several are alternatives.
type priorities struct{ pairs, facilities, severities []string }

func (p *priorities) add(word string) {
	word = strings.ToLower(word)
	severity := false
	for s := event.Emergency; s <= event.Debug; s++ {
		severity = severity || s.String() == word
	}
	switch {
	case strings.Contains(word, "."):
		p.pairs = append(p.pairs, word)
	case severity:
		p.severities = append(p.severities, word)
	default:
		p.facilities = append(p.facilities, word)
	}
}

// takes reports whether an event has one of them.
func (p *priorities) takes(facility, severity string) bool {
	for _, pair := range p.pairs {
		if f, s, _ := strings.Cut(pair, "."); f == facility && s == severity {
			return true
		}
	}
	if len(p.facilities)+len(p.severities) == 0 {
		return len(p.pairs) == 0
	}
	return (len(p.facilities) == 0 || slices.Contains(p.facilities, facility)) && (len(p.severities) == 0 || slices.Contains(p.severities, severity))
}

// stream writes the events. Each line goes out at once when it is new, and with
// others when it is not.
func (s *session) stream(ctx context.Context, q eventRequest, r *request) error {
	events := s.o.Events(ctx, q.Query)
	if q.reverse {
		events = reversed(events, r.loan)
	}
	if !q.Positions && !q.total {
		r.say("<syslog>\n")
		defer r.say("</syslog>\n")
	}
	if err := r.flush(); err != nil {
		return err
	}
	if !q.stop.IsZero() && q.Follow {
		limit, cancel := context.WithDeadline(ctx, q.stop)
		defer cancel()
		ctx = limit
		events = s.o.Events(ctx, q.Query)
	}
	matched, shown, begun := 0, 0, false
	class := s.env.Class()
	for e, err := range events {
		if now := s.env.Class(); now != class { // a commit can change it
			if class = now; !s.follows(class, q.Stream) {
				return errWithdrawn
			}
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		case e.Idle:
			if q.Positions && !begun { // whoever is cut off now knows where to go on
				r.say(`<loggia:at position="` + escapeAttribute(e.Position) + "\"/>\n")
			}
			begun = true
			if err := r.flush(); err != nil {
				return err
			}
			continue
		case e.Lost:
			s.gap(r, q, e)
			continue
		case !q.stop.IsZero() && e.Time.After(q.stop):
			return nil
		case !q.takes(&e):
			continue
		}
		matched++
		if q.total || matched < q.from {
			continue
		}
		s.event(r, q, e)
		if shown++; shown == q.count || matched == q.to {
			break
		}
	}
	if q.total {
		r.say(fmt.Sprintf("<total-events>%d</total-events>\n", matched))
	}
	return r.err
}

// event writes one event.
func (s *session) event(r *request, q eventRequest, e Event) {
	if q.Positions {
		r.say(`<loggia:event position="` + escapeAttribute(e.Position) + `">` + Escape(e.Line) + "</loggia:event>\n")
		return
	}
	r.say(Escape(e.Line) + "\n")
}

// gap tells which events are missing.
func (s *session) gap(r *request, q eventRequest, e Event) {
	if q.Positions {
		r.say(`<loggia:lost after="` + escapeAttribute(e.From) + `" to="` + escapeAttribute(e.To) + "\"/>\n")
		return
	}
	r.say("[events after " + Escape(e.From) + " up to " + Escape(e.To) + " are lost]\n")
}

// errWithdrawn ends a stream whose reader may not read it any more.
var errWithdrawn = errors.New("permission denied")

// reversed keeps the events to turn them round, at most reverseMax of them and as
// much as there is memory for.
func reversed(events iter.Seq2[Event, error], loan *frame.Loan) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		var all []Event
		held := 0
		for e, err := range events {
			if err != nil {
				yield(e, err)
				return
			}
			if all = append(all, e); len(all) > reverseMax {
				yield(Event{}, fmt.Errorf("more than %d events; start-time narrows them", reverseMax))
				return
			}
			if held += eventBytes + len(e.Line); held > maxReading && loan.Hold(held) != nil {
				yield(Event{}, frame.ErrBusy)
				return
			}
		}
		for i := len(all) - 1; i >= 0; i-- {
			if !yield(all[i], nil) {
				return
			}
		}
	}
}

const (
	reverseMax = 100_000
	eventBytes = 512 // of memory, an event without its line
)
