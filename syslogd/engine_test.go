package syslogd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"loggia/audit/event"
)

// world is an engine with its directories and what it said.
type world struct {
	*Engine
	t   testing.TB
	dir string

	mu      sync.Mutex
	alarms  map[string]error
	changed chan struct{} // an alarm was raised or cleared
}

func start(t testing.TB, c Config) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), alarms: make(map[string]error), changed: make(chan struct{}, 100)}
	for _, d := range []string{"log", "index"} {
		if err := os.Mkdir(filepath.Join(w.dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	w.Engine = New(Options{
		LogDir: filepath.Join(w.dir, "log"), IndexDir: filepath.Join(w.dir, "index"),
		Alarm: w.alarm, Report: func(place string, err error) { t.Errorf("%s: %v", place, err) },
		RetryFirst: time.Millisecond, RetryMost: 10 * time.Millisecond,
	})
	t.Cleanup(func() { w.close() })
	if err := w.Start(c); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) close() {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := w.Close(ctx); err != nil {
		w.t.Errorf("close: %v", err)
	}
}

func (w *world) alarm(place string, err error) {
	w.mu.Lock()
	if err == nil {
		delete(w.alarms, place)
	} else {
		w.alarms[place] = err
	}
	w.mu.Unlock()
	w.changed <- struct{}{}
}

func (w *world) raised() map[string]error {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := make(map[string]error)
	for p, err := range w.alarms {
		all[p] = err
	}
	return all
}

// commit puts c in force.
func (w *world) commit(c Config) {
	w.t.Helper()
	p, err := w.Prepare(c)
	if err != nil {
		w.t.Fatalf("commit: %v", err)
	}
	p.Apply()
}

// text returns what a log file and its uncompressed predecessors hold.
func (w *world) text(name string) string {
	w.t.Helper()
	b, err := os.ReadFile(filepath.Join(w.dir, "log", name))
	if err != nil {
		w.t.Fatal(err)
	}
	return string(b)
}

// eventually waits until ok holds: it looks again whenever time has passed, and
// fails after ten seconds with what say returns.
func (w *world) eventually(ok func() bool, say func() string) {
	w.t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	end := time.After(10 * time.Second)
	for !ok() {
		select {
		case <-tick.C:
		case <-end:
			w.t.Fatalf("not within 10 s: %s", say())
		}
	}
}

// has waits until a log file holds text.
func (w *world) has(name, text string) {
	w.t.Helper()
	w.eventually(func() bool { return strings.Contains(w.text(name), text) },
		func() string { return fmt.Sprintf("%q in %s:\n%s", text, name, w.text(name)) })
}

// freePort returns a port that nobody uses for udp and tcp.
func freePort(t testing.TB) uint16 {
	t.Helper()
	for range 100 {
		l, err := net.Listen("tcp", ":0")
		if err != nil {
			t.Fatal(err)
		}
		port := l.Addr().(*net.TCPAddr).AddrPort().Port()
		u, err := net.ListenPacket("udp", fmt.Sprintf(":%d", port))
		if cerr := l.Close(); cerr != nil {
			t.Fatal(cerr)
		}
		if err == nil {
			if err := u.Close(); err != nil {
				t.Fatal(err)
			}
			return port
		}
	}
	t.Fatal("no free port")
	return 0
}

func everywhere(port uint16) Listen {
	return Listen{Place: fmt.Sprintf("services %d", port), Address: netip.AddrPortFrom(netip.Addr{}, port)}
}

func local(port uint16) Listen {
	return Listen{Place: fmt.Sprintf("services 127.0.0.1 %d", port), Address: netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), port)}
}

func toFile(t testing.TB, name string, lines ...string) File {
	return File{Place: "file " + name, Name: name, Size: 1 << 30, Layout: Layout{AllowDuplicates: true}, Selection: Selection{Rules: rules(t, lines...)}}
}

