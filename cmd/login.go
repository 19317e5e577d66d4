package cmd

import (
	"context"
	"errors"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"loggia/daemon"
	"loggia/sshd/attach"
)

// login is the command that agetty runs in the place of login(1).
func (o *options) login() *cobra.Command {
	return &cobra.Command{
		Use:   "login [NAME]",
		Short: "Log in at a console, for agetty",
		Long: `login asks for a name and a password of the configuration and opens the shell as
that user. It is run by root, in the place of login(1):

  agetty --login-program /usr/bin/loggia --login-options 'login -- \u' tty1

A console is never locked, however many passwords are wrong.`,
		Args: atMost(1),
		RunE: func(c *cobra.Command, args []string) error {
			name := ""
			if len(args) > 0 {
				name = args[0]
			}
			return o.fail(o.console(c.Context(), name))
		},
	}
}

func (o *options) console(ctx context.Context, name string) error {
	if !term.IsTerminal(int(o.in.Fd())) {
		return errors.New("a login needs a terminal")
	}
	dir, err := o.stateDir()
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM)
	defer stop()
	user, gone := signal.NotifyContext(ctx, syscall.SIGHUP)
	defer gone()
	return o.session(ctx, user, dir, visit{
		own:      func(d *daemon.Daemon) (int, error) { return d.Login(ctx, user, o.in, o.out, name) },
		attached: func(c *attach.Client) (int, error) { return c.Login(user, o.in, o.out, name) },
	})
}
