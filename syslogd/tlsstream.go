package syslogd

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"loggia/audit/event"
	"loggia/syslogd/wire"
)

const (
	// handshakeTime is how long a peer may take to say who it is.
	handshakeTime = 10 * time.Second

	// answerTime is how long what TLS itself has to say (a new key, close_notify)
	// may take to be sent: a sender that does not read must not hold a reader.
	answerTime = time.Second
)

// dryError is what a feed returns when the kernel has nothing: TLS keeps what it
// has of a record and goes on when it is asked again, as after any temporary
// error.
type dryError struct{}

func (dryError) Error() string   { return "nothing to read" }
func (dryError) Timeout() bool   { return true }
func (dryError) Temporary() bool { return true }

// feed is the connection that TLS reads from. It waits like any other during
// the handshake and never afterwards: waiting is done outside, where no buffer
// is held.
type feed struct {
	*net.TCPConn
	fd  int   // during a read that must not wait, else -1
	err error // of the socket, which ended the stream
}

// Read implements net.Conn.
func (f *feed) Read(p []byte) (int, error) {
	if f.fd < 0 {
		return f.TCPConn.Read(p)
	}
	for {
		n, err := readNow(f.fd, p)
		switch {
		case err == unix.EINTR:
			continue
		case err == unix.EAGAIN:
			return 0, dryError{}
		case err != nil:
			f.err = err
			return 0, err
		case n == 0 && len(p) > 0:
			f.err = io.EOF
			return 0, io.EOF
		}
		return n, nil
	}
}

// Write implements net.Conn.
func (f *feed) Write(p []byte) (int, error) {
	if f.fd >= 0 { // else the handshake's own deadline holds
		if err := f.SetWriteDeadline(time.Now().Add(answerTime)); err != nil {
			return 0, err
		}
	}
	return f.TCPConn.Write(p)
}

// secured is what a TLS connection has beyond others.
type secured struct {
	// Built once.
	listen *TLSListen
	conn   *tls.Conn
	feed   *feed

	// After the handshake, which hands it on to finish through state's lock.
	state       tls.ConnectionState
	certificate string
	established chan struct{} // closed when the handshake has succeeded

	// The goroutine's own.
	reason string // why it ends, empty for an orderly end
}

// secure makes s a TLS connection whose handshake is still to come.
func (s *stream) secure(l *TLSListen) error {
	f := &feed{TCPConn: s.conn, fd: -1}
	s.secured = &secured{listen: l, feed: f, conn: tls.Server(f, l.TLS), established: make(chan struct{})}
	s.origin.Kind = wire.TLS
	return s.conn.SetDeadline(time.Now().Add(handshakeTime))
}

// handshake finds out who the peer is, and reports whether it may send.
func (s *stream) handshake() bool {
	sec := s.secured
	if err := sec.conn.Handshake(); err != nil {
		if !s.ending.Load() {
			s.source.barred.Add(1)
			s.tell(event.ChannelFailed, plainTLS(err))
		}
		return false
	}
	err := s.conn.SetDeadline(time.Time{})
	if s.ending.Load() { // finish came first, and its deadline is gone
		err = errors.Join(err, s.conn.SetReadDeadline(time.Unix(1, 0)))
	}
	s.source.fault(err)
	sec.state = sec.conn.ConnectionState()
	if peers := sec.state.PeerCertificates; len(peers) > 0 {
		s.origin.Certificate, sec.certificate = sec.listen.identify(peers[0])
	}
	close(sec.established)
	s.tell(event.ChannelOpened, "")
	return true
}

func (l *TLSListen) identify(x *x509.Certificate) (name, certificate string) {
	if l.Peer == nil {
		return "", ""
	}
	return l.Peer(x)
}

// welcome reports whether r would still let the peer of s in.
func (s *stream) welcome(r *inputRules) bool {
	if s.secured == nil || r.tls == nil || r.tls.TLS == s.secured.listen.TLS {
		return true
	}
	select {
	case <-s.secured.established:
	default:
		return false // let it begin again, by the new rules
	}
	next := r.tls.TLS
	if next.ClientAuth == tls.RequireAnyClientCert && len(s.secured.state.PeerCertificates) == 0 {
		return false
	}
	return next.VerifyConnection == nil || next.VerifyConnection(s.secured.state) == nil
}

// readSecured reads what is there, decrypted, behind the first had bytes of w's
// buffer. It reports false, having given w back, when there is nothing.
func (s *stream) readSecured(fd int, w *workspace, had int) bool {
	sec := s.secured
	sec.feed.fd = fd
	n, err := had, error(nil)
	for n < len(w.buf) && err == nil {
		var more int
		more, err = sec.conn.Read(w.buf[n:])
		n += more
	}
	if errors.As(err, new(dryError)) {
		if n == had {
			s.engine.streams.spaces.release(w)
			return false
		}
		err = nil
	}
	switch {
	case sec.feed.err == io.EOF: // TLS does not look for more behind close_notify
		sec.reason = "connection ended without close_notify"
	case err != nil && err != io.EOF:
		sec.reason = plainTLS(err)
	}
	s.n, s.err, s.space = n, err, w
	return true
}

// farewell says that nothing more is read, and puts the end on record.
func (s *stream) farewell() {
	sec := s.secured
	select {
	case <-sec.established:
	default:
		return // the failure is on record
	}
	s.source.fault(s.conn.SetWriteDeadline(time.Now().Add(answerTime)))
	if err := sec.conn.CloseWrite(); err != nil && sec.reason == "" && s.err == nil {
		sec.reason = plainTLS(err)
	}
	if s.ending.Load() && sec.reason == "" {
		sec.reason = "closed by this end"
	}
	s.tell(event.ChannelClosed, sec.reason)
}

// tell puts what happened to the connection on record.
func (s *stream) tell(what event.ChannelState, reason string) {
	e := s.engine
	if e.o.Announce == nil {
		return
	}
	sec := s.secured
	c := event.InputChannel{State: what, Input: s.input.String(), Local: s.local.String(), Peer: s.origin.Peer.String(),
		Name: s.origin.Certificate, Certificate: sec.certificate, Protocol: protocol(&sec.state), Reason: reason}
	if what == event.ChannelFailed {
		more, record := e.failures.Note(e.now())
		if !record {
			return
		}
		c.Reason += more
		state := sec.conn.ConnectionState() // has what was shown, though it was refused
		c.Protocol = protocol(&state)
		if peers := state.PeerCertificates; len(peers) > 0 {
			c.Name, c.Certificate = sec.listen.identify(peers[0])
		}
	}
	e.o.Announce(c)
}

// protocol names the version and the cipher suite, as far as they are agreed upon.
func protocol(state *tls.ConnectionState) string {
	switch {
	case state.Version == 0:
		return ""
	case state.CipherSuite == 0:
		return tls.VersionName(state.Version)
	}
	return tls.VersionName(state.Version) + " " + tls.CipherSuiteName(state.CipherSuite)
}

// plainTLS is an error of TLS in words for a log.
func plainTLS(err error) string {
	if errors.Is(err, io.EOF) {
		return "connection ended during the handshake"
	}
	if n := net.Error(nil); errors.As(err, &n) && n.Timeout() {
		return "no answer in time"
	}
	text := err.Error()
	if op := (*net.OpError)(nil); errors.As(err, &op) && op.Err != nil {
		text = op.Err.Error()
		if op.Op == "remote error" {
			text = "the other end says: " + text
		}
	}
	return strings.TrimPrefix(text, "tls: ")
}
