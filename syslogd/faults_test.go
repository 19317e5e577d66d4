package syslogd

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"loggia/audit/event"
	"loggia/syslogd/logfile"
)

// A schedule is a short life of an engine among faults, drawn from a seed. After
// each, every message that was sent is accounted for: it is where it should be,
// in the order of its source and once, or a counter tells of it. `make faults`
// runs many more than the tests of every day.
var (
	faultSchedules = flag.Int("faults.schedules", 270, "schedules of faults inside one process")
	faultKills     = flag.Int("faults.kills", 30, "schedules with kill -9")
	faultSeed      = flag.Uint64("faults.seed", 1, "seed of the first schedule")
	faultAtOnce    = flag.Int("faults.parallel", 12, "schedules at the same time: they wait more than they work")
)

// faultDeadline bounds each wait: far beyond what a loaded machine needs.
const faultDeadline = time.Minute

// faultStep is something that happens in a schedule.
type faultStep struct {
	name string
	odds int
	do   func(*faultRun)
}

// faultSteps are the steps. A row of WaitingPlaces says in placeSteps which of
// them fill it.
func faultSteps() []faultStep {
	return []faultStep{
		{"send", 40, func(r *faultRun) { r.send(1 + r.rng.IntN(120)) }},
		{"burst", 4, func(r *faultRun) { r.send(1000) }},
		{"peer down", 4, func(r *faultRun) { r.peer().down() }},
		{"peer up", 6, func(r *faultRun) { r.peer().up() }},
		{"peer stalled", 4, func(r *faultRun) { p := r.peer(); p.mood(func() { p.stalled = true }) }},
		{"peer reads on", 4, func(r *faultRun) { p := r.peer(); p.mood(func() { p.stalled = false }) }},
		{"peer slow", 3, func(r *faultRun) { p := r.peer(); p.mood(func() { p.slow = !p.slow }) }},
		{"peer resets", 4, func(r *faultRun) { r.peer().reset() }},
		{"peer half-closes", 4, func(r *faultRun) { r.peer().part() }},
		{"certificate expires", 3, func(r *faultRun) { r.expired.Store(!r.expired.Load()); r.secure.reset() }},
		{"disk full", 3, func(r *faultRun) { r.disk(disk{size: 1000, free: 1}) }},
		{"disk has room", 4, func(r *faultRun) { r.disk(roomy) }},
		{"terminals stuck", 3, func(r *faultRun) { r.stuck(true) }},
		{"terminals go on", 3, func(r *faultRun) { r.stuck(false) }},
		{"kernel speaks", 4, func(r *faultRun) { r.kernelSpeaks(1 + r.rng.IntN(5)) }},
		{"own records", 5, func(r *faultRun) { r.ownRecords(1 + r.rng.IntN(8)) }},
		{"repeat", 3, func(r *faultRun) { r.repeat(2 + r.rng.IntN(5)) }},
		{"half a message", 4, (*faultRun).halfMessage},
		{"connect anew", 5, (*faultRun).connectAnew},
		{"commit", 8, (*faultRun).change},
		{"rehearse", 2, (*faultRun).rehearse},
	}
}

// roomy is a disk that nothing fills.
var roomy = disk{size: 1 << 40, free: 1 << 40}

// placeSteps are the steps that make messages wait at each place. kill -9, which
// meets all of them, is the other half of this test.
func placeSteps() map[string][]string {
	return map[string][]string{
		"kernel: udp receive buffer":                              {"burst", "commit"},
		"kernel: unix receive queue":                              {"burst"},
		"kernel: tcp receive buffer":                              {"burst", "commit"},
		"kernel: tcp accept queue":                                {"connect anew", "commit"},
		"datagram input: receive slots":                           {"burst"},
		"datagram input: queue":                                   {"burst", "commit"},
		"tcp connection: unfinished message":                      {"half a message"},
		"tls connection: unfinished record":                       {"half a message", "burst"},
		"tcp connection: read buffer":                             {"burst"},
		"kernel input: batch":                                     {"kernel speaks"},
		"routing: formatted lines":                                {"burst", "commit"},
		"recent messages: copies to try a commit on":              {"send", "rehearse"},
		"file: repeat count":                                      {"repeat", "commit"},
		"file: archive not yet compressed":                        {"burst"},
		"hosts, files: own records, where either are 128 or more": {"own records", "commit"},
		"host: spool":                                             {"peer down", "peer stalled", "certificate expires", "commit"},
		"host: sent, not acknowledged":                            {"peer stalled", "peer slow", "peer resets", "peer half-closes"},
		"user, console: queue":                                    {"terminals stuck"},
	}
}

