package syslogd

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"loggia/audit/event"
	"loggia/syslogd/sink"
	"loggia/syslogd/wire"
)

// addressed is a TCP server for all of 127/8: it keeps what was sent to each
// address.
type addressed struct {
	sync.Mutex
	texts map[string][]string
}

func serveAddressed(t testing.TB, words []string) (*addressed, uint16) {
	l, err := net.Listen("tcp4", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	a := &addressed{texts: make(map[string][]string)}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return // closed below
			}
			wg.Go(func() { a.serve(c, words) })
		}
	})
	t.Cleanup(func() { _ = l.Close(); wg.Wait() })
	return a, uint16(l.Addr().(*net.TCPAddr).Port)
}

// serve keeps which of words each line has.
func (a *addressed) serve(c net.Conn, words []string) {
	defer c.Close()
	host, _, _ := net.SplitHostPort(c.LocalAddr().String())
	for lines := bufio.NewScanner(c); lines.Scan(); {
		text := lines.Text()
		if i := slices.IndexFunc(words, func(w string) bool { return strings.Contains(text, w) }); i >= 0 {
			text = words[i]
		}
		a.Lock()
		a.texts[host] = append(a.texts[host], text)
		a.Unlock()
	}
}

func own(text string) event.Entry {
	return event.Entry{Process: "p", Facility: event.Daemon, Severity: event.Info, Text: text}
}

// TestOwnRecordsToManyHosts: each of many hosts gets records of our own in order
// and once, through a change to fewer and from its last record on.
func TestOwnRecordsToManyHosts(t *testing.T) {
	words := []string{"first", "second", "completed", "later"}
	a, port := serveAddressed(t, words)
	const before, after = manyHosts + 12, 100
	hosts := func(n int) (c Config) {
		c.Files = []*File{toFile(t, "all", "daemon info")}
		for i := range n {
			c.Hosts = append(c.Hosts, &Host{Place: fmt.Sprint("host ", i), Name: fmt.Sprintf("127.3.0.%d", 1+i), Transport: TransportTCP, FacilityOverride: -1, Newline: true, Port: port,
				Selection: Selection{Rules: rules(t, "daemon info")}})
		}
		return c
	}
	w := startWith(t, hosts(before), func(o *Options) { o.SpoolDir = t.TempDir() })
	by := event.Subject{PID: 1}
	w.Log(by, own("first"))
	w.LogAll(by, []event.Entry{own("second")})
	w.commit(hosts(after))
	w.LogBoth(by, own("completed"))
	w.Log(by, own("later"))
	for _, word := range words {
		if text := w.text("all"); strings.Count(text, word) != 1 {
			t.Errorf("the file lacks %q:\n%s", word, text)
		}
	}
	want := func(i int) []string {
		if i < after {
			return words
		}
		return words[:3]
	}
	w.eventually(func() bool {
		a.Lock()
		defer a.Unlock()
		for i := range before {
			if !slices.Equal(a.texts[fmt.Sprintf("127.3.0.%d", 1+i)], want(i)) {
				return false
			}
		}
		return true
	}, func() string { return fmt.Sprint(a.texts) })
}

// standing is a host whose spool takes nothing until it is let go.
type standing struct {
	letGo chan struct{}
	mu    sync.Mutex
	lines int
}

func (s *standing) Style() *wire.Style          { return new(wire.Style) }
func (s *standing) Counters() sink.Counters     { return sink.Counters{} }
func (s *standing) Close(context.Context) error { return nil }

func (s *standing) Write(l *sink.Lines) {
	<-s.letGo
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines += len(l.Lines)
}

// manyStanding is a table of so many hosts that stand still.
func manyStanding(t testing.TB, n int) (*table, *standing) {
	s := &standing{letGo: make(chan struct{})}
	var routes []route
	for i := range n {
		routes = append(routes, route{dest: &destination{id: destinationID{KindHost, fmt.Sprint(i)}, sink: s}, wanted: ready(Selection{Rules: rules(t, "any any")}, wire.Style{}, false)})
	}
	return newTable(routes, settings{}, nil), s
}

