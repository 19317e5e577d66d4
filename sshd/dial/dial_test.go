package dial

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/crypto/ssh"
)

// device is a server with two host keys, which opens any channel and says nothing.
func device(t *testing.T) (address string, ed, ec ssh.PublicKey) {
	t.Helper()
	config := &ssh.ServerConfig{PublicKeyCallback: func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) { return nil, nil }}
	host := func(key crypto.Signer, err error) ssh.PublicKey {
		if err != nil {
			t.Fatal(err)
		}
		signer, err := ssh.NewSignerFromSigner(key)
		if err != nil {
			t.Fatal(err)
		}
		config.AddHostKey(signer)
		return signer.PublicKey()
	}
	_, private, err := ed25519.GenerateKey(rand.Reader)
	ed = host(private, err)
	ec = host(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return // the test is over
			}
			go serve(conn, config)
		}
	}()
	return l.Addr().String(), ed, ec
}

func serve(conn net.Conn, config *ssh.ServerConfig) {
	defer conn.Close()
	_, channels, requests, err := ssh.NewServerConn(conn, config)
	if err != nil {
		return // the client did not like a key
	}
	go ssh.DiscardRequests(requests)
	for c := range channels {
		ch, requests, err := c.Accept()
		if err != nil {
			return
		}
		go func() {
			for r := range requests {
				_ = r.Reply(true, nil)
			}
			_ = ch.Close()
		}()
	}
}

// identity is the file of a new private key.
func identity(t *testing.T) string {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A fingerprint may be that of any key of the device; another key is refused,
// and so is one that nothing vouches for.
func TestHostKeys(t *testing.T) {
	address, ed, ec := device(t)
	other, _, _ := device(t)
	known := filepath.Join(t.TempDir(), "known_hosts")
	if err := os.WriteFile(known, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	print := ssh.FingerprintSHA256
	for _, c := range []struct {
		name    string
		config  Config
		refused string // "" when it is let in
	}{
		{"ed25519 by its fingerprint", Config{Address: address, HostKey: print(ed)}, ""},
		{"ecdsa by its fingerprint", Config{Address: address, HostKey: print(ec)}, ""},
		{"vouched for", Config{Address: address, Known: known, Vouched: ed}, ""},
		{"vouched for, the other key", Config{Address: address, Known: known, Vouched: ec}, ""},
		{"both", Config{Address: address, HostKey: print(ec), Vouched: ec}, ""},
		{"vouched for another", Config{Address: other, Known: known, Vouched: ed}, "the host key is not the one that the secret vouches for"},
		{"both, and they differ", Config{Address: address, HostKey: print(ec), Vouched: ed}, "the host key is not the one that the secret vouches for"},
		{"nothing", Config{Address: address, Known: known}, "the host key is not known; --host-key or known_hosts vouches for it"},
	} {
		c.config.User, c.config.Identity, c.config.Subsystem = "mon", identity(t), "netconf"
		conn, err := To(context.Background(), c.config)
		var refused *RefusedError
		switch {
		case err == nil && c.refused == "":
			if err := conn.Close(); err != nil {
				t.Error(err)
			}
		case err == nil || !errors.As(err, &refused) || err.Error() != c.refused:
			t.Errorf("%s: %v", c.name, err)
		}
	}
	_, err := To(context.Background(), Config{User: "mon", Address: other, Identity: identity(t), HostKey: print(ed)})
	var key *otherKeyError
	if !errors.As(err, &key) || key.want != print(ed) {
		t.Error(err)
	}
}