// faultSource is a sender, with what it has sent.
type faultSource struct {
	name  string
	dial  func() (net.Conn, error)
	lines bool // a stream, with a newline behind each message

	conn   net.Conn
	serial int    // of conn: only the messages of one connection have an order
	sent   int    // over conn, numbered from 1
	held   string // the other half of a message
}

// label is what the messages of the present connection call themselves.
func (s *faultSource) label() string { return fmt.Sprintf("%sx%d", s.name, s.serial) }

// presence is when a destination was configured: in a window of numbers of each
// source the change came somewhere.
type presence struct {
	after  bool
	lo, hi map[string]int
}

// faultRun is one schedule.
type faultRun struct {
	t    *testing.T
	seed uint64
	rng  *rand.Rand
	dir  string
	at   func(last byte, port uint16) netip.AddrPort

	engine  *Engine
	kmsg    *device
	plain   *badPeer
	secure  *badPeer
	expired atomic.Bool
	sources []*faultSource
	sent    map[string]int // by label
	repeats int            // equal messages that were sent
	halted  bool           // the disk is full, and connections are not read

	configure func(variation) Config

	mu      sync.Mutex // guards what follows
	waiting *sync.Cond
	stop    bool     // terminals do not take lines
	shown   []string // what they took

	// What is configured now, and since when.
	now       variation
	presences map[string][]presence // by destination
	log       []string
}

// variation is what commits change.
type variation struct {
	second   bool // the second tcp input and udp are listened on
	extra    bool // the second file
	tls      bool // the second host
	newline  bool // the framing of the first host
	match    int  // the expression of a third file
	overflow Overflow
}

// faultNode marks what the engine sends.
const faultNode = "fault-node"

// security is what all schedules share: making certificates takes time.
type security struct{ server, client, good, expired tls.Certificate }

func newSecurity(t *testing.T) *security {
	year := time.Now().Add(24 * time.Hour)
	return &security{selfSigned(t, nil, year), selfSigned(t, nil, year), selfSigned(t, nil, year), selfSigned(t, nil, time.Now().Add(-time.Hour))}
}

func TestFaults(t *testing.T) {
	ran := make(map[string]*atomic.Int64)
	for _, s := range faultSteps() {
		ran[s.name] = new(atomic.Int64)
	}
	known := placeSteps()
	for _, p := range WaitingPlaces() {
		if len(known[p.Place]) == 0 {
			t.Errorf("%s: no fault meets it", p.Place)
		}
		for _, step := range known[p.Place] {
			if ran[step] == nil {
				t.Errorf("%s: there is no step %q", p.Place, step)
			}
		}
		delete(known, p.Place)
	}
	for place := range known {
		t.Errorf("%s: there is no such place", place)
	}
	sec := newSecurity(t)
	var next atomic.Uint64
	var wg sync.WaitGroup
	var copies, gone atomic.Int64
	for worker := range *faultAtOnce {
		wg.Go(func() {
			for {
				n := next.Add(1) - 1
				if n >= uint64(*faultSchedules) || t.Failed() {
					return
				}
				r := newFaultRun(t, sec, *faultSeed+n, worker)
				c, g := r.play(ran)
				copies.Add(int64(c))
				gone.Add(int64(g))
			}
		})
	}
	wg.Wait()
	for name, n := range ran {
		if *faultSchedules >= 100 && n.Load() == 0 && !t.Failed() {
			t.Errorf("%q never happened", name)
		}
	}
	t.Logf("%d schedules; %d records arrived twice, %d were lost with a peer that had accepted them", *faultSchedules, copies.Load(), gone.Load())
}