func send(t testing.TB, network, address, text string) {
	t.Helper()
	c, err := net.Dial(network, address)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestEveryInputReachesTheFile(t *testing.T) {
	port := freePort(t)
	c := Config{HostName: "box", Files: []File{toFile(t, "messages", "any any")}}
	path := filepath.Join(t.TempDir(), "log.sock")
	c.Inputs = Inputs{Unix: []UnixInput{{"services unix", path}}, UDP: []Listen{everywhere(port)}, TCP: []Listen{everywhere(port)}}
	w := start(t, c)
	v4, v6 := fmt.Sprintf("127.0.0.1:%d", port), fmt.Sprintf("[::1]:%d", port)
	send(t, "udp", v4, "<13>udp4: one")
	send(t, "udp", v6, "<13>udp6: two")
	send(t, "tcp", v4, "<13>lf: three\n<13>lf: four\n15 <13>count: five<13>rest: six")
	send(t, "tcp", v6, "<13>tcp6: seven\n")
	send(t, "unixgram", path, "<13>Nov 22 14:15:16 prog[7]: eight\x00")
	for _, text := range []string{"udp4: one", "udp6: two", "lf: three", "lf: four", "count: five", "rest: six", "tcp6: seven", "prog[7]: eight"} {
		w.has("messages", text)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != unixMode {
		t.Errorf("socket: %v, %v", info.Mode(), err)
	}
	s := w.Statistics()
	for _, src := range s.Sources {
		if src.Received != src.Accepted || src.Name != "self" && src.Received == 0 {
			t.Errorf("%+v", src)
		}
	}
	w.close()
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the socket file is left behind: %v", err)
	}
}

func TestHalfClosedPeerIsHeardToTheEnd(t *testing.T) {
	port := freePort(t)
	w := start(t, Config{Files: []File{toFile(t, "messages", "any any")}, Inputs: Inputs{TCP: []Listen{local(port)}}})
	c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write([]byte("<13>a: first\n<13>a: unterminated")); err != nil {
		t.Fatal(err)
	}
	w.has("messages", "first")
	if strings.Contains(w.text("messages"), "unterminated") {
		t.Error("a line was taken before it ended")
	}
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	w.has("messages", "unterminated")
}

func TestOversizeIsCutMarkedAndCounted(t *testing.T) {
	port := freePort(t)
	c := Config{MaxMessageSize: 1024, Files: []File{toFile(t, "messages", "any any")}}
	c.Inputs = Inputs{UDP: []Listen{local(port)}, TCP: []Listen{local(port)}}
	w := start(t, c)
	long := "<13>a: " + strings.Repeat("é", 2000)
	send(t, "udp", fmt.Sprintf("127.0.0.1:%d", port), long)
	send(t, "tcp", fmt.Sprintf("127.0.0.1:%d", port), long+"\n<13>b: after\n")
	w.has("messages", "b: after")
	w.eventually(func() bool { return strings.Count(w.text("messages"), "[truncated]") == 2 }, func() string { return w.text("messages") })
	if !strings.Contains(w.text("messages"), "é [truncated]") {
		t.Error("cut inside a character")
	}
	for _, s := range w.Statistics().Sources[1:] {
		if s.Truncated != 1 {
			t.Errorf("%s: %d truncated, want 1", s.Name, s.Truncated)
		}
	}
}

func TestForeignPortIsRefusedWithItsPlace(t *testing.T) {
	busy, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	port := busy.LocalAddr().(*net.UDPAddr).AddrPort().Port()
	w := start(t, Config{Files: []File{toFile(t, "messages", "any any")}})
	c := Config{Files: []File{toFile(t, "messages", "any any"), toFile(t, "new", "any any"), {Place: "file ../x", Name: "../x"}}}
	c.Hosts = nil
	c.Inputs.UDP = []Listen{everywhere(port)}
	c.Files[0].Match = "(ab"
	_, err = w.Prepare(c)
	var all PlaceErrors
	if !errors.As(err, &all) || len(all) != 3 {
		t.Fatalf("got %v, want three errors", err)
	}
	for i, want := range []string{"file messages", "file ../x", c.Inputs.UDP[0].Place} {
		if all[i].Place != want {
			t.Errorf("error %d is at %q, want %q", i, all[i].Place, want)
		}
	}
	if !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("%v is not EADDRINUSE", err)
	}
	if _, err := os.Stat(filepath.Join(w.dir, "log", "new")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file of the refused change is left: %v", err)
	}
	w.Log(event.Subject{}, event.Entry{Process: "mgd", Facility: event.ChangeLog, Text: "still here"})
	w.has("messages", "still here")
}

