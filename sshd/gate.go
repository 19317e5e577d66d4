package sshd

import (
	"errors"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// Bounds on the connections that have not logged in yet: of everybody, and of
// one source, so that none can keep the others out.
const (
	handshakesTotal = 100
	handshakesEach  = 20
)

// gate counts connections. When no more may begin, a source that has more of them
// than the one that comes loses its oldest: a few addresses that hold as many as they
// may for as long as a login may take keep nobody out. now is set before it is used.
type gate struct {
	now func() time.Time

	mu         sync.Mutex // guards what follows
	handshakes int
	sources    map[netip.Prefix][]*guest // by the order in which they came
	tallies    map[string]*tally         // by what is served alone, "" for everything
	came       uint64                    // guests so far
}

// guest is a connection on which nobody has logged in yet.
type guest struct {
	at     netip.Prefix
	number uint64 // among all
	drop   func() // ends it for another one
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
	errDropped     = errors.New("past MaxStartups, in favor of another source")
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
// everything, or says why not. drop, which ends it, may be called until it is shaken.
func (g *gate) enter(from netip.Addr, only string, c *Config, drop func()) (*guest, error) {
	came := &guest{at: source(from), drop: drop}
	lost, err := g.let(came, only, c)
	if lost != nil {
		lost.drop()
	}
	if err != nil {
		return nil, err
	}
	return came, nil
}

// let counts a guest, and returns one that has to go for it, if any.
func (g *gate) let(came *guest, only string, c *Config) (lost *guest, err error) {
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
	own := len(g.sources[came.at])
	switch {
	case t.established >= limits.MaxConnections:
		return nil, errConnections
	case own >= each:
		return nil, errSource
	case t.inMinute >= limits.MaxRate:
		return nil, errRate
	case g.handshakes >= total:
		if lost = g.superfluous(own); lost == nil {
			return nil, errStartups
		}
		g.remove(lost)
	}
	if g.sources == nil {
		g.sources = map[netip.Prefix][]*guest{}
	}
	t.inMinute++
	g.handshakes++
	g.came++
	came.number = g.came
	g.sources[came.at] = append(g.sources[came.at], came)
	return lost, nil
}

// superfluous is the oldest guest of the source that has most, of several the one
// whose guest waits longest; nil when none has more than most. The lock is held.
func (g *gate) superfluous(most int) *guest {
	var first *guest
	for _, guests := range g.sources {
		if n := len(guests); n > most || n == most && first != nil && guests[0].number < first.number {
			first, most = guests[0], n
		}
	}
	return first
}

// remove takes a guest off, if it is there. The lock is held.
func (g *gate) remove(gone *guest) {
	guests := g.sources[gone.at]
	i := slices.Index(guests, gone)
	if i < 0 {
		return
	}
	g.handshakes--
	if guests = slices.Delete(guests, i, i+1); len(guests) == 0 {
		delete(g.sources, gone.at)
		return
	}
	g.sources[gone.at] = guests
}

// shaken ends the handshake of a connection.
func (g *gate) shaken(gone *guest) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.remove(gone)
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
