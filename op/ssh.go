package op

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"loggia/audit/event"
)

// SSH is what commands ask of the SSH server.
type SSH interface {
	// Connections returns those on which somebody is logged in.
	Connections() []SSHConnection
	// HostKeys returns the host keys that were made.
	HostKeys() ([]SSHHostKey, error)
	// Regenerate makes a host key anew, those in use when algorithm is empty.
	Regenerate(by event.Subject, algorithm string) error
	// Lockouts returns the users that are locked out.
	Lockouts() []Lockout
	// Unlock ends the lockout of a user, and reports whether there was one.
	Unlock(by event.Subject, user string) bool
}

// SSHConnection is a connection on which somebody is logged in.
type SSHConnection struct {
	User, Class, From, To string
	Since                 time.Time
	Method, Client        string // how they logged in, and with what program
	KeyExchange, HostKey  string
	CipherIn, MACIn       string // of what the client sends; no MAC where the cipher is one
	CipherOut, MACOut     string
	Sessions, Rekeys      int
}

// SSHHostKey is a host key.
type SSHHostKey struct {
	Algorithm, Fingerprint string
	Bits                   int
	Public                 string // as in known_hosts, without the host
}

// Lockout is a user who may not log in for some time.
type Lockout struct {
	User       string
	Start, End time.Time
}

// sshCommands are the commands about logins over the network.
func sshCommands() []Command {
	algorithm := Param{Name: "algorithm", Help: "Which one; those in use otherwise", Only: true,
		Choices: words([2]string{"ecdsa-sha2-nistp256", "256 bits, known everywhere"}, [2]string{"ecdsa-sha2-nistp384", "384 bits"},
			[2]string{"ecdsa-sha2-nistp521", "521 bits"}, [2]string{"ed25519", "Short and fast; not known to old programs"},
			[2]string{"rsa", "Long, for old programs"})}
	locked := Param{Name: "user", Kind: Option, Help: "Name of the login", Choices: lockedUsers}
	everybody := Param{Name: "all", Kind: Flag, Help: "All who are locked out"}
	return []Command{
		{Grammar{Words: "show system connections", RPC: "get-system-connections-information", Help: "Show who is connected over SSH, and how it is encrypted", Permission: "view"}, showConnections},
		{Grammar{Words: "show system login lockout", RPC: "get-system-login-lockout-information", Help: "Show who is locked out after wrong passwords", Permission: "view", Params: []Param{locked}}, showLockouts},
		{Grammar{Words: "clear system login lockout", RPC: "clear-system-login-lockout", Help: "Let somebody log in again", Permission: "clear", NoPipe: true, Params: []Param{locked, everybody}}, clearLockout},
		{Grammar{Words: "show security ssh host-key", RPC: "get-ssh-host-key-information", Help: "Show the keys that this machine is known by", Permission: "view"}, showHostKeys},
		{Grammar{Words: "request security ssh host-key regenerate", RPC: "request-regenerate-ssh-host-key", Help: "Make new keys: clients will have to accept them", Permission: "maintenance", NoPipe: true,
			Params: []Param{algorithm}}, regenerate},
	}
}

// connections is the answer of `show system connections`.
type connections struct {
	list []SSHConnection
	zone *time.Location
}

func showConnections(_ context.Context, env *Env, _ Args) (Result, error) {
	return connections{env.SSH.Connections(), env.Now().Location()}, nil
}