func TestAbortLeavesNothing(t *testing.T) {
	port := freePort(t)
	path := filepath.Join(t.TempDir(), "log.sock")
	w := start(t, Config{Files: []File{toFile(t, "messages", "any any")}})
	c := Config{Files: []File{toFile(t, "other", "any any")}}
	c.Inputs = Inputs{Unix: []UnixInput{{"unix", path}}, UDP: []Listen{everywhere(port)}, TCP: []Listen{everywhere(port)}}
	before := runtime.NumGoroutine()
	for range 2 {
		p, err := w.Prepare(c)
		if err != nil {
			t.Fatal(err)
		}
		send(t, "udp", fmt.Sprintf("127.0.0.1:%d", port), "<13>early: by the old routes")
		p.Abort()
	}
	w.eventually(func() bool { return strings.Count(w.text("messages"), "early") == 2 }, func() string { return w.text("messages") })
	for _, gone := range []string{path, filepath.Join(w.dir, "log", "other")} {
		if _, err := os.Stat(gone); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is left: %v", gone, err)
		}
	}
	l, err := net.Listen("tcp", fmt.Sprintf(":%d", port))
	if err != nil {
		t.Fatalf("the port is still taken: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	w.eventually(func() bool { return runtime.NumGoroutine() <= before }, func() string { return stacks() })
}

func stacks() string {
	var b bytes.Buffer
	buf := make([]byte, 1<<20)
	b.Write(buf[:runtime.Stack(buf, true)])
	return b.String()
}

func TestCloseEndsEveryGoroutine(t *testing.T) {
	before := runtime.NumGoroutine()
	port := freePort(t)
	c := Config{Files: []File{toFile(t, "messages", "any any")}, Inputs: Inputs{UDP: []Listen{everywhere(port)}, TCP: []Listen{everywhere(port)}}}
	w := start(t, c)
	conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("<13>a: one\n<13>a: half")); err != nil {
		t.Fatal(err)
	}
	w.has("messages", "one")
	w.close()
	if !strings.Contains(w.text("messages"), "half") {
		t.Error("what was read is not in the file")
	}
	w.eventually(func() bool { return runtime.NumGoroutine() <= before }, func() string { return stacks() })
	if _, err := w.Prepare(Config{}); !errors.Is(err, ErrClosed) {
		t.Errorf("prepare after close: %v", err)
	}
}

func TestStaleUnixSocketIsReplacedALiveOneIsNot(t *testing.T) {
	dir := t.TempDir()
	stale, live, plainFile := filepath.Join(dir, "stale"), filepath.Join(dir, "live"), filepath.Join(dir, "file")
	for _, p := range []string{stale, live} {
		c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: p, Net: "unixgram"})
		if err != nil {
			t.Fatal(err)
		}
		if p == stale {
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
		} else {
			defer c.Close()
		}
	}
	if err := os.WriteFile(plainFile, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	w := start(t, Config{})
	_, err := w.Prepare(Config{Inputs: Inputs{Unix: []UnixInput{{"live", live}, {"file", plainFile}, {"none", filepath.Join(dir, "no/dir")}}}})
	var all PlaceErrors
	if !errors.As(err, &all) || len(all) != 3 {
		t.Fatalf("got %v", err)
	}
	if !errors.Is(all[0], syscall.EADDRINUSE) {
		t.Errorf("live: %v", all[0])
	}
	if !errors.Is(all[2], fs.ErrNotExist) {
		t.Errorf("missing directory: %v", all[2])
	}
	w.commit(Config{Inputs: Inputs{Unix: []UnixInput{{"stale", stale}}}})
}

func TestStartRetriesWhatFailsAndRunsTheRest(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := busy.Addr().(*net.TCPAddr).AddrPort().Port()
	c := Config{Files: []File{toFile(t, "messages", "any any")}, Inputs: Inputs{TCP: []Listen{local(port)}}}
	w := start(t, c)
	place := c.Inputs.TCP[0].Place
	if err := w.raised()[place]; !errors.Is(err, syscall.EADDRINUSE) {
		t.Fatalf("alarms: %v", w.raised())
	}
	if a := w.Statistics().Alarms; len(a) != 1 || a[0].Place != place {
		t.Errorf("statistics say %v", a)
	}
	w.Log(event.Subject{}, event.Entry{Process: "mgd", Facility: event.ChangeLog, Text: "runs"})
	w.has("messages", "runs")
	c.Files = append(c.Files, toFile(t, "more", "any any"))
	w.commit(c) // the alarm is no obstacle to another change
	if err := busy.Close(); err != nil {
		t.Fatal(err)
	}
	w.eventually(func() bool { return len(w.raised()) == 0 }, func() string { return fmt.Sprint(w.raised()) })
	send(t, "tcp", fmt.Sprintf("127.0.0.1:%d", port), "<13>a: at last\n")
	w.has("more", "at last")
}

