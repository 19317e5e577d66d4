package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"loggia/audit/event"
	"loggia/configtree"
	"loggia/configtree/store"
	"loggia/files"
	"loggia/op"
	"loggia/sshd"
)

// openSSH makes the server, which serves nothing until a configuration says so.
func (d *Daemon) openSSH() (err error) {
	d.ssh, err = sshd.NewServer(sshd.Options{
		Dir: d.state.path("ssh"), Recorder: d.recorder, Handle: d.surviving(d.serve), Subsystems: d.channels(), Now: time.Now, Alarm: d.alarm,
	})
	return err
}

// channels are the subsystems of SSH, on the network and on the unix socket.
func (d *Daemon) channels() map[string]sshd.Handler {
	return map[string]sshd.Handler{"sftp": d.surviving(d.sftp), netconfSubsystem: d.surviving(d.netconf)}
}

// sshPlan lets the server change over.
type sshPlan struct {
	d    *Daemon
	by   event.Subject // who commits
	next *sshDecoder
	plan *sshd.Plan
	keys []event.Event // what log-key-changes records
}

// Apply implements store.Plan.
func (p sshPlan) Apply() {
	p.d.logins.Store(&p.next.logins)
	p.plan.Apply()
	users := p.next.config.Users
	p.d.sessions.expel(func(name string) bool { return users[name] != nil })
	for _, e := range p.keys {
		p.d.recorder.Record(p.by, e)
	}
}

// Abort implements store.Plan.
func (p sshPlan) Abort() { p.plan.Abort() }

// prepareSSH decodes what the SSH server obeys and lets it prepare.
func (d *Daemon) prepareSSH(_ context.Context, c store.Change) (store.Plan, error) {
	r := d.read(c.Next)
	next := r.ssh()
	if fatal(next.problems) {
		return nil, store.Problems(next.problems)
	}
	next.logins.config = &next.config
	if days := r.system().rules.MaximumDays; days > 0 {
		next.config.PasswordUntil = func(u *sshd.User) time.Time { return d.passwords.until(u.Name, u.Password.Text(), days) }
	}
	plan, err := d.ssh.Prepare(next.config, c.Reason == store.ReasonStart)
	var bind *sshd.BindError
	if errors.As(err, &bind) {
		return nil, store.Problems{{Path: next.paths[bind.Place], Err: err, Kind: configtree.Environment}}
	}
	if err != nil {
		return nil, err
	}
	p := sshPlan{d: d, by: c.By, next: next, plan: plan}
	if next.log && c.Prev != nil {
		p.keys = keyChanges(*d.logins.Load().config, next.config, c.By.Actor())
	}
	return p, warnings(next.problems)
}

// keyChanges are the public keys that a commit adds and removes.
func keyChanges(prev, next sshd.Config, by string) []event.Event {
	keys := func(c sshd.Config) map[string]bool {
		all := map[string]bool{}
		for name, u := range c.Users {
			for _, k := range u.Keys {
				all[name+"\x00"+k.Fingerprint(c.MD5)] = true
			}
		}
		return all
	}
	var changes []event.Event
	was, is := keys(prev), keys(next)
	note := func(of, other map[string]bool, removed bool) {
		var names []string
		for k := range of {
			if !other[k] {
				names = append(names, k)
			}
		}
		slices.Sort(names)
		for _, k := range names {
			user, key, _ := strings.Cut(k, "\x00")
			changes = append(changes, event.UserKeyChanged{Username: user, Key: key, Removed: removed, By: by})
		}
	}
	note(was, is, true)
	note(is, was, false)
	return changes
}

// identifyLogin says who came over the network.
func (d *Daemon) identifyLogin(p sshd.Peer, tty string) identity {
	l := p.Login
	id := identity{Subject: event.Subject{User: l.User, Class: l.Class, PID: p.PID, Client: "cli", Remote: l.Remote, TTY: tty}, account: true}
	id.class = func() *op.Class { return d.system.Load().classOf(l.User) }
	if l.Root {
		id.account = false
		id.class = func() *op.Class { return d.system.Load().class(superUser) }
	}
	return id
}

