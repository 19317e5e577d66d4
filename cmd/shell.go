package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"loggia/daemon"
	"loggia/sshd/attach"
)

// batch is a batch of commands, and what to close behind it.
type batch struct {
	name    string
	command string    // -c; else in
	in      io.Reader // -f, standard input
	file    *os.File
}

// batch returns the batch that the flags and arguments ask for, nil for the interactive shell.
func (o *options) batch(c *cobra.Command, args []string) (*batch, error) {
	command, file := c.Flags().Changed("command"), c.Flags().Changed("file")
	switch {
	case command && file:
		return nil, errors.New("-c and -f do not go together: the commands come from one place")
	case len(args) > 0 && (command || file):
		return nil, fmt.Errorf("the commands come from one place: %q does not go with -c or -f", strings.Join(args, " "))
	case file && o.file == "":
		return nil, errors.New("-f names no file")
	case len(args) > 0:
		return &batch{name: attach.SourceCommand, command: strings.Join(args, " ")}, nil
	case command:
		return &batch{name: attach.SourceCommand, command: o.command}, nil
	case file:
		f, err := os.Open(o.file)
		if err != nil {
			return nil, o.fail(err)
		}
		return &batch{name: o.file, in: f, file: f}, nil
	case term.IsTerminal(int(o.in.Fd())) && term.IsTerminal(int(o.out.Fd())):
		return nil, nil
	}
	return &batch{name: attach.SourceInput, in: o.in}, nil
}