func newFaultRun(t *testing.T, sec *security, seed uint64, worker int) *faultRun {
	r := &faultRun{t: t, seed: seed, rng: rand.New(rand.NewPCG(seed, 7)), dir: t.TempDir(),
		sent: make(map[string]int), presences: make(map[string][]presence)}
	r.waiting = sync.NewCond(&r.mu)
	// Addresses of its own: nobody else's connection takes a port while it is free.
	pid := os.Getpid()
	r.at = func(last byte, port uint16) netip.AddrPort {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, byte(16 + pid%200), byte(1 + (pid/200+worker*7)%250), last + byte(worker)*8 + 1}), port)
	}
	r.plain = newBadPeer(t, r.at(0, 6514), nil)
	r.secure = newBadPeer(t, r.at(1, 6514), func() *tls.Config {
		c := sec.good
		if r.expired.Load() {
			c = sec.expired
		}
		return &tls.Config{Certificates: []tls.Certificate{c}}
	})
	r.kmsg = newDevice(t)
	for _, d := range []string{"log", "index", "spool"} {
		r.must(os.Mkdir(filepath.Join(r.dir, d), 0o755))
	}
	r.engine = New(Options{
		LogDir: filepath.Join(r.dir, "log"), IndexDir: filepath.Join(r.dir, "index"), SpoolDir: filepath.Join(r.dir, "spool"), Node: faultNode,
		Report:         func(place string, err error) { r.t.Errorf("seed %d: %s: %v", r.seed, place, err) },
		ReconnectFirst: time.Millisecond, ReconnectMost: 20 * time.Millisecond, RetryFirst: time.Millisecond, RetryMost: 10 * time.Millisecond,
		Kernel:    func() (*os.File, error) { return r.kmsg.in, nil },
		Terminals: r.show,
	})
	r.engine.storage.measure = func() (disk, error) { return roomy, nil }
	r.engine.outbox.many = 1 + int(seed%2)*manyHosts // with and without
	r.now = variation{second: true, extra: true, tls: true, overflow: DropNew}
	hostTLS := &tls.Config{RootCAs: trusting(sec.good, sec.expired), ServerName: "peer"}
	server := &tls.Config{Certificates: []tls.Certificate{sec.server}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: trusting(sec.client)}
	r.configure = func(v variation) Config { return r.config(v, hostTLS, server) }
	r.must(r.engine.Start(r.configure(r.now)))
	client := &tls.Config{RootCAs: trusting(sec.server), ServerName: "peer", Certificates: []tls.Certificate{sec.client}}
	tcp := func(last byte) func() (net.Conn, error) {
		return func() (net.Conn, error) { return net.Dial("tcp", r.at(last, 514).String()) }
	}
	r.sources = []*faultSource{
		{name: "tcpa", dial: tcp(2), lines: true}, {name: "tcpb", dial: tcp(3), lines: true},
		{name: "tls", lines: true, dial: func() (net.Conn, error) { return tls.Dial("tcp", r.at(2, 6514).String(), client) }},
		{name: "unix", dial: func() (net.Conn, error) { return net.Dial("unixgram", r.socket()) }},
		{name: "udp", dial: func() (net.Conn, error) { return net.Dial("udp", r.at(3, 514).String()) }},
	}
	return r
}

func (r *faultRun) must(err error) {
	if err != nil {
		r.t.Errorf("seed %d: %v", r.seed, err)
	}
}

func (r *faultRun) socket() string { return filepath.Join(r.dir, "socket") }

// config is a configuration; what v does not vary is in all of them.
func (r *faultRun) config(v variation, host, server *tls.Config) Config {
	everything := rules(r.t, "any any", "local7 none")
	listen := func(last byte, port uint16) Listen {
		return Listen{Place: fmt.Sprintf("input %d %d", last, port), Address: r.at(last, port)}
	}
	file := func(name string) *File {
		return &File{Place: "file " + name, Name: name, Selection: Selection{Rules: everything}, Size: 64 << 10, Archives: 1000, Layout: Layout{AllowDuplicates: true}}
	}
	folded, matched := file("folded"), file("matched")
	folded.Rules, folded.AllowDuplicates = rules(r.t, "local7 any"), false
	matched.Match = fmt.Sprintf("number [0-9]*%d end", v.match)
	c := Config{
		HostName: "box", Storage: Storage{Place: "storage", Reserve: 10, Overflow: v.overflow},
		Files: []*File{file("all"), folded, matched},
		Hosts: []*Host{{Place: "host plain", Name: r.at(0, 0).Addr().String(), Port: 6514, Transport: TransportTCP, Newline: v.newline, FacilityOverride: -1,
			Selection: Selection{Rules: everything}, Layout: Layout{Structured: true, AllowDuplicates: true}}},
		Users: []User{{Place: "user", Name: "*", Selection: Selection{Rules: rules(r.t, "any critical")}, AllowDuplicates: true}},
		Inputs: Inputs{TCP: []Listen{listen(2, 514)}, TLS: []TLSListen{{Listen: listen(2, 6514), TLS: server}},
			Unix: []UnixInput{{Place: "unix", Path: r.socket()}}, Kernel: &KernelInput{Place: "kernel"}},
	}
	if v.second {
		c.Inputs.TCP = append(c.Inputs.TCP, listen(3, 514))
		c.Inputs.UDP = []Listen{listen(3, 514)}
	}
	if v.extra {
		c.Files = append(c.Files, file("extra"))
	}
	if v.tls {
		h := *c.Hosts[0]
		h.Place, h.Name, h.Transport, h.TLS, h.Newline = "host secure", r.at(1, 0).Addr().String(), TransportTLS, host, false
		c.Hosts = append(c.Hosts, &h)
	}
	return c
}

