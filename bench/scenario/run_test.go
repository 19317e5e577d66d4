package scenario

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"loggia/bench/ledger"
	"loggia/bench/target"
)

// TestMain lets the test program be its own daemon under test.
func TestMain(m *testing.M) {
	if os.Getenv("BENCH_SCENARIO") != "" {
		if err := serve(os.Getenv("FAULT")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// store is the log of the daemon under test. It stores lines as they come,
// but for its fault, which it commits once.
type store struct {
	mu    sync.Mutex // guards all that follows
	fault string
	log   *bufio.Writer
	relay net.Conn
	queue [][]byte   // of a relay whose sink goes away
	more  *sync.Cond // of queue
	count int
	held  []byte
}

func serve(fault string) error {
	if fault == "not ready" {
		return fmt.Errorf("this daemon does not want to start")
	}
	f, err := os.Create(filepath.Join(os.Getenv("BENCH_OUT"), "all.log"))
	if err != nil {
		return err
	}
	s := &store{fault: fault, log: bufio.NewWriter(f)}
	if s.more = sync.NewCond(&s.mu); os.Getenv("BENCH_DISKQUEUE") != "" {
		go s.relayForEver()
	} else if to := os.Getenv("BENCH_FORWARD"); to != "" {
		if s.relay, err = net.Dial("tcp", to); err != nil {
			return err
		}
	}
	l, err := net.Listen("tcp", os.Getenv("BENCH_TCP"))
	if err != nil {
		return err
	}
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go s.take(c)
	}
}

func (s *store) take(c net.Conn) {
	r := bufio.NewReaderSize(c, 64<<10)
	for {
		line, err := r.ReadSlice('\n')
		s.mu.Lock()
		if err != nil {
			s.log.Flush()
			s.mu.Unlock()
			return
		}
		s.put(line)
		s.mu.Unlock()
	}
}

// relayForEver sends the queue, and all of it again over each connection, with the
// mark that tells.
func (s *store) relayForEver() {
	for {
		c, err := net.Dial("tcp", os.Getenv("BENCH_FORWARD"))
		if err != nil {
			time.Sleep(time.Millisecond)
			continue
		}
		for n := 0; err == nil; n++ {
			s.mu.Lock()
			for n == len(s.queue) {
				s.more.Wait()
			}
			line := s.queue[n]
			s.mu.Unlock()
			if s.fault == "lose" && n == 500 {
				continue
			}
			mark := fmt.Sprintf(`- [x@1 seq="%d"] `, n)
			if s.fault == "no marks" {
				mark = ""
			}
			_, err = fmt.Fprintf(c, "<13>%s%s", mark, line)
		}
		c.Close()
	}
}

func (s *store) put(line []byte) {
	s.count++
	if s.relay == nil {
		s.queue = append(s.queue, bytes.Clone(line))
		s.more.Signal()
	}
	if s.relay != nil {
		fmt.Fprintf(s.relay, "%d %s", len(line)-1, line[:len(line)-1])
	}
	switch {
	case s.count == 500 && s.fault == "lose":
		return
	case s.count == 500 && s.fault == "alter":
		line = bytes.Replace(line, []byte("e"), []byte("E"), 1)
		line[len(line)-17] ^= 1
	case s.count == 500 && s.fault == "repeat":
		s.log.Write(line)
	case s.count == 500 && s.fault == "reorder":
		s.held = bytes.Clone(line)
		return
	case s.count == 700 && s.held != nil:
		s.log.Write(s.held)
	case s.count == 500 && s.fault == "die":
		os.Exit(3)
	}
	s.log.Write(line)
}

// attempt runs a small S1 against a daemon with a fault.
func attempt(t *testing.T, s Scenario, fault string) Result {
	t.Helper()
	t.Setenv("FAULT", fault)
	s = s.Scaled(0.004)
	load := s.Load(11, time.Now())
	return s.Run(context.Background(), target.Spec{Name: "fake", Command: os.Args[0]}, load, t.TempDir())
}

func find(t *testing.T, name string) Scenario {
	t.Helper()
	found, err := Named(name)
	if err != nil {
		t.Fatal(err)
	}
	return found[0]
}

func TestFaithfulDaemon(t *testing.T) {
	r := attempt(t, find(t, "S1"), "")
	if r.Error != "" || r.StopError != "" {
		t.Fatal(r.Error, r.StopError)
	}
	if want := (ledger.Tally{Expected: 4000, Lines: 4000, Good: 4000}); r.Tally != want {
		t.Errorf("%+v, want %+v", r.Tally, want)
	}
	if r.Rate <= 0 || r.Span < r.Send || r.Peak == 0 || r.Ready <= 0 || r.Stop <= 0 {
		t.Errorf("not everything was measured: %+v", r)
	}
}

func TestFaultsAreFound(t *testing.T) {
	tests := []struct {
		fault string
		want  ledger.Tally
	}{
		{"lose", ledger.Tally{Lines: 3999, Good: 3999, Lost: 1}},
		{"alter", ledger.Tally{Lines: 4000, Good: 3999, Lost: 1, Corrupt: 1}},
		{"repeat", ledger.Tally{Lines: 4001, Good: 4000, Duplicate: 1}},
	}
	for _, test := range tests {
		test.want.Expected = 4000
		r := attempt(t, find(t, "S1"), test.fault)
		if r.Error != "" || r.Tally != test.want {
			t.Errorf("%s: %s %+v, want %+v", test.fault, r.Error, r.Tally, test.want)
		}
	}
}

func TestReorderIsFound(t *testing.T) {
	s := find(t, "S1")
	s.Connections = 1
	r := attempt(t, s, "reorder")
	if want := (ledger.Tally{Expected: 4000, Lines: 4000, Good: 4000, Reordered: 1}); r.Error != "" || r.Tally != want {
		t.Errorf("%s %+v, want %+v", r.Error, r.Tally, want)
	}
}

func TestRelayIsAccounted(t *testing.T) {
	s := find(t, "S6")
	r := attempt(t, s, "lose")
	all := ledger.Tally{Expected: 2000, Lines: 2000, Good: 2000}
	file := ledger.Tally{Expected: 2000, Lines: 1999, Good: 1999, Lost: 1}
	if r.Error != "" || r.Outputs[relayed] != all || r.Outputs["all.log"] != file {
		t.Errorf("%s %+v", r.Error, r.Outputs)
	}
}

// TestSinkThatGoesAway tells losses from copies, and copies with a mark from
// others.
func TestSinkThatGoesAway(t *testing.T) {
	for _, fault := range []string{"", "lose", "no marks"} {
		r := attempt(t, find(t, "S9"), fault)
		got := r.Outputs[relayed]
		want := ledger.Tally{Expected: 1600, Lines: 1600 + got.Duplicate, Good: 1600, Duplicate: got.Duplicate, Marked: got.Duplicate}
		switch fault {
		case "lose":
			want.Lost, want.Good, want.Lines = 1, 1599, 1599+got.Duplicate
		case "no marks":
			want.Marked = 0
		}
		if r.Error != "" || got != want || got.Duplicate == 0 {
			t.Errorf("%q: %s %+v, want %+v", fault, r.Error, got, want)
		}
	}
}

func TestDaemonsThatFail(t *testing.T) {
	tests := []struct{ fault, want string }{
		{"not ready", "does not want to start"},
		{"die", "exit status 3"},
	}
	for _, test := range tests {
		r := attempt(t, find(t, "S1"), test.fault)
		if all := r.Error + r.StopError; r.Error == "" || !strings.Contains(all, test.want) {
			t.Errorf("%s: %q, want %q", test.fault, all, test.want)
		}
	}
}

func TestNamed(t *testing.T) {
	tests := []struct{ list, want string }{
		{"S1", "[S1/0]"},
		{"S4", "[S4/200000]"},
		{"S4@300000,S11", "[S4@300000/300000 S11/0]"},
		{"S1@5000", "S1@5000: S4@RATE or S9@RATE, messages a second, at least 1000"},
		{"S99", "unknown scenario S99"},
	}
	for _, test := range tests {
		found, err := Named(test.list)
		var names []string
		for _, s := range found {
			names = append(names, fmt.Sprintf("%s/%d", s.Name, s.Rate))
		}
		got := fmt.Sprint(names)
		if err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%s: %s, want %s", test.list, got, test.want)
		}
	}
}

func TestMemoryOfConnections(t *testing.T) {
	s := find(t, "S8")
	s.Silent = 20
	r := attempt(t, s, "")
	if r.Error != "" || r.Fresh == 0 || r.Connected == 0 || !r.Crowded || !r.Tally.Faithful() {
		t.Errorf("%+v", r)
	}
}

func TestIdleDaemonIsStartedTwice(t *testing.T) {
	r := attempt(t, find(t, "S11"), "")
	if r.Error != "" || r.StopError != "" || r.Ready <= 0 || r.Idle == 0 || r.Stop <= 0 || r.Messages != 0 {
		t.Errorf("%+v", r)
	}
}
