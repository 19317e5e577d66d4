package sshd

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

func TestLimits(t *testing.T) {
	l := newLab(t, func(c *Config) { c.HandshakesTotal, c.HandshakesEach, c.MaxConnections, c.MaxSessions = 10, 3, 2, 1 })
	var held []net.Conn
	for range 3 {
		held = append(held, l.connect())
	}
	waitFor(t, func() bool {
		l.server.gate.mu.Lock()
		defer l.server.gate.mu.Unlock()
		return l.server.gate.handshakes == 3
	}, func() string { return "they do not come" })
	text, err := io.ReadAll(l.connect())
	if err != nil || string(text) != "error: too many connections\r\n" {
		t.Errorf("%q, %v", text, err)
	}
	l.recorded("past MaxStartups of its source")
	for _, c := range held {
		c.Close()
	}
	l.idle()
	first := l.login()
	l.login()
	waitFor(t, func() bool { return len(l.server.Connections()) == 2 }, func() string { return "they are not listed" })
	if _, err := l.dial("op", ssh.Password(secret)); err == nil {
		t.Error("a third connection is served")
	}
	l.recorded("past connection-limit")
	if _, err := first.NewSession(); err != nil {
		t.Fatal(err)
	}
	if _, err := first.NewSession(); err == nil || !strings.Contains(err.Error(), "too many sessions") {
		t.Error(err)
	}
	first.Close()
	waitFor(t, func() bool { return len(l.server.Connections()) == 1 }, func() string { return "it stays" })
	l.config.MaxRate = 1
	l.apply()
	_, _ = l.dial("op", ssh.Password(secret))
	l.recorded("past rate-limit")
	l.config.Denied = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	l.apply()
	if _, err := l.dial("op", ssh.Password(secret)); err == nil {
		t.Error("a denied source is served")
	}
	l.recorded("its source is denied")
	l.idle()
}

// A few sources that hold every handshake keep nobody out: the busiest loses its
// oldest one. Who has as many as the busiest waits for one of them to end.
func TestHeldHandshakesKeepNobodyOut(t *testing.T) {
	l := newLab(t, func(c *Config) { c.HandshakesTotal, c.HandshakesEach = 10, 4 })
	held := map[int][]net.Conn{}
	for _, n := range []int{1, 2, 2, 2, 3, 3, 3, 3, 4, 4} {
		c := l.connectFrom(fmt.Sprintf("127.0.0.%d", n))
		defer c.Close()
		if _, err := io.ReadFull(c, make([]byte, len("SSH-2.0-loggia"))); err != nil {
			t.Fatal(err)
		}
		held[n] = append(held[n], c)
	}
	for _, want := range []struct{ from, loses, left int }{{5, 3, 3}, {5, 2, 2}, {5, 3, 2}, {1, 5, 2}} {
		c := l.connectFrom(fmt.Sprintf("127.0.0.%d", want.from))
		defer c.Close()
		if _, err := io.ReadFull(c, make([]byte, len("SSH-2.0-loggia"))); err != nil {
			t.Fatalf("%d: %v", want.from, err)
		}
		if _, err := io.Copy(io.Discard, held[want.loses][0]); err != nil {
			t.Error(err)
		}
		held[want.loses], held[want.from] = held[want.loses][1:], append(held[want.from], c)
		if n := len(held[want.loses]); n != want.left {
			t.Errorf("%d has %d", want.loses, n)
		}
	}
	text, err := io.ReadAll(l.connectFrom("127.0.0.5"))
	if err != nil || string(text) != "error: too many connections\r\n" {
		t.Errorf("%q, %v", text, err)
	}
	l.recorded("drop connection from 127.0.0.5 port ")
	sc, _, _, err := ssh.NewClientConn(l.connectFrom("127.0.0.9"), "", &ssh.ClientConfig{User: "op", Auth: []ssh.AuthMethod{ssh.Password(secret)},
		HostKeyCallback: ssh.InsecureIgnoreHostKey()})
	if err != nil {
		t.Fatal(err)
	}
	sc.Close()
	l.recorded("Disconnecting 127.0.0.3 port ")
	l.recorded(": past MaxStartups, in favor of another source")
	for _, conns := range held {
		for _, c := range conns {
			c.Close()
		}
	}
	l.idle()
	if g := &l.server.gate; g.handshakes != 0 || len(g.sources) != 0 {
		t.Errorf("the gate counts %d of %d", g.handshakes, len(g.sources))
	}
}

// Where a subsystem alone is served, its own limits hold, and count its own connections.
func TestLimitsOfASubsystem(t *testing.T) {
	now := time.Now()
	g := gate{now: func() time.Time { return now }}
	c := &Config{Limits: Limits{MaxConnections: 2, MaxRate: 3}, Alone: map[string]Limits{"netconf": {MaxConnections: 1, MaxRate: 2}}}
	from := netip.MustParseAddr("192.0.2.1")
	enter := func(only string, want error) {
		t.Helper()
		if came, err := g.enter(from, only, c, func() { t.Error("dropped") }); err != want {
			t.Errorf("%q: %v", only, err)
		} else if err == nil {
			g.shaken(came)
		}
	}
	enter("netconf", nil)
	if !g.establish("netconf", c.limits("netconf").MaxConnections) || g.establish("netconf", c.limits("netconf").MaxConnections) {
		t.Error("one is allowed")
	}
	enter("netconf", errConnections)
	for range 2 {
		enter("", nil)
		if !g.establish("", c.limits("").MaxConnections) {
			t.Error("two are allowed elsewhere")
		}
	}
	enter("", errConnections)
	g.leave("netconf")
	enter("netconf", nil)
	enter("netconf", errRate)
	now = now.Add(time.Minute)
	enter("netconf", nil)
}

