package syslogd

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"loggia/audit/event"
)

func TestEveryInputReachesTheFile(t *testing.T) {
	port := freePort(t)
	c := Config{HostName: "box", Files: []*File{toFile(t, "messages", "any any")}}
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
	w := start(t, Config{Files: []*File{toFile(t, "messages", "any any")}, Inputs: Inputs{TCP: []Listen{local(port)}}})
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
	c := Config{MaxMessageSize: 1024, Files: []*File{toFile(t, "messages", "any any")}}
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
	w := start(t, Config{Files: []*File{toFile(t, "messages", "any any")}})
	c := Config{Files: []*File{toFile(t, "messages", "any any"), toFile(t, "new", "any any"), {Place: "file ../x", Name: "../x"}}}
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

// TestNobodyElseCanShareAPort binds beside ours, before and after our own
// sockets overlapped; at first with SO_REUSEPORT, as a second process of the same
// user could. (Linux remembers for as long as a TCP port is in use that its
// sockets were shared once.)
func TestNobodyElseCanShareAPort(t *testing.T) {
	port := freePort(t)
	c := Config{Inputs: Inputs{UDP: []Listen{everywhere(port)}, TCP: []Listen{everywhere(port)}}}
	w := start(t, c)
	intrude := func(shareTCP bool) {
		t.Helper()
		address := fmt.Sprintf("127.0.0.1:%d", port)
		if u, err := listenPacket(listenConfig(true), "udp4", address); !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("udp: %v %v", u, err)
		}
		if l, err := listenStream(listenConfig(shareTCP), "tcp4", address); !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("tcp: %v %v", l, err)
		}
	}
	intrude(true)
	w.commit(Config{Inputs: Inputs{UDP: []Listen{local(port)}, TCP: []Listen{local(port)}}})
	intrude(false)
	w.commit(c)
	intrude(false)
}

func TestAddressOfAnotherMachineIsNamed(t *testing.T) {
	w := start(t, Config{})
	c := Config{Inputs: Inputs{UDP: []Listen{{Place: "udp", Address: netip.MustParseAddrPort("192.0.2.77:5514")}}}}
	if _, err := w.Prepare(c); err == nil || !strings.Contains(err.Error(), "192.0.2.77 is no address of this machine") {
		t.Errorf("%v", err)
	}
}

// The first message behind a commit that raises max-message-size is whole already.
func TestRaisedMessageSizeHoldsAtOnce(t *testing.T) {
	port, path := freePort(t), filepath.Join(t.TempDir(), "log.sock")
	c := Config{MaxMessageSize: 480, Files: []*File{toFile(t, "messages", "any any")}}
	c.Inputs = Inputs{Unix: []UnixInput{{"unix", path}}, UDP: []Listen{local(port)}}
	w := start(t, c)
	address := fmt.Sprintf("127.0.0.1:%d", port)
	send(t, "udp", address, "<13>udp: small")
	send(t, "unixgram", path, "<13>unix: small")
	w.has("messages", "udp: small")
	w.has("messages", "unix: small")
	c.MaxMessageSize = 16 << 10
	w.commit(c)
	large := strings.Repeat("x", 10<<10)
	send(t, "udp", address, "<13>udp: "+large)
	send(t, "unixgram", path, "<13>unix: "+large)
	w.has("messages", "udp: "+large+"\n")
	w.has("messages", "unix: "+large+"\n")
}

func TestAbortLeavesNothing(t *testing.T) {
	port := freePort(t)
	path := filepath.Join(t.TempDir(), "log.sock")
	w := start(t, Config{Files: []*File{toFile(t, "messages", "any any")}})
	c := Config{Files: []*File{toFile(t, "other", "any any")}}
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

func TestCloseEndsEveryGoroutine(t *testing.T) {
	before := runtime.NumGoroutine()
	port := freePort(t)
	c := Config{Files: []*File{toFile(t, "messages", "any any")}, Inputs: Inputs{UDP: []Listen{everywhere(port)}, TCP: []Listen{everywhere(port)}}}
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
	c := Config{Files: []*File{toFile(t, "messages", "any any")}, Inputs: Inputs{TCP: []Listen{local(port)}}}
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
		err := p.loop(&wanted{part: &Host{Name: c.host, Port: c.port, Transport: c.transport}}, conf.endpoints())
		if (err != nil) != c.refused {
			t.Errorf("%s %s %d with %s: %v", c.transport, c.host, c.port, c.listen.Place, err)
		}
	}
}

func TestLogBothReachesOldAndNewRoutesOnce(t *testing.T) {
	w := start(t, Config{Files: []*File{toFile(t, "kept", "any any"), toFile(t, "removed", "any any")}})
	entry := event.Entry{Process: "mgd", Tag: "UI_COMMIT_COMPLETED", Facility: event.InteractiveCommands, Severity: event.Notice, Text: "commit complete"}
	w.commit(Config{Files: []*File{toFile(t, "kept", "any any"), toFile(t, "added", "any any")}})
	w.LogBoth(event.Subject{}, entry)
	for _, name := range []string{"kept", "removed", "added"} {
		if n := strings.Count(w.text(name), "UI_COMMIT_COMPLETED"); n != 1 {
			t.Errorf("%s has it %d times", name, n)
		}
	}
	w.LogBoth(event.Subject{}, entry) // the old routes have ended
	w.commit(Config{Files: []*File{toFile(t, "kept", "any any"), toFile(t, "removed", "any any")}})
	if n := strings.Count(w.text("removed"), "UI_COMMIT_COMPLETED"); n != 1 {
		t.Errorf("removed has it %d times", n)
	}
}

// What comes to the sockets of the first configuration before it is in force is
// not read until then: there would be no file to write it to.
func TestTheFirstConfigurationGetsWhatWaits(t *testing.T) {
	dir := t.TempDir()
	path, udp, tcp := filepath.Join(dir, "sock"), freePort(t), freePort(t)
	w := &world{t: t, dir: dir, alarms: make(map[string]error), changed: make(chan struct{}, 100)}
	for _, d := range []string{"log", "index"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	w.Engine = New(Options{LogDir: filepath.Join(dir, "log"), IndexDir: filepath.Join(dir, "index"), Alarm: w.alarm})
	t.Cleanup(w.close)
	c := Config{Files: []*File{toFile(t, "f", "any any")},
		Inputs: Inputs{Unix: []UnixInput{{Path: path}}, UDP: []Listen{local(udp)}, TCP: []Listen{local(tcp)}}}
	given, err := w.Prepare(c)
	if err != nil {
		t.Fatal(err)
	}
	given.Abort()
	p, err := w.Prepare(c)
	if err != nil {
		t.Fatal(err)
	}
	send(t, "unixgram", path, "<14>by unix")
	send(t, "udp", fmt.Sprintf("127.0.0.1:%d", udp), "<14>by udp")
	send(t, "tcp", fmt.Sprintf("127.0.0.1:%d", tcp), "<14>by tcp\n")
	for _, s := range w.Statistics().Sources {
		if s.Accepted != 0 {
			t.Errorf("%s has read already", s.Name)
		}
	}
	p.Apply()
	for _, text := range []string{"by unix", "by udp", "by tcp"} {
		w.has("f", text)
	}
}
