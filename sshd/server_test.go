package sshd

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"loggia/audit/event"
)

func TestNegotiationFailuresNameTheOffer(t *testing.T) {
	l := newLab(t, nil)
	for _, tt := range []struct {
		config ssh.Config
		host   []string
		want   string
	}{
		{ssh.Config{Ciphers: []string{"aes128-cbc"}}, nil, "no matching cipher found. Their offer: aes128-cbc [preauth]"},
		{ssh.Config{MACs: []string{"hmac-sha1-96"}, Ciphers: []string{"aes128-ctr"}}, nil, "no matching MAC found. Their offer: hmac-sha1-96 [preauth]"},
		{ssh.Config{KeyExchanges: []string{"ecdh-sha2-nistp256"}}, nil, "no matching key exchange method found. Their offer: ecdh-sha2-nistp256,"},
		{ssh.Config{}, []string{"ssh-rsa"}, "no matching host key type found. Their offer: ssh-rsa [preauth]"},
	} {
		_, err := ssh.Dial("tcp", l.address(), &ssh.ClientConfig{Config: tt.config, HostKeyAlgorithms: tt.host, HostKeyCallback: ssh.InsecureIgnoreHostKey()})
		if err == nil {
			t.Errorf("%s: it worked", tt.want)
			continue
		}
		if line := l.recorded(tt.want); !strings.HasPrefix(line, "Unable to negotiate with 127.0.0.1 port ") {
			t.Error(line)
		}
	}
}

func TestWhatIsNoSSH(t *testing.T) {
	l := newLab(t, nil)
	say := func(text string) net.Conn {
		c := l.connect()
		if _, err := io.WriteString(c, text); err != nil {
			t.Fatal(err)
		}
		return c
	}
	defer say("GET / HTTP/1.0\r\nHost: x\r\n\r\n" + strings.Repeat("x", 1000)).Close()
	l.recorded("invalid format of the version [preauth]")
	say("").Close()
	l.recorded("Connection closed by 127.0.0.1 port ")
	defer say("SSH-2.0-odd\x1b[2J\r\n\xff\xff\xff\xff\xff\xff\xff\xff").Close()
	l.recorded("oversized packet: ")
	l.config.Retry.Grace = 300 * time.Millisecond
	l.apply()
	defer say("SSH-2.0-slow\r\n").Close()
	l.recorded("timeout before authentication [preauth]")
	for _, line := range l.records() {
		if strings.ContainsRune(line, '\x1b') {
			t.Errorf("%q", line)
		}
	}
	l.idle()
}

func TestForwardingIsRefused(t *testing.T) {
	l := newLab(t, nil)
	c := l.login()
	if _, err := c.Dial("tcp", "127.0.0.1:1"); err == nil || !strings.Contains(err.Error(), "only sessions are served here") {
		t.Error(err)
	}
	l.recorded("refused local forwarding to user op from 127.0.0.1 port ")
	if _, err := c.Listen("tcp", "127.0.0.1:0"); err == nil {
		t.Error("forwarded")
	}
	l.recorded("refused remote forwarding to user op")
	if _, _, err := c.SendRequest("KEEP_ALIVE", true, nil); err != nil {
		t.Errorf("an unknown question is not answered: %v", err)
	}
}