// What anybody can make happen makes so many records and then a count.
func TestStrangersDoNotFillTheLog(t *testing.T) {
	l := newLab(t, nil)
	for range 10 * quietAtOnce {
		l.connect().Close()
	}
	l.idle()
	if n := len(l.records()); n > quietAtOnce+5 {
		t.Errorf("%d records", n)
	}
	l.server.Close()
	l.recorded(" more connections ended like that without a record: closed")
	q := quiet{report: func(string, int) {}}
	now := time.Now()
	for range 1000 {
		q.note("x", now)
	}
	if more, ok := q.note("x", now.Add(quietPause)); !ok || more != fmt.Sprintf(" (and %d times before without a record)", 1000-quietAtOnce) {
		t.Errorf("%q, %v", more, ok)
	}
}

func TestManyKeys(t *testing.T) {
	l := newLab(t, nil)
	var keys []ssh.Signer
	for range 200 {
		k, _ := newUserKey(t)
		keys = append(keys, k)
	}
	if _, err := l.dial("op", ssh.PublicKeys(keys...)); err == nil {
		t.Fatal("let in")
	}
	l.recorded(fmt.Sprintf("(and %d more)", maxAttempts-1))
	l.idle()
	if n := len(l.records()); n > 5 {
		t.Errorf("%d records:\n%s", n, strings.Join(l.records(), "\n"))
	}
}

// deaf is a connection whose client hears nothing any more when told.
type deaf struct {
	net.Conn
	stop chan struct{}
}

func (d deaf) Read(b []byte) (int, error) {
	for {
		n, err := d.Conn.Read(b)
		select {
		case <-d.stop:
		default:
			return n, err
		}
		if err != nil {
			return 0, err
		}
	}
}

func TestAClientThatIsDead(t *testing.T) {
	l := newLab(t, func(c *Config) { c.AliveInterval, c.AliveCount = 50*time.Millisecond, 2 })
	raw := deaf{l.connect(), make(chan struct{})}
	sc, channels, requests, err := ssh.NewClientConn(raw, "", &ssh.ClientConfig{User: "op", Auth: []ssh.AuthMethod{ssh.Password(secret)}, HostKeyCallback: ssh.InsecureIgnoreHostKey()})
	if err != nil {
		t.Fatal(err)
	}
	go ssh.DiscardRequests(requests)
	go func() {
		for range channels { // none comes
		}
	}()
	defer sc.Close()
	close(raw.stop)
	l.recorded("the client does not answer")
	l.idle()
}

// Whatever state a connection is in when its client goes away, nothing is left.
func TestNothingIsLeft(t *testing.T) {
	l := newLab(t, func(c *Config) { c.MaxConnections = 1000 })
	l.login().Close()
	l.idle()
	goroutines, files := runtime.NumGoroutine(), descriptors(t)
	states := []func(i int){
		func(int) { l.connect().Close() },
		func(int) { c := l.connect(); _, _ = io.WriteString(c, "GET / HTTP/1.0\r\n\r\n"); c.Close() },
		func(int) { c := l.connect(); _, _ = io.WriteString(c, "SSH-2.0-x\r\n"); c.Close() },
		func(int) { // between the key exchange and the login
			_, _ = l.dial("op")
		},
		func(int) { _, _ = l.dial("op", ssh.Password("no")) },
		func(int) { l.withClient(func(*ssh.Client) {}) },
		func(int) { // in the middle of a command
			l.withClient(func(c *ssh.Client) {
				if s, err := c.NewSession(); err == nil {
					_ = s.Start("flood")
				}
			})
		},
		func(int) { // at a prompt
			l.withClient(func(c *ssh.Client) {
				if s, err := c.NewSession(); err == nil {
					_ = s.RequestPty("vt100", 24, 80, nil)
					_ = s.Shell()
				}
			})
		},
	}
	for i := range 504 {
		states[i%len(states)](i)
	}
	l.idle()
	settled(t, goroutines, files)
	if n := len(l.server.terminals); n != 0 {
		t.Errorf("%d terminals are taken", n)
	}
	if g := &l.server.gate; g.handshakes != 0 || g.tally("").established != 0 || len(g.sources) != 0 {
		t.Errorf("the gate counts %d, %d, %d", g.handshakes, g.tally("").established, len(g.sources))
	}
}

// withClient logs in and cuts the connection after f.
func (l *lab) withClient(f func(*ssh.Client)) {
	l.t.Helper()
	c, err := l.dial("op", ssh.Password(secret))
	if err != nil {
		l.t.Fatal(err)
	}
	f(c)
	c.Close()
}
