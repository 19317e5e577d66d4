package scenario

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"
)

// absence is a while in which the sink of a relay is not there.
type absence struct {
	from, to float64 // as parts of the time that sending takes
	killed   bool    // its connections are reset at the beginning, else closed
}

// total is how long sending takes at the scenario's rate.
func (s Scenario) total() time.Duration {
	return time.Duration(float64(s.Messages) / float64(s.Rate) * float64(time.Second))
}

// absences takes the sink away and brings it back, as the scenario says, in a
// run whose sending began at a time. It returns when all is over, or ctx is.
func (s *sink) absences(ctx context.Context, all []absence, begin time.Time, total time.Duration) error {
	for _, a := range all {
		if !until(ctx, begin.Add(time.Duration(a.from*float64(total)))) {
			return ctx.Err()
		}
		s.leave(a.killed)
		if !until(ctx, begin.Add(time.Duration(a.to*float64(total)))) {
			return ctx.Err()
		}
		if err := s.listen(); err != nil {
			return fmt.Errorf("the sink comes back: %w", err)
		}
	}
	return nil
}

// until waits for a moment. It is false if ctx ended first.
func until(ctx context.Context, at time.Time) bool {
	select {
	case <-time.After(time.Until(at)):
		return true
	case <-ctx.Done():
		return false
	}
}

// leave closes the listener and all connections as the end of a process does,
// with what the kernel had taken in read: what a peer was told had arrived has
// arrived, and what it lost is its own fault. What a connection ends with may be
// a part of a message.
func (s *sink) leave(killed bool) {
	s.mu.Lock()
	here := s.streams[s.gone:]
	s.gone = len(s.streams)
	l := s.listener
	s.listener = nil
	s.mu.Unlock()
	l.Close()
	for _, r := range here {
		select {
		case <-r.done: // ended by the peer
			continue
		default:
		}
		r.cut.Store(true)
		r.conn.SetReadDeadline(time.Unix(1, 0)) // makes its reader finish
		<-r.done
		if killed {
			r.conn.SetLinger(0)
		}
		r.keepRest(s)
		r.conn.Close()
	}
}

// keepRest reads what the kernel holds for a connection, without waiting.
func (r *received) keepRest(s *sink) {
	raw, err := r.conn.SyscallConn()
	if err != nil {
		return
	}
	buf := make([]byte, 256<<10)
	raw.Control(func(fd uintptr) { // an error means that there is nothing to be read
		for {
			n, err := syscall.Read(int(fd), buf)
			if errors.Is(err, syscall.EINTR) {
				continue
			}
			if n <= 0 || !s.keep(r, append([]byte(nil), buf[:n]...)) {
				return
			}
		}
	})
}

// listen opens the listener, at the address it had before if it had one.
func (s *sink) listen() error {
	at := "127.0.0.1:0"
	if s.address != "" {
		at = s.address
	}
	l, err := net.Listen("tcp", at)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.listener, s.address = l, l.Addr().String()
	s.mu.Unlock()
	s.workers.Go(func() { s.accept(l) })
	return nil
}

// timedOut tells the deadline that leave sets from the end of a connection.
func timedOut(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }
