package sshd

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// forger is a connection that damages what is sent once it is told to: the byte
// at an offset, from the end if that is negative.
type forger struct {
	net.Conn
	armed  atomic.Bool
	offset int
}

func (f *forger) Write(b []byte) (int, error) {
	if f.armed.CompareAndSwap(true, false) {
		b = append([]byte(nil), b...)
		f.damage(b)
	}
	return f.Conn.Write(b)
}

func (f *forger) damage(b []byte) {
	i := f.offset
	if i < 0 {
		i += len(b)
	}
	b[i] ^= 0x80
}

// over logs op in over a connection.
func (l *lab) over(conn net.Conn, config ssh.ClientConfig) (ssh.Conn, <-chan struct{}) {
	l.t.Helper()
	config.User, config.Auth, config.HostKeyCallback = "op", []ssh.AuthMethod{ssh.Password(secret)}, ssh.InsecureIgnoreHostKey()
	sc, channels, requests, err := ssh.NewClientConn(conn, "", &config)
	if err != nil {
		l.t.Fatal(err)
	}
	ended := make(chan struct{})
	go ssh.DiscardRequests(requests)
	go func() {
		defer close(ended)
		for range channels { // none comes
		}
	}()
	l.t.Cleanup(func() { sc.Close(); <-ended })
	return sc, ended
}

// A packet that somebody has changed on the way ends the connection, and is on
// record with what was wrong (FTP_TRP.1/Admin, failure).
func TestDamagedPacketsAreRecorded(t *testing.T) {
	const forged, oversized = "message authentication code incorrect", "oversized packet: "
	for _, tt := range []struct {
		cipher, mac string
		offset      int
		want        string
	}{
		{ssh.CipherChaCha20Poly1305, "", -1, forged},
		{ssh.CipherAES128GCM, "", -1, forged},
		{ssh.CipherAES256GCM, "", 0, oversized},
		{ssh.CipherAES128CTR, ssh.HMACSHA256ETM, -1, forged},
		{ssh.CipherAES128CTR, ssh.HMACSHA256ETM, 0, oversized},
		{ssh.CipherAES256CTR, ssh.HMACSHA512, -1, forged},
		{ssh.CipherAES256CTR, ssh.HMACSHA512, 0, oversized},
	} {
		l := newLab(t, nil)
		conn := &forger{Conn: l.connect(), offset: tt.offset}
		config := ssh.ClientConfig{Config: ssh.Config{Ciphers: []string{tt.cipher}}}
		if tt.mac != "" {
			config.MACs = []string{tt.mac}
		}
		sc, ended := l.over(conn, config)
		conn.armed.Store(true)
		_, _, _ = sc.SendRequest("x", false, nil) // its end shows below
		<-ended
		got := l.recorded("Connection from user op 127.0.0.1 port ")
		if !strings.Contains(got, ": "+tt.want) {
			t.Errorf("%s %s, byte %d: %s", tt.cipher, tt.mac, tt.offset, got)
		}
		l.recorded("Connection closed by user op 127.0.0.1 port ")
		l.idle()
	}
}

// New keys that are not agreed upon end the connection, with the reason.
func TestRekeyingThatFails(t *testing.T) {
	t.Run("nothing in common", func(t *testing.T) {
		l := newLab(t, nil)
		algorithms := []string{ssh.KeyAlgoED25519}
		sc, ended := l.over(l.connect(), ssh.ClientConfig{HostKeyAlgorithms: algorithms, Config: ssh.Config{RekeyThreshold: 1 << 10}})
		algorithms[0] = "ssh-none"
		for err := error(nil); err == nil; {
			_, _, err = sc.SendRequest("x", true, make([]byte, 1<<10))
		}
		<-ended
		if got := l.recorded("Connection from user op 127.0.0.1 port "); !strings.Contains(got, "no common algorithm for host key") || !strings.Contains(got, "ssh-none") {
			t.Error(got)
		}
		l.idle()
	})
	t.Run("no answer", func(t *testing.T) {
		l := newLab(t, func(c *Config) { c.RekeyTime = 50 * time.Millisecond })
		l.server.rekeyWithin = 200 * time.Millisecond
		raw := deaf{l.connect(), make(chan struct{})}
		l.over(raw, ssh.ClientConfig{})
		close(raw.stop)
		l.recorded("no new keys were agreed upon")
		l.idle()
	})
	t.Run("too often", func(t *testing.T) {
		var k keyExchanges
		now := time.Now()
		for i := range maxExchanges {
			if err := k.add(now.Add(time.Duration(i) * 10 * time.Millisecond)); err != nil {
				t.Fatal(i, err)
			}
		}
		if err := k.add(now.Add(59 * time.Second)); !errors.Is(err, errExchanges) {
			t.Error(err)
		}
		if err := k.add(now.Add(time.Minute)); err != nil {
			t.Error(err)
		}
	})
}

// plain makes a packet as it is before the first keys.
func plain(payload []byte) []byte {
	padding := 8 - (5+len(payload))%8
	if padding < 4 {
		padding += 8
	}
	b := binary.BigEndian.AppendUint32(nil, uint32(1+len(payload)+padding))
	b = append(append(b, byte(padding)), payload...)
	return append(b, make([]byte, padding)...)
}

// Whoever sends much that means nothing is read so far and no further.
func TestFloodsBeforeTheLogin(t *testing.T) {
	const ignore, debug = 2, 4
	for name, flood := range map[string][]byte{
		"ignore": plain(append([]byte{ignore, 0, 0, 4, 0}, make([]byte, 1<<10)...)),
		"debug":  plain(append([]byte{debug, 1, 0, 0, 4, 0}, make([]byte, 1<<10+4)...)),
	} {
		l := newLab(t, nil)
		c := l.connect()
		defer c.Close()
		if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(c, "SSH-2.0-flood\r\n"); err != nil {
			t.Fatal(err)
		}
		sent := 0
		for err := error(nil); err == nil; sent += len(flood) {
			_, err = c.Write(flood)
			var timeout net.Error
			if errors.As(err, &timeout) && timeout.Timeout() {
				t.Fatalf("%s: %d bytes were taken, and then nothing more", name, sent)
			}
		}
		l.recorded(errTooMuch.Error())
		l.idle()
	}
}
