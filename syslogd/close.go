package syslogd

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// Close stops the inputs, delivers what they have read, and closes the
// destinations. When ctx ends first it returns its error: what a host or a
// terminal had not taken by then is lost, and counted; files are written.
func (e *Engine) Close(ctx context.Context) error {
	e.mu.Lock()
	if e.closed {
		e.mu.Unlock()
		return nil
	}
	e.closed = true
	ending := e.ending
	e.mu.Unlock()
	close(e.done)
	defer e.save()
	defer context.AfterFunc(ctx, e.cut)()
	if ending != nil {
		ending.hurry()
	}
	select {
	case e.changing <- struct{}{}: // kept: nothing is prepared any more
	case <-ctx.Done():
		return fmt.Errorf("a change is still being prepared: %w", ctx.Err())
	}
	finished := make(chan error, 1)
	go func() { finished <- e.shutdown(ctx) }()
	select {
	case err := <-finished:
		return err
	case <-ctx.Done():
	}
	select { // all that waited for somebody else has given up now
	case err := <-finished:
		return errors.Join(ctx.Err(), err)
	case <-time.After(lastMoment):
		return ctx.Err()
	}
}

// shutdown is Close without its deadline.
func (e *Engine) shutdown(ctx context.Context) error {
	defer e.cut()
	e.mu.Lock()
	s, ending := e.state, e.ending
	e.mu.Unlock()
	if ending != nil {
		<-ending.settled // hosts that were removed are drained beside what follows
	}
	inputs := slices.Collect(maps.Values(s.inputs))
	errs := each(inputs, func(in input) error {
		if err := in.retire(false); err != nil {
			return fmt.Errorf("%s: %w", in.endpoint(), err)
		}
		return nil
	})
	e.streams.finish(func(*stream) bool { return false })
	e.summariseLast()
	err := e.closeDestinations(ctx, s.destinations)
	if errs = append(errs, err); errors.Is(err, errRouting) {
		return errors.Join(errs...)
	}
	if c := e.cabinet.Load(); c != nil {
		errs = append(errs, c.Close())
	}
	e.mu.Lock()
	e.state = newState(Config{})
	e.mu.Unlock()
	e.running.Wait()
	return errors.Join(errs...)
}

// errRouting is what shutdown ends with while messages are still being routed.
var errRouting = errors.New("messages are still being routed")

// closeDestinations closes the hosts, and then, or when ctx ends, the others: what
// there is to say of connections that end is logged like that of any other.
func (e *Engine) closeDestinations(ctx context.Context, all []*destination) error {
	old := e.table.Load()
	local := newTable(old.local(), old.settings, nil)
	e.table.Store(local)
	if !old.drained(ctx.Done()) {
		return errors.Join(errRouting, ctx.Err())
	}
	e.outbox.empty()
	hosts, others := apart(all)
	closed := make(chan []error, 1)
	go func() { closed <- closeAll(ctx, hosts) }()
	var errs []error
	select {
	case errs = <-closed:
		closed <- nil
		e.o.Settle()
	case <-ctx.Done():
	}
	e.table.Store(newTable(nil, settingsOf(&Config{}), nil))
	stop, cancel := ctx, context.CancelFunc(func() {})
	if ctx.Err() != nil { // files take what is on its way to them
		stop, cancel = context.WithTimeout(context.WithoutCancel(ctx), lastMoment/2)
	}
	defer cancel()
	if !local.drained(stop.Done()) {
		errs = append(errs, errRouting, stop.Err())
	} else {
		e.outbox.empty()
		errs = append(errs, closeAll(ctx, others)...)
	}
	return errors.Join(append(errs, <-closed...)...)
}

// apart tells hosts from the other destinations.
func apart(all []*destination) (hosts, others []*destination) {
	for _, d := range all {
		if d.id.kind == KindHost {
			hosts = append(hosts, d)
		} else {
			others = append(others, d)
		}
	}
	return hosts, others
}

// closeAll closes destinations: each has all of ctx.
func closeAll(ctx context.Context, all []*destination) []error {
	return each(all, func(d *destination) error { return d.close(ctx) })
}

// each calls f for all at the same time and returns the errors.
func each[T any](all []T, f func(T) error) []error {
	errs := make([]error, len(all))
	var wg sync.WaitGroup
	for i, v := range all {
		wg.Go(func() { errs[i] = f(v) })
	}
	wg.Wait()
	return errs
}
