package sink

import (
	"errors"
	"net"
	"syscall"
	"time"
	"unicode/utf8"
)

// udp sends one datagram for each record (RFC 5426 3.1). It is a connected
// socket, so that ICMP's answers are heard.
type udp struct {
	*Remote
	conn   net.Conn
	window *window
	named  bool // the host is a name, which may come to stand for another address
	sent   bool
}

// resolveEvery is how long the address of a name is believed.
const resolveEvery = time.Minute

// safeDatagram is what every receiver must take over IPv6 (RFC 5426 3.2),
// bytes: a record too large for the network is cut to it.
const safeDatagram = 1180

// progress implements transport.
func (u *udp) progress() bool { return u.sent }

// send implements transport.
func (u *udp) send(changed <-chan struct{}) error {
	u.window.rewind()
	closing, since := u.closing, time.Now()
	for {
		select {
		case <-changed:
			return errMoved
		case <-u.ctx.Done():
			return u.ctx.Err()
		default:
		}
		text, ok := u.window.next()
		if ok {
			if u.named && time.Since(since) > resolveEvery {
				return errMoved
			}
			if err := u.one(text[:len(text)-1]); err != nil {
				return err
			}
			continue
		}
		if closing == nil && u.window.empty() {
			return nil
		}
		select {
		case <-u.queue.wake:
		case <-closing:
			closing = nil
		case <-changed:
			return errMoved
		case <-u.ctx.Done():
			return u.ctx.Err()
		}
	}
}

// one sends a record and settles it. An error concerns the socket: the record
// stays.
func (u *udp) one(text []byte) error {
	err := u.datagram(text)
	if errors.Is(err, syscall.EMSGSIZE) && len(text) > safeDatagram {
		err = u.datagram(cut(text, safeDatagram))
	}
	this := mark{u.window.sent.chunk, u.window.sent.record + 1}
	u.window.advance()
	switch {
	case err == nil:
		u.sent = true
		u.window.delivered(this)
	case errors.Is(err, syscall.EMSGSIZE):
		u.window.lost(this, TooLarge)
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.EPERM):
		u.window.lost(this, Refused)
	default:
		return err
	}
	return nil
}

// datagram writes once more after an error that belongs to an earlier datagram
// (ICMP said that nobody listened), or when the device's queue was full.
func (u *udp) datagram(b []byte) error {
	var err error
	for pause := time.Millisecond; pause < 100*time.Millisecond; pause *= 4 {
		_, err = u.conn.Write(b)
		switch {
		case errors.Is(err, syscall.ENOBUFS):
			select {
			case <-time.After(pause):
			case <-u.ctx.Done():
				return err
			}
		case errors.Is(err, syscall.ECONNREFUSED):
		default:
			return err
		}
	}
	return err
}

// cut returns the first n bytes of text, less a torn character.
func cut(text []byte, n int) []byte {
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}
