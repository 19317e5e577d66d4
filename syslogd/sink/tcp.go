package sink

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"slices"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"loggia/syslogd/spool"
	"loggia/syslogd/wire"
)

// writeSize is how much is framed for one write, bytes.
const writeSize = 64 << 10

// tcp is one connection by TCP, or by TLS over it.
type tcp struct {
	*Remote
	conn   net.Conn
	to     io.Writer // conn, or the socket that it is
	octets bool      // octet counting, else newline
	marker marker

	under  *counting       // tls: what is below it
	raw    syscall.RawConn // the socket; nil of what is none
	queued int             // what SIOCOUTQ has said
	err    error           // of asking it
	ask    func(fd uintptr)

	out     []byte
	count   []byte // `MSG-LEN ` of the record framed last
	written uint64 // bytes the kernel has taken

	dead   chan error    // from the reader: the peer has ended the connection
	reader chan struct{} // closed when the reader has ended
	stall  *time.Timer   // looks; set anew by each write
}

// counting counts what TLS makes of what is written.
type counting struct {
	net.Conn
	written atomic.Uint64
}

// Write implements net.Conn.
func (c *counting) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.written.Add(uint64(n))
	return n, err
}

func newTCP(r *Remote, conn net.Conn, octets bool) *tcp {
	t := &tcp{Remote: r, conn: conn, to: conn, octets: octets, marker: newMarker(r.config.Node), dead: make(chan error, 1), reader: make(chan struct{})}
	if p := newPush(conn); p != nil {
		t.to = p
	}
	socket := conn
	if s, ok := conn.(*tls.Conn); ok {
		if t.under, ok = s.NetConn().(*counting); ok {
			socket = t.under.Conn
			t.written = t.under.written.Load() // the handshake
		}
	}
	if c, ok := socket.(syscall.Conn); ok {
		if raw, err := c.SyscallConn(); err == nil {
			t.raw = raw
		}
	}
	t.ask = func(fd uintptr) { t.queued, t.err = unix.IoctlGetInt(int(fd), unix.SIOCOUTQ) }
	return t
}

// startTCP returns a transport over conn, which is to a target that changed is of.
// The connection is read all the time, so that its end is noticed at once and not at
// some later write.
func startTCP(r *Remote, conn net.Conn, octets bool, changed <-chan struct{}) *tcp {
	t := newTCP(r, conn, octets)
	t.stall = time.AfterFunc(stallEvery, t.watch)
	t.stall.Stop()
	r.onChange(changed, func() { conn.SetWriteDeadline(time.Unix(1, 0)) }) // an error means it is closed
	go func() {
		defer close(t.reader)
		t.read()
	}()
	return t
}

// end implements transport.
func (t *tcp) end() {
	t.acknowledged()
	t.onChange(nil, nil)
	t.stall.Stop()
	t.conn.Close() // again by the caller
	<-t.reader
}

// lost implements transport.
func (t *tcp) lost() bool { return len(t.dead) > 0 }

// read reads and forgets: receivers of syslog have nothing to say. The end of
// the stream, also of the peer's half alone, is the end of the connection.
func (t *tcp) read() {
	var err error
	for b := make([]byte, 64); err == nil; {
		_, err = t.conn.Read(b)
	}
	if errors.Is(err, io.EOF) {
		err = errPeerClosed
	}
	t.dead <- err
	t.conn.SetWriteDeadline(time.Unix(1, 0)) // an error means it is closed
	t.wake()
}

