package daemon

import (
	"errors"
	"net/netip"

	"loggia/configtree"
	"loggia/pki"
	"loggia/syslogd"
)

// tlsPort is the port of syslog over TLS (RFC 5425 4.1).
const tlsPort = 6514

// host reads `host NAME`.
func (d *decoder) host(r *configtree.Reader) syslogd.Host {
	h := syslogd.Host{
		Place: d.place(r.Path()), Name: r.Key(), Selection: d.narrowed(r), Layout: layout(r),
		Port: uint16(r.Uint("port")), FacilityOverride: -1, LogPrefix: r.Text("log-prefix"),
		ExcludeHostname: r.Has("exclude-hostname"), SourceAddress: r.Address("source-address"),
		OnDemand: r.Text("connection") == "on-demand",
	}
	details := r.Child("tlsdetails")
	switch r.Text("transport") {
	case "tcp":
		h.Transport = syslogd.TransportTCP
	case "tls":
		h.Transport = syslogd.TransportTLS
		if !r.Has("port") {
			h.Port = tlsPort
		}
	}
	d.tlsHost(details, &h)
	d.framing(r, &h)
	spool := r.Child("spool")
	h.SpoolSize = int64(spool.Size("size"))
	h.SpoolDropNew = spool.Text("overflow") == "drop-new"
	if a, err := netip.ParseAddr(h.Name); err == nil && h.SourceAddress.IsValid() && a.Unmap().Is4() != h.SourceAddress.Unmap().Is4() {
		d.problem(r.PathOf("source-address"), true, "has no effect: %s is of the other family of addresses", h.Name)
	}
	if word := r.Text("facility-override"); word != "" {
		h.FacilityOverride = int(lowest(word))
	}
	if h.Name == "other-routing-engine" {
		d.problem(r.Path(), true, "this machine has one routing engine: nothing will be sent")
		h.Rules = nil
	} else if len(h.Rules) == 0 {
		d.problem(r.Path(), true, "no facility configured; nothing will be sent")
	}
	return h
}

// framing reads how messages are kept apart. Octet counting needs a receiver
// that knows RFC 6587, which whoever takes TLS does (RFC 5425 4.3); a newline is
// what everybody reads, and each standard record is one line.
func (d *decoder) framing(r *configtree.Reader, h *syslogd.Host) {
	h.Newline = !h.Structured && h.Transport != syslogd.TransportTLS
	word := r.Text("framing")
	switch word {
	case "newline":
		h.Newline = true
	case "octet-counting":
		h.Newline = false
	}
	if h.Transport == syslogd.TransportUDP {
		for _, name := range []string{"framing", "connection"} {
			if r.Has(name) {
				d.problem(r.PathOf(name), true, "has no effect with transport udp")
			}
		}
	}
}

// tlsHost reads tlsdetails. What stands in the way of it is for the engine to
// say: at start-up it is an alarm, in a commit an error.
func (d *decoder) tlsHost(r *configtree.Reader, h *syslogd.Host) {
	mutual := r.Child("mutual-authentication")
	o := pki.ClientOptions{Certificate: r.Text("local-certificate"), Issuer: mutual.Text("certificate-authority"), ServerName: h.Name, Peers: r.Texts("permitted-peer")}
	places := map[string]configtree.Path{} // of groups
	for g := range r.Entries("trusted-ca-group") {
		group := pki.Group{Name: g.Key(), Profiles: g.Texts("ca-profiles")}
		o.Groups = append(o.Groups, group)
		places[g.Key()] = g.Path()
		if len(group.Profiles) > 0 && d.view != nil && d.view.HasGroup(g.Key()) {
			d.problem(g.PathOf("ca-profiles"), true, "these hold, not those of [edit security pki trusted-ca-group %s]", g.Key())
		}
	}
	if r.Valid() && h.Transport != syslogd.TransportTLS {
		d.problem(r.Path(), true, "has no effect without transport tls")
	}
	if h.Transport != syslogd.TransportTLS || d.view == nil {
		return
	}
	if h.TLS, h.Err = d.view.Client(o); h.Err == nil || !r.Valid() {
		return
	}
	var errs pki.ClientErrors
	if errors.As(h.Err, &errs) {
		h.Err = d.tlsErrors(errs, r, mutual, places)
	}
}

// tlsErrors names the statement that each is about.
func (d *decoder) tlsErrors(errs pki.ClientErrors, r, mutual *configtree.Reader, groups map[string]configtree.Path) error {
	var all syslogd.PlaceErrors
	for _, e := range errs {
		at := r.Path()
		switch e.Part {
		case pki.PartCertificate:
			at = r.PathOf("local-certificate")
		case pki.PartIssuer:
			at = mutual.PathOf("certificate-authority")
		case pki.PartGroup:
			at = groups[e.Name]
		case pki.PartPeers:
			at = r.PathOf("permitted-peer")
		}
		all = append(all, &syslogd.PlaceError{Place: d.place(at), Err: e.Err})
	}
	return all
}
