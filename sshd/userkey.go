package sshd

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"golang.org/x/crypto/ssh"
)

// UserKey is a public key that may log in.
type UserKey struct {
	key  ssh.PublicKey
	from []pattern
}

// minRSA is the size in bits below which an RSA key proves nothing any more.
const minRSA = 2048

// ParseUserKey reads one line of an authorized_keys file. family is the
// statement it stands in, such as ssh-rsa; from are the patterns of the same
// name, separated by commas, empty for everywhere.
func ParseUserKey(family, line, from string) (UserKey, error) {
	key, _, options, rest, err := ssh.ParseAuthorizedKey([]byte(line))
	if err != nil {
		return UserKey{}, errors.New("must be a public key as in an authorized_keys file: its type, then the key itself")
	}
	switch {
	case len(rest) > 0:
		return UserKey{}, errors.New("must be one key")
	case len(options) > 0:
		return UserKey{}, errors.New("has options before its type: only 'from' is known here, as a statement")
	case familyOf(key.Type()) != family:
		return UserKey{}, fmt.Errorf("is of type %s, which is not %s", key.Type(), family)
	}
	if bits := rsaBits(key); bits > 0 && bits < minRSA {
		return UserKey{}, fmt.Errorf("has %d bits, at least %d are needed", bits, minRSA)
	}
	k := UserKey{key: key}
	for _, text := range strings.Split(from, ",") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		p, err := parsePattern(text)
		if err != nil {
			return UserKey{}, err
		}
		k.from = append(k.from, p)
	}
	return k, nil
}

// familyOf is the statement in which a key of a type stands.
func familyOf(keyType string) string {
	if strings.HasPrefix(keyType, "ecdsa-sha2-nistp") {
		return "ssh-ecdsa"
	}
	return keyType
}

// Fingerprint names the key as OpenSSH does.
func (k UserKey) Fingerprint(md5 bool) string { return fingerprint(k.key, md5) }

// fingerprint is the hash that a key is known by, with its type as OpenSSH
// writes it: "ED25519 SHA256:…".
func fingerprint(key ssh.PublicKey, md5 bool) string {
	if md5 {
		return shortType(key.Type()) + " MD5:" + ssh.FingerprintLegacyMD5(key)
	}
	return shortType(key.Type()) + " " + ssh.FingerprintSHA256(key)
}

func shortType(t string) string {
	switch {
	case strings.HasPrefix(t, "ecdsa-"):
		return "ECDSA"
	case t == ssh.KeyAlgoRSA:
		return "RSA"
	case t == ssh.KeyAlgoED25519:
		return "ED25519"
	}
	return t
}

// allows reports whether the key may be used from an address. As in OpenSSH, a
// negated pattern that fits refuses, whatever the others say.
func (k UserKey) allows(addr netip.Addr) bool {
	if len(k.from) == 0 {
		return true
	}
	allowed := false
	for _, p := range k.from {
		if p.fits(addr) {
			if p.negated {
				return false
			}
			allowed = true
		}
	}
	return allowed
}

// pattern is one of the patterns of `from`: a network, or text in which * and ?
// stand for other text.
type pattern struct {
	negated bool
	prefix  netip.Prefix
	glob    string // if not prefix
}

// parsePattern reads a pattern. Names of hosts are refused: whoever owns the
// client's addresses decides about the name that belongs to them.
func parsePattern(text string) (pattern, error) {
	var p pattern
	body, negated := strings.CutPrefix(text, "!")
	p.negated = negated
	if prefix, err := netip.ParsePrefix(body); err == nil {
		p.prefix = prefix.Masked()
		return p, nil
	}
	if strings.Trim(body, "0123456789abcdefABCDEF.:*?") != "" || body == "" {
		return p, fmt.Errorf("'from' has %q, which fits no address: names are not looked up", text)
	}
	p.glob = strings.ToLower(body)
	return p, nil
}

func (p pattern) fits(addr netip.Addr) bool {
	if p.prefix.IsValid() {
		return p.prefix.Contains(addr)
	}
	return globbed(p.glob, addr.String())
}

// globbed reports whether s fits a pattern in which * stands for any text and ?
// for one character. Its time is bounded by the product of the lengths.
func globbed(pattern, s string) bool {
	star, mark := -1, 0
	i, j := 0, 0
	for j < len(s) {
		switch {
		case i < len(pattern) && (pattern[i] == '?' || pattern[i] == s[j]):
			i, j = i+1, j+1
		case i < len(pattern) && pattern[i] == '*':
			star, mark = i, j
			i++
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[i:], "*") == ""
}
