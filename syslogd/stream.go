package syslogd

import (
	"errors"
	"io"
	"maps"
	"net"
	"net/netip"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"loggia/audit/event"
	"loggia/syslogd/wire"
)

const (
	// streamBuffer is how much of a stream is read at once, in bytes: write(2)
	// and Submit are fastest with whole batches.
	streamBuffer = 256 << 10

	// pieceRecords is how many records are parsed before they are routed: few
	// enough that they and their text are still in the processor's nearest cache
	// when they are formatted.
	pieceRecords = 64

	// acceptGrace is how long a listener that another replaces completes
	// connections that were half open.
	acceptGrace = 100 * time.Millisecond

	// endGrace is how long one that has no successor accepts what waits: then
	// senders are refused, and know at once.
	endGrace = 5 * time.Millisecond
)

// listener is a TCP socket that accepts connections, for TLS or without.
type listener struct {
	// Built once.
	engine   *Engine
	at       endpoint
	source   *source
	socket   *net.TCPListener
	accepted chan struct{} // closed when no more is accepted
	alone    atomic.Bool   // retire has turned others away

	// Replaced by every commit.
	rules atomic.Pointer[inputRules]
}

// openListener binds at and begins to accept.
func (e *Engine) openListener(at endpoint, r *inputRules, beside []syscall.Conn) (*listener, error) {
	socket, err := bind(at, beside, listenStream)
	if err != nil {
		return nil, err
	}
	l := &listener{engine: e, at: at, source: e.source(at.String()), socket: socket, accepted: make(chan struct{})}
	l.rules.Store(r)
	e.running.Add(1)
	go l.accept(e.first)
	return l, nil
}

func (l *listener) endpoint() endpoint { return l.at }

func (l *listener) statistics() SourceStatistics { return l.source.snapshot() }

func (l *listener) syscallConn() syscall.Conn { return l.socket }

func (l *listener) obey(r *inputRules) { l.rules.Store(r) }

// accept takes connections, when there are routes at all, until the deadline that
// retire sets.
func (l *listener) accept(routes <-chan struct{}) {
	defer l.engine.running.Done()
	defer close(l.accepted)
	<-routes
	for {
		c, err := l.socket.AcceptTCP()
		switch {
		case err == nil:
			l.engine.streams.add(l, c)
		case errors.Is(err, os.ErrDeadlineExceeded) && l.alone.Load() && readable(l.socket):
			l.source.fault(l.socket.SetDeadline(time.Now().Add(endGrace))) // this one came in time
		case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, net.ErrClosed):
			return
		default: // out of descriptors, or a peer that left at once
			l.source.errors.Add(1)
			pause(l.engine.done, errorPause)
		}
	}
}

// retire accepts what waits in the backlog and closes the listener. Its
// connections live on.
func (l *listener) retire(replaced bool) error {
	turned, err := turnAwayStream(l.socket)
	l.alone.Store(turned)
	grace := endGrace
	if replaced {
		grace = acceptGrace
	}
	err = errors.Join(err, l.socket.SetDeadline(time.Now().Add(grace)))
	<-l.accepted
	return errors.Join(err, l.socket.Close())
}

// streams are the connections of all listeners.
type streams struct {
	// Built once.
	engine *Engine
	limit  int
	spaces *workspaces

	mu   sync.Mutex // guards what follows
	open map[*stream]struct{}
	of   map[netip.Addr]int // how many are open by peer
}

func newStreams(e *Engine, limit int) *streams {
	return &streams{engine: e, limit: limit, spaces: newWorkspaces(), open: make(map[*stream]struct{}), of: make(map[netip.Addr]int)}
}

