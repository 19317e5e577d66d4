package sink

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"loggia/syslogd/spool"
	"loggia/syslogd/wire"
)

// peer is a receiver on this machine.
type peer struct {
	t      *testing.T
	listen *net.TCPListener
}

func newPeer(t *testing.T) *peer {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return &peer{t, l.(*net.TCPListener)}
}

func (p *peer) port() uint16 { return p.listen.Addr().(*net.TCPAddr).AddrPort().Port() }

func (p *peer) accept() *net.TCPConn {
	p.t.Helper()
	p.listen.SetDeadline(time.Now().Add(time.Minute))
	c, err := p.listen.AcceptTCP()
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { c.Close() })
	return c
}

// lines reads n newline-framed records.
func lines(t *testing.T, r *bufio.Reader, n int) []string {
	t.Helper()
	var all []string
	for range n {
		s, err := r.ReadString('\n')
		if err != nil {
			t.Fatalf("after %d of %d lines: %q, %v", len(all), n, s, err)
		}
		all = append(all, strings.TrimSuffix(s, "\n"))
	}
	return all
}

func tcpTo(port uint16) RemoteOptions {
	return RemoteOptions{Network: "tcp", Host: "127.0.0.1", Port: port, Style: wire.Style{FacilityOverride: -1}}
}

// remote starts one whose pauses are short and that ends with the test.
func remote(t *testing.T, c RemoteConfig) *Remote {
	t.Helper()
	c.Place = "[edit host]"
	c.Rand = func() float64 { return 1 } // the shortest pauses
	r := started(t, c)
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		r.Close(ctx)
	})
	return r
}

