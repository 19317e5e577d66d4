package scenario

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"

	"loggia/bench/traffic"
)

// sendLimit bounds the sending of a load.
const sendLimit = 2 * time.Minute

// chunk is how much of a stream one write(2) carries, in bytes. It takes no
// notice of where messages end, as a busy sender's socket does not.
const chunk = 64 << 10

// sender is a connection of the generator, open and ready to send its stream.
type sender interface {
	send(s *traffic.Stream) error // all of it, and its end
	abort()                       // makes a send that is under way end soon
	close()
}

// dial opens one connection of a scenario.
func dial(s Scenario, at addresses) (sender, error) {
	switch s.Transport {
	case Unix:
		return dialDatagram(&syscall.SockaddrUnix{Name: at.unix}, syscall.AF_UNIX, 0)
	case UDP:
		a, err := netip.ParseAddrPort(at.listen)
		if err != nil {
			return nil, err
		}
		to := &syscall.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
		return dialDatagram(to, syscall.AF_INET, s.Rate/s.Connections)
	}
	c, err := net.DialTimeout("tcp", at.listen, 5*time.Second)
	if err != nil {
		return nil, err
	}
	if s.Transport == TLS {
		// The certificate is made for the run; who it names is not the matter here.
		t := tls.Client(c, &tls.Config{InsecureSkipVerify: true})
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := t.HandshakeContext(ctx); err != nil {
			c.Close()
			return nil, err
		}
		return stream{t, s.Rate / s.Connections}, nil
	}
	return stream{c.(*net.TCPConn), s.Rate / s.Connections}, nil
}

// stream sends over TCP or TLS. Its end is sent when everything is written, but
// the socket stays open: closed with something unread, as a TLS session ticket,
// it would be reset and the rest of the stream lost.
type stream struct {
	conn interface {
		net.Conn
		CloseWrite() error
	}
	rate int // messages a second, 0 for no limit
}

func (s stream) close() { s.conn.Close() }

func (s stream) abort() { s.conn.SetDeadline(time.Unix(1, 0)) }

func (s stream) send(t *traffic.Stream) error {
	if err := s.conn.SetDeadline(time.Now().Add(sendLimit)); err != nil {
		return err
	}
	if s.rate > 0 {
		if err := s.paced(t); err != nil {
			return err
		}
		return s.conn.CloseWrite()
	}
	for b := t.Bytes; len(b) > 0; {
		n, err := s.conn.Write(b[:min(chunk, len(b))])
		if err != nil {
			return err
		}
		b = b[n:]
	}
	return s.conn.CloseWrite()
}

// paced writes what is due of a stream, a few times in each pace.
func (s stream) paced(t *traffic.Stream) error {
	const pace = 5 * time.Millisecond
	begin, from := time.Now(), 0
	for next := 0; next < len(t.Ends); {
		next = min(len(t.Ends), 1+int(time.Since(begin).Seconds()*float64(s.rate)))
		if to := t.Ends[next-1]; to > from {
			if _, err := s.conn.Write(t.Bytes[from:to]); err != nil {
				return err
			}
			from = to
		}
		time.Sleep(pace)
	}
	return nil
}

// datagram sends one message a write(2) through a blocking socket, past Go's
// poller, as a program that calls syslog(3) does.
type datagram struct {
	fd      int
	rate    int // messages a second, 0 for no limit
	aborted atomic.Bool
}

func dialDatagram(to syscall.Sockaddr, family, rate int) (sender, error) {
	fd, err := syscall.Socket(family, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("socket: %w", err)
	}
	timeout := syscall.NsecToTimeval(int64(10 * time.Second))
	err = errors.Join(
		syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_SNDTIMEO, &timeout),
		syscall.Connect(fd, to),
	)
	if err != nil {
		syscall.Close(fd)
		return nil, fmt.Errorf("datagram socket: %w", err)
	}
	return &datagram{fd: fd, rate: rate}, nil
}

func (d *datagram) close() { syscall.Close(d.fd) }

func (d *datagram) abort() { d.aborted.Store(true) }

func (d *datagram) send(t *traffic.Stream) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	begin := time.Now()
	for n := range t.Ends {
		if n&63 == 0 {
			if d.aborted.Load() || time.Since(begin) > sendLimit {
				return fmt.Errorf("message %d of %d: %w", n, len(t.Ends), context.DeadlineExceeded)
			}
			d.pace(n, begin)
		}
		if err := d.write(t.Message(n)); err != nil {
			return fmt.Errorf("message %d of %d: %w", n, len(t.Ends), err)
		}
	}
	return nil
}

// pace waits until message n is due.
func (d *datagram) pace(n int, begin time.Time) {
	if d.rate == 0 {
		return
	}
	due := begin.Add(time.Duration(float64(n) / float64(d.rate) * float64(time.Second)))
	if wait := time.Until(due); wait > 0 {
		time.Sleep(wait)
	}
}

func (d *datagram) write(message []byte) error {
	for {
		_, err := syscall.Write(d.fd, message)
		if !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}
