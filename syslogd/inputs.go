package syslogd

import (
	"crypto/tls"
	"crypto/x509"
	"net/netip"
)

// Inputs is what the engine listens on.
type Inputs struct {
	Unix []UnixInput
	UDP  []Listen
	TCP  []Listen
	TLS  []TLSListen

	Kernel *KernelInput // nil: the kernel is not listened to

	ConnectionLimit int // TCP and TLS connections of one address; 0 is no limit but that of all
	RateLimit       int // messages a second of one source; 0 is no limit
}

// UnixInput is a local datagram socket such as /dev/log. Its directory must
// exist; the socket gets mode 0666.
type UnixInput struct {
	Place string
	Path  string
}

// Listen is one address and port. An address that is invalid or `::` stands for
// every address of both families, 0.0.0.0 for every IPv4 address.
type Listen struct {
	Place   string
	Address netip.AddrPort
	Allow   []netip.Prefix // who may send; empty: everybody
}

// TLSListen is one address and port on which TLS is spoken (RFC 5425).
type TLSListen struct {
	Listen

	// TLS is how connections are accepted. Connections that are open when another
	// one takes force go on, unless its VerifyConnection refuses their peer.
	TLS *tls.Config

	// Err is why there is no TLS: the part is not in force.
	Err error

	// Peer names the holder of a certificate and the certificate itself, each in
	// printable text, for logs.
	Peer func(*x509.Certificate) (name, certificate string)
}

// inputRules are what an input obeys and a commit may change while it is open.
type inputRules struct {
	allow       []netip.Prefix
	connections int // of one address; 0 is no limit
	tls         *TLSListen
}

// allows reports whether a may send.
func (r *inputRules) allows(a netip.Addr) bool {
	if len(r.allow) == 0 {
		return true
	}
	for _, p := range r.allow {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// wantedInput is one input of a Config.
type wantedInput struct {
	at    endpoint
	place string
	rules inputRules
	err   error // why it cannot be in force
}

// part is what must change before an input that is not in force stands in the
// way of a commit.
func (w *wantedInput) part() any {
	if w.err == nil {
		return w.at
	}
	return [2]any{w.at, w.err.Error()}
}

// endpoints returns every input of c, in order.
func (c *Config) endpoints() []wantedInput {
	var all []wantedInput
	for _, u := range c.Inputs.Unix {
		all = append(all, wantedInput{at: endpoint{network: "unix", path: u.Path}, place: u.Place})
	}
	listen := func(network string, l Listen) *wantedInput {
		all = append(all, wantedInput{at: newEndpoint(network, l.Address), place: l.Place,
			rules: inputRules{allow: l.Allow, connections: c.Inputs.ConnectionLimit}})
		return &all[len(all)-1]
	}
	for _, l := range c.Inputs.UDP {
		listen("udp", l)
	}
	for _, l := range c.Inputs.TCP {
		listen("tcp", l)
	}
	for i := range c.Inputs.TLS {
		l := &c.Inputs.TLS[i]
		w := listen("tls", l.Listen)
		w.rules.tls, w.err = l, l.Err
	}
	if k := c.Inputs.Kernel; k != nil {
		all = append(all, wantedInput{at: kernelEndpoint(), place: k.Place})
	}
	return all
}