// started starts one.
func started(t testing.TB, c RemoteConfig) *Remote {
	t.Helper()
	r, err := NewRemote(c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// eventually waits until ok holds.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(3 * time.Minute) // many records pass a loaded machine
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

func checkCounters(t *testing.T, d Destination) {
	t.Helper()
	c := d.Counters()
	if c.Accepted != c.Delivered+c.Repeated+c.Lost()+c.Waiting {
		t.Errorf("counters do not add up: %+v", c)
	}
}

func TestTCPDeliversInOrder(t *testing.T) {
	for _, octets := range []bool{false, true} {
		t.Run(fmt.Sprintf("octets=%v", octets), func(t *testing.T) {
			p := newPeer(t)
			o := tcpTo(p.port())
			o.OctetCounting = octets
			r := remote(t, RemoteConfig{RemoteOptions: o})
			want := numbered(0, 5000, 90)
			go func() {
				for chunk := range slices.Chunk(want, 37) {
					r.Write(batch(chunk...))
				}
			}()
			in := bufio.NewReader(p.accept())
			if !octets {
				equal(t, "lines", lines(t, in, len(want)), want)
			} else {
				equal(t, "records", counted(t, in, len(want)), want)
			}
			eventually(t, "all acknowledged", func() bool { return r.Counters().Delivered == uint64(len(want)) })
			checkCounters(t, r)
			if s := r.State(); s.Status != Up || s.QueuedBytes != 0 || s.Connects != 1 || s.Address == "" {
				t.Errorf("state %+v", s)
			}
			if err := r.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, err := in.ReadByte(); err != io.EOF {
				t.Errorf("after close: %v", err)
			}
			r.Write(batch("late"))
			if c := r.Counters(); c.Dropped[Closed] != 1 {
				t.Errorf("counters %+v", c)
			}
		})
	}
}

// counted reads n octet-counted records.
func counted(t *testing.T, r *bufio.Reader, n int) []string {
	t.Helper()
	var all []string
	for range n {
		head, err := r.ReadString(' ')
		if err != nil {
			t.Fatal(err)
		}
		size, err := strconv.Atoi(strings.TrimSpace(head))
		if err != nil {
			t.Fatal(err)
		}
		b := make([]byte, size)
		if _, err := io.ReadFull(r, b); err != nil {
			t.Fatal(err)
		}
		all = append(all, string(b))
	}
	return all
}

// TestConnectionLost loses the connection in all ways, twice each, and checks
// that every record arrives, whole and in order, some perhaps twice.
func TestConnectionLost(t *testing.T) {
	for _, c := range []struct {
		name string
		lose func(*net.TCPConn)
	}{
		{"reset", func(c *net.TCPConn) { c.SetLinger(0); c.Close() }},
		{"closed", func(c *net.TCPConn) { c.Close() }},
		{"half closed", func(c *net.TCPConn) { c.CloseWrite() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPeer(t)
			r := remote(t, RemoteConfig{RemoteOptions: tcpTo(p.port())})
			r.config.Rand = func() float64 { return 1 }
			want := numbered(0, 30000, 100)
			go func() {
				for chunk := range slices.Chunk(want, 100) {
					r.Write(batch(chunk...))
				}
			}()
			seen := map[string]bool{}
			for range 2 {
				conn := p.accept()
				in := bufio.NewReader(conn)
				for _, s := range lines(t, in, 5000) {
					seen[s] = true
				}
				// What is in flight is not read: the peer dies here.
				c.lose(conn)
				if c.name == "half closed" { // what it still sends, we take
					for {
						s, err := in.ReadString('\n')
						if err != nil {
							break
						}
						seen[strings.TrimSuffix(s, "\n")] = true
					}
				}
			}
			conn := p.accept()
			in := bufio.NewReader(conn)
			last := ""
			for last != want[len(want)-1] {
				s := lines(t, in, 1)[0]
				if len(s) != len(want[0]) {
					t.Fatalf("torn: %q", s)
				}
				if s < last {
					t.Fatalf("%q after %q", s, last)
				}
				seen[s], last = true, s
			}
			eventually(t, "all settled", func() bool { return r.Counters().Waiting == 0 })
			c := r.Counters()
			if c.Delivered != uint64(len(want)) || c.Lost() > 0 {
				t.Errorf("counters %+v", c)
			}
			// What the dead peer's TCP acknowledged unread is lost: at most what
			// its receive buffers held.
			t.Logf("%d of %d seen", len(seen), len(want))
			if len(seen) < 10000 {
				t.Errorf("only %d of %d records seen", len(seen), len(want))
			}
		})
	}
}

// TestUnacknowledgedIsSentAgain: what the peer's TCP refused arrives over the
// next connection, from the first byte of the record that was cut.
func TestUnacknowledgedIsSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var conns []net.Conn
		made := make(chan net.Conn, 10)
		c := RemoteConfig{RemoteOptions: tcpTo(1)}
		c.Dial = func(context.Context, string, string, netip.Addr) (net.Conn, error) {
			ours, theirs := net.Pipe()
			conns = append(conns, theirs)
			made <- theirs
			return addressed{ours}, nil
		}
		r := started(t, c)
		r.Write(batch("first", "second", "third"))
		one := <-made
		b := make([]byte, len("first\nsec"))
		if _, err := io.ReadFull(one, b); err != nil {
			t.Fatal(err)
		}
		one.Close()
		two := <-made
		got := lines(t, bufio.NewReader(two), 2)
		equal(t, "over the second connection", got, []string{"second", "third"})
		if err := r.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		two.Close()
		if n := r.Counters().Delivered; n != 3 {
			t.Errorf("delivered %d", n)
		}
	})
}

// addressed is a pipe that says where it leads.
type addressed struct{ net.Conn }

func (addressed) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 514} }

