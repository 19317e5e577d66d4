package sshd

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"

	"loggia/audit/event"
)

// conn is one connection.
type conn struct {
	// Built once.
	s       *Server
	config  *Config // as it was when the connection came
	limits  Limits  // likewise
	wire    *wire
	from    netip.AddrPort
	to      netip.AddrPort
	number  int
	only    string
	guest   *guest // nil if we called: it is not counted among those who come
	entered func() // told when somebody has logged in; may be nil
	kex     keyExchanges
	open    atomic.Int64 // sessions

	// Of the goroutine that serves the connection.
	login attempts
	user  *User // who logged in

	ctx context.Context // ends with the connection

	mu     sync.Mutex // guards what follows
	who    *User      // user, for others to see
	since  time.Time
	algs   ssh.NegotiatedAlgorithms
	reason string // why we end it, empty as long as we do not
	ids    int    // channels so far
}

// admit lets a connection that was accepted begin, or turns it away.
func (s *Server) admit(tcp *net.TCPConn, only string) {
	config := s.config.Load()
	from, ok := addrPort(tcp.RemoteAddr())
	to, _ := addrPort(tcp.LocalAddr())
	c := &conn{s: s, config: config, limits: config.limits(only), wire: &wire{Conn: tcp, wrote: make(chan struct{}, 1)}, from: from, to: to, number: s.number(), only: only}
	var err error
	switch {
	case !ok:
		err = errDenied // cannot be: it is TCP
	case denied(config.Denied, from.Addr()):
		err = errDenied
	default:
		c.guest, err = s.gate.enter(from.Addr(), only, config, func() { c.end(errDropped.Error()) })
	}
	if err != nil {
		if more, ok := s.quiet.note(err.Error(), s.o.Now()); ok {
			s.o.Recorder.Record(itself(), event.SSHRefused{From: from, Reason: err.Error(), More: more})
		}
		if err == errDenied {
			_ = tcp.Close() // nothing is owed to it
		} else {
			refuseAtOnce(tcp)
		}
		return
	}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		s.gate.shaken(c.guest)
		_ = tcp.Close()
		return
	}
	s.conns[c] = struct{}{}
	s.wg.Go(func() { _ = c.serve() }) // what ends it is on record
	s.mu.Unlock()
}

// refuseAtOnce tells a client that it is not served (RFC 4253, 4.2: text before
// the version line), without waiting for it.
func refuseAtOnce(tcp *net.TCPConn) {
	// It is refused whether it hears that or not.
	_ = tcp.SetWriteDeadline(time.Now().Add(acceptPause))
	_, _ = tcp.Write([]byte("error: too many connections\r\n"))
	_ = tcp.Close()
}

func addrPort(a net.Addr) (netip.AddrPort, bool) {
	t, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}, false
	}
	ap := t.AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap().WithZone(""), ap.Port()), true
}

