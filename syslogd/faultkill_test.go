package syslogd

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"loggia/audit/event"
	"loggia/syslogd/wire"
)

// victimEnv makes the test binary a process that runs an engine until it is
// killed: its value is a directory, the address that it listens on and the one it
// sends to.
const victimEnv = "LOGGIA_TEST_VICTIM"

func TestMain(m *testing.M) {
	if args := os.Getenv(victimEnv); args != "" {
		runVictim(strings.Split(args, " "))
	}
	os.Exit(m.Run())
}

// victimConfig is what a victim runs: inputs at listen, a log server at peer.
func victimConfig(dir string, listen, peer netip.AddrPort, extra bool) Config {
	all := Selection{Rules: []Rule{{Set: everyFacility(), Any: true, Level: 7}}}
	file := func(name string) *File {
		return &File{Place: "file " + name, Name: name, Selection: all, Size: 32 << 10, Archives: 1000, Layout: Layout{AllowDuplicates: true}}
	}
	c := Config{HostName: "box", Files: []*File{file("all")},
		Hosts: []*Host{{Place: "host", Name: peer.Addr().String(), Port: peer.Port(), Transport: TransportTCP, FacilityOverride: -1,
			Selection: all, Layout: Layout{Structured: true, AllowDuplicates: true}}},
		Inputs: Inputs{TCP: []Listen{{Place: "tcp", Address: listen}}, Unix: []UnixInput{{Place: "unix", Path: filepath.Join(dir, "socket")}}}}
	if extra {
		c.Files = append(c.Files, file("extra"))
	}
	return c
}

func everyFacility() event.Set {
	set, _ := event.Named("any") // it is there
	return set
}

// runVictim answers every line of its input: `commit` puts another configuration
// in force, `end` closes the engine; anything else asks for the statistics.
func runVictim(args []string) {
	fatal := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	dir, listen, peer := args[0], netip.MustParseAddrPort(args[1]), netip.MustParseAddrPort(args[2])
	e := New(Options{LogDir: filepath.Join(dir, "log"), IndexDir: filepath.Join(dir, "index"), SpoolDir: filepath.Join(dir, "spool"), Node: faultNode,
		Ledger: filepath.Join(dir, "ledger"), ReconnectFirst: time.Millisecond, ReconnectMost: 20 * time.Millisecond,
		RetryFirst: time.Millisecond, RetryMost: 10 * time.Millisecond})
	extra := false
	fatal(e.Start(victimConfig(dir, listen, peer, extra)))
	fmt.Println("ready")
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		switch in.Text() {
		case "commit":
			extra = !extra
			p, err := e.Prepare(victimConfig(dir, listen, peer, extra))
			fatal(err)
			p.Apply()
		case "end":
			fatal(e.Close(context.Background()))
			os.Exit(0)
		}
		text, err := json.Marshal(e.Statistics())
		fatal(err)
		fmt.Println(string(text))
	}
	os.Exit(1)
}

// victim is such a process, seen from outside.
type victim struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// ask sends a line and returns the answer.
func (v *victim) ask(line string) (st Statistics, err error) {
	if _, err = fmt.Fprintln(v.in, line); err != nil {
		return st, err
	}
	text, err := v.out.ReadBytes('\n')
	if err != nil {
		return st, err
	}
	return st, json.Unmarshal(text, &st)
}

// killRun is one schedule with kill -9.
type killRun struct {
	*faultRun
	v      *victim
	listen netip.AddrPort
	lives  int
	cut    map[string]bool // labels that a kill may have cut short
	safe   map[string]int  // what of each was routed before the next kill came
}

// start runs the engine, anew or again.
func (k *killRun) start() bool {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %s %s", victimEnv, k.dir, k.listen, k.plain.at))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	k.must(err)
	out, err := cmd.StdoutPipe()
	k.must(err)
	k.must(cmd.Start())
	k.v = &victim{cmd, in, bufio.NewReader(out)}
	if line, err := k.v.out.ReadString('\n'); line != "ready\n" {
		k.fail("life %d: %q, %v", k.lives, line, err)
		return false
	}
	k.lives++
	return true
}

