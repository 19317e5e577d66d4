package pki

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	// maxChain bounds a certificate with those up to its authority.
	maxChain = 8

	// maxBundle bounds the certificates of one authority.
	maxBundle = 20

	minRSA, maxRSA = 2048, 8192 // bits
)

// Certificate is one version of what stands under a name: a certificate of this
// machine with the chain that goes with it, or the certificates of an authority.
// It is immutable.
type Certificate struct {
	Kind    Kind
	Name    string
	Version int                 // counted from 1
	Chain   []*x509.Certificate // at least one; of this machine: its own first
	key     crypto.Signer       // of this machine
}

// Leaf returns the certificate itself, of an authority the first.
func (c *Certificate) Leaf() *x509.Certificate { return c.Chain[0] }

// Expires returns when the first of the certificates ceases to be valid.
func (c *Certificate) Expires() time.Time {
	end := c.Chain[0].NotAfter
	for _, x := range c.Chain[1:] {
		if x.NotAfter.Before(end) {
			end = x.NotAfter
		}
	}
	return end
}

// Fingerprint returns the SHA-256 of the certificate as RFC 5425 4.2.2 writes
// it, such as `sha-256:E1:2D:…`.
func (c *Certificate) Fingerprint() string { return Fingerprint(c.Leaf()) }

// Fingerprint returns the SHA-256 of x in the notation of RFC 5425 4.2.2.
func Fingerprint(x *x509.Certificate) string {
	sum := sha256.Sum256(x.Raw)
	return "sha-256:" + colons(sum[:])
}

func colons(sum []byte) string {
	text := strings.ToUpper(hex.EncodeToString(sum))
	var b strings.Builder
	for i := 0; i < len(text); i += 2 {
		if i > 0 {
			b.WriteByte(':')
		}
		b.WriteString(text[i : i+2])
	}
	return b.String()
}

// KeyText names the algorithm and the size of x's key, such as `ECDSA 256 bits`.
func KeyText(x *x509.Certificate) string { return keyText(x.PublicKey) }

func keyText(key any) string {
	switch k := key.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA %d bits", k.N.BitLen())
	case *ecdsa.PublicKey:
		return fmt.Sprintf("ECDSA %d bits", k.Curve.Params().BitSize)
	case ed25519.PublicKey:
		return "Ed25519"
	}
	return "unknown"
}

func (c *Certificate) tls() tls.Certificate {
	t := tls.Certificate{PrivateKey: c.key, Leaf: c.Leaf()}
	for _, x := range c.Chain {
		t.Certificate = append(t.Certificate, x.Raw)
	}
	return t
}

// pem returns the certificates as a file.
func (c *Certificate) pem() []byte {
	var out []byte
	for _, x := range c.Chain {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: x.Raw})...)
	}
	return out
}

// checkKey refuses keys that are too weak, too large or of another kind.
func checkKey(key any) error {
	switch k := key.(type) {
	case *rsa.PublicKey:
		if n := k.N.BitLen(); n < minRSA || n > maxRSA {
			return fmt.Errorf("an RSA key has %d to %d bits, this one %d", minRSA, maxRSA, n)
		}
		return nil
	case *ecdsa.PublicKey:
		if !slices.Contains([]elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()}, k.Curve) {
			return errors.New("an ECDSA key is on P-256, P-384 or P-521")
		}
		return nil
	case ed25519.PublicKey:
		return nil
	}
	return errors.New("a key is RSA, ECDSA or Ed25519")
}

// parseCertificates reads PEM, or one certificate in DER.
func parseCertificates(data []byte, most int) ([]*x509.Certificate, error) {
	if len(data) > maxFile {
		return nil, fmt.Errorf("larger than %d bytes", maxFile)
	}
	var all []*x509.Certificate
	add := func(der []byte) error {
		x, err := x509.ParseCertificate(der)
		if err != nil {
			return fmt.Errorf("certificate %d: %w", len(all)+1, plain(err))
		}
		if err := checkKey(x.PublicKey); err != nil {
			return fmt.Errorf("certificate %d: %w", len(all)+1, err)
		}
		if all = append(all, x); len(all) > most {
			return fmt.Errorf("more than %d certificates", most)
		}
		return nil
	}
	rest := data
	for {
		var b *pem.Block
		if b, rest = pem.Decode(rest); b == nil {
			break
		}
		if b.Type != "CERTIFICATE" {
			continue // the key may stand in the same file
		}
		if err := add(b.Bytes); err != nil {
			return nil, err
		}
	}
	if len(all) > 0 {
		return all, nil
	}
	if len(data) > 0 && data[0] == 0x30 { // a SEQUENCE: DER
		err := add(data)
		return all, err
	}
	return nil, errors.New("no certificate in it (PEM or DER)")
}

// parseKey reads a private key: PEM or DER, PKCS #8, PKCS #1 or SEC 1.
func parseKey(data []byte) (crypto.Signer, error) {
	der, rest := data, data
	for {
		var b *pem.Block
		if b, rest = pem.Decode(rest); b == nil {
			break
		}
		if b.Type == "ENCRYPTED PRIVATE KEY" || b.Headers["DEK-Info"] != "" {
			return nil, errors.New("the key is encrypted: decrypt it first (openssl pkey)")
		}
		if strings.HasSuffix(b.Type, "PRIVATE KEY") {
			der = b.Bytes
			break
		}
	}
	for _, parse := range []func([]byte) (any, error){
		x509.ParsePKCS8PrivateKey,
		func(b []byte) (any, error) { return x509.ParsePKCS1PrivateKey(b) },
		func(b []byte) (any, error) { return x509.ParseECPrivateKey(b) },
	} {
		key, err := parse(der)
		if err != nil {
			continue
		}
		signer, ok := key.(crypto.Signer)
		if !ok {
			return nil, errors.New("a key is RSA, ECDSA or Ed25519")
		}
		return signer, checkKey(signer.Public())
	}
	return nil, errors.New("no private key in it (PEM: PKCS #8, PKCS #1 or SEC 1)")
}

func keyPEM(key crypto.Signer) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// sameKey reports whether key is the private half of public.
func sameKey(key crypto.Signer, public any) bool {
	own, ok := key.Public().(interface{ Equal(crypto.PublicKey) bool })
	return ok && own.Equal(public)
}

// checkChain refuses a chain in which one certificate was not issued by the next.
func checkChain(chain []*x509.Certificate) error {
	for i, x := range chain[1:] {
		if err := chain[i].CheckSignatureFrom(x); err != nil {
			return fmt.Errorf("certificate %d was not issued by certificate %d, which follows it: %w", i+1, i+2, plain(err))
		}
	}
	return nil
}

// checkAuthority accepts authorities, and certificates that vouch for themselves.
func checkAuthority(x *x509.Certificate) error {
	if x.IsCA || x.CheckSignature(x.SignatureAlgorithm, x.RawTBSCertificate, x.Signature) == nil {
		return nil
	}
	return fmt.Errorf("%s is the certificate of no authority", subject(x))
}

// subject names x for people, in one printable line.
func subject(x *x509.Certificate) string {
	if text := printable(x.Subject.String()); text != "" {
		return text
	}
	return Fingerprint(x)
}

// maxText bounds what a certificate may make us write.
const maxText = 255

// printable makes text from a certificate fit for a line of a log.
func printable(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, text)
	return text[:min(len(text), maxText)]
}

// plain takes the package's name off an error of the standard library.
func plain(err error) error {
	text := err.Error()
	for _, prefix := range []string{"x509: ", "tls: ", "asn1: "} {
		text = strings.TrimPrefix(text, prefix)
	}
	return errors.New(printable(text))
}
