package syslogd

import (
	"errors"
	"sync/atomic"
	"syscall"
	"time"

	"loggia/audit/event"
	"loggia/syslogd/wire"
)

const (
	// drainLimit is how long a socket that nothing new is for may take to be
	// read empty.
	drainLimit = time.Second

	// drainPause lets a packet that the kernel was handing over when the
	// socket was turned away arrive.
	drainPause = 5 * time.Millisecond

	// gatherLong is how long UDP is left alone, under load, so that the next
	// receive takes many datagrams: waking up costs more than a message.
	// gatherShort is the same where the kernel has granted less than
	// gatherBuffer bytes. A unix socket's queue is short and its senders would
	// wait, so it is never left alone.
	gatherLong   = 5 * time.Millisecond
	gatherShort  = time.Millisecond
	gatherBuffer = 8 << 20

	// routePause is how long what comes in by a unix socket under load gathers
	// before it is routed, unless routeMany have come: its few messages at a time
	// would cost a write each. Nobody waits for it.
	routePause = time.Millisecond
	routeMany  = 512

	// errorPause keeps a socket that only returns errors from taking the
	// processor.
	errorPause = 20 * time.Millisecond
)

// datagram is a UDP or unix socket that is being read: one goroutine receives
// batches into a bounded queue, another parses and routes them.
type datagram struct {
	// Built once.
	engine *Engine
	at     endpoint
	source *source
	conn   quietSocket
	queue  *queue
	file   fileID        // of a unix socket
	passed bool          // it was opened by systemd, and stays when we close it
	gather time.Duration // pause under load; 0 is none
	read   chan struct{}
	routed chan struct{}

	// The receiving goroutine's own.
	slow bool      // the last full queue outlasted unixWait
	last time.Time // of the last receive

	// Replaced by every commit.
	rules atomic.Pointer[inputRules]

	// Changed by the receiving goroutine, read by Statistics.
	drained atomic.Bool // the source has the kernel's count
}

// openDatagram binds at and begins to read: what comes in goes by the routes in
// force, whether or not the plan that wants the socket is applied later.
// Messages of up to largest bytes can be kept whole.
func (e *Engine) openDatagram(at endpoint, r *inputRules, beside []syscall.Conn, largest int) (*datagram, error) {
	d := &datagram{engine: e, at: at, read: make(chan struct{}), routed: make(chan struct{})}
	d.rules.Store(r)
	kind, limit := wire.UDP, udpQueue
	var err error
	if at.network == "unix" {
		kind, limit = wire.Unix, unixQueue
		err = d.openUnix()
	} else {
		err = d.openUDP(beside)
	}
	if err != nil {
		return nil, err
	}
	d.queue, d.source = newQueue(limit), e.source(at.String())
	e.running.Add(2)
	go d.receive(kind, largest, e.first)
	go d.route()
	return d, nil
}

func (d *datagram) openUnix() error {
	c, passed, err := d.engine.openUnix(d.at.path)
	if err != nil {
		return err
	}
	d.passed = passed
	if d.conn, err = newPolled(c); err != nil {
		return err
	}
	if d.file, err = idOf(d.at.path); err != nil {
		return errors.Join(err, d.conn.Close())
	}
	return nil
}

func (d *datagram) openUDP(beside []syscall.Conn) error {
	c, err := bind(d.at, beside, listenPacket)
	if err != nil {
		return err
	}
	if d.conn, err = takeAside(c); err != nil {
		return err
	}
	d.gather = gatherShort
	if receiveBufferOf(d.conn) >= gatherBuffer {
		d.gather = gatherLong
	}
	return nil
}

func (d *datagram) endpoint() endpoint { return d.at }

func (d *datagram) statistics() SourceStatistics {
	n := d.source.snapshot()
	n.KernelDrops += d.kernelDrops()
	bytes, messages, most := d.queue.waiting()
	n.WaitingBytes, n.Waiting, n.HighWater = uint64(bytes), uint64(messages), uint64(most)
	return n
}

func (d *datagram) syscallConn() syscall.Conn { return d.conn }

func (d *datagram) obey(r *inputRules) { d.rules.Store(r) }

// receive reads, when there are routes at all, until retire stops it, and then
// what is left.
func (d *datagram) receive(kind wire.OriginKind, largest int, routes <-chan struct{}) {
	defer d.engine.running.Done()
	defer close(d.read)
	defer d.queue.close()
	<-routes
	rx := newReceiver(kind, largest)
	read := func(fd uintptr) bool {
		if size := d.engine.table.Load().settings.maxMessage; size >= rx.slot { // a commit has raised it
			rx = newReceiver(kind, size)
		}
		if rx.receive(fd) {
			return true
		}
		d.queue.rouse() // all that came together is routed together
		return false
	}
	for dry := false; ; {
		if err := d.conn.read(dry, read); err != nil {
			d.drain(rx)
			return
		}
		dry = rx.n < len(rx.headers)
		if rx.err != 0 {
			d.source.errors.Add(1)
			pause(d.engine.done, errorPause)
			continue
		}
		d.enqueue(rx)
		if dry {
			d.queue.rouse()
			dry = !d.gatherMore()
		}
	}
}

// gatherMore waits a moment when datagrams come in quick succession. The last
// receive did not find many. It reports whether it has waited.
func (d *datagram) gatherMore() bool {
	if d.gather == 0 {
		return false
	}
	flows := time.Since(d.last) < 2*d.gather
	if flows {
		time.Sleep(d.gather)
	}
	d.last = time.Now()
	return flows
}

