package syslogd

import (
	"context"
	"fmt"
	"sync/atomic"

	"loggia/syslogd/sink"
)

// destination is one destination as the engine knows it. It lives as long as
// the configuration names it, through commits.
type destination struct {
	id    destinationID
	place string // in the configuration
	sink  sink.Destination

	account  *account      // nil in a table of tests
	filtered atomic.Uint64 // records that its facility lines select and its tests keep away
}

// close delivers what waits until ctx ends, and closes the sink.
func (d *destination) close(ctx context.Context) error {
	defer d.account.close(d)
	if err := d.sink.Close(ctx); err != nil {
		return fmt.Errorf("%s: %w", d.id, err)
	}
	return nil
}

// abandon closes a sink that was opened for a plan which is not applied, and
// leaves nothing of it behind.
func (d *destination) abandon(ctx context.Context) error {
	if _, ok := d.sink.(*sink.Remote); ok { // what waits for it, waits for the next one
		var stop context.CancelFunc
		ctx, stop = context.WithCancel(ctx)
		stop()
	}
	f, ok := d.sink.(*sink.File)
	if !ok {
		return d.close(ctx)
	}
	defer d.account.close(d)
	if err := f.Abandon(); err != nil {
		return fmt.Errorf("%s: %w", d.id, err)
	}
	return nil
}

// totals reads d's own counters.
func (d *destination) totals() totals { return totals{d.filtered.Load(), d.sink.Counters()} }

// snapshot reads d's account.
func (d *destination) snapshot() DestinationStatistics {
	t := d.account.totals()
	n := DestinationStatistics{Kind: d.id.kind, Name: d.id.name, Selected: t.selected(), Filtered: t.filtered, Sink: t.Counters, Rates: d.account.rate.read()}
	if r, ok := d.sink.(*sink.Remote); ok {
		state := r.State()
		n.Host = &state
	}
	return n
}