// shell opens the shell: as the engine if nobody is, else attached to it.
func (o *options) shell(c *cobra.Command, args []string) error {
	b, err := o.batch(c, args)
	if err != nil {
		return err
	}
	dir, err := o.stateDir()
	if err != nil {
		return o.fail(err)
	}
	if b != nil && b.file != nil {
		defer b.file.Close() // only read
	}
	ctx, stop := signal.NotifyContext(c.Context(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	user, gone := signal.NotifyContext(ctx, syscall.SIGHUP)
	defer gone()
	return o.fail(o.session(ctx, user, dir, o.visit(ctx, user, b)))
}

// visit is what is done with the engine: in this process, or in the one that holds it.
type visit struct {
	own      func(*daemon.Daemon) (int, error)
	attached func(*attach.Client) (int, error)
}

// visit is a session on the terminal, or a batch. ctx ends what this process does; user, that
// the user is there, ends before it when the terminal hangs up.
func (o *options) visit(ctx, user context.Context, b *batch) visit {
	if b == nil {
		return visit{
			own:      func(d *daemon.Daemon) (int, error) { return d.Console(ctx, user, o.in, o.out) },
			attached: func(c *attach.Client) (int, error) { return c.Shell(user, o.in, o.out) },
		}
	}
	shown := term.IsTerminal(int(o.out.Fd()))
	return visit{
		own: func(d *daemon.Daemon) (int, error) {
			return d.Batch(ctx, user, daemon.Batch{Command: b.command, In: b.in, Name: b.name, KeepGoing: o.keepGoing, Terminal: shown, Out: o.out, Err: o.err})
		},
		attached: func(c *attach.Client) (int, error) {
			return c.Run(user, attach.Batch{Command: b.command, In: b.in, Name: b.name, KeepGoing: o.keepGoing, Terminal: shown, Out: o.out, Err: o.err})
		},
	}
}

// session runs the session where the engine is. When its process goes away
// before the session began, it looks for the engine anew.
func (o *options) session(ctx, user context.Context, dir string, v visit) error {
	for until := time.Now().Add(attach.Wait); ; {
		d, client, err := o.reach(user, dir)
		switch {
		case err != nil:
			return err
		case d != nil:
			return o.embedded(ctx, d, v)
		}
		err = o.attached(user, client, v)
		if !errors.Is(err, attach.ErrNotBegun) || time.Now().After(until) {
			return err
		}
	}
}

// How long the process that holds the engine may take to start or to end, and when
// whoever waits for it is told.
const (
	phaseWait = 5 * time.Minute
	phaseTell = time.Second
)

// reach opens the engine, or finds the process that holds it. That one may be
// about to end, or to begin: it is tried again for as long as attach.Wait, and
// longer while it says that it is.
func (o *options) reach(ctx context.Context, dir string) (*daemon.Daemon, *attach.Client, error) {
	const pause = 20 * time.Millisecond
	began, told := time.Now(), false
	for until := began.Add(attach.Wait); ; {
		d, err := daemon.Open(dir)
		if !errors.Is(err, daemon.ErrHeld) {
			return d, nil, err
		}
		short, cancel := context.WithTimeout(ctx, pause)
		client, err := attach.Dial(short, daemon.SocketPath(dir))
		cancel()
		if err == nil || errors.As(err, new(attach.Refused)) {
			return nil, client, err
		}
		waited, phase := time.Since(began), daemon.PhaseOf(dir)
		if phase != "" && waited < phaseWait {
			until = time.Now().Add(attach.Wait)
			if !told && waited > phaseTell {
				told = true
				fmt.Fprintf(o.err, "the engine is %s: waiting for it, Ctrl-C gives up\n", phase)
			}
		}
		if time.Now().After(until) {
			return nil, nil, fmt.Errorf("the process that holds %s does not answer: %w", dir, err)
		}
		select {
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		case <-time.After(pause):
		}
	}
}

// attached runs the session in the process that holds the engine.
func (o *options) attached(ctx context.Context, client *attach.Client, v visit) (err error) {
	o.status, err = v.attached(client)
	if cerr := client.Close(); err == nil && !errors.Is(cerr, io.EOF) && !errors.Is(cerr, os.ErrClosed) && ctx.Err() == nil {
		err = ignoreClosed(cerr)
	}
	return err
}

// ignoreClosed drops the error of closing a connection that the other side has
// closed already, which is how a session ends.
func ignoreClosed(err error) error {
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, io.ErrClosedPipe) {
		return nil
	}
	return err
}

// embedded runs the session in this process, which is the engine: as long as sessions of
// others are attached, whatever becomes of the terminal.
func (o *options) embedded(ctx context.Context, d *daemon.Daemon, v visit) error {
	defer unbroken()()
	for _, n := range d.Notices() {
		fmt.Fprintln(o.err, "warning:", n)
	}
	serving, stop := context.WithCancel(ctx)
	served := make(chan error, 1)
	go func() { served <- d.Serve(serving) }()
	var err error
	o.status, err = v.own(d)
	stop()
	why := "the last session ended"
	if ctx.Err() != nil {
		why = "terminated"
	}
	return errors.Join(err, <-served, o.closed(d.Close(why, daemon.ShellDrain)))
}

// unbroken keeps this process alive when somebody who read what it prints goes away, as
// `| head` does: writing fails then, which ends the batch that wrote, not the engine in the
// middle of anything.
func unbroken() (stop func()) {
	broken := make(chan os.Signal, 1)
	signal.Notify(broken, syscall.SIGPIPE) // not ignored: programs that are run would inherit that
	return func() { signal.Stop(broken) }
}

// closed tells of messages that were lost at the end, which is no failure.
func (o *options) closed(err error) error {
	if errors.Is(err, daemon.ErrUndelivered) {
		fmt.Fprintln(o.err, "warning:", err)
		return nil
	}
	return err
}

// daemon runs the engine until SIGTERM or SIGINT; SIGHUP reopens the log files.
func (o *options) daemon(ctx context.Context) error {
	dir, err := o.stateDir()
	if err != nil {
		return o.fail(err)
	}
	// Before anything runs that a signal could end in the middle of its start.
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	defer unbroken()()
	d, err := daemon.Open(dir)
	if err != nil {
		return o.fail(fmt.Errorf("%s: %w", dir, err))
	}
	for _, n := range d.Notices() {
		fmt.Fprintln(o.err, "warning:", n)
	}
	served := make(chan error, 1)
	go func() { served <- d.Serve(ctx) }()
	err = d.NotifyReady()
	for {
		select {
		case <-hup:
			d.Reopen()
		case serr := <-served:
			return o.fail(errors.Join(err, serr, d.NotifyStopping(), o.closed(d.Close("terminated", daemon.ServiceDrain))))
		}
	}
}
