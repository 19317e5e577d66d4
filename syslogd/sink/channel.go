package sink

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"net"
	"strings"
)

// Change is what became of a connection.
type Change uint8

// The changes.
const (
	Opened Change = iota
	Ended         // after it was opened
	Failed        // it could not be opened; told once until one is
)

// Channel is a connection by tcp or tls that opened, ended or failed: FTP_ITC.1
// wants it recorded with both ends.
type Channel struct {
	Change      Change
	Host        string // as configured
	Network     string // tcp or tls
	Local       string // address and port; empty where there was no connection
	Peer        string // address and port, or what was tried
	Subject     string // tls: of the peer's certificate
	Fingerprint string // tls: sha-256:AB:CD… of that
	Reason      string // why it ended or failed
}

// channelOf describes an open connection.
func channelOf(t target, conn net.Conn) Channel {
	c := Channel{Host: t.host, Network: t.network, Local: address(conn.LocalAddr()), Peer: address(conn.RemoteAddr())}
	if s, ok := conn.(*tls.Conn); ok {
		if chain := s.ConnectionState().PeerCertificates; len(chain) > 0 {
			c.Subject = chain[0].Subject.String()
			c.Fingerprint = fingerprint(chain[0].Raw)
		}
	}
	return c
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
