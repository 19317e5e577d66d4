package syslogd

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"loggia/audit/event"
	"loggia/match"
	"loggia/syslogd/wire"
)

// numSeverities bounds a table indexed by Severity.
const numSeverities = int(event.Debug) + 1

// table is one commit's routing: which destinations a record of a facility and
// severity goes to. It is immutable but for the counters of its use, and is
// replaced as a whole by every commit.
type table struct {
	// Built once.
	routes   [event.NumFacilities][numSeverities][]uint16 // indexes of legs
	columns  [event.NumFacilities][]byte                  // passing, leg by leg
	legs     []leg
	styles   []*wire.Style // distinct ones: a record is formatted once for each
	tests    []*test       // distinct ones: evaluated once for each record
	narrow   []narrowing   // distinct ones
	settings settings
	hosts    int       // how many of legs are hosts
	files    int       // and files
	loops    *loops    // nil where nothing is sent on
	scratch  sync.Pool // *scratch, shaped by legs, styles and tests

	// Changed by everyone who uses the table.
	active  atomic.Int64  // how many use it at this moment
	retired atomic.Bool   // replaced: whoever leaves last wakes the retirer
	idle    chan struct{} // capacity 1: active was seen to be 0 after retired
}

// settings are what inputs need to know of a Config.
type settings struct {
	maxMessage int // bytes
	rate       int // messages a second of one source, 0: any number
	host       string
	machine    string // what the kernel calls it
	zone       *time.Location
}

// prepare makes p parse by s.
func (s *settings) prepare(p *wire.Parser) {
	p.Zone, p.HostName, p.MachineName = s.zone, s.host, s.machine
}

// leg is one destination of a table.
type leg struct {
	dest    *destination
	style   uint16    // index in styles
	tests   [2]uint16 // indexes in tests plus one; 0 is none. Either suffices
	narrow  uint16    // index in narrow plus one; 0 is none
	hash    bool      // the destination folds repetitions: it needs an Identity
	*wanted           // what it was made of: Explain shows it
}

// route is what a destination contributes to a table.
type route struct {
	dest *destination
	*wanted
}

// compiled are the tests and styles of a table. Equal ones are one.
type compiled struct {
	tests  map[string]*test // by key
	styles map[wire.Style]*wire.Style
}

// compiled returns those of t.
func (t *table) compiled() *compiled {
	c := &compiled{make(map[string]*test, len(t.tests)), make(map[wire.Style]*wire.Style, len(t.styles))}
	for _, x := range t.tests {
		c.tests[x.key] = x
	}
	for _, s := range t.styles {
		c.styles[*s] = s
	}
	return c
}

// style returns the one that is equal to s.
func (c *compiled) style(s wire.Style) *wire.Style {
	known := c.styles[s]
	if known == nil {
		known = &s
		c.styles[s] = known
	}
	return known
}

// compile turns the expressions of s into tests, or takes those that are the same.
func (c *compiled) compile(s *Selection) ([]*test, error) {
	var all []*test
	var errs []error
	add := func(key, text, expression string, compile func(match.Options) (*match.Expr, error)) {
		if t := c.tests[key]; t != nil {
			all = append(all, t)
			return
		}
		// Junos compares without regard to case.
		x, err := compile(match.Options{IgnoreCase: true})
		if err != nil {
			errs = append(errs, err)
			return
		}
		t := &test{key: key, text: text, expr: x, anchored: strings.Contains(expression, "^"), negated: strings.HasPrefix(expression, "!")}
		c.tests[key] = t
		all = append(all, t)
	}
	if s.Match != "" {
		add("match "+s.Match, "match "+strconv.Quote(s.Match), s.Match, func(o match.Options) (*match.Expr, error) { return match.Compile(s.Match, o) })
	}
	if len(s.MatchStrings) > 0 {
		key, text := []byte("match-strings"), "match-strings ["
		for _, m := range s.MatchStrings {
			key = binary.AppendUvarint(key, uint64(len(m)))
			key = append(key, m...)
			text += " " + strconv.Quote(m)
		}
		add(string(key), text+" ]", "", func(o match.Options) (*match.Expr, error) { return match.Literals(s.MatchStrings, o) })
	}
	return all, errors.Join(errs...)
}

// decide returns which of rules decides about a facility, nil if none does. The
// `any` line is the ground; a specific line overrides it, be it stricter or
// laxer (Junos System Log Messages Reference).
func decide(rules []Rule, f event.Facility) *Rule {
	var decided *Rule
	for i := range rules {
		if r := &rules[i]; r.Set.Has(f) && (decided == nil || decided.Any || !r.Any) {
			decided = r
		}
	}
	return decided
}

