package syslogd

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// badPeer is a log server that can be made to misbehave, and remembers what it
// has read over which connection.
type badPeer struct {
	t      testing.TB
	at     netip.AddrPort
	secure func() *tls.Config // nil: tcp

	mu       sync.Mutex // guards what follows
	change   *sync.Cond // of any of it
	listener net.Listener
	conns    map[*peerConn]bool
	history  []*peerConn // in the order they were accepted
	stalled  bool
	slow     bool
	running  sync.WaitGroup
}

// peerConn is one connection of a badPeer.
type peerConn struct {
	conn   net.Conn
	tcp    *net.TCPConn
	got    []string // whole records
	rude   bool     // it was cut while more may have been on the way: what the peer's kernel had is gone
	parted bool     // it was half closed
}

func newBadPeer(t testing.TB, at netip.AddrPort, secure func() *tls.Config) *badPeer {
	p := &badPeer{t: t, at: at, secure: secure, conns: make(map[*peerConn]bool)}
	p.change = sync.NewCond(&p.mu)
	p.up()
	return p
}

// up listens, if it does not.
func (p *badPeer) up() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener != nil {
		return
	}
	l, err := net.Listen("tcp", p.at.String())
	for end := time.Now().Add(faultDeadline); errors.Is(err, syscall.EADDRINUSE) && time.Now().Before(end); {
		runtime.Gosched() // a process that is being started holds the old listener until it runs
		l, err = net.Listen("tcp", p.at.String())
	}
	if err != nil {
		p.t.Errorf("peer %s: %v", p.at, err)
		return
	}
	p.listener = l
	p.running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			p.serve(c.(*net.TCPConn))
		}
	})
}

// serve begins to read a connection.
func (p *badPeer) serve(c *net.TCPConn) {
	pc := &peerConn{conn: c, tcp: c}
	if p.secure != nil {
		pc.conn = tls.Server(c, p.secure())
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener == nil { // it went down meanwhile
		_ = c.Close()
		return
	}
	p.conns[pc] = true
	p.history = append(p.history, pc)
	p.running.Go(func() {
		p.read(pc)
		p.mu.Lock()
		delete(p.conns, pc)
		p.mu.Unlock()
		_ = c.Close()
	})
}

// Read implements io.Reader for one connection, with the peer's moods.
type moody struct {
	p *badPeer
	c *peerConn
}

func (m moody) Read(b []byte) (int, error) {
	m.p.mu.Lock()
	for m.p.stalled && m.p.conns[m.c] && !m.c.rude {
		m.p.change.Wait()
	}
	if m.p.slow {
		b = b[:min(len(b), 100)]
	}
	m.p.mu.Unlock()
	return m.c.conn.Read(b)
}

// read takes records off a connection until it ends. Framing is detected as RFC
// 6587 3.4.3 says.
func (p *badPeer) read(c *peerConn) {
	in := bufio.NewReaderSize(moody{p, c}, 4<<10)
	for {
		record, err := readRecord(in)
		if err != nil {
			return
		}
		p.mu.Lock()
		c.got = append(c.got, record)
		p.mu.Unlock()
	}
}

func readRecord(in *bufio.Reader) (string, error) {
	first, err := in.Peek(1)
	if err != nil {
		return "", err
	}
	if first[0] == '<' {
		line, err := in.ReadString('\n')
		if err != nil {
			return "", err
		}
		return line[:len(line)-1], nil
	}
	word, err := in.ReadString(' ')
	if err != nil {
		return "", err
	}
	n, err := strconv.Atoi(word[:len(word)-1])
	if err != nil {
		return "", err
	}
	b := make([]byte, n)
	_, err = io.ReadFull(in, b)
	return string(b), err
}

// down goes away, with all connections.
func (p *badPeer) down() {
	p.mu.Lock()
	l := p.listener
	p.listener = nil
	p.cut(-1)
	p.mu.Unlock()
	if l != nil {
		_ = l.Close()
		p.mood(func() { p.history = append(p.history, &peerConn{rude: true}) }) // those that the kernel had taken and nobody has accepted
	}
}

// cut closes the connections, by a reset where linger is 0. The caller holds mu.
func (p *badPeer) cut(linger int) {
	for c := range p.conns {
		c.rude = true
		_ = c.tcp.SetLinger(linger)
		_ = c.tcp.Close()
	}
	p.change.Broadcast()
}

func (p *badPeer) reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut(0)
}

// part says that it will write no more, and goes on reading.
func (p *badPeer) part() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		c.parted = true
		_ = c.tcp.CloseWrite()
	}
}

// accepted reports whether the connection from an address was. The caller holds mu.
func (p *badPeer) accepted(from net.Addr) bool {
	return slices.ContainsFunc(p.history, func(c *peerConn) bool { return c.tcp != nil && c.tcp.RemoteAddr().String() == from.String() })
}

func (p *badPeer) mood(set func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	set()
	p.change.Broadcast()
}

// heal takes back everything.
func (p *badPeer) heal() {
	p.mood(func() { p.stalled, p.slow = false, false })
	p.up()
}

// end waits until everything that was sent is read, and returns it. A last
// connection of its own tells that all others were accepted: closing the listener
// would reset those that wait.
func (p *badPeer) end() []*peerConn {
	c, err := net.Dial("tcp", p.at.String())
	if err != nil {
		p.t.Errorf("peer %s: %v", p.at, err)
		return nil
	}
	p.mu.Lock()
	for end := time.Now().Add(faultDeadline); !p.accepted(c.LocalAddr()) && time.Now().Before(end); {
		p.mu.Unlock()
		runtime.Gosched()
		p.mu.Lock()
	}
	p.mu.Unlock()
	_ = c.Close()
	p.mu.Lock()
	l := p.listener
	p.listener = nil
	p.mu.Unlock()
	if l != nil {
		_ = l.Close()
	}
	p.running.Wait()
	return p.history
}

