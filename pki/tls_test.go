package pki

import (
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// meet lets a client and a server shake hands, and returns the errors of both.
func meet(t *testing.T, client, server *tls.Config) (cerr, serr error) {
	t.Helper()
	l := must(net.Listen("tcp", "127.0.0.1:0"))(t)
	defer l.Close()
	a := must(net.Dial("tcp", l.Addr().String()))(t)
	b := must(l.Accept())(t)
	done := make(chan error, 1)
	go func() {
		s := tls.Server(b, server)
		err := s.Handshake()
		if err == nil {
			_, err = s.Write([]byte("!"))
		}
		if err != nil { // let the client read why: closed with something unread, the socket would be reset
			_ = b.(*net.TCPConn).CloseWrite()
			_, _ = io.Copy(io.Discard, b)
		}
		_ = b.Close()
		done <- err
	}()
	c := tls.Client(a, client)
	cerr = c.Handshake()
	if cerr == nil {
		if _, cerr = io.ReadFull(c, make([]byte, 1)); cerr == io.EOF {
			cerr = nil
		}
	}
	_ = a.Close()
	return cerr, <-done
}

// fleet is a store with a server certificate and the authority of senders.
type fleet struct {
	t     *testing.T
	ca    *authority
	store *Store
}

func newFleet(t *testing.T) *fleet {
	f := &fleet{t, newAuthority(t, "fleet"), open(t, t.TempDir(), Options{})}
	must(f.store.LoadAuthority("fleet", toPEM(f.ca.cert)))(t)
	cert, key := f.ca.issue(nil, "logs.example.net", "192.0.2.1")
	must(f.store.LoadLocal("web", cert, key))(t)
	return f
}

func (f *fleet) view() *View {
	return commit(f.t, f.store, 1, map[string][]string{"fleet": {"fleet"}, "empty": {}, "lost": {"nobody"}})
}

func TestServerDecidesWhoGetsIn(t *testing.T) {
	f := newFleet(t)
	v := f.view()
	stranger := newAuthority(t, "stranger")
	issued := func(a *authority, change func(*x509.Certificate), names ...string) tls.Certificate {
		return must(tls.X509KeyPair(a.issue(change, names...)))(t)
	}
	good := issued(f.ca, nil, "r1.example.net", "198.51.100.7")
	wild := issued(f.ca, nil, "*.pop.example.net")
	common := issued(f.ca, func(x *x509.Certificate) { x.Subject.CommonName = "cn.example.net" })
	foreign := issued(stranger, nil, "r1.example.net")
	expired := issued(f.ca, func(x *x509.Certificate) { x.NotAfter = time.Now().Add(-time.Minute) }, "r1.example.net")
	early := issued(f.ca, func(x *x509.Certificate) { x.NotBefore = time.Now().Add(time.Minute) }, "r1.example.net")
	serverOnly := issued(f.ca, func(x *x509.Certificate) { x.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }, "r1.example.net")
	print := func(c tls.Certificate) string { return Fingerprint(must(x509.ParseCertificate(c.Certificate[0]))(t)) }
	weakSum := sha1.Sum(foreign.Certificate[0])
	in := func(o ServerOptions) ServerOptions { o.Certificate = "web"; return o }
	for _, tt := range []struct {
		name   string
		server ServerOptions
		client *tls.Certificate
		want   string // in the server's error; empty: gets in
	}{
		{"vouched for", ServerOptions{Group: "fleet"}, &good, ""},
		{"no certificate", ServerOptions{Group: "fleet"}, nil, "didn't provide a certificate"},
		{"optional, none", ServerOptions{Group: "fleet", Client: Optional}, nil, ""},
		{"optional, bad", ServerOptions{Group: "fleet", Client: Optional}, &foreign, "unknown authority"},
		{"not asked", ServerOptions{Client: None}, &foreign, ""},
		{"another authority", ServerOptions{Group: "fleet"}, &foreign, "unknown authority"},
		{"expired", ServerOptions{Group: "fleet"}, &expired, "r1.example.net: certificate expired on"},
		{"not yet", ServerOptions{Group: "fleet"}, &early, "is not valid before"},
		{"for servers only", ServerOptions{Group: "fleet"}, &serverOnly, "incompatible key usage"},
		{"name", ServerOptions{Group: "fleet", Peers: []string{"x.example.net", "R1.example.net"}}, &good, ""},
		{"other name", ServerOptions{Group: "fleet", Peers: []string{"r2.example.net"}}, &good, "is no permitted peer"},
		{"address", ServerOptions{Group: "fleet", Peers: []string{"198.51.100.7"}}, &good, ""},
		{"other address", ServerOptions{Group: "fleet", Peers: []string{"198.51.100.8"}}, &good, "is no permitted peer"},
		{"any first label", ServerOptions{Group: "fleet", Peers: []string{"*.example.net"}}, &good, ""},
		{"wildcard in the certificate", ServerOptions{Group: "fleet", Peers: []string{"a.pop.example.net"}}, &wild, ""},
		{"one label only", ServerOptions{Group: "fleet", Peers: []string{"a.b.pop.example.net"}}, &wild, "is no permitted peer"},
		{"common name", ServerOptions{Group: "fleet", Peers: []string{"cn.example.net"}}, &common, ""},
		{"no common name beside names", ServerOptions{Group: "fleet", Peers: []string{"test"}}, &good, "is no permitted peer"},
		{"fingerprint alone", ServerOptions{Peers: []string{print(foreign)}}, &foreign, ""},
		{"fingerprint in small letters", ServerOptions{Peers: []string{strings.ToLower(print(foreign))}}, &foreign, ""},
		{"fingerprint by sha-1", ServerOptions{Peers: []string{"sha-1:" + colons(weakSum[:])}}, &foreign, ""},
		{"other fingerprint", ServerOptions{Peers: []string{print(good)}}, &foreign, "unknown authority"},
		{"fingerprint, expired", ServerOptions{Peers: []string{print(expired)}}, &expired, "certificate expired on"},
		{"fingerprint beside names", ServerOptions{Group: "fleet", Peers: []string{"r2.example.net", print(foreign)}}, &foreign, ""},
	} {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			server := must(v.Server(in(tt.server)))(t)
			client := &tls.Config{InsecureSkipVerify: true, MaxVersion: version}
			if tt.client != nil {
				client.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return tt.client, nil }
			}
			cerr, serr := meet(t, client, server)
			switch {
			case tt.want == "" && (cerr != nil || serr != nil):
				t.Errorf("%s, %s: client %v, server %v", tt.name, tls.VersionName(version), cerr, serr)
			case tt.want != "" && (serr == nil || cerr == nil || !strings.Contains(serr.Error(), tt.want)):
				t.Errorf("%s, %s: client %v, server %v; want %s", tt.name, tls.VersionName(version), cerr, serr, tt.want)
			}
		}
	}
}