// kill kills the engine while messages are under way.
func (k *killRun) kill() {
	k.must(k.v.cmd.Process.Kill())
	_, _ = io.Copy(io.Discard, k.v.out)
	_ = k.v.cmd.Wait() // it was killed: that is its error
	for label := range k.sent {
		k.cut[label] = true
	}
	for _, s := range k.sources {
		if s.conn != nil {
			_ = s.conn.Close()
			s.conn, s.held = nil, ""
		}
	}
}

// secure waits until all that was sent is routed: no kill may cost it.
func (k *killRun) secure() {
	for _, s := range k.sources {
		if s.held != "" {
			k.from(s, 0)
		}
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(faultDeadline); !k.archived(); <-tick.C {
		if time.Now().After(end) {
			k.fail("not written in %v: %v", faultDeadline, k.sent)
			return
		}
	}
	for range 2 { // a change waits for those who still route by the one before
		_, err := k.v.ask("commit")
		k.must(err)
	}
	for label, sent := range k.sent {
		if !k.cut[label] {
			k.safe[label] = sent
		}
	}
}

// TestFaultsAndKills kills the engine among other faults, again and again. Of each
// connection that a kill has cut, a beginning is in the file and at the log
// server, and of all others everything; in order, and what arrives twice there
// bears the same mark.
func TestFaultsAndKills(t *testing.T) {
	var next atomic.Uint64
	var wg sync.WaitGroup
	var copies, gone, lives atomic.Int64
	for worker := range min(*faultAtOnce, 4) {
		wg.Go(func() {
			for {
				n := next.Add(1) - 1
				if n >= uint64(*faultKills) || t.Failed() {
					return
				}
				k := newKillRun(t, *faultSeed+n, worker)
				c, g := k.play()
				copies.Add(int64(c))
				gone.Add(int64(g))
				lives.Add(int64(k.lives))
			}
		})
	}
	wg.Wait()
	t.Logf("%d schedules, %d kills; %d records arrived twice, %d were lost with a peer that had accepted them",
		*faultKills, max(0, int(lives.Load())-*faultKills), copies.Load(), gone.Load())
}

func newKillRun(t *testing.T, seed uint64, worker int) *killRun {
	r := &faultRun{t: t, seed: seed, rng: rand.New(rand.NewPCG(seed, 9)), dir: t.TempDir(), sent: make(map[string]int)}
	pid := os.Getpid()
	at := func(last byte, port uint16) netip.AddrPort {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, byte(16 + pid%200), byte(1 + (pid/200+worker*7)%250), 200 + last + byte(worker)*8}), port)
	}
	for _, d := range []string{"log", "index", "spool"} {
		r.must(os.Mkdir(filepath.Join(r.dir, d), 0o755))
	}
	r.plain = newBadPeer(t, at(0, 6514), nil)
	r.now.second = true
	k := &killRun{faultRun: r, listen: at(2, 514), cut: make(map[string]bool), safe: make(map[string]int)}
	tcp := func() (net.Conn, error) { return net.Dial("tcp", k.listen.String()) }
	r.sources = []*faultSource{{name: "tcpa", dial: tcp, lines: true}, {name: "tcpc", dial: tcp, lines: true},
		{name: "unix", dial: func() (net.Conn, error) { return net.Dial("unixgram", r.socket()) }}}
	return k
}

