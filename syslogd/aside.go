package syslogd

import (
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// quietSocket is a socket that one goroutine reads.
type quietSocket interface {
	socket
	Control(f func(fd uintptr)) error

	// read calls f until it reports true, and waits for something to be there in
	// between; with dry it may wait before the first call as well. After stop it
	// returns an error.
	read(dry bool, f func(fd uintptr) bool) error
	stop() error
}

// polled is a unix socket: its few messages at a time are best waited for by the
// runtime, which has something else to do meanwhile.
type polled struct {
	*net.UnixConn
	syscall.RawConn
}

func newPolled(c *net.UnixConn) (*polled, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return &polled{c, raw}, nil
}

func (p *polled) read(_ bool, f func(fd uintptr) bool) error { return p.RawConn.Read(f) }

func (p *polled) stop() error { return p.SetReadDeadline(time.Unix(1, 0)) }

// aside is a UDP socket that the runtime's poller does not know. That one is
// woken by each datagram that comes in, also while nobody waits for it, and the
// waking costs as much as receiving. One goroutine reads it; the thread of that
// one waits.
type aside struct {
	wake    int // eventfd, readable once it was stopped
	stopped atomic.Bool

	mu sync.RWMutex // held for reading while fd is used, guards what follows
	fd int          // -1: closed
}

// takeAside takes the socket out of c, which is closed.
func takeAside(c socket) (a *aside, err error) {
	defer func() { err = errors.Join(err, c.Close()) }()
	a = &aside{fd: -1}
	if err := control(c, func(fd int) error {
		a.fd, err = unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
		return os.NewSyscallError("dup", err)
	}); err != nil {
		return nil, err
	}
	if a.wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return nil, errors.Join(os.NewSyscallError("eventfd", err), unix.Close(a.fd))
	}
	return a, nil
}

// read implements quietSocket. Its error after stop is os.ErrDeadlineExceeded.
func (a *aside) read(dry bool, f func(fd uintptr) bool) error {
	for {
		if a.stopped.Load() {
			return os.ErrDeadlineExceeded
		}
		if !dry {
			got := false
			if err := a.Control(func(fd uintptr) { got = f(fd) }); got || err != nil {
				return err
			}
		}
		dry = false
		if err := a.wait(); err != nil {
			return err
		}
	}
}

// wait returns when there is something to read, or a was stopped. Its reader
// alone calls it, and nobody closes a before that one has ended.
func (a *aside) wait() error {
	fds := [...]unix.PollFd{{Fd: int32(a.fd), Events: unix.POLLIN}, {Fd: int32(a.wake), Events: unix.POLLIN}}
	for {
		_, err := unix.Poll(fds[:], -1)
		if err != unix.EINTR {
			return os.NewSyscallError("poll", err)
		}
	}
}

// stop implements quietSocket.
func (a *aside) stop() error {
	if a.stopped.Swap(true) {
		return nil
	}
	_, err := unix.Write(a.wake, []byte{1, 0, 0, 0, 0, 0, 0, 0})
	return os.NewSyscallError("eventfd", err)
}

// Close closes the socket, which nobody reads any more.
func (a *aside) Close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.fd < 0 {
		return net.ErrClosed
	}
	err := errors.Join(unix.Close(a.fd), unix.Close(a.wake))
	a.fd = -1
	return err
}

// SyscallConn implements syscall.Conn. Read and Write of what it returns wait for
// nothing.
func (a *aside) SyscallConn() (syscall.RawConn, error) { return a, nil }

// Control implements syscall.RawConn.
func (a *aside) Control(f func(fd uintptr)) error {
	a.mu.RLock()
	defer a.mu.RUnlock()
	if a.fd < 0 {
		return net.ErrClosed
	}
	f(uintptr(a.fd))
	return nil
}

// Read implements syscall.RawConn.
func (a *aside) Read(f func(fd uintptr) bool) error { return a.read(false, f) }

// Write implements syscall.RawConn: nothing is sent by such a socket.
func (a *aside) Write(func(fd uintptr) bool) error { return errors.ErrUnsupported }
