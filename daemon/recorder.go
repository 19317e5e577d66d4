package daemon

import (
	"context"
	"sync"

	"loggia/audit"
	"loggia/audit/event"
	"loggia/syslogd"
)

// recorder puts events on record: first in the audit trail, then, unless they
// are for the trail alone, through the engine. It implements store.Recorder.
type recorder struct {
	trail  *audit.Log
	engine *syslogd.Engine
	failed func(error) // told when the trail takes no more

	mu    sync.Mutex // makes trail and log agree about the order, and guards early
	early []early    // events from before the engine ran
	runs  bool
}

// early is an event that waits for the engine to run.
type early struct {
	by    event.Subject
	entry event.Entry
}

// maxEarly bounds the events that wait for the engine at start-up; what comes
// after them is in the trail alone.
const maxEarly = 1000

// Record numbers and queues an event.
func (r *recorder) Record(by event.Subject, e event.Event) {
	if _, err := r.put(by, e); err != nil {
		r.failed(err)
	}
}

// RecordDurable returns when the event and all before it are on disk.
func (r *recorder) RecordDurable(ctx context.Context, by event.Subject, e event.Event) error {
	receipt, err := r.put(by, e)
	if err != nil {
		return err
	}
	return receipt.Durable(ctx)
}

func (r *recorder) put(by event.Subject, e event.Event) (audit.Receipt, error) {
	entry := e.Entry()
	r.mu.Lock()
	defer r.mu.Unlock()
	receipt, err := r.trail.Append(audit.Record{Subject: by, Entry: entry})
	if err != nil || entry.Trail {
		return receipt, err
	}
	switch _, last := e.(event.CommitCompleted); {
	case !r.runs && len(r.early) < maxEarly:
		r.early = append(r.early, early{by, entry})
	case !r.runs:
	case last:
		r.engine.LogBoth(by, entry)
	default:
		r.engine.Log(by, entry)
	}
	return receipt, nil
}

// begin sends what waited for the engine, which runs now.
func (r *recorder) begin() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.early {
		r.engine.Log(e.by, e.entry)
	}
	r.early, r.runs = nil, true
}
