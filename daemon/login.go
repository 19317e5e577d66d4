package daemon

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"loggia/audit/event"
	"loggia/cli/terminal"
	"loggia/op"
	"loggia/sshd"
)

// consoleLogin is a login at a console: message, name, password. Who asks for it is
// root (agetty) or the owner of the state, who could have a session without, so it
// gives nobody more than they had. It is never locked (FIA_AFL.1: a local
// administrator must still get in), but answers slowly.
type consoleLogin struct {
	d   *Daemon
	t   terminal.Terminal
	tty string
	pid int

	wrong int // passwords in a row
}

// Bounds on what is typed at a console.
const (
	longestName     = 64
	longestPassword = 512
)

// unknownName stands in records for a name that is none: it may be a password, typed
// too early.
const unknownName = "UNKNOWN"

// login runs the dialogue and then the session. name, if given, is whom agetty
// asked for already.
func (d *Daemon) login(ctx context.Context, pid int, t terminal.Terminal, name string, last func() bool) int {
	c := &consoleLogin{d: d, t: t, tty: ttyOf(pid), pid: pid}
	user, err := c.dialogue(ctx, name)
	if err != nil || user == nil {
		_ = t.Close()
		return 1
	}
	d.welcome(user.Name, t)
	lock := newConsoleLock(t, func(ctx context.Context, password string) bool { return c.reenter(ctx, user.Name, password) })
	return d.interact(ctx, c.identity(user), lock, last)
}

// Login runs a login on this process's own terminal, like Console.
func (d *Daemon) Login(ctx, user context.Context, in, out *os.File, name string) (int, error) {
	t, err := terminal.OpenTTY(in, out)
	if err != nil {
		return 1, err
	}
	status := d.login(user, os.Getpid(), t, name, func() bool { return d.sessions.count() == 1 })
	d.waitEmpty(ctx, out)
	return status, nil
}

func (c *consoleLogin) record(user string, e event.Event) {
	c.d.recorder.Record(event.Subject{User: user, Client: "cli", PID: c.pid, TTY: c.tty}, e)
}

// dialogue asks until somebody is let in, or it was too often.
func (c *consoleLogin) dialogue(ctx context.Context, name string) (*sshd.User, error) {
	config := c.d.logins.Load().config
	if config.Banner != "" {
		if err := c.say(config.Banner); err != nil {
			return nil, err
		}
	}
	var late atomic.Bool
	limit := time.AfterFunc(config.Retry.Grace, func() {
		late.Store(true)
		_ = c.t.Close() // what is being asked ends
	})
	defer limit.Stop()
	for {
		user, shown, err := c.attempt(name)
		switch {
		case late.Load():
			c.record(unknownName, event.ConsoleTimeout{TTY: c.tty})
			return nil, io.EOF
		case err != nil:
			c.record(unknownName, event.ConsoleAborted{TTY: c.tty})
			return nil, err
		case user != nil:
			limit.Stop()
			c.wrong = 0
			return user, nil
		}
		name = ""
		c.wrong++
		if c.wrong >= config.Retry.Tries {
			limit.Stop()
			c.record(shown, event.ConsoleLimit{Limit: c.wrong, Username: shown, TTY: c.tty})
			c.slow(ctx, config.Retry) // agetty begins anew at once
			return nil, nil
		}
		c.slow(ctx, config.Retry)
	}
}

// slow puts off the next question after a wrong password, as retry-options say, but
// never longer than after the last try of a login.
func (c *consoleLogin) slow(ctx context.Context, r sshd.Retry) {
	if n := min(c.wrong, r.Tries) - r.Threshold + 1; n > 0 {
		wait(ctx, time.Duration(n)*r.Factor)
	}
}

func (c *consoleLogin) say(text string) error {
	_, err := io.WriteString(c.t, strings.ReplaceAll(text, "\n", "\r\n"))
	return err
}

// attempt asks once. It returns no user when it was not right, and the name that
// records may show.
func (c *consoleLogin) attempt(name string) (user *sshd.User, shown string, err error) {
	for name == "" {
		if name, err = terminal.Question(c.t, c.d.hostName()+" login: ", true, longestName); err != nil {
			return nil, "", err
		}
	}
	typed, err := terminal.Question(c.t, "Password:", false, longestPassword)
	if err != nil {
		return nil, "", err
	}
	config := c.d.logins.Load().config
	user = config.Users[name]
	if shown = unknownName; user != nil {
		shown = name
	}
	if !knows(user, typed) {
		c.record(shown, event.ConsolePassword{Username: shown, TTY: c.tty})
		c.record(shown, event.ConsoleFailed{Username: shown, TTY: c.tty})
		return nil, shown, c.say("Login incorrect\n")
	}
	if !user.Access.Allows(time.Now().In(config.Location)) {
		c.record(shown, event.ConsoleRefused{Username: name, TTY: c.tty, Reason: "not at this time"})
		return nil, shown, c.say("Login not allowed at this time\n")
	}
	return user, name, c.welcome(user)
}

// knows reports whether a password is that of a user. It takes as long for one that
// is none, or has none.
func knows(u *sshd.User, password string) bool {
	if u == nil || u.Password == nil {
		sshd.Decoy().Matches(password)
		return false
	}
	return u.Password.Matches(password)
}

// welcome records who is let in.
func (c *consoleLogin) welcome(u *sshd.User) error {
	c.record(u.Name, event.ConsoleLogin{Username: u.Name, TTY: c.tty})
	if u.Root {
		c.record(u.Name, event.ConsoleRoot{Username: u.Name, TTY: c.tty})
	}
	if !c.d.logins.Load().config.Expired(u, time.Now()) {
		return nil
	}
	c.record(u.Name, event.ConsoleExpired{Username: u.Name})
	return c.say("Your password has expired: it lets in here only, until it is changed.\n")
}

// identity is who logged in.
func (c *consoleLogin) identity(u *sshd.User) identity {
	d := c.d
	id := identity{Subject: event.Subject{User: u.Name, Class: u.Class, PID: c.pid, Client: "cli", TTY: c.tty}, account: !u.Root}
	id.class = func() *op.Class { return d.system.Load().classOf(u.Name) }
	if u.Root {
		id.class = func() *op.Class { return d.system.Load().class(superUser) }
	}
	return id
}

// mayLogin reports why a caller on the unix socket may not run logins for others.
func (d *Daemon) mayLogin(p sshd.Peer, ch *sshd.Channel) error {
	switch {
	case p.Login != nil || p.UID != 0 && p.UID != d.owner:
		return errors.New("logins are run by root, for agetty")
	case !ch.PTY || ch.Exec:
		return errors.New("a login needs a terminal")
	}
	return nil
}

// wait waits, unless ctx ends.
func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
