package sink

import (
	"errors"
	"net"
	"syscall"
	"time"
	"unicode/utf8"

	"loggia/syslogd/spool"
	"loggia/syslogd/wire"
)

// udp sends one datagram for each record (RFC 5426 3.1). It is a connected
// socket, so that ICMP's answers are heard.
type udp struct {
	*Remote
	conn    net.Conn
	since   time.Time // when it was opened
	named   bool      // the host is a name, which may come to stand for another address
	marker  marker
	escaped []byte
}

// resolveEvery is how long the address of a name is believed.
const resolveEvery = time.Minute

// safeDatagram is what every receiver must take over IPv6 (RFC 5426 3.2),
// bytes: a record too large for the network is cut to it.
const safeDatagram = 1180

// newUDP returns a transport over conn.
func newUDP(r *Remote, conn net.Conn, named bool) *udp {
	return &udp{Remote: r, conn: conn, since: time.Now(), named: named, marker: newMarker(r.config.Node)}
}

// end implements transport.
func (u *udp) end() {}

// lost implements transport: only sending tells.
func (u *udp) lost() bool { return false }

// send implements transport.
func (u *udp) send(changed <-chan struct{}) error {
	closing := u.unheard()
	for {
		select {
		case <-changed:
			return errMoved
		case <-u.ctx.Done():
			return u.ctx.Err()
		default:
		}
		some, err := u.burst(changed)
		if err != nil {
			return err
		}
		if some {
			if u.named && time.Since(u.since) > resolveEvery {
				return errMoved
			}
			continue
		}
		if closing == nil {
			empty, err := u.sender.window.empty()
			u.fault(err)
			if empty {
				return nil
			}
		}
		var lull <-chan time.Time
		if closing != nil {
			if lull = u.sender.lull(); lull == nil {
				return errIdle
			}
		}
		select {
		case <-u.spool.Wake():
		case <-lull:
			return errIdle
		case <-closing:
			closing = nil
		case <-changed:
			return errMoved
		case <-u.ctx.Done():
			return u.ctx.Err()
		}
	}
}

// datagrams is how many are sent before they are settled together.
const datagrams = 64

// burst sends some records and settles them. An error concerns the socket: the
// records that were not sent stay. So do those that came after the target changed.
func (u *udp) burst(changed <-chan struct{}) (some bool, err error) {
	var rec spool.Record
	done := 0 // sent and not yet settled
	settle := func(how spool.Outcome) {
		if done > 0 {
			u.fault(u.sender.window.settle(done, how))
		}
		done = 0
	}
	for range datagrams {
		if !u.sender.window.reader.Next(&rec) {
			break
		}
		select {
		case <-changed:
			settle(spool.Delivered)
			return some, errMoved
		default:
		}
		u.sender.window.add(&rec, 0)
		some = true
		switch err := u.one(&rec); {
		case err == nil:
			done++
		case errors.Is(err, syscall.EMSGSIZE), errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.EPERM):
			settle(spool.Delivered)
			how := refused
			if errors.Is(err, syscall.EMSGSIZE) {
				how = tooLarge
			}
			done = 1
			settle(how)
		default:
			settle(spool.Delivered)
			return some, err
		}
	}
	settle(spool.Delivered)
	return some, nil
}

// one sends a record, cut if the network does not take it whole.
func (u *udp) one(rec *spool.Record) error {
	text := u.marker.apply(rec)
	if rec.Flags&spool.Raw != 0 { // from before the transport was changed
		u.escaped = wire.AppendEscaped(u.escaped[:0], text)
		text = u.escaped
	}
	err := u.datagram(text)
	if errors.Is(err, syscall.EMSGSIZE) && len(text) > safeDatagram {
		err = u.datagram(cut(text, safeDatagram))
	}
	return err
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
