package pki

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"
)

// Request is what a certificate is to say.
type Request struct {
	Subject     string       // `CN=logs.example.net,O=Example`; `\` in front of a comma takes it literally
	DomainNames []string     // DNS names in subjectAltName
	Addresses   []netip.Addr // IP addresses in subjectAltName
	Days        int          // how long it is valid; 0 is 825. Not part of a certificate request
}

// defaultDays is how long a self-signed certificate is valid.
const defaultDays = 825

// maxDays bounds that.
const maxDays = 3650

// backdate allows for clocks that are behind ours.
const backdate = time.Hour

// KeyType is an algorithm of keys with a size.
type KeyType string

// The key types; the words are Junos' with the size behind them.
const (
	ECDSA256 KeyType = "ecdsa-256"
	ECDSA384 KeyType = "ecdsa-384"
	ECDSA521 KeyType = "ecdsa-521"
	RSA2048  KeyType = "rsa-2048"
	RSA4096  KeyType = "rsa-4096"
	Ed25519  KeyType = "ed25519"
)

func generateKey(t KeyType) (crypto.Signer, error) {
	switch t {
	case ECDSA256, "":
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case ECDSA384:
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case ECDSA521:
		return ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	case RSA2048:
		return rsa.GenerateKey(rand.Reader, 2048)
	case RSA4096:
		return rsa.GenerateKey(rand.Reader, 4096)
	case Ed25519:
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	}
	return nil, fmt.Errorf("no key type %q", t)
}

// GenerateKeyPair makes a key pair under a name, for a certificate request or a
// certificate to come, and returns its description. One that waits already is
// replaced.
func (s *Store) GenerateKeyPair(name string, t KeyType) (string, error) {
	if err := checkName(name); err != nil {
		return "", err
	}
	key, err := s.newKey(name, t)
	if err != nil {
		return "", err
	}
	return keyText(key.Public()), nil
}

func (s *Store) newKey(name string, t KeyType) (crypto.Signer, error) {
	key, err := generateKey(t)
	if err != nil {
		return nil, err
	}
	data, err := keyPEM(key)
	if err != nil {
		return nil, err
	}
	return key, s.disk.write(id{Local, name}.newKey(), data)
}

// Generate makes a certificate that vouches for itself, with the key pair that
// waits under the name or a new one. It takes force with the next commit.
func (s *Store) Generate(name string, r Request) (*Certificate, error) {
	template, key, err := s.prepare(name, r)
	if err != nil {
		return nil, err
	}
	if key == nil {
		if key, err = generateKey(""); err != nil {
			return nil, err
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, plain(err)
	}
	x, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, plain(err)
	}
	c := &Certificate{Kind: Local, Name: name, Chain: []*x509.Certificate{x}, key: key}
	if err := s.put(c); err != nil {
		return nil, err
	}
	return c, s.disk.remove(id{Local, name}.newKey())
}

// prepare returns what a certificate under name is to say as r asks for it, and the key
// pair that waits under the name, nil if there is none.
func (s *Store) prepare(name string, r Request) (template *x509.Certificate, waiting crypto.Signer, err error) {
	if err := checkName(name); err != nil {
		return nil, nil, err
	}
	if template, err = r.template(s.o.Now()); err == nil {
		waiting, err = s.waitingKey(name)
	}
	return template, waiting, err
}

