package syslogd

import (
	"loggia/audit/event"
	"loggia/syslogd/sink"
	"loggia/syslogd/wire"
)

const (
	// flushAt is how many formatted bytes a Submit gathers over all
	// destinations before it writes them: write(2) gains nothing beyond, and a
	// batch of tiny messages may grow twentyfold in formatting.
	flushAt = 1 << 20

	// scratchLimit is the memory that an idle scratch may keep.
	scratchLimit = 4 << 20
)

// scratch is the working memory of one Submit: a batch of lines for each
// destination and what is known already about the record at hand.
type scratch struct {
	out     []*outgoing // for each leg; nil for one that has had nothing
	touched []uint16    // legs with lines, in the order of their first line
	bytes   int         // formatted since the last flush
	kept    int         // memory for lines, bytes

	// The record at hand, by serial: what was computed for it already.
	serial    uint64
	batch     uint64      // number of the batch at hand
	formatted []formatted // for each style
	verdicts  []verdict   // for each test
	tallies   []tally     // for each test, since the last finish
	admitted  []admission // for each narrowing
	hash      uint64
	hashed    uint64 // serial that hash is of

	stamps []wire.Stamps // for each style: formatted times
	text   []byte        // process, tag and message put together, for the tests
	said   int           // where in text the process has its say
	texted uint64        // serial that text is of
	host   []byte        // shown for a record that names none
}

// outgoing is what one leg gets since the last flush.
type outgoing struct {
	lines    sink.Lines
	filtered uint64
	kept     int  // what scratch.kept has of it
	touched  bool // listed in scratch.touched
}

type formatted struct {
	serial     uint64
	leg        uint16
	start, end int // in the leg's buffer
}

type verdict struct {
	serial uint64
	ok     bool
}

func newScratch(t *table) *scratch {
	return &scratch{
		out:       make([]*outgoing, len(t.legs)),
		touched:   make([]uint16, 0, len(t.legs)),
		formatted: make([]formatted, len(t.styles)),
		verdicts:  make([]verdict, len(t.tests)),
		tallies:   make([]tally, len(t.tests)),
		admitted:  make([]admission, len(t.narrow)),
		stamps:    make([]wire.Stamps, len(t.styles)),
	}
}

// touch returns leg n's outgoing, noting that the next flush is to visit it.
func (sc *scratch) touch(n uint16) *outgoing {
	out := sc.out[n]
	if out == nil {
		out = new(outgoing)
		sc.out[n] = out
	}
	if !out.touched {
		out.touched = true
		sc.touched = append(sc.touched, n)
	}
	return out
}

// Submit routes b: every record is formatted and handed to every destination
// that wants it before Submit returns, so the caller may reuse b at once. It
// may be called from many goroutines; the records of one goroutine keep their
// order in every destination. It waits as long as a local file does and for
// nothing else.
func (e *Engine) Submit(b *wire.Batch) {
	t := e.enter()
	t.submit(b, nil)
	t.leave()
	e.recent.keep(b)
}

// submit routes b and delivers it to all that want it, or to those in p.
func (t *table) submit(b *wire.Batch, p *portion) {
	sc := t.scratch.Get().(*scratch)
	t.route(sc, b, p)
	t.finish(sc)
}

// submitOwn is submit of records of our own, but not to the destinations in skip.
// Hosts and files get them soon, where they are many.
func (e *Engine) submitOwn(t *table, b *wire.Batch, skip map[*destination]bool) {
	hosts, files := e.outbox.takes(t, b, skip, func() *wire.Batch { return e.batches.Get().(*wire.Batch) })
	t.submit(b, &portion{to: len(t.legs), hosts: !hosts, files: !files, others: true, skip: skip})
}

// enter returns the table in force, which stays usable until its leave. The
// pointer is looked at again after the table is marked as used: whoever
// replaced it in between may not have seen the mark.
func (e *Engine) enter() *table {
	for {
		t := e.table.Load()
		t.active.Add(1)
		if e.table.Load() == t {
			return t
		}
		t.leave()
	}
}

// route formats the records of b into sc. It writes to the destinations when
// enough has gathered; finish writes the rest. Legs that are not in p get nothing;
// nil is all of them.
func (t *table) route(sc *scratch, b *wire.Batch, p *portion) {
	self := b.Origin.Kind == wire.Self
	loops := t.loops
	if self {
		loops = nil
	}
	sc.batch++
	for i := range b.Records {
		r := &b.Records[i]
		if !self {
			r.Facility = t.outside(b, r)
		}
		sc.serial++
		back := loops != nil && loops.returned(b, r)
		legs := t.routes[r.Facility][r.Severity&7]
		if p != nil {
			legs = p.of(legs)
		}
		for _, n := range legs {
			l := &t.legs[n]
			if p != nil && !p.has(l) {
				continue
			}
			out := sc.touch(n)
			if back && l.dest.id.kind == KindHost || l.tests[0]|l.narrow != 0 && !t.wants(sc, l, b, r) {
				out.filtered++
				continue
			}
			t.format(sc, n, b, r, self)
		}
		if sc.bytes >= flushAt {
			t.flush(sc)
		}
	}
}

// outside returns the facility that a record from outside may have: never one
// of our own, and kernel only where the sender may speak for the kernel.
func (t *table) outside(b *wire.Batch, r *wire.Record) event.Facility {
	f := r.Facility
	if f.Own() {
		f = event.Facility(f.Wire())
	}
	if f == event.Kernel && b.Origin.Kind == wire.Unix && b.Origin.UID != 0 {
		f = event.User
	}
	return f
}

