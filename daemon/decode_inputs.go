package daemon

import (
	"net/netip"
	"strings"
	"time"

	"loggia/configtree"
	"loggia/configtree/schema"
	"loggia/pki"
	"loggia/syslogd"
)

// inputs reads [edit system services syslog].
func (d *decoder) inputs(r *configtree.Reader, c *syslogd.Config) {
	c.MaxMessageSize = int(r.Size("max-message-size"))
	c.Inputs.ConnectionLimit = int(r.Uint("connection-limit"))
	c.Inputs.RateLimit = int(r.Uint("rate-limit"))
	for u := range r.Entries("unix") {
		c.Inputs.Unix = append(c.Inputs.Unix, syslogd.UnixInput{Place: d.place(u.Path()), Path: u.Key()})
	}
	if r.Has("kernel") {
		c.Inputs.Kernel = &syslogd.KernelInput{Place: d.place(r.Child("kernel").Path())}
	}
	everywhere := d.prefixes(r)
	c.Inputs.UDP = d.listeners(r, "udp", everywhere)
	c.Inputs.TCP = d.listeners(r, "tcp", everywhere)
	c.Inputs.TLS = d.tls(r, everywhere)
}

// prefixes reads allow-source.
func (d *decoder) prefixes(r *configtree.Reader) []netip.Prefix {
	var all []netip.Prefix
	for _, text := range r.Texts("allow-source") {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			d.problem(r.PathOf("allow-source"), false, "%v", err)
			continue
		}
		if a := p.Addr(); a.Is4In6() && p.Bits() >= 96 {
			p = netip.PrefixFrom(a.Unmap(), p.Bits()-96)
		}
		all = append(all, p.Masked())
	}
	return all
}

// listeners reads the port and the addresses of udp, tcp or tls; without an
// address it is every one.
func (d *decoder) listeners(r *configtree.Reader, protocol string, everywhere []netip.Prefix) []syslogd.Listen {
	if !r.Has(protocol) {
		return nil
	}
	p := r.Child(protocol)
	place, port := d.place(p.Path()), uint16(p.Uint("port"))
	d.paths[place] = p.PathOf("port") // what a user would change
	allow := d.prefixes(p)
	if len(allow) == 0 {
		allow = everywhere
	}
	texts := p.Texts("address")
	if len(texts) == 0 {
		return []syslogd.Listen{{Place: place, Address: netip.AddrPortFrom(netip.Addr{}, port), Allow: allow}}
	}
	var list []syslogd.Listen
	for _, text := range texts {
		addr, err := netip.ParseAddr(text)
		if err != nil {
			d.problem(p.PathOf("address"), false, "%v", err)
			continue
		}
		list = append(list, syslogd.Listen{Place: place, Address: netip.AddrPortFrom(addr, port), Allow: allow})
	}
	return list
}

// tls reads what is for TLS alone. What stands in the way of it is for the
// engine to say: at start-up it is an alarm, in a commit an error.
func (d *decoder) tls(r *configtree.Reader, everywhere []netip.Prefix) []syslogd.TLSListen {
	list := d.listeners(r, "tls", everywhere)
	if len(list) == 0 {
		return nil
	}
	p := r.Child("tls")
	o := pki.ServerOptions{Certificate: p.Text("local-certificate"), Group: p.Text("trusted-ca-group"), Peers: p.Texts("permitted-peer"),
		Client: map[string]pki.ClientAuth{"optional": pki.Optional, "none": pki.None}[p.Text("client-certificate")]}
	for _, peer := range o.Peers {
		if strings.HasPrefix(strings.ToLower(peer), "sha-1:") {
			d.problem(p.PathOf("permitted-peer"), true, "sha-1 is weak: give the fingerprint as sha-256")
		}
	}
	conf, err := d.view.Server(o)
	if err != nil {
		d.paths[list[0].Place] = p.Path() // not the port's fault
	}
	all := make([]syslogd.TLSListen, len(list))
	for i, l := range list {
		all[i] = syslogd.TLSListen{Listen: l, TLS: conf, Err: err, Peer: peerOf}
	}
	return all
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
