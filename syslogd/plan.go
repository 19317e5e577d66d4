package syslogd

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Plan is a configuration that is ready to be put in force: its files are open,
// its sockets are bound and read already, under the routes still in force. Those
// of the first configuration, and the kernel's messages, are read from Apply on.
// One of Apply and Abort must be called, once.
type Plan struct {
	engine *Engine
	old    *state
	next   *state
	table  *table

	opened  []*destination // of next, not of old
	bound   []input        // of next, not of old
	kept    []bool         // of the destinations of old: they stay
	adopted []func()       // changes to destinations that stay
	errors  PlaceErrors
}

// Prepare does everything of putting c in force that can fail, and changes
// nothing: until Apply the routes in force stay. Its error is PlaceErrors with
// all that stands in the way; what is open then is closed again. A part that is
// unchanged and fails already, with an alarm, is no obstacle: it is still
// retried. Only one change is prepared at a time; others wait.
func (e *Engine) Prepare(c Config) (*Plan, error) {
	p, err := e.prepare(c)
	if err != nil {
		return nil, err
	}
	p.errors = slices.DeleteFunc(p.errors, func(pe *PlaceError) bool {
		before, failing := p.old.failing[pe.Place]
		return failing && reflect.DeepEqual(before.part, p.next.failing[pe.Place].part)
	})
	if len(p.errors) > 0 {
		p.Abort()
		return nil, p.errors
	}
	return p, nil
}

// prepare makes a plan of all of c that can be put in force. The caller holds
// the right to change until the plan's Apply or Abort.
func (e *Engine) prepare(c Config) (*Plan, error) {
	select {
	case e.changing <- struct{}{}:
	case <-e.done:
		return nil, ErrClosed
	}
	if err := e.settle(); err != nil {
		<-e.changing
		return nil, err
	}
	if !e.begun {
		e.first = make(chan struct{})
	}
	e.mu.Lock()
	old := e.state
	e.mu.Unlock()
	if was := old.config.Zone; was != nil && c.Zone != nil && was.String() == c.Zone.String() {
		c.Zone = was // a zone that was loaded again is no change
	}
	p := &Plan{engine: e, old: old, next: newState(c)}
	routes := p.destinations()
	p.inputs()
	p.table = newTable(routes, settingsOf(&p.next.config), e.table.Load())
	if len(p.next.config.Hosts) > 0 {
		p.table.loops = e.loops
	}
	return p, nil
}

// settle waits until the change before is finished, so that a file or a socket
// of it can be opened again.
func (e *Engine) settle() error {
	e.mu.Lock()
	ending, closed := e.ending, e.closed
	e.mu.Unlock()
	if closed {
		return ErrClosed
	}
	if ending == nil {
		return nil
	}
	ending.hurry()
	timer := time.NewTimer(settleLimit)
	defer timer.Stop()
	select {
	case <-ending.settled:
		return nil
	case <-timer.C:
		return errUnsettled
	}
}

// fail notes that the part at place cannot be put in force.
func (p *Plan) fail(place string, part any, err error) {
	p.errors = append(p.errors, &PlaceError{place, err})
	p.next.failing[place] = failure{part, err}
}

// destinations opens or takes over every destination and returns the routes.
func (p *Plan) destinations() []route {
	if c, err := p.engine.openCabinet(); err == nil { // else each file says why
		defer c.Share()()
	}
	all := p.chosen()
	p.engine.planned.Store(int64(len(all)))
	atOnce(all, func(c *choice) {
		if c.err == nil && c.dest == nil {
			c.dest, c.err = p.engine.openDestination(c.wanted)
			c.opened = c.err == nil
		}
	})
	routes := make([]route, 0, len(all))
	p.next.destinations, p.next.wanted = make([]*destination, 0, len(all)), make([]*wanted, 0, len(all))
	for i := range all {
		c := &all[i]
		if c.err != nil {
			p.fail(c.place, c.part, c.err)
			continue
		}
		if c.opened {
			p.opened = append(p.opened, c.dest)
		}
		p.next.destinations, p.next.wanted = append(p.next.destinations, c.dest), append(p.next.wanted, c.wanted)
		routes = append(routes, route{c.dest, c.wanted})
	}
	p.next.byID = p.old.byID
	if !same(p.next.wanted, p.old.wanted) {
		p.next.byID = make(map[destinationID]int, len(routes))
		for i, w := range p.next.wanted {
			p.next.byID[w.id] = i
		}
	}
	return routes
}

// same reports whether both name the same destinations, in the same order.
func same(a, b []*wanted) bool {
	return slices.EqualFunc(a, b, func(v, w *wanted) bool { return v == w || v.id == w.id })
}