func denied(list []netip.Prefix, addr netip.Addr) bool {
	for _, p := range list {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// subject is who causes what happens on the connection.
func (c *conn) subject(user string) event.Subject {
	s := event.Subject{User: user, PID: c.number, Client: "other", Remote: c.remote()}
	if c.user != nil {
		s.Class = c.user.Class
	}
	return s
}

// remote is as in SSH_CONNECTION.
func (c *conn) remote() string {
	return spaced(c.from) + " " + spaced(c.to)
}

func spaced(a netip.AddrPort) string {
	host, port, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	return host + " " + port
}

// record records an event of whoever logged in.
func (c *conn) record(e event.Event) { c.s.o.Recorder.Record(c.subject(c.user.Name), e) }

// recordStranger records an event of somebody who has not logged in, unless it
// happens too often; make gets what to add to the text.
func (c *conn) recordStranger(kind string, make func(more string) event.Event) {
	if more, ok := c.s.quiet.note(kind, c.s.o.Now()); ok {
		c.s.o.Recorder.Record(c.subject("unknown"), make(more))
	}
}

// end ends the connection, for a reason that is recorded; the first one counts.
func (c *conn) end(reason string) {
	c.mu.Lock()
	if c.reason == "" {
		c.reason = reason
	}
	c.mu.Unlock()
	// The end shows in whatever reads.
	_ = c.wire.Close()
}

func (c *conn) endReason() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.reason
}

// serve runs the connection. The error is why nobody logged in.
func (c *conn) serve() error {
	defer c.forget()
	ctx, cancel := context.WithCancel(c.s.ctx)
	defer cancel()
	c.ctx = ctx
	defer context.AfterFunc(c.s.ctx, func() { c.end("the server ends") })()
	var sc *ssh.ServerConn
	var channels <-chan ssh.NewChannel
	var requests <-chan *ssh.Request
	var err error
	apart(func() { sc, channels, requests, err = c.handshake() })
	if c.guest != nil {
		c.s.gate.shaken(c.guest)
	}
	if err != nil {
		_ = c.wire.Close() // the library may have done so
		c.notLoggedIn(err)
		return err
	}
	switch {
	case c.guest == nil:
	case !c.s.gate.establish(c.only, c.limits.MaxConnections):
		c.end(errConnections.Error())
	default:
		defer c.s.gate.leave(c.only)
	}
	apart(func() { c.established(sc) })
	if c.entered != nil {
		c.entered()
	}
	var side sync.WaitGroup
	side.Go(func() { c.answer(requests) })
	side.Go(func() { c.watchAlive(ctx, sc) })
	side.Go(func() { c.watchKeys(ctx, sc) })
	sessions{c.config.MaxSessions, c.session, c.refused}.serve(ctx, channels)
	err = sc.Wait()
	cancel()
	_ = c.wire.Close() // the other side has closed it, or we have
	side.Wait()
	c.closed(err)
	return nil
}

// apart runs f in a goroutine of its own and waits for it. The stack that a
// handshake and its records need, up to 16 KB, is not kept as long as the connection
// lives then.
func apart(f func()) {
	var done sync.WaitGroup
	done.Go(f)
	done.Wait()
}

// handshake negotiates, and lets somebody log in within the time there is.
func (c *conn) handshake() (*ssh.ServerConn, <-chan ssh.NewChannel, <-chan *ssh.Request, error) {
	if err := c.wire.SetDeadline(time.Now().Add(c.config.Retry.Grace)); err != nil {
		return nil, nil, nil, err
	}
	sc, channels, requests, err := ssh.NewServerConn(c.wire, c.serverConfig())
	if err != nil {
		return nil, nil, nil, err
	}
	c.wire.open.Store(true)
	// A connection that has ended meanwhile shows when its channels are read: who
	// logged in has logged in.
	_ = c.wire.SetDeadline(time.Time{})
	return sc, channels, requests, nil
}

// serverConfig is what the library obeys for this connection.
func (c *conn) serverConfig() *ssh.ServerConfig {
	config := &ssh.ServerConfig{
		Config: ssh.Config{Ciphers: c.config.Ciphers, MACs: c.config.MACs, KeyExchanges: c.config.KeyExchanges,
			RekeyThreshold: min(c.config.RekeyData, fillerBytes)},
		ServerVersion:           "SSH-2.0-loggia",
		MaxAuthTries:            maxAttempts,
		PublicKeyAuthAlgorithms: publicKeyAlgorithms,
		AuthLogCallback:         c.attempted,
	}
	if c.config.Banner != "" {
		config.BannerCallback = func(ssh.ConnMetadata) string { return c.config.Banner }
	}
	if !c.config.NoPassword {
		config.PasswordCallback = func(m ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
			return nil, c.password(m.User(), "password", password)
		}
	}
	if !c.config.NoInteractive {
		config.KeyboardInteractiveCallback = c.interactive
	}
	if !c.config.NoPublicKeys {
		config.PublicKeyCallback = c.offeredKey
		config.VerifiedPublicKeyCallback = c.provenKey
	}
	if config.PasswordCallback == nil && config.KeyboardInteractiveCallback == nil && config.PublicKeyCallback == nil {
		// The library wants a method; this one lets nobody in.
		config.PasswordCallback = func(ssh.ConnMetadata, []byte) (*ssh.Permissions, error) { return nil, errNoMethod }
	}
	for _, t := range c.config.HostKeys {
		if signer := c.s.signer(t); signer != nil {
			config.AddHostKey(c.kex.counting(signer, c.wire))
		}
	}
	return config
}

var errNoMethod = errors.New("no method of authentication is configured")

// established records who logged in, and how.
func (c *conn) established(sc *ssh.ServerConn) {
	c.user = c.login.user
	c.mu.Lock()
	c.who, c.since = c.user, c.s.o.Now()
	if a, ok := sc.Conn.(ssh.AlgorithmsConnMetadata); ok {
		c.algs = a.Algorithms()
	}
	algs := c.algs
	c.mu.Unlock()
	c.refusedKeys()
	c.accepted()
	c.record(event.SSHEstablished{From: c.from, Username: c.user.Name, Client: c.wire.clientVersion(), KeyExchange: algs.KeyExchange,
		HostKey: algs.HostKey, Cipher: algs.Read.Cipher, MAC: algs.Read.MAC})
	c.review(c.s.config.Load()) // a commit may have come meanwhile
}

// accepted records that somebody has shown who they are.
func (c *conn) accepted() {
	name := c.login.user.Name
	// What goes wrong with the trail raises its alarm: whoever can mend it must
	// be able to log in.
	_ = c.s.o.Recorder.RecordDurable(c.ctx, c.subject(name), event.SSHAttempt{Accepted: true, Method: c.login.method,
		Username: name, From: c.from, Key: c.login.key})
}

// review ends the connection if who logged in may not any more.
func (c *conn) review(config *Config) {
	who := c.present()
	if who == nil {
		return
	}
	now := config.Users[who.Name]
	switch {
	case now == nil:
		c.end("the user was deleted")
	case denied(config.Denied, c.from.Addr()):
		c.end(errDenied.Error())
	case who.Root && config.RootLogin == RootDeny:
		c.end("root may not log in any more")
	default: // perhaps of another class
		c.mu.Lock()
		c.who = now
		c.mu.Unlock()
	}
}

// present is who is logged in, as the last commit has them.
func (c *conn) present() *User {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.who
}

// forget takes the connection off the list.
func (c *conn) forget() {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	delete(c.s.conns, c)
}

// answer refuses what concerns the whole connection: forwarding. OpenSSH's
// questions whether we are still there are answered that way too.
func (c *conn) answer(requests <-chan *ssh.Request) {
	for r := range requests {
		if r.Type == "tcpip-forward" || r.Type == "streamlocal-forward@openssh.com" {
			c.refused("remote forwarding")
		}
		if r.WantReply {
			// A client that is gone shows in the end of requests.
			_ = r.Reply(false, nil)
		}
	}
}

// refused records something that is not to be had.
func (c *conn) refused(what string) {
	if more, ok := c.s.quiet.note("refused "+c.user.Name, c.s.o.Now()); ok {
		c.record(event.SSHRequestRefused{From: c.from, Username: c.user.Name, What: what, More: more})
	}
}

// Connection is a connection as it is shown.
type Connection struct {
	User, Class      string
	From, To         netip.AddrPort
	Since            time.Time
	Method, Client   string
	KeyExchange      string
	HostKey          string
	CipherIn, MACIn  string
	CipherOut        string
	MACOut           string
	Sessions, Rekeys int
}

// Connections returns those on which somebody is logged in.
func (s *Server) Connections() []Connection {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Connection
	for c := range s.conns {
		c.mu.Lock()
		if c.who != nil {
			all = append(all, Connection{User: c.who.Name, Class: c.who.Class, From: c.from, To: c.to, Since: c.since,
				Method: c.login.method, Client: c.wire.clientVersion(), KeyExchange: c.algs.KeyExchange, HostKey: c.algs.HostKey,
				CipherIn: c.algs.Read.Cipher, MACIn: c.algs.Read.MAC, CipherOut: c.algs.Write.Cipher, MACOut: c.algs.Write.MAC,
				Sessions: int(c.open.Load()), Rekeys: max(c.kex.count()-1, 0)})
		}
		c.mu.Unlock()
	}
	return all
}
