package sshd

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/crypto/ssh"
)

// HostKeyType is a kind of host key.
type HostKeyType string

// The host keys there can be, by the words of the configuration.
const (
	Ed25519  HostKeyType = "ed25519"
	RSA      HostKeyType = "rsa"
	ECDSA256 HostKeyType = "ecdsa-sha2-nistp256"
	ECDSA384 HostKeyType = "ecdsa-sha2-nistp384"
	ECDSA521 HostKeyType = "ecdsa-sha2-nistp521"
)

// DefaultHostKeys are offered when none is configured.
func DefaultHostKeys() []HostKeyType { return []HostKeyType{Ed25519, RSA} }

// HostKeyTypes returns all of them.
func HostKeyTypes() []HostKeyType { return slices.Clone(hostKeyTypes) }

// hostKeyTypes are all of them.
var hostKeyTypes = []HostKeyType{Ed25519, RSA, ECDSA256, ECDSA384, ECDSA521}

// rsaHostBits is what keeps as long as a 128-bit symmetric key (NIST SP 800-57).
const rsaHostBits = 3072

// HostKey is a host key as it is shown.
type HostKey struct {
	Type        HostKeyType
	Fingerprint string
	Bits        int
	Public      string // a line for known_hosts, without the name of the host
}

// hostKeys keeps the private keys, one file each, readable for their owner alone.
type hostKeys struct {
	dir string
	// change is told of every key that is made or destroyed.
	change func(made bool, t HostKeyType, fingerprint string)
}

func (h hostKeys) file(t HostKeyType) string { return filepath.Join(h.dir, "host_"+string(t)) }

// load reads a key, and makes it if it is not there.
func (h hostKeys) load(t HostKeyType) (ssh.Signer, error) {
	s, err := h.read(t)
	if errors.Is(err, fs.ErrNotExist) {
		return h.make(t)
	}
	return s, err
}

// read reads a key. Its error wraps fs.ErrNotExist when it was never made.
func (h hostKeys) read(t HostKeyType) (ssh.Signer, error) {
	path := h.file(t)
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s: a host key must be its owner's alone (chmod 600)", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	s, err := ssh.ParsePrivateKey(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// make makes a key, in the place of one that is there.
func (h hostKeys) make(t HostKeyType) (ssh.Signer, error) {
	key, err := newKey(t)
	if err != nil {
		return nil, err
	}
	block, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		return nil, err
	}
	s, err := ssh.NewSignerFromKey(key)
	if err != nil {
		return nil, err
	}
	old, err := h.read(t)
	if err != nil {
		old = nil // there was none, or none that could be used
	}
	if err := h.write(t, pem.EncodeToMemory(block)); err != nil {
		return nil, err
	}
	if old != nil {
		h.change(false, t, ssh.FingerprintSHA256(old.PublicKey()))
	}
	h.change(true, t, ssh.FingerprintSHA256(s.PublicKey()))
	return s, nil
}

// write puts a key in its file and overwrites the one that it replaces.
func (h hostKeys) write(t HostKeyType, text []byte) error {
	if err := os.MkdirAll(h.dir, 0o700); err != nil {
		return err
	}
	path := h.file(t)
	old, err := os.OpenFile(path, os.O_WRONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		old, err = nil, nil
	}
	if err != nil {
		return err
	}
	err = replaceFile(path, text)
	if old != nil {
		if err == nil {
			err = wipe(old)
		}
		err = errors.Join(err, old.Close())
	}
	return err
}

// wipe overwrites a file that has no name any more.
func wipe(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	_, err = f.WriteAt(make([]byte, info.Size()), 0)
	return errors.Join(err, f.Sync())
}

// replaceFile puts text in a file, at once and for good: whoever reads it sees the
// old or the new text, also after a crash.
func replaceFile(path string, text []byte) error {
	temporary := path + ".tmp"
	if err := os.Remove(temporary); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(temporary, path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temporary))
	}
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func newKey(t HostKeyType) (crypto.PrivateKey, error) {
	switch t {
	case Ed25519:
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	case RSA:
		return rsa.GenerateKey(rand.Reader, rsaHostBits)
	case ECDSA256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case ECDSA384:
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case ECDSA521:
		return ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	}
	return nil, fmt.Errorf("no host key is called %s", t)
}

// list returns the keys that were made.
func (h hostKeys) list(md5 bool) ([]HostKey, error) {
	var all []HostKey
	for _, t := range hostKeyTypes {
		s, err := h.read(t)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		public := s.PublicKey()
		k := HostKey{Type: t, Fingerprint: ssh.FingerprintSHA256(public), Bits: bitsOf(public), Public: string(ssh.MarshalAuthorizedKey(public))}
		if md5 {
			k.Fingerprint = "MD5:" + ssh.FingerprintLegacyMD5(public)
		}
		all = append(all, k)
	}
	return all, nil
}

// rsaBits is the size of an RSA key, 0 of another.
func rsaBits(key ssh.PublicKey) int {
	if c, ok := key.(ssh.CryptoPublicKey); ok {
		if k, ok := c.CryptoPublicKey().(*rsa.PublicKey); ok {
			return k.N.BitLen()
		}
	}
	return 0
}

// bitsOf is the size of a key as ssh-keygen states it.
func bitsOf(key ssh.PublicKey) int {
	if n := rsaBits(key); n > 0 {
		return n
	}
	if c, ok := key.(ssh.CryptoPublicKey); ok {
		if k, ok := c.CryptoPublicKey().(*ecdsa.PublicKey); ok {
			return k.Params().BitSize
		}
	}
	return 256
}

// ParseHostKeyType reads the name of a host key.
func ParseHostKeyType(name string) (HostKeyType, error) {
	t := HostKeyType(name)
	if !slices.Contains(hostKeyTypes, t) {
		return "", fmt.Errorf("no host key is called %s", name)
	}
	return t, nil
}
