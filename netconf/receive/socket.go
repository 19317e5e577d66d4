package receive

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"time"
)

// Socket is an Output: a program that takes lines, over TCP or on a unix socket,
// which may be one of datagrams. The ledger is noted when the kernel has taken
// the lines, so a line may come twice after a kill, and those that the kernel
// had not yet handed over are lost with the other program.
type Socket struct {
	network, address string
	conn             net.Conn
	ledger           *ledger
	position         string
}

// socketTime is how long the other program may take nothing.
const socketTime = 30 * time.Second

// OpenSocket makes an output of tcp:HOST:PORT or unix:PATH, whose position is
// kept in the file ledger. The connection is made at the first Write.
func OpenSocket(to, ledger string) (*Socket, error) {
	network, address, ok := strings.Cut(to, ":")
	if !ok || network != "tcp" && network != "unix" {
		return nil, fmt.Errorf("%s: neither tcp:HOST:PORT nor unix:PATH", to)
	}
	l, last, err := openLedger(ledger)
	if err != nil {
		return nil, err
	}
	return &Socket{network: network, address: address, ledger: l, position: last.position}, nil
}

// Position implements Output.
func (s *Socket) Position() string { return s.position }

// Write implements Output.
func (s *Socket) Write(events []Event) error {
	if s.conn == nil {
		if err := s.dial(); err != nil {
			return err
		}
	}
	err := s.send(events)
	if err != nil {
		err = errors.Join(err, s.conn.Close())
		s.conn = nil
		return err
	}
	s.position = events[len(events)-1].Position
	return s.ledger.note(record{position: s.position})
}

func (s *Socket) dial() (err error) {
	if s.network == "unix" {
		if s.conn, err = net.DialTimeout("unixgram", s.address, socketTime); err == nil {
			return nil
		}
	}
	s.conn, err = net.DialTimeout(s.network, s.address, socketTime)
	return err
}

// send writes lines: one a datagram, or all at once.
func (s *Socket) send(events []Event) error {
	if err := s.conn.SetWriteDeadline(time.Now().Add(socketTime)); err != nil {
		return err
	}
	datagrams := s.conn.LocalAddr().Network() == "unixgram"
	var text strings.Builder
	for _, e := range events {
		switch {
		case e.Mark:
		case datagrams:
			if _, err := s.conn.Write([]byte(e.Line)); err != nil {
				return err
			}
		default:
			text.WriteString(e.Line + "\n")
		}
	}
	if text.Len() == 0 {
		return nil
	}
	_, err := s.conn.Write([]byte(text.String()))
	return err
}

// Close closes the connection and the ledger.
func (s *Socket) Close() (err error) {
	if s.conn != nil {
		err = s.conn.Close()
	}
	return errors.Join(err, s.ledger.file.Sync(), s.ledger.file.Close())
}
