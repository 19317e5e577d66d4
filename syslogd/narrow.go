package syslogd

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"loggia/match"
	"loggia/syslogd/wire"
)

// narrowing is what a Selection asks of a message beyond its priority and its
// text: `from`, `program`, `hostname`, `exclude-own-records` and `only-own-records`,
// all of which must hold. Distinct ones stand once in a table and are evaluated
// once for each record. A destination without any has none, and costs nothing.
type narrowing struct {
	from     []netip.Prefix // nil: from anywhere
	programs []string       // in lower case; nil: any program
	host     *match.Expr    // nil: any host
	foreign  bool           // none of our own records
	own      bool           // nothing but our own records
}

// compiledNarrowing is a narrowing with the text it was compiled from.
type compiledNarrowing struct {
	key    string
	narrow narrowing
}

// narrow compiles what s asks of a message besides its priority and text;
// nil if it has none.
func (s *Selection) narrow() (*compiledNarrowing, error) {
	if len(s.From) == 0 && len(s.Programs) == 0 && s.HostMatch == "" && !s.Foreign && !s.Own {
		return nil, nil
	}
	var c compiledNarrowing
	var key []byte
	word := func(kind byte, text string) {
		key = binary.AppendUvarint(append(key, kind), uint64(len(text)))
		key = append(key, text...)
	}
	var errs []error
	for _, p := range s.From {
		if !p.IsValid() {
			errs = append(errs, errors.New("from: invalid prefix"))
			continue
		}
		p = unmapped(p)
		c.narrow.from = append(c.narrow.from, p)
		word('f', p.String())
	}
	for _, name := range s.Programs {
		if name == "" {
			errs = append(errs, errors.New("program: empty name"))
			continue
		}
		name = strings.ToLower(name)
		c.narrow.programs = append(c.narrow.programs, name)
		word('p', name)
	}
	if s.HostMatch != "" {
		x, err := match.Compile(s.HostMatch, match.Options{IgnoreCase: true})
		if err != nil {
			errs = append(errs, fmt.Errorf("hostname: %w", err))
		}
		c.narrow.host = x
		word('h', s.HostMatch)
	}
	if c.narrow.foreign = s.Foreign; s.Foreign {
		word('o', "")
	}
	if c.narrow.own = s.Own; s.Own {
		word('s', "")
	}
	c.key = string(key)
	return &c, errors.Join(errs...)
}

// unmapped returns p as the addresses of peers are compared: ::ffff:10.0.0.0/104
// is 10.0.0.0/8, and bits behind the length do not count.
func unmapped(p netip.Prefix) netip.Prefix {
	if a := p.Addr(); a.Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(a.Unmap(), p.Bits()-96)
	}
	return p.Masked()
}

// sender reports whether n admits messages of this origin. It holds for a whole
// batch. What no network brought, from programs of this machine, its kernel and
// this program itself, is from 127.0.0.1 and ::1.
func (n *narrowing) sender(o *wire.Origin) bool {
	return n.notOwn(o) && n.notOther(o) && n.network(o)
}

// notOwn and notOther report whether n admits who made the messages. No sender
// has a say in it: an input stamps the origin.
func (n *narrowing) notOwn(o *wire.Origin) bool   { return !n.foreign || o.Kind != wire.Self }
func (n *narrowing) notOther(o *wire.Origin) bool { return !n.own || o.Kind == wire.Self }

// network reports whether n admits where they come from.
func (n *narrowing) network(o *wire.Origin) bool {
	if n.from == nil {
		return true
	}
	peer := o.Peer.Addr().Unmap().WithZone("")
	return slices.ContainsFunc(n.from, func(p netip.Prefix) bool {
		if peer.IsValid() {
			return p.Contains(peer)
		}
		return p.Contains(netip.AddrFrom4([4]byte{127, 0, 0, 1})) || p.Contains(netip.IPv6Loopback())
	})
}

// record reports whether n admits r.
func (n *narrowing) record(t *table, sc *scratch, b *wire.Batch, r *wire.Record) bool {
	return n.program(b.Bytes(r.App)) && n.hosted(t, sc, b, r)
}

// hosted reports whether the host of r is one that n admits: the one that a line
// shows.
func (n *narrowing) hosted(t *table, sc *scratch, b *wire.Batch, r *wire.Record) bool {
	if n.host == nil {
		return true
	}
	if r.Host.Len > 0 {
		return n.host.Match(b.Bytes(r.Host))
	}
	sc.host = sc.host[:0]
	if peer := b.Origin.Peer.Addr(); peer.IsValid() {
		sc.host = peer.Unmap().AppendTo(sc.host)
	} else {
		sc.host = append(sc.host, t.settings.host...)
	}
	return n.host.Match(sc.host)
}

// program reports whether app is one of the programs, in any case of letters:
// Debian's cron calls itself CRON.
func (n *narrowing) program(app []byte) bool {
	if n.programs == nil {
		return true
	}
	for _, name := range n.programs {
		if like(name, app) {
			return true
		}
	}
	return false
}

// like reports whether text, in any case of ASCII letters, is what pattern
// says: lower case, and * for any text. It goes back to the last star alone, so
// it takes at most len(pattern)·len(text) steps.
func like(pattern string, text []byte) bool {
	i, star, resume := 0, -1, 0
	for j := 0; j < len(text); {
		switch {
		case i < len(pattern) && pattern[i] == '*':
			star, resume = i, j
			i++
		case i < len(pattern) && pattern[i] == lower(text[j]):
			i++
			j++
		case star >= 0:
			resume++
			i, j = star+1, resume
		default:
			return false
		}
	}
	return strings.Trim(pattern[i:], "*") == ""
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// admits reports whether the narrowing of leg l, which has one, admits r.
func (t *table) admits(sc *scratch, l *leg, b *wire.Batch, r *wire.Record) bool {
	n := &t.narrow[l.narrow-1]
	v := &sc.admitted[l.narrow-1]
	if v.batch != sc.batch {
		v.batch, v.sender = sc.batch, n.sender(&b.Origin)
	}
	if !v.sender {
		return false
	}
	if v.serial != sc.serial {
		v.serial, v.ok = sc.serial, n.record(t, sc, b, r)
	}
	return v.ok
}

// admission is what is known of one narrowing.
type admission struct {
	batch  uint64 // that sender is of
	serial uint64 // of the record that ok is of
	sender bool
	ok     bool
}
