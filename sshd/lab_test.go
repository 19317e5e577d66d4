package sshd

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"loggia/audit/event"
)

// patience is how long a test waits for something that must happen.
const patience = time.Minute

// secret is the password of the lab's users, and secretHash its hash, with few
// rounds: the tests are about who comes in, not about the cost.
const (
	secret     = "correct horse"
	secretHash = "$6$rounds=1000$saltsalt$4GMtaIz3E1AdDi2SmCokEW0ehi.HdxNDcL3fGE1XXuzvo6kbx7UOloZKONqEk5H3JrQA4NOfU8BmqFPrpGqwA1"
)

// lab is a server, and what it has recorded.
type lab struct {
	t      *testing.T
	server *Server
	config Config
	dir    string

	mu    sync.Mutex // guards lines
	lines []string
}

// Record implements Recorder.
func (l *lab) Record(_ event.Subject, events ...event.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range events {
		entry := e.Entry()
		l.lines = append(l.lines, strings.TrimPrefix(entry.Tag+": "+entry.Text, ": "))
	}
}

// RecordDurable implements Recorder.
func (l *lab) RecordDurable(_ context.Context, by event.Subject, e event.Event) error {
	l.Record(by, e)
	return nil
}

func (l *lab) records() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.lines)
}

// recorded waits for a record that contains text.
func (l *lab) recorded(text string) string {
	l.t.Helper()
	var found string
	waitFor(l.t, func() bool {
		for _, line := range l.records() {
			if strings.Contains(line, text) {
				found = line
				return true
			}
		}
		return false
	}, func() string { return fmt.Sprintf("no record with %q in\n%s", text, strings.Join(l.records(), "\n")) })
	return found
}

func (l *lab) count(text string) (n int) {
	for _, line := range l.records() {
		if strings.Contains(line, text) {
			n++
		}
	}
	return n
}

func waitFor(t *testing.T, ready func() bool, otherwise func() string) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); !ready(); <-tick.C {
		if time.Now().After(end) {
			t.Fatal(otherwise())
		}
	}
}

// newLab starts a server on a port of its own, with the users op, key and root.
func newLab(t *testing.T, change func(*Config)) *lab {
	t.Helper()
	l := &lab{t: t, dir: t.TempDir(), config: labConfig(t)}
	if change != nil {
		change(&l.config)
	}
	l.open()
	t.Cleanup(func() { l.server.Close() })
	return l
}

func labConfig(t *testing.T) Config {
	t.Helper()
	resolved := func(k Kind) []string {
		names, err := k.Resolve(nil)
		if err != nil {
			t.Fatal(err)
		}
		return names
	}
	password, err := ParsePassword(secretHash)
	if err != nil {
		t.Fatal(err)
	}
	return Config{
		Listens: []Listen{{Place: "ssh", Address: netip.MustParseAddrPort("127.0.0.1:0")}},
		Ciphers: resolved(Cipher), MACs: resolved(MAC), KeyExchanges: resolved(KeyExchange), HostKeys: []HostKeyType{Ed25519},
		RootLogin: RootKeyOnly, Location: time.UTC, Limits: Limits{MaxConnections: 250, MaxRate: 100000}, MaxSessions: 10, HandshakesTotal: 1000, HandshakesEach: 1000,
		RekeyData: 1 << 30, RekeyTime: time.Hour,
		Retry: Retry{Tries: 3, Threshold: 3, Factor: time.Millisecond, Grace: patience},
		Users: map[string]*User{
			"op":   {Name: "op", Class: "operator", Password: password},
			"root": {Name: "root", Class: "super-user", Root: true, Password: password},
		},
	}
}

// open makes the server, as a start of the program does.
func (l *lab) open() {
	l.t.Helper()
	var err error
	l.server, err = NewServer(Options{Dir: l.dir, Recorder: l, Now: time.Now, Handle: labHandler,
		Subsystems: map[string]Handler{"echo": echo}, Alarm: func(string, error) {}})
	if err != nil {
		l.t.Fatal(err)
	}
	l.apply()
}