func (k *killRun) play() (copies, gone int) {
	if !k.start() {
		return 0, 0
	}
	steps := []func(){
		func() { k.send(1 + k.rng.IntN(200)) }, func() { k.send(1 + k.rng.IntN(200)) }, func() { k.send(1000) },
		k.plain.down, k.plain.up, k.plain.up, k.plain.reset, k.plain.part,
		func() { k.plain.mood(func() { k.plain.stalled = !k.plain.stalled }) },
		func() { _, err := k.v.ask("commit"); k.must(err) },
		k.connectAnew, k.halfMessage, k.secure,
	}
	for range 1 + k.rng.IntN(3) {
		for range 2 + k.rng.IntN(10) {
			n := k.rng.IntN(len(steps))
			k.log = append(k.log, fmt.Sprint(n))
			steps[n]()
		}
		k.kill()
		k.log = append(k.log, "kill")
		if !k.start() {
			return 0, 0
		}
	}
	k.plain.heal()
	k.send(100)
	for _, s := range k.sources {
		k.part(s)
	}
	k.drain()
	st, err := k.v.ask("statistics")
	k.must(err)
	_, err = fmt.Fprintln(k.v.in, "end")
	k.must(err)
	_, _ = io.Copy(io.Discard, k.v.out)
	k.must(k.v.cmd.Wait())
	d, err := judge(k.plain.end(), faultNode)
	if err != nil {
		k.fail("host: %v", err)
	}
	k.judgeKilled("file", k.numbersOf("all", k.wholeLines("all")), 0)
	k.judgeKilled("host", d.numbers, d.gone+lostAt(&st, KindHost, k.plain.at.Addr().String()))
	if d.skipped > lostAt(&st, KindHost, k.plain.at.Addr().String()) {
		k.fail("host: %d records never came, %+v", d.skipped, st.Destinations)
	}
	k.must(os.RemoveAll(k.dir))
	return d.copies, d.gone
}

// drain waits until what the last life was sent is routed and delivered.
func (k *killRun) drain() {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	end := time.Now().Add(faultDeadline)
	for ; ; <-tick.C {
		st, err := k.v.ask("statistics")
		if err != nil {
			k.fail("%v", err)
			return
		}
		waiting := uint64(0)
		for _, d := range st.Destinations {
			waiting += d.Sink.Waiting
		}
		open := int64(0)
		for _, s := range st.Sources {
			open += s.Connections
			waiting += s.Waiting
		}
		if open == 0 && waiting == 0 && k.archived() {
			return
		}
		if time.Now().After(end) {
			k.fail("not delivered in %v: %+v", faultDeadline, st)
			return
		}
	}
}

// archived looks for the last message of every connection in the archives as well.
func (k *killRun) archived() bool {
	numbers := k.numbersOf("all", k.wholeLines("all"))
	for label, sent := range k.sent {
		if got := numbers[label]; !k.cut[label] && (len(got) == 0 || got[len(got)-1] != sent) {
			return false
		}
	}
	return true
}

// wholeLines returns the lines of a log but those that a kill has cut, one for
// each kill at most, which say so.
func (k *killRun) wholeLines(name string) []string {
	all := k.linesOf(name)
	whole := slices.DeleteFunc(slices.Clone(all), func(line string) bool { return strings.HasSuffix(line, wire.TruncatedMark) })
	if cut := len(all) - len(whole); cut >= max(1, k.lives) {
		k.fail("%s: %d lines are cut in %d lives", name, cut, k.lives)
	}
	return whole
}

// judgeKilled checks one destination: all of each connection, or a beginning.
func (k *killRun) judgeKilled(what string, numbers map[string][]int, lost int) {
	missing := 0
	for label, sent := range k.sent {
		got := numbers[label]
		if !rising(got) {
			k.fail("%s: %s is out of order or there twice: %v", what, label, got)
		}
		expected := sent
		if k.cut[label] {
			expected = k.safe[label]
			if len(got) > 0 {
				expected = max(expected, got[len(got)-1])
			}
		}
		missing += expected - len(got)
	}
	if missing > lost {
		k.fail("%s: %d are missing, %d are counted", what, missing, lost)
	}
}
