package sshd

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
)

// Kind is a kind of algorithm that is negotiated.
type Kind uint8

// The kinds whose names are configured.
const (
	Cipher Kind = iota
	MAC
	KeyExchange
)

// choices are, by kind, the configured names that work, in the order of
// preference. What is weak, but in the library, is not among them.
var choices = [...]struct {
	what  string
	names []string
}{
	Cipher: {"cipher", []string{ssh.CipherChaCha20Poly1305, ssh.CipherAES256GCM, ssh.CipherAES128GCM,
		ssh.CipherAES256CTR, ssh.CipherAES192CTR, ssh.CipherAES128CTR}},
	MAC: {"mac", []string{ssh.HMACSHA256ETM, ssh.HMACSHA512ETM, ssh.HMACSHA256, ssh.HMACSHA512, ssh.HMACSHA1}},
	KeyExchange: {"key-exchange", []string{ssh.KeyExchangeMLKEM768X25519, ssh.KeyExchangeCurve25519, "ecdh-sha2-nistp256",
		"ecdh-sha2-nistp384", "ecdh-sha2-nistp521", "dh-group16-sha512", "dh-group14-sha256", "group-exchange-sha2"}},
}

// wireNames are the names in the protocol of those that Junos calls otherwise.
var wireNames = map[string]string{
	"dh-group14-sha256":   ssh.KeyExchangeDH14SHA256,
	"dh-group16-sha512":   ssh.KeyExchangeDH16SHA512,
	"group-exchange-sha2": ssh.KeyExchangeDHGEXSHA256,
}

// defaults are what is offered when nothing is configured: nothing that is
// broken or distrusted, and of each kind something that older clients know.
var defaults = [...][]string{
	Cipher:      choices[Cipher].names,
	MAC:         {ssh.HMACSHA256ETM, ssh.HMACSHA512ETM, ssh.HMACSHA256, ssh.HMACSHA512},
	KeyExchange: {ssh.KeyExchangeMLKEM768X25519, ssh.KeyExchangeCurve25519, "dh-group16-sha512", "dh-group14-sha256"},
}

// Resolve returns the protocol's names of configured ones, those of the default
// when there are none. Its error lists what there is.
func (k Kind) Resolve(names []string) ([]string, error) {
	if len(names) == 0 {
		names = defaults[k]
	}
	out := make([]string, len(names))
	for i, name := range names {
		if !slices.Contains(choices[k].names, name) {
			return nil, fmt.Errorf("%s %s is not supported here; there are %s", choices[k].what, name, strings.Join(choices[k].names, " "))
		}
		out[i] = name
		if wire := wireNames[name]; wire != "" {
			out[i] = wire
		}
	}
	return out, nil
}

// publicKeyAlgorithms are the signatures that prove a user's key: no SHA-1.
var publicKeyAlgorithms = []string{ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521,
	ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
