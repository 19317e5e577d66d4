package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"loggia/audit/event"
	"loggia/cli"
	"loggia/cli/terminal"
	"loggia/files"
	"loggia/op"
	"loggia/sshd"
	"loggia/sshd/attach"
	"loggia/syslogd/sink"
)

// sessions are the sessions that are open.
type sessions struct {
	ending sync.WaitGroup // sessions that somebody ends

	crowds chan struct{} // those that may read logs by several readers

	mu   sync.Mutex // guards what follows
	list []*live
	none chan struct{} // closed while list is empty
}

// live is one open session.
type live struct {
	op.Session
	account bool              // of a configured login, not of this machine's own
	print   func(text string) // nil without a terminal
	end     func()
}

// crowdsAtOnce bounds the sessions that keep much of a log in memory to read it
// faster.
const crowdsAtOnce = 4

func newSessions() *sessions {
	s := &sessions{crowds: make(chan struct{}, crowdsAtOnce), none: make(chan struct{})}
	close(s.none)
	return s
}

func (s *sessions) add(l *live) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.list) == 0 {
		s.none = make(chan struct{})
	}
	s.list = append(s.list, l)
}

func (s *sessions) remove(l *live) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = slices.DeleteFunc(s.list, func(o *live) bool { return o == l })
	if len(s.list) == 0 {
		close(s.none)
	}
}

// update changes l under the lock.
func (s *sessions) update(l *live, f func(*live)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(l)
}

// snapshot returns the sessions as commands see them.
func (s *sessions) snapshot() []op.Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]op.Session, len(s.list))
	for i, l := range s.list {
		all[i] = l.Session
	}
	return all
}

// logout ends a session as if its terminal had gone away.
func (s *sessions) logout(o op.Session) {
	var ends []func()
	s.mu.Lock()
	for _, l := range s.list {
		if l.Subject == o.Subject && l.Since.Equal(o.Since) && l.end != nil {
			ends = append(ends, l.end)
		}
	}
	s.mu.Unlock()
	for _, end := range ends {
		s.ending.Go(end) // it waits for the session, which may be the one that asks
	}
}

// tell shows text on the terminal of a session, if it has one.
func (s *sessions) tell(o op.Session, text string) bool {
	var print func(string)
	s.mu.Lock()
	for _, l := range s.list {
		if l.Subject == o.Subject && l.Since.Equal(o.Since) && l.print != nil {
			print = l.print
		}
	}
	s.mu.Unlock()
	if print == nil {
		return false
	}
	print(text)
	return true
}

// expel ends the sessions of logins that are not configured any more.
func (s *sessions) expel(known func(user string) bool) {
	var ends []func()
	s.mu.Lock()
	for _, l := range s.list {
		if l.account && l.end != nil && !known(l.User) {
			ends = append(ends, l.end)
		}
	}
	s.mu.Unlock()
	for _, end := range ends {
		s.ending.Go(end) // one of them may have asked for it
	}
}

// broadcast tells every terminal something in the words of wall(1).
func (s *sessions) broadcast(host, text string, now time.Time) {
	var prints []func(string)
	s.mu.Lock()
	for _, l := range s.list {
		if l.print != nil {
			prints = append(prints, l.print)
		}
	}
	s.mu.Unlock()
	at := fmt.Sprintf("%d:%s", now.Hour(), now.Format("04 MST")) // wall(1) writes 5:41
	for _, print := range prints {
		print("\nBroadcast Message from root@" + host + "\n        (no tty) at " + at + "...\n\n" + text + "\n\n")
	}
}

func (s *sessions) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.list)
}

// empty is closed when no session is open.
func (s *sessions) empty() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.none
}

// show shows a line on the terminals of a user, `*` for all (the engine's
// `user` destinations): in the sessions here, where printing never waits and
// spares the line being typed, and on the machine's other terminals.
func (s *sessions) show(user string, line []byte) error {
	text := strings.TrimSuffix(string(line), "\n") + "\n"
	var prints []func(string)
	own := map[string]bool{}
	s.mu.Lock()
	for _, l := range s.list {
		if l.print == nil {
			continue
		}
		own["/dev/"+l.TTY] = true
		if user == "*" || l.User == user {
			prints = append(prints, l.print)
		}
	}
	s.mu.Unlock()
	for _, print := range prints {
		print(text)
	}
	return sink.Terminals(user, line, func(path string) bool { return own[path] })
}

// identity is who a session is for and what the class allows.
type identity struct {
	event.Subject
	class   func() *op.Class // what they may do now
	console bool             // the process's own user: real paths are theirs anyway
	account bool             // a configured login
	uid     *uint32          // on this machine; nil when there is none
}

