package syslogd

import (
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"loggia/syslogd/wire"
)

func TestQueueIsBoundedInBytesAndKeepsOrder(t *testing.T) {
	q := newQueue(10 * (4 + datagramCost))
	data := func(i int) ([]byte, bool, wire.Origin) {
		return fmt.Appendf(nil, "%04d", i), i == 3, wire.Origin{Kind: wire.Unix, PID: int32(i / 4)}
	}
	if put := q.put(0, 25, time.Unix(1, 0), data); put != 10 {
		t.Fatalf("put %d, want 10", put)
	}
	if q.wait(time.Millisecond) {
		t.Error("there was room before anything was taken")
	}
	l := q.take(new(load))
	if len(l.spans) != 10 || len(l.groups) != 3 || l.groups[0].end != 4 || l.groups[2].end != 10 {
		t.Fatalf("took %+v", l)
	}
	for i, s := range l.spans {
		if got := string(l.buf[s.off:s.end]); got != fmt.Sprintf("%04d", i) || s.cut != (i == 3) {
			t.Errorf("datagram %d is %q, cut %t", i, got, s.cut)
		}
	}
	if !q.wait(time.Second) {
		t.Error("no room after everything was taken")
	}
	if put := q.put(10, 12, time.Unix(2, 0), data); put != 2 {
		t.Errorf("put %d, want 2", put)
	}
	q.close()
	if l := q.take(new(load)); l == nil || len(l.spans) != 2 {
		t.Errorf("what waited is lost: %+v", l)
	}
	if l := q.take(new(load)); l != nil {
		t.Errorf("took %+v from an empty, closed queue", l)
	}
}

// TestStalledDestinationDropsAndCounts holds a destination's write and sends
// more than the input's queue can take.
func TestStalledDestinationDropsAndCounts(t *testing.T) {
	for _, network := range []string{"unix", "udp"} {
		t.Run(network, func(t *testing.T) {
			m := &memory{block: make(chan struct{})}
			e := engineTo(t, to(m, Selection{Rules: rules(t, "any any")}))
			at := endpoint{network: "unix", path: filepath.Join(t.TempDir(), "s")}
			dial := []string{"unixgram", at.path}
			if network == "udp" {
				port := freePort(t)
				at = newEndpoint("udp", local(port).Address)
				dial = []string{"udp", at.address.String()}
			}
			d, err := e.openDatagram(at, new(inputRules), nil, 1024)
			if err != nil {
				t.Fatal(err)
			}
			d.queue.mu.Lock()
			d.queue.limit = 20 * 1024
			d.queue.mu.Unlock()
			c, err := net.Dial(dial[0], dial[1])
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			message := []byte("<13>a: " + strings.Repeat("x", 900))
			const total = 200
			for range total { // a unix sender would be kept waiting for ever if nothing were dropped
				if _, err := c.Write(message); err != nil {
					t.Fatal(err)
				}
			}
			w := &world{t: t}
			w.eventually(func() bool { return d.source.snapshot().Received == total }, func() string { return fmt.Sprintf("%+v", d.source.snapshot()) })
			n := d.source.snapshot()
			if n.Refused[QueueFull] == 0 || n.Accepted == 0 {
				t.Errorf("%+v: nothing was dropped, or everything", n)
			}
			close(m.block)
			if err := d.retire(false); err != nil {
				t.Fatal(err)
			}
			if got := uint64(len(m.texts())); got != n.Accepted {
				t.Errorf("%d delivered, %d accepted", got, n.Accepted)
			}
		})
	}
}
