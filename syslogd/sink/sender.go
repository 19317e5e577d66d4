package sink

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// The pauses between attempts to connect: doubled from the first to the last,
// less up to a half by chance, so that a fleet does not come back in step. A
// connection that lasts begins them anew.
const (
	firstPause  = 500 * time.Millisecond
	longPause   = 60 * time.Second
	steadyAfter = 2 * time.Second // a peer that accepts and dies at once does not hurry us
	dialTimeout = 10 * time.Second
)

// errPeerClosed is a connection that the peer ended.
var errPeerClosed = errors.New("connection closed by the peer")

// errMoved is a connection given up because the target changed.
var errMoved = errors.New("the target was changed")

// transport is one connection.
type transport interface {
	// send delivers what is in the spool until the connection is lost (its
	// error), the target changes (errMoved), or all is delivered and the
	// destination is closing (nil).
	send(changed <-chan struct{}) error
}

// run is the sender: it connects, sends, and connects again.
func (r *Remote) run() {
	pause, hurried := r.config.FirstPause, false
	w := &window{spool: r.spool, reader: r.spool.Reader()}
	defer func() { r.fault(w.reader.Close()) }()
	for r.ctx.Err() == nil {
		t, changed := r.current()
		lazy := t.onDemand || t.network == "udp" // where there is nothing to be seen by the peer
		if lazy && !r.demanded(changed) {
			continue
		}
		if hurried = hurried || r.ends(); hurried && r.spool.Empty() && lazy {
			return
		}
		since := r.config.Now()
		r.note(Connecting, nil)
		conn, err := r.connect(t, changed)
		if err == nil {
			since = r.config.Now()
			err = r.use(conn, t, w, changed)
		} else if !errors.Is(err, errMoved) {
			r.failed(t, err)
		}
		switch {
		case err == nil:
			return // closing, and all is delivered
		case errors.Is(err, errMoved):
			pause = r.config.FirstPause
			continue
		}
		r.note(Down, err)
		if r.config.Now().Sub(since) >= steadyAfter {
			pause = r.config.FirstPause
		}
		if !r.rest(time.Duration(float64(pause)*(1-r.config.Rand()/2)), changed, &hurried) {
			return
		}
		pause = min(2*pause, r.config.LongPause)
		select {
		case <-changed: // a user is at it, and waits for what comes of it
			pause = r.config.FirstPause
		default:
		}
	}
}

// fault tells of an error that nobody waits for.
func (r *Remote) fault(err error) {
	if err != nil {
		r.config.Fault(err)
	}
}

// ends reports whether Close was called.
func (r *Remote) ends() bool {
	select {
	case <-r.closing:
		return true
	default:
		return false
	}
}

// demanded waits until something waits for a connection, or Close was called.
// It is false when the target has changed meanwhile.
func (r *Remote) demanded(changed <-chan struct{}) bool {
	for r.spool.Empty() {
		r.note(Idle, nil)
		select {
		case <-r.spool.Wake():
		case <-changed:
			return false
		case <-r.closing:
			return true
		}
	}
	return true
}

// connect resolves and connects, and shakes hands. A change of the target ends
// the attempt.
func (r *Remote) connect(t target, changed <-chan struct{}) (net.Conn, error) {
	if t.network != "udp" { // of which the peer sees nothing
		leave, err := r.config.Dials.enter(r.ctx, changed)
		if err != nil {
			return nil, err
		}
		defer leave()
	}
	ctx, cancel := context.WithTimeout(r.ctx, dialTimeout)
	defer cancel()
	stop, watched := make(chan struct{}), make(chan struct{})
	moved := false
	go func() {
		defer close(watched)
		select {
		case <-changed:
			moved = true
			cancel()
		case <-stop:
		}
	}()
	conn, err := r.open(ctx, t)
	close(stop)
	<-watched
	if err != nil && moved {
		err = errMoved
	}
	return conn, err
}

