package cli

import (
	"context"
	"errors"
	"os"
	"os/exec"

	"loggia/cli/terminal"
	"loggia/op"
)

// relayer is a Screen that can be lent to a program.
type relayer interface {
	// Pty makes a terminal for the program, as large as this one, that belongs to uid.
	Pty(uid *uint32) (*terminal.Pty, error)
	Relay(p *terminal.Pty) error
}

// Pty implements relayer.
func (y *ttyScreen) Pty(uid *uint32) (*terminal.Pty, error) {
	w, h := y.t.Size()
	return terminal.OpenPty(w, h, uid)
}

// Relay implements relayer.
func (y *ttyScreen) Relay(p *terminal.Pty) error { return y.t.Relay(p) }

func shellVerb() *verb {
	return &verb{Grammar: op.ShellGrammar(), run: startShell}
}

// startShell is `start shell`: a shell has the terminal until it ends; a command alone needs none.
func startShell(ctx context.Context, s *Session, c *call) error {
	screen, interactive := s.o.Screen.(relayer)
	switch {
	case !interactive && !c.args.Has("command"):
		return errors.New("a shell needs a terminal; without one: start shell command \"…\"")
	case !interactive && c.args.Has("user"):
		return errors.New("another user's password needs a terminal")
	}
	shell, err := op.Shell(ctx, &s.env, c.args)
	if err != nil {
		return err
	}
	if c.args.Has("command") && !c.args.Has("user") {
		c.out.res = op.ShellOutput(ctx, shell)
		return nil
	}
	if len(c.pipes) > 0 {
		return errors.New("a shell on the terminal takes no pipe")
	}
	pty, err := screen.Pty(s.env.UID)
	if err != nil {
		return err
	}
	shell.Stdin, shell.Stdout, shell.Stderr = pty.Slave, pty.Slave, pty.Slave
	shell.SysProcAttr.Setctty = true
	err = shell.Start()
	if cerr := pty.Slave.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = errors.Join(screen.Relay(pty), ended(shell.Wait()))
	}
	if cerr := pty.Close(); err == nil && !errors.Is(cerr, os.ErrClosed) {
		err = cerr
	}
	return err
}

// ended is how a shell ended: the status of its last command is nothing to complain about.
func ended(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return nil
	}
	return err
}