// TestStalledPeer: Write goes on, own records have room when others have none,
// and what is dropped is counted.
func TestStalledPeer(t *testing.T) {
	p := newPeer(t)
	r := remote(t, RemoteConfig{RemoteOptions: tcpTo(p.port()), QueueBytes: 1 << 20})
	conn := p.accept()
	chunk := batch(numbered(0, 1000, 100)...)
	eventually(t, "full", func() bool {
		r.Write(chunk)
		return r.Counters().Dropped[QueueFull] > 5000
	})
	own := batch("own record")
	own.Lines[0].Self = true
	before := r.Counters()
	r.Write(own)
	if c := r.Counters(); c.Waiting != before.Waiting+1 {
		t.Error("no room for an own record")
	}
	if s := r.State(); s.QueuedBytes > 1<<20 || s.Oldest.IsZero() {
		t.Errorf("state %+v", s)
	}
	checkCounters(t, r)
	in := bufio.NewReader(conn)
	for lines(t, in, 1)[0] != "own record" {
		continue
	}
	eventually(t, "drained", func() bool { return r.Counters().Waiting == 0 })
	checkCounters(t, r)
}

// TestCloseDoesNotWaitForAStalledPeer: the deadline ends it, and the rest is
// counted.
func TestCloseDoesNotWaitForAStalledPeer(t *testing.T) {
	p := newPeer(t)
	r := remote(t, RemoteConfig{RemoteOptions: tcpTo(p.port())})
	conn := p.accept()
	conn.SetReadBuffer(4096)
	for range 100 {
		r.Write(batch(numbered(0, 1000, 100)...))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := r.Close(ctx); err != nil {
		t.Fatal(err)
	}
	c := r.Counters()
	if c.Waiting != 0 || c.Dropped[Closed] == 0 {
		t.Errorf("counters %+v", c)
	}
	checkCounters(t, r)
}

// TestQueueIsHandedOver: a new port gets what the old one did not.
func TestQueueIsHandedOver(t *testing.T) {
	nobody := newPeer(t)
	port := nobody.port()
	nobody.listen.Close()
	var mu sync.Mutex
	var reports []Alarm
	r := remote(t, RemoteConfig{RemoteOptions: tcpTo(port), Report: func(e Alarm) {
		mu.Lock()
		defer mu.Unlock()
		reports = append(reports, e)
	}})
	want := numbered(0, 100, 20)
	r.Write(batch(want...))
	eventually(t, "down", func() bool { return r.State().LastError != "" })
	if s := r.State(); !strings.Contains(s.LastError, "refused") {
		t.Errorf("state %+v", s)
	}
	p := newPeer(t)
	r.Reconfigure(tcpTo(p.port()))
	conn := p.accept()
	equal(t, "lines", lines(t, bufio.NewReader(conn), 100), want)

	q := newPeer(t) // and away from a connection that is up
	r.Reconfigure(tcpTo(q.port()))
	r.Write(batch("moved"))
	equal(t, "lines", lines(t, bufio.NewReader(q.accept()), 1), []string{"moved"})
	eventually(t, "delivered", func() bool { return r.Counters().Waiting == 0 })
	checkCounters(t, r)
	mu.Lock()
	defer mu.Unlock()
	if len(reports) != 2 || reports[0].Err == nil || reports[1].Err != nil {
		t.Errorf("reports %+v", reports)
	}
}

// TestBackOff: attempts come after 0.5, 1, 2 … 60 s, less the jitter, each
// resolving anew; closing hurries one.
func TestBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var at []time.Duration
		c := RemoteConfig{RemoteOptions: tcpTo(514), Rand: func() float64 { return 0.5 }}
		c.Dial = func(context.Context, string, string, netip.Addr) (net.Conn, error) {
			at = append(at, time.Since(start))
			return nil, errors.New("no route")
		}
		r := started(t, c)
		r.Write(batch("waits"))
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		want := []time.Duration{0}
		for pause, sum := firstPause, time.Duration(0); ; pause = min(2*pause, longPause) {
			if sum += pause * 3 / 4; sum > 5*time.Minute {
				break
			}
			want = append(want, sum)
		}
		if !slices.Equal(at, want) {
			t.Errorf("attempts at %v, want %v", at, want)
		}
		n := len(at)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := r.Close(ctx); err != nil {
			t.Fatal(err)
		}
		if len(at) != n+1 {
			t.Errorf("%d attempts while closing", len(at)-n)
		}
		if c := r.Counters(); c.Dropped[Closed] != 1 {
			t.Errorf("counters %+v", c)
		}
	})
}

