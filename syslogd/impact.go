package syslogd

import (
	"time"

	"loggia/syslogd/wire"
)

// examplesShown is how many messages show what a count means.
const examplesShown = 2

// Impact is what another configuration would have made of messages that came in
// lately. Only selecting and routing are tried: what an input would refuse, and
// what a destination folds or loses, is not.
type Impact struct {
	Since  time.Time // receipt of the oldest message tried; zero: there was none
	Tried  uint64    // messages
	Passed uint64    // messages since then that were not kept, and so not tried

	// Effects has the destinations of the other configuration in its order, then
	// those that it no longer has. One without a change is there as well.
	Effects []Effect

	// Unheard are messages that go somewhere now, and nowhere by the other
	// configuration; Heard the other way round.
	Unheard, Heard Tally
	Nowhere        uint64 // messages that go nowhere now
}

// Effect is what changes for one destination.
type Effect struct {
	Kind           Kind
	Name           string
	Place          string
	Added, Removed bool   // by the other configuration
	Before, After  uint64 // messages that it gets
	More, Fewer    Tally  // messages that it did not get, or would not get any more
}

// Tally is a number of messages with the first of them, as lines.
type Tally struct {
	Count    uint64
	Examples []string
}

// Impact tries the messages that came in at or after since, as far as they are
// kept: about 4 MiB, by samples where more than that came within 15 minutes.
// next is what Rehearse has made of the other configuration.
func (e *Engine) Impact(next Routing, since time.Time) Impact {
	batches, passed := e.recent.snapshot(since)
	old, new := e.table.Load(), next.table
	x := Impact{Passed: passed}
	pairs := pairsOf(&x, old, new)
	before, after := newTrial(old), newTrial(new)
	for _, b := range batches {
		if x.Since.IsZero() {
			x.Since = b.Received
		}
		before.sc.batch++
		after.sc.batch++
		for i := range b.Records {
			r := &b.Records[i]
			before.route(b, r)
			after.route(b, r)
			x.Tried++
			x.compare(pairs, before, after, b, r)
		}
	}
	return x
}

// pair is one destination, as each of two tables knows it.
type pair struct{ old, new int } // indexes of legs; -1: none

// pairsOf finds the destinations of both tables and begins an Effect for each.
func pairsOf(x *Impact, old, new *table) (pairs []pair) {
	known := make(map[destinationID]int, len(old.legs))
	for n := range old.legs {
		known[old.legs[n].dest.id] = n
	}
	effect := func(d *destination, p pair) {
		pairs = append(pairs, p)
		x.Effects = append(x.Effects, Effect{Kind: d.id.kind, Name: d.id.name, Place: d.place, Added: p.old < 0, Removed: p.new < 0})
	}
	for n := range new.legs {
		d := new.legs[n].dest
		at, ok := known[d.id]
		if !ok {
			at = -1
		}
		delete(known, d.id)
		effect(d, pair{at, n})
	}
	for n := range old.legs {
		d := old.legs[n].dest
		if _, gone := known[d.id]; gone {
			effect(d, pair{n, -1})
		}
	}
	return pairs
}

// trial routes records by a table and remembers where the last one went.
type trial struct {
	t       *table
	sc      *scratch
	reached []bool // by leg
	legs    []uint16
}

func newTrial(t *table) *trial {
	return &trial{t: t, sc: newScratch(t), reached: make([]bool, len(t.legs))}
}

func (tr *trial) route(b *wire.Batch, r *wire.Record) {
	for _, n := range tr.legs {
		tr.reached[n] = false
	}
	tr.legs = tr.legs[:0]
	tr.sc.serial++
	for _, n := range tr.t.routes[r.Facility][r.Severity&7] {
		if tr.t.wants(tr.sc, &tr.t.legs[n], b, r) {
			tr.reached[n] = true
			tr.legs = append(tr.legs, n)
		}
	}
}

// has reports whether the last record reached leg n; none has no number.
func (tr *trial) has(n int) bool { return n >= 0 && tr.reached[n] }

// line is the record as leg n writes it.
func (tr *trial) line(n int, b *wire.Batch, r *wire.Record) string {
	return string(tr.t.styles[tr.t.legs[n].style].Append(nil, b, r, new(wire.Stamps)))
}

// compare counts what both trials made of r.
func (x *Impact) compare(pairs []pair, before, after *trial, b *wire.Batch, r *wire.Record) {
	switch was, will := len(before.legs) > 0, len(after.legs) > 0; {
	case was && !will:
		x.Unheard.add(func() string { return before.line(int(before.legs[0]), b, r) })
	case !was && will:
		x.Nowhere++
		x.Heard.add(func() string { return after.line(int(after.legs[0]), b, r) })
	case !was:
		x.Nowhere++
	}
	if len(before.legs) == 0 && len(after.legs) == 0 {
		return
	}
	for i, p := range pairs {
		was, will := before.has(p.old), after.has(p.new)
		e := &x.Effects[i]
		if was {
			e.Before++
		}
		if will {
			e.After++
		}
		switch {
		case was && !will:
			e.Fewer.add(func() string { return before.line(p.old, b, r) })
		case will && !was:
			e.More.add(func() string { return after.line(p.new, b, r) })
		}
	}
}

func (t *Tally) add(line func() string) {
	t.Count++
	if len(t.Examples) < examplesShown {
		t.Examples = append(t.Examples, line())
	}
}
