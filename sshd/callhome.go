package sshd

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"reflect"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"loggia/audit/event"
)

// Caller is a client of [edit system services outbound-ssh]: servers that this
// machine calls, which then log in here over the connection (RFC 8071).
type Caller struct {
	Name     string // of the purpose
	DeviceID string // what this machine calls itself; empty: it says nothing before SSH
	Secret   string // vouches for the host key; empty: nothing does
	Only     string // the one subsystem that is served
	Sticky   bool   // call the server again that answered last
	// AliveInterval of silence before the server is asked whether it is there, and
	// AliveCount questions without an answer; 0: as for those who call us.
	AliveInterval time.Duration
	AliveCount    int
	Servers       []CallServer // in their order
}

// CallServer is a server to call.
type CallServer struct {
	Host    string // name or address
	Port    uint16
	Retry   int           // attempts before the next server is called
	Timeout time.Duration // between two attempts
}

func (s CallServer) String() string { return net.JoinHostPort(s.Host, strconv.Itoa(int(s.Port))) }

// callPause is how long nobody is called after a connection on which somebody had
// logged in.
const callPause = time.Second

// callTime bounds how long a server may take to accept a call.
const callTime = 20 * time.Second

// calling is a Caller at work.
type calling struct {
	Caller
	cancel context.CancelFunc
}

// call puts the callers of a configuration to work. One that stays the same goes
// on, with the connection that it has. mu is held.
func (s *Server) call(wanted []Caller) {
	var now []*calling
	for _, c := range wanted {
		if old := s.calls.take(c); old != nil {
			now = append(now, old)
			continue
		}
		ctx, cancel := context.WithCancel(s.ctx)
		now = append(now, &calling{c, cancel})
		s.wg.Go(func() { s.callHome(ctx, c) })
	}
	for _, old := range s.calls {
		if old != nil {
			old.cancel()
		}
	}
	s.calls = now
}

// callings are the callers at work.
type callings []*calling

// take removes the one that does what c asks for, and returns it; nil if there is none.
func (l callings) take(c Caller) *calling {
	for i, old := range l {
		if old != nil && reflect.DeepEqual(old.Caller, c) {
			l[i] = nil
			return old
		}
	}
	return nil
}

// callHome calls servers until ctx ends.
func (s *Server) callHome(ctx context.Context, c Caller) {
	h := home{s: s, c: c, told: map[string]string{}}
	for at := 0; ctx.Err() == nil; {
		if !h.server(ctx, c.Servers[at]) {
			at = (at + 1) % len(c.Servers)
		} else if !c.Sticky {
			at = 0
		}
	}
}

// home calls the servers of one Caller.
type home struct {
	s    *Server
	c    Caller
	told map[string]string // by server, the failure that was recorded last
}

// server calls one server as often as it is to be tried. It returns true when a
// connection has ended on which somebody had logged in.
func (h *home) server(ctx context.Context, to CallServer) bool {
	for range max(to.Retry, 1) {
		loggedIn, err := h.try(ctx, to)
		if ctx.Err() != nil {
			return false
		}
		pause := to.Timeout
		if loggedIn {
			pause = callPause
		} else {
			h.failed(to, err)
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(pause):
		}
		if loggedIn {
			return true
		}
	}
	return false
}

// failed records a failure, unless it is that of the attempt before.
func (h *home) failed(to CallServer, err error) {
	reason := printable(err.Error(), 256)
	if h.told[to.String()] != reason {
		h.told[to.String()] = reason
		h.s.o.Recorder.Record(itself(), event.CallHome{State: event.ChannelFailed, Client: h.c.Name, Server: to.String(), Reason: reason})
	}
}

var errNobody = errors.New("nobody logged in")

// try makes one connection and serves it to its end.
func (h *home) try(ctx context.Context, to CallServer) (loggedIn bool, err error) {
	d := net.Dialer{Timeout: callTime}
	conn, err := d.DialContext(ctx, "tcp", to.String())
	if err != nil {
		return false, unwrapDial(err)
	}
	tcp := conn.(*net.TCPConn)
	if err := h.introduce(tcp); err != nil {
		_ = tcp.Close() // that failed already
		return false, err
	}
	c := h.conn(tcp)
	opened := event.CallHome{Client: h.c.Name, Server: to.String(), Local: tcp.LocalAddr().String(), Peer: tcp.RemoteAddr().String()}
	c.entered = func() {
		delete(h.told, to.String())
		opened.State, opened.Username = event.ChannelOpened, c.user.Name
		h.s.o.Recorder.Record(itself(), opened)
	}
	if !h.s.hold(c) {
		_ = tcp.Close() // the server ends
		return false, errNobody
	}
	stop := context.AfterFunc(ctx, func() { c.end("the call is not configured any more") })
	defer stop()
	err = c.serve()
	if c.user == nil {
		if err == nil || gone(err) {
			err = errNobody
		}
		return false, err
	}
	opened.State, opened.Reason = event.ChannelClosed, c.endReason()
	h.s.o.Recorder.Record(itself(), opened)
	return true, nil
}

// unwrapDial leaves out of an error what the record says besides.
func unwrapDial(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}

// conn is the connection as those are which come to us.
func (h *home) conn(tcp *net.TCPConn) *conn {
	config := h.s.config.Load()
	limits := config.limits(h.c.Only)
	if h.c.AliveInterval > 0 {
		limits.AliveInterval, limits.AliveCount = h.c.AliveInterval, h.c.AliveCount
	}
	from, _ := addrPort(tcp.RemoteAddr())
	to, _ := addrPort(tcp.LocalAddr())
	return &conn{s: h.s, config: config, limits: limits, wire: &wire{Conn: tcp, wrote: make(chan struct{}, 1)}, from: from, to: to,
		number: h.s.number(), only: h.c.Only}
}

// introduce says who calls, as Junos' outbound-ssh does. A machine without a
// device-id says nothing: RFC 8071 begins with SSH.
func (h *home) introduce(w io.Writer) error {
	if h.c.DeviceID == "" {
		return nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, "MSG-ID: DEVICE-CONN-INFO\r\nMSG-VER: V1\r\nDEVICE-ID: %s\r\n", h.c.DeviceID)
	if h.c.Secret != "" {
		key, err := h.s.publicKey()
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "HOST-KEY: %s\r\nHMAC:%s\r\n", key, voucher(h.c.Secret, key))
	}
	b.WriteString("\r\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// voucher is HMAC-SHA1 of a host key in hexadecimal digits, as collectors for
// Junos check it.
func voucher(secret, key string) string {
	h := hmac.New(sha1.New, []byte(secret))
	h.Write([]byte(key)) // it never fails
	return hex.EncodeToString(h.Sum(nil))
}

// publicKey is the first host key that is offered, as in known_hosts.
func (s *Server) publicKey() (string, error) {
	for _, t := range s.config.Load().HostKeys {
		if signer := s.signer(t); signer != nil {
			return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(signer.PublicKey()))), nil
		}
	}
	return "", errors.New("there is no host key")
}

// hold takes a connection on the list; false when the server ends.
func (s *Server) hold(c *conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.conns[c] = struct{}{}
	return true
}
