package syslogd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// endpoint identifies a socket by what it is bound to. Equal endpoints of two
// configurations are one socket, which stays open.
type endpoint struct {
	network string // unix, udp, tcp, tls, kernel
	address netip.AddrPort
	path    string // of a unix socket
}

// newEndpoint normalises: an address that is absent or an IPv4 address in IPv6
// clothes has one spelling.
func newEndpoint(network string, a netip.AddrPort) endpoint {
	addr := a.Addr().Unmap()
	if !addr.IsValid() {
		addr = netip.IPv6Unspecified()
	}
	return endpoint{network: network, address: netip.AddrPortFrom(addr, a.Port())}
}

// String names the endpoint in statistics and errors, such as `udp *:514`.
func (p endpoint) String() string {
	switch {
	case p.network == "unix":
		return "unix " + p.path
	case p.network == "kernel":
		return p.network
	case p.address.Addr() == netip.IPv6Unspecified():
		return fmt.Sprintf("%s *:%d", p.network, p.address.Port())
	}
	return p.network + " " + p.address.String()
}

// overlaps reports whether a packet can be for both p and q.
func (p endpoint) overlaps(q endpoint) bool {
	if p.protocol() != q.protocol() || p.network == "unix" {
		return p == q
	}
	return p.address.Port() == q.address.Port() && (p.covers(q.address.Addr()) || q.covers(p.address.Addr()))
}

// protocol is what p is to package net.
func (p endpoint) protocol() string {
	if p.network == "tls" {
		return "tcp"
	}
	return p.network
}

// clashes reports whether p and q cannot both be listened on.
func (p endpoint) clashes(q endpoint) bool {
	return p.network != q.network && p.protocol() == q.protocol() && p.address == q.address && p.path == q.path
}

// covers reports whether p is reached by a.
func (p endpoint) covers(a netip.Addr) bool {
	own := p.address.Addr()
	return own == a || own == netip.IPv6Unspecified() || own == netip.IPv4Unspecified() && a.Is4()
}

// receiveBuffer is what UDP and unix sockets ask the kernel for, in bytes.
// Without CAP_NET_ADMIN net.core.rmem_max bounds it.
const receiveBuffer = 16 << 20

// listenConfig returns how sockets are opened; share adds SO_REUSEPORT before
// the bind, which succeeds only beside sockets of the same user that have it
// too: beside our own (see shareable), that is.
func listenConfig(share bool) *net.ListenConfig {
	lc := &net.ListenConfig{Control: func(network, _ string, c syscall.RawConn) error {
		var err error
		cerr := c.Control(func(fd uintptr) { err = prepareSocket(int(fd), network, share) })
		return errors.Join(cerr, err)
	}}
	lc.SetMultipathTCP(false)
	return lc
}

// prepareSocket sets what must be set before the bind, so that no message
// comes in without it.
func prepareSocket(fd int, network string, share bool) error {
	if share {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1); err != nil {
			return err
		}
	}
	switch network {
	case "unixgram":
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_PASSCRED, 1); err != nil {
			return err
		}
	case "tcp", "tcp4", "tcp6":
		return nil
	}
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, receiveBuffer) != nil {
		// Not privileged: as much as the system allows anybody.
		return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, receiveBuffer)
	}
	return nil
}

// receiveBufferOf returns the size of c's buffer in the kernel, in bytes, 0 where
// it does not tell.
func receiveBufferOf(c syscall.Conn) (n int) {
	err := control(c, func(fd int) (err error) {
		n, err = unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF)
		return err
	})
	if err != nil {
		return 0
	}
	return n
}

// shareable lets (or no longer lets) a further socket of ours be bound beside
// c. The option is on only while that happens: at any other time a second
// process, even of the same user, is refused by the kernel.
func shareable(c syscall.Conn, on bool) error {
	v := 0
	if on {
		v = 1
	}
	return control(c, func(fd int) error {
		return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, v)
	})
}

// control calls f with the descriptor of c.
func control(c syscall.Conn, f func(fd int) error) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	var ferr error
	if err := raw.Control(func(fd uintptr) { ferr = f(int(fd)) }); err != nil {
		return err
	}
	return ferr
}

// bind opens the socket of p with open, beside those of ours that it overlaps.
// Nobody else may have the address.
func bind[S socket](p endpoint, beside []syscall.Conn, open func(lc *net.ListenConfig, network, address string) (S, error)) (S, error) {
	var none S
	share := len(beside) > 0
	for _, c := range beside {
		if err := shareable(c, true); err != nil {
			return none, err
		}
	}
	network, address := p.dialect()
	s, openErr := open(listenConfig(share), network, address)
	var err error
	for _, c := range beside {
		err = errors.Join(err, shareable(c, false))
	}
	if openErr != nil {
		return none, errors.Join(p.explain(plainError(openErr)), err)
	}
	if share {
		err = errors.Join(err, shareable(s, false))
	}
	if err != nil {
		return none, errors.Join(err, s.Close())
	}
	return s, nil
}

// socket is what bind opens.
type socket interface {
	syscall.Conn
	io.Closer
}

// dialect returns p as package net wants it.
func (p endpoint) dialect() (network, address string) {
	switch addr := p.address.Addr(); {
	case addr == netip.IPv6Unspecified(): // both families, or the one there is
		return p.protocol(), fmt.Sprintf(":%d", p.address.Port())
	case addr.Is4():
		return p.protocol() + "4", p.address.String()
	default:
		return p.protocol() + "6", p.address.String()
	}
}