// chosen compiles what is wanted, and takes over what can stay.
func (p *Plan) chosen() []choice {
	all, n := p.next.config.wanted(p.old, p.engine.table.Load().compiled()), 0
	p.kept = make([]bool, len(p.old.destinations))
	listening := p.next.config.endpoints()
	seen, fresh := make([]bool, len(p.old.destinations)), make(map[destinationID]bool) // those of old, and others
	for i := range all {
		c := &all[i]
		c.err = c.wanted.err
		switch {
		case c.was < 0 && fresh[c.id] || c.was >= 0 && seen[c.was]:
			c.err = fmt.Errorf("%s: %w", c.id, errTwice)
			continue
		case n == maxDestinations:
			c.err = fmt.Errorf("more than %d destinations", maxDestinations)
			continue
		case c.was < 0:
			fresh[c.id] = true
		default:
			seen[c.was] = true
		}
		if c.err == nil {
			c.err = p.loop(c.wanted, listening)
		}
		if c.err == nil {
			n++
			c.dest = p.stays(c)
		}
	}
	return all
}

// stays returns the destination in force that can be what is wanted, nil if there is
// none.
func (p *Plan) stays(c *choice) *destination {
	if c.was < 0 {
		return nil
	}
	d, was := p.old.destinations[c.was], p.old.wanted[c.was]
	if was != c.wanted && was.spec != c.spec {
		adopt := c.spec.adopt(was.spec, d.sink)
		if adopt == nil {
			return nil
		}
		p.adopted = append(p.adopted, adopt)
	}
	p.kept[c.was] = true
	return d
}

// HostsRemoved returns a snapshot of the hosts in force that p does not name.
func (p *Plan) HostsRemoved() []DestinationStatistics {
	var gone []DestinationStatistics
	for i, d := range p.old.destinations {
		if !p.kept[i] && d.id.kind == KindHost && p.next.destination(d.id) == nil {
			gone = append(gone, d.snapshot())
		}
	}
	return gone
}

// openDestination opens what w wants.
func (e *Engine) openDestination(w *wanted) (*destination, error) {
	s, err := w.spec.open(e)
	if err != nil {
		return nil, err
	}
	d := &destination{id: w.id, place: w.place, sink: s, account: e.account(w.id)}
	d.account.open(d)
	return d, nil
}

// atOnce calls f for all, for some at the same time: a file system makes many
// files at once nearly as fast as one.
func atOnce[T any](all []T, f func(*T)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(len(all), 32) {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(all)); i = next.Add(1) - 1 {
				f(&all[i])
			}
		})
	}
	wg.Wait()
}

// inputs binds or takes over every socket.
func (p *Plan) inputs() {
	all := p.next.config.endpoints()
	for n := range all {
		w := &all[n]
		err := w.err
		if i := slices.IndexFunc(all[:n], func(v wantedInput) bool { return v.at == w.at || v.at.clashes(w.at) }); err == nil && i >= 0 {
			err = fmt.Errorf("%s: %w", all[i].at, errTwice)
		}
		if err != nil {
			p.fail(w.place, w.part(), err)
			continue
		}
		if in, ok := p.old.inputs[w.at]; ok && !lost(in) {
			p.next.inputs[w.at], p.next.rules[w.at] = in, &w.rules
			p.adopted = append(p.adopted, func() { in.obey(&w.rules) })
			continue
		}
		in, err := p.open(w)
		if err != nil {
			p.fail(w.place, w.part(), err)
			continue
		}
		p.bound = append(p.bound, in)
		p.next.inputs[w.at], p.next.rules[w.at] = in, &w.rules
	}
}

// open binds w beside the sockets of ours that it overlaps, old and new.
func (p *Plan) open(w *wantedInput) (input, error) {
	var beside []syscall.Conn
	at := w.at
	for q, in := range p.old.inputs {
		if at.overlaps(q) {
			beside = append(beside, in.syscallConn())
		}
	}
	for _, in := range p.bound {
		if at.overlaps(in.endpoint()) {
			beside = append(beside, in.syscallConn())
		}
	}
	switch at.protocol() {
	case "kernel":
		return p.engine.openKernelInput()
	case "tcp":
		return p.engine.openListener(at, &w.rules, beside)
	}
	return p.engine.openDatagram(at, &w.rules, beside, max(p.next.config.maxMessage(), p.old.config.maxMessage()))
}

