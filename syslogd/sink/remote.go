package sink

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"loggia/syslogd/spool"
	"loggia/syslogd/wire"
)

// RemoteConfig says what a Remote is to be: `[edit system syslog host NAME]`.
type RemoteConfig struct {
	RemoteOptions

	Place      string        // the statement, for alarms
	Spool      string        // directory of its spool; empty: the queue is in memory alone
	QueueBytes int           // bound of what is in memory alone; 0: 16 MiB
	Space      Space         // of the disk that the spool is on; nil: whatever there is
	Syncer     *spool.Syncer // of all spools; nil: this one syncs by itself
	Front      *spool.Front  // of all spools; nil: this one's own
	Dials      *Dials        // shared by all that connect; nil: this one connects when it will
	Node       string        // of this machine, for the mark of structured records; empty: no mark
	Report     func(Alarm)   // told when the host cannot be reached, and when it can again; nil: nobody
	Channel    func(Channel) // told of connections that open, close and fail; nil: nobody
	Fault      func(error)   // told of what went wrong once, such as a damaged record; nil: nobody
	FirstPause time.Duration // before it connects again; 0: half a second
	LongPause  time.Duration // the longest; 0: a minute

	// For tests; nil is the real thing.
	Dial func(ctx context.Context, network, address string, source netip.Addr) (net.Conn, error)
	Rand func() float64 // in [0, 1), for jitter
	Now  func() time.Time
}

// RemoteOptions are what Reconfigure may change; the queue stays.
type RemoteOptions struct {
	Network         string      // udp (RFC 5426), tcp (RFC 6587) or tls (RFC 5425)
	Host            string      // a name is resolved anew for each connection
	Port            uint16      //
	Source          netip.Addr  // address to send from; invalid: the system's choice
	TLS             *tls.Config // of tls; it judges the server
	OctetCounting   bool        // tcp and tls: RFC 6587 3.4.1; else 3.4.2, a newline behind each record
	OnDemand        bool        // connect when the first record waits
	SpoolSize       int64       // bytes; 0 is the spool's default
	Overflow        spool.Overflow
	AllowDuplicates bool
	Style           wire.Style
}

// target is the part of the options that a connection depends on.
type target struct {
	network, host string
	port          uint16
	source        netip.Addr
	tls           *tls.Config
	octets        bool
	onDemand      bool
}

func (o *RemoteOptions) target() target {
	return target{o.Network, o.Host, o.Port, o.Source, o.TLS, o.OctetCounting, o.OnDemand}
}

// spool is what the spool is to be.
func (c *RemoteConfig) spool(r *Remote) spool.Options {
	return spool.Options{Dir: c.Spool, Size: c.SpoolSize, Overflow: c.Overflow, Memory: c.QueueBytes, Fault: r.spoolFault, Damage: r.spoolDamage, Removed: r.spoolRemoved, Syncer: c.Syncer, Front: c.Front}
}

// Remote sends lines to another machine. Write puts them into a spool and never
// waits for the network; they are sent from there by a goroutine that lives as long
// as there is something to do.
//
// Over TCP and TLS, a record counts as delivered when the peer's kernel has
// acknowledged it. What was not acknowledged when a connection is lost is sent
// again, whole, over the next one: a record may arrive twice, but none is torn
// or skipped. What the peer's kernel had acknowledged and the peer had not read
// is lost with it; no sender can know that without an answer from the peer.
type Remote struct {
	// Built once.
	config RemoteConfig
	spool  *spool.Spool
	ctx    context.Context // ends when Close's deadline has passed
	cancel context.CancelFunc
	done   chan struct{} // closed when the sender has ended

	turn   turn
	sender sender // whose turn it is
	outage outage // of whose turn it is

	// Replaced by Reconfigure.
	style atomic.Pointer[wire.Style]

	repeated, late atomic.Uint64 // lines that were folded, and that came after Close
	noSpace        atomic.Uint64 // lines that Space did not admit

	writing  sync.Mutex // guards what Write needs; taken before the others
	folding  bool
	fold     fold
	timer    *time.Timer
	refusing bool   // Close was called
	sequence uint32 // of own records since the start (RFC 5424 7.3.1)
	credit   int64  // bytes that were freed on a full disk for what comes next

	mu      sync.Mutex // guards all below
	options RemoteOptions
	changed chan struct{} // closed by Reconfigure when the target changes; nil: nobody waits for that
	changes func()        // called then, under the lock; nil: nothing is to be interrupted
	closing chan struct{} // closed by Close
	closed  bool
	state   RemoteState
	alarm   alarm
	disk    alarm
	reports []Alarm
}

