package pki

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// authority issues certificates for tests.
type authority struct {
	t    testing.TB
	cert *x509.Certificate
	key  crypto.Signer
}

func newAuthority(t testing.TB, name string) *authority {
	t.Helper()
	a := &authority{t: t, key: ecKey(t)}
	a.cert = a.sign(&x509.Certificate{Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour * 24 * 3650)}, nil, a.key.Public())
	return a
}

func ecKey(t testing.TB) crypto.Signer {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func (a *authority) sign(x, parent *x509.Certificate, public crypto.PublicKey) *x509.Certificate {
	a.t.Helper()
	if x.SerialNumber == nil {
		n, err := rand.Int(rand.Reader, big.NewInt(1<<62))
		if err != nil {
			a.t.Fatal(err)
		}
		x.SerialNumber = n
	}
	if parent == nil {
		parent = x
	}
	der, err := x509.CreateCertificate(rand.Reader, x, parent, public, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	out, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return out
}

// issue makes a certificate with its key, in PEM; names that are addresses
// become such.
func (a *authority) issue(change func(*x509.Certificate), names ...string) (certificate, key []byte) {
	a.t.Helper()
	k := ecKey(a.t)
	x := &x509.Certificate{Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(90 * 24 * time.Hour)}
	for _, n := range names {
		if ip := net.ParseIP(n); ip != nil {
			x.IPAddresses = append(x.IPAddresses, ip)
		} else {
			x.DNSNames = append(x.DNSNames, n)
		}
	}
	if change != nil {
		change(x)
	}
	out := a.sign(x, a.cert, k.Public())
	key, err := keyPEM(k)
	if err != nil {
		a.t.Fatal(err)
	}
	return toPEM(out), key
}

func toPEM(x *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: x.Raw})
}

func open(t testing.TB, dir string, o Options) *Store {
	t.Helper()
	s, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// commit puts what waits in force and returns the view.
func commit(t testing.TB, s *Store, revision uint64, groups map[string][]string) *View {
	t.Helper()
	p := must(s.Prepare(Change{Config: Config{groups}, Revision: revision}))(t)
	p.Apply()
	return p.View()
}

func TestGeneratedCertificateTakesForceWithACommit(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, Options{})
	first := must(s.Generate("web", Request{Subject: `CN=logs,O=Example\, Inc.`, DomainNames: []string{"logs.example.net"}, Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.1")}}))(t)
	if x := first.Leaf(); x.Subject.Organization[0] != "Example, Inc." || x.DNSNames[0] != "logs.example.net" || x.IPAddresses[0].String() != "192.0.2.1" {
		t.Errorf("%+v", x.Subject)
	}
	if !s.Pending() || s.List(Local)[0].InForce {
		t.Error("in force without a commit")
	}
	try := must(s.Prepare(Change{Revision: 0, Try: true}))(t)
	try.Abort()
	commit(t, s, 7, nil)
	if s.Pending() || !s.List(Local)[0].InForce {
		t.Error("not in force after a commit")
	}
	second := must(s.Generate("web", Request{Subject: "CN=logs"}))(t)
	if second.Version != 2 || len(s.List(Local)) != 2 {
		t.Errorf("version %d; %d are listed", second.Version, len(s.List(Local)))
	}
	aborted := must(s.Prepare(Change{Revision: 8}))(t)
	aborted.Abort()
	if names := must(filepath.Glob(filepath.Join(dir, "in-force.*")))(t); len(names) != 1 || !strings.HasSuffix(names[0], ".7") {
		t.Errorf("%v after an abort", names)
	}
}

// TestRestart: what holds is what the revision in force had, whether or not the
// commit after it was cut short.
func TestRestart(t *testing.T) {
	for name, tt := range map[string]struct {
		revision uint64 // in force at the restart
		want     int
	}{"before the commit point": {7, 1}, "after the commit point": {8, 2}} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := must(Open(dir, Options{}))(t)
			must(s.Generate("web", Request{Subject: "CN=a"}))(t)
			commit(t, s, 7, nil)
			must(s.Generate("web", Request{Subject: "CN=b"}))(t)
			must(s.Prepare(Change{Revision: 8}))(t) // neither applied nor aborted: killed
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = open(t, dir, Options{})
			p := must(s.Prepare(Change{Revision: tt.revision, Start: true}))(t)
			p.Apply()
			if got := s.force[id{Local, "web"}]; got != tt.want {
				t.Errorf("version %d is in force", got)
			}
			if s.Pending() != (tt.want == 1) {
				t.Error("pending:", s.Pending())
			}
		})
	}
}