// Apply puts the plan in force: one pointer is swapped, then what the
// configuration no longer names is finished in the background. Messages that
// are being routed at that moment, and those of LogBoth, still reach the old
// destinations, which are closed when they have them.
func (p *Plan) Apply() {
	e := p.engine
	e.together(func() {
		for _, adopt := range p.adopted {
			adopt()
		}
	})
	old := e.table.Swap(p.table)
	if !e.begun {
		e.begun = true
		close(e.first)
	}
	for _, in := range p.bound {
		if k, ok := in.(*kernel); ok {
			k.begin()
		}
	}
	r := &retirement{engine: e, table: old, end: make(chan struct{}), settled: make(chan struct{}), done: make(chan struct{})}
	for i, d := range p.old.destinations {
		if !p.kept[i] {
			r.destinations = append(r.destinations, d)
		}
	}
	for at, in := range p.old.inputs {
		if p.next.inputs[at] != in {
			r.inputs = append(r.inputs, in)
		}
	}
	r.keep, r.overlaps = p.next.keeps, p.next.overlaps
	e.mu.Lock()
	e.state, e.previous, e.ending = p.next, old, r
	e.forgetBooks(p.next)
	e.mu.Unlock()
	e.storage.configure(p.next.config.Storage, p.next)
	select {
	case e.applied <- struct{}{}:
	default:
	}
	e.running.Add(1)
	go r.run()
	e.tend.Do(func() {
		e.running.Add(6)
		go e.summarise()
		go e.retry()
		go e.inspect()
		go e.guard()
		go e.keep()
		go e.storage.watch(e)
	})
	for place, f := range p.next.failing {
		if _, before := p.old.failing[place]; !before {
			e.o.Alarm(place, f.err)
		}
		select {
		case e.failed <- struct{}{}:
		default:
		}
	}
	for place := range p.old.failing {
		if _, still := p.next.failing[place]; !still {
			e.o.Alarm(place, nil)
		}
	}
	<-e.changing
}

// Abort closes what the plan has opened. What its sockets have received goes by
// the routes in force.
func (p *Plan) Abort() {
	e := p.engine
	if !e.begun {
		close(e.first)
	}
	for _, in := range p.bound {
		e.report(in.endpoint().String(), in.retire(p.old.overlaps(in)))
	}
	e.streams.finish(p.old.keeps)
	ctx, cancel := context.WithTimeout(e.life, e.o.DrainTimeout)
	defer cancel()
	e.report("", errors.Join(each(p.opened, func(d *destination) error { return d.abandon(ctx) })...))
	<-e.changing
}

// report tells Options.Report of an error, if there is one.
func (e *Engine) report(place string, err error) {
	if err != nil {
		e.o.Report(place, err)
	}
}

// retirement finishes what a change has replaced.
type retirement struct {
	// Built once.
	engine       *Engine
	table        *table
	inputs       []input
	destinations []*destination
	keep         func(*stream) bool // connections that live on
	overlaps     func(input) bool   // an input takes over from one of inputs
	end          chan struct{}      // closed by hurry: nobody logs by the old routes any more
	once         sync.Once
	settled      chan struct{} // closed when sockets, files and terminals are closed
	done         chan struct{} // closed when hosts are, too
}

// hurry ends the wait for LogBoth.
func (r *retirement) hurry() { r.once.Do(func() { close(r.end) }) }

// run retires the sockets first, whose last messages go by the new routes, and
// the destinations when the last message of the old routes has reached them.
func (r *retirement) run() {
	e := r.engine
	defer e.running.Done()
	defer close(r.done)
	settled := sync.OnceFunc(func() { close(r.settled) })
	defer settled()
	for _, in := range r.inputs {
		e.report(in.endpoint().String(), in.retire(r.overlaps(in)))
	}
	e.streams.finish(r.keep)
	r.wait()
	e.mu.Lock()
	if e.previous == r.table {
		e.previous = nil
	}
	e.mu.Unlock()
	r.table.drained(nil)
	if len(r.destinations) > 0 {
		e.outbox.empty()
	}
	hosts, local := apart(r.destinations)
	ctx, cancel := context.WithTimeout(e.life, e.o.DrainTimeout)
	defer cancel()
	errs := closeAll(ctx, local)
	drained := e.spools.drain(ctx, hosts)
	settled()
	errs = append(errs, drained()...)
	e.report("", errors.Join(errs...))
	e.forget(r.destinations)
}

// forget voids the alarms of destinations that have gone, unless another of the
// same name has taken their place.
func (e *Engine) forget(gone []*destination) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, d := range gone {
		if e.state.destination(d.id) == nil {
			e.o.Forget(d.place)
		}
	}
}

// wait returns when LogBoth was called, or nobody is to wait for it any longer.
func (r *retirement) wait() {
	timer := time.NewTimer(linger)
	defer timer.Stop()
	select {
	case <-r.end:
	case <-timer.C:
	case <-r.engine.done:
	}
}