func (l *lab) apply() {
	l.t.Helper()
	plan, err := l.server.Prepare(l.config, false)
	if err != nil {
		l.t.Fatal(err)
	}
	plan.Apply()
}

// echo sends back what comes.
func echo(_ context.Context, _ Peer, c *Channel) int {
	b := make([]byte, 1024)
	for {
		n, err := c.Read(b)
		if err != nil {
			return 0
		}
		if _, err := c.Write(b[:n]); err != nil {
			return 1
		}
	}
}

// labHandler answers `who`, `size` and `sleep`, and echoes in a shell.
func labHandler(ctx context.Context, p Peer, c *Channel) int {
	switch {
	case !c.Exec:
		return echo(ctx, p, c)
	case c.Command == "who":
		fmt.Fprintf(c, "%s %s %d %s\n", p.Login.User, p.Login.Class, p.UID, strings.Fields(p.Login.Remote)[0])
		return 0
	case c.Command == "sleep":
		fmt.Fprintln(c, "sleeping")
		<-ctx.Done()
		return 7
	case c.Command == "flood":
		for {
			if _, err := c.Write(make([]byte, 32<<10)); err != nil {
				return 1
			}
		}
	}
	fmt.Fprintf(c.Errors, "%s: unknown\n", c.Command)
	return 3
}

// address is where the first listener is.
func (l *lab) address() string {
	l.server.mu.Lock()
	defer l.server.mu.Unlock()
	return l.server.listeners[0].Addr().String()
}

func (l *lab) dial(user string, auth ...ssh.AuthMethod) (*ssh.Client, error) {
	return ssh.Dial("tcp", l.address(), &ssh.ClientConfig{User: user, Auth: auth, HostKeyCallback: ssh.InsecureIgnoreHostKey(), Timeout: patience})
}

// login logs op in, with the password.
func (l *lab) login() *ssh.Client {
	l.t.Helper()
	c, err := l.dial("op", ssh.Password(secret))
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { c.Close() })
	return c
}

// run runs a command on a connection of its own.
func (l *lab) run(c *ssh.Client, command string) string {
	l.t.Helper()
	s, err := c.NewSession()
	if err != nil {
		l.t.Fatal(err)
	}
	defer s.Close()
	out, err := s.Output(command)
	if err != nil {
		l.t.Fatal(err)
	}
	return string(out)
}

// newUserKey makes a key, and its line for a configuration.
func newUserKey(t *testing.T) (ssh.Signer, string) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return s, strings.TrimSpace(string(ssh.MarshalAuthorizedKey(s.PublicKey())))
}

func userKey(t *testing.T, line, from string) UserKey {
	t.Helper()
	k, err := ParseUserKey(strings.Fields(line)[0], line, from)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// connect opens a connection without SSH.
func (l *lab) connect() net.Conn {
	l.t.Helper()
	return l.connectFrom("127.0.0.1")
}

// connectFrom connects from an address of this machine.
func (l *lab) connectFrom(address string) net.Conn {
	l.t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	c, err := d.Dial("tcp", l.address())
	if err != nil {
		l.t.Fatal(err)
	}
	return c
}

// idle waits until the server has no connection.
func (l *lab) idle() {
	l.t.Helper()
	waitFor(l.t, func() bool {
		l.server.mu.Lock()
		defer l.server.mu.Unlock()
		return len(l.server.conns) == 0
	}, func() string { return "there are connections left" })
}

func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join("/proc/self/fd"))
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// settled waits until there are no more goroutines and descriptors than before.
func settled(t *testing.T, goroutines, files int) {
	t.Helper()
	waitFor(t, func() bool { return runtime.NumGoroutine() <= goroutines && descriptors(t) <= files }, func() string {
		stacks := make([]byte, 1<<16)
		return fmt.Sprintf("%d goroutines, %d before; %d descriptors, %d before\n%s", runtime.NumGoroutine(), goroutines,
			descriptors(t), files, stacks[:runtime.Stack(stacks, true)])
	})
}
