package sink

import (
	"context"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"loggia/syslogd/wire"
)

// RemoteConfig says what a Remote is to be: `[edit system syslog host NAME]`.
type RemoteConfig struct {
	RemoteOptions

	Place      string      // the statement, for alarms
	QueueBytes int         // bound of the queue; 0: 16 MiB. An eighth is for own records
	Report     func(Alarm) // told when the host cannot be reached, and when it can again; nil: nobody

	// For tests; nil is the real thing.
	Dial func(ctx context.Context, network, address string, source netip.Addr) (net.Conn, error)
	Rand func() float64 // in [0, 1), for jitter
	Now  func() time.Time
}

// RemoteOptions are what Reconfigure may change; the queue stays.
type RemoteOptions struct {
	Network         string     // udp (RFC 5426) or tcp (RFC 6587)
	Host            string     // a name is resolved anew for each connection
	Port            uint16     //
	Source          netip.Addr // address to send from; invalid: the system's choice
	OctetCounting   bool       // tcp: RFC 6587 3.4.1; else 3.4.2, a newline behind each record
	AllowDuplicates bool
	Style           wire.Style
}

const defaultQueue = 16 << 20

// target is the part of the options that a connection depends on.
type target struct {
	network, host string
	port          uint16
	source        netip.Addr
	octets        bool
}

func (o *RemoteOptions) target() target {
	return target{o.Network, o.Host, o.Port, o.Source, o.OctetCounting}
}

// Remote sends lines to another machine. A goroutine of its own takes them from
// a queue in memory; Write never waits.
//
// Over TCP, a record counts as delivered when the peer's TCP has acknowledged
// it. What was not acknowledged when a connection is lost is sent again, whole,
// over the next one: a record may arrive twice, but none is torn or skipped.
// What the peer's TCP had acknowledged and the peer had not read is lost with
// it; no sender can know that over plain TCP.
type Remote struct {
	// Built once.
	config RemoteConfig
	queue  *queue
	ctx    context.Context // ends when Close's deadline has passed
	cancel context.CancelFunc
	done   chan struct{} // closed when the sender has ended

	// Replaced by Reconfigure.
	style atomic.Pointer[wire.Style]

	mu      sync.Mutex // guards all below; taken before the queue's
	options RemoteOptions
	changed chan struct{} // closed by Reconfigure when the target changes
	closing chan struct{} // closed by Close
	closed  bool
	fold    fold
	timer   *time.Timer
	state   RemoteState
	alarm   alarm
	reports []Alarm
}

// Status is how a remote host is connected.
type Status uint8

// The states.
const (
	Down       Status = iota // waiting before the next attempt
	Connecting               //
	Up                       // udp: the address is known; tcp: connected
)

// String returns down, connecting or up.
func (s Status) String() string { return [...]string{"down", "connecting", "up"}[s] }

// RemoteState is what `show system syslog host` says.
type RemoteState struct {
	Status      Status
	Since       time.Time // of Status
	Address     string    // of the peer, once connected
	LastError   string    // empty: none so far
	LastErrorAt time.Time
	Connects    uint64    // successful connections so far
	QueuedBytes int       // including what was sent and is not acknowledged
	Oldest      time.Time // receipt of about the oldest record not sent; zero: none
}

// NewRemote starts sending. It resolves and connects in the background: a host
// that is away is no error.
func NewRemote(c RemoteConfig) *Remote {
	if c.QueueBytes <= 0 {
		c.QueueBytes = defaultQueue
	}
	if c.Dial == nil {
		c.Dial = dial
	}
	if c.Rand == nil {
		c.Rand = rand.Float64
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Report == nil {
		c.Report = func(Alarm) {}
	}
	r := &Remote{config: c, queue: newQueue(c.QueueBytes, c.QueueBytes/8), options: c.RemoteOptions,
		done: make(chan struct{}), changed: make(chan struct{}), closing: make(chan struct{})}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	r.style.Store(&c.Style)
	r.alarm = alarm{place: c.Place, queue: &r.reports}
	r.state.Since = c.Now()
	go func() {
		defer close(r.done)
		r.run()
	}()
	return r
}

// Style implements Destination.
func (r *Remote) Style() *wire.Style { return r.style.Load() }

// Write implements Destination: it queues the lines.
func (r *Remote) Write(l *Lines) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var repeated uint64
	if !r.options.AllowDuplicates && !r.closed {
		l, repeated = r.fold.apply(l, r.Style())
		r.setTimer()
	}
	r.queue.put(l, repeated)
}

// setTimer makes the timer run while lines are being folded, and only then.
func (r *Remote) setTimer() {
	switch {
	case r.fold.pending > 0 && r.timer == nil:
		r.timer = time.AfterFunc(r.fold.delay(), r.sumUp)
	case r.fold.pending == 0 && r.timer != nil:
		r.timer.Stop()
		r.timer = nil
	}
}

// sumUp is called by the timer while lines are being folded.
func (r *Remote) sumUp() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.timer = nil
	if !r.closed {
		r.flushFold()
	}
}

func (r *Remote) flushFold() {
	if r.fold.pending > 0 {
		r.queue.put(r.fold.flush(r.config.Now(), r.Style()), 0)
	}
}

// Counters implements Destination.
func (r *Remote) Counters() Counters {
	c, _, _ := r.queue.count()
	return c
}

// State tells how the connection is.
func (r *Remote) State() RemoteState {
	r.mu.Lock()
	s := r.state
	r.mu.Unlock()
	_, s.QueuedBytes, s.Oldest = r.queue.count()
	return s
}

// Reconfigure hands the queue over to new options. If what a connection depends
// on changes, what the old one has not acknowledged within a second goes to the
// new target.
func (r *Remote) Reconfigure(o RemoteOptions) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return
	}
	r.flushFold()
	r.setTimer()
	r.fold.forget()
	moved := o.target() != r.options.target()
	r.options = o
	r.style.Store(&o.Style)
	if moved {
		close(r.changed)
		r.changed = make(chan struct{})
	}
}

// Close implements Destination: it sends what waits until ctx ends, and counts
// the rest as dropped.
func (r *Remote) Close(ctx context.Context) error {
	r.mu.Lock()
	if !r.closed {
		r.flushFold()
		r.setTimer()
		r.closed = true
		r.queue.refuse()
		close(r.closing)
	}
	r.mu.Unlock()
	select {
	case <-r.done:
	case <-ctx.Done():
		r.cancel()
		<-r.done
	}
	r.cancel()
	r.queue.close()
	r.mu.Lock()
	r.alarm.clear() // nobody is to wait for a host that is no more
	r.tell()
	return nil
}

// current returns the target, and the channel that says that it has changed.
func (r *Remote) current() (target, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.options.target(), r.changed
}

// note notes a change of state, and tells it if it concerns the alarm.
func (r *Remote) note(s Status, address string, err error) {
	r.mu.Lock()
	at := r.config.Now()
	if r.state.Status != s {
		r.state.Status, r.state.Since = s, at
	}
	if s == Up {
		r.state.Address = address
		r.state.Connects++
		r.alarm.clear()
	}
	if err != nil {
		r.state.LastError, r.state.LastErrorAt = err.Error(), at
		r.alarm.raise(err)
	}
	r.tell()
}

// tell unlocks, and reports what there is to say about the alarm.
func (r *Remote) tell() {
	reports := r.reports
	r.reports = nil
	r.mu.Unlock()
	for _, a := range reports {
		r.config.Report(a)
	}
}
