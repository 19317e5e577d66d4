package daemon

import (
	"context"
	"errors"
	"iter"
	"time"

	"loggia/audit"
	"loggia/audit/event"
	"loggia/netconf"
)

// maxNotices bounds the records that wait for a subscriber.
const maxNotices = 4096

var errSlow = errors.New("the subscriber is too slow")

// tap gets a copy of what is recorded from now on; the channel is closed when its
// reader is too slow.
type tap chan netconf.Notification

// tap begins to copy records, and returns the number of the last one before.
func (r *recorder) tap() (tap, uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := make(tap, maxNotices)
	if r.taps == nil {
		r.taps = map[tap]bool{}
	}
	r.taps[t] = true
	return t, r.trail.Last()
}

// untap ends it.
func (r *recorder) untap(t tap) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.taps, t)
}

// copyTo gives a record to the taps. The lock is held.
func (r *recorder) copyTo(by event.Subject, entry event.Entry) {
	for t := range r.taps {
		select {
		case t <- netconf.Notification{Time: time.Now(), By: by, Entry: entry}:
		default:
			delete(r.taps, t)
			close(t)
		}
	}
}

// notifications reads the audit trail for a subscription: what is recorded from
// now on, after what was recorded since a time.
func (d *Daemon) notifications(by event.Subject) func(context.Context, time.Time) iter.Seq2[netconf.Notification, error] {
	return func(ctx context.Context, since time.Time) iter.Seq2[netconf.Notification, error] {
		return func(yield func(netconf.Notification, error) bool) {
			t, last := d.recorder.tap()
			defer d.recorder.untap(t)
			if !since.IsZero() && !d.replay(ctx, by, since, last, yield) {
				return
			}
			for {
				select {
				case <-ctx.Done():
					return
				case n, open := <-t:
					if !open {
						yield(n, errSlow)
						return
					}
					if !yield(n, nil) {
						return
					}
				}
			}
		}
	}
}

// replay yields the records of the trail up to number last.
func (d *Daemon) replay(ctx context.Context, by event.Subject, since time.Time, last uint64, yield func(netconf.Notification, error) bool) bool {
	// What stands before this record is on disk when it is.
	if err := d.recorder.RecordDurable(ctx, by, event.LogStream{Username: by.User, Stream: "NETCONF", Connection: by.Remote}); err != nil {
		return yield(netconf.Notification{}, err)
	}
	for r, err := range audit.Read(d.state.path("audit")) {
		switch {
		case ctx.Err() != nil:
			return false
		case err != nil:
			if !yield(netconf.Notification{}, err) {
				return false
			}
		case r.Seq > last:
			return yield(netconf.Notification{Replayed: true}, nil)
		case !r.Time.Before(since):
			if !yield(netconf.Notification{Time: r.Time, By: r.Subject, Entry: r.Entry}, nil) {
				return false
			}
		}
	}
	return yield(netconf.Notification{Replayed: true}, nil)
}
