package sink

import (
	"errors"
	"net"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// push writes to a socket that does not block. The calls are raw ones, of which
// the scheduler is not told: what is copied takes longer than 20 us, after which it
// would take the processor away and wake another thread. Waiting for room is done
// outside of them.
type push struct {
	// Built once.
	conn *net.TCPConn
	raw  syscall.RawConn
	step func(fd uintptr) bool

	// Of the write at hand.
	rest []byte
	err  error
}

// newPush returns nil for what is no plain socket.
func newPush(c net.Conn) *push {
	conn, ok := c.(*net.TCPConn)
	if !ok {
		return nil
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil
	}
	p := &push{conn: conn, raw: raw}
	p.step = p.some
	return p
}

// Write implements io.Writer. Deadlines are the connection's.
func (p *push) Write(b []byte) (int, error) {
	p.rest, p.err = b, nil
	err := p.raw.Write(p.step)
	if op := (*net.OpError)(nil); errors.As(err, &op) {
		op.Op = "write"
	}
	if err == nil && p.err != nil {
		err = &net.OpError{Op: "write", Net: "tcp", Source: p.conn.LocalAddr(), Addr: p.conn.RemoteAddr(), Err: os.NewSyscallError("write", p.err)}
	}
	n := len(b) - len(p.rest)
	p.rest = nil
	return n, err
}

// some writes what there is room for, and reports whether that is the end of it.
func (p *push) some(fd uintptr) bool {
	for len(p.rest) > 0 {
		n, _, errno := unix.RawSyscall(unix.SYS_WRITE, fd, uintptr(unsafe.Pointer(unsafe.SliceData(p.rest))), uintptr(len(p.rest)))
		switch errno {
		case 0:
			p.rest = p.rest[n:]
		case unix.EINTR:
		case unix.EAGAIN:
			return false
		default:
			p.err = errno
			return true
		}
	}
	return true
}