// pause returns after p, or when stop ends.
func pause(stop <-chan struct{}, p time.Duration) {
	timer := time.NewTimer(p)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-stop:
	}
}

// drain reads the socket empty, looks once more a little later, and notes what
// the kernel had to drop.
func (d *datagram) drain(rx *receiver) {
	end := time.Now().Add(drainLimit)
	for pass := range 2 {
		if pass > 0 {
			pause(nil, drainPause)
		}
		for more := true; more && time.Now().Before(end); {
			err := d.conn.Control(func(fd uintptr) { more = rx.receive(fd) && rx.err == 0 })
			if err != nil || !more {
				break
			}
			d.enqueue(rx)
		}
	}
	drops := d.kernelDrops()
	d.drained.Store(true)
	d.source.kernelDrops.Add(drops)
}

// kernelDrops returns what the kernel has dropped and the source does not know.
func (d *datagram) kernelDrops() (n uint64) {
	if d.drained.Load() {
		return 0
	}
	if err := d.conn.Control(func(fd uintptr) { n = kernelDrops(int(fd)) }); err != nil {
		return 0 // closed at this moment
	}
	return n
}

// enqueue moves the datagrams of rx to the queue. When it is full, UDP drops
// at once: nobody can be told. A local sender is kept waiting, but not again
// and again for a writer that does not move.
func (d *datagram) enqueue(rx *receiver) {
	now := d.engine.now()
	rx.largest = min(d.engine.table.Load().settings.maxMessage, rx.slot-1)
	n := d.admit(rx, now)
	put := d.queue.put(0, n, now, rx.datagram)
	if put < n && d.at.network == "unix" && !d.slow {
		for end := time.Now().Add(unixWait); put < n && d.queue.wait(time.Until(end)); {
			put += d.queue.put(put, n, now, rx.datagram)
		}
	}
	d.slow = put < n
	d.source.accepted.Add(uint64(put))
	if put < n {
		d.source.refused[QueueFull].Add(uint64(n - put))
	}
}

// admit picks the datagrams of rx whose senders may send, and no more than they
// may, and returns how many those are. Datagrams of one sender in a row are
// judged together.
func (d *datagram) admit(rx *receiver, now time.Time) int {
	r, rate := d.rules.Load(), d.engine.table.Load().settings.rate
	rx.picking = len(r.allow) > 0 || rate > 0
	if !rx.picking {
		return rx.n
	}
	rx.picked = rx.picked[:0]
	var barred, limited int
	for i := 0; i < rx.n; {
		origin := rx.origin(i)
		key, end := keyOf(&origin), i+1
		for ; end < rx.n; end++ {
			if next := rx.origin(end); keyOf(&next) != key {
				break
			}
		}
		n := end - i
		if rx.kind == wire.UDP && !r.allows(key.addr) {
			d.engine.refusals.note(refusedKey{key.addr, d.source.name, event.RefusedMessages}, n, now)
			barred, n = barred+n, 0
		} else if rate > 0 {
			n = d.engine.senders.take(key, n, rate, now)
			limited += end - i - n
		}
		for ; n > 0; i, n = i+1, n-1 {
			rx.picked = append(rx.picked, i)
		}
		i = end
	}
	d.source.refused[NotAllowed].Add(uint64(barred))
	d.source.refused[RateLimited].Add(uint64(limited))
	return len(rx.picked)
}

// route parses and routes what the other goroutine reads, a whole load at a
// time: one write to each destination for all of it.
func (d *datagram) route() {
	defer d.engine.running.Done()
	defer close(d.routed)
	var parser wire.Parser
	var b wire.Batch
	var last time.Time
	empty := new(load)
	for {
		full := d.queue.take(empty)
		if full == nil {
			return
		}
		d.engine.submitLoad(full, &parser, &b, d.source)
		few := len(full.spans) < routeMany
		full.reset()
		empty = full
		if d.gather == 0 && few {
			if time.Since(last) < 2*routePause {
				time.Sleep(routePause)
			}
			last = time.Now()
		}
	}
}

// submitLoad parses and routes l under one table.
func (e *Engine) submitLoad(l *load, p *wire.Parser, b *wire.Batch, s *source) {
	t := e.enter()
	defer t.leave()
	t.settings.prepare(p)
	sc := t.scratch.Get().(*scratch)
	b.Buf = l.buf
	i := 0
	for _, g := range l.groups {
		b.Records, b.Origin, b.Received = b.Records[:0], g.origin, g.received
		for ; i < g.end; i++ {
			m := l.spans[i]
			p.Parse(b, int(m.off), int(m.end))
			if m.cut {
				s.truncated.Add(1)
				b.Records[len(b.Records)-1].Flags |= wire.Truncated
			}
		}
		s.note(b.Records)
		t.route(sc, b, nil)
		e.recent.keep(b)
	}
	t.finish(sc)
	b.Buf = nil
}

// retire reads what is there and closes the socket. It returns when everything
// read is with its destinations.
func (d *datagram) retire(bool) error {
	var errs []error
	if d.at.network != "unix" {
		errs = append(errs, turnAway(d.conn, d.at))
	} else if !d.passed {
		errs = append(errs, removeOwn(d.at.path, d.file))
	}
	errs = append(errs, d.conn.stop())
	<-d.read
	errs = append(errs, d.conn.Close())
	<-d.routed
	return errors.Join(errs...)
}
