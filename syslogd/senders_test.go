package syslogd

import (
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"loggia/audit/event"
)

func address(i int) senderKey {
	return senderKey{addr: netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})}
}

func TestTakeGrantsASecondsWorth(t *testing.T) {
	ss := newSenders()
	at := time.Unix(1e9, 0)
	for i, step := range []struct {
		after   time.Duration
		n, want int
	}{{0, 60, 60}, {0, 60, 40}, {0, 1, 0}, {100 * time.Millisecond, 20, 10}, {time.Hour, 500, 100}, {-time.Hour, 1, 0}, {5 * time.Millisecond, 1, 0}} {
		at = at.Add(step.after)
		if got := ss.take(address(1), step.n, 100, at); got != step.want {
			t.Errorf("step %d: %d granted, want %d", i, got, step.want)
		}
	}
	if got := ss.take(address(2), 100, 100, at); got != 100 {
		t.Errorf("another source: %d", got)
	}
}

// TestIntervals: one summary for each source and interval, with its numbers.
func TestIntervals(t *testing.T) {
	ss := newSenders()
	begin := time.Unix(1e9, 0)
	ss.take(address(1), 150, 100, begin)
	ss.take(address(1), 150, 100, begin.Add(500*time.Millisecond))
	if list, more := ss.over(begin.Add(time.Second), false); len(list) != 0 || !more {
		t.Errorf("%v %v while it lasts", list, more)
	}
	list, more := ss.over(begin.Add(2*time.Second), false)
	if len(list) != 1 || more || list[0].Count != 150 || list[0].Source != "10.0.0.1" || list[0].Until.Sub(list[0].Since) != 500*time.Millisecond {
		t.Errorf("%+v %v", list, more)
	}
	if list, _ := ss.over(begin.Add(time.Hour), false); len(list) != 0 {
		t.Errorf("%v once more", list)
	}
}

// TestManySenders: the table is bounded, forgets nothing that matters, and names
// no more sources than one would read.
func TestManySenders(t *testing.T) {
	ss := newSenders()
	at := time.Unix(1e9, 0)
	for i := range maxSenders {
		ss.take(address(i), 2, 1, at)
	}
	if got := ss.take(address(maxSenders), 1, 1, at) + ss.take(address(maxSenders+1), 1, 1, at); got != 1 {
		t.Errorf("two that find no room are granted %d", got)
	}
	list, more := ss.over(at.Add(2*time.Second), false)
	var sum uint64
	for _, e := range list {
		sum += e.Count
	}
	if len(list) != maxSummaries+1 || more || sum != maxSenders+1 {
		t.Errorf("%d summaries of %d messages", len(list), sum)
	}
	if got := ss.take(address(maxSenders+2), 1, 1, at.Add(2*time.Second)); got != 1 || len(ss.by) > 10 {
		t.Errorf("%d granted, %d known when the others are quiet", got, len(ss.by))
	}
}

