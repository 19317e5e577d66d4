package pki

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"time"
)

// ClientAuth says whether a sender must show a certificate.
type ClientAuth uint8

// What client-certificate says.
const (
	Required ClientAuth = iota
	Optional
	None
)

// ServerOptions are what makes an input for TLS.
type ServerOptions struct {
	Certificate string     // name of the certificate that is shown
	Group       string     // trusted-ca-group that may vouch for senders; empty for none
	Client      ClientAuth // whether senders must show one
	Peers       []string   // permitted-peer: names, addresses, fingerprints; empty: whoever Group vouches for
}

// suites are the cipher suites of TLS 1.2 with authenticated encryption and
// forward secrecy (RFC 9325 4.2); those of TLS 1.3 all are.
var suites = []uint16{
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
	tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
}

// Server returns what an input needs to accept TLS. A sender gets in if one of
// Peers is the fingerprint of its certificate, or if Group vouches for it and,
// where Peers names names, it has one of those: nobody else does (RFC 5425 5).
func (v *View) Server(o ServerOptions) (*tls.Config, error) {
	own, err := v.get(id{Local, o.Certificate})
	errs := []error{err}
	peers, err := parsePeers(o.Peers)
	errs = append(errs, err)
	var trusted []*x509.Certificate
	if o.Group != "" {
		trusted, err = v.authorities(o.Group)
		errs = append(errs, err)
	}
	switch {
	case o.Client == None:
		if o.Group != "" || len(o.Peers) > 0 {
			errs = append(errs, errors.New("client-certificate none does not ask for what trusted-ca-group and permitted-peer would judge"))
		}
	case o.Group == "" && len(o.Peers) == 0:
		errs = append(errs, errors.New("nobody could get in: a trusted-ca-group or a permitted-peer is needed, or client-certificate none"))
	case o.Group == "" && peers.named():
		errs = append(errs, errors.New("a permitted-peer that is a name needs a trusted-ca-group that vouches for it"))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	key := fmt.Sprintf("server %q %q %d %q", o.Certificate, o.Group, o.Client, o.Peers)
	return v.memo(key, own, trusted, func() *tls.Config {
		j := &judge{roots: pool(trusted), peers: peers, usage: x509.ExtKeyUsageClientAuth, now: v.store.o.Now}
		c := v.base()
		c.Certificates = []tls.Certificate{own.tls()}
		c.SessionTicketsDisabled = true // every connection is judged by its own handshake
		if o.Client == None {
			return c
		}
		c.ClientAuth, c.ClientCAs, c.VerifyConnection = tls.RequireAnyClientCert, j.roots, j.verify
		if o.Client == Optional {
			c.ClientAuth = tls.RequestClientCert
		}
		return c
	}), nil
}

func (v *View) base() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, CipherSuites: suites, Time: v.store.o.Now}
}

func pool(all []*x509.Certificate) *x509.CertPool {
	p := x509.NewCertPool()
	for _, x := range all {
		p.AddCert(x)
	}
	return p
}

// judge decides whether the other end of a connection gets in.
type judge struct {
	roots *x509.CertPool
	peers peers
	usage x509.ExtKeyUsage
	now   func() time.Time
}

// Refusal is why a peer was not let in; Peer names its certificate.
type Refusal struct {
	Peer   string
	Reason string
}

func (r *Refusal) Error() string { return r.Peer + ": " + r.Reason }

// verify implements tls.Config.VerifyConnection. A sender without a certificate
// comes here only where it needs none.
func (j *judge) verify(cs tls.ConnectionState) error {
	chain := cs.PeerCertificates
	if len(chain) == 0 {
		return nil
	}
	refuse := func(format string, args ...any) error {
		return &Refusal{PeerName(chain[0]), fmt.Sprintf(format, args...)}
	}
	if len(chain) > maxChain {
		return refuse("shows more than %d certificates", maxChain)
	}
	leaf, now := chain[0], j.now()
	if err := checkKey(leaf.PublicKey); err != nil {
		return refuse("%v", err)
	}
	if now.After(leaf.NotAfter) {
		return refuse("certificate expired on %s", leaf.NotAfter.UTC().Format(time.DateTime+" UTC"))
	}
	if now.Before(leaf.NotBefore) {
		return refuse("certificate is not valid before %s", leaf.NotBefore.UTC().Format(time.DateTime+" UTC"))
	}
	if j.peers.fingerprint(leaf) {
		return nil // RFC 5425 4.2.2: no path is needed
	}
	o := x509.VerifyOptions{Roots: j.roots, Intermediates: pool(chain[1:]), CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{j.usage}}
	if _, err := leaf.Verify(o); err != nil {
		return refuse("%v", plain(err))
	}
	if len(j.peers) > 0 && !j.peers.names(leaf) {
		return refuse("is no permitted peer")
	}
	return nil
}

// PeerName names the holder of a certificate in one word for logs: its first DNS
// name, else its first address, else its common name, else its fingerprint.
func PeerName(x *x509.Certificate) string {
	switch {
	case len(x.DNSNames) > 0 && x.DNSNames[0] != "":
		return word(x.DNSNames[0])
	case len(x.IPAddresses) > 0:
		return x.IPAddresses[0].String()
	case x.Subject.CommonName != "":
		return word(x.Subject.CommonName)
	}
	return Fingerprint(x)
}

// word makes a printable word without blanks of text.
func word(text string) string { return strings.ReplaceAll(printable(text), " ", "_") }

// Describe names a certificate for logs: its subject, serial number and
// fingerprint.
func Describe(x *x509.Certificate) string {
	return fmt.Sprintf("%s, serial %x, %s", subject(x), x.SerialNumber, Fingerprint(x))
}
