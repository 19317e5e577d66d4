package syslogd

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// wanted returns every destination of c, in order.
func (c *Config) wanted() []wanted {
	all := make([]wanted, 0, len(c.Files)+len(c.Hosts)+len(c.Users)+1)
	for i := range c.Files {
		f := &c.Files[i]
		all = append(all, wanted{
			id: destinationID{KindFile, f.Name}, place: f.Place, part: f, selection: f.Selection,
			spec: c.fileSpec(f), fold: !(c.AllowDuplicates || f.AllowDuplicates),
		})
	}
	for i := range c.Hosts {
		h := &c.Hosts[i]
		all = append(all, wanted{
			id: destinationID{KindHost, h.Name}, place: h.Place, part: h, selection: h.Selection,
			spec: c.hostSpec(h), fold: !(c.AllowDuplicates || h.AllowDuplicates),
		})
	}
	for i := range c.Users {
		u := &c.Users[i]
		all = append(all, wanted{
			id: destinationID{KindUser, u.Name}, place: u.Place, part: u, selection: u.Selection,
			spec: c.userSpec(u), fold: !(c.AllowDuplicates || u.AllowDuplicates),
		})
	}
	if c.Console != nil {
		all = append(all, wanted{
			id: destinationID{kind: KindConsole}, place: c.Console.Place, part: c.Console, selection: c.Console.Selection,
			spec: c.consoleSpec(), fold: !c.AllowDuplicates,
		})
	}
	return all
}

// loop refuses a host that is one of the addresses that this configuration is
// listening on: every message it is sent would come back.
func (p *Plan) loop(w wanted, listening []wantedInput) error {
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
