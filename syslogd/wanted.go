package syslogd

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"loggia/syslogd/wire"
)

// wanted is one destination of a Config, compiled. It is immutable: a destination of
// which nothing changed is the same wanted in the next configuration.
type wanted struct {
	id        destinationID
	place     string
	part      any // points to the element of the Config
	spec      spec
	style     *wire.Style // equal ones are one
	selection *Selection
	fold      bool // repetitions are folded: they need an identity

	passing passing
	tests   []*test
	narrow  *compiledNarrowing // nil: none
	err     error              // an expression of it cannot be compiled
}

// wanted returns every destination of c, in order. Those that are in before, and mean
// the same there, are not compiled again; of the others, what is known is not, and
// what is new becomes known.
func (c *Config) wanted(before *state, known *compiled) []choice {
	all := make([]choice, 0, len(c.Files)+len(c.Hosts)+len(c.Users)+1)
	same := before.config.common() == c.common()
	after := 0 // the one of before found last
	add := func(id destinationID, part any, place string, selection *Selection, duplicates bool, specify func() spec) {
		i, found := before.find(id, after)
		if found {
			after = i + 1
		} else {
			i = -1
		}
		if found && same && before.wanted[i].part == part {
			all = append(all, choice{wanted: before.wanted[i], was: i})
			return
		}
		w := &wanted{id: id, place: place, part: part, spec: specify(), selection: selection, fold: !(c.AllowDuplicates || duplicates)}
		w.compile(known)
		all = append(all, choice{wanted: w, was: i})
	}
	for _, f := range c.Files {
		add(destinationID{KindFile, f.Name}, f, f.Place, &f.Selection, f.AllowDuplicates, func() spec { return c.fileSpec(f) })
	}
	for _, h := range c.Hosts {
		add(destinationID{KindHost, h.Name}, h, h.Place, &h.Selection, h.AllowDuplicates, func() spec { return c.hostSpec(h) })
	}
	for i := range c.Users {
		u := &c.Users[i]
		add(destinationID{KindUser, u.Name}, u, u.Place, &u.Selection, u.AllowDuplicates, func() spec { return c.userSpec(u) })
	}
	if c.Console != nil {
		add(destinationID{kind: KindConsole}, c.Console, c.Console.Place, &c.Console.Selection, false, c.consoleSpec)
	}
	return all
}

// choice is what becomes of one that is wanted.
type choice struct {
	*wanted
	was    int          // where the destination of the same name is in the state before; -1: nowhere
	dest   *destination // nil: it is to be opened
	opened bool
	err    error
}

// common is what a Config says of all destinations.
type common struct {
	hostName   string
	zone       *time.Location
	duplicates bool
	format     TimeFormat
	source     netip.Addr
}

func (c *Config) common() common {
	return common{c.HostName, c.Zone, c.AllowDuplicates, c.TimeFormat, c.SourceAddress}
}

// compile compiles what w selects, and how its lines look.
func (w *wanted) compile(known *compiled) {
	w.style = known.style(w.spec.style())
	w.passing = passes(w.selection.Rules)
	tests, err := known.compile(w.selection)
	narrow, narrowErr := w.selection.narrow()
	w.tests, w.narrow, w.err = tests, narrow, errors.Join(err, narrowErr)
}

// loop refuses a host that is one of the addresses that this configuration is
// listening on: every message it is sent would come back.
func (p *Plan) loop(w *wanted, listening []wantedInput) error {
	h, ok := w.part.(*Host)
	if !ok {
		return nil
	}
	addr, err := netip.ParseAddr(h.Name)
	switch {
	case err == nil:
		addr = addr.Unmap().WithZone("")
	case strings.EqualFold(h.Name, "localhost"):
		addr = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	case strings.EqualFold(h.Name, p.next.config.HostName):
		addr = netip.Addr{} // whatever it resolves to, it is ours
	default:
		return nil // names are resolved when a connection is made
	}
	for _, l := range listening {
		if l.at.network != h.Transport.String() || l.at.address.Port() != h.port() {
			continue
		}
		own, err := p.ours(l.at, addr)
		if err != nil {
			return err
		}
		if own {
			return fmt.Errorf("%s port %d is an address this system itself listens on (%s)", h.Name, h.port(), l.at)
		}
	}
	return nil
}

// ours reports whether what is sent to addr (invalid: to our own name) arrives
// at the listening address at.
func (p *Plan) ours(at endpoint, addr netip.Addr) (bool, error) {
	if !addr.IsValid() {
		return at.address.Addr().IsUnspecified(), nil
	}
	if !at.covers(addr) {
		return false, nil
	}
	if !at.address.Addr().IsUnspecified() || addr.IsLoopback() || addr.IsUnspecified() {
		return true, nil
	}
	local, err := p.engine.o.LocalAddresses()
	if err != nil {
		return false, fmt.Errorf("addresses of this system: %w", err)
	}
	return slices.Contains(local, addr), nil
}

// port returns the port of h, 514 when it names none (RFC 5426 3.3).
func (h *Host) port() uint16 {
	if h.Port == 0 {
		return defaultPort
	}
	return h.Port
}

// defaultPort is the port of syslog over UDP, which Junos uses for TCP as well.
const defaultPort = 514
