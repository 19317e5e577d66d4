package sshd

import (
	"errors"
	"net/netip"
	"sync"
	"time"
)

// Bounds on the connections that have not logged in yet: of everybody, and of
// one source, so that none can keep the others out.
const (
	handshakesTotal = 100
	handshakesEach  = 20
)

// gate counts connections. now is set before it is used.
type gate struct {
	now func() time.Time

	mu         sync.Mutex // guards what follows
	handshakes int
	sources    map[netip.Prefix]int // handshakes
	tallies    map[string]*tally    // by what is served alone, "" for everything
}

// tally counts the connections of the addresses where the same is served.
type tally struct {
	minute      time.Time // when the present minute began
	inMinute    int
	established int
}

// tally returns that of a subsystem. The lock is held.
func (g *gate) tally(only string) *tally {
	t := g.tallies[only]
	if t == nil {
		t = &tally{}
		if g.tallies == nil {
			g.tallies = map[string]*tally{}
		}
		g.tallies[only] = t
	}
	return t
}

// Why a connection is not served.
var (
	errRate        = errors.New("past rate-limit")
	errConnections = errors.New("past connection-limit")
	errStartups    = errors.New("past MaxStartups")
	errSource      = errors.New("past MaxStartups of its source")
	errDenied      = errors.New("its source is denied")
)

// source is whom an address stands for: of IPv6 a site.
func source(a netip.Addr) netip.Prefix {
	bits := 32
	if a.Is6() {
		bits = 64
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}

// enter lets a connection begin where a subsystem is served alone, or with ""
// everything, or says why not.
func (g *gate) enter(from netip.Addr, only string, c *Config) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	t, limits, now := g.tally(only), c.limits(only), g.now()
	if d := now.Sub(t.minute); d >= time.Minute || d < 0 {
		t.minute, t.inMinute = now, 0
	}
	total, each := c.HandshakesTotal, c.HandshakesEach
	if total == 0 {
		total, each = handshakesTotal, handshakesEach
	}
	switch at := source(from); {
	case t.established >= limits.MaxConnections:
		return errConnections
	case g.handshakes >= total:
		return errStartups
	case g.sources[at] >= each:
		return errSource
	case t.inMinute >= limits.MaxRate:
		return errRate
	default:
		if g.sources == nil {
			g.sources = map[netip.Prefix]int{}
		}
		t.inMinute++
		g.handshakes++
		g.sources[at]++
		return nil
	}
}

// shaken ends the handshake of a connection.
func (g *gate) shaken(from netip.Addr) {
	g.mu.Lock()
	defer g.mu.Unlock()
	at := source(from)
	g.handshakes--
	if g.sources[at]--; g.sources[at] == 0 {
		delete(g.sources, at)
	}
}

// establish counts a connection on which somebody logged in, unless there are
// too many.
func (g *gate) establish(only string, most int) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	t := g.tally(only)
	if t.established >= most {
		return false
	}
	t.established++
	return true
}

// leave takes back one establish.
func (g *gate) leave(only string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.tally(only).established--
}
