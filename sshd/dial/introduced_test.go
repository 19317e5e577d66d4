package dial

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

// The key and its HMAC-SHA1 under the secret, made with
// printf %s "$KEY" | openssl dgst -sha1 -hmac "between us".
const (
	hostKey     = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ1wB2HrHxvMtuPtwzUmzoyYlxz0NJeOKdz1hYrmkuqg"
	hostKeyHMAC = "d9e2a080d5474d0cfa4a81046ce6354d007ad0f5"
)

// said is what a device says, line by line, and then SSH.
func said(lines ...string) string {
	text := ""
	for _, l := range lines {
		text += l + "\r\n"
	}
	return text + "SSH-2.0-x\r\n"
}

func TestIntroduced(t *testing.T) {
	const head, device = "MSG-ID: DEVICE-CONN-INFO", "DEVICE-ID: r1"
	const unvouched = "the device does not vouch for its host key: it sends no HMAC of it"
	const wrong = "the HMAC of the host key is wrong: the device has another secret, or is another device"
	for _, c := range []struct {
		name, in, secret string
		device, err      string
		refused          bool
	}{
		{"RFC 8071", said(), "", "", "", false},
		{"a name", said(head, "MSG-VER: V1", device, ""), "", "r1", "", false},
		{"vouched for", said(head, device, "HOST-KEY: "+hostKey, "HMAC:"+hostKeyHMAC, ""), "between us", "r1", "", false},
		{"with a blank, in capitals, without an empty line", said(head, device, "HOST-KEY: "+hostKey, "HMAC: "+strings.ToUpper(hostKeyHMAC)), "between us", "r1", "", false},
		{"nobody asks", said(device, "HOST-KEY: "+hostKey, "HMAC:00"), "", "r1", "", false},
		{"another secret", said(device, "HOST-KEY: "+hostKey, "HMAC:"+hostKeyHMAC), "between them", "r1", wrong, true},
		{"another key", said(device, "HOST-KEY: "+hostKey[:len(hostKey)-1]+"A", "HMAC:"+hostKeyHMAC), "between us", "r1", wrong, true},
		{"a part of the HMAC", said(device, "HOST-KEY: "+hostKey, "HMAC:"+hostKeyHMAC[:20]), "between us", "r1", wrong, true},
		{"no HMAC", said(device, "HOST-KEY: "+hostKey), "between us", "r1", unvouched, true},
		{"no key", said(device, "HMAC:"+hostKeyHMAC), "between us", "r1", unvouched, true},
		{"nothing", said(), "between us", "", unvouched, true},
		{"a path", said("DEVICE-ID: ../r1"), "", "", "the device has a name that is none", false},
		{"too much", strings.Repeat("X: y\r\n", 5000), "", "", "the device says too much before SSH begins", false},
		{"the end", "MSG-ID: DEVICE", "", "", "EOF", false},
	} {
		here, there := net.Pipe()
		go func() {
			_, _ = io.WriteString(there, c.in)
			_ = there.Close()
		}()
		conn, who, err := Introduced(here, c.secret)
		text := ""
		if err != nil {
			text = err.Error()
		}
		var refused *RefusedError
		if who.Device != c.device || text != c.err || errors.As(err, &refused) != c.refused {
			t.Errorf("%s: %q, %v", c.name, who.Device, err)
		}
		if err == nil {
			if rest, err := io.ReadAll(conn); err != nil || string(rest) != "SSH-2.0-x\r\n" {
				t.Errorf("%s: then %q, %v", c.name, rest, err)
			}
			if key := who.HostKey; (key != nil) != (c.secret != "") || key != nil && strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key))) != hostKey {
				t.Errorf("%s: key %v", c.name, key)
			}
		}
		_ = here.Close()
	}
}