// peer returns one of the two log servers.
func (r *faultRun) peer() *badPeer {
	if r.rng.IntN(2) == 0 {
		return r.plain
	}
	return r.secure
}

// show is a terminal.
func (r *faultRun) show(_ string, line []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.stop {
		r.waiting.Wait()
	}
	r.shown = append(r.shown, string(line))
	return nil
}

func (r *faultRun) stuck(stop bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stop = stop
	r.waiting.Broadcast()
}

// disk makes the disk look like d.
func (r *faultRun) disk(d disk) {
	s := r.engine.storage
	s.mu.Lock()
	defer s.mu.Unlock()
	s.measure, s.calm = func() (disk, error) { return d, nil }, time.Time{}
	s.look()
	r.halted = d != roomy && r.now.overflow == Halt
}

// usable returns the sources whose input is configured.
func (r *faultRun) usable() []*faultSource {
	return slices.DeleteFunc(slices.Clone(r.sources), func(s *faultSource) bool {
		return !r.now.second && (s.name == "tcpb" || s.name == "udp")
	})
}

// send sends n messages, a few from each source in turn.
func (r *faultRun) send(n int) {
	if r.halted {
		n = min(n, 20) // nobody reads them now
	}
	all := r.usable()
	for n > 0 {
		few := min(n, 1+r.rng.IntN(40))
		r.from(all[r.rng.IntN(len(all))], few)
		n -= few
	}
}

// from sends n messages from s.
func (r *faultRun) from(s *faultSource, n int) {
	if s.conn == nil {
		c, err := s.dial()
		if err != nil {
			r.t.Errorf("seed %d: %s: %v", r.seed, s.name, err)
			return
		}
		r.must(c.SetWriteDeadline(time.Now().Add(faultDeadline)))
		s.conn, s.sent = c, 0
		s.serial++
	}
	var b strings.Builder
	b.WriteString(s.held)
	s.held = ""
	for range n {
		s.sent++
		text := message(s.label(), s.sent)
		if s.lines {
			b.WriteString(text + "\n")
			continue
		}
		if _, err := s.conn.Write([]byte(text)); err != nil {
			r.t.Errorf("seed %d: %s: %v", r.seed, s.name, err)
		}
	}
	if b.Len() > 0 {
		if _, err := s.conn.Write([]byte(b.String())); err != nil {
			r.t.Errorf("seed %d: %s: %v", r.seed, s.name, err)
		}
	}
	r.sent[s.label()] = s.sent
}

// message is a test message: every seventh is critical.
func message(label string, n int) string {
	pri := 13
	if n%7 == 0 {
		pri = 10
	}
	return fmt.Sprintf("<%d>1 2026-11-22T10:00:00Z web1 test - - - test-%s number %d end%s", pri, label, n, strings.Repeat("x", n*37%90))
}

// halfMessage sends the beginning of a message; the rest comes with the next.
func (r *faultRun) halfMessage() {
	s := r.usable()[0]
	r.from(s, 1)
	s.sent++
	text := message(s.label(), s.sent) + "\n"
	cut := 1 + r.rng.IntN(len(text)-1)
	s.held = text[cut:]
	_, err := s.conn.Write([]byte(text[:cut]))
	r.must(err)
	r.sent[s.label()] = s.sent
}

// connectAnew ends a connection in order; the next message opens another.
func (r *faultRun) connectAnew() {
	all := r.usable()
	r.part(all[r.rng.IntN(len(all))])
}

func (r *faultRun) part(s *faultSource) {
	if s.conn == nil {
		return
	}
	if s.held != "" {
		r.from(s, 0)
	}
	r.must(s.conn.Close())
	s.conn = nil
}