func TestOwnListeningAddressIsNoHost(t *testing.T) {
	port := freePort(t)
	self := netip.MustParseAddr("192.0.2.7")
	for _, c := range []struct {
		host      string
		port      uint16
		transport Transport
		listen    Listen
		refused   bool
	}{
		{"127.0.0.1", port, TransportUDP, everywhere(port), true},
		{"127.0.0.9", port, TransportUDP, everywhere(port), true},
		{"::1", port, TransportUDP, everywhere(port), true},
		{"localhost", port, TransportUDP, everywhere(port), true},
		{"BOX", port, TransportUDP, everywhere(port), true},
		{self.String(), port, TransportUDP, everywhere(port), true},
		{self.String(), port, TransportUDP, local(port), false},
		{"127.0.0.1", port, TransportUDP, local(port), true},
		{"127.0.0.1", port, TransportTCP, local(port), false},
		{"127.0.0.1", port + 1, TransportUDP, local(port), false},
		{"192.0.2.8", port, TransportUDP, everywhere(port), false},
		{"log.example.net", port, TransportUDP, everywhere(port), false},
	} {
		conf := Config{HostName: "box", Inputs: Inputs{UDP: []Listen{c.listen}}}
		p := &Plan{engine: New(Options{LocalAddresses: func() ([]netip.Addr, error) { return []netip.Addr{self}, nil }}), next: newState(conf)}
		err := p.loop(wanted{part: Host{Name: c.host, Port: c.port, Transport: c.transport}})
		if (err != nil) != c.refused {
			t.Errorf("%s %s %d with %s: %v", c.transport, c.host, c.port, c.listen.Place, err)
		}
	}
}

func TestLogBothReachesOldAndNewRoutesOnce(t *testing.T) {
	w := start(t, Config{Files: []File{toFile(t, "kept", "any any"), toFile(t, "removed", "any any")}})
	entry := event.Entry{Process: "mgd", Tag: "UI_COMMIT_COMPLETED", Facility: event.InteractiveCommands, Severity: event.Notice, Text: "commit complete"}
	w.commit(Config{Files: []File{toFile(t, "kept", "any any"), toFile(t, "added", "any any")}})
	w.LogBoth(event.Subject{}, entry)
	for _, name := range []string{"kept", "removed", "added"} {
		if n := strings.Count(w.text(name), "UI_COMMIT_COMPLETED"); n != 1 {
			t.Errorf("%s has it %d times", name, n)
		}
	}
	w.LogBoth(event.Subject{}, entry) // the old routes have ended
	w.commit(Config{Files: []File{toFile(t, "kept", "any any"), toFile(t, "removed", "any any")}})
	if n := strings.Count(w.text("removed"), "UI_COMMIT_COMPLETED"); n != 1 {
		t.Errorf("removed has it %d times", n)
	}
}

// received collects what comes to a UDP socket.
func received(t *testing.T) (port uint16, next func() string) {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c.LocalAddr().(*net.UDPAddr).AddrPort().Port(), func() string {
		if err := c.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 64<<10)
		n, _, err := c.ReadFrom(buf)
		if err != nil {
			t.Fatal(err)
		}
		return string(buf[:n])
	}
}

