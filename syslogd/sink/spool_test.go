package sink

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"loggia/syslogd/wire"
)

// structured are records that can be marked, numbered from from on.
func structured(from, to int) []string {
	var all []string
	for i := from; i < to; i++ {
		all = append(all, fmt.Sprintf("<13>1 2026-11-22T10:00:00Z host app - - - number %07d", i))
	}
	return all
}

// number is what a structured record says it is, and the seq of its mark.
func number(t *testing.T, line string) (n, seq int) {
	t.Helper()
	i, j := strings.Index(line, ` seq="`), strings.LastIndexByte(line, ' ')
	if i < 0 || j < i {
		t.Fatalf("no mark in %q", line)
	}
	mark := line[i+len(` seq="`):]
	seq, err := strconv.Atoi(mark[:strings.IndexByte(mark, '"')])
	if err == nil {
		n, err = strconv.Atoi(line[j+1:])
	}
	if err != nil {
		t.Fatal(err)
	}
	return n, seq
}

// receiver collects what arrives, over as many connections as come, and what
// stands behind the last whole record of each is not counted.
type receiver struct {
	t      *testing.T
	peer   *peer
	server *tls.Config

	mu    sync.Mutex
	lines []string
	conns []net.Conn
}

func newReceiver(t *testing.T, server *tls.Config) *receiver {
	r := &receiver{t: t, peer: newPeer(t), server: server}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := r.peer.listen.Accept()
			if err != nil {
				return
			}
			if server != nil {
				conn = tls.Server(conn, server)
			}
			r.mu.Lock()
			r.conns = append(r.conns, conn)
			r.mu.Unlock()
			all.Go(func() { r.read(conn) })
		}
	})
	t.Cleanup(func() {
		r.peer.listen.Close()
		r.drop()
		all.Wait()
	})
	return r
}

func (r *receiver) read(conn net.Conn) {
	for in := bufio.NewReader(conn); ; {
		s, err := in.ReadString('\n')
		if err != nil {
			conn.Close()
			return
		}
		r.mu.Lock()
		r.lines = append(r.lines, strings.TrimSuffix(s, "\n"))
		r.mu.Unlock()
	}
}

// drop ends all connections.
func (r *receiver) drop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.conns {
		c.Close()
	}
	r.conns = nil
}

func (r *receiver) got() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.lines)
}

// count is how many lines there are.
func (r *receiver) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.lines)
}

// last reports whether the record of that number has come.
func (r *receiver) last(n int) func() bool {
	return func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		if len(r.lines) == 0 {
			return false
		}
		have, _ := number(r.t, r.lines[len(r.lines)-1])
		return have == n
	}
}

// judge checks that records 0 to n arrived in order, some perhaps more than
// once, and that two copies of one bear the same seq, which no other has. What
// a peer's kernel took and the peer never read may be missing where lossy.
func judge(t *testing.T, lines []string, n int, lossy bool) {
	t.Helper()
	seqs, numbers := map[int]int{}, map[int]int{}
	highest := -1
	for _, line := range lines {
		k, seq := number(t, line)
		if was, known := numbers[seq]; known && was != k {
			t.Fatalf("seq %d was record %d, and is %d", seq, was, k)
		}
		if was, known := seqs[k]; known && was != seq {
			t.Fatalf("record %d had seq %d, and has %d", k, was, seq)
		}
		if _, again := seqs[k]; !again && k != highest+1 && !lossy {
			t.Fatalf("record %d after %d", k, highest)
		}
		seqs[k], numbers[seq] = seq, k
		highest = max(highest, k)
	}
	if highest != n-1 || len(seqs) != n && !lossy {
		t.Fatalf("%d different records, the last %d, want %d", len(seqs), highest, n)
	}
}

func spooled(t *testing.T, dir string, port uint16) RemoteConfig {
	return RemoteConfig{RemoteOptions: RemoteOptions{Network: "tcp", Host: "127.0.0.1", Port: port, AllowDuplicates: true,
		Style: wire.Style{FacilityOverride: -1, Structured: true}}, Spool: dir, Node: "n1"}
}

