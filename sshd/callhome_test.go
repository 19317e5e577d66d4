package sshd

import (
	"bufio"
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// collector waits for calls.
type collector struct {
	*net.TCPListener
	t *testing.T
}

func newCollector(t *testing.T) collector {
	t.Helper()
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return collector{l, t}
}

// server is the collector as it is configured.
func (c collector) server(retry int) CallServer {
	a := c.Addr().(*net.TCPAddr).AddrPort()
	return CallServer{Host: a.Addr().String(), Port: a.Port(), Retry: retry, Timeout: 10 * time.Millisecond}
}

// called waits for a call, and returns what is said before SSH, without the line ends.
func (c collector) called() (net.Conn, []string) {
	c.t.Helper()
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		c.t.Fatal(err)
	}
	conn, err := c.Accept()
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		c.t.Fatal(err)
	}
	in := bufio.NewReader(conn)
	var lines []string
	for {
		head, err := in.Peek(4)
		if err != nil {
			return conn, lines
		}
		if string(head) == "SSH-" {
			return buffered{conn, in}, lines
		}
		line, err := in.ReadString('\n')
		if err != nil {
			c.t.Fatal(err)
		}
		lines = append(lines, strings.TrimSuffix(line, "\r\n"))
	}
}

type buffered struct {
	net.Conn
	in *bufio.Reader
}

func (b buffered) Read(p []byte) (int, error) { return b.in.Read(p) }

// login logs op in over a call.
func (c collector) login(conn net.Conn) (*ssh.Client, ssh.PublicKey) {
	c.t.Helper()
	var key ssh.PublicKey
	sc, channels, requests, err := ssh.NewClientConn(conn, "device", &ssh.ClientConfig{User: "op", Auth: []ssh.AuthMethod{ssh.Password(secret)},
		HostKeyCallback: func(_ string, _ net.Addr, k ssh.PublicKey) error { key = k; return nil }})
	if err != nil {
		c.t.Fatal(err)
	}
	return ssh.NewClient(sc, channels, requests), key
}

func callerLab(t *testing.T, callers ...Caller) *lab {
	t.Helper()
	return newLab(t, func(c *Config) { c.Listens, c.Callers = nil, callers })
}

// A machine that calls introduces itself in the words of Junos, serves what it is
// to serve and nothing else, and calls again when the connection has ended.
func TestCallHome(t *testing.T) {
	c := newCollector(t)
	l := callerLab(t, Caller{Name: "logs", DeviceID: "r1", Secret: "shared", Only: "echo", Servers: []CallServer{c.server(3)}})
	for range 2 {
		conn, said := c.called()
		client, key := c.login(conn)
		line := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
		want := []string{"MSG-ID: DEVICE-CONN-INFO", "MSG-VER: V1", "DEVICE-ID: r1", "HOST-KEY: " + line, "HMAC:" + voucher("shared", line), ""}
		if strings.Join(said, "\n") != strings.Join(want, "\n") {
			t.Errorf("%q", said)
		}
		s, err := client.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		if err := s.RequestSubsystem("echo"); err != nil {
			t.Error(err)
		}
		if s, err = client.NewSession(); err != nil {
			t.Fatal(err)
		}
		if err := s.Shell(); err == nil {
			t.Error("a shell over a call for a subsystem")
		}
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	}
	l.recorded("SSHD_CALL_HOME_OPENED: Call of outbound-ssh client logs to " + c.server(1).String() + " opened, from 127.0.0.1:")
	l.recorded("SSHD_CALL_HOME_CLOSED: Call of outbound-ssh client logs")
}

// HMAC-SHA1 of RFC 2202, test case 2.
func TestVoucher(t *testing.T) {
	if got := voucher("Jefe", "what do ya want for nothing?"); got != "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79" {
		t.Error(got)
	}
}

// Without a name for itself a machine says nothing before SSH (RFC 8071).
func TestCallHomeWithoutName(t *testing.T) {
	c := newCollector(t)
	callerLab(t, Caller{Name: "logs", Only: "echo", Servers: []CallServer{c.server(1)}})
	conn, said := c.called()
	if len(said) > 0 {
		t.Errorf("%q", said)
	}
	client, _ := c.login(conn)
	if err := client.Close(); err != nil {
		t.Error(err)
	}
}

// Which server is called after a connection has ended.
func TestReconnectStrategies(t *testing.T) {
	for _, sticky := range []bool{false, true} {
		first, second := newCollector(t), newCollector(t)
		gone := first.server(2)
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
		l := callerLab(t, Caller{Name: "logs", DeviceID: "r1", Only: "echo", Sticky: sticky, Servers: []CallServer{gone, second.server(1)}})
		conn, _ := second.called()
		again := first
		if !sticky { // the first one is back
			tcp, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: int(gone.Port)})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = tcp.Close() })
			again = collector{tcp, t}
		} else {
			again = second
		}
		client, _ := second.login(conn)
		if err := client.Close(); err != nil {
			t.Error(err)
		}
		conn, _ = again.called()
		client, _ = again.login(conn)
		if err := client.Close(); err != nil {
			t.Error(err)
		}
		// The attempts that failed were the same, and told once.
		if n := l.count("SSHD_CALL_HOME_FAILED: Call of outbound-ssh client logs to " + gone.String() + " failed: connect: connection refused"); n != 1 {
			t.Errorf("sticky %v: %d failures in %q", sticky, n, l.records())
		}
	}
}

// A commit that takes a caller away ends its connection, and one that leaves it
// as it was does not.
func TestCallsFollowTheConfiguration(t *testing.T) {
	c := newCollector(t)
	l := callerLab(t, Caller{Name: "logs", DeviceID: "r1", Only: "echo", Servers: []CallServer{c.server(1)}})
	conn, _ := c.called()
	client, _ := c.login(conn)
	l.config.Banner = "changed"
	l.apply()
	if _, _, err := client.SendRequest("still there", true, nil); err != nil {
		t.Error(err)
	}
	l.config.Callers = nil
	l.apply()
	_ = client.Wait() // it has ended, in order or not
	l.recorded("the call is not configured any more")
}
