package syslogd

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
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
	return startWith(t, c, func(*Options) {})
}

// startWith is start with options that change has seen.
func startWith(t testing.TB, c Config, change func(*Options)) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), alarms: make(map[string]error), changed: make(chan struct{}, 100)}
	for _, d := range []string{"log", "index"} {
		if err := os.Mkdir(filepath.Join(w.dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	o := Options{
		LogDir: filepath.Join(w.dir, "log"), IndexDir: filepath.Join(w.dir, "index"),
		Alarm: w.alarm, Report: func(place string, err error) { t.Errorf("%s: %v", place, err) },
		RetryFirst: time.Millisecond, RetryMost: 10 * time.Millisecond,
	}
	change(&o)
	w.Engine = New(o)
	t.Cleanup(func() { w.close() })
	if err := w.Start(c); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) close() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
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
	select {
	case w.changed <- struct{}{}:
	default: // who waits for it looks at what there is
	}
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

// patience is how long a test waits for what must happen. Only a failure uses it up.
const patience = time.Minute

// eventually waits until ok holds: it looks again whenever time has passed, and
// fails at the end of patience with what say returns.
func (w *world) eventually(ok func() bool, say func() string) {
	w.t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	end := time.After(patience)
	for !ok() {
		select {
		case <-tick.C:
		case <-end:
			w.t.Fatalf("not within %v: %s", patience, say())
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

func toFile(t testing.TB, name string, lines ...string) *File {
	return &File{Place: "file " + name, Name: name, Size: 1 << 30, Layout: Layout{AllowDuplicates: true}, Selection: Selection{Rules: rules(t, lines...)}}
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

func stacks() string {
	var b bytes.Buffer
	buf := make([]byte, 1<<20)
	b.Write(buf[:runtime.Stack(buf, true)])
	return b.String()
}