// peer says who is on the other side of a channel.
func (d *Daemon) peer(p sshd.Peer, ch *sshd.Channel) (identity, error) {
	if p.Login != nil {
		return d.identifyLogin(p, ch.TTY), nil
	}
	return d.identify(p.UID, p.PID)
}

// logins are what is obeyed of [edit system login] once somebody is logged in.
type logins struct {
	announcement string
	sftp         bool
	noSFTP       map[string]bool // by class
	netconf      netconfSettings
	config       *sshd.Config // who may log in
}

// transfers reports why members of a class may not transfer files.
func (l *logins) transfers(class string) error {
	switch {
	case !l.sftp:
		return errors.New("file transfers are off; 'sftp-server' in the configuration of ssh turns them on")
	case l.noSFTP[class]:
		return errors.New("class " + class + " may not transfer files")
	}
	return nil
}

// sftp serves file transfers, if the configuration and the class let it.
func (d *Daemon) sftp(ctx context.Context, p sshd.Peer, ch *sshd.Channel) int {
	id, err := d.peer(p, ch)
	var root *files.Root
	if err == nil {
		err = d.logins.Load().transfers(id.Class)
	}
	if err == nil {
		root, err = d.root(id)
	}
	if err != nil {
		fmt.Fprintf(ch.Errors, "error: %v\n", err)
		return 1
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	l := &live{Session: op.Session{Subject: id.Subject, Since: time.Now(), LastKey: time.Now(), Command: "sftp"}, account: id.account, end: cancel}
	l.Client = "other"
	d.sessions.add(l)
	defer d.sessions.remove(l)
	return sshd.SFTP(ctx, ch, root, sshd.Transfers{
		May: func(quietly bool, action string, names ...string) bool {
			may := id.class().Transfers(action, names...)
			if !may && !quietly {
				d.recorder.Record(id.Subject, event.AccessRefused{Username: id.User, Action: action, Filename: strings.Join(names, " to "), Reason: files.ErrRefused.Error()})
			}
			return may
		},
		Done: func(action, name string) {
			d.recorder.Record(id.Subject, event.FileTransfer{Username: id.User, Action: action, Filename: name})
		},
	})
}

// greet shows the announcement to who has logged in on a terminal.
func (d *Daemon) greet(w io.Writer) {
	if text := d.logins.Load().announcement; text != "" {
		// A terminal that is gone shows when the session reads.
		_, _ = io.WriteString(w, strings.ReplaceAll(text, "\n", "\r\n"))
	}
}

// sshState shows the server to commands.
type sshState struct{ *sshd.Server }

// Connections implements op.SSH.
func (s sshState) Connections() []op.SSHConnection {
	var all []op.SSHConnection
	for _, c := range s.Server.Connections() {
		all = append(all, op.SSHConnection{User: c.User, Class: c.Class, From: c.From.String(), To: c.To.String(), Since: c.Since,
			Method: c.Method, Client: c.Client, KeyExchange: c.KeyExchange, HostKey: c.HostKey, CipherIn: c.CipherIn, MACIn: c.MACIn,
			CipherOut: c.CipherOut, MACOut: c.MACOut, Sessions: c.Sessions, Rekeys: c.Rekeys})
	}
	slices.SortFunc(all, func(a, b op.SSHConnection) int { return a.Since.Compare(b.Since) })
	return all
}

// HostKeys implements op.SSH.
func (s sshState) HostKeys() ([]op.SSHHostKey, error) {
	keys, err := s.Server.HostKeys()
	var all []op.SSHHostKey
	for _, k := range keys {
		all = append(all, op.SSHHostKey{Algorithm: string(k.Type), Fingerprint: k.Fingerprint, Bits: k.Bits, Public: k.Public})
	}
	return all, err
}

// Regenerate implements op.SSH.
func (s sshState) Regenerate(by event.Subject, algorithm string) error {
	if algorithm == "" {
		return s.Server.Regenerate(by)
	}
	t, err := sshd.ParseHostKeyType(algorithm)
	if err != nil {
		return err
	}
	return s.Server.Regenerate(by, t)
}

// Lockouts implements op.SSH.
func (s sshState) Lockouts() []op.Lockout {
	var all []op.Lockout
	for _, l := range s.Server.Lockouts() {
		all = append(all, op.Lockout{User: l.User, Start: l.Start, End: l.Until})
	}
	return all
}
