package daemon

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"loggia/audit"
	"loggia/audit/event"
	"loggia/syslogd"
)

// recorder puts events on record: first in the audit trail, then, unless they
// are for the trail alone, through the engine. While the trail cannot be written,
// what happens is still logged, an alarm stands, and who asked for a durable
// record, a commit above all, gets the error. It implements store.Recorder.
type recorder struct {
	trail   *audit.Log
	engine  *syslogd.Engine
	failed  func(error)  // told when the trail takes no more, and with nil when it does again
	durable func(uint64) // told of the numbers of records that are on the disk; may be nil

	mu      sync.Mutex // makes trail and log agree about the order, and guards what follows
	early   []early    // events from before the engine ran
	runs    bool
	failing error         // why the trail takes nothing at the moment
	missing int           // events that it has not taken
	batch   []event.Entry // room for those that are recorded together
	taps    map[tap]bool  // who reads along
}

// auditTrail is the place of the trail's alarm.
const auditTrail = "audit trail"

// early is an event that waits for the engine to run.
type early struct {
	by    event.Subject
	entry event.Entry
}

// maxEarly bounds the events that wait for the engine at start-up; what comes
// after them is in the trail alone.
const maxEarly = 1000

// Record numbers and queues events.
func (r *recorder) Record(by event.Subject, events ...event.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	// put has told of an error, and whoever needs the record asks RecordDurable.
	if len(events) == 1 {
		_, _ = r.put(by, events[0])
		return
	}
	for len(events) > 0 {
		n := min(len(events), maxBatch)
		r.putAll(by, events[:n])
		events = events[n:]
	}
}

// RecordDurable returns when the event and all before it are on disk.
func (r *recorder) RecordDurable(ctx context.Context, by event.Subject, e event.Event) error {
	r.mu.Lock()
	receipt, err := r.put(by, e)
	r.mu.Unlock()
	if err != nil {
		return err
	}
	err = receipt.Durable(ctx)
	switch {
	case err == nil && r.durable != nil:
		r.durable(receipt.Seq)
	case err != nil && ctx.Err() == nil:
		r.mu.Lock()
		defer r.mu.Unlock()
		r.tell(err)
	}
	return err
}

// put appends an event to the trail and sends it through the engine. The lock
// is held.
func (r *recorder) put(by event.Subject, e event.Event) (audit.Receipt, error) {
	entry := e.Entry().Bounded()
	receipt, err := r.trail.Append(audit.Record{Subject: by, Entry: entry})
	r.tell(err)
	if err != nil {
		r.missing++
	}
	r.copyTo(by, entry)
	if _, last := e.(event.CommitCompleted); last && r.runs {
		r.engine.LogBoth(by, entry)
	} else if !entry.Trail {
		r.log(by, entry)
	}
	return receipt, err
}

// maxBatch bounds the entries that are recorded together.
const maxBatch = 1024

// putAll is put of events in a row, such as those of a large load, none of which ends a
// commit: what a record costs besides its text is paid once. The lock is held.
func (r *recorder) putAll(by event.Subject, events []event.Event) {
	defer func() {
		clear(r.batch)
		r.batch = r.batch[:0]
	}()
	for _, e := range events {
		r.batch = append(r.batch, e.Entry().Bounded())
	}
	taken, err := r.trail.AppendAll(by, r.batch)
	r.missing += len(r.batch) - taken
	r.tell(err)
	if len(r.taps) > 0 {
		for _, entry := range r.batch {
			r.copyTo(by, entry)
		}
	}
	if r.batch = slices.DeleteFunc(r.batch, func(e event.Entry) bool { return e.Trail }); r.runs {
		r.engine.LogAll(by, r.batch)
		return
	}
	for _, entry := range r.batch {
		r.log(by, entry)
	}
}

// log sends an entry through the engine, or keeps it until that runs. The lock
// is held.
func (r *recorder) log(by event.Subject, entry event.Entry) {
	if r.runs {
		r.engine.Log(by, entry)
	} else if len(r.early) < maxEarly {
		r.early = append(r.early, early{by, entry})
	}
}

// tell raises the trail's alarm, or clears it; a trail that has gaps says so. The
// lock is held.
func (r *recorder) tell(err error) {
	was := r.failing
	if (was == nil) == (err == nil) {
		return
	}
	r.failing = err
	if cause := errors.Unwrap(err); cause != nil {
		err = cause // the alarm's place says already what it is about
	}
	r.failed(err)
	if err != nil {
		r.log(itself(), event.AlarmSet{Place: auditTrail, Reason: err.Error()}.Entry())
		return
	}
	r.log(itself(), event.AlarmCleared{Place: auditTrail}.Entry())
	if r.missing > 0 {
		gap := event.Fault{Reason: fmt.Sprintf("%v; %d events are not in the audit trail", was, r.missing)}.Entry()
		r.missing = 0
		r.log(itself(), gap)
		if _, err := r.trail.Append(audit.Record{Subject: itself(), Entry: gap}); err != nil {
			r.tell(err)
		}
	}
}

// begin sends what waited for the engine, which runs now.
func (r *recorder) begin() {
	r.mu.Lock()
	defer r.mu.Unlock()
	var together []event.Entry
	for i, e := range r.early {
		together = append(together, e.entry)
		if i+1 == len(r.early) || r.early[i+1].by != e.by || len(together) == maxBatch {
			r.engine.LogAll(e.by, together)
			together = together[:0]
		}
	}
	r.early, r.runs = nil, true
}