// WriteText implements Result.
func (c connections) WriteText(w io.Writer) error {
	if len(c.list) == 0 {
		_, err := io.WriteString(w, "Nobody is connected over SSH\n")
		return err
	}
	var b strings.Builder
	for _, s := range c.list {
		fmt.Fprintf(&b, "%s (%s) from %s to %s\n", s.User, s.Class, s.From, s.To)
		fmt.Fprintf(&b, "  Since: %s, by %s, sessions: %d, client: %s\n", Stamp(s.Since.In(c.zone)), s.Method, s.Sessions, s.Client)
		fmt.Fprintf(&b, "  Key exchange: %s, host key: %s, new keys since: %d\n", s.KeyExchange, s.HostKey, s.Rekeys)
		fmt.Fprintf(&b, "  In:  %s\n  Out: %s\n", protection(s.CipherIn, s.MACIn), protection(s.CipherOut, s.MACOut))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// protection is a cipher and what guards it.
func protection(cipher, mac string) string {
	if mac == "" {
		return cipher
	}
	return cipher + ", " + mac
}

// Element implements Result.
func (c connections) Element() Element {
	var all []Element
	for _, s := range c.list {
		all = append(all, Group("ssh-connection", Leaf("user", s.User), Leaf("class", s.Class), Leaf("remote-address", s.From),
			Leaf("local-address", s.To), moment("since", s.Since, Stamp(s.Since.In(c.zone))), Leaf("method", s.Method),
			Leaf("client", s.Client), Leaf("sessions", fmt.Sprint(s.Sessions)), Leaf("key-exchange", s.KeyExchange),
			Leaf("host-key", s.HostKey), Leaf("cipher-in", s.CipherIn), Leaf("mac-in", s.MACIn),
			Leaf("cipher-out", s.CipherOut), Leaf("mac-out", s.MACOut), Leaf("rekeys", fmt.Sprint(s.Rekeys))))
	}
	return Group("system-connections-information", all...)
}

// lockoutList is the answer of `show system login lockout`.
type lockoutList struct {
	list []Lockout
	zone *time.Location
}

func showLockouts(_ context.Context, env *Env, a Args) (Result, error) {
	list := env.SSH.Lockouts()
	if user, one := a["user"]; one {
		list = slices.DeleteFunc(slices.Clone(list), func(l Lockout) bool { return l.User != user })
	}
	return lockoutList{list, env.Now().Location()}, nil
}

// WriteText implements Result.
func (l lockoutList) WriteText(w io.Writer) error {
	if len(l.list) == 0 {
		_, err := io.WriteString(w, "No users currently locked out\n")
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%-26s %-26s %s\n", "User", "Lockout start", "Lockout end")
	for _, one := range l.list {
		fmt.Fprintf(&b, "%-26s %-26s %s\n", one.User, Stamp(one.Start.In(l.zone)), Stamp(one.End.In(l.zone)))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Element implements Result.
func (l lockoutList) Element() Element {
	if len(l.list) == 0 {
		return Group("system-login-lockout-information", Leaf("no-login-lockout", ""))
	}
	var rows []Element
	for _, one := range l.list {
		rows = append(rows, Group("login-lockout-user-entry", Leaf("login-lockout-user", one.User),
			moment("login-lockout-start-time", one.Start, Stamp(one.Start.In(l.zone))),
			moment("login-lockout-end-time", one.End, Stamp(one.End.In(l.zone)))))
	}
	return Group("system-login-lockout-information", Group("login-lockout-users-table", rows...))
}

func lockedUsers(env *Env, _ string) []Choice {
	var out []Choice
	for _, l := range env.SSH.Lockouts() {
		out = append(out, Choice{Name: l.User})
	}
	return out
}

func clearLockout(_ context.Context, env *Env, a Args) (Result, error) {
	switch all := a.Has("all"); {
	case all == a.Has("user"):
		return nil, errors.New("expecting user or all")
	case all:
		for _, l := range env.SSH.Lockouts() {
			env.SSH.Unlock(env.Caller, l.User)
		}
		return nil, nil
	}
	if !env.SSH.Unlock(env.Caller, a["user"]) {
		return nil, errors.New("user is not locked out: " + a["user"])
	}
	return nil, nil
}

// hostKeys is the answer of `show security ssh host-key`.
type hostKeys []SSHHostKey

func showHostKeys(_ context.Context, env *Env, _ Args) (Result, error) {
	keys, err := env.SSH.HostKeys()
	return hostKeys(keys), err
}

// WriteText implements Result.
func (k hostKeys) WriteText(w io.Writer) error {
	if len(k) == 0 {
		_, err := io.WriteString(w, "There is no host key yet: one is made when SSH is served\n")
		return err
	}
	var b strings.Builder
	for _, key := range k {
		fmt.Fprintf(&b, "%-20s %4d %s\n    %s", key.Algorithm, key.Bits, key.Fingerprint, key.Public)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Element implements Result.
func (k hostKeys) Element() Element {
	var all []Element
	for _, key := range k {
		all = append(all, Group("ssh-host-key", Leaf("algorithm", key.Algorithm), Leaf("bits", fmt.Sprint(key.Bits)),
			Leaf("fingerprint", key.Fingerprint), Leaf("public-key", strings.TrimSpace(key.Public))))
	}
	return Group("ssh-host-key-information", all...)
}

func regenerate(ctx context.Context, env *Env, a Args) (Result, error) {
	if err := env.SSH.Regenerate(env.Caller, a["algorithm"]); err != nil {
		return nil, err
	}
	return showHostKeys(ctx, env, nil)
}