// add starts to read c, unless its sender is not allowed or there are too many
// connections already.
func (ss *streams) add(l *listener, c *net.TCPConn) {
	r := l.rules.Load()
	s := &stream{engine: ss.engine, source: l.source, network: l.at.network, input: l.at, conn: c, done: make(chan struct{})}
	s.origin = wire.Origin{Kind: wire.TCP, Peer: addrPort(c.RemoteAddr())}
	s.local = addrPort(c.LocalAddr())
	if !r.allows(s.origin.Peer.Addr()) {
		l.source.barred.Add(1)
		l.refused(s, event.RefusedConnections, refuse(c))
		return
	}
	raw, err := c.SyscallConn()
	if err == nil && r.tls != nil {
		err = s.secure(r.tls)
	}
	why := event.RefusedUnserviceable
	if err == nil {
		why = ss.admit(s, r.connections)
	}
	if why != 0 {
		l.source.turnedAway.Add(1)
		l.refused(s, why, refuse(c))
		return
	}
	s.raw = raw
	l.source.connections.Add(1)
	l.source.connected.Add(1)
	ss.engine.running.Add(1)
	go s.run()
}

// refused puts on record that s was closed at once, with err of closing it.
func (l *listener) refused(s *stream, why event.Refusal, err error) {
	e := s.engine
	e.refusals.note(refusedKey{s.origin.Peer.Addr(), l.source.name, why}, 1, e.now())
	l.source.fault(err)
}

// admit lists s and returns zero, unless there are too many connections, of its
// peer or of all.
func (ss *streams) admit(s *stream, most int) event.Refusal {
	peer := s.origin.Peer.Addr()
	ss.mu.Lock()
	defer ss.mu.Unlock()
	if len(ss.open) >= ss.limit {
		return event.RefusedByTotal
	}
	if most > 0 && ss.of[peer] >= most {
		return event.RefusedByLimit
	}
	ss.open[s] = struct{}{}
	ss.of[peer]++
	return 0
}

// remove forgets s.
func (ss *streams) remove(s *stream) {
	peer := s.origin.Peer.Addr()
	ss.mu.Lock()
	defer ss.mu.Unlock()
	delete(ss.open, s)
	if ss.of[peer]--; ss.of[peer] == 0 {
		delete(ss.of, peer)
	}
}

// refuse resets a connection: its sender learns at once that nobody reads.
func refuse(c *net.TCPConn) error {
	return errors.Join(c.SetLinger(0), c.Close())
}

func addrPort(a net.Addr) netip.AddrPort {
	t, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	p := t.AddrPort()
	return netip.AddrPortFrom(p.Addr().Unmap().WithZone(""), p.Port())
}

// finish ends the connections that keep does not want: what they have sent is
// read first. It returns when they are closed.
func (ss *streams) finish(keep func(*stream) bool) {
	ss.mu.Lock()
	all := slices.Collect(maps.Keys(ss.open))
	ss.mu.Unlock()
	ending := slices.DeleteFunc(all, keep)
	for _, s := range ending {
		s.ending.Store(true)
		s.source.fault(s.conn.SetReadDeadline(time.Unix(1, 0)))
	}
	ss.engine.storage.gate.rouse()
	for _, s := range ending {
		<-s.done
	}
}

// stream is one connection. One goroutine reads, parses and routes it, so its
// order is the order in every file; while a local file makes Submit wait, it
// does not read, and TCP tells the sender.
type stream struct {
	// Built once.
	engine  *Engine
	source  *source
	network string // tcp or tls
	input   endpoint
	conn    *net.TCPConn
	raw     syscall.RawConn
	secured *secured // of a TLS connection
	origin  wire.Origin
	local   netip.AddrPort
	done    chan struct{}

	ending atomic.Bool // finish has set a deadline in the past

	// The goroutine's own.
	begun  bool // something has come
	framer wire.Framer
	parser wire.Parser
	tail   []byte // the beginning of a message whose rest has not come
	gather gathering
	space  *workspace // during a read
	n      int
	err    error
}

// run reads until the peer is done or finish sets a deadline.
func (s *stream) run() {
	defer s.engine.running.Done()
	defer s.end()
	if s.secured != nil && !s.handshake() {
		return
	}
	read := s.readReady
	for {
		s.engine.storage.gate.wait(&s.ending)
		if s.raw.Read(read) != nil {
			s.drain()
			return
		}
		if s.misled() {
			return
		}
		if s.err != nil {
			s.process(true) // half-closed or gone: an unterminated line is a message too
			return
		}
		n, at := s.process(false)
		if rest := s.gather.read(n, at); rest > 0 {
			time.Sleep(rest)
		}
	}
}

