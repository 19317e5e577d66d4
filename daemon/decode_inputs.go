package daemon

import (
	"net/netip"
	"time"

	"loggia/configtree"
	"loggia/configtree/schema"
	"loggia/syslogd"
)

// inputs reads [edit system services syslog].
func (d *decoder) inputs(r *configtree.Reader, c *syslogd.Config) {
	c.MaxMessageSize = int(r.Size("max-message-size"))
	for u := range r.Entries("unix") {
		c.Inputs.Unix = append(c.Inputs.Unix, syslogd.UnixInput{Place: d.place(u.Path()), Path: u.Key()})
	}
	c.Inputs.UDP = d.listeners(r, "udp")
	c.Inputs.TCP = d.listeners(r, "tcp")
}

// listeners reads the port and the addresses of udp or tcp; without an address
// it is every one.
func (d *decoder) listeners(r *configtree.Reader, protocol string) []syslogd.Listen {
	if !r.Has(protocol) {
		return nil
	}
	p := r.Child(protocol)
	place, port := d.place(p.Path()), uint16(p.Uint("port"))
	d.paths[place] = p.PathOf("port") // what a user would change
	texts := p.Texts("address")
	if len(texts) == 0 {
		return []syslogd.Listen{{Place: place, Address: netip.AddrPortFrom(netip.Addr{}, port)}}
	}
	var list []syslogd.Listen
	for _, text := range texts {
		addr, err := netip.ParseAddr(text)
		if err != nil {
			d.problem(p.PathOf("address"), false, "%v", err)
			continue
		}
		list = append(list, syslogd.Listen{Place: place, Address: netip.AddrPortFrom(addr, port)})
	}
	return list
}

// zone is the time zone of the configuration. The schema has checked the name;
// one that this machine no longer knows is UTC.
func zone(sys *configtree.Reader) *time.Location {
	loc, err := schema.Location(sys.Text("time-zone"))
	if err != nil {
		return time.UTC
	}
	return loc
}

func minutes(n uint64) time.Duration { return time.Duration(n) * time.Minute }