// passing is how many severities, from emergency on, pass for each facility.
type passing [event.NumFacilities]uint8

// passes returns what rules let pass.
func passes(rules []Rule) (p passing) {
	for f := range p {
		if r := decide(rules, event.Facility(f)); r != nil {
			p[f] = uint8(min(r.Level, numSeverities-1) + 1)
		}
	}
	return p
}

// maxDestinations bounds a table: its indexes, also those of the two tests that
// a destination may have, are 16 bits.
const maxDestinations = 1<<15 - 1

// newTable makes the table of routes, most of which may be those of the table before.
func newTable(routes []route, s settings, before *table) *table {
	t := &table{settings: s, idle: make(chan struct{}, 1), legs: make([]leg, 0, len(routes))}
	styles := make(map[*wire.Style]uint16)
	tests, narrow := make(map[*test]uint16), make(map[string]uint16)
	for _, r := range routes {
		l := leg{dest: r.dest, hash: r.fold, wanted: r.wanted}
		style, ok := styles[r.style]
		if !ok {
			style = uint16(len(t.styles))
			styles[r.style] = style
			t.styles = append(t.styles, r.style)
		}
		l.style = style
		for i, c := range r.tests {
			n, ok := tests[c]
			if !ok {
				t.tests = append(t.tests, c)
				n = uint16(len(t.tests))
				tests[c] = n
			}
			l.tests[i] = n
		}
		if c := r.narrow; c != nil {
			n, ok := narrow[c.key]
			if !ok {
				t.narrow = append(t.narrow, c.narrow)
				n = uint16(len(t.narrow))
				narrow[c.key] = n
			}
			l.narrow = n
		}
		switch r.dest.id.kind {
		case KindHost:
			t.hosts++
		case KindFile:
			t.files++
		}
		t.legs = append(t.legs, l)
	}
	t.lead(before)
	t.scratch.New = func() any { return newScratch(t) }
	return t
}

// lead fills t.routes, one list of legs for each facility and severity. Equal lists are
// one: the table stays in the processor's cache however many destinations there are.
// Those of a facility of which the same passes as before are the same as before.
func (t *table) lead(before *table) {
	for f := range t.columns {
		t.columns[f] = make([]byte, len(t.legs))
	}
	for i := range t.legs {
		for f, n := range t.legs[i].wanted.passing {
			t.columns[f][i] = n
		}
	}
	alike := make(map[int][][]uint16) // lists, by length
	for f, column := range t.columns {
		equal := func(other []byte) bool { return bytes.Equal(column, other) }
		if g := slices.IndexFunc(t.columns[:f], equal); g >= 0 {
			t.routes[f] = t.routes[g]
		} else if before != nil && equal(before.columns[f]) {
			t.routes[f] = before.routes[f]
		} else {
			t.routes[f] = leads(column, alike)
		}
	}
}

// leads returns the legs that get each severity of one facility, by how many severities
// pass to each leg. Of lists that are in alike, those there are returned.
func leads(column []byte, alike map[int][][]uint16) (lists [numSeverities][]uint16) {
	var legs [numSeverities + 1]int // by how many severities pass
	for _, n := range column {
		legs[n]++
	}
	total := 0
	for sev := numSeverities - 1; sev >= 0; sev-- {
		if total += legs[sev+1]; total == 0 {
			continue
		}
		if legs[sev+1] == 0 {
			lists[sev] = lists[sev+1]
			continue
		}
		list := make([]uint16, 0, total)
		for i, n := range column {
			if int(n) > sev {
				list = append(list, uint16(i))
			}
		}
		if i := slices.IndexFunc(alike[total], func(l []uint16) bool { return slices.Equal(l, list) }); i >= 0 {
			list = alike[total][i]
		} else {
			alike[total] = append(alike[total], list)
		}
		lists[sev] = list
	}
	return lists
}

// local returns what t was made of, less the hosts.
func (t *table) local() (routes []route) {
	for i := range t.legs {
		if l := &t.legs[i]; l.dest.id.kind != KindHost {
			routes = append(routes, route{l.dest, l.wanted})
		}
	}
	return routes
}

// leave ends one use of t that began with Engine.enter.
func (t *table) leave() {
	if t.active.Add(-1) == 0 && t.retired.Load() {
		select {
		case t.idle <- struct{}{}:
		default: // it has been told already
		}
	}
}

// drained marks t as replaced and returns once nobody uses it any more, or
// false when stop ends first. The caller has replaced the engine's pointer.
func (t *table) drained(stop <-chan struct{}) bool {
	t.retired.Store(true)
	for t.active.Load() != 0 {
		select {
		case <-t.idle:
		case <-stop:
			return false
		}
	}
	return true
}