// repeat sends equal messages, for the file that folds them.
func (r *faultRun) repeat(n int) {
	c, err := net.Dial("unixgram", r.socket())
	if err != nil {
		r.t.Errorf("seed %d: %v", r.seed, err)
		return
	}
	for range n {
		_, err := c.Write([]byte("<190>same: the same again"))
		r.must(err)
	}
	r.repeats += n
	r.must(c.Close())
}

// kernelSpeaks adds n records to the kernel's.
func (r *faultRun) kernelSpeaks(n int) {
	for range n {
		r.sent["kern"]++
		r.kmsg.write(fmt.Sprintf("6,%d,0,-;test-kern number %d end\n", r.sent["kern"], r.sent["kern"]))
	}
}

// ownRecords logs records of our own, every seventh of them critical.
func (r *faultRun) ownRecords(n int) {
	for range n {
		r.sent["own"]++
		e := event.Entry{Process: "test", Facility: event.Local0, Severity: event.Info, Text: fmt.Sprintf("test-own number %d end", r.sent["own"])}
		if r.sent["own"]%7 == 0 {
			e.Severity = event.Critical
		}
		r.engine.Log(event.Subject{PID: 1}, e)
	}
}

// total is what was sent so far.
func (r *faultRun) total() (n uint64) {
	for _, sent := range r.sent {
		n += uint64(sent)
	}
	return n + uint64(r.repeats)
}

// takenIn returns what the inputs have taken, and what they have counted as lost.
func takenIn(st *Statistics) (accepted, lost uint64) {
	for i := range st.Sources {
		s := &st.Sources[i]
		accepted += s.Accepted
		lost += s.Received - s.Accepted + s.KernelDrops
	}
	return accepted, lost
}

// settle waits until everything that was sent is routed.
func (r *faultRun) settle() {
	if r.halted {
		r.disk(roomy)
	}
	for _, s := range r.sources {
		if s.held != "" {
			r.from(s, 0)
		}
	}
	r.until("everything is routed", func(st *Statistics) bool {
		accepted, lost := takenIn(st)
		routed := uint64(0)
		for _, d := range st.Destinations {
			if d.Kind == KindFile && (d.Name == "all" || d.Name == "folded") {
				routed += d.Selected
			}
		}
		return accepted+lost >= r.total() && routed >= accepted
	})
}

// until waits until ok holds of the statistics.
func (r *faultRun) until(what string, ok func(*Statistics) bool) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(faultDeadline); ; <-tick.C {
		st := r.engine.Statistics()
		if ok(&st) {
			return
		}
		if time.Now().After(end) {
			r.t.Errorf("seed %d: not in %v: %s: sent %d (%v), %+v\n%s", r.seed, faultDeadline, what, r.total(), r.sent, st, strings.Join(r.log, ", "))
			return
		}
	}
}

// change commits another configuration while messages come in.
func (r *faultRun) change() {
	next := r.now
	switch r.rng.IntN(7) {
	case 0:
		next.second = !next.second
	case 1:
		next.extra = !next.extra
	case 2:
		next.tls = !next.tls
	case 3:
		next.newline = !next.newline
	case 4:
		next.match = r.rng.IntN(10)
	case 5:
		if !r.halted {
			next.overflow = []Overflow{DropNew, Halt}[r.rng.IntN(2)]
			r.disk(roomy)
		}
	default: // nothing
	}
	r.commit(next)
}

func (r *faultRun) commit(next variation) {
	r.settle()
	lo := maps.Clone(r.sent)
	if r.now.second && !next.second {
		for _, s := range r.sources {
			if s.name == "tcpb" || s.name == "udp" {
				r.from(s, 20) // they are on their way when the input goes
			}
		}
	}
	old := r.now
	r.now.second = r.now.second && next.second
	done := make(chan struct{})
	go func() {
		defer close(done)
		p, err := r.engine.Prepare(r.configure(next))
		if err != nil {
			r.t.Errorf("seed %d: commit: %v", r.seed, err)
			return
		}
		if next == old { // nothing changes: giving it up must change nothing either
			p.Abort()
			return
		}
		p.Apply()
	}()
	for busy := true; busy; {
		select {
		case <-done:
			busy = false
		default:
			r.send(5)
		}
	}
	r.now = next
	hi := maps.Clone(r.sent)
	note := func(name string, before, after bool) {
		if before != after {
			r.presences[name] = append(r.presences[name], presence{after, lo, hi})
		}
	}
	note("extra", old.extra, next.extra)
	note("secure", old.tls, next.tls)
	if old.second && !next.second {
		for _, s := range r.sources {
			if s.name == "tcpb" || s.name == "udp" {
				r.part(s)
			}
		}
	}
}

