package syslogd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"loggia/audit/event"
	"loggia/syslogd/sink"
)

// holds checks every sum of a snapshot.
func holds(t testing.TB, st Statistics) {
	t.Helper()
	for _, s := range st.Sources {
		sum := s.Accepted
		for _, n := range s.Refused {
			sum += n
		}
		if s.Received != sum || int64(s.Received) < 0 {
			t.Errorf("%s: received is not accepted and refused: %+v", s.Name, s)
		}
	}
	for _, d := range st.Destinations {
		c := d.Sink
		if d.Selected != d.Filtered+c.Delivered+c.Repeated+c.Lost()+c.Waiting || int64(d.Selected) < 0 {
			t.Errorf("%s %s: the sum does not hold: %+v", d.Kind, d.Name, d)
		}
	}
}

func (w *world) destinationOf(kind Kind, name string) DestinationStatistics {
	w.t.Helper()
	for _, d := range w.Statistics().Destinations {
		if d.Kind == kind && d.Name == name {
			return d
		}
	}
	w.t.Fatalf("no %s %s: %v", kind, name, w.raised())
	return DestinationStatistics{}
}

// The sums hold at every moment, whatever commits and clears do meanwhile, and
// what was accepted is what a destination for everything was offered.
func TestSumsHoldUnderLoadAndCommits(t *testing.T) {
	port, away := freePort(t), freePort(t)
	everything := Selection{Rules: rules(t, "any any")}
	some := everything
	some.Match = "number .*7"
	configs := make([]Config, 4)
	for i := range configs {
		c := Config{Inputs: Inputs{TCP: []Listen{local(port)}, UDP: []Listen{local(port)}}}
		c.Files = []*File{toFile(t, "all", "any any"), {Place: "file few", Name: "few", Selection: some, Size: 64 << 10}}
		c.Hosts = []*Host{{Place: "host", Name: "127.0.0.1", Port: away, Transport: TransportTCP, Newline: i%2 == 0, Selection: everything, FacilityOverride: -1}}
		if i%3 == 0 {
			c.Files, c.Hosts = c.Files[:1], nil
		}
		configs[i] = c
	}
	w := start(t, configs[1])
	address := fmt.Sprintf("127.0.0.1:%d", port)
	senders := []*sender{{"tcp-a", 20_000, overTCP(address, 20_000)}, {"tcp-b", 20_000, overTCP(address, 20_000)}, {"udp-a", 5_000, overUDP(address, 5_000)}}
	var wg sync.WaitGroup
	done := make(chan struct{})
	for _, s := range senders {
		wg.Go(func() {
			if err := s.run(s); err != nil {
				t.Errorf("%s: %v", s.name, err)
			}
		})
	}
	go func() { wg.Wait(); close(done) }()
	random := rand.New(rand.NewPCG(1, 2))
	for commits := 0; ; commits++ {
		w.commit(configs[random.IntN(len(configs))])
		holds(t, w.Statistics())
		select {
		case <-done:
		default:
			continue
		}
		break
	}
	w.eventually(func() bool {
		n, _ := w.counts("tcp " + address)
		u, _ := w.counts("udp " + address)
		drops := u.KernelDrops + u.Refused[QueueFull]
		return n.Accepted == 40_000 && u.Accepted+drops == 5_000 && u.Waiting == 0 &&
			w.destinationOf(KindFile, "all").Selected == n.Accepted+u.Accepted
	}, func() string { return fmt.Sprintf("%+v", w.Statistics()) })
	st := w.Statistics()
	holds(t, st)
	w.ClearStatistics()
	st = w.Statistics()
	holds(t, st)
	for _, d := range st.Destinations {
		if d.Selected != d.Sink.Waiting {
			t.Errorf("%s %s after a clear: %+v", d.Kind, d.Name, d)
		}
	}
	w.end()
}

// end closes the engine without waiting for hosts that are away.
func (w *world) end() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := w.Close(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		w.t.Error(err)
	}
}

// reborn starts an engine on the directories of w, which is left as a kill
// leaves it.
func (w *world) reborn(c Config, ledger string, adjust ...func(*Options)) *world {
	w.t.Helper()
	next := &world{t: w.t, dir: w.dir, alarms: make(map[string]error), changed: make(chan struct{}, 100)}
	o := Options{LogDir: filepath.Join(w.dir, "log"), IndexDir: filepath.Join(w.dir, "index"), Ledger: ledger,
		Alarm: next.alarm, Report: func(place string, err error) { next.alarm("report "+place, err) }}
	for _, f := range adjust {
		f(&o)
	}
	next.Engine = New(o)
	w.t.Cleanup(func() { next.close() })
	if err := next.Start(c); err != nil {
		w.t.Fatal(err)
	}
	return next
}