func TestSessionsOfAConnection(t *testing.T) {
	l := newLab(t, nil)
	c := l.login()
	s, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	var errs bytes.Buffer
	s.Stderr = &errs
	var exit *ssh.ExitError
	if err := s.Run("bogus"); !errors.As(err, &exit) || exit.ExitStatus() != 3 || errs.String() != "bogus: unknown\n" {
		t.Errorf("%v, %q", err, errs.String())
	}
	l.recorded("Starting session: command for op from 127.0.0.1 port ")
	l.recorded("id 0: exit status 3")

	sleeper, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	out, err := sleeper.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := sleeper.Start("sleep"); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	if err := sleeper.Signal(ssh.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := sleeper.Wait(); !errors.As(err, &exit) || exit.ExitStatus() != 7 {
		t.Errorf("after a signal: %v", err)
	}
	l.recorded("id 1: cut off")

	sub, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if err := sub.RequestSubsystem("bogus"); err == nil {
		t.Error("any subsystem is served")
	}
	l.recorded("refused subsystem bogus to user op")
	if got := session(t, c, "echo", "x", true); got != "x" {
		t.Errorf("subsystem: %q", got)
	}
	if got := session(t, c, "scp -t /tmp/x", "", false); got != "\x01scp: the old protocol is not spoken here; use scp without -O, or sftp\n" {
		t.Errorf("scp: %q", got)
	}
}

// session runs a command or a subsystem with an input, and returns its output.
func session(t *testing.T, c *ssh.Client, name, input string, subsystem bool) string {
	t.Helper()
	s, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.Stdin = strings.NewReader(input)
	out, err := s.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if subsystem {
		stdin := s.Stdin
		s.Stdin = nil
		in, perr := s.StdinPipe()
		if perr != nil {
			t.Fatal(perr)
		}
		if err = s.RequestSubsystem(name); err == nil {
			_, err = io.Copy(in, stdin)
			err = errors.Join(err, in.Close())
		}
	} else {
		err = s.Start(name)
	}
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(out)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestAListenerForOneSubsystem(t *testing.T) {
	l := newLab(t, func(c *Config) { c.Listens[0].Only = "echo" })
	c := l.login()
	if got := session(t, c, "echo", "x", true); got != "x" {
		t.Errorf("%q", got)
	}
	s, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Run("who"); err == nil {
		t.Error("a command is run")
	}
}

func TestHostKeys(t *testing.T) {
	l := newLab(t, func(c *Config) { c.HostKeys = []HostKeyType{Ed25519, ECDSA256} })
	seen := func(algorithm string) (key string) {
		t.Helper()
		_, err := ssh.Dial("tcp", l.address(), &ssh.ClientConfig{User: "op", Auth: []ssh.AuthMethod{ssh.Password(secret)}, HostKeyAlgorithms: []string{algorithm},
			HostKeyCallback: func(_ string, _ net.Addr, k ssh.PublicKey) error { key = ssh.FingerprintSHA256(k); return nil }})
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	before, other := seen(ssh.KeyAlgoED25519), seen(ssh.KeyAlgoECDSA256)
	l.recorded("SSHD_HOST_KEY_GENERATED: Host key ed25519 generated at its first use: " + before)
	info, err := os.Stat(l.server.keys.file(Ed25519))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	l.server.Close()
	l.open()
	if seen(ssh.KeyAlgoED25519) != before {
		t.Error("a restart makes another key")
	}
	if err := l.server.Regenerate(event.Subject{User: "op"}, Ed25519); err != nil {
		t.Fatal(err)
	}
	after := seen(ssh.KeyAlgoED25519)
	if after == before || seen(ssh.KeyAlgoECDSA256) != other {
		t.Error("not that key, or not another")
	}
	l.recorded("SSHD_HOST_KEY_DELETED: Host key ed25519 deleted by user 'op': " + before)
	l.recorded("SSHD_HOST_KEY_GENERATED: Host key ed25519 generated by user 'op': " + after)
	list, err := l.server.HostKeys()
	if err != nil || len(list) != 2 || list[0].Fingerprint != after || list[1].Bits != 256 {
		t.Errorf("%+v, %v", list, err)
	}
	if err := os.Chmod(l.server.keys.file(Ed25519), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := l.server.HostKeys(); err == nil {
		t.Error("a key that everybody can read is used")
	}
}

func TestListenersChangeOver(t *testing.T) {
	l := newLab(t, nil)
	at := l.fixedPort()
	c := l.login()
	l.config.Listens = []Listen{{Place: "ssh", Address: netip.AddrPortFrom(netip.Addr{}, at.Port())}} // overlaps the old one
	l.apply()
	if other, err := l.dial("op", ssh.Password(secret)); err != nil {
		t.Error(err)
	} else {
		other.Close()
	}
	listener := l.server.listeners[0]
	l.apply()
	if len(l.server.listeners) != 1 || l.server.listeners[0] != listener {
		t.Error("an equal address is bound anew")
	}
	second, err := NewServer(Options{Dir: t.TempDir(), Recorder: l, Now: time.Now, Handle: labHandler, Alarm: func(string, error) {}})
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	var bind *BindError
	if _, err := second.Prepare(l.config, false); !errors.As(err, &bind) || !errors.Is(err, syscall.EADDRINUSE) || bind.Place != "ssh" {
		t.Errorf("a second process gets the port: %v", err)
	}
	l.config.Listens = nil
	l.apply()
	if _, err := net.Dial("tcp", at.String()); err == nil {
		t.Error("still served")
	}
	if got := l.run(c, "who"); !strings.HasPrefix(got, "op ") {
		t.Error("the connection did not outlive the address")
	}
}

// fixedPort moves the server to a port that is configured by its number.
func (l *lab) fixedPort() netip.AddrPort {
	l.t.Helper()
	for range 100 {
		free, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			l.t.Fatal(err)
		}
		at := netip.MustParseAddrPort(free.Addr().String())
		free.Close()
		l.config.Listens = []Listen{{Place: "ssh", Address: at}}
		if plan, err := l.server.Prepare(l.config, false); err == nil { // else somebody was faster
			plan.Apply()
			return at
		}
	}
	l.t.Fatal("no port is free")
	return netip.AddrPort{}
}

// At start an address that is taken is tried again.
func TestAnAddressThatIsTakenAtStart(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	alarms := make(chan error, 10)
	l := &lab{t: t, config: labConfig(t)}
	s, err := NewServer(Options{Dir: t.TempDir(), Recorder: l, Now: time.Now, Handle: labHandler, Alarm: func(_ string, err error) { alarms <- err }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	l.server = s
	l.config.Listens[0].Address = netip.MustParseAddrPort(taken.Addr().String())
	plan, err := s.Prepare(l.config, true)
	if err != nil {
		t.Fatal(err)
	}
	plan.Apply()
	if err := <-alarms; !errors.Is(err, syscall.EADDRINUSE) {
		t.Error(err)
	}
	taken.Close()
	if err := <-alarms; err != nil {
		t.Error(err)
	}
	l.login()
}

func TestPortsThatNeedTheCapability(t *testing.T) {
	err := explain(&net.OpError{Op: "listen", Err: os.NewSyscallError("bind", syscall.EACCES)}, 22)
	if !strings.Contains(err.Error(), "CAP_NET_BIND_SERVICE") || !strings.Contains(err.Error(), "another port") {
		t.Error(err)
	}
}

func TestNewKeysByTimeAndData(t *testing.T) {
	l := newLab(t, func(c *Config) { c.RekeyTime = 50 * time.Millisecond; c.RekeyData = 1 << 20 })
	c := l.login()
	waitFor(t, func() bool { list := l.server.Connections(); return len(list) == 1 && list[0].Rekeys >= 2 }, func() string { return "the keys stay" })
	l.recorded("new keys")
	if got := l.run(c, "who"); !strings.HasPrefix(got, "op ") {
		t.Error(got)
	}
	c.Close()
	l.config.RekeyTime = time.Hour
	l.apply()
	l.idle()
	c = l.login()
	s, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	out, err := s.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start("flood"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(io.Discard, out, 8<<20); err != nil {
		t.Fatal(err)
	}
	if list := l.server.Connections(); len(list) != 1 || list[0].Rekeys < 2 {
		t.Errorf("%+v", list)
	}
}

func TestCloseEndsSessions(t *testing.T) {
	l := newLab(t, nil)
	c := l.login()
	s, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start("sleep"); err != nil {
		t.Fatal(err)
	}
	l.server.Close()
	if err := s.Wait(); err == nil {
		t.Error("it ended in order")
	}
	l.recorded("Disconnecting user op 127.0.0.1 port ")
}

func TestResolve(t *testing.T) {
	if names, err := KeyExchange.Resolve([]string{"group-exchange-sha2"}); err != nil || names[0] != ssh.KeyExchangeDHGEXSHA256 {
		t.Error(names, err)
	}
	if _, err := Cipher.Resolve([]string{"3des-cbc"}); err == nil || !strings.Contains(err.Error(), "there are chacha20-poly1305@openssh.com aes256-gcm@openssh.com") {
		t.Error(err)
	}
	supported := ssh.SupportedAlgorithms()
	for kind, all := range map[Kind][]string{Cipher: supported.Ciphers, MAC: supported.MACs, KeyExchange: supported.KeyExchanges} {
		names, err := kind.Resolve(choices[kind].names)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range names {
			if !strings.Contains(" "+strings.Join(all, " ")+" ", " "+n+" ") {
				t.Errorf("%s is not in the library", n)
			}
		}
	}
}
