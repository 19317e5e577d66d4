package syslogd

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"loggia/audit/event"
	"loggia/pki"
)

// vault is a store of certificates with what makes a sender.
type vault struct {
	t      testing.TB
	store  *pki.Store
	commit uint64
}

func newVault(t testing.TB) *vault {
	s, err := pki.Open(t.TempDir(), pki.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &vault{t: t, store: s}
}

// make makes a certificate that vouches for itself.
func (v *vault) make(name string) *pki.Certificate {
	v.t.Helper()
	c, err := v.store.Generate(name, pki.Request{Subject: "CN=" + name, DomainNames: []string{name + ".example.net"}})
	if err != nil {
		v.t.Fatal(err)
	}
	return c
}

func (v *vault) view() *pki.View {
	v.t.Helper()
	v.commit++
	p, err := v.store.Prepare(pki.Change{Revision: v.commit})
	if err != nil {
		v.t.Fatal(err)
	}
	p.Apply()
	return p.View()
}

// listen is a TLS input that lets the senders of the given certificates in.
func (v *vault) listen(port uint16, peers ...*pki.Certificate) TLSListen {
	v.t.Helper()
	var prints []string
	for _, p := range peers {
		prints = append(prints, p.Fingerprint())
	}
	c, err := v.view().Server(pki.ServerOptions{Certificate: "server", Peers: prints})
	if err != nil {
		v.t.Fatal(err)
	}
	return TLSListen{Listen: local(port), TLS: c, Peer: func(x *x509.Certificate) (string, string) { return pki.PeerName(x), pki.Describe(x) }}
}

// dial connects as the holder of name; which certificate the server showed is
// in the connection's state.
func (v *vault) dial(port uint16, name string) *tls.Conn {
	v.t.Helper()
	c, err := v.view().Client(pki.ClientOptions{Certificate: name, Peers: []string{serverPrint(v)}})
	if err != nil {
		v.t.Fatal(err)
	}
	conn, err := tls.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port), c)
	if err != nil {
		v.t.Fatal(err)
	}
	v.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func serverPrint(v *vault) string {
	for _, s := range v.store.List(pki.Local) {
		if s.Name == "server" && s.InForce {
			return s.Fingerprint()
		}
	}
	v.t.Fatal("no server certificate is in force")
	return ""
}

// news collects what an engine announces.
type news struct {
	mu  sync.Mutex
	all []event.InputChannel
}

func (n *news) add(e event.Event) {
	if c, ok := e.(event.InputChannel); ok {
		n.mu.Lock()
		n.all = append(n.all, c)
		n.mu.Unlock()
	}
}

func (n *news) count(s event.ChannelState, reason string) (count int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, c := range n.all {
		if c.State == s && strings.Contains(c.Reason, reason) {
			count++
		}
	}
	return count
}

func (n *news) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return fmt.Sprintf("%+v", n.all)
}

func tlsWorld(t testing.TB, c Config) (*world, *news) {
	n := new(news)
	return startWith(t, c, func(o *Options) { o.Announce = n.add }), n
}

// TestTLSInput: both framings, large batches, an orderly end and one that is not.
func TestTLSInput(t *testing.T) {
	v := newVault(t)
	v.make("server")
	alice := v.make("alice")
	port := freePort(t)
	w, n := tlsWorld(t, Config{Files: []*File{toFile(t, "f", "any any")}, Inputs: Inputs{TLS: []TLSListen{v.listen(port, alice)}}})
	c := v.dial(port, "alice")
	const lines = 20000
	var text strings.Builder
	for i := range lines {
		m := fmt.Sprintf("<14>1 2026-11-22T10:00:00Z h app - - - message %d", i)
		if i%2 == 0 {
			fmt.Fprintf(&text, "%d %s", len(m), m)
		} else {
			fmt.Fprintf(&text, "%s\n", m)
		}
	}
	if _, err := io.WriteString(c, text.String()); err != nil {
		t.Fatal(err)
	}
	w.has("f", fmt.Sprintf("message %d\n", lines-1))
	if got := strings.Count(w.text("f"), "app: message"); got != lines {
		t.Errorf("%d of %d lines", got, lines)
	}
	if _, err := io.WriteString(c, "<14>no line feed"); err != nil {
		t.Fatal(err)
	}
	if err := c.CloseWrite(); err != nil { // half-closed: what is unfinished is a message
		t.Fatal(err)
	}
	w.has("f", "no line feed")
	if _, err := c.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the end says %v, not close_notify", err)
	}
	w.eventually(func() bool { return n.count(event.ChannelClosed, "") == 1 }, n.String)

	cut := v.dial(port, "alice")
	w.eventually(func() bool { return n.count(event.ChannelOpened, "") == 2 }, n.String)
	if err := cut.NetConn().Close(); err != nil {
		t.Fatal(err)
	}
	w.eventually(func() bool { return n.count(event.ChannelClosed, "without close_notify") == 1 }, n.String)
	if first := n.all[0]; first.Name != "alice.example.net" || !strings.Contains(first.Certificate, alice.Fingerprint()) || !strings.HasPrefix(first.Protocol, "TLS 1.3") {
		t.Errorf("%+v", first)
	}
}

