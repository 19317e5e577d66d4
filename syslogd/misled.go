package syslogd

import "loggia/audit/event"

// A TLS record of the type handshake begins with its type, a version 3.x and its
// length, and then says that it is a ClientHello (RFC 8446, 4 and 5.1).
const (
	tlsHandshake   = 22
	tlsMajor       = 3
	tlsClientHello = 1
)

// beginsTLS reports whether data is the beginning of a TLS connection.
func beginsTLS(data []byte) bool {
	return len(data) > 5 && data[0] == tlsHandshake && data[1] == tlsMajor && data[2] <= 4 && data[5] == tlsClientHello
}

// misled reports whether the first bytes that s has brought show a sender that
// speaks TLS where messages are expected. It cannot send any without an answer:
// it is turned away and put on record, instead of filling the log with the noise
// of its keys.
func (s *stream) misled() bool {
	if s.begun {
		return false
	}
	s.begun = true
	if s.secured != nil || !beginsTLS(s.space.buf[:s.n]) {
		return false
	}
	e := s.engine
	e.streams.spaces.release(s.space)
	s.space = nil
	s.source.turnedAway.Add(1)
	e.refusals.note(refusedKey{s.origin.Peer.Addr(), s.source.name, event.RefusedTLS}, 1, e.now())
	return true
}
