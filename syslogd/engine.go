package syslogd

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"loggia/audit/event"
	"loggia/syslogd/sink"
	"loggia/syslogd/spool"
	"loggia/syslogd/wire"
)

// Options is what an engine needs from its surroundings.
type Options struct {
	LogDir   string // where files are written
	IndexDir string // where their indexes are kept

	// Now is the clock; nil is time.Now.
	Now func() time.Time

	// Alarm is told of a part of the configuration that is not in force, and
	// with a nil error that it is again. It must not call the engine. Nil: only
	// Statistics tells.
	Alarm func(place string, err error)

	// Forget is told the place of a destination that was removed and closed: its
	// alarms, and those of its parts, mean nothing any more. It must not call the
	// engine.
	Forget func(place string)

	// Report is told of what went wrong after a change was in force, such as a
	// file that could not be closed. Nil: nobody is told.
	Report func(place string, err error)

	// Ledger is the file that keeps the counters for the next start; empty: they
	// begin at zero.
	Ledger string

	// Announce is told of TLS connections that were opened, closed or refused, and
	// of messages that were lost, once in TellEvery while there
	// are any, and of what a full disk has cost. It must not call the engine. Nil: only Statistics tells.
	Announce func(event.Event)

	// Settle returns when what was told to Announce is on record, through this engine
	// too. Close calls it when connections have ended and files are still open. Nil:
	// there is nothing to wait for.
	Settle func()

	// SpoolDir is where what waits for hosts is kept, a directory for each; empty:
	// in memory.
	SpoolDir string

	// Node is the identity of this machine that structured records sent to hosts
	// bear; empty: they bear none.
	Node string

	// Terminals writes a line to the terminals of a user who is logged in, `*`
	// for all; nil: sink.Terminals' own.
	Terminals func(user string, line []byte) error

	// Console opens the console; nil is /dev/console.
	Console func() (io.Writer, error)

	// Passed are unix datagram sockets that another program, systemd, has bound and
	// passed on, by path. An input with such a path uses it. They stay open.
	Passed map[string]*os.File

	// Kernel opens the kernel's messages, for reading without waiting, a record at
	// a time; nil is /dev/kmsg.
	Kernel func() (*os.File, error)

	// Uptime is the clock of the kernel's messages; nil is CLOCK_MONOTONIC.
	Uptime func() time.Duration

	// KernelPosition is the file that remembers which of the kernel's messages were
	// read; empty: all that the kernel has are read at every start.
	KernelPosition string

	// LocalAddresses are the addresses of this machine, to recognise a host
	// that is ourselves; nil asks the system.
	LocalAddresses func() ([]netip.Addr, error)

	MaxConnections int           // TCP, all listeners together; 0 is 4,096
	RetryFirst     time.Duration // first pause before a part that fails is tried again; 0 is a second
	RetryMost      time.Duration // longest pause; 0 is a minute
	ReconnectFirst time.Duration // first pause before a host is connected again; 0 is half a second
	ReconnectMost  time.Duration // longest pause; 0 is a minute
	KeepEvery      time.Duration // how often the ledger is written and rates are measured; 0 is 10 s
	TellEvery      time.Duration // how often losses are announced; 0 is a minute
	DrainTimeout   time.Duration // how long a removed host may take to send what waits; 0 is 10 s
}

const (
	defaultConnections = 4096
	defaultDrain       = 10 * time.Second

	// linger is how long a replaced routing table waits for LogBoth.
	linger = 5 * time.Second

	// settleLimit is how long Prepare waits for the change before it to be
	// finished.
	settleLimit = 15 * time.Second

	// dialsAtOnce is how many hosts may begin to connect at the same time.
	dialsAtOnce = 64

	// lastMoment is what Close grants, after its time, to what needs nobody
	// else: files and sockets.
	lastMoment = time.Second
)

// ErrClosed is what Prepare returns after Close.
var ErrClosed = errors.New("the engine is closed")

// errUnsettled is what Prepare returns while destinations of an earlier change
// cannot be closed.
var errUnsettled = errors.New("the change before is still being finished: a log file cannot be written")

// Engine receives, routes and delivers messages. All methods may be called from
// many goroutines at once.
type Engine struct {
	// Built once.
	o        Options
	pid      int
	self     *source
	streams  *streams
	spools   spools
	outbox   *outbox // own records for many hosts
	loops    *loops
	storage  *storage
	syncer   spool.Syncer // of all spools
	front    spool.Front  // of all spools
	dials    *sink.Dials  // of all hosts
	refusals *refusals
	planned  atomic.Int64                 // destinations of the change prepared last
	held     weigher                      // of what Storage says
	cabinet  atomic.Pointer[sink.Cabinet] // made for the first file
	failures event.Sparing                // of handshakes
	senders  *senders
	recent   recent          // what Impact tries
	batches  sync.Pool       // *wire.Batch, for own records
	running  sync.WaitGroup  // goroutines of inputs, of retirement and of retrying
	done     chan struct{}   // closed by Close: nobody waits any longer
	life     context.Context // ends when Close's time is over: what is still being sent is given up
	cut      context.CancelFunc
	tend     sync.Once     // starts retry, inspect and keep
	failed   chan struct{} // capacity 1: a part was found not to be in force
	applied  chan struct{} // capacity 1: another configuration is in force

	// Replaced by every commit.
	table atomic.Pointer[table]

	// Of the goroutine keep alone.
	announced uint64 // losses in the last announcement

	saving  sync.Mutex // guards what follows
	saved   []byte     // what the ledger holds
	unsaved bool       // it cannot be written

	// changing is held by whoever prepares a change, until it is applied or
	// aborted. A channel of capacity 1, because another goroutine may release it.
	changing chan struct{}

	// first is closed when the first configuration is in force, or given up: what
	// its inputs read before would go nowhere. Whoever holds changing may look.
	first chan struct{}
	begun bool // the first is in force; as first

	mu       sync.Mutex                 // guards what follows
	state    *state                     // what is in force; itself immutable
	previous *table                     // replaced, until LogBoth or linger ends it
	ending   *retirement                // the last change's
	sources  map[string]*source         // every input there ever was, by name
	accounts map[destinationID]*account // every destination there ever was
	since    time.Time                  // when the counters were zero
	closed   bool
}

