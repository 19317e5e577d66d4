// Package pki keeps the certificates of this machine and those of the
// authorities that it trusts, and makes of them the TLS configurations with
// which logs are received and sent.
//
// A user generates or loads a certificate under a name; the configuration names
// it. What was generated or loaded waits: it takes force with the next commit,
// whoever makes it, so that exchanging a certificate is a commit and nothing
// else is. Sessions that are open then go on with what they were opened with.
//
//	store, err := pki.Open("state/pki", pki.Options{…})
//	certificate, err := store.Generate("web", pki.Request{Subject: "CN=logs.example.net"})
//	plan, err := store.Prepare(pki.Change{Config: c, Revision: 7})
//	server, err := plan.View().Server(pki.ServerOptions{Certificate: "web", Group: "fleet"})
//	plan.Apply()
//
// # On disk
//
// Every certificate that was ever put under a name is a version of it, counted
// from 1:
//
//	local/NAME/N.crt     PEM, own certificate first, then those between it and its authority
//	local/NAME/N.key     PEM, PKCS #8; written before N.crt
//	local/NAME/new.key   a key pair that has no certificate yet
//	ca/NAME/N.crt        PEM, the certificates of an authority
//	in-force.R           which versions take force with revision R: lines `local NAME N` and `ca NAME N`
//
// in-force.R is written before the commit point of revision R. At start-up the
// one with the greatest R not above the revision in force is what holds; what
// lies above belongs to a commit that was never made and is removed. Files are
// 0600 in directories 0700 and appear under their names when they are complete.
// Private keys leave this package only inside a tls.Config.
//
// # What is accepted
//
// Keys are RSA of 2,048 to 8,192 bits, ECDSA on P-256, P-384 or P-521, or
// Ed25519. TLS is 1.2 or 1.3 with authenticated encryption alone. Files are at
// most 64 KiB, chains at most 8 certificates, an authority's bundle at most 20.
package pki