// TestSpoolOutlivesItsRemote: what waited is sent by the next one, marked with
// the numbers it had.
func TestSpoolOutlivesItsRemote(t *testing.T) {
	nobody := newPeer(t)
	port := nobody.port()
	nobody.listen.Close()
	dir := t.TempDir()
	first := remote(t, spooled(t, dir, port))
	first.Write(batch(structured(0, 1000)...))
	eventually(t, "down", func() bool { return first.State().LastError != "" })
	if err := first.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c := first.Counters(); c.Waiting != 1000 || c.Lost() != 0 {
		t.Errorf("counters %+v", c)
	}
	to := newReceiver(t, nil)
	second := remote(t, spooled(t, dir, to.peer.port()))
	second.Write(batch(structured(1000, 2000)...))
	eventually(t, "all", to.last(1999))
	judge(t, to.got(), 2000, false)
	eventually(t, "settled", func() bool { return second.Counters().Waiting == 0 })
	if c := second.Counters(); c.Accepted != 2000 || c.Delivered != 2000 {
		t.Errorf("counters %+v", c)
	}
}

// TestSenderIsKilled kills a sending process again and again, and lets it go on
// with its spool: every record it has reported as written arrives, in order.
func TestSenderIsKilled(t *testing.T) {
	to := newReceiver(t, nil)
	dir := t.TempDir()
	next := 0
	for round := range 6 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s:%d:%d", senderEnv, dir, to.peer.port(), next))
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		in := bufio.NewScanner(out)
		reported := next
		for in.Scan() {
			if reported, err = strconv.Atoi(in.Text()); err != nil {
				t.Fatal(in.Text())
			}
			if reported-next >= 700+round*997 {
				break
			}
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for in.Scan() { // what it still said
			if n, err := strconv.Atoi(in.Text()); err == nil {
				reported = n
			}
		}
		cmd.Wait() // it was killed: that is its error
		// What it wrote and did not report may be there or not; it is written
		// again by the next, as a record of its own.
		next = reported
	}
	r := remote(t, spooled(t, dir, to.peer.port()))
	eventually(t, "settled", func() bool { return r.Counters().Waiting == 0 })
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the last", func() bool {
		return slices.ContainsFunc(to.got(), func(s string) bool { n, _ := number(t, s); return n == next-1 })
	})
	order(t, to.got(), next)
}

// order checks that all records up to n are there and that those of one seq are
// one: a record that was not reported as written may have another with another
// seq.
func order(t *testing.T, lines []string, n int) {
	t.Helper()
	seen, bySeq := map[int]bool{}, map[int]string{}
	for _, line := range lines {
		k, seq := number(t, line)
		if was, known := bySeq[seq]; known && was != line {
			t.Fatalf("two records of seq %d:\n%s\n%s", seq, was, line)
		}
		bySeq[seq] = line
		seen[k] = true
	}
	for k := range n {
		if !seen[k] {
			t.Fatalf("record %d of %d is missing", k, n)
		}
	}
	last := -1
	for _, seq := range slices.Sorted(func(yield func(int) bool) {
		for s := range bySeq {
			if !yield(s) {
				return
			}
		}
	}) {
		k, _ := number(t, bySeq[seq])
		if k > last+1 {
			t.Fatalf("record %d after %d", k, last)
		}
		last = k
	}
}

// senderEnv makes the test binary a process that sends until it is killed: its
// value is the spool, the port, and the first number.
const senderEnv = "LOGGIA_TEST_SENDER"

func sendUntilKilled(args []string) {
	port, err := strconv.Atoi(args[1])
	if err == nil {
		_, err = strconv.Atoi(args[2])
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	from, _ := strconv.Atoi(args[2])
	r, err := NewRemote(spooled(nil, args[0], uint16(port)))
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for n := from; err == nil; n += 7 {
		r.Write(batch(structured(n, n+7)...))
		_, err = fmt.Println(n + 7)
	}
	os.Exit(1)
}

// certificate returns what a server shows, and what a client believes.
func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	x := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "collector"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, x, x, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// TestTLS: all arrives, through connections that are lost, and both ends are
// told.
func TestTLS(t *testing.T) {
	own, pool := certificate(t)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		t.Run(tls.VersionName(version), func(t *testing.T) {
			to := newReceiver(t, &tls.Config{Certificates: []tls.Certificate{own}, MinVersion: version, MaxVersion: version})
			c := spooled(t, t.TempDir(), to.peer.port())
			c.Network, c.TLS = "tls", &tls.Config{RootCAs: pool}
			var mu sync.Mutex
			var told []Channel
			c.Channel = func(ch Channel) {
				mu.Lock()
				defer mu.Unlock()
				told = append(told, ch)
			}
			r := remote(t, c)
			const n = 20000
			for i := 0; i < n; i += 100 {
				r.Write(batch(structured(i, i+100)...))
				if i == n/2 {
					eventually(t, "some", func() bool { return to.count() > 100 })
					to.drop()
				}
			}
			eventually(t, "all", to.last(n-1))
			judge(t, to.got(), n, true)
			eventually(t, "settled", func() bool { return r.Counters().Waiting == 0 })
			if err := r.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			mu.Lock()
			defer mu.Unlock()
			if len(told) < 4 {
				t.Fatalf("told %+v", told)
			}
			first, last := told[0], told[len(told)-1]
			if first.Change != Opened || first.Subject != "CN=collector" || !strings.HasPrefix(first.Fingerprint, "sha-256:") ||
				first.Local == "" || first.Peer == "" || last.Change != Ended {
				t.Errorf("told %+v", told)
			}
		})
	}
}