// What a host was given and sent after the counters were kept last is not lost with
// them: its spool's numbers tell.
func TestAKillLosesNoCountsOfHosts(t *testing.T) {
	port := freePort(t)
	c := Config{Hosts: []*Host{{Place: "host", Name: "127.0.0.1", Port: port, Transport: TransportTCP, Newline: true, FacilityOverride: -1,
		Layout: Layout{AllowDuplicates: true}, Selection: Selection{Rules: rules(t, "any any")}}}}
	first := start(t, Config{})
	ledger := filepath.Join(first.dir, "statistics")
	with := func(o *Options) {
		o.SpoolDir, o.ReconnectFirst, o.ReconnectMost = filepath.Join(first.dir, "spool"), 10*time.Millisecond, 20*time.Millisecond
	}
	w := first.reborn(c, ledger, with)
	say := func(n int) {
		for i := range n {
			w.Submit(batch(sentBy("10.0.0.1"), fmt.Sprint("<13>message ", i)))
		}
	}
	wants := func(delivered, waiting uint64) {
		t.Helper()
		w.eventually(func() bool {
			d := w.destinationOf(KindHost, "127.0.0.1").Sink
			return d.Delivered == delivered && d.Waiting == waiting
		}, func() string { return fmt.Sprintf("%+v", w.destinationOf(KindHost, "127.0.0.1")) })
		holds(t, w.Statistics())
		if d := w.destinationOf(KindHost, "127.0.0.1").Sink; d.Accepted != delivered+waiting || d.Lost() != 0 {
			t.Errorf("%+v", d)
		}
	}
	killing := func(f func()) {
		w.save()
		killed, err := os.ReadFile(ledger)
		if err != nil {
			t.Fatal(err)
		}
		f()
		w.end()
		if err := os.WriteFile(ledger, killed, 0o600); err != nil {
			t.Fatal(err)
		}
		w = w.reborn(c, ledger, with)
	}
	killing(func() { say(4) }) // the first of all
	wants(0, 4)
	say(6)
	wants(0, 10)
	w.save()
	killed, err := os.ReadFile(ledger)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		for {
			conn, err := l.Accept()
			if err != nil {
				return // closed below
			}
			_, _ = io.Copy(io.Discard, conn) // until its sender ends
			conn.Close()
		}
	}()
	wants(10, 0)
	say(5)
	wants(15, 0)
	w.end()
	l.Close()
	<-served
	if err := os.WriteFile(ledger, killed, 0o600); err != nil {
		t.Fatal(err)
	}
	w = w.reborn(c, ledger, with)
	wants(15, 0)
	say(3)
	wants(15, 3)
	w.end()
	w = w.reborn(c, ledger, with)
	wants(15, 3)
}

// Counters survive a clean end and a kill. What waited in memory when the
// program was killed is lost, and counted as interrupted.
func TestCountersSurvive(t *testing.T) {
	port, away := freePort(t), freePort(t)
	for away == port { // which would be a loop
		away = freePort(t)
	}
	c := Config{
		Inputs: Inputs{TCP: []Listen{local(port)}},
		Files:  []*File{toFile(t, "all", "any any")},
		Users:  []User{{Place: "user nobody", Name: "nobody", Selection: Selection{Rules: rules(t, "any any")}}},
		Hosts: []*Host{{Place: "host", Name: "127.0.0.1", Port: away, Transport: TransportTCP, Newline: true, FacilityOverride: -1,
			Layout: Layout{AllowDuplicates: true}, Selection: Selection{Rules: rules(t, "any any")}}},
	}
	first := start(t, Config{})
	ledger := filepath.Join(first.dir, "statistics")
	w := first.reborn(c, ledger)
	address := fmt.Sprintf("127.0.0.1:%d", port)
	send(t, "tcp", address, strings.Repeat("<13>one\n", 7)+"nothing known\n")
	routed := func(n uint64) {
		t.Helper()
		w.eventually(func() bool {
			return w.destinationOf(KindFile, "all").Selected == n && w.destinationOf(KindHost, "127.0.0.1").Selected == n && w.destinationOf(KindUser, "nobody").Selected == n
		}, func() string { return fmt.Sprint(w.Statistics()) })
	}
	routed(8)
	w.save()
	killed, err := os.ReadFile(ledger)
	if err != nil {
		t.Fatal(err)
	}
	w.end()
	if err := os.WriteFile(ledger, killed, 0o600); err != nil {
		t.Fatal(err)
	}
	w = w.reborn(c, ledger)
	holds(t, w.Statistics())
	s, _ := w.counts("tcp " + address)
	if s.Received != 8 || s.Anomalies[NoHeader] != 1 || s.Anomalies[NoPriority] != 1 {
		t.Errorf("after a kill: %+v", s)
	}
	if d := w.destinationOf(KindHost, "127.0.0.1"); d.Selected != 8 || d.Sink.Dropped[sink.Interrupted]+d.Sink.Waiting != 8 {
		t.Errorf("after a kill: %+v", d)
	}
	w.ClearStatistics()
	send(t, "tcp", address, "<13>two\n")
	routed(1)
	w.end()
	w = w.reborn(c, ledger)
	holds(t, w.Statistics())
	if s, _ := w.counts("tcp " + address); s.Received != 1 {
		t.Errorf("after a clean end: %+v", s)
	}
	if d := w.destinationOf(KindFile, "all"); d.Selected != 1 || d.Sink.Delivered != 1 {
		t.Errorf("after a clear and a clean end: %+v", d)
	}
	w.end()
	if err := os.WriteFile(ledger, killed[:len(killed)-3], 0o600); err != nil {
		t.Fatal(err)
	}
	w = w.reborn(c, ledger)
	if err := w.raised()["report "]; !errors.Is(err, errLedger) {
		t.Errorf("a damaged ledger: %v", err)
	}
	holds(t, w.Statistics())
	w.end()
}