// explain names the remedy where the system only says no.
func (p endpoint) explain(err error) error {
	if errors.Is(err, syscall.EADDRNOTAVAIL) {
		return fmt.Errorf("%s is no address of this machine: %w", p.address.Addr(), err)
	}
	if port := p.address.Port(); errors.Is(err, syscall.EACCES) && port < firstUserPort {
		return fmt.Errorf("%w: ports below %d need root or CAP_NET_BIND_SERVICE (setcap, or AmbientCapabilities= in a unit)", err, firstUserPort)
	}
	return err
}

// firstUserPort is where ports begin that every user may bind (ip(7)).
const firstUserPort = 1024

// plainError strips what net wraps around an errno: the place is said already.
func plainError(err error) error {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno
	}
	return err
}

func listenPacket(lc *net.ListenConfig, network, address string) (*net.UDPConn, error) {
	c, err := lc.ListenPacket(context.Background(), network, address)
	if err != nil {
		return nil, err
	}
	return c.(*net.UDPConn), nil
}

func listenStream(lc *net.ListenConfig, network, address string) (*net.TCPListener, error) {
	l, err := lc.Listen(context.Background(), network, address)
	if err != nil {
		return nil, err
	}
	return l.(*net.TCPListener), nil
}

// turnAway makes the kernel deliver datagrams to any socket but c, so that c's
// queue can be read empty and nothing comes in behind: a UDP socket that is
// connected hears its peer alone, and the peer is c itself.
func turnAway(c syscall.Conn, p endpoint) error {
	port := int(p.address.Port())
	addr := p.address.Addr()
	return control(c, func(fd int) error {
		if addr.Is4() {
			return unix.Connect(fd, &unix.SockaddrInet4{Port: port, Addr: loopback4(addr)})
		}
		sa := &unix.SockaddrInet6{Port: port, Addr: netip.IPv6Loopback().As16()}
		if !addr.IsUnspecified() {
			sa.Addr = addr.As16()
		}
		err := unix.Connect(fd, sa)
		if err != nil { // a machine without ::1
			sa.Addr = netip.AddrFrom4([4]byte{127, 0, 0, 1}).As16()
			err = unix.Connect(fd, sa)
		}
		if err != nil { // a machine without IPv6: the socket is an IPv4 one
			err = unix.Connect(fd, &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}})
		}
		return err
	})
}

// loopback4 returns an address that a socket bound to a can be connected to.
func loopback4(a netip.Addr) [4]byte {
	if a.IsUnspecified() {
		return [4]byte{127, 0, 0, 1}
	}
	return a.As4()
}

// turnAwayStream makes the kernel ignore new connection requests to l, while
// those half open complete: senders ask again after a second, and are answered by
// another listener of ours, or refused. It reports false where the kernel refuses a
// filter to users without privileges: then the connections that come in at that
// very moment are reset instead.
func turnAwayStream(l *net.TCPListener) (bool, error) {
	const flags, syn, ack = 13, 0x02, 0x10
	return filter(l, []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: flags},
		{Code: unix.BPF_ALU | unix.BPF_AND | unix.BPF_K, K: syn | ack},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: syn, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: 0},
		{Code: unix.BPF_RET | unix.BPF_K, K: 1<<32 - 1},
	})
}

// turnAwayText makes the kernel ignore what has text and comes for c from now on:
// it is not acknowledged, so its sender knows that it did not arrive, repeats it,
// and is told with a reset when c is closed. What was acknowledged before can be
// read, and nothing comes in behind it. It reports false where the kernel refuses
// a filter to users without privileges: then the sender is given no new room, but
// has what it was promised.
func turnAwayText(c *net.TCPConn) (bool, error) {
	const offset, words = 12, 0xf0 // of the header, whose length is in 32 bit words
	done, err := filter(c, []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: offset},
		{Code: unix.BPF_ALU | unix.BPF_AND | unix.BPF_K, K: words},
		{Code: unix.BPF_ALU | unix.BPF_RSH | unix.BPF_K, K: 2},
		{Code: unix.BPF_MISC | unix.BPF_TAX},
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_LEN},
		{Code: unix.BPF_JMP | unix.BPF_JGT | unix.BPF_X, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: 0},
		{Code: unix.BPF_RET | unix.BPF_K, K: 1<<32 - 1},
	})
	if done || err != nil {
		return done, err
	}
	return false, control(c, func(fd int) error {
		return os.NewSyscallError("setsockopt", unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_WINDOW_CLAMP, 1))
	})
}

// filter has the kernel ask a program about each segment for c, of which it sees
// the TCP header and what follows. It reports false where the kernel refuses.
func filter(c syscall.Conn, program []unix.SockFilter) (bool, error) {
	err := control(c, func(fd int) error {
		return unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER,
			&unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]})
	})
	if errors.Is(err, unix.EPERM) {
		return false, nil
	}
	return err == nil, os.NewSyscallError("setsockopt", err)
}

// readable reports whether c has something to read, or to accept.
func readable(c syscall.Conn) bool {
	n := 0
	err := control(c, func(fd int) (err error) {
		n, err = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 0)
		return err
	})
	return err == nil && n > 0
}