// identify says who a uid is. The owner of the state directory and root are
// super-users under their own names, others are whom the configuration names.
func (d *Daemon) identify(uid uint32, pid int) (identity, error) {
	sys := d.system.Load()
	id := identity{Subject: event.Subject{PID: pid, Client: "cli", TTY: ttyOf(pid)}, uid: &uid}
	if uid == 0 || uid == d.owner {
		id.User, id.Class = userName(uid), superUser
		id.class = func() *op.Class { return d.system.Load().class(superUser) }
		id.console = uid == uint32(os.Getuid())
		return id, nil
	}
	a, ok := sys.byUID(uid)
	if !ok {
		return id, fmt.Errorf("no login user with uid %d is configured", uid)
	}
	id.User, id.Class, id.account = a.name, a.class, true
	id.class = func() *op.Class { return d.system.Load().classOf(a.name) }
	return id, nil
}

// rights are what a class may do with files: who reads the configurations on
// disk sees all of them, with their secrets.
func rights(c *op.Class) files.Rights {
	return files.Rights{Logs: c.May("trace") || c.May("maintenance"), Delete: c.May("maintenance"),
		Config: c.SeesAll() && c.May("secret") && c.Command("", []string{"show", "configuration"})}
}

// ttyOf is the terminal of a process, such as pts/0, or empty.
func ttyOf(pid int) string {
	link, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/0", pid))
	if err != nil {
		return ""
	}
	tty, ok := strings.CutPrefix(link, "/dev/")
	if !ok || !strings.HasPrefix(tty, "pts/") && !strings.HasPrefix(tty, "tty") && !strings.HasPrefix(tty, "hvc") && tty != "console" {
		return ""
	}
	return tty
}

// admit decides about a caller on the unix socket.
func (d *Daemon) admit(p sshd.Peer) error {
	_, err := d.identify(p.UID, p.PID)
	if err == nil {
		return nil
	}
	if more, ok := d.refusals.Note(time.Now()); ok {
		d.recorder.Record(itself(), event.LoginRefused{Username: userName(p.UID), UID: p.UID, Reason: err.Error() + more})
	}
	return err
}