// drain reads what the kernel has acknowledged and ends the stream there.
func (s *stream) drain() {
	bounded, err := turnAwayText(s.conn)
	s.source.fault(err)
	for end := time.Now().Add(drainLimit); bounded || time.Now().Before(end); {
		got := false
		err := s.raw.Control(func(fd uintptr) { got = s.readReady(fd) })
		if err != nil || !got || s.err != nil {
			break
		}
		s.process(false)
	}
	s.process(true)
}

// readReady reads what is there into a workspace; it reports false, holding
// none, when there is nothing.
func (s *stream) readReady(fd uintptr) bool {
	w := s.engine.streams.spaces.acquire()
	had := copy(w.buf, s.tail)
	if s.secured != nil {
		return s.readSecured(int(fd), w, had)
	}
	for {
		n, err := readNow(int(fd), w.buf[had:])
		switch {
		case err == unix.EINTR:
			continue
		case err == unix.EAGAIN:
			s.engine.streams.spaces.release(w)
			return false
		case err != nil:
			s.n, s.err = had, err
		case n == 0:
			s.n, s.err = had, io.EOF
		default:
			s.n, s.err = had+n, nil
		}
		s.space = w
		return true
	}
}

// process routes the whole messages among the n bytes in the workspace, keeps
// the rest, and gives the workspace back. At the end of the stream the rest is
// a message as well. It returns how many bytes these were, and when.
func (s *stream) process(eof bool) (n int, at time.Time) {
	w := s.space
	if w == nil { // the stream ends without a further read
		if len(s.tail) == 0 {
			return 0, at
		}
		w = s.engine.streams.spaces.acquire()
		s.n = copy(w.buf, s.tail)
	}
	b := &w.batch
	b.Buf, b.Records, b.Received, b.Origin = w.buf[:s.n], b.Records[:0], s.engine.now(), s.origin
	t := s.engine.enter()
	sc := t.scratch.Get().(*scratch)
	t.settings.prepare(&s.parser)
	s.framer.MaxMessageSize = t.settings.maxMessage
	pos := 0
	for {
		off, end, consumed, flags, ok := s.framer.Next(b.Buf[pos:], eof)
		if ok {
			s.parser.Parse(b, pos+off, pos+end)
			if flags != 0 {
				s.source.truncated.Add(1)
				b.Records[len(b.Records)-1].Flags |= flags
			}
			if len(b.Records) >= pieceRecords {
				s.route(t, sc, b)
			}
		}
		pos += consumed
		if consumed == 0 || pos >= s.n {
			break
		}
	}
	if len(b.Records) > 0 {
		s.route(t, sc, b)
	}
	t.finish(sc)
	t.leave()
	s.keep(b.Buf[pos:])
	n, at = s.n, b.Received
	s.space = nil
	s.engine.streams.spaces.release(w)
	return n, at
}

// route routes the records of b, a piece of what was read.
func (s *stream) route(t *table, sc *scratch, b *wire.Batch) {
	if rate := t.settings.rate; rate > 0 {
		n := s.engine.senders.take(keyOf(&s.origin), len(b.Records), rate, b.Received)
		s.source.refused[RateLimited].Add(uint64(len(b.Records) - n))
		b.Records = b.Records[:n]
	}
	s.source.accepted.Add(uint64(len(b.Records)))
	s.source.note(b.Records)
	t.route(sc, b, nil)
	s.engine.recent.keep(b)
	b.Records = b.Records[:0]
}

// keep saves the beginning of an unfinished message.
func (s *stream) keep(rest []byte) {
	if len(rest) == 0 {
		s.tail = nil
		return
	}
	s.tail = append(s.tail[:0], rest...)
}

// end closes the connection and forgets it.
func (s *stream) end() {
	if s.secured != nil {
		s.farewell()
	}
	s.source.fault(s.conn.Close())
	s.source.connections.Add(-1)
	s.engine.streams.remove(s)
	close(s.done)
}
