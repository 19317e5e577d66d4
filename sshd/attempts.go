package sshd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/crypto/ssh"

	"loggia/audit/event"
)

// maxAttempts bounds what may fail on one connection: a client offers each of its
// keys before it asks for a password. Wrong passwords have their own, lower bound.
const maxAttempts = 20

// attempts are how somebody tried to log in on one connection.
type attempts struct {
	user   *User  // who succeeded
	method string // and how
	key    string // its type and fingerprint

	wrong     int    // passwords
	keys      int    // that were refused
	firstKey  string // the first of them
	keysOwner string // whose it was to be
}

// What an attempt fails with. The library shows none of it to the client.
var (
	errWrong   = errors.New("wrong password")
	errLocked  = errors.New("the account is locked")
	errRoot    = errors.New("root may not log in like this")
	errExpired = errors.New("the password has expired")
	errHours   = errors.New("not at this time")
	errKey     = errors.New("unknown key")
	errKeyFrom = errors.New("the key may not be used from there")
)

// may reports why somebody who has proven who they are may not log in.
func (c *conn) may(u *User, key bool) error {
	switch {
	case u.Root && (c.config.RootLogin == RootDeny || c.config.RootLogin == RootKeyOnly && !key):
		return errRoot
	case c.s.lockouts.locked(u.Name):
		return errLocked
	case !key && c.config.Expired(u, c.s.o.Now()):
		return errExpired
	case !u.Access.Allows(c.s.o.Now().In(c.config.Location)):
		return errHours
	}
	return nil
}

// maxUserName bounds a name that a client claims.
const maxUserName = 64

// password checks a password, which takes as long for a name that is no user. Its
// error says nothing to the client.
func (c *conn) password(name, method string, password []byte) error {
	c.wire.held.Lock()
	defer c.wire.held.Unlock()
	shown := printable(name, maxUserName)
	u := c.config.Users[name]
	hash := decoy(c.config.Users, name)
	if u != nil && u.Password != nil {
		hash = u.Password
	}
	select {
	case c.s.hashing <- struct{}{}:
	case <-c.ctx.Done():
		return c.ctx.Err()
	}
	right := hash.match(password)
	<-c.s.hashing
	var err error
	switch {
	case !right || u == nil || u.Password == nil:
		err = errWrong
	default:
		err = c.may(u, false)
	}
	if err == nil {
		c.proven(u, method, "")
		return nil
	}
	attempt := event.SSHAttempt{Method: method, Username: shown, Unknown: u == nil, From: c.from}
	if !errors.Is(err, errWrong) {
		attempt.Reason = err.Error()
	} else if c.s.lockouts.locked(name) {
		attempt.Reason, err = errLocked.Error(), errLocked
	}
	by := c.subject(shown)
	c.s.o.Recorder.Record(by, event.SSHLoginFailed{Username: shown, From: c.from.Addr()})
	c.s.o.Recorder.Record(by, attempt)
	c.count(name, shown, u != nil, err)
	return err
}

// count counts a password that did not let in, delays the answer, and ends the
// connection when there were too many.
func (c *conn) count(name, shown string, known bool, why error) {
	r := c.config.Retry
	c.login.wrong++
	locked := false
	if errors.Is(why, errWrong) {
		locked = c.s.lockouts.fail(name, known, r)
	}
	by := c.subject(shown)
	if locked || c.login.wrong == r.Tries {
		// A trail that cannot be written raises its alarm.
		_ = c.s.o.Recorder.RecordDurable(c.ctx, by, event.SSHThreshold{Limit: r.Tries, Username: shown, From: c.from.Addr()})
	}
	if locked && known {
		c.s.o.Recorder.Record(by, event.AccountLocked{Username: shown, From: c.from.Addr()})
	}
	if locked || c.login.wrong >= r.Tries {
		c.end("Too many authentication failures")
		return
	}
	if n := c.login.wrong - r.Threshold + 1; n > 0 {
		pause(c.ctx, time.Duration(n)*r.Factor)
	}
}

// pause waits, unless ctx ends.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// interactive asks for the password by keyboard-interactive (RFC 4256).
func (c *conn) interactive(m ssh.ConnMetadata, ask ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
	answers, err := ask("", "", []string{"Password:"}, []bool{false})
	if err != nil {
		return nil, err
	}
	if len(answers) != 1 {
		return nil, errWrong
	}
	return nil, c.password(m.User(), "keyboard-interactive/pam", []byte(answers[0]))
}

// offeredKey says whether a key might let somebody in. That tells nothing of the
// user: without the key's other half nobody gets further.
func (c *conn) offeredKey(m ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
	u := c.config.Users[m.User()]
	err := errKey
	if u != nil {
		for _, k := range u.Keys {
			if string(k.key.Marshal()) != string(key.Marshal()) {
				continue
			}
			if k.allows(c.from.Addr()) {
				return nil, nil
			}
			err = errKeyFrom
		}
	}
	c.login.refuse(printable(m.User(), maxUserName), fingerprint(key, c.config.MD5))
	return nil, err
}

// refuse notes a key that did not let in. All of a connection make one record.
func (a *attempts) refuse(name, key string) {
	if a.keys == 0 {
		a.firstKey, a.keysOwner = key, name
	}
	a.keys++
}

// provenKey lets in who has shown to hold a key.
func (c *conn) provenKey(m ssh.ConnMetadata, key ssh.PublicKey, p *ssh.Permissions, _ string) (*ssh.Permissions, error) {
	u := c.config.Users[m.User()]
	if err := c.may(u, true); err != nil {
		by := c.subject(u.Name)
		c.s.o.Recorder.Record(by, event.SSHLoginFailed{Username: u.Name, From: c.from.Addr()})
		c.s.o.Recorder.Record(by, event.SSHAttempt{Method: "publickey", Username: u.Name, From: c.from,
			Key: fingerprint(key, c.config.MD5), Reason: err.Error()})
		return nil, err
	}
	c.proven(u, "publickey", fingerprint(key, c.config.MD5))
	return p, nil
}

// proven notes who has shown who they are. Wrong passwords before that are forgiven
// at once: the client may try another before this connection has settled.
func (c *conn) proven(u *User, method, key string) {
	c.login.user, c.login.method, c.login.key = u, method, key
	c.s.lockouts.succeed(u.Name)
}

// refusedKeys records the keys that did not let in.
func (c *conn) refusedKeys() {
	a := &c.login
	if a.keys == 0 {
		return
	}
	_, known := c.config.Users[a.keysOwner]
	c.s.o.Recorder.Record(c.subject(a.keysOwner), event.SSHAttempt{Method: "publickey", Username: a.keysOwner, Unknown: !known,
		From: c.from, Key: a.firstKey, More: a.keys - 1})
}

// attempted is told of every attempt: it ends the connection at once when that
// is decided, before the client hears of the failure.
func (c *conn) attempted(_ ssh.ConnMetadata, method string, err error) {
	if err == nil || errors.Is(err, ssh.ErrNoAuth) || c.endReason() != "" {
		return
	}
	if !c.offers(method) {
		c.recordStranger("method", func(more string) event.Event {
			return event.SSHFault{From: c.from, Reason: fmt.Sprintf("method %s is not offered", printable(method, 32)), More: more}
		})
	}
}

func (c *conn) offers(method string) bool {
	switch method {
	case "password":
		return !c.config.NoPassword
	case "keyboard-interactive":
		return !c.config.NoInteractive
	case "publickey":
		return !c.config.NoPublicKeys
	}
	return method == "none"
}