func ownBatchOf(size int) *wire.Batch {
	b := &wire.Batch{Origin: wire.Origin{Kind: wire.Self}}
	wire.AppendEntry(b, own(strings.Repeat("x", size)), 1, "")
	return b
}

// TestOutboxWaitsForNoHost: who records does not wait for the hosts, until the
// outbox is full; then everything arrives.
func TestOutboxWaitsForNoHost(t *testing.T) {
	o := newOutbox(t.Context(), func(*wire.Batch) {}, func(_ string, err error) { t.Error(err) })
	spare := func() *wire.Batch { return new(wire.Batch) }
	table, hosts := manyStanding(t, manyHosts)
	b := ownBatchOf(1 << 10)
	fit := (outboxBytes - manyHosts*legBytes) / len(b.Buf)
	for range fit {
		if hosts, files := o.takes(table, b, nil, spare); !hosts || files {
			t.Fatal("not taken")
		}
	}
	full := make(chan struct{})
	go func() {
		defer close(full)
		o.takes(table, b, nil, spare)
	}()
	if o.mu.Lock(); o.bytes > outboxBytes || o.put > uint64(fit) {
		t.Errorf("%d bytes of %d records wait", o.bytes, o.put)
	}
	o.mu.Unlock()
	close(hosts.letGo)
	<-full
	o.empty()
	if want := (fit + 1) * manyHosts; hosts.lines != want || o.bytes != 0 || o.busy {
		t.Errorf("%d lines, want %d; %+v", hosts.lines, want, o)
	}
	few, _ := manyStanding(t, manyHosts-1)
	if hosts, files := o.takes(few, b, nil, spare); hosts || files {
		t.Error("few hosts, and nothing waits: it is faster at once")
	}
}

// TestOutboxGivesUp: at the end of the engine's time what waits is given up, and
// its number told.
func TestOutboxGivesUp(t *testing.T) {
	life, end := context.WithCancel(t.Context())
	told := make(chan error, 10)
	o := newOutbox(life, func(*wire.Batch) {}, func(_ string, err error) { told <- err })
	table, hosts := manyStanding(t, manyHosts)
	for range 3 {
		o.takes(table, ownBatchOf(10), nil, func() *wire.Batch { return new(wire.Batch) })
	}
	end()
	close(hosts.letGo)
	o.empty()
	close(told)
	n := 0
	for err := range told {
		var some int
		if _, e := fmt.Sscan(err.Error(), &some); e != nil {
			t.Error(err)
		}
		n += some
	}
	if n != 3 {
		t.Errorf("%d records were given up, want 3", n)
	}
}

// TestOwnRecordsToManyFiles: who records does not wait for many files, and who reads
// one finds what was recorded, through a change that removes some and at the end.
func TestOwnRecordsToManyFiles(t *testing.T) {
	words := []string{"first", "second", "completed", "later"}
	files := func(n int) (c Config) {
		for i := range n {
			c.Files = append(c.Files, toFile(t, fmt.Sprint("f", i), "daemon info"))
		}
		return c
	}
	w := start(t, files(manyHosts+12))
	by := event.Subject{PID: 1}
	w.Log(by, own("first"))
	if err := w.Flush("f7"); err != nil {
		t.Fatal(err)
	}
	if text := w.text("f7"); !strings.Contains(text, "first") {
		t.Errorf("who reads does not find it: %q", text)
	}
	w.LogAll(by, []event.Entry{own("second")})
	w.commit(files(100))
	w.LogBoth(by, own("completed"))
	w.Log(by, own("later"))
	if err := w.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := range manyHosts + 12 {
		text := w.text(fmt.Sprint("f", i))
		last := 0
		for n, word := range words {
			want := 1
			if i >= 100 && n == len(words)-1 {
				want = 0
			}
			if strings.Count(text, word) != want {
				t.Errorf("file %d has %q %d times, want %d:\n%s", i, word, strings.Count(text, word), want, text)
			}
			if at := strings.Index(text, word); want == 1 && at < last {
				t.Errorf("file %d has %q too early:\n%s", i, word, text)
			} else if want == 1 {
				last = at
			}
		}
	}
}
