package sink

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// dialTimeout is how long an attempt to connect may take.
const dialTimeout = 10 * time.Second

// connect resolves and connects, and shakes hands. A change of the target ends
// the attempt.
func (r *Remote) connect(t target, changed <-chan struct{}) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(r.ctx, dialTimeout)
	defer cancel()
	r.onChange(changed, cancel)
	conn, err := r.open(ctx, t)
	r.onChange(nil, nil)
	if err != nil && isClosed(changed) {
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

func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
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
		from, err := begins(ctx, network, address, source)
		if err != nil {
			return nil, err
		}
		d.LocalAddr = from
	}
	return d.DialContext(ctx, network, address)
}

// begins is where a connection to address begins: at source if the host has an
// address of its family, which is then the one that is dialled. From source there
// is no way to the others, so for these the system chooses, and it is nil.
func begins(ctx context.Context, network, address string, source netip.Addr) (net.Addr, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	all, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err} // as the dialer says it
	}
	switch from := netip.AddrPortFrom(source, 0); {
	case !hasFamily(all, source):
		return nil, nil
	case network == "udp":
		return net.UDPAddrFromAddrPort(from), nil
	default:
		return net.TCPAddrFromAddrPort(from), nil
	}
}

// hasFamily reports whether one of all is of the family of source.
func hasFamily(all []netip.Addr, source netip.Addr) bool {
	v4 := source.Unmap().Is4()
	return slices.ContainsFunc(all, func(a netip.Addr) bool { return a.Unmap().Is4() == v4 })
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
