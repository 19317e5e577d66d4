package scenario

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"loggia/bench/ledger"
	"loggia/bench/target"
	"loggia/bench/traffic"
)

// idleTime is how long an idle daemon is left alone before its memory is read.
const idleTime = 2 * time.Second

// Result is what one run of one target showed.
type Result struct {
	Scenario string
	Target   string
	Round    int
	Error    string `json:",omitempty"` // why there is no measurement

	Messages  int
	Lossy     bool          // losing is a result here: Rate and PerMsg are of what was kept
	Crowded   bool          // many connections: Fresh, Connected and Idle matter
	Away      bool          // the sink was away for a while: the rate was given, and copies may be marked
	Rate      float64       // messages a second, from the first byte sent to the last growth of the output
	Send      time.Duration // until the generator's last write had returned
	Span      time.Duration // until the last growth of the output
	CPU       time.Duration // of the daemon's process group within Span
	PerMsg    float64       // CPU in microseconds a message
	Peak      int64         // highest resident size in bytes
	Fresh     int64         // resident size before the first connection, in bytes
	Connected int64         // with all connections open and nothing sent
	Idle      int64         // resident size at rest in bytes
	Ready     time.Duration // from start until reachable; in S11 with the configuration already there
	Stop      time.Duration // from SIGTERM to the end
	Other     float64       // cores that anything but daemon and generator used
	Tally     ledger.Tally  // over all outputs
	Outputs   map[string]ledger.Tally
	StopError string `json:",omitempty"`
}

// Run runs the scenario once against a target, in directory root, which must
// be empty. What goes wrong stands in the result.
func (s Scenario) Run(ctx context.Context, spec target.Spec, load *traffic.Load, root string) Result {
	r := Result{Scenario: s.Name, Target: spec.Name, Messages: s.Messages, Lossy: s.MayLose, Crowded: s.Silent > 0, Away: len(s.Away) > 0}
	if err := s.run(ctx, spec, load, root, &r); err != nil {
		r.Error = err.Error()
	}
	return r
}

func (s Scenario) run(ctx context.Context, spec target.Spec, load *traffic.Load, root string, r *Result) error {
	p, err := newPlace(root)
	if err != nil {
		return err
	}
	at := addresses{unix: filepath.Join(root, "socket")}
	if at.listen, err = target.Free(); err != nil {
		return err
	}
	if s.Transport == TLS {
		if err := writeCertificate(root); err != nil {
			return err
		}
	}
	var far *sink
	if s.Forward {
		if far, err = listen(); err != nil {
			return err
		}
		at.sink = far.address
	}
	start := func() (*target.Daemon, error) {
		env := s.environment(p, at, rotateFiles(load))
		return target.Start(ctx, spec, p.root, env, s.endpoints(at))
	}
	if s.Idle {
		return s.idle(ctx, start, r)
	}
	d, err := start()
	if err == nil {
		r.Ready = d.Ready
		err = s.measure(ctx, d, load, p, at, far, r)
		var stopErr error
		if r.Stop, stopErr = d.Stop(); stopErr != nil {
			r.StopError = stopErr.Error()
		}
	}
	if far != nil {
		err = errors.Join(err, far.close())
	}
	return err
}

// rotateFiles is how many archives hold all of a load, ten at least.
func rotateFiles(load *traffic.Load) int {
	size := 0
	for _, s := range load.Streams {
		size += len(s.Bytes)
	}
	return max(10, size/rotateSize+2)
}

// measure sends the load and fills in the result.
func (s Scenario) measure(ctx context.Context, d *target.Daemon, load *traffic.Load, p place, at addresses, far *sink, r *Result) error {
	accounts, err := s.accounts(load, far)
	if err != nil {
		return err
	}
	w := s.watcher(d, p, far, accounts)
	underway, err := s.open(ctx, d, at, r)
	if err != nil {
		return err
	}
	defer underway.end()
	before, err := reading(d)
	if err != nil {
		return err
	}
	underway.start(load)
	if err := s.follow(ctx, w, underway, far); err != nil {
		return err
	}
	r.Send = underway.took
	r.Span = max(w.end().Sub(underway.begin), r.Send)
	r.CPU = w.cost.daemon - before.daemon
	r.Other = w.cost.others(before, max(w.change.Sub(underway.begin), poll))
	if r.Idle, r.Peak, err = d.Memory(); err != nil {
		return err
	}
	if err := s.settle(accounts, p, far, r); err != nil {
		return err
	}
	kept := s.Messages
	if s.MayLose {
		kept -= r.Tally.Lost
	}
	r.Rate = float64(kept) / r.Span.Seconds()
	r.PerMsg = float64(r.CPU.Microseconds()) / float64(max(kept, 1))
	return nil
}

// follow watches a run to its end, and takes the sink away meanwhile.
func (s Scenario) follow(ctx context.Context, w *watcher, underway *sending, far *sink) error {
	if len(s.Away) == 0 {
		return w.watch(ctx, underway)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	over := make(chan error, 1)
	go func() {
		err := far.absences(ctx, s.Away, underway.begin, s.total())
		if err != nil {
			cancel(err)
		}
		over <- err
	}()
	err := w.watch(ctx, underway)
	cancel(nil)
	return errors.Join(err, <-over)
}

func (s Scenario) watcher(d *target.Daemon, p place, far *sink, accounts map[string]*ledger.Account) *watcher {
	w := &watcher{daemon: d, dir: p.out, sink: far, archived: s.Rules == "rot", patience: quietShort}
	if len(s.Away) > 0 {
		w.patience = quietAway
	}
	for _, o := range s.outputs() {
		w.files = append(w.files, o.file)
		w.expected += accounts[o.file].Expected()
	}
	if far != nil {
		w.relayed = accounts[relayed].Expected()
	}
	return w
}

// relayed is the name of the sink's account.
const relayed = "relay"

// accounts opens an account for each output.
func (s Scenario) accounts(load *traffic.Load, far *sink) (map[string]*ledger.Account, error) {
	if len(load.Facts) != s.Messages {
		return nil, fmt.Errorf("load of %d messages for a scenario of %d", len(load.Facts), s.Messages)
	}
	accounts := map[string]*ledger.Account{}
	for _, o := range s.outputs() {
		accounts[o.file] = ledger.Open(load, o.rule)
	}
	if far != nil {
		a := ledger.Open(load, ledger.Everything)
		a.ReadMarks()
		accounts[relayed] = a
	}
	return accounts, nil
}

// settle reads all outputs and closes their accounts.
func (s Scenario) settle(accounts map[string]*ledger.Account, p place, far *sink, r *Result) error {
	r.Outputs = map[string]ledger.Tally{}
	for name, a := range accounts {
		if name == relayed {
			far.enter(a)
		} else if err := a.Log(p.out, name); err != nil {
			return err
		}
		t := a.Close()
		r.Outputs[name] = t
		r.Tally.Add(t)
	}
	return nil
}

// idle starts the target twice in the same place, so that the second start
// finds its configuration there, and measures that one.
func (s Scenario) idle(ctx context.Context, start func() (*target.Daemon, error), r *Result) error {
	first, err := start()
	if err != nil {
		return err
	}
	if _, err := first.Stop(); err != nil {
		return err
	}
	d, err := start()
	if err != nil {
		return err
	}
	r.Ready = d.Ready
	select {
	case <-time.After(idleTime):
	case <-ctx.Done():
	}
	r.Idle, r.Peak, err = d.Memory()
	var stopErr error
	if r.Stop, stopErr = d.Stop(); stopErr != nil {
		r.StopError = stopErr.Error()
	}
	return errors.Join(err, ctx.Err())
}
