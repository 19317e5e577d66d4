package daemon

import (
	"context"
	"crypto/x509"
	"fmt"

	"loggia/configtree"
	"loggia/configtree/store"
	"loggia/op"
	"loggia/pki"
)

// openCertificates opens the store of certificates.
func (d *Daemon) openCertificates() (err error) {
	d.certificates, err = pki.Open(d.state.path("pki"), pki.Options{Record: d.notes.add, Alarm: d.alarm})
	if err != nil {
		return fmt.Errorf("certificates: %w", err)
	}
	return nil
}

// preparePKI makes the certificates that wait ready to take force, and the view
// of them that the parts after it build on.
func (d *Daemon) preparePKI(_ context.Context, c store.Change) (store.Plan, error) {
	plan, err := d.certificates.Prepare(pki.Change{Config: decodePKI(d.read(c.Next).Reader), Revision: c.Revision,
		Start: c.Reason == store.ReasonStart, Try: c.Reason == store.ReasonCheck})
	if err != nil {
		return nil, err
	}
	d.preparing = plan.View()
	return plan, nil
}

// decodePKI reads [edit security pki].
func decodePKI(r *configtree.Reader) pki.Config {
	c := pki.Config{Groups: map[string][]string{}}
	p := r.Child("security").Child("pki")
	for profile := range p.Entries("ca-profile") {
		profile.Text("ca-identity")
	}
	for group := range p.Entries("trusted-ca-group") {
		c.Groups[group.Key()] = append([]string{}, group.Texts("ca-profiles")...)
	}
	return c
}

// peerOf names a certificate and its holder for logs.
func peerOf(x *x509.Certificate) (name, certificate string) {
	return pki.PeerName(x), pki.Describe(x)
}

// certificates implements op.PKI.
type certificates struct{ *pki.Store }

// List implements op.PKI.
func (c certificates) List(authorities bool) []op.Certificate {
	kind := pki.Local
	if authorities {
		kind = pki.Authority
	}
	var all []op.Certificate
	for _, s := range c.Store.List(kind) {
		for i, x := range s.Chain {
			if i > 0 && !authorities {
				break // the rest of the chain is shown where it was loaded
			}
			all = append(all, op.Certificate{Name: s.Name, Pending: !s.InForce, Certificate: x, Key: pki.KeyText(x), Fingerprint: pki.Fingerprint(x)})
		}
	}
	return all
}

// Generate implements op.PKI.
func (c certificates) Generate(name string, r op.CertificateRequest) (*x509.Certificate, error) {
	return leaf(c.Store.Generate(name, pki.Request{Subject: r.Subject, DomainNames: r.DomainNames, Addresses: r.Addresses, Days: r.Days}))
}

// Request implements op.PKI.
func (c certificates) Request(name string, r op.CertificateRequest) ([]byte, error) {
	return c.Store.CertificateRequest(name, pki.Request{Subject: r.Subject, DomainNames: r.DomainNames, Addresses: r.Addresses})
}

// GenerateKeyPair implements op.PKI.
func (c certificates) GenerateKeyPair(name, kind string) (string, error) {
	return c.Store.GenerateKeyPair(name, pki.KeyType(kind))
}

// LoadLocal implements op.PKI.
func (c certificates) LoadLocal(name string, certificate, key []byte) (*x509.Certificate, error) {
	return leaf(c.Store.LoadLocal(name, certificate, key))
}

// LoadAuthority implements op.PKI.
func (c certificates) LoadAuthority(profile string, certificates []byte) (*x509.Certificate, error) {
	return leaf(c.Store.LoadAuthority(profile, certificates))
}

func leaf(c *pki.Certificate, err error) (*x509.Certificate, error) {
	if err != nil {
		return nil, err
	}
	return c.Leaf(), nil
}

// Clear implements op.PKI.
func (c certificates) Clear(authority bool, name string) error {
	if authority {
		return c.Store.Clear(pki.Authority, name)
	}
	return c.Store.Clear(pki.Local, name)
}