// wants reports whether l's narrowing and either of its tests accept r.
func (t *table) wants(sc *scratch, l *leg, b *wire.Batch, r *wire.Record) bool {
	if l.narrow != 0 && !t.admits(sc, l, b, r) {
		return false
	}
	if l.tests[0] == 0 {
		return true
	}
	for _, n := range l.tests {
		if n == 0 {
			break
		}
		v := &sc.verdicts[n-1]
		if v.serial != sc.serial {
			v.serial, v.ok = sc.serial, t.judge(sc, n, b, r)
		}
		if v.ok {
			return true
		}
	}
	return false
}

// judge evaluates test n, numbered from one.
func (t *table) judge(sc *scratch, n uint16, b *wire.Batch, r *wire.Record) bool {
	text, said := sc.message(b, r)
	return t.tests[n-1].match(text, said, &sc.tallies[n-1])
}

// reached returns the destinations that the one record of b goes to.
func (t *table) reached(b *wire.Batch) map[*destination]bool {
	sc := t.scratch.Get().(*scratch)
	defer t.scratch.Put(sc)
	sc.batch++
	sc.serial++
	r := &b.Records[0]
	all := make(map[*destination]bool)
	for _, n := range t.routes[r.Facility][r.Severity&7] {
		if l := &t.legs[n]; t.wants(sc, l, b, r) {
			all[l.dest] = true
		}
	}
	return all
}

// message returns what match sees of r, and where in it stands what the process
// has said: `mgd[4163]: UI_COMMIT: User …` as in a standard line. Most of what
// arrives is written so already.
func (sc *scratch) message(b *wire.Batch, r *wire.Record) (text []byte, said int) {
	switch {
	case r.App.Len|r.MsgID.Len|r.SD.Len == 0:
		return b.Bytes(r.Msg), 0
	case r.Form == wire.RFC3164:
		return b.Buf[r.App.Off : r.Msg.Off+r.Msg.Len], int(r.Msg.Off - r.App.Off)
	case sc.texted != sc.serial:
		sc.texted = sc.serial
		sc.compose(b, r)
	}
	return sc.text, sc.said
}

// compose puts together text and said, of a record whose parts stand apart.
func (sc *scratch) compose(b *wire.Batch, r *wire.Record) {
	sc.text = append(sc.text[:0], b.Bytes(r.App)...)
	if r.ProcID.Len > 0 {
		sc.text = append(append(append(sc.text, '['), b.Bytes(r.ProcID)...), ']')
	}
	if r.App.Len > 0 {
		sc.text = append(sc.text, ": "...)
	}
	sc.said = len(sc.text)
	if r.MsgID.Len > 0 {
		sc.text = append(append(sc.text, b.Bytes(r.MsgID)...), ": "...)
	}
	if r.Msg.Len > 0 {
		sc.text = append(sc.text, b.Bytes(r.Msg)...)
	} else {
		sc.text = append(sc.text, b.Bytes(r.SD)...) // all there is to read
	}
}

// format appends r's line to leg n, copying it where another leg of the same
// style has it already.
func (t *table) format(sc *scratch, n uint16, b *wire.Batch, r *wire.Record, self bool) {
	l, out := &t.legs[n], sc.out[n]
	lines := &out.lines
	if len(lines.Lines) == 0 {
		lines.Received = b.Received
	}
	start := len(lines.Buf)
	if f := &sc.formatted[l.style]; f.serial == sc.serial {
		lines.Buf = append(lines.Buf, sc.out[f.leg].lines.Buf[f.start:f.end]...)
	} else {
		lines.Buf = t.styles[l.style].Append(lines.Buf, b, r, &sc.stamps[l.style])
		lines.Buf = append(lines.Buf, '\n')
		*f = formatted{sc.serial, n, start, len(lines.Buf)}
	}
	sc.bytes += len(lines.Buf) - start
	line := sink.Line{End: uint32(len(lines.Buf)), Facility: r.Facility, Severity: r.Severity, Flags: r.Flags, Self: self}
	if l.hash && !self {
		if sc.hashed != sc.serial {
			sc.hash, sc.hashed = wire.Identity(b, r), sc.serial
		}
		line.Hash = sc.hash
	}
	lines.Lines = append(lines.Lines, line)
}

// manyLegs is how many destinations are written one after the other: a record for
// thousands of them, such as that of a commit, has them written at once.
const manyLegs = 256

// flush hands what has gathered to the destinations.
func (t *table) flush(sc *scratch) {
	for _, n := range sc.touched {
		out := sc.out[n]
		sc.kept += cap(out.lines.Buf) - out.kept
		out.kept = cap(out.lines.Buf)
	}
	if len(sc.touched) < manyLegs {
		for _, n := range sc.touched {
			t.deliver(sc.out[n], t.legs[n].dest)
		}
	} else {
		atOnce(sc.touched, func(n *uint16) { t.deliver(sc.out[*n], t.legs[*n].dest) })
	}
	sc.touched, sc.bytes = sc.touched[:0], 0
}

// deliver hands out to d, and empties it.
func (t *table) deliver(out *outgoing, d *destination) {
	if out.filtered > 0 {
		d.filtered.Add(out.filtered)
	}
	out.filtered, out.touched = 0, false
	if len(out.lines.Lines) > 0 {
		d.sink.Write(&out.lines)
		out.lines.Reset()
	}
}

// finish flushes sc and gives it back.
func (t *table) finish(sc *scratch) {
	t.flush(sc)
	for i := range sc.tallies {
		t.tests[i].add(&sc.tallies[i])
	}
	if sc.kept <= scratchLimit {
		t.scratch.Put(sc)
	}
}