// serve runs one session that attached.
func (d *Daemon) serve(ctx context.Context, p sshd.Peer, ch *sshd.Channel) int {
	id, err := d.peer(p, ch)
	if err != nil { // the configuration changed since admit
		fmt.Fprintf(ch.Errors, "error: %v\n", err)
		return 1
	}
	if name, asked := ch.Env[attach.EnvLogin]; asked {
		if err := d.mayLogin(p, ch); err != nil {
			fmt.Fprintf(ch.Errors, "error: %v\n", err)
			return 1
		}
		return d.login(ctx, p.PID, ch, name, nil)
	}
	if ch.PTY && !ch.Exec {
		if p.Login != nil {
			d.welcome(id.User, ch)
		} else {
			d.greet(ch) // it has not logged in here
		}
		return d.interact(ctx, id, ch, nil)
	}
	name := ch.Env[attach.EnvSource]
	b := cli.Batch{Output: ch, Errors: ch.Errors, KeepGoing: ch.Env[attach.EnvKeepGoing] != "" || p.Login != nil && !ch.Exec}
	if ch.Exec {
		b.Source = cli.NewListSource(orElse(name, attach.SourceCommand), ch.Command)
	} else {
		b.Source = cli.NewLineSource(orElse(name, attach.SourceInput), ch)
	}
	// Who comes by SSH may have a terminal, and does not say so.
	return d.batch(ctx, id, b, p.Login != nil || ch.PTY || ch.Env[attach.EnvTerminal] != "")
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// root is what a session may touch.
func (d *Daemon) root(id identity) (*files.Root, error) {
	return files.New(files.Options{
		State: d.state.dir, User: id.User, Real: id.console,
		Rights: func() files.Rights { return rights(id.class()) },
		Log: func(name string, deleted bool) bool {
			if deleted {
				return id.class().ClearsLog(name)
			}
			return id.class().ReadsLog(name)
		},
		Live: logs{d}.live,
		Refused: func(action, name, reason string) {
			d.recorder.Record(id.Subject, event.AccessRefused{Username: id.User, Action: action, Filename: name, Reason: reason})
		},
	})
}

// options makes what a session needs. The session is listed until done is called.
func (d *Daemon) options(id identity) (o cli.Options, l *live, err error) {
	root, err := d.root(id)
	if err != nil {
		return o, nil, err
	}
	d.recordOwner(id)
	l = &live{Session: op.Session{Subject: id.Subject, Since: time.Now(), LastKey: time.Now()}, account: id.account}
	o = cli.Options{
		HostName:    d.hostName,
		Crowds:      d.sessions.crowds,
		IdleTimeout: func() time.Duration { return d.system.Load().idleLimit(id.class().Name()) },
		Env: op.Env{
			Store: d.store, Logs: logs{d}, Engine: counters{d}, Hosts: hosts{d}, PKI: certificates{d.certificates}, Files: root, Recorder: d.recorder, SSH: sshState{d.ssh}, Clock: d.clock, Power: d.power,
			Sessions: d.sessions.snapshot, Logins: d.book.history, Logout: d.sessions.logout, Show: d.sessions.tell, Alarms: d.alarms.list, Now: d.now, Started: d.started,
			Product: op.Product{Version: Version, Model: "loggia", Junos: junosVersion},
			Caller:  id.Subject, Class: id.class, UID: id.uid, Home: root.Home(), StateDir: d.state.dir, Storage: d.storage,
		},
		Activity: func(command, editPath string) {
			d.sessions.update(l, func(l *live) { l.Command, l.EditPath, l.LastKey = command, editPath, time.Now() })
		},
	}
	return o, l, nil
}

// interact runs a session on a terminal. last, if given, reports whether the
// engine ends with it.
func (d *Daemon) interact(ctx context.Context, id identity, t terminal.Terminal, last func() bool) int {
	o, l, err := d.options(id)
	if err != nil {
		_, _ = fmt.Fprintf(t, "error: %v\r\n", err)
		_ = t.Close()
		return 1
	}
	o.LastSession = last
	if lock, ok := t.(*consoleLock); ok {
		o.Lock = lock.Lock
	}
	o.Attached = func(print func(string), end func()) func() {
		d.sessions.update(l, func(l *live) { l.print, l.end = print, end })
		return func() { d.sessions.update(l, func(l *live) { l.print, l.end = nil, nil }) }
	}
	d.sessions.add(l)
	defer d.sessions.remove(l)
	defer d.book.enter(id.Subject, true)()
	return cli.New(o).Interact(ctx, t)
}

// batch runs a batch; with shown, a person may see what it prints on a terminal.
func (d *Daemon) batch(ctx context.Context, id identity, b cli.Batch, shown bool) int {
	if shown {
		output, errs := terminal.NewHarmless(b.Output), terminal.NewHarmless(b.Errors)
		b.Output, b.Errors = output, errs
		defer func() { _ = errors.Join(output.Flush(), errs.Flush()) }() // who has gone away needs no more
	}
	o, l, err := d.options(id)
	if err != nil {
		fmt.Fprintf(b.Errors, "error: %v\n", err)
		return 1
	}
	o.Batch, o.Screen = true, cli.NewBatchScreen(b.Output, b.Source)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	l.end = cancel
	d.sessions.add(l)
	defer d.sessions.remove(l)
	if id.Remote != "" { // a batch on this machine is no login
		defer d.book.enter(id.Subject, false)()
	}
	return cli.New(o).RunBatch(ctx, b)
}

// Console runs a session on this process's own terminal and returns when it,
// and every session that attached meanwhile, has ended, or ctx has. When user ends, because
// the terminal hung up, so does the session, as if the user had left: the others go on.
func (d *Daemon) Console(ctx, user context.Context, in, out *os.File) (int, error) {
	id, err := d.identify(uint32(os.Getuid()), os.Getpid())
	if err != nil {
		return 1, err
	}
	t, err := terminal.OpenTTY(in, out)
	if err != nil {
		return 1, err
	}
	status := d.interact(user, id, t, func() bool { return d.sessions.count() == 1 })
	d.waitEmpty(ctx, out)
	return status, nil
}

// Batch is a batch of commands for this process.
type Batch struct {
	Command   string    // commands separated by ; when In is nil
	In        io.Reader // commands, one a line
	Name      string    // name of the source, for messages
	KeepGoing bool      // run on after a failure
	Terminal  bool      // Out is one
	Out, Err  io.Writer
}

// Batch runs a batch in this process, and waits like Console.
func (d *Daemon) Batch(ctx, user context.Context, b Batch) (int, error) {
	id, err := d.identify(uint32(os.Getuid()), os.Getpid())
	if err != nil {
		return 1, err
	}
	run := cli.Batch{Output: b.Out, Errors: b.Err, KeepGoing: b.KeepGoing}
	if b.In == nil {
		run.Source = cli.NewListSource(b.Name, b.Command)
	} else {
		run.Source = cli.NewLineSource(b.Name, b.In)
	}
	status := d.batch(user, id, run, b.Terminal)
	d.waitEmpty(ctx, b.Err)
	return status, nil
}

// waitEmpty waits for the sessions of others, and tells who is there to know.
func (d *Daemon) waitEmpty(ctx context.Context, tell io.Writer) {
	if n := d.sessions.count(); n > 0 && ctx.Err() == nil {
		sessions := "another session is attached"
		if n > 1 {
			sessions = fmt.Sprintf("%d other sessions are attached", n)
		}
		// A terminal that is gone, with whoever looked at it, ends nobody else's session.
		_, _ = fmt.Fprintf(tell, "%s: the engine runs until they have left. Ctrl-C ends it, and them, now\n", sessions)
	}
	select {
	case <-d.sessions.empty():
	case <-ctx.Done():
	}
}