// NewRemote starts sending. It resolves and connects in the background: a host
// that is away is no error. An error is the spool's.
func NewRemote(c RemoteConfig) (*Remote, error) {
	if c.Dial == nil {
		c.Dial = dial
	}
	if c.Rand == nil {
		c.Rand = rand.Float64
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Space == nil || c.Spool == "" {
		c.Space = anySpace{}
	}
	if c.FirstPause <= 0 {
		c.FirstPause = firstPause
	}
	if c.LongPause <= 0 {
		c.LongPause = longPause
	}
	if c.Report == nil {
		c.Report = func(Alarm) {}
	}
	if c.Channel == nil {
		c.Channel = func(Channel) {}
	}
	if c.Fault == nil {
		c.Fault = func(error) {}
	}
	r := &Remote{config: c, options: c.RemoteOptions, folding: !c.AllowDuplicates,
		done: make(chan struct{}), closing: make(chan struct{})}
	var found spool.Recovery
	var err error
	if r.spool, found, err = spool.Open(c.spool(r)); err != nil {
		return nil, fmt.Errorf("spool of %s: %w", c.Host, err)
	}
	if !found.Clean() {
		c.Fault(fmt.Errorf("spool of %s: %v", c.Host, &found))
	}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	r.style.Store(&r.config.Style)
	r.alarm = alarm{place: c.Place, queue: &r.reports}
	r.disk = alarm{place: c.Place + " spool", queue: &r.reports}
	r.state.Since = c.Now()
	r.sender.window = window{spool: r.spool, reader: r.spool.Reader()}
	if t := r.options.target(); t.lazy() && r.spool.Empty() {
		r.state.Status = Idle
		r.turn.state.Store(idle)
	} else {
		go r.run()
	}
	return r, nil
}

// Style implements Destination.
func (r *Remote) Style() *wire.Style { return r.style.Load() }

// Write implements Destination: it puts the lines into the spool.
func (r *Remote) Write(l *Lines) {
	r.writing.Lock()
	defer r.writing.Unlock()
	if r.refusing {
		r.late.Add(uint64(len(l.Lines)))
		return
	}
	if r.folding {
		var repeated uint64
		l, repeated = r.fold.apply(l, r.Style())
		r.repeated.Add(repeated)
		r.setTimer()
	}
	r.put(l)
}

// put appends lines to the spool. The writers' lock is held.
func (r *Remote) put(l *Lines) {
	if len(l.Lines) == 0 {
		return
	}
	var flags spool.Flags
	style := r.Style()
	if style.Structured {
		flags = spool.Structured
	}
	if style.RawControl {
		flags |= spool.Raw
	}
	room := r.admitted(l)
	r.spool.Begin(l.Received)
	for i := range l.Lines {
		line := &l.Lines[i]
		if !room && !line.Self && !line.made {
			continue
		}
		m := spool.Meta{Flags: flags}
		if line.made {
			m.Flags |= spool.Uncounted
		}
		if line.Self {
			m.Flags |= spool.Own
			r.sequence = r.sequence%lastSequence + 1
			m.Number = r.sequence
		}
		text := l.text(i)
		r.spool.Put(text[:len(text)-1], m)
	}
	r.spool.End()
	r.appended()
}

// admitted asks for room for the lines that are not our own: what the disk keeps
// in reserve is not for them. Those that are refused are counted.
func (r *Remote) admitted(l *Lines) bool {
	n, size := 0, 0
	for i := range l.Lines {
		if line := &l.Lines[i]; !line.Self && !line.made {
			n++
			size += len(l.text(i)) + spool.Overhead
		}
	}
	if n == 0 {
		return true
	}
	switch need := int64(size); {
	case r.credit >= need:
		r.spend(need)
		return true
	case r.config.Space.Admit(size, false):
		return true
	case r.overwrites(need):
		r.spend(need)
		return true
	}
	r.noSpace.Add(uint64(n))
	r.config.Space.Refused(n)
	return false
}

// overwrites has what waits longest make room for size bytes where the disk has
// none, if that is what both the disk and the spool are to do. What it frees beyond
// that is for what comes next. The writers' lock is held.
func (r *Remote) overwrites(size int64) bool {
	r.mu.Lock()
	may := r.options.Overflow == spool.OverwriteOldest
	r.mu.Unlock()
	if !may || !r.config.Space.Yields() {
		return false
	}
	records, freed := r.spool.GiveWay(size - r.credit)
	r.config.Space.GaveWay(0, records, freed)
	r.credit += freed
	return r.credit >= size
}

// spend uses up what was freed. The writers' lock is held.
func (r *Remote) spend(n int64) {
	r.credit -= n
	r.config.Space.Spent(n)
}

// lastSequence is the greatest sequenceId (RFC 5424 7.3.1).
const lastSequence = 1<<31 - 1

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
	r.writing.Lock()
	defer r.writing.Unlock()
	r.timer = nil
	if !r.refusing {
		r.flushFold()
	}
}

