package syslogd

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// pacer releases n messages every millisecond.
func pacer(perSecond int, total int, send func(from, to int) error) error {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	begin := time.Now()
	for sent := 0; sent < total; {
		<-tick.C
		due := min(total, int(time.Since(begin).Seconds()*float64(perSecond)))
		if due > sent {
			if err := send(sent, due); err != nil {
				return err
			}
			sent = due
		}
	}
	return nil
}

// sender sends its total messages, each with a number.
type sender struct {
	name  string
	total int
	run   func(s *sender) error
}

func (s *sender) message(i int) string { return fmt.Sprintf("<13>%s: number %d end\n", s.name, i) }

func overTCP(address string, rate int) func(*sender) error {
	return func(s *sender) error {
		c, err := net.Dial("tcp", address)
		if err != nil {
			return err
		}
		w := bufio.NewWriter(c)
		err = pacer(rate, s.total, func(from, to int) error {
			for i := from; i < to; i++ {
				if _, err := w.WriteString(s.message(i)); err != nil {
					return err
				}
			}
			return w.Flush()
		})
		if err != nil {
			return err
		}
		return c.Close()
	}
}

func overUDP(address string, rate int) func(*sender) error {
	return func(s *sender) error {
		c, err := net.Dial("udp", address)
		if err != nil {
			return err
		}
		err = pacer(rate, s.total, func(from, to int) error {
			for i := from; i < to; i++ {
				if _, err := c.Write([]byte(s.message(i))); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		return c.Close()
	}
}

// overConnections makes a connection for each message, as `logger -T` does.
func overConnections(address string, rate int) func(*sender) error {
	return func(s *sender) error {
		return pacer(rate, s.total, func(from, to int) error {
			for i := from; i < to; i++ {
				c, err := net.Dial("tcp", address)
				if err != nil {
					return err
				}
				if _, err := c.Write([]byte(s.message(i))); err != nil {
					return err
				}
				if err := c.Close(); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// TestCommitsUnderLoadLoseNothing moves the route between two files and the
// listeners between every address and one, again and again, while 50,000
// messages a second come in; every other change is given up. Each is in one of the two files, once, and in order.
func TestCommitsUnderLoadLoseNothing(t *testing.T) {
	port := freePort(t)
	configs := []Config{
		{Files: []*File{toFile(t, "left", "any any"), toFile(t, "right", "any none")}, Inputs: Inputs{UDP: []Listen{everywhere(port)}, TCP: []Listen{everywhere(port)}}},
		{Files: []*File{toFile(t, "left", "any none"), toFile(t, "right", "any any")}, Inputs: Inputs{UDP: []Listen{local(port)}, TCP: []Listen{local(port)}}},
	}
	w := start(t, configs[0])
	address := fmt.Sprintf("127.0.0.1:%d", port)
	senders := []*sender{
		{"tcp-a", 45_000, overTCP(address, 15_000)},
		{"tcp-b", 45_000, overTCP(address, 15_000)},
		{"udp-a", 30_000, overUDP(address, 10_000)},
		{"udp-b", 30_000, overUDP(address, 10_000)},
		{"short", 200, overConnections(address, 100)},
	}
	var wg sync.WaitGroup
	var busy atomic.Int32
	for _, s := range senders {
		busy.Add(1)
		wg.Go(func() {
			defer busy.Add(-1)
			if err := s.run(s); err != nil {
				t.Errorf("%s: %v", s.name, err)
			}
		})
	}
	commits := 0
	for busy.Load() > 0 {
		commits++
		plan, err := w.Prepare(configs[commits%2])
		if err != nil {
			t.Fatal(err)
		}
		plan.Abort() // what its sockets got meanwhile is no loss either
		w.commit(configs[commits%2])
	}
	wg.Wait()
	t.Logf("%d commits", commits)
	if commits < 4 {
		t.Errorf("only %d commits: nothing was tested", commits)
	}
	want := 0
	for _, s := range senders {
		want += s.total
	}
	count := func() int {
		return bytes.Count([]byte(w.text("left")), []byte(" end\n")) + bytes.Count([]byte(w.text("right")), []byte(" end\n"))
	}
	w.eventually(func() bool { return count() >= want }, func() string {
		return fmt.Sprintf("%d of %d messages; %+v", count(), want, w.Statistics())
	})
	seen := make(map[string]int)
	last := make(map[string]int) // file and sender
	for _, name := range []string{"left", "right"} {
		f, err := os.Open(filepath.Join(w.dir, "log", name))
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(f)
		for lines.Scan() {
			_, rest, ok := strings.Cut(lines.Text(), "127.0.0.1 ")
			if !ok {
				continue // the file's own lines
			}
			seen[rest]++
			var from string
			var n int
			if _, err := fmt.Sscanf(rest, "%s number %d end", &from, &n); err != nil {
				t.Fatalf("%s: %q: %v", name, rest, err)
			}
			if before, ok := last[name+from]; ok && n <= before && from[:3] == "tcp" {
				t.Fatalf("%s: %s %d comes after %d", name, from, n, before)
			}
			last[name+from] = n
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for line, n := range seen {
		if n != 1 {
			t.Errorf("%q is there %d times", line, n)
		}
	}
	if len(seen) != want {
		t.Errorf("%d different messages, want %d", len(seen), want)
	}
}
