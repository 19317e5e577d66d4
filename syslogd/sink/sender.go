package sink

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// The pauses between attempts to connect: doubled from the first to the last,
// less up to a half by chance, so that a fleet does not come back in step.
const (
	firstPause  = 500 * time.Millisecond
	longPause   = 60 * time.Second
	dialTimeout = 10 * time.Second
)

// errPeerClosed is a connection that the peer ended.
var errPeerClosed = errors.New("connection closed by the peer")

// errMoved is a connection given up because the target changed.
var errMoved = errors.New("the target was changed")

// transport is one connection.
type transport interface {
	// send delivers what is in the queue until the connection is lost (its
	// error), the target changes (errMoved), or all is delivered and the
	// destination is closing (nil).
	send(changed <-chan struct{}) error
	// progress reports whether anything was delivered over it.
	progress() bool
}

// run is the sender: it connects, sends, and connects again.
func (r *Remote) run() {
	pause, hurried := firstPause, false
	w := &window{queue: r.queue}
	defer w.drop()
	for r.ctx.Err() == nil {
		t, changed := r.current()
		r.note(Connecting, "", nil)
		conn, err := r.connect(t, changed)
		if err == nil {
			err = r.use(conn, t, w, changed, &pause)
		}
		switch {
		case err == nil:
			return // closing, and all is delivered
		case errors.Is(err, errMoved):
			pause = firstPause
			continue
		}
		r.note(Down, "", err)
		if !r.rest(time.Duration(float64(pause)*(1-r.config.Rand()/2)), changed, w, &hurried) {
			return
		}
		pause = min(2*pause, longPause)
	}
}

// connect resolves and connects. A change of the target ends the attempt.
func (r *Remote) connect(t target, changed <-chan struct{}) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(r.ctx, dialTimeout)
	defer cancel()
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		select {
		case <-changed:
			cancel()
		case <-stop:
		}
	}()
	return r.config.Dial(ctx, t.network, net.JoinHostPort(t.host, strconv.Itoa(int(t.port))), t.source)
}

// use sends over conn until it is lost.
func (r *Remote) use(conn net.Conn, t target, w *window, changed <-chan struct{}, pause *time.Duration) error {
	r.note(Up, conn.RemoteAddr().String(), nil)
	unblock := context.AfterFunc(r.ctx, func() { conn.SetDeadline(time.Unix(1, 0)) }) // an error means it is closed
	defer unblock()
	var over transport
	if t.network == "udp" {
		over = &udp{Remote: r, conn: conn, window: w, named: !isAddress(t.host)}
	} else {
		over = newTCP(r, conn, w, t.octets)
	}
	err := over.send(changed)
	if over.progress() {
		*pause = firstPause
	}
	if e := conn.Close(); err == nil && e != nil && !errors.Is(e, net.ErrClosed) {
		r.note(Down, "", e)
	}
	return err
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

// rest waits before the next attempt. It is false when there will be none:
// the destination is closing and has nothing left, or its time is over. Closing
// makes one attempt come at once.
func (r *Remote) rest(d time.Duration, changed <-chan struct{}, w *window, hurried *bool) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	closing := r.closing
	if *hurried {
		closing = nil
	}
	select {
	case <-timer.C:
	case <-changed:
	case <-closing:
		*hurried = true
	case <-r.ctx.Done():
		return false
	}
	return !*hurried || !w.empty()
}

// dial is the real Dial.
func dial(ctx context.Context, network, address string, source netip.Addr) (net.Conn, error) {
	d := net.Dialer{
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 15 * time.Second, Count: 3},
	}
	if network == "tcp" {
		d.Control = tcpOptions
	}
	if source.IsValid() {
		if network == "udp" {
			d.LocalAddr = net.UDPAddrFromAddrPort(netip.AddrPortFrom(source, 0))
		} else {
			d.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(source, 0))
		}
	}
	return d.DialContext(ctx, network, address)
}

// The kernel's part of what is sent and not acknowledged, bytes, and how long
// it may stay so before the connection is given up, milliseconds.
const (
	sendBuffer  = 1 << 20
	userTimeout = 60_000
)

func tcpOptions(_, _ string, c syscall.RawConn) error {
	var err error
	return errors.Join(c.Control(func(fd uintptr) {
		err = errors.Join(unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_SNDBUF, sendBuffer/2), // the kernel doubles it
			unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, userTimeout))
	}), err)
}

// window holds the chunks that were taken from the queue and are not settled,
// with two marks in them: what is settled, and what was sent.
type window struct {
	queue   *queue
	chunks  []*chunk
	settled int  // records of chunks[0]
	sent    mark // the next record to send
}

// mark is a record of a window.
type mark struct{ chunk, record int }

// next returns the next record to send, taking another chunk if need be.
func (w *window) next() (text []byte, ok bool) {
	for w.sent.chunk < len(w.chunks) {
		c := w.chunks[w.sent.chunk]
		if w.sent.record < len(c.records) {
			return c.text(w.sent.record), true
		}
		w.sent = mark{w.sent.chunk + 1, 0}
	}
	c := w.queue.take()
	if c == nil {
		return nil, false
	}
	w.chunks = append(w.chunks, c)
	w.sent = mark{len(w.chunks) - 1, 0}
	return c.text(0), true
}

// advance moves on after the record that next returned.
func (w *window) advance() { w.sent.record++ }

// rewind makes the oldest record that is not settled the next to send.
func (w *window) rewind() { w.sent = mark{0, w.settled} }

// sentLen returns the length of record i of those that were sent and are not
// settled, newline included; ok is false if there are no so many.
func (w *window) sentLen(m mark) (n int, next mark, ok bool) {
	for m.chunk < len(w.chunks) && m.record == len(w.chunks[m.chunk].records) {
		m = mark{m.chunk + 1, 0}
	}
	if m.chunk > w.sent.chunk || m.chunk == w.sent.chunk && m.record >= w.sent.record {
		return 0, m, false
	}
	return len(w.chunks[m.chunk].text(m.record)), mark{m.chunk, m.record + 1}, true
}

// delivered settles the oldest records, up to m.
func (w *window) delivered(m mark) { w.settle(m, w.queue.delivered) }

// lost settles the oldest records, up to m, as not delivered.
func (w *window) lost(m mark, reason Reason) {
	w.settle(m, func(c *chunk, from, to int) { w.queue.lost(c, from, to, reason) })
}

// settle hands the records up to m back, chunk by chunk. A chunk that was
// settled whole is no longer ours.
func (w *window) settle(m mark, how func(c *chunk, from, to int)) {
	for ; m.chunk >= 0 && len(w.chunks) > 0; m.chunk-- {
		c := w.chunks[0]
		to, all := len(c.records), len(c.records)
		if m.chunk == 0 {
			to = m.record
		}
		how(c, w.settled, to)
		if to < all {
			w.settled = to
			return
		}
		w.chunks[0] = nil
		w.chunks, w.settled = w.chunks[1:], 0
		if w.sent.chunk--; w.sent.chunk < 0 {
			w.sent = mark{}
		}
	}
}

// empty reports whether neither window nor queue holds a record.
func (w *window) empty() bool {
	if len(w.chunks) > 0 {
		return false
	}
	_, bytes, _ := w.queue.count()
	return bytes == 0
}

// drop settles everything as lost by closing.
func (w *window) drop() {
	for i, c := range w.chunks {
		from := 0
		if i == 0 {
			from = w.settled
		}
		w.queue.lost(c, from, len(c.records), Closed)
	}
	w.chunks, w.settled, w.sent = nil, 0, mark{}
}