func TestHostUserAndConsoleGetTheirLines(t *testing.T) {
	port, next := received(t)
	console := make(chan string, 10)
	terminal := make(chan string, 10)
	e := New(Options{
		Console:   func() (io.Writer, error) { return lineWriter(console), nil },
		Terminals: func(user string, line []byte) error { terminal <- user + ": " + string(line); return nil },
		Report:    func(place string, err error) { t.Errorf("%s: %v", place, err) },
	})
	all := Selection{Rules: rules(t, "any any")}
	c := Config{HostName: "box", Console: &Console{"console", all}, Users: []User{{Place: "user *", Name: "*", Selection: all}}}
	c.Hosts = []Host{{Place: "host", Name: "127.0.0.1", Port: port, Selection: all, FacilityOverride: 16, LogPrefix: "pre"}}
	if err := e.Start(c); err != nil {
		t.Fatal(err)
	}
	entry := event.Entry{Process: "mgd", Tag: "UI_COMMIT", Facility: event.InteractiveCommands, Severity: event.Notice, Text: "hello"}
	e.Log(event.Subject{PID: 42}, entry)
	if got := next(); !strings.HasPrefix(got, "<133>") || !strings.HasSuffix(got, " box pre: mgd[42]: UI_COMMIT: hello") {
		t.Errorf("host got %q", got)
	}
	if got := <-console; !strings.Contains(got, "box mgd[42]: UI_COMMIT: hello") {
		t.Errorf("console got %q", got)
	}
	if got := <-terminal; !strings.HasPrefix(got, "*: ") || !strings.HasSuffix(got, "UI_COMMIT: hello") {
		t.Errorf("terminal got %q", got)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := e.Close(ctx); err != nil {
		t.Error(err)
	}
}

// lineWriter sends what is written to a channel.
type lineWriter chan string

func (w lineWriter) Write(p []byte) (int, error) {
	w <- string(p)
	return len(p), nil
}

func TestChangedDestinationsKeepWhatTheyHave(t *testing.T) {
	port, next := received(t)
	all := Selection{Rules: rules(t, "any any")}
	c := Config{HostName: "box", Files: []File{toFile(t, "messages", "any any")}, Hosts: []Host{{Place: "host", Name: "127.0.0.1", Port: port, Selection: all, FacilityOverride: -1}}}
	w := start(t, c)
	before := w.state.destinations
	w.Log(event.Subject{}, event.Entry{Process: "mgd", Text: "one"})
	if got := next(); !strings.Contains(got, "one") {
		t.Errorf("got %q", got)
	}
	c.Files = []File{c.Files[0]}
	c.Files[0].ExplicitPriority, c.Files[0].Size = true, 1<<20
	other, nextOther := received(t)
	c.Hosts = []Host{c.Hosts[0]}
	c.Hosts[0].Port = other
	w.commit(c)
	w.Log(event.Subject{}, event.Entry{Process: "mgd", Tag: "TAG", Facility: event.ChangeLog, Severity: event.Notice, Text: "two"})
	if got := nextOther(); !strings.Contains(got, "two") {
		t.Errorf("got %q", got)
	}
	w.has("messages", "%CHANGE-5-TAG: two")
	for i, d := range w.state.destinations {
		if d != before[i] {
			t.Errorf("%s was opened again", d.id)
		}
	}
	w.eventually(func() bool {
		for _, d := range w.Statistics().Destinations {
			if d.Selected != 2 || d.Sink.Delivered != 2 {
				return false
			}
		}
		return true
	}, func() string { return fmt.Sprintf("%+v", w.Statistics().Destinations) })
}

func TestClearFlushAndReopen(t *testing.T) {
	w := start(t, Config{Files: []File{toFile(t, "messages", "any any")}})
	say := func(text string) {
		w.Log(event.Subject{}, event.Entry{Process: "mgd", Facility: event.Daemon, Text: text})
	}
	say("before")
	if err := w.ClearLog("messages", true); err != nil {
		t.Fatal(err)
	}
	say("after")
	if err := w.Flush("messages"); err != nil {
		t.Fatal(err)
	}
	if got := w.text("messages"); strings.Contains(got, "before") || !strings.Contains(got, "after") {
		t.Errorf("got %q", got)
	}
	live := filepath.Join(w.dir, "log", "messages")
	if err := os.Rename(live, live+".moved"); err != nil {
		t.Fatal(err)
	}
	w.Reopen()
	say("in the new file")
	if got := w.text("messages"); !strings.Contains(got, "in the new file") {
		t.Errorf("got %q", got)
	}
	for _, err := range []error{w.Flush("none"), w.ClearLog("none", false)} {
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("a file that is not configured: %v", err)
		}
	}
}

func TestUnixSenderIsKnownByItsCredentials(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.sock")
	w := start(t, Config{Files: []File{toFile(t, "kernel", "kernel any"), toFile(t, "user", "user any")}, Inputs: Inputs{Unix: []UnixInput{{"unix", path}}}})
	send(t, "unixgram", path, "<6>from the test")
	if os.Getuid() == 0 {
		w.has("kernel", "from the test")
	} else {
		w.has("user", "from the test")
	}
}

func TestTooManyConnectionsAreTurnedAwayAndCounted(t *testing.T) {
	port := freePort(t)
	e := New(Options{MaxConnections: 1})
	if err := e.Start(Config{Inputs: Inputs{TCP: []Listen{local(port)}}}); err != nil {
		t.Fatal(err)
	}
	var conns []net.Conn
	for range 2 {
		c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		conns = append(conns, c)
	}
	if _, err := conns[1].Read(make([]byte, 1)); err == nil {
		t.Error("the second connection was not closed")
	}
	if s := e.Statistics().Sources[1]; s.Connections != 1 || s.TurnedAway != 1 {
		t.Errorf("%+v", s)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := e.Close(ctx); err != nil {
		t.Error(err)
	}
}