// TestExchangeOfACertificate: a commit changes what new senders see, and who may
// send; sessions that are open go on unless their sender may no longer.
func TestExchangeOfACertificate(t *testing.T) {
	v := newVault(t)
	v.make("server")
	alice, bob := v.make("alice"), v.make("bob")
	port := freePort(t)
	config := func(peers ...*pki.Certificate) Config {
		return Config{Files: []*File{toFile(t, "f", "any any")}, Inputs: Inputs{TLS: []TLSListen{v.listen(port, peers...)}}}
	}
	w, n := tlsWorld(t, config(alice, bob))
	old, second := v.dial(port, "alice"), v.dial(port, "bob")
	shown := old.ConnectionState().PeerCertificates[0]
	w.eventually(func() bool { return n.count(event.ChannelOpened, "") == 2 }, n.String)

	v.make("server")
	w.commit(config(alice))
	fresh := v.dial(port, "alice")
	if slices.Equal(fresh.ConnectionState().PeerCertificates[0].Raw, shown.Raw) {
		t.Error("a new session is shown the old certificate")
	}
	for _, c := range []*tls.Conn{old, fresh} {
		if _, err := fmt.Fprintf(c, "<14>from %v\n", c.LocalAddr()); err != nil {
			t.Error(err)
		}
		w.has("f", c.LocalAddr().String())
	}
	if _, err := second.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("bob, who may no longer send, sees %v", err)
	}
	w.eventually(func() bool { return n.count(event.ChannelClosed, "closed by this end") == 1 }, n.String)
}

// TestWhoIsNotLetIn: refusals are counted and recorded, and others are not kept
// from coming in meanwhile.
func TestWhoIsNotLetIn(t *testing.T) {
	v := newVault(t)
	v.make("server")
	alice := v.make("alice")
	stranger := v.make("eve")
	port := freePort(t)
	w, n := tlsWorld(t, Config{Files: []*File{toFile(t, "f", "any any")}, Inputs: Inputs{TLS: []TLSListen{v.listen(port, alice)}}})
	silent, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port)) // says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	plain, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	if _, err := io.WriteString(plain, "<14>no TLS at all\n"); err != nil {
		t.Fatal(err)
	}
	eve := v.dial(port, "eve") // TLS 1.3: the client learns later
	if _, err := eve.Read(make([]byte, 1)); err == nil || err == io.EOF {
		t.Errorf("eve sees %v", err)
	}
	w.eventually(func() bool { return n.count(event.ChannelFailed, "") == 2 }, n.String)
	c := v.dial(port, "alice")
	if _, err := io.WriteString(c, "<14>let in\n"); err != nil {
		t.Fatal(err)
	}
	w.has("f", "let in")
	if n.count(event.ChannelFailed, "eve.example.net: ") != 1 || n.count(event.ChannelFailed, "does not look like a TLS handshake") != 1 {
		t.Error(n)
	}
	n.mu.Lock()
	for _, c := range n.all {
		got := c.Name + ", " + c.Certificate + ", " + c.Protocol
		want := "eve.example.net, " + pki.Describe(stranger.Leaf()) + ", TLS 1.3 TLS_"
		if strings.Contains(c.Reason, "does not look like") {
			want = ", , "
		}
		if c.State == event.ChannelFailed && !strings.HasPrefix(got, want) {
			t.Errorf("%+v", c)
		}
	}
	n.mu.Unlock()
	if s := w.sourceNamed(fmt.Sprintf("tls 127.0.0.1:%d", port)); s.Barred != 2 || s.Accepted != 1 {
		t.Errorf("%+v", s)
	}
}

func (w *world) sourceNamed(name string) SourceStatistics {
	w.t.Helper()
	all := w.Statistics().Sources
	i := slices.IndexFunc(all, func(s SourceStatistics) bool { return s.Name == name })
	if i < 0 {
		w.t.Fatalf("no source %s: %+v", name, all)
	}
	return all[i]
}

// BenchmarkTLS is from the socket of a TLS connection to the buffer of a file:
// what the sender's half costs is in it.
func BenchmarkTLS(b *testing.B) {
	v := newVault(b)
	v.make("server")
	sender := v.make("sender")
	port := freePort(b)
	w := start(b, Config{Files: []*File{toFile(b, "f", "any any")}, Inputs: Inputs{TLS: []TLSListen{v.listen(port, sender)}}})
	c := v.dial(port, "sender")
	var block []byte
	n := 0
	for _, m := range traffic(512) {
		block = fmt.Appendf(block, "%d %s", len(m), m)
		n++
	}
	name := fmt.Sprintf("tls 127.0.0.1:%d", port)
	b.SetBytes(int64(len(block) / n))
	b.ReportAllocs()
	b.ResetTimer()
	sent := uint64(0)
	for sent < uint64(b.N) {
		if _, err := c.Write(block); err != nil {
			b.Fatal(err)
		}
		sent += uint64(n)
	}
	w.eventually(func() bool { return w.sourceNamed(name).Accepted == sent }, func() string { return fmt.Sprint(w.sourceNamed(name)) })
}
