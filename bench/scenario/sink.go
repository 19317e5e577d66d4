package scenario

import (
	"bytes"
	"errors"
	"net"
	"sync"
	"time"

	"loggia/bench/ledger"
)

// sinkLimit bounds what a sink takes in, in bytes; a daemon that sends more
// is cut off.
const sinkLimit = 4 << 30

// sink is the far end of a relay. It keeps what it gets and judges it after
// the run, so that it costs little during it.
type sink struct {
	listener net.Listener
	workers  sync.WaitGroup

	mu      sync.Mutex // guards what follows
	streams []*received
	last    time.Time // of the last read
	size    int64     // bytes taken in
}

// received is what came on one connection.
type received struct {
	conn   net.Conn
	chunks [][]byte
}

// listen opens a sink on a free port.
func listen() (*sink, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &sink{listener: l}
	s.workers.Go(s.accept)
	return s, nil
}

func (s *sink) accept() {
	for {
		c, err := s.listener.Accept()
		if err != nil {
			return // closed
		}
		r := &received{conn: c}
		s.mu.Lock()
		s.streams = append(s.streams, r)
		s.mu.Unlock()
		s.workers.Go(func() { s.read(r) })
	}
}

func (s *sink) read(r *received) {
	defer r.conn.Close()
	for {
		buf := make([]byte, 256<<10)
		filled := 0
		for filled < len(buf)/2 {
			n, err := r.conn.Read(buf[filled:])
			if !s.keep(r, buf[filled:filled+n]) || err != nil {
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

// messages counts what has come by the numbers that end the texts.
func (s *sink) messages() int {
	n := 0
	for _, b := range s.bytes() {
		n += bytes.Count(b, []byte("seq="))
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

// enter enters everything into an account, connection by connection in the
// order in which they were made.
func (s *sink) enter(a *ledger.Account) {
	for _, b := range s.bytes() {
		a.Frames(b)
	}
}

// close ends all connections and waits for their readers.
func (s *sink) close() error {
	err := s.listener.Close()
	s.mu.Lock()
	for _, r := range s.streams {
		if e := r.conn.Close(); e != nil && !errors.Is(e, net.ErrClosed) {
			err = errors.Join(err, e)
		}
	}
	s.mu.Unlock()
	s.workers.Wait()
	return err
}
