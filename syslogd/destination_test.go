package syslogd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"loggia/audit/event"
)

// received collects what comes to a UDP socket.
func received(t *testing.T) (port uint16, next func() string) {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c.LocalAddr().(*net.UDPAddr).AddrPort().Port(), func() string {
		if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
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
	c.Hosts = []*Host{{Place: "host", Name: "127.0.0.1", Port: port, Selection: all, FacilityOverride: 16, LogPrefix: "pre"}}
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
	ctx, cancel := context.WithTimeout(context.Background(), patience)
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
	c := Config{HostName: "box", Files: []*File{toFile(t, "messages", "any any")}, Hosts: []*Host{{Place: "host", Name: "127.0.0.1", Port: port, Selection: all, FacilityOverride: -1}}}
	w := start(t, c)
	before := w.state.destinations
	w.Log(event.Subject{}, event.Entry{Process: "mgd", Text: "one"})
	if got := next(); !strings.Contains(got, "one") {
		t.Errorf("got %q", got)
	}
	file, host := *c.Files[0], *c.Hosts[0]
	file.ExplicitPriority, file.Size = true, 1<<20
	c.Files = []*File{&file}
	other, nextOther := received(t)
	host.Port = other
	c.Hosts = []*Host{&host}
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
	w := start(t, Config{Files: []*File{toFile(t, "messages", "any any")}})
	say := func(text string) {
		w.Log(event.Subject{}, event.Entry{Process: "mgd", Facility: event.Daemon, Text: text})
	}
	say("before")
	if err := w.ClearLog("messages", "", true); err != nil {
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
	for _, err := range []error{w.Flush("none"), w.ClearLog("none", "", false)} {
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("a file that is not configured: %v", err)
		}
	}
}

func TestUnixSenderIsKnownByItsCredentials(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.sock")
	w := start(t, Config{Files: []*File{toFile(t, "kernel", "kernel any"), toFile(t, "user", "user any")}, Inputs: Inputs{Unix: []UnixInput{{"unix", path}}}})
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
	first, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	second, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err == nil { // else it was turned away before the dialer looked
		defer second.Close()
		if _, err := second.Read(make([]byte, 1)); err == nil {
			t.Error("the second connection was not closed")
		}
	}
	if s := e.Statistics().Sources[1]; s.Connections != 1 || s.TurnedAway != 1 {
		t.Errorf("%+v", s)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := e.Close(ctx); err != nil {
		t.Error(err)
	}
}
