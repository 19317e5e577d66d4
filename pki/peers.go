package pki

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// peer is one permitted-peer: a name, an address or a fingerprint.
type peer struct {
	hash    func([]byte) []byte // of a fingerprint
	sum     string
	address netip.Addr
	name    string // in lower case; `*.` in front stands for any first label
}

type peers []peer

// hashes are the algorithms of fingerprints by their names in RFC 5425 4.2.2.
// sha-1 is there because the RFC asks for it.
func hashes() map[string]func([]byte) []byte {
	return map[string]func([]byte) []byte{
		"sha-1":   func(b []byte) []byte { s := sha1.Sum(b); return s[:] },
		"sha-256": func(b []byte) []byte { s := sha256.Sum256(b); return s[:] },
		"sha-384": func(b []byte) []byte { s := sha512.Sum384(b); return s[:] },
		"sha-512": func(b []byte) []byte { s := sha512.Sum512(b); return s[:] },
	}
}

// parsePeers reads permitted-peer.
func parsePeers(texts []string) (peers, error) {
	var all peers
	var errs []error
	for _, text := range texts {
		p, err := parsePeer(text)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		all = append(all, p)
	}
	return all, errors.Join(errs...)
}

// CheckPeer reports what is wrong with the text of a permitted-peer.
func CheckPeer(text string) error {
	_, err := parsePeer(text)
	return err
}

func parsePeer(text string) (peer, error) {
	if addr, err := netip.ParseAddr(text); err == nil {
		return peer{address: addr.Unmap().WithZone("")}, nil
	}
	if algorithm, digits, ok := strings.Cut(text, ":"); ok {
		hash := hashes()[strings.ToLower(algorithm)]
		if hash == nil {
			return peer{}, fmt.Errorf("%q: a fingerprint begins with sha-256:, sha-384:, sha-512: or sha-1: and has digits behind it", text)
		}
		sum, err := hex.DecodeString(strings.ReplaceAll(digits, ":", ""))
		if want := len(hash(nil)); err != nil || len(sum) != want {
			return peer{}, fmt.Errorf("%q: a fingerprint by %s has %d bytes, each of two hexadecimal digits", text, algorithm, want)
		}
		return peer{hash: hash, sum: string(sum)}, nil
	}
	if !domainName(text) || text == "*" {
		return peer{}, fmt.Errorf("%q is neither a domain name (in which * may be the first label), nor an address, nor a fingerprint such as sha-256:AB:CD and so on", text)
	}
	return peer{name: strings.ToLower(text)}, nil
}

// named reports whether any of the peers is no fingerprint.
func (ps peers) named() bool {
	return slices.ContainsFunc(ps, func(p peer) bool { return p.hash == nil })
}

// fingerprint reports whether one of the peers is the fingerprint of x.
func (ps peers) fingerprint(x *x509.Certificate) bool {
	return slices.ContainsFunc(ps, func(p peer) bool { return p.hash != nil && string(p.hash(x.Raw)) == p.sum })
}

// names reports whether x bears one of the names or addresses (RFC 5425 5.2):
// in subjectAltName, and in CN only if there is no name in that.
func (ps peers) names(x *x509.Certificate) bool {
	borne := x.DNSNames
	if len(x.DNSNames)+len(x.IPAddresses)+len(x.URIs)+len(x.EmailAddresses) == 0 && domainName(x.Subject.CommonName) {
		borne = []string{x.Subject.CommonName}
	}
	for _, p := range ps {
		if p.hash != nil {
			continue
		}
		for _, ip := range x.IPAddresses {
			if a, ok := netip.AddrFromSlice(ip); ok && p.address.IsValid() && a.Unmap() == p.address {
				return true
			}
		}
		if p.name != "" && slices.ContainsFunc(borne, func(b string) bool { return sameName(p.name, strings.ToLower(b)) }) {
			return true
		}
	}
	return false
}

// sameName compares a permitted name with one in a certificate, both in lower
// case. In either, `*` as the whole first label stands for any one label.
func sameName(permitted, borne string) bool {
	permitted, borne = strings.TrimSuffix(permitted, "."), strings.TrimSuffix(borne, ".")
	if permitted == borne {
		return true
	}
	first, rest, ok := strings.Cut(permitted, ".")
	other, tail, too := strings.Cut(borne, ".")
	return ok && too && rest == tail && first != "" && other != "" && (first == "*" || other == "*" && strings.Contains(tail, "."))
}