func TestRemoteFoldsRepeatedLines(t *testing.T) {
	p := newPeer(t)
	o := tcpTo(p.port())
	o.Style.HostName = "host"
	r := remote(t, RemoteConfig{RemoteOptions: o})
	line := "Nov 22 14:00:00 other app: again"
	r.Write(same(3, line))
	r.Write(batch("different"))
	got := lines(t, bufio.NewReader(p.accept()), 3)
	if got[0] != line || !strings.HasSuffix(got[1], " other last message repeated 2 times") || got[2] != "different" {
		t.Errorf("got %q", got)
	}
	eventually(t, "settled", func() bool { return r.Counters().Waiting == 0 })
	if c := r.Counters(); c.Accepted != 4 || c.Repeated != 2 || c.Delivered != 2 || c.Made != 1 {
		t.Errorf("counters %+v", c)
	}
}

// fullDisk admits nothing but own records.
type fullDisk struct{ anySpace }

func (fullDisk) Admit(_ int, own bool) bool { return own }

// fullYielding is fullDisk where the oldest makes room, and admits the first lines.
type fullYielding struct {
	fullDisk
	admits  int
	refused int
	records uint64
	freed   int64
}

func (s *fullYielding) Admit(_ int, own bool) bool { s.admits--; return own || s.admits >= 0 }
func (s *fullYielding) Refused(n int)              { s.refused += n }
func (s *fullYielding) Yields() bool               { return true }
func (s *fullYielding) GaveWay(_ int, records uint64, freed int64) {
	s.records += records
	s.freed += freed
}

// On a full disk what waits longest in the spool makes room for what comes, by no more
// than that, unless the spool is to drop what is new.
func TestSpoolOverwritesOnAFullDisk(t *testing.T) {
	for _, overflow := range []spool.Overflow{spool.OverwriteOldest, spool.DropNew} {
		o := tcpTo(1)
		o.SpoolSize, o.Overflow = 4<<20, overflow
		const before, after = 2000, 1000
		space := &fullYielding{admits: before}
		r := remote(t, RemoteConfig{RemoteOptions: o, Spool: t.TempDir(), Space: space})
		long := strings.Repeat("x", 1000)
		for i := range before + after {
			r.Write(batch(fmt.Sprint(i, " ", long)))
		}
		c := r.Counters()
		disk := r.State().Spool.Disk
		if overflow == spool.DropNew {
			if c.Dropped[NoSpace] != after || space.refused != after || c.Waiting != before || space.records != 0 {
				t.Errorf("drop-new: %+v, %+v", c, space)
			}
			continue
		}
		if c.Accepted != before+after || c.Dropped[Overwritten] == 0 || c.Dropped[Overwritten] != space.records || c.Waiting+space.records != before+after || c.Lost() != space.records {
			t.Errorf("%+v, %+v", c, space)
		}
		if limit := int64(before * (len(long) + spool.Overhead + 20)); disk > limit {
			t.Errorf("%d bytes on a disk that had room for %d", disk, limit)
		}
	}
}

// What the disk keeps in reserve is not for what waits for a host.
func TestSpoolLeavesTheReserve(t *testing.T) {
	r := remote(t, RemoteConfig{RemoteOptions: tcpTo(1), Spool: t.TempDir(), Space: fullDisk{}})
	own := batch("own", "foreign", "own too")
	own.Lines[0].Self, own.Lines[2].Self = true, true
	r.Write(own)
	if c := r.Counters(); c.Accepted != 3 || c.Dropped[NoSpace] != 1 || c.Waiting != 2 {
		t.Errorf("%+v", c)
	}
}