// New returns an engine that listens on nothing and delivers nothing until a
// plan is applied.
func New(o Options) *Engine {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Kernel == nil {
		o.Kernel = openKernel
	}
	if o.Uptime == nil {
		o.Uptime = uptime
	}
	if o.LocalAddresses == nil {
		o.LocalAddresses = systemAddresses
	}
	if o.MaxConnections <= 0 {
		o.MaxConnections = defaultConnections
	}
	if o.DrainTimeout <= 0 {
		o.DrainTimeout = defaultDrain
	}
	if o.KeepEvery <= 0 {
		o.KeepEvery = keepEvery
	}
	if o.TellEvery <= 0 {
		o.TellEvery = tellEvery
	}
	if o.RetryFirst <= 0 {
		o.RetryFirst = time.Second
	}
	if o.RetryMost <= 0 {
		o.RetryMost = time.Minute
	}
	if o.Alarm == nil {
		o.Alarm = func(string, error) {}
	}
	if o.Forget == nil {
		o.Forget = func(string) {}
	}
	if o.Settle == nil {
		o.Settle = func() {}
	}
	if o.Report == nil {
		o.Report = func(string, error) {}
	}
	e := &Engine{o: o, pid: os.Getpid(), self: &source{name: "self"}, done: make(chan struct{}), changing: make(chan struct{}, 1),
		failed: make(chan struct{}, 1), applied: make(chan struct{}, 1), sources: make(map[string]*source),
		accounts: make(map[destinationID]*account), first: make(chan struct{})}
	close(e.first) // nothing is being prepared yet
	e.life, e.cut = context.WithCancel(context.Background())
	e.batches.New = func() any { return new(wire.Batch) }
	e.outbox = newOutbox(e.life, e.release, e.o.Report)
	e.storage = newStorage(e)
	e.spools.draining = make(map[string]draining)
	e.loops = newLoops(o.Node, o.Announce)
	e.senders = newSenders()
	e.refusals = newRefusals(e.senders.wake)
	e.streams = newStreams(e, o.MaxConnections)
	e.dials = sink.NewDials(dialsAtOnce)
	e.state = newState(Config{})
	e.table.Store(newTable(nil, settingsOf(&e.state.config), nil))
	e.restore()
	return e
}

func (e *Engine) now() time.Time { return e.o.Now() }

func systemAddresses() ([]netip.Addr, error) {
	nets, err := net.InterfaceAddrs()
	if err != nil {
		return nil, err
	}
	var all []netip.Addr
	for _, n := range nets {
		if ip, ok := n.(*net.IPNet); ok {
			if a, ok := netip.AddrFromSlice(ip.IP); ok {
				all = append(all, a.Unmap())
			}
		}
	}
	return all, nil
}

// Log sends an event of this program through the routes in force, as a record
// of its own origin: it is never rate-limited or folded, and queues keep room
// for it. It returns when the record is in every local file that wants it, and on
// its way to the hosts.
func (e *Engine) Log(by event.Subject, ev event.Entry) {
	b := e.own(by, ev)
	e.logOwn(b)
	e.release(b)
}

// logOwn is Submit of records of our own.
func (e *Engine) logOwn(b *wire.Batch) {
	t := e.enter()
	e.submitOwn(t, b, nil)
	t.leave()
	e.recent.keep(b)
}

// LogBoth is Log by the routes in force and by those of the plan applied last:
// the last record of a change reaches whoever received messages before it or
// does after it, once. The old routes end with it; without it they end after
// five seconds, or when the next plan is prepared.
func (e *Engine) LogBoth(by event.Subject, ev event.Entry) {
	b := e.own(by, ev)
	defer e.release(b)
	t := e.enter()
	defer t.leave()
	e.submitOwn(t, b, nil)
	e.recent.keep(b)

	e.mu.Lock()
	old, ending := e.previous, e.ending
	if old != nil {
		old.active.Add(1) // in time: retirement takes this lock before it looks
		e.previous = nil
	}
	e.mu.Unlock()
	if old == nil {
		return
	}
	e.submitOwn(old, b, t.reached(b))
	old.leave()
	ending.hurry()
}

// own makes a batch of one own record.
func (e *Engine) own(by event.Subject, ev event.Entry) *wire.Batch {
	b := e.batches.Get().(*wire.Batch)
	b.Buf, b.Records = b.Buf[:0], b.Records[:0]
	b.Origin, b.Received = wire.Origin{Kind: wire.Self}, e.now()
	pid := by.PID
	if pid == 0 {
		pid = e.pid
	}
	wire.AppendEntry(b, ev, pid, "")
	e.self.accepted.Add(1)
	return b
}

func (e *Engine) release(b *wire.Batch) { e.batches.Put(b) }