// waitingKey returns the key pair under name that has no certificate, nil if
// there is none.
func (s *Store) waitingKey(name string) (crypto.Signer, error) {
	keys, err := s.privateKeys(name)
	if err != nil || len(keys) == 0 {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.items[id{Local, name}][s.newest(id{Local, name})]; c != nil && sameKey(keys[0], c.Leaf().PublicKey) {
		return nil, nil
	}
	return keys[0], nil
}

// CertificateRequest returns a certificate request (PKCS #10, PEM) to be sent
// to an authority. Its key pair is made if none waits under the name; the
// certificate that the authority returns is loaded without a key.
func (s *Store) CertificateRequest(name string, r Request) ([]byte, error) {
	template, key, err := s.prepare(name, r)
	if err != nil {
		return nil, err
	}
	if key == nil {
		if key, err = s.newKey(name, ""); err != nil {
			return nil, err
		}
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{
		Subject: template.Subject, DNSNames: template.DNSNames, IPAddresses: template.IPAddresses,
	}, key)
	if err != nil {
		return nil, plain(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}), nil
}

// LoadLocal puts a certificate (PEM, its chain behind it, or DER) under a name.
// key is its private key; nil takes the one that waits under the name, or that
// of the certificate before it. It takes force with the next commit.
func (s *Store) LoadLocal(name string, certificate, key []byte) (*Certificate, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	chain, err := parseCertificates(certificate, maxChain)
	if err == nil {
		err = checkChain(chain)
	}
	if err == nil {
		err = checkDates(chain[0], s.o.Now())
	}
	if err != nil {
		return nil, err
	}
	c := &Certificate{Kind: Local, Name: name, Chain: chain}
	var keys []crypto.Signer
	if key != nil {
		one, err := parseKey(key)
		if err != nil {
			return nil, err
		}
		keys = append(keys, one)
	} else if keys, err = s.privateKeys(name); err != nil {
		return nil, err
	}
	for _, k := range keys {
		if c.key == nil && sameKey(k, chain[0].PublicKey) {
			c.key = k
		}
	}
	switch {
	case len(keys) == 0:
		return nil, fmt.Errorf("there is no key pair %s: name the file of the private key with key", name)
	case c.key == nil:
		return nil, errKeyMismatch
	}
	if err := s.put(c); err != nil {
		return nil, err
	}
	waiting, err := s.disk.read(id{Local, name}.newKey())
	if err != nil {
		return c, nil // none waits
	}
	if k, err := parseKey(waiting); err == nil && sameKey(k, chain[0].PublicKey) {
		return c, s.disk.remove(id{Local, name}.newKey())
	}
	return c, nil
}

// LoadAuthority puts the certificates of an authority (PEM or DER) under the
// name of a ca-profile. They take force with the next commit.
func (s *Store) LoadAuthority(profile string, certificates []byte) (*Certificate, error) {
	if err := checkName(profile); err != nil {
		return nil, err
	}
	all, err := parseCertificates(certificates, maxBundle)
	if err != nil {
		return nil, err
	}
	for _, x := range all {
		if err := errors.Join(checkAuthority(x), checkDates(x, s.o.Now())); err != nil {
			return nil, err
		}
	}
	c := &Certificate{Kind: Authority, Name: profile, Chain: all}
	return c, s.put(c)
}

// checkDates refuses what is no longer valid.
func checkDates(x *x509.Certificate, now time.Time) error {
	if now.After(x.NotAfter) {
		return fmt.Errorf("the certificate of %s expired on %s", subject(x), x.NotAfter.UTC().Format(time.DateTime+" UTC"))
	}
	return nil
}

// template turns r into a certificate that nobody has signed yet.
func (r *Request) template(now time.Time) (*x509.Certificate, error) {
	name, err := parseSubject(r.Subject)
	if err != nil {
		return nil, err
	}
	days := r.Days
	if days == 0 {
		days = defaultDays
	}
	if days < 1 || days > maxDays {
		return nil, fmt.Errorf("a certificate is valid for 1 to %d days", maxDays)
	}
	t := &x509.Certificate{
		Subject: name, NotBefore: now.Add(-backdate), NotAfter: now.AddDate(0, 0, days),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	for _, d := range r.DomainNames {
		if !domainName(d) {
			return nil, fmt.Errorf("%q is no domain name", d)
		}
		t.DNSNames = append(t.DNSNames, d)
	}
	for _, a := range r.Addresses {
		t.IPAddresses = append(t.IPAddresses, net.IP(a.Unmap().WithZone("").AsSlice()))
	}
	if len(r.DomainNames)+len(r.Addresses) == 0 && name.CommonName == "" {
		return nil, errors.New("a certificate needs a CN in its subject, a domain-name or an ip-address")
	}
	return t, nil
}

// domainName reports whether d can stand in a certificate: labels of letters,
// digits and dashes, the first of which may be *.
func domainName(d string) bool {
	if len(d) > 253 {
		return false
	}
	for i, label := range strings.Split(d, ".") {
		if label == "*" && i == 0 {
			continue
		}
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, c := range []byte(label) {
			if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_') {
				return false
			}
		}
	}
	return true
}

// parseSubject reads a distinguished name as Junos writes it: attributes with
// commas between them.
func parseSubject(text string) (pkix.Name, error) {
	var name pkix.Name
	for _, part := range splitSubject(text) {
		key, value, ok := strings.Cut(part, "=")
		key, value = strings.ToUpper(strings.TrimSpace(key)), strings.TrimSpace(value)
		if !ok || value == "" {
			return name, fmt.Errorf("subject: %q is not NAME=VALUE", part)
		}
		switch key {
		case "CN":
			name.CommonName = value
		case "OU":
			name.OrganizationalUnit = append(name.OrganizationalUnit, value)
		case "O":
			name.Organization = append(name.Organization, value)
		case "L":
			name.Locality = append(name.Locality, value)
		case "ST":
			name.Province = append(name.Province, value)
		case "C":
			name.Country = append(name.Country, value)
		case "SN":
			name.SerialNumber = value
		case "DC":
			name.ExtraNames = append(name.ExtraNames, pkix.AttributeTypeAndValue{Type: asn1.ObjectIdentifier{0, 9, 2342, 19200300, 100, 1, 25}, Value: value})
		default:
			return name, fmt.Errorf("subject: no attribute %s (CN, OU, O, L, ST, C, DC, SN)", key)
		}
	}
	return name, nil
}

// splitSubject splits at commas that have no backslash in front of them.
func splitSubject(text string) []string {
	var parts []string
	var part strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && i+1 < len(text):
			i++
			part.WriteByte(text[i])
		case c == ',':
			parts = append(parts, part.String())
			part.Reset()
		default:
			part.WriteByte(c)
		}
	}
	if part.Len() > 0 || len(parts) > 0 {
		parts = append(parts, part.String())
	}
	return parts
}