// send implements transport.
func (t *tcp) send(changed <-chan struct{}) error {
	closing, poll := t.unheard(), firstPoll
	for {
		select {
		case err := <-t.dead:
			return err
		case <-changed:
			return t.leave()
		default:
		}
		if from := t.fill(); len(t.out) > 0 {
			err := t.write(from)
			t.acknowledged()
			if err != nil {
				return t.reason(err, changed)
			}
			poll = firstPoll
			continue
		}
		t.acknowledged()
		if closing == nil {
			empty, err := t.sender.window.empty()
			t.fault(err)
			if empty {
				return nil
			}
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
func (t *tcp) idle(changed <-chan struct{}, closing *<-chan struct{}, poll time.Duration) (stop bool, err error) {
	var later, lull <-chan time.Time
	if t.sender.window.open() > 0 {
		later = time.After(poll)
	} else if *closing != nil {
		if lull = t.sender.lull(); lull == nil {
			return t.rest()
		}
	}
	select {
	case <-t.spool.Wake():
	case <-later:
	case <-lull:
		return t.rest()
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

// rest gives memory back while nothing is to be sent.
func (t *tcp) rest() (stop bool, err error) {
	t.out = nil
	return true, errIdle
}

// leave waits a moment for acknowledgements, so that little is sent twice, when
// the target has changed.
func (t *tcp) leave() error {
	for poll, waited := firstPoll, time.Duration(0); waited < time.Second; poll *= 2 {
		t.acknowledged()
		if t.sender.window.open() == 0 {
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

// fill frames the next records, and returns which of the window is the first.
func (t *tcp) fill() int {
	t.out = t.out[:0]
	from := t.sender.window.open()
	var rec spool.Record
	for len(t.out) < writeSize && t.sender.window.reader.Next(&rec) {
		t.out = t.frame(t.out, &rec)
		t.sender.window.add(&rec, t.written+uint64(len(t.out)))
	}
	return from
}

// write writes what fill has framed. Of TLS, what a record has become is not
// known: each ends where the whole write does.
func (t *tcp) write(from int) error {
	t.stall.Reset(stallEvery)
	n, err := t.to.Write(t.out)
	if t.under == nil {
		t.written += uint64(n)
		return err
	}
	t.written = t.under.written.Load()
	ends := t.written
	if err != nil {
		ends = 1<<64 - 1 // not before it is sent again
	}
	for i := t.sender.window.head + from; i < len(t.sender.window.sent); i++ {
		t.sender.window.sent[i].End = ends
	}
	return err
}

// frame appends the record as it goes over the wire.
func (t *tcp) frame(dst []byte, rec *spool.Record) []byte {
	if t.octets {
		return t.counted(dst, rec)
	}
	if rec.Flags&spool.Raw != 0 { // from before the framing was changed
		dst = wire.AppendEscaped(dst, t.marker.apply(rec))
	} else {
		dst = t.marker.append(dst, rec)
	}
	return append(dst, '\n') // RFC 6587 3.4.2
}

// counted appends MSG-LEN SP SYSLOG-MSG (RFC 6587 3.4.1). The text is put where it
// belongs when its length has as many digits as that of the one before.
func (t *tcp) counted(dst []byte, rec *spool.Record) []byte {
	from := len(dst)
	dst = append(dst, t.count...)
	text := len(dst)
	dst = t.marker.append(dst, rec)
	n := len(dst) - text
	was := len(t.count)
	t.count = append(strconv.AppendUint(t.count[:0], uint64(n), 10), ' ')
	if len(t.count) != was {
		dst = slices.Replace(dst, from, text, t.count...)
	} else {
		copy(dst[from:], t.count)
	}
	return dst
}

// acknowledged settles the records that the peer's kernel has acknowledged
// whole.
func (t *tcp) acknowledged() {
	if t.sender.window.open() == 0 {
		return
	}
	_, err := t.sender.window.settleTo(t.written - min(t.written, t.outstanding()))
	t.fault(err)
}

// outstanding returns how many bytes the kernel holds that the peer has not
// acknowledged. It still answers once the connection has failed. Of what is no
// socket, all is taken as acknowledged; where a socket does not answer, nothing.
func (t *tcp) outstanding() uint64 {
	if t.raw == nil {
		return 0
	}
	if err := t.raw.Control(t.ask); err != nil || t.err != nil {
		return 1<<64 - 1
	}
	return uint64(max(t.queued, 0))
}
