package pki

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
)

// ClientOptions are what makes a connection to a log server.
type ClientOptions struct {
	Certificate string   // name of the certificate that is shown; empty for none
	Issuer      string   // ca-profile that must have issued it; empty: whoever did
	Groups      []Group  // may vouch for the server
	ServerName  string   // name or address that is dialled, which the server's certificate must bear unless Peers is given
	Peers       []string // names, addresses and fingerprints of which it must have one
}

// Group is a trusted-ca-group as a log server has it.
type Group struct {
	Name     string
	Profiles []string // its ca-profiles; none: those of the group in `security pki`
}

// Part is which of the ClientOptions something is about.
type Part uint8

// The parts.
const (
	PartAll Part = iota
	PartCertificate
	PartIssuer
	PartGroup // that of Name
	PartPeers
)

// ClientError is what stands in the way of one of the ClientOptions.
type ClientError struct {
	Part Part
	Name string // of the group
	Err  error
}

func (e *ClientError) Error() string { return e.Err.Error() }
func (e *ClientError) Unwrap() error { return e.Err }

// ClientErrors are all that stand in the way, in the order of the options.
type ClientErrors []*ClientError

func (es ClientErrors) Error() string {
	all := make([]string, len(es))
	for i, e := range es {
		all[i] = e.Error()
	}
	return strings.Join(all, "; ")
}

func (es *ClientErrors) add(part Part, name string, err error) {
	if err != nil {
		*es = append(*es, &ClientError{part, name, err})
	}
}

// HasGroup reports whether `security pki` has a trusted-ca-group of that name.
func (v *View) HasGroup(name string) bool {
	_, ok := v.groups[name]
	return ok
}

// Client returns what a connection to a log server needs. The server is
// accepted by the same rules as a sender is by Server. Its error is ClientErrors.
func (v *View) Client(o ClientOptions) (*tls.Config, error) {
	var errs ClientErrors
	own := v.shown(o, &errs)
	var trusted []*x509.Certificate
	for _, g := range o.Groups {
		trust := func() ([]*x509.Certificate, error) { return v.authorities(g.Name) }
		if len(g.Profiles) > 0 {
			trust = func() ([]*x509.Certificate, error) { return v.profiles(g.Profiles) }
		}
		more, err := trust()
		trusted = append(trusted, more...)
		errs.add(PartGroup, g.Name, err)
	}
	names := o.Peers
	if len(names) == 0 && o.ServerName != "" {
		names = []string{o.ServerName}
	}
	peers, err := parsePeers(names)
	errs.add(PartPeers, "", err)
	if len(o.Groups) == 0 && (len(peers) == 0 || peers.named()) {
		errs.add(PartAll, "", errors.New("nobody vouches for the server: a trusted-ca-group or the fingerprint of its certificate is needed"))
	}
	if len(errs) > 0 {
		return nil, errs
	}
	key := fmt.Sprintf("client %q %q %q", o.Certificate, o.ServerName, names)
	return v.memo(key, own, trusted, func() *tls.Config {
		j := &judge{roots: pool(trusted), peers: peers, usage: x509.ExtKeyUsageServerAuth, now: v.store.o.Now}
		c := v.base()
		c.ServerName = o.ServerName
		c.InsecureSkipVerify = true // the judge does it, fingerprints included
		c.VerifyConnection = j.verify
		if own != nil {
			// Whatever authorities the server names: it shall say itself what it
			// does not like.
			mine := own.tls()
			c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &mine, nil }
		}
		return c
	}), nil
}

// shown returns the certificate that a server is shown, nil for none. Where it is
// said who issues those that servers ask for, it must be one of these.
func (v *View) shown(o ClientOptions, errs *ClientErrors) (own *Certificate) {
	if o.Certificate != "" {
		var err error
		own, err = v.get(id{Local, o.Certificate})
		errs.add(PartCertificate, "", err)
	}
	if o.Issuer == "" {
		return own
	}
	issuer, err := v.get(id{Authority, o.Issuer})
	errs.add(PartIssuer, "", err)
	if own == nil || issuer == nil {
		return own
	}
	roots := x509.VerifyOptions{Roots: pool(issuer.Chain), Intermediates: pool(own.Chain[1:]),
		CurrentTime: own.Leaf().NotBefore, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}} // whether it has expired is said elsewhere
	if _, err := own.Leaf().Verify(roots); err != nil {
		errs.add(PartIssuer, "", fmt.Errorf("%s did not issue local certificate %s: %w", o.Issuer, o.Certificate, plain(err)))
	}
	return own
}
