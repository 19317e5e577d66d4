package scenario

import (
	"bytes"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"loggia/bench/ledger"
)

// sinkLimit bounds what a sink takes in, in bytes; a daemon that sends more
// is cut off.
const sinkLimit = 4 << 30

// sink is the far end of a relay. It keeps what it gets and judges it after
// the run, so that it costs little during it.
type sink struct {
	workers sync.WaitGroup
	address string // set by the first listen

	mu       sync.Mutex   // guards what follows
	listener net.Listener // nil while the sink is away
	streams  []*received
	gone     int       // streams before this one were cut
	last     time.Time // of the last read
	size     int64     // bytes taken in
}

// received is what came on one connection.
type received struct {
	conn   *net.TCPConn
	cut    atomic.Bool   // the sink has ended it
	done   chan struct{} // its reader has ended
	chunks [][]byte
}

// listen opens a sink on a free port.
func listen() (*sink, error) {
	s := &sink{}
	return s, s.listen()
}

func (s *sink) accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return // closed
		}
		r := &received{conn: c.(*net.TCPConn), done: make(chan struct{})}
		s.mu.Lock()
		here := s.listener == l
		if here {
			s.streams = append(s.streams, r)
		}
		s.mu.Unlock()
		if !here { // the sink went away meanwhile
			c.Close()
			continue
		}
		s.workers.Go(func() { s.read(r) })
	}
}

func (s *sink) read(r *received) {
	defer close(r.done)
	for {
		buf := make([]byte, 256<<10)
		filled := 0
		for filled < len(buf)/2 {
			n, err := r.conn.Read(buf[filled:])
			if !s.keep(r, buf[filled:filled+n]) || err != nil {
				if !r.cut.Load() || !timedOut(err) {
					r.conn.Close() // else leave does
				}
				return
			}
			filled += n
		}
	}
}

// keep takes in what was read; it says no when the sink is full.
func (s *sink) keep(r *received, b []byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(b) > 0 {
		r.chunks = append(r.chunks, b)
		s.last = time.Now()
		s.size += int64(len(b))
	}
	return s.size < sinkLimit
}

// progress tells how much has come, and when last.
func (s *sink) progress() (size int64, last time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.size, s.last
}

// messages counts what has come by the numbers that end the texts. They begin
// with a zero, and those in a mark do not.
func (s *sink) messages() int {
	n := 0
	for _, b := range s.bytes() {
		n += bytes.Count(b, []byte("seq=0"))
	}
	return n
}

// bytes returns what came so far, by connection.
func (s *sink) bytes() [][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all [][]byte
	for _, r := range s.streams {
		all = append(all, bytes.Join(r.chunks, nil))
	}
	return all
}

// cut says which connections the sink itself has ended.
func (s *sink) cut() []bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	cut := make([]bool, len(s.streams))
	for i, r := range s.streams {
		cut[i] = r.cut.Load()
	}
	return cut
}

// enter enters everything into an account, connection by connection in the
// order in which they were made.
func (s *sink) enter(a *ledger.Account) {
	cut := s.cut()
	for i, b := range s.bytes() {
		if cut[i] {
			a.CutFrames(b)
		} else {
			a.Frames(b)
		}
	}
}

// close ends all connections and waits for their readers.
func (s *sink) close() error {
	var err error
	s.mu.Lock()
	if s.listener != nil { // not away
		err = s.listener.Close()
	}
	for _, r := range s.streams {
		if e := r.conn.Close(); e != nil && !errors.Is(e, net.ErrClosed) {
			err = errors.Join(err, e)
		}
	}
	s.mu.Unlock()
	s.workers.Wait()
	return err
}