// open makes one connection.
func (r *Remote) open(ctx context.Context, t target) (net.Conn, error) {
	network := t.network
	if network == "tls" {
		network = "tcp"
	}
	conn, err := r.config.Dial(ctx, network, net.JoinHostPort(t.host, strconv.Itoa(int(t.port))), t.source)
	if err != nil || t.network != "tls" {
		return conn, err
	}
	c := t.tls
	if c == nil {
		return nil, errors.Join(errors.New("TLS without certificates"), conn.Close())
	}
	if c.ServerName == "" && !c.InsecureSkipVerify {
		c = c.Clone()
		c.ServerName = t.host
	}
	s := tls.Client(&counting{Conn: conn}, c)
	if err := s.HandshakeContext(ctx); err != nil {
		err = &handshakeError{refusedChannel(t, s, err), err}
		if e := conn.Close(); e != nil && !errors.Is(e, net.ErrClosed) {
			r.config.Fault(e)
		}
		return nil, err
	}
	return s, nil
}

// failed tells that no connection could be made, unless that was told already.
func (r *Remote) failed(t target, err error) {
	if t.network == "udp" || r.ctx.Err() != nil {
		return
	}
	to := net.JoinHostPort(t.host, strconv.Itoa(int(t.port)))
	c := Channel{Host: t.host, Network: t.network, Peer: to}
	if h := (*handshakeError)(nil); errors.As(err, &h) {
		c = h.at
	}
	more, ok := r.outage.tells(failure{t.network + " " + to, c.Fingerprint, failureReason(err)}, r.config.Now())
	if ok {
		c.Change, c.Reason = Failed, clean(err.Error(), maxReason)+more
		r.config.Channel(c)
	}
}

// use sends over conn until it is lost.
func (r *Remote) use(conn net.Conn, t target, w *window, changed <-chan struct{}) error {
	c := channelOf(t, conn)
	r.mu.Lock()
	r.state.Address, r.state.Local, r.state.Peer = c.Peer, c.Local, c.certificate()
	r.mu.Unlock()
	r.note(Up, nil)
	if t.network != "udp" {
		c.Reason = r.outage.ends()
		r.config.Channel(c)
	}
	unblock := context.AfterFunc(r.ctx, func() { conn.SetDeadline(time.Unix(1, 0)) }) // an error means it is closed
	defer unblock()
	var over transport
	if t.network == "udp" {
		over = &udp{Remote: r, conn: conn, window: w, named: !isAddress(t.host), marker: newMarker(r.config.Node)}
	} else {
		over = newTCP(r, conn, w, t.octets)
	}
	err := over.send(changed)
	if e := conn.Close(); err == nil && e != nil && !errors.Is(e, net.ErrClosed) && t.network == "udp" {
		r.note(Down, e)
	}
	if t.network != "udp" {
		c.Change, c.Reason = Ended, "closed in order"
		if err != nil {
			c.Reason = err.Error()
		}
		r.config.Channel(c)
	}
	return err
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

// justTried is how long an attempt that failed is believed when the destination is
// closed: there is no other then.
const justTried = 5 * time.Second

// rest waits before the next attempt. It is false when there will be none:
// the destination is closing and has nothing left, or its time is over. Closing
// makes one attempt come at once, unless there was one just now.
func (r *Remote) rest(d time.Duration, changed <-chan struct{}, hurried *bool) bool {
	timer, failed := time.NewTimer(d), time.Now()
	defer timer.Stop()
	closing, kept := r.closing, r.config.Spool != "" // what waits, waits on disk for the next one
	if *hurried {
		if kept {
			return false
		}
		closing = nil
	}
	select {
	case <-timer.C:
	case <-changed:
	case <-closing:
		*hurried = true
		if kept && time.Since(failed) < justTried {
			return false
		}
	case <-r.ctx.Done():
		return false
	}
	return !*hurried || !r.spool.Empty()
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