// TestTLSRefused: a server that nobody vouches for gets nothing, the reason is
// told once, and when it is mended all arrives.
func TestTLSRefused(t *testing.T) {
	own, pool := certificate(t)
	other, _ := certificate(t)
	liar := newReceiver(t, &tls.Config{Certificates: []tls.Certificate{other}})
	c := spooled(t, t.TempDir(), liar.peer.port())
	c.Network, c.TLS = "tls", &tls.Config{RootCAs: pool}
	var mu sync.Mutex
	var told []Channel
	c.Channel = func(ch Channel) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, ch)
	}
	r := remote(t, c)
	r.Write(batch(structured(0, 10)...))
	eventually(t, "refused", func() bool { return strings.Contains(r.State().LastError, "certificate") })
	to := newReceiver(t, &tls.Config{Certificates: []tls.Certificate{own}})
	o := c.RemoteOptions
	o.Port = to.peer.port()
	r.Reconfigure(o)
	eventually(t, "all", to.last(9))
	judge(t, to.got(), 10, false)
	mu.Lock()
	defer mu.Unlock()
	if told[0].Change != Failed || told[0].Reason == "" || told[1].Change != Opened || len(liar.got()) > 0 {
		t.Errorf("told %+v", told)
	}
}

// TestOnDemand: no connection is made before something waits.
func TestOnDemand(t *testing.T) {
	to := newReceiver(t, nil)
	c := spooled(t, t.TempDir(), to.peer.port())
	c.OnDemand = true
	r := remote(t, c)
	eventually(t, "idle", func() bool { return r.State().Status == Idle })
	if n := r.State().Connects; n != 0 {
		t.Errorf("%d connections", n)
	}
	r.Write(batch(structured(0, 1)...))
	eventually(t, "one", to.last(0))
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	idle := remote(t, c)
	if err := idle.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestFramingChanges: what waits with control bytes for octet counting goes out
// escaped when newlines come to be what ends a record.
func TestFramingChanges(t *testing.T) {
	nobody := newPeer(t)
	port := nobody.port()
	nobody.listen.Close()
	c := spooled(t, t.TempDir(), port)
	c.OctetCounting, c.Style.RawControl = true, true
	r := remote(t, c)
	r.Write(batch("<13>1 - h a - - - two\tlines\nof text"))
	to := newReceiver(t, nil)
	o := c.RemoteOptions
	o.OctetCounting, o.Style.RawControl, o.Port = false, false, to.peer.port()
	r.Reconfigure(o)
	eventually(t, "a line", func() bool { return len(to.got()) == 1 })
	if got := to.got()[0]; !strings.HasSuffix(got, "two\tlines#012of text") {
		t.Errorf("got %q", got)
	}
}

// TestPeerThatNeverReads: it takes what its kernel buffers, and nothing else
// waits for it.
func TestPeerThatNeverReads(t *testing.T) {
	p := newPeer(t)
	c := spooled(t, t.TempDir(), p.port())
	c.SpoolSize = 2 << 20
	r := remote(t, c)
	conn := p.accept()
	for i := 0; i < 100000; i += 500 {
		r.Write(batch(structured(i, i+500)...))
	}
	checkCounters(t, r)
	if st := r.State(); st.Spool.Disk > 3<<20 {
		t.Errorf("state %+v", st)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.Close(ctx); err != nil {
		t.Fatal(err)
	}
	if c := r.Counters(); c.Waiting == 0 {
		t.Errorf("counters %+v", c)
	}
	if _, err := io.Copy(io.Discard, conn); err != nil && !strings.Contains(err.Error(), "reset") {
		t.Error(err)
	}
}
