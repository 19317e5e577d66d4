package sink

import (
	"io"
	"net"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// writeSize is how much is framed for one write, bytes.
const writeSize = 64 << 10

// tcp is one TCP connection.
type tcp struct {
	*Remote
	conn   net.Conn
	window *window
	octets bool // octet counting, else newline

	out     []byte
	written uint64 // bytes the kernel has taken
	settled uint64 // offset in the stream where the first record that is not settled begins
	moved   bool   // something was delivered

	dead chan error // from the reader: the peer has ended the connection
}

func newTCP(r *Remote, conn net.Conn, w *window, octets bool) *tcp {
	return &tcp{Remote: r, conn: conn, window: w, octets: octets, dead: make(chan error, 1)}
}

// progress implements transport.
func (t *tcp) progress() bool { return t.moved }

// send implements transport. The connection is read all the time, so that its
// end is noticed at once and not at some later write.
func (t *tcp) send(changed <-chan struct{}) error {
	t.window.rewind()
	stop, reader, watcher := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(reader)
		t.read()
	}()
	go func() {
		defer close(watcher)
		select {
		case <-changed:
			t.conn.SetWriteDeadline(time.Unix(1, 0)) // an error means it is closed
		case <-stop:
		}
	}()
	err := t.deliver(changed)
	t.acknowledged()
	close(stop)
	t.conn.Close() // again by the caller, who reports its error
	<-reader
	<-watcher
	return err
}

// read reads and forgets: receivers of syslog have nothing to say. The end of
// the stream, also of the peer's half alone, is the end of the connection.
func (t *tcp) read() {
	_, err := io.Copy(io.Discard, t.conn)
	if err == nil {
		err = errPeerClosed
	}
	t.dead <- err
	t.conn.SetWriteDeadline(time.Unix(1, 0)) // an error means it is closed
}

// deliver sends until something ends it.
func (t *tcp) deliver(changed <-chan struct{}) error {
	closing, poll := t.closing, firstPoll
	for {
		select {
		case err := <-t.dead:
			return err
		case <-changed:
			return t.leave()
		default:
		}
		t.fill()
		if len(t.out) > 0 {
			n, err := t.conn.Write(t.out)
			t.written += uint64(n)
			t.acknowledged()
			if err != nil {
				return t.reason(err, changed)
			}
			poll = firstPoll
			continue
		}
		t.acknowledged()
		if closing == nil && t.window.empty() {
			return nil
		}
		if stop, err := t.idle(changed, &closing, poll); stop {
			return err
		}
		poll = min(2*poll, lastPoll)
	}
}

// How often unacknowledged bytes are asked for while there is nothing to send:
// doubled from the first to the last.
const (
	firstPoll = 2 * time.Millisecond
	lastPoll  = time.Second
)

// idle waits until there is something to do. closing becomes nil once it was
// heard.
func (t *tcp) idle(changed <-chan struct{}, closing *chan struct{}, poll time.Duration) (stop bool, err error) {
	var again <-chan time.Time
	if len(t.window.chunks) > 0 {
		again = time.After(poll)
	}
	select {
	case <-t.queue.wake:
	case <-again:
	case <-*closing:
		*closing = nil
	case err := <-t.dead:
		return true, err
	case <-changed:
		return true, t.leave()
	case <-t.ctx.Done():
		return true, t.ctx.Err()
	}
	return false, nil
}

// leave waits a moment for acknowledgements, so that little is sent twice, when
// the target has changed.
func (t *tcp) leave() error {
	for poll, waited := firstPoll, time.Duration(0); waited < time.Second; poll *= 2 {
		t.acknowledged()
		if len(t.window.chunks) == 0 || t.written == t.settled {
			break
		}
		select {
		case err := <-t.dead:
			return err
		case <-t.ctx.Done():
			return t.ctx.Err()
		case <-time.After(poll):
			waited += poll
		}
	}
	return errMoved
}

// reason finds out why a write failed: the reader and the watcher interrupt it.
func (t *tcp) reason(err error, changed <-chan struct{}) error {
	select {
	case err := <-t.dead:
		return err
	case <-changed:
		return t.leave()
	default:
		return err
	}
}

// fill frames the next records.
func (t *tcp) fill() {
	t.out = t.out[:0]
	for len(t.out) < writeSize {
		text, ok := t.window.next()
		if !ok {
			return
		}
		t.out = t.frame(t.out, text)
		t.window.advance()
	}
}

// frame appends the record as it goes over the wire.
func (t *tcp) frame(dst, text []byte) []byte {
	if !t.octets {
		return append(dst, text...) // RFC 6587 3.4.2
	}
	text = text[:len(text)-1]
	dst = strconv.AppendUint(dst, uint64(len(text)), 10) // RFC 6587 3.4.1
	return append(append(dst, ' '), text...)
}

// frameLen is the length of what frame appends for a record of n bytes with its
// newline.
func (t *tcp) frameLen(n int) uint64 {
	if !t.octets {
		return uint64(n)
	}
	digits := 1
	for m := n - 1; m >= 10; m /= 10 {
		digits++
	}
	return uint64(digits + 1 + n - 1)
}

// acknowledged settles the records that the peer's TCP has wholly acknowledged.
func (t *tcp) acknowledged() {
	acked := t.written - min(t.written, t.outstanding())
	upTo, moved := mark{0, t.window.settled}, false
	for {
		n, next, ok := t.window.sentLen(upTo)
		if !ok || t.settled+t.frameLen(n) > acked {
			break
		}
		t.settled += t.frameLen(n)
		upTo, moved = next, true
	}
	if moved {
		t.moved = true
		t.window.delivered(upTo)
	}
}

// outstanding returns how many bytes the kernel holds that the peer has not
// acknowledged. It still answers once the connection has failed. Of what is no
// socket, all is taken as acknowledged.
func (t *tcp) outstanding() uint64 {
	c, ok := t.conn.(syscall.Conn)
	if !ok {
		return 0
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return 0
	}
	n := 0
	if e := raw.Control(func(fd uintptr) { n, err = unix.IoctlGetInt(int(fd), unix.SIOCOUTQ) }); e != nil || err != nil {
		return 0
	}
	return uint64(max(n, 0))
}
