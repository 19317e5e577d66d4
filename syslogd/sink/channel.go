package sink

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"net"
	"strings"
)

// Change is what became of a connection.
type Change uint8

// The changes.
const (
	Opened Change = iota
	Ended         // after it was opened
	Failed        // it could not be opened; told once for each kind of failure until one is
)

// Channel is a connection by tcp or tls that opened, ended or failed: FTP_ITC.1
// wants it recorded with both ends.
type Channel struct {
	Change      Change
	Host        string // as configured
	Network     string // tcp or tls
	Local       string // address and port; empty where there was no connection
	Peer        string // address and port, or what was tried
	Subject     string // tls: of the certificate that the peer has shown, also of one that was refused
	Fingerprint string // tls: sha-256:AB:CD… of that
	Reason      string // why it ended or failed; of one that opened: failures that were not told
}

// channelOf describes a connection that is open, or whose handshake has failed.
func channelOf(t target, conn net.Conn) Channel {
	c := Channel{Host: t.host, Network: t.network, Local: address(conn.LocalAddr()), Peer: address(conn.RemoteAddr())}
	if s, ok := conn.(*tls.Conn); ok {
		c.show(s.ConnectionState().PeerCertificates)
	}
	return c
}

// refusedChannel describes a connection whose handshake has ended with err.
func refusedChannel(t target, conn *tls.Conn, err error) Channel {
	c := channelOf(t, conn)
	var unverified *tls.CertificateVerificationError // the library's own judgement, which keeps none
	if c.Fingerprint == "" && errors.As(err, &unverified) {
		c.show(unverified.UnverifiedCertificates)
	}
	return c
}

// show notes what the peer has shown.
func (c *Channel) show(chain []*x509.Certificate) {
	if len(chain) > 0 {
		c.Subject = clean(chain[0].Subject.String(), maxSubject)
		c.Fingerprint = fingerprint(chain[0].Raw)
	}
}

// certificate names the certificate of the peer in a line.
func (c *Channel) certificate() string {
	return strings.TrimSpace(c.Subject + " " + c.Fingerprint)
}

func address(a net.Addr) string {
	if a == nil {
		return ""
	}
	return a.String()
}

// fingerprint is RFC 5425's, of a certificate in DER (4.2.2).
func fingerprint(der []byte) string {
	sum := sha256.Sum256(der)
	text := []byte("sha-256")
	for _, b := range sum {
		text = append(text, ':')
		text = append(text, strings.ToUpper(hex.EncodeToString([]byte{b}))...)
	}
	return string(text)
}