// markOf returns the number in the mark that tells two copies of a record apart
// from two records, 0 if node has not marked it.
func markOf(record, node string) int {
	_, rest, _ := strings.Cut(record, `[loggia@32473 node="`+node+`" seq="`)
	digits, _, _ := strings.Cut(rest, `"]`)
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 0
	}
	return n
}

// delivery is what reached a peer, judged.
type delivery struct {
	numbers map[string][]int // of each source, by mark
	gone    int              // records that a peer had accepted and not read when it was cut
	skipped int              // other marks that never arrived
	copies  int              // duplicates
}

// judge checks the marks: within a connection they only grow; a mark that comes
// again is the same record over another connection; two records have two marks.
func judge(history []*peerConn, node string) (d delivery, err error) {
	texts := make(map[int]string)
	highest := 0
	rude := false // the connection before was cut
	for i, c := range history {
		last := 0
		for _, text := range c.got {
			seq := markOf(text, node)
			if seq == 0 {
				return d, fmt.Errorf("connection %d: no mark of ours in %q", i, text)
			}
			if seq <= last {
				return d, fmt.Errorf("connection %d: mark %d comes after %d", i, seq, last)
			}
			if known, ok := texts[seq]; ok {
				if known != text {
					return d, fmt.Errorf("mark %d is of two records:\n%q\n%q", seq, known, text)
				}
				d.copies++
			}
			if seq > highest {
				if missing := seq - highest - 1; rude && last == 0 {
					d.gone += missing
				} else {
					d.skipped += missing
				}
				highest = seq
			}
			texts[seq], last = text, seq
		}
		if last > 0 || c.rude {
			rude = c.rude || rude && last == 0
		}
	}
	d.numbers = make(map[string][]int)
	for seq := 1; seq <= highest; seq++ {
		if text, ok := texts[seq]; ok {
			source, n, err := numbered(text)
			if err != nil {
				return d, err
			}
			d.numbers[source] = append(d.numbers[source], n)
		}
	}
	return d, nil
}

// numbered finds the source and the number of a test message in a line of any
// form: `test-SOURCE number N end`.
func numbered(line string) (source string, n int, err error) {
	at := strings.LastIndex(line, "test-")
	if at < 0 {
		return "", 0, fmt.Errorf("not a message of the test: %q", line)
	}
	source, rest, _ := strings.Cut(line[at+len("test-"):], " number ")
	digits, _, whole := strings.Cut(rest, " end")
	if n, err = strconv.Atoi(digits); err != nil || !whole {
		return "", 0, fmt.Errorf("not a message of the test: %q", line)
	}
	return source, n, nil
}

// selfSigned makes a certificate for an address that vouches for itself.
func selfSigned(t testing.TB, addresses []net.IP, until time.Time) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(until.Unix()), Subject: pkix.Name{CommonName: "peer"}, DNSNames: []string{"peer"},
		IPAddresses: addresses, NotBefore: until.Add(-48 * time.Hour), NotAfter: until, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func trusting(certificates ...tls.Certificate) *x509.CertPool {
	pool := x509.NewCertPool()
	for _, c := range certificates {
		pool.AddCert(c.Leaf)
	}
	return pool
}

// The judge notices what it is there for.
func TestJudge(t *testing.T) {
	line := func(seq, n int) string {
		return fmt.Sprintf(`<13>1 - - test-a - - [loggia@32473 node="n" seq="%d"] test-a number %d end`, seq, n)
	}
	conn := func(rude bool, pairs ...int) *peerConn {
		c := &peerConn{rude: rude}
		for i := 0; i < len(pairs); i += 2 {
			c.got = append(c.got, line(pairs[i], pairs[i+1]))
		}
		return c
	}
	for i, test := range []struct {
		history               []*peerConn
		gone, skipped, copies int
		err                   bool
	}{
		{history: []*peerConn{conn(false, 1, 1, 2, 2)}},
		{history: []*peerConn{conn(true, 1, 1, 2, 2), conn(false, 2, 2, 3, 3)}, copies: 1},
		{history: []*peerConn{conn(true, 1, 1), conn(true), conn(false, 3, 3)}, gone: 1},
		{history: []*peerConn{conn(false, 1, 1), conn(false, 3, 3)}, skipped: 1},
		{history: []*peerConn{conn(true, 1, 1), conn(false, 2, 2, 4, 4)}, skipped: 1},
		{history: []*peerConn{conn(false, 2, 2, 1, 1)}, err: true},
		{history: []*peerConn{conn(false, 1, 1, 1, 1)}, err: true},
		{history: []*peerConn{conn(true, 1, 1), conn(false, 1, 2)}, err: true},
		{history: []*peerConn{{got: []string{"<13>1 - - test-a - - - test-a number 1 end"}}}, err: true},
	} {
		d, err := judge(test.history, "n")
		if (err != nil) != test.err || err == nil && (d.gone != test.gone || d.skipped != test.skipped || d.copies != test.copies) {
			t.Errorf("%d: %+v, %v", i, d, err)
		}
	}
	for _, torn := range []string{"nothing", "test-a number 1", "test-a number 1 en", "test-a num"} {
		if _, _, err := numbered(torn); err == nil {
			t.Errorf("%q is taken for whole", torn)
		}
	}
}