// TestRateLimit: every input obeys it, own records do not, and each source that
// is limited is named once.
func TestRateLimit(t *testing.T) {
	sock := filepath.Join(t.TempDir(), "log")
	port := freePort(t)
	var mu sync.Mutex
	var said []event.MessagesSuppressed
	now := time.Unix(1e9, 0) // stands still: what is granted is exact
	config := Config{Files: []*File{toFile(t, "f", "any any")}, Inputs: Inputs{RateLimit: 10,
		Unix: []UnixInput{{Path: sock}}, UDP: []Listen{local(port)}, TCP: []Listen{local(port)}}}
	w := startWith(t, config, func(o *Options) {
		o.Now = func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
		o.Announce = func(e event.Event) {
			if s, ok := e.(event.MessagesSuppressed); ok {
				mu.Lock()
				said = append(said, s)
				mu.Unlock()
			}
		}
	})
	send(t, "tcp", fmt.Sprintf("127.0.0.1:%d", port), strings.Repeat("<14>by tcp\n", 25))
	tcp := fmt.Sprintf("tcp 127.0.0.1:%d", port)
	w.eventually(func() bool { return w.sourceNamed(tcp).Received == 25 }, func() string { return fmt.Sprint(w.sourceNamed(tcp)) })
	c, err := net.Dial("unixgram", sock)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for range 25 {
		if _, err := c.Write([]byte("<14>by unix")); err != nil {
			t.Fatal(err)
		}
	}
	unix := "unix " + sock
	w.eventually(func() bool { return w.sourceNamed(unix).Received == 25 }, func() string { return fmt.Sprint(w.sourceNamed(unix)) })
	send(t, "udp", fmt.Sprintf("127.0.0.1:%d", port), "<14>by udp") // the same source as by tcp
	udp := fmt.Sprintf("udp 127.0.0.1:%d", port)
	w.eventually(func() bool { return w.sourceNamed(udp).Refused[RateLimited] == 1 }, func() string { return fmt.Sprint(w.sourceNamed(udp)) })
	for range 30 {
		w.Log(event.Subject{}, event.Operational{}.Entry())
	}
	for name, want := range map[string]uint64{tcp: 10, unix: 10, udp: 0} {
		if s := w.sourceNamed(name); s.Accepted != want || s.Received != s.Accepted+s.Refused[RateLimited] {
			t.Errorf("%s: %+v", name, s)
		}
	}
	w.eventually(func() bool { return strings.Count(w.text("f"), "\n") == 50 }, func() string { return w.text("f") })
	mu.Lock()
	now = now.Add(2 * time.Second)
	mu.Unlock()
	w.eventually(func() bool { mu.Lock(); defer mu.Unlock(); return len(said) == 2 }, func() string { return "two summaries" })
	for _, s := range said {
		if s.Source == "127.0.0.1" && s.Count != 16 || s.Source != "127.0.0.1" && s.Count != 15 {
			t.Errorf("%+v", s)
		}
	}
}

// TestAllowSource: who is not named is refused, by datagram and at once by
// connection; a commit that names others ends the connections of those who were.
func TestAllowSource(t *testing.T) {
	port := freePort(t)
	config := func(prefix string) Config {
		l := local(port)
		l.Allow = []netip.Prefix{netip.MustParsePrefix(prefix)}
		return Config{Files: []*File{toFile(t, "f", "any any")}, Inputs: Inputs{UDP: []Listen{l}, TCP: []Listen{l}}}
	}
	w := start(t, config("127.0.0.0/8"))
	at := fmt.Sprintf("127.0.0.1:%d", port)
	c, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write([]byte("<14>allowed\n")); err != nil {
		t.Fatal(err)
	}
	w.has("f", "allowed")
	w.commit(config("192.0.2.0/24"))
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("the connection goes on")
	}
	send(t, "udp", at, "<14>not allowed")
	w.eventually(func() bool { return w.sourceNamed("udp " + at).Refused[NotAllowed] == 1 }, func() string { return "refused" })
	late, err := net.Dial("tcp", at)
	if err == nil { // the kernel has let it in, and nobody reads
		_, err = late.Read(make([]byte, 1))
		_ = late.Close()
	}
	if err == nil {
		t.Error("a connection that is not allowed")
	}
	w.eventually(func() bool { return w.sourceNamed("tcp "+at).Barred == 1 }, func() string { return "barred" })
	if strings.Contains(w.text("f"), "not allowed") {
		t.Error(w.text("f"))
	}
}

func TestConnectionLimit(t *testing.T) {
	port := freePort(t)
	w := start(t, Config{Inputs: Inputs{TCP: []Listen{local(port)}, ConnectionLimit: 2}})
	at := fmt.Sprintf("127.0.0.1:%d", port)
	var all []net.Conn
	dial := func() {
		c, err := net.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		all = append(all, c)
	}
	dial()
	dial()
	if c, err := net.Dial("tcp", at); err == nil { // else it was reset already
		defer c.Close()
	}
	w.eventually(func() bool { s := w.sourceNamed("tcp " + at); return s.Connections == 2 && s.TurnedAway == 1 }, func() string { return fmt.Sprint(w.sourceNamed("tcp " + at)) })
	if err := all[0].Close(); err != nil {
		t.Fatal(err)
	}
	w.eventually(func() bool { return w.sourceNamed("tcp "+at).Connections == 1 }, func() string { return "one is left" })
	dial()
	w.eventually(func() bool { return w.sourceNamed("tcp "+at).Connections == 2 }, func() string { return "two again" })
}