// Losses are announced once in an interval, with their number, and an
// announcement that is itself lost is no news.
func TestLossesAreAnnounced(t *testing.T) {
	var mu sync.Mutex
	var said []event.MessagesLost
	e := New(Options{Announce: func(ev event.Event) {
		mu.Lock()
		defer mu.Unlock()
		lost, ok := ev.(event.MessagesLost)
		if !ok {
			t.Errorf("%+v", ev)
		}
		said = append(said, lost)
	}})
	m := &memory{}
	id := destinationID{KindFile, "full"}
	d := &destination{id: id, sink: m, account: e.account(id)}
	d.account.open(d)
	lose := func(n uint64) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.counts.Accepted += n
		m.counts.Dropped[sink.NoSpace] += n
	}
	lose(5)
	src := e.source("udp *:514")
	src.refused[QueueFull].Add(3)
	src.kernelDrops.Add(4)
	e.tell(time.Minute)
	if len(said) != 2 {
		t.Fatalf("%+v", said)
	}
	for _, s := range said {
		if s.Where == "file full" && (s.Count != 5 || s.Reasons != "no-space 5") || s.Where == "udp *:514" && (s.Count != 7 || s.Reasons != "queue-full 3, dropped by the kernel 4") {
			t.Errorf("%+v", s)
		}
	}
	lose(2) // the two announcements
	e.tell(time.Minute)
	if len(said) != 2 {
		t.Errorf("news of what was said: %+v", said[2:])
	}
	lose(1)
	e.tell(time.Minute)
	if len(said) != 3 || said[2].Count != 3 {
		t.Errorf("the count is not exact: %+v", said)
	}
	if err := e.Close(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestRatesFollowTheLoad(t *testing.T) {
	var m meter
	m.measure(1_000_000, time.Second) // counted before: no rate
	if r := m.read(); r != (Rates{}) {
		t.Errorf("%+v", r)
	}
	n := uint64(1_000_000)
	for range 360 {
		n += 1000
		m.measure(n, 10*time.Second)
	}
	if r := m.read(); r.Minute < 99 || r.Minute > 100 || r.Minutes15 < 95 || r.Minutes15 > 100 {
		t.Errorf("an hour of 100 a second: %+v", r)
	}
	m.measure(0, 10*time.Second) // cleared
	if r := m.read(); r.Minute < 99 {
		t.Errorf("cleared: %+v", r)
	}
}

// Commits that name ever new destinations do not fill the memory.
func TestAccountsAreBounded(t *testing.T) {
	e := New(Options{})
	for i := range 3 * maxForgotten {
		e.account(destinationID{KindUser, fmt.Sprint(i)})
		e.source(fmt.Sprint("udp ", i))
		e.mu.Lock()
		e.forgetBooks(e.state)
		e.mu.Unlock()
	}
	if len(e.accounts) > maxForgotten || len(e.sources) > maxForgotten {
		t.Errorf("%d accounts, %d sources", len(e.accounts), len(e.sources))
	}
}
