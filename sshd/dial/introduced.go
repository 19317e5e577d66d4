package dial

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"net"
	"strings"

	"golang.org/x/crypto/ssh"
)

// What a device may say before SSH begins, in bytes and lines.
const (
	maxIntroduction = 8 << 10
	maxName         = 255
)

// Introduction is what a device that called home says before SSH begins: with
// Junos' outbound-ssh DEVICE-CONN-INFO, with RFC 8071 nothing.
type Introduction struct {
	Device string // the name that it claims; empty if it says none
	// HostKey is the key that it says to have; nil if it says none. A secret that
	// both sides know vouches for it, and SSH proves that the device has it.
	HostKey ssh.PublicKey
}

// Introduced reads what a device says before SSH begins, and returns the
// connection from there on. With a secret the device has to send the HMAC of its
// host key under it (Junos, `outbound-ssh client secret`), or the error is a
// *RefusedError.
func Introduced(conn net.Conn, secret string) (net.Conn, Introduction, error) {
	in := bufio.NewReaderSize(conn, maxIntroduction)
	said, err := read(in)
	if err != nil {
		return nil, Introduction{}, err
	}
	who, err := said.introduction(secret)
	if err != nil {
		return nil, who, err
	}
	return &introduced{conn, in}, who, nil
}

// statements are the values of an introduction by their names.
type statements map[string]string

// read reads lines up to the first of SSH.
func read(in *bufio.Reader) (statements, error) {
	said := statements{}
	for size := 0; ; {
		head, err := in.Peek(4)
		if err != nil {
			return nil, err
		}
		if string(head) == "SSH-" {
			return said, nil
		}
		line, err := in.ReadString('\n')
		if err != nil {
			return nil, err
		}
		if size += len(line); size > maxIntroduction {
			return nil, errors.New("the device says too much before SSH begins")
		}
		if key, value, ok := strings.Cut(line, ":"); ok {
			said[strings.ToUpper(strings.TrimSpace(key))] = strings.TrimSpace(value)
		}
	}
}

// introduction takes what was said for what it is.
func (said statements) introduction(secret string) (who Introduction, err error) {
	if name, ok := said["DEVICE-ID"]; ok {
		if !plain(name) {
			return who, errors.New("the device has a name that is none")
		}
		who.Device = name
	}
	if secret == "" {
		return who, nil
	}
	if said["HOST-KEY"] == "" || said["HMAC"] == "" {
		return who, &RefusedError{errors.New("the device does not vouch for its host key: it sends no HMAC of it")}
	}
	if !vouched(said["HOST-KEY"], secret, said["HMAC"]) {
		return who, &RefusedError{errors.New("the HMAC of the host key is wrong: the device has another secret, or is another device")}
	}
	if who.HostKey, _, _, _, err = ssh.ParseAuthorizedKey([]byte(said["HOST-KEY"])); err != nil {
		return who, &RefusedError{errors.New("the host key that the device sends is none")}
	}
	return who, nil
}

// vouched reports whether claimed is the HMAC-SHA1 of a key, in hexadecimal
// digits. It takes as long whatever is wrong.
func vouched(key, secret, claimed string) bool {
	h := hmac.New(sha1.New, []byte(secret))
	h.Write([]byte(key)) // it never fails
	return hmac.Equal([]byte(hex.EncodeToString(h.Sum(nil))), []byte(strings.ToLower(claimed)))
}

// plain reports whether a name can be that of a directory.
func plain(name string) bool {
	return name != "" && len(name) <= maxName && name[0] != '.' && !strings.ContainsFunc(name, func(r rune) bool {
		return r != '-' && r != '_' && r != '.' && r != ':' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
}

// introduced is a connection whose first bytes were read.
type introduced struct {
	net.Conn
	in *bufio.Reader
}

// Read reads what follows.
func (i *introduced) Read(b []byte) (int, error) { return i.in.Read(b) }