func TestOldProtocolsAndWeakSuitesAreRefused(t *testing.T) {
	f := newFleet(t)
	server := must(f.view().Server(ServerOptions{Certificate: "web", Client: None}))(t)
	for name, client := range map[string]*tls.Config{
		"TLS 1.1": {MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11},
		"CBC":     {MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA}},
		"no ECDH": {MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_GCM_SHA256}},
	} {
		client.InsecureSkipVerify = true
		if _, serr := meet(t, client, server); serr == nil {
			t.Errorf("%s got in", name)
		}
	}
}

func TestServerOptionsThatMakeNoSense(t *testing.T) {
	v := newFleet(t).view()
	for _, tt := range []struct {
		o    ServerOptions
		want string
	}{
		{ServerOptions{Certificate: "web"}, "nobody could get in"},
		{ServerOptions{Certificate: "gone", Group: "fleet"}, "there is no local certificate gone (request"},
		{ServerOptions{Certificate: "web", Group: "none"}, "there is no trusted-ca-group none"},
		{ServerOptions{Certificate: "web", Group: "empty"}, "names no ca-profiles"},
		{ServerOptions{Certificate: "web", Group: "lost"}, "no certificate is loaded for ca-profile nobody"},
		{ServerOptions{Certificate: "web", Peers: []string{"a.example.net"}}, "needs a trusted-ca-group"},
		{ServerOptions{Certificate: "web", Client: None, Group: "fleet"}, "does not ask"},
		{ServerOptions{Certificate: "web", Peers: []string{"sha-256:AB"}}, "has 32 bytes"},
		{ServerOptions{Certificate: "web", Peers: []string{"md5:AB"}}, "a fingerprint begins with"},
		{ServerOptions{Certificate: "web", Peers: []string{"a.*.net"}}, "is neither a domain name"},
	} {
		if _, err := v.Server(tt.o); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: %v", tt.o, err)
		}
	}
	if _, err := (*View)(nil).Server(ServerOptions{Certificate: "web", Group: "fleet"}); err == nil {
		t.Error("a nil view has a certificate")
	}
}

func TestClientDecidesWhomItSendsTo(t *testing.T) {
	f := newFleet(t)
	v := f.view()
	server := must(v.Server(ServerOptions{Certificate: "web", Group: "fleet"}))(t)
	for _, tt := range []struct {
		name string
		o    ClientOptions
		want string
	}{
		{"by name", ClientOptions{ServerName: "logs.example.net", Groups: []Group{{Name: "fleet"}}}, ""},
		{"by address", ClientOptions{ServerName: "192.0.2.1", Groups: []Group{{"inline", []string{"fleet"}}}}, ""},
		{"another name", ClientOptions{ServerName: "other.example.net", Groups: []Group{{Name: "fleet"}}}, "is no permitted peer"},
		{"permitted peer", ClientOptions{ServerName: "10.0.0.1", Peers: []string{"logs.example.net"}, Groups: []Group{{Name: "fleet"}}}, ""},
		{"fingerprint", ClientOptions{ServerName: "10.0.0.1", Peers: []string{v.certs[id{Local, "web"}].Fingerprint()}}, ""},
	} {
		tt.o.Certificate = "web"
		cerr, serr := meet(t, must(v.Client(tt.o))(t), server)
		if tt.want == "" && (cerr != nil || serr != nil) || tt.want != "" && (cerr == nil || !strings.Contains(cerr.Error(), tt.want)) {
			t.Errorf("%s: client %v, server %v", tt.name, cerr, serr)
		}
	}
	if _, err := v.Client(ClientOptions{ServerName: "a.example.net"}); err == nil || !strings.Contains(err.Error(), "nobody vouches") {
		t.Errorf("a client that trusts nobody: %v", err)
	}
}

// TestEqualConfigurationsAreOne: a pointer tells whether something has changed.
func TestEqualConfigurationsAreOne(t *testing.T) {
	f := newFleet(t)
	o := ServerOptions{Certificate: "web", Group: "fleet"}
	first := must(f.view().Server(o))(t)
	if again := must(f.view().Server(o))(t); again != first {
		t.Error("the same is another")
	}
	cert, key := f.ca.issue(nil, "logs.example.net")
	must(f.store.LoadLocal("web", cert, key))(t)
	if renewed := must(f.view().Server(o))(t); renewed == first {
		t.Error("another certificate is the same")
	} else if b, _ := pem.Decode(cert); string(renewed.Certificates[0].Certificate[0]) != string(b.Bytes) {
		t.Error("the old certificate")
	}
}