func TestKeysStayPrivate(t *testing.T) {
	dir := t.TempDir()
	s := open(t, filepath.Join(dir, "pki"), Options{})
	must(s.Generate("web", Request{Subject: "CN=a"}))(t)
	must(s.GenerateKeyPair("other", RSA2048))(t)
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestCertificateRequestAndItsAnswer(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	ca := newAuthority(t, "ca")
	text := must(s.CertificateRequest("web", Request{Subject: "CN=logs", DomainNames: []string{"logs.example.net"}}))(t)
	b, _ := pem.Decode(text)
	r := must(x509.ParseCertificateRequest(b.Bytes))(t)
	if err := r.CheckSignature(); err != nil || r.DNSNames[0] != "logs.example.net" {
		t.Errorf("%v %v", err, r.DNSNames)
	}
	if again := must(s.CertificateRequest("web", Request{Subject: "CN=logs"}))(t); bytes.Equal(again, text) {
		t.Error("the same request for another subject")
	}
	answer := ca.sign(&x509.Certificate{Subject: r.Subject, DNSNames: r.DNSNames, NotAfter: time.Now().Add(time.Hour)}, ca.cert, r.PublicKey)
	must(s.LoadLocal("web", append(toPEM(answer), toPEM(ca.cert)...), nil))(t)
	if pairs := must(s.KeyPairs())(t); len(pairs) != 0 {
		t.Errorf("%v wait after their certificate came", pairs)
	}
	renewed := ca.sign(&x509.Certificate{Subject: r.Subject, NotAfter: time.Now().Add(2 * time.Hour)}, ca.cert, r.PublicKey)
	must(s.LoadLocal("web", toPEM(renewed), nil))(t) // with the key of the one before
}

func TestLoadRefuses(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	ca, other := newAuthority(t, "ca"), newAuthority(t, "other")
	good, key := ca.issue(nil, "a.example.net")
	_, wrongKey := ca.issue(nil, "b.example.net")
	expired, expiredKey := ca.issue(func(x *x509.Certificate) { x.NotAfter = time.Now().Add(-time.Minute) }, "a.example.net")
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	weakCert := toPEM(ca.sign(&x509.Certificate{NotAfter: time.Now().Add(time.Hour)}, ca.cert, weak.Public()))
	for _, tt := range []struct {
		name, want string
		cert, key  []byte
		id         string
	}{
		{"nothing", "no certificate in it", nil, key, "w"},
		{"text", "no certificate in it", []byte("hello"), key, "w"},
		{"no DER", "certificate 1:", []byte{0x30, 1, 2, 3}, key, "w"},
		{"another key", "not that of the certificate", good, wrongKey, "w"},
		{"no key", "there is no key pair w", good, nil, "w"},
		{"key is none", "no private key in it", good, good, "w"},
		{"expired", "expired on", expired, expiredKey, "w"},
		{"weak", "RSA key has 2048 to 8192 bits, this one 1024", weakCert, key, "w"},
		{"wrong chain", "was not issued by certificate 2", append(bytes.Clone(good), toPEM(other.cert)...), key, "w"},
		{"long chain", "more than 8 certificates", bytes.Repeat(good, 9), key, "w"},
		{"large", "larger than 65536 bytes", bytes.Repeat([]byte("x"), 65537), key, "w"},
		{"encrypted key", "is encrypted", good, []byte("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n"), "w"},
		{"dots", "a name has", good, key, ".."},
		{"slash", "a name has", good, key, "a/b"},
		{"long name", "a name has", good, key, strings.Repeat("x", 64)},
	} {
		if _, err := s.LoadLocal(tt.id, tt.cert, tt.key); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	if _, err := s.LoadAuthority("p", good); err == nil || !strings.Contains(err.Error(), "of no authority") {
		t.Errorf("a machine's certificate as authority: %v", err)
	}
	if len(s.List(Local))+len(s.List(Authority)) != 0 {
		t.Error("something was kept")
	}
}

func TestClear(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	must(s.Generate("web", Request{Subject: "CN=a"}))(t)
	must(s.Generate("idle", Request{Subject: "CN=b"}))(t)
	v := commit(t, s, 1, nil)
	must(v.Server(ServerOptions{Certificate: "web", Client: None}))(t)
	if err := s.Clear(Local, "web"); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("what is in use: %v", err)
	}
	if err := s.Clear(Local, "idle"); err != nil {
		t.Error(err)
	}
	if err := s.Clear(Local, "idle"); err == nil || !strings.Contains(err.Error(), "no local certificate idle") {
		t.Errorf("what is gone: %v", err)
	}
	if len(s.List(Local)) != 1 {
		t.Error("still listed")
	}
}

func TestSubjects(t *testing.T) {
	for text, want := range map[string]string{
		"CN=a":               "CN=a",
		" cn = a , o=b ":     "CN=a,O=b",
		`CN=a\,b\=c`:         `CN=a\,b=c`,
		"DC=example,DC=net":  "",
		"a":                  "error",
		"CN=":                "error",
		"X=1":                "error",
		"C=DE,ST=B,L=M,OU=u": "OU=u,L=M,ST=B,C=DE",
		"SN=17,CN=router":    "SERIALNUMBER=17,CN=router",
		"CN=a,":              "error",
	} {
		n, err := parseSubject(text)
		got := n.String()
		switch {
		case err != nil:
			got = "error"
		case strings.HasPrefix(text, "DC"):
			if len(n.ExtraNames) != 2 {
				t.Errorf("%s: %v", text, n)
			}
			continue
		}
		if got != want {
			t.Errorf("%s: %s", text, got)
		}
	}
}
