package syslogd

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// The soak takes minutes: `make soak` runs it in full, the tests of every day a
// short one.
var (
	soakCommits = flag.Int("soak.commits", 30, "commits under load")
	soakChurn   = flag.Duration("soak.churn", time.Second, "how long connections come and go")
	soakPeers   = flag.Int("soak.peers", 50, "connections that come and go at the same time")
)

// messagesPerCommit paces the commits: the load is sustained, 30 ms of it lie
// between two of them.
const messagesPerCommit = 1500

// descriptors counts the open files of this process.
func descriptors(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

// resident is the memory of this process in KiB.
func resident(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	n, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// soakConfigs listen and write; each differs from the one before it in a file, a
// host that is away and an expression.
func soakConfigs(t *testing.T, port, away uint16) []Config {
	configs := make([]Config, 3)
	for i := range configs {
		other := Selection{Rules: rules(t, "any any"), Match: fmt.Sprintf("number [0-9]*%d end", i)}
		configs[i] = Config{
			Inputs: Inputs{TCP: []Listen{local(port)}},
			Files: []*File{toFile(t, "all", "any any"), {Place: "file other", Name: fmt.Sprintf("other%d", i), Selection: other,
				Size: 1 << 20, Archives: 2}},
			Hosts: []*Host{{Place: "host", Name: "127.0.0.1", Port: away, Transport: TransportTCP, Newline: i == 1, FacilityOverride: -1,
				Selection: Selection{Rules: rules(t, "any error")}}},
		}
	}
	return configs
}

// Commits while 50,000 messages a second come in lose nothing, and leave no
// descriptor and no goroutine behind.
func TestManyCommitsLeaveNothingBehind(t *testing.T) {
	port, away := freePort(t), freePort(t)
	configs := soakConfigs(t, port, away)
	w := start(t, configs[0])
	address := fmt.Sprintf("127.0.0.1:%d", port)
	var stop atomic.Bool
	var sent atomic.Uint64
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			c, err := net.Dial("tcp", address)
			if err != nil {
				t.Error(err)
				return
			}
			begun, mine := time.Now(), uint64(0)
			for tick := time.NewTicker(time.Millisecond); !stop.Load(); <-tick.C {
				var b bytes.Buffer
				due := uint64(time.Since(begun).Seconds()*25_000) - mine // also for ticks that came late
				mine += due
				from := sent.Add(due) - due
				for i := range due {
					fmt.Fprintf(&b, "<13>load: number %d end\n", from+i)
				}
				if _, err := c.Write(b.Bytes()); err != nil {
					t.Error(err)
				}
			}
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	var goroutines, files int
	begun, tick := time.Now(), time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for i := range *soakCommits {
		for sent.Load() < uint64(i)*messagesPerCommit {
			<-tick.C
		}
		w.commit(configs[(i+1)%len(configs)])
		if i == *soakCommits/3 {
			goroutines, files = runtime.NumGoroutine(), descriptors(t)
		}
	}
	stop.Store(true)
	wg.Wait()
	rate := float64(sent.Load()) / time.Since(begun).Seconds()
	w.eventually(func() bool { return w.destinationOf(KindFile, "all").Sink.Delivered == sent.Load() },
		func() string { return fmt.Sprintf("sent %d, %+v", sent.Load(), w.Statistics()) })
	holds(t, w.Statistics())
	const slack = 20 // what the last change is still finishing
	w.eventually(func() bool { return runtime.NumGoroutine() <= goroutines+slack && descriptors(t) <= files+slack }, func() string {
		return fmt.Sprintf("goroutines %d, then %d; descriptors %d, then %d\n%s", goroutines, runtime.NumGoroutine(), files, descriptors(t), stacks())
	})
	t.Logf("%d commits, %d messages, %.0f a second; goroutines %d, descriptors %d, %d KiB resident", *soakCommits, sent.Load(), rate, runtime.NumGoroutine(), descriptors(t), resident(t))
	w.end()
}

// visit sends ten messages over a connection of their own, and waits until the
// engine has read them and closes it: so no more are open than there are peers.
func visit(address string, sent *atomic.Uint64) error {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	for range 10 {
		fmt.Fprintf(&b, "<13>churn: number %d end\n", sent.Add(1))
	}
	_, err = c.Write(b.Bytes())
	if tcp, ok := c.(*net.TCPConn); ok && err == nil {
		err = tcp.CloseWrite()
	}
	if err == nil {
		_, err = c.Read(make([]byte, 1))
		if errors.Is(err, io.EOF) {
			err = nil
		}
	}
	return errors.Join(err, c.Close())
}

// Connections that come and go while a host is away leave memory and descriptors
// as they were.
func TestConnectionsComeAndGo(t *testing.T) {
	port, away := freePort(t), freePort(t)
	c := soakConfigs(t, port, away)[0]
	c.Hosts[0].Rules = rules(t, "any any")
	w := start(t, c)
	address := fmt.Sprintf("127.0.0.1:%d", port)
	files := descriptors(t)
	end := time.Now().Add(*soakChurn)
	var sent atomic.Uint64
	var wg sync.WaitGroup
	for range *soakPeers {
		wg.Go(func() {
			for once := true; once || time.Now().Before(end); once = false {
				if err := visit(address, &sent); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	report := time.NewTicker(10 * time.Second)
	defer report.Stop()
	for running := true; running; {
		select {
		case <-done:
			running = false
		case <-report.C:
			t.Logf("%d messages, %d descriptors, %d KiB resident", sent.Load(), descriptors(t), resident(t))
		}
	}
	w.eventually(func() bool { return w.destinationOf(KindFile, "all").Sink.Delivered == sent.Load() },
		func() string { return fmt.Sprintf("sent %d, %+v", sent.Load(), w.Statistics()) })
	holds(t, w.Statistics())
	w.eventually(func() bool { return descriptors(t) <= files+10 }, func() string { return fmt.Sprintf("%d descriptors, %d before", descriptors(t), files) })
	t.Logf("in the end %d messages, %d descriptors, %d KiB resident", sent.Load(), descriptors(t), resident(t))
	w.end()
}
