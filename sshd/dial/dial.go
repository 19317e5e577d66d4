// Package dial is the client half of SSH over the network: it opens a subsystem
// of another machine, for `loggia receive`.
//
//	conn, err := dial.To(ctx, dial.Config{User: "syslog-mon", Address: "192.0.2.1:830", …})
//
// The host key is one that is known: by its fingerprint, from a known_hosts file,
// or because a secret vouches for it that both sides know. A key that nobody has vouched for ends the attempt, and so does one that
// has changed. The user's key comes from a file or from ssh-agent. A peer that
// says nothing is asked for a sign of life, and given up without one.
package dial

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
	"golang.org/x/crypto/ssh/knownhosts"
)

// Config says whom to connect to, as whom.
type Config struct {
	User      string
	Address   string        // host:port
	Identity  string        // file of a private key; empty for ssh-agent alone
	HostKey   string        // fingerprint, SHA256:…; empty for KnownHosts
	Known     string        // a known_hosts file
	Vouched   ssh.PublicKey // the key that a secret vouches for, instead of Known; may be nil
	Subsystem string

	algorithms []string // of host keys; nil for any
}

// Times of a connection.
const (
	dialTime  = 20 * time.Second // to connect and to log in
	aliveTime = 15 * time.Second // between two questions
	aliveLost = 3                // unanswered ones
)

// RefusedError is a refusal that will be the same the next time: a host key
// that is not the right one, a user or key that is not let in, a file that
// cannot be read.
type RefusedError struct{ Err error }

func (e *RefusedError) Error() string { return e.Err.Error() }

// Unwrap returns the reason.
func (e *RefusedError) Unwrap() error { return e.Err }

// To connects, logs in and opens the subsystem. A fingerprint may be that of any of
// the device's keys: it is asked for one after the other.
func To(ctx context.Context, c Config) (*Conn, error) {
	kinds := [][]string{nil}
	if c.HostKey != "" {
		kinds = pinnedAlgorithms()
	}
	for {
		c.algorithms, kinds = kinds[0], kinds[1:]
		d := net.Dialer{Timeout: dialTime}
		conn, err := d.DialContext(ctx, "tcp", c.Address)
		if err != nil {
			return nil, err
		}
		out, err := Over(ctx, conn, c)
		var other *otherKeyError
		var none *ssh.AlgorithmNegotiationError
		if len(kinds) == 0 || !errors.As(err, &other) && !errors.As(err, &none) {
			return out, err
		}
	}
}

// pinnedAlgorithms are those of host keys, kind by kind. The last is any.
func pinnedAlgorithms() [][]string {
	return [][]string{{ssh.KeyAlgoED25519}, {ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521},
		{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}, nil}
}

// otherKeyError is the error about a host key that is not the one of a fingerprint.
type otherKeyError struct{ got, want string }

func (e *otherKeyError) Error() string {
	return fmt.Sprintf("the host key is %s, and not %s", e.got, e.want)
}

// Over does the same over a connection that is there: one that the other side
// opened, to be called home. It owns conn.
func Over(ctx context.Context, conn net.Conn, c Config) (*Conn, error) {
	out, err := over(ctx, conn, c)
	if err != nil {
		return nil, errors.Join(err, ignoreClosed(conn.Close()))
	}
	return out, nil
}

func over(ctx context.Context, conn net.Conn, c Config) (*Conn, error) {
	config, shut, err := c.client()
	if err != nil {
		return nil, &RefusedError{err}
	}
	defer shut()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() }) // unblocks what follows
	defer stop()
	if err := conn.SetDeadline(time.Now().Add(dialTime)); err != nil {
		return nil, err
	}
	sc, channels, requests, err := ssh.NewClientConn(conn, c.Address, config)
	if err != nil {
		return nil, refused(err)
	}
	if err := conn.SetDeadline(time.Time{}); err != nil {
		return nil, err
	}
	client := ssh.NewClient(sc, channels, requests)
	session, err := client.NewSession()
	if err != nil {
		return nil, err
	}
	out := &Conn{client: client, session: session, end: make(chan struct{})}
	if out.in, err = session.StdinPipe(); err != nil {
		return nil, err
	}
	if out.out, err = session.StdoutPipe(); err != nil {
		return nil, err
	}
	if err := session.RequestSubsystem(c.Subsystem); err != nil {
		return nil, &RefusedError{fmt.Errorf("subsystem %s: %w", c.Subsystem, err)}
	}
	out.asks.Go(out.alive)
	return out, nil
}

// refused tells refusals from failures.
func refused(err error) error {
	var key *knownhosts.KeyError
	var mine *RefusedError
	switch {
	case errors.As(err, &mine):
		return mine
	case errors.As(err, &key) && len(key.Want) == 0:
		return &RefusedError{errors.New("the host key is not known; --host-key or known_hosts vouches for it")}
	case errors.As(err, &key):
		return &RefusedError{errors.New("THE HOST KEY HAS CHANGED: it is not the one in known_hosts")}
	case strings.Contains(err.Error(), "unable to authenticate"):
		return &RefusedError{errors.New("the user or the key is not let in")}
	}
	return err
}

