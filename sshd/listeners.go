package sshd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"
)

// listener is a socket that is bound.
type listener struct {
	*net.TCPListener
	key  netip.AddrPort
	only string
}

// endpoint is the address of a Listen in its one spelling.
func (l Listen) endpoint() netip.AddrPort {
	addr := l.Address.Addr().Unmap()
	if !addr.IsValid() {
		addr = netip.IPv6Unspecified()
	}
	return netip.AddrPortFrom(addr, l.Address.Port())
}

// overlap reports whether a connection can be for both.
func overlap(a, b netip.AddrPort) bool {
	covers := func(own, other netip.Addr) bool {
		return own == other || own == netip.IPv6Unspecified() || own == netip.IPv4Unspecified() && other.Is4()
	}
	return a.Port() == b.Port() && (covers(a.Addr(), b.Addr()) || covers(b.Addr(), a.Addr()))
}

// bind opens the socket of an address, beside those of ours that it overlaps:
// SO_REUSEPORT is on only meanwhile, so that no second process gets the address.
func bind(at netip.AddrPort, ours []*listener) (*net.TCPListener, error) {
	var beside []*listener
	for _, o := range ours {
		if overlap(at, o.key) {
			beside = append(beside, o)
		}
	}
	var err error
	for _, o := range beside {
		err = errors.Join(err, shareable(o.TCPListener, true))
	}
	if err != nil {
		return nil, err
	}
	lc := &net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		if len(beside) == 0 {
			return nil
		}
		return reusePort(c, true)
	}}
	lc.SetMultipathTCP(false)
	network, address := "tcp6", at.String()
	switch {
	case at.Addr() == netip.IPv6Unspecified(): // both families, or the one there is
		network, address = "tcp", fmt.Sprintf(":%d", at.Port())
	case at.Addr().Is4():
		network = "tcp4"
	}
	l, openErr := lc.Listen(context.Background(), network, address)
	for _, o := range beside {
		err = errors.Join(err, shareable(o.TCPListener, false))
	}
	if openErr != nil {
		return nil, errors.Join(explain(openErr, at.Port()), err)
	}
	t := l.(*net.TCPListener)
	if len(beside) > 0 {
		err = errors.Join(err, shareable(t, false))
	}
	if err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}

// firstUserPort is where ports begin that every user may bind (ip(7)).
const firstUserPort = 1024

// explain names the remedy where the system only says no.
func explain(err error, port uint16) error {
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return err
	}
	if errno == syscall.EACCES && port < firstUserPort {
		return fmt.Errorf("port %d: %w: ports below %d need root or CAP_NET_BIND_SERVICE (setcap cap_net_bind_service=+ep loggia, or AmbientCapabilities= in a unit); or configure another port",
			port, errno, firstUserPort)
	}
	return fmt.Errorf("port %d: %w", port, errno)
}

func shareable(l *net.TCPListener, on bool) error {
	raw, err := l.SyscallConn()
	if err != nil {
		return err
	}
	return reusePort(raw, on)
}

func reusePort(c syscall.RawConn, on bool) error {
	value := 0
	if on {
		value = 1
	}
	var err error
	cerr := c.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, value) })
	return errors.Join(cerr, err)
}
