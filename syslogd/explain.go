package syslogd

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"loggia/audit/event"
	"loggia/syslogd/wire"
)

// Routing is the routing of a configuration, to be asked where messages would
// go: nothing is delivered. It asks the same table that the engine uses.
type Routing struct {
	table  *table
	inputs map[endpoint]*inputRules
}

// Routing returns what is in force. It may be used as long as one likes.
func (e *Engine) Routing() Routing {
	e.mu.Lock()
	defer e.mu.Unlock()
	return Routing{e.table.Load(), e.state.rules}
}

// Rehearse compiles the routing of c without opening anything. The error is that
// of its expressions, by place.
func Rehearse(c Config) (Routing, error) {
	var routes []route
	var errs PlaceErrors
	known := new(table).compiled()
	for _, w := range c.wanted(new(state), known) {
		if w.wanted.err != nil {
			errs = append(errs, &PlaceError{w.place, w.wanted.err})
			continue
		}
		if len(routes) == maxDestinations {
			break
		}
		routes = append(routes, route{&destination{id: w.id, place: w.place}, w.wanted})
	}
	if len(errs) > 0 {
		return Routing{}, errs
	}
	return Routing{table: newTable(routes, settingsOf(&c), nil)}, nil
}

// Explanation is how a message is read and where it goes.
type Explanation struct {
	Batch        *wire.Batch // with the one record
	Record       *wire.Record
	Sent         event.Facility // as the sender says; Record has what it may be
	Host         string         // that lines show
	Anomalies    []Anomaly
	MaxMessage   int      // bytes that are kept
	Barred       []string // inputs whose allow-source keeps the sender out, by name
	Refused      bool     // all that it could send to do: it goes nowhere
	Destinations []Decision
}

// Decision is what becomes of a message at one destination.
type Decision struct {
	Kind  Kind
	Name  string
	Place string

	Decided    *Rule // the line that decides for the facility; nil: there is none
	Overridden *Rule // the `any` line that it overrides
	Selected   bool  // Decided lets the severity pass

	Conditions []Condition // what is asked besides
	Reached    bool        // it goes there
	Line       string      // as it would be written
}

// Condition is one statement of a destination that a message may fail.
type Condition struct {
	Statement   string // as configured: `match "error|fail"`
	Holds       bool
	Alternative bool // one of the alternatives that hold suffices
}

// Explain reads text, which came from origin at a time, and routes it. Text
// longer than max-message-size is cut as an input would.
func (r Routing) Explain(text []byte, origin wire.Origin, received time.Time) Explanation {
	t := r.table
	b := &wire.Batch{Buf: slices.Clone(text), Received: received, Origin: origin}
	var p wire.Parser
	t.settings.prepare(&p)
	end, cut := len(b.Buf), false
	if end > t.settings.maxMessage {
		end, cut = wire.Cut(b.Buf, t.settings.maxMessage), true
	}
	p.Parse(b, 0, end)
	rec := &b.Records[0]
	if cut {
		rec.Flags |= wire.Truncated
	}
	x := Explanation{Batch: b, Record: rec, Sent: rec.Facility, MaxMessage: t.settings.maxMessage}
	if pri, ok := wire.Priority(b.Bytes(rec.Raw)); ok {
		x.Sent = event.Facility(pri >> 3)
	}
	rec.Facility = t.outside(b, rec)
	set := anomalies(rec)
	for a := range Anomaly(NumAnomalies) {
		if set>>a&1 == 1 {
			x.Anomalies = append(x.Anomalies, a)
		}
	}
	x.Host = t.shownHost(b, rec)
	x.Barred, x.Refused = r.barred(origin)
	sc := newScratch(t)
	sc.batch++
	sc.serial++
	for n := range t.legs {
		d := t.decision(sc, uint16(n), b, rec)
		d.Reached = d.Reached && !x.Refused
		x.Destinations = append(x.Destinations, d)
	}
	return x
}

// barred returns the inputs of the network that do not listen to a sender, and
// whether there is no other.
func (r Routing) barred(origin wire.Origin) (names []string, all bool) {
	peer := origin.Peer.Addr()
	if !peer.IsValid() {
		return nil, false
	}
	others := 0
	for at, rules := range r.inputs {
		switch {
		case !at.address.IsValid():
		case rules.allows(peer.Unmap().WithZone("")):
			others++
		default:
			names = append(names, at.String())
		}
	}
	slices.Sort(names)
	return names, len(names) > 0 && others == 0
}

// shownHost is the host that a line of r shows.
func (t *table) shownHost(b *wire.Batch, r *wire.Record) string {
	if r.Host.Len > 0 {
		return string(b.Bytes(r.Host))
	}
	if peer := b.Origin.Peer.Addr(); peer.IsValid() {
		return peer.Unmap().String()
	}
	return t.settings.host
}

// decision asks the table about one leg, step by step as route does.
func (t *table) decision(sc *scratch, n uint16, b *wire.Batch, r *wire.Record) Decision {
	l := &t.legs[n]
	s := l.wanted.selection
	d := Decision{Kind: l.dest.id.kind, Name: l.dest.id.name, Place: l.dest.place}
	d.Decided = decide(s.Rules, r.Facility)
	if d.Decided != nil && !d.Decided.Any {
		for i := range s.Rules {
			if s.Rules[i].Any {
				d.Overridden = &s.Rules[i]
			}
		}
	}
	d.Selected = slices.Contains(t.routes[r.Facility][r.Severity&7], n)
	d.Conditions = append(t.narrowed(sc, l, b, r), t.tested(sc, l, b, r)...)
	d.Reached = d.Selected && t.wants(sc, l, b, r)
	line := t.styles[l.style].Append(nil, b, r, new(wire.Stamps))
	d.Line = string(line)
	return d
}

// narrowed are the conditions that must all hold.
func (t *table) narrowed(sc *scratch, l *leg, b *wire.Batch, r *wire.Record) (all []Condition) {
	if l.narrow == 0 {
		return nil
	}
	n, s := &t.narrow[l.narrow-1], l.wanted.selection
	if len(s.From) > 0 {
		all = append(all, Condition{Statement: "from " + bracketed(s.From, netip.Prefix.String), Holds: n.network(&b.Origin)})
	}
	if s.Foreign {
		all = append(all, Condition{Statement: "exclude-own-records", Holds: n.notOwn(&b.Origin)})
	}
	if s.Own {
		all = append(all, Condition{Statement: "only-own-records", Holds: n.notOther(&b.Origin)})
	}
	if len(s.Programs) > 0 {
		all = append(all, Condition{Statement: "program " + bracketed(s.Programs, func(p string) string { return p }), Holds: n.program(b.Bytes(r.App))})
	}
	if s.HostMatch != "" {
		all = append(all, Condition{Statement: "hostname " + strconv.Quote(s.HostMatch), Holds: n.hosted(t, sc, b, r)})
	}
	return all
}

// tested are match and match-strings, either of which suffices.
func (t *table) tested(sc *scratch, l *leg, b *wire.Batch, r *wire.Record) (all []Condition) {
	for _, n := range l.tests {
		if n != 0 {
			x := t.tests[n-1]
			all = append(all, Condition{Statement: x.text, Holds: x.holds(sc.message(b, r)), Alternative: true})
		}
	}
	return all
}

// bracketed says a list as the configuration does: `a`, or `[ a b ]`.
func bracketed[T any](list []T, text func(T) string) string {
	if len(list) == 1 {
		return text(list[0])
	}
	var b strings.Builder
	b.WriteByte('[')
	for _, x := range list {
		fmt.Fprintf(&b, " %s", text(x))
	}
	return b.String() + " ]"
}