// rehearse asks what another configuration would change.
func (r *faultRun) rehearse() {
	next, err := Rehearse(r.configure(variation{}))
	r.must(err)
	x := r.engine.Impact(next, time.Time{})
	if x.Tried+x.Passed > r.total() {
		r.t.Errorf("seed %d: %d messages tried of %d", r.seed, x.Tried, r.total())
	}
}

// play runs the schedule and judges it. It returns how many records arrived
// twice, and how many were lost with a peer that had accepted them.
func (r *faultRun) play(ran map[string]*atomic.Int64) (copies, gone int) {
	steps := faultSteps()
	odds := 0
	for _, s := range steps {
		odds += s.odds
	}
	for range 8 + r.rng.IntN(25) {
		at := r.rng.IntN(odds)
		for _, s := range steps {
			if at -= s.odds; at < 0 {
				r.log = append(r.log, s.name)
				ran[s.name].Add(1)
				s.do(r)
				break
			}
		}
	}
	r.plain.heal()
	r.expired.Store(false)
	r.secure.heal()
	r.disk(roomy)
	r.stuck(false)
	last := r.now
	last.second, last.extra, last.tls = true, true, true
	r.commit(last)
	r.settle()
	r.until("nothing waits", func(st *Statistics) bool {
		return !slices.ContainsFunc(st.Destinations, func(d DestinationStatistics) bool { return d.Sink.Waiting > 0 })
	})
	st := r.engine.Statistics()
	holds(r.t, st)
	ctx, cancel := context.WithTimeout(context.Background(), faultDeadline)
	defer cancel()
	slow := time.AfterFunc(faultDeadline/2, func() { r.fail("the engine does not end:\n%s", stacks()) })
	r.must(r.engine.Close(ctx))
	slow.Stop()
	for _, s := range r.sources {
		if s.conn != nil {
			if err := s.conn.Close(); err != nil && !errors.Is(err, net.ErrClosed) && s.name != "tls" {
				r.must(err)
			}
		}
	}
	copies, gone = r.judgeHost(&st, "plain", r.plain)
	c, g := r.judgeHost(&st, "secure", r.secure)
	r.judgeFiles(&st)
	r.judgeTerminals(&st)
	r.must(os.RemoveAll(r.dir))
	return copies + c, gone + g
}

// lostAt is what a destination has counted as lost.
func lostAt(st *Statistics, kind Kind, name string) int {
	for _, d := range st.Destinations {
		if d.Kind == kind && d.Name == name {
			return int(d.Sink.Lost())
		}
	}
	return 0
}

func (r *faultRun) judgeHost(st *Statistics, name string, p *badPeer) (copies, gone int) {
	d, err := judge(p.end(), faultNode)
	if err != nil {
		r.fail("host %s: %v", name, err)
		return 0, 0
	}
	if d.copies > 0 && len(p.history) < 3 /* with the one of end */ {
		r.fail("host %s: %d copies over one connection", name, d.copies)
	}
	lost := lostAt(st, KindHost, p.at.Addr().String())
	if d.skipped > lost {
		r.fail("host %s: %d records never came, %d are counted", name, d.skipped, lost)
	}
	r.judge("host "+name, st, d.numbers, r.presences[name], d.gone+lost)
	return d.copies, d.gone
}

// fail reports what a schedule has shown, with all that repeats it.
func (r *faultRun) fail(format string, args ...any) {
	r.t.Errorf("seed %d: %s\n%s", r.seed, fmt.Sprintf(format, args...), strings.Join(r.log, ", "))
}

// linesOf returns the lines of a log with its archives.
func (r *faultRun) linesOf(name string) (lines []string) {
	l, err := logfile.Open(filepath.Join(r.dir, "log"), filepath.Join(r.dir, "index"), name)
	if err != nil {
		r.fail("%v", err)
		return nil
	}
	for line, err := range l.All(context.Background()) {
		if err != nil {
			r.fail("%s: %v", name, err)
			continue
		}
		if text := string(line.Text); !strings.Contains(text, "newsyslog") {
			lines = append(lines, text)
		}
	}
	r.must(l.Close())
	return lines
}