// client makes the configuration of x/crypto/ssh. shut closes the agent.
func (c Config) client() (*ssh.ClientConfig, func(), error) {
	check, algorithms, err := c.hostKey()
	if err != nil {
		return nil, nil, err
	}
	config := &ssh.ClientConfig{User: c.User, HostKeyCallback: check, HostKeyAlgorithms: algorithms, Timeout: dialTime}
	shut := func() {}
	if c.Identity != "" {
		text, err := os.ReadFile(c.Identity)
		if err != nil {
			return nil, nil, err
		}
		key, err := ssh.ParsePrivateKey(text)
		var locked *ssh.PassphraseMissingError
		switch {
		case errors.As(err, &locked):
			err = nil // ssh-agent may have it
		case err != nil:
			return nil, nil, fmt.Errorf("%s: %w", c.Identity, err)
		default:
			config.Auth = append(config.Auth, ssh.PublicKeys(key))
		}
	}
	if path := os.Getenv("SSH_AUTH_SOCK"); path != "" && len(config.Auth) == 0 {
		sock, err := net.Dial("unix", path)
		if err != nil {
			return nil, nil, fmt.Errorf("ssh-agent: %w", err)
		}
		shut = func() { _ = sock.Close() } // it was only asked
		config.Auth = append(config.Auth, ssh.PublicKeysCallback(agent.NewClient(sock).Signers))
	}
	if len(config.Auth) == 0 {
		return nil, nil, errors.New("no key to log in with: --identity names one without a passphrase, or ssh-agent has one")
	}
	return config, shut, nil
}

// hostKey makes what judges the host key, and the algorithms whose keys are known.
func (c Config) hostKey() (ssh.HostKeyCallback, []string, error) {
	if c.HostKey != "" {
		return func(_ string, _ net.Addr, key ssh.PublicKey) error {
			if got := ssh.FingerprintSHA256(key); got != c.HostKey {
				return &RefusedError{&otherKeyError{got, c.HostKey}}
			}
			return c.vouched(key)
		}, c.algorithms, nil
	}
	if c.Vouched != nil {
		return func(_ string, _ net.Addr, key ssh.PublicKey) error { return c.vouched(key) }, algorithmsOf(c.Vouched.Type()), nil
	}
	check, err := knownhosts.New(c.Known)
	if err != nil {
		return nil, nil, err
	}
	return check, known(check, c.Address), nil
}

// known returns the algorithms of the keys that are known for an address, so
// that the other side shows one of them.
func known(check ssh.HostKeyCallback, address string) (algorithms []string) {
	var want *knownhosts.KeyError
	if errors.As(check(address, &net.TCPAddr{}, noKey{}), &want) {
		for _, k := range want.Want {
			algorithms = append(algorithms, algorithmsOf(k.Key.Type())...)
		}
	}
	return algorithms
}

// algorithmsOf are those that a type of key signs with.
func algorithmsOf(key string) []string {
	if key == ssh.KeyAlgoRSA {
		return []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
	}
	return []string{key}
}

// vouched reports that a key is another than the one that the device was vouched for with.
func (c Config) vouched(key ssh.PublicKey) error {
	if c.Vouched != nil && !bytes.Equal(c.Vouched.Marshal(), key.Marshal()) {
		return &RefusedError{errors.New("the host key is not the one that the secret vouches for")}
	}
	return nil
}

// noKey is no key, to ask which ones there are.
type noKey struct{}

func (noKey) Type() string                        { return "none" }
func (noKey) Marshal() []byte                     { return nil }
func (noKey) Verify([]byte, *ssh.Signature) error { return errors.New("no key") }

// Conn is an open subsystem.
type Conn struct {
	client  *ssh.Client
	session *ssh.Session
	in      io.WriteCloser
	out     io.Reader
	once    sync.Once
	end     chan struct{}
	asks    sync.WaitGroup
}

// Read reads what the subsystem says.
func (c *Conn) Read(b []byte) (int, error) { return c.out.Read(b) }

// Write sends to the subsystem.
func (c *Conn) Write(b []byte) (int, error) { return c.in.Write(b) }

// Close ends the connection.
func (c *Conn) Close() (err error) {
	c.once.Do(func() {
		close(c.end)
		err = ignoreClosed(c.client.Close())
	})
	c.asks.Wait()
	return err
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) || errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// alive asks for a sign of life now and then, and cuts a connection without one.
func (c *Conn) alive() {
	tick := time.NewTicker(aliveTime)
	defer tick.Stop()
	answered := make(chan error, 1)
	for missing := 0; ; {
		select {
		case <-c.end:
			return
		case err := <-answered:
			if err != nil {
				return // reading says so
			}
			missing = 0
		case <-tick.C:
			if missing++; missing > aliveLost {
				_ = c.client.Close() // reading ends
				return
			}
			if missing == 1 {
				c.asks.Go(func() {
					_, _, err := c.client.SendRequest("keepalive@openssh.com", true, nil)
					answered <- err
				})
			}
		}
	}
}
