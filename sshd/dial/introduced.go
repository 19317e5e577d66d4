package dial

import (
	"bufio"
	"errors"
	"net"
	"strings"
)

// What a device may say before SSH begins, in bytes and lines.
const (
	maxIntroduction = 8 << 10
	maxName         = 255
)

// Introduced reads what a device that called home says before SSH begins: with
// Junos' outbound-ssh its name, `DEVICE-ID: name` between `MSG-ID:
// DEVICE-CONN-INFO` and the rest, with RFC 8071 nothing. It returns the connection
// from there on. The name is what the device claims: its host key has to prove it.
func Introduced(conn net.Conn) (net.Conn, string, error) {
	in := bufio.NewReaderSize(conn, maxIntroduction)
	name := ""
	for read := 0; ; {
		head, err := in.Peek(4)
		if err != nil {
			return nil, "", err
		}
		if string(head) == "SSH-" {
			return &introduced{conn, in}, name, nil
		}
		line, err := in.ReadString('\n')
		if err != nil {
			return nil, "", err
		}
		if read += len(line); read > maxIntroduction {
			return nil, "", errors.New("the device says too much before SSH begins")
		}
		if key, value, _ := strings.Cut(line, ":"); strings.EqualFold(strings.TrimSpace(key), "DEVICE-ID") {
			if name = strings.TrimSpace(value); !plain(name) {
				return nil, "", errors.New("the device has a name that is none")
			}
		}
	}
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