// numbersOf returns the numbers of the test messages by source, in order.
func (r *faultRun) numbersOf(what string, lines []string) map[string][]int {
	all := make(map[string][]int)
	for _, line := range lines {
		label, n, err := numbered(line)
		if err != nil {
			r.fail("%s: %v", what, err)
			continue
		}
		all[label] = append(all[label], n)
	}
	return all
}

func (r *faultRun) judgeFiles(st *Statistics) {
	for _, name := range []string{"all", "extra"} {
		r.judge("file "+name, st, r.numbersOf(name, r.linesOf(name)), r.presences[name], lostAt(st, KindFile, name))
	}
	for label, numbers := range r.numbersOf("matched", r.linesOf("matched")) {
		if !rising(numbers) {
			r.fail("file matched: %s: %v", label, numbers)
		}
	}
	same := 0
	for _, line := range r.linesOf("folded") {
		_, text, _ := strings.Cut(line, "box ")
		var n int
		if _, err := fmt.Sscanf(text, "last message repeated %d time", &n); err == nil {
			same += n
		} else if strings.HasSuffix(line, "the same again") {
			same++
		} else {
			r.fail("file folded: %q", line)
		}
	}
	_, missed := takenIn(st)
	if lost := lostAt(st, KindFile, "folded"); same > r.repeats || same+lost+int(missed) < r.repeats {
		r.fail("file folded: %d of %d equal messages, %d lost", same, r.repeats, lost)
	}
}

func (r *faultRun) judgeTerminals(st *Statistics) {
	lost, missing := lostAt(st, KindUser, "*"), 0
	_, missed := takenIn(st)
	numbers := r.numbersOf("terminal", r.shown)
	for label, sent := range r.sent {
		if label == "kern" {
			sent = 0
		}
		missing += sent/7 - len(numbers[label])
		if !rising(numbers[label]) {
			r.fail("terminal: %s: %v", label, numbers[label])
		}
	}
	if missing > lost+int(missed) {
		r.fail("terminal: %d are missing, %d are counted", missing, lost)
	}
}

// rising reports whether each number is greater than the one before: no copies,
// and the order of the source.
func rising(numbers []int) bool {
	return slices.IsSortedFunc(numbers, func(a, b int) int {
		if a < b {
			return -1
		}
		return 1
	})
}

// judge compares what is at a destination with what was sent: in the order of
// each source, once, and all of it but for what is counted. Of what came while a
// commit added or removed the destination, it has an end or a beginning.
func (r *faultRun) judge(what string, st *Statistics, numbers map[string][]int, changes []presence, lost int) {
	_, missed := takenIn(st)
	missing := 0
	for label, sent := range r.sent {
		got := numbers[label]
		if !rising(got) {
			r.fail("%s: %s is out of order or there twice: %v", what, label, got)
		}
		has := make([]bool, sent+1)
		for _, n := range got {
			if n < 1 || n > sent {
				r.fail("%s: %s has %d, which was not sent", what, label, n)
				continue
			}
			has[n] = true
		}
		missing += r.judgeSource(what, label, has, changes, lost == 0 && missed == 0)
	}
	for label := range numbers {
		if r.sent[label] == 0 {
			r.fail("%s: nobody sent %s", what, label)
		}
	}
	if missing > lost+int(missed) || changes == nil && missing != lost+int(missed) {
		r.fail("%s: %d are missing; %d are counted there and %d at the inputs", what, missing, lost, missed)
	}
}

// judgeSource returns how many messages of one source are missing.
func (r *faultRun) judgeSource(what, label string, has []bool, changes []presence, exact bool) (missing int) {
	there, from := true, 1
	count := func(to int) {
		for n := from; n <= to; n++ {
			switch {
			case there && !has[n]:
				missing++
			case !there && has[n]:
				r.fail("%s: %s has %d, which came while it was not configured", what, label, n)
			}
		}
	}
	for _, c := range changes {
		count(c.lo[label])
		window := has[c.lo[label]+1 : c.hi[label]+1]
		turned := slices.Index(window, c.after)
		if exact && turned >= 0 && slices.Contains(window[turned:], !c.after) {
			r.fail("%s: %s: a commit came between %d and %d, and has torn them apart: %v", what, label, c.lo[label]+1, c.hi[label], window)
		}
		there, from = c.after, c.hi[label]+1
	}
	count(len(has) - 1)
	return missing
}
