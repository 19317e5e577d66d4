package syslogd

import (
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
	legs     []leg
	styles   []wire.Style // distinct ones: a record is formatted once for each
	tests    []*test      // distinct ones: evaluated once for each record
	narrow   []narrowing  // distinct ones
	settings settings
	hosts    int       // how many of legs are hosts
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
	dest   *destination
	style  uint16    // index in styles
	tests  [2]uint16 // indexes in tests plus one; 0 is none. Either suffices
	narrow uint16    // index in narrow plus one; 0 is none
	hash   bool      // the destination folds repetitions: it needs an Identity
	route  *route    // what it was made of: Explain shows it
}

// route is what a destination contributes to a table.
type route struct {
	dest      *destination
	style     wire.Style
	selection Selection
	tests     []*test
	narrow    *compiledNarrowing // nil: none
	fold      bool               // repetitions are folded
}

// compile turns the expressions of s into tests, or takes those of known that
// are the same. What is new becomes known, unless that is nil.
func compile(s Selection, known map[string]*test) ([]*test, error) {
	var all []*test
	var errs []error
	add := func(key, text, expression string, compile func(match.Options) (*match.Expr, error)) {
		if t := known[key]; t != nil {
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
		if known != nil {
			known[key] = t
		}
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

// known returns t's tests by key.
func (t *table) known() map[string]*test {
	all := make(map[string]*test, len(t.tests))
	for _, x := range t.tests {
		all[x.key] = x
	}
	return all
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

// levels returns the least severe severity that passes for each facility, -1
// where nothing does.
func levels(rules []Rule) (l [event.NumFacilities]int) {
	for f := range l {
		l[f] = -1
		if r := decide(rules, event.Facility(f)); r != nil {
			l[f] = min(r.Level, numSeverities-1)
		}
	}
	return l
}

// maxDestinations bounds a table: its indexes, also those of the two tests that
// a destination may have, are 16 bits.
const maxDestinations = 1<<15 - 1

// newTable compiles routes. It cannot fail: expressions are compiled already.
func newTable(routes []route, s settings) *table {
	t := &table{settings: s, idle: make(chan struct{}, 1), legs: make([]leg, 0, len(routes))}
	styles := make(map[wire.Style]uint16)
	tests, narrow := make(map[string]uint16), make(map[string]uint16)
	for i := range routes {
		r := &routes[i]
		l := leg{dest: r.dest, hash: r.fold, route: r}
		style, ok := styles[r.style]
		if !ok {
			style = uint16(len(t.styles))
			styles[r.style] = style
			t.styles = append(t.styles, r.style)
		}
		l.style = style
		for i, c := range r.tests {
			n, ok := tests[c.key]
			if !ok {
				t.tests = append(t.tests, c)
				n = uint16(len(t.tests))
				tests[c.key] = n
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
		if r.dest.id.kind == KindHost {
			t.hosts++
		}
		t.legs = append(t.legs, l)
	}
	t.lead(routes)
	t.scratch.New = func() any { return newScratch(t) }
	return t
}

// lead fills t.routes, one list of legs for each facility and severity. Few of
// thousands of routes differ in their rules: those that do not are looked at
// together. Equal lists are one: the table stays in the processor's cache however
// many destinations there are.
func (t *table) lead(routes []route) {
	sorts := make(map[[event.NumFacilities]int]int) // of rules, by what passes
	var passing [][event.NumFacilities]int
	members := make([][]uint16, 0, 1) // legs of each sort
	for i := range routes {
		l := levels(routes[i].selection.Rules)
		n, ok := sorts[l]
		if !ok {
			n = len(passing)
			sorts[l] = n
			passing, members = append(passing, l), append(members, nil)
		}
		members[n] = append(members[n], uint16(i))
	}
	seen := make(map[string][]uint16)
	var key []byte
	for f := range t.routes {
		for sev := range t.routes[f] {
			key = key[:0]
			for n := range passing {
				if sev <= passing[n][f] {
					key = binary.AppendUvarint(key, uint64(n))
				}
			}
			list, ok := seen[string(key)]
			if !ok {
				list = union(members, key)
				seen[string(key)] = list
			}
			t.routes[f][sev] = list
		}
	}
}

// union returns the members of the sorts that key names, in order.
func union(members [][]uint16, key []byte) (list []uint16) {
	sorts := 0
	for len(key) > 0 {
		n, size := binary.Uvarint(key)
		list, key = append(list, members[n]...), key[size:]
		sorts++
	}
	if sorts > 1 {
		slices.Sort(list)
	}
	return list
}

// local returns what t was made of, less the hosts.
func (t *table) local() (routes []route) {
	for i := range t.legs {
		if l := &t.legs[i]; l.dest.id.kind != KindHost {
			routes = append(routes, *l.route)
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