func (r *Remote) flushFold() {
	if r.fold.pending > 0 {
		r.put(r.fold.flush(r.config.Now(), r.Style()))
	}
}

// Counters implements Destination.
func (r *Remote) Counters() Counters { return r.counters(r.spool.State()) }

// Numbered returns the counts, with the number in the spool of the last line that they
// know of, and that of the last one which was there when it was opened.
func (r *Remote) Numbered() (c Counters, last, found uint64) {
	s := r.spool.State()
	return r.counters(s), s.Last, s.Found
}

func (r *Remote) counters(s spool.State) Counters {
	c := Counters{Accepted: s.Accepted, Delivered: s.Settled[spool.Delivered], Waiting: s.Waiting, Made: s.Made}
	c.Dropped[QueueFull], c.Dropped[Overwritten], c.Dropped[Damaged] = s.Refused, s.Overwritten, s.Damaged
	c.Dropped[TooLarge], c.Dropped[Refused] = s.Settled[tooLarge], s.Settled[refused]
	c.Dropped[Cleared] = s.Cleared
	if r.config.Spool == "" { // nobody but Close clears a queue in memory
		c.Dropped[Cleared], c.Dropped[Closed] = 0, s.Cleared
	}
	late, repeated, noSpace := r.late.Load(), r.repeated.Load(), r.noSpace.Load()
	c.Accepted += late + repeated + noSpace
	c.Dropped[NoSpace] = noSpace
	c.Repeated = repeated
	c.Dropped[Closed] += late
	return c
}

// What a record may come to beside being delivered.
const (
	tooLarge = spool.Delivered + 1
	refused  = spool.Delivered + 2
)

// ClearSpool drops what waits, and returns how many records that were.
func (r *Remote) ClearSpool() (uint64, error) { return r.spool.Clear() }

// Reconfigure hands the queue over to new options. If what a connection depends
// on changes, what the old one has not acknowledged within a second goes to the
// new target.
func (r *Remote) Reconfigure(o RemoteOptions) {
	r.writing.Lock()
	defer r.writing.Unlock()
	if r.refusing {
		return
	}
	r.flushFold()
	r.setTimer()
	r.fold.forget()
	r.folding = !o.AllowDuplicates
	if style := o.Style; style != *r.Style() {
		r.style.Store(&style)
	}
	c := r.config
	c.RemoteOptions = o
	r.spool.Reconfigure(c.spool(r))
	r.mu.Lock()
	defer r.mu.Unlock()
	moved := o.target() != r.options.target()
	r.options = o
	if !moved {
		return
	}
	if r.changed != nil {
		close(r.changed)
		r.changed = nil
	}
	if r.changes != nil {
		r.changes()
	}
	r.wake()
}

// Close implements Destination: it sends what waits until ctx ends. The rest
// stays in the spool for whoever opens it next; without one it is dropped and
// counted.
func (r *Remote) Close(ctx context.Context) error {
	r.writing.Lock()
	if !r.refusing {
		r.flushFold()
		r.setTimer()
		r.spend(r.credit)
		r.refusing = true
		r.mu.Lock()
		r.closed = true
		close(r.closing)
		r.mu.Unlock()
	}
	r.writing.Unlock()
	r.wake()
	select {
	case <-r.done:
	case <-ctx.Done():
		r.cancel()
		r.wake()
		<-r.done
	}
	r.cancel()
	var err error
	if r.config.Spool == "" {
		_, err = r.spool.Clear()
	}
	err = errors.Join(err, r.spool.Close())
	r.mu.Lock()
	r.alarm.clear() // nobody is to wait for a host that is no more
	r.disk.clear()
	r.tell()
	return err
}

// current returns the target, and the channel that says that it has changed.
func (r *Remote) current() (target, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.changed == nil {
		r.changed = make(chan struct{})
	}
	return r.options.target(), r.changed
}

// onChange has f called, under the lock, when the target is no longer the one that
// changed is of, until the next call. There is nobody else who asks for it.
func (r *Remote) onChange(changed <-chan struct{}, f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changes = f
	if f != nil && (<-chan struct{})(r.changed) != changed {
		f()
	}
}
