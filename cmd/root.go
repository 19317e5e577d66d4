// Package cmd is the edge of the process: flags and signals in, exit status
// out. What the commands do is elsewhere.
//
//	loggia                        the shell
//	loggia -c 'show version'      commands from the command line
//	loggia -f FILE                commands from a file
//	loggia < FILE                 commands from standard input
//	loggia cli show version       one command
//	loggia daemon                 the engine in the foreground
//	loggia login                  a login at a console, for agetty
//	loggia receive USER@HOST      collect another machine's log
//
// The exit status is 0, 1 when a command failed, 2 for a wrong call.
package cmd

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"loggia/daemon"
)

// options are the flags of the shell.
type options struct {
	state     string
	command   string
	file      string
	keepGoing bool

	in, out, err *os.File
	status       int
}

// Main runs the program with args and returns its exit status.
func Main(args []string, in, out, errs *os.File) int {
	o := &options{in: in, out: out, err: errs}
	root := o.root()
	root.SetArgs(args)
	root.SetIn(in)
	printed := &watchedWriter{w: out}
	root.SetOut(printed)
	root.SetErr(errs)
	err := root.Execute()
	if printed.err != nil {
		err = o.fail(printed.err) // of help, where cobra does not look, or of the version
	}
	if err != nil {
		fmt.Fprintf(errs, "error: %v\n", err)
		if o.status == 0 {
			return 2
		}
	}
	return o.status
}

func (o *options) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "loggia",
		Short: "A Junos-style configuration shell that drives a syslog engine",
		Long: `loggia opens a Junos-style shell. What is committed there drives the syslog
engine in the same process, and every commit is an audit record.

Without a daemon the shell is the engine, which ends with the last session.
"loggia daemon" keeps it running; the shell then attaches to it.`,
		Version:       daemon.Version,
		Args:          noCommand,
		SilenceUsage:  true,
		SilenceErrors: true,
		PersistentPreRunE: func(c *cobra.Command, _ []string) error {
			if o.state == "" && c.Flags().Changed("state") {
				return errNoState
			}
			return nil
		},
		RunE: o.shell,
	}
	root.SetContext(context.Background())
	root.SetFlagErrorFunc(wrongFlag)
	root.CompletionOptions.DisableDefaultCmd = true
	root.PersistentFlags().StringVar(&o.state, "state", "", "state directory (default $LOGGIA_STATE, /var/lib/loggia for root, else ~/.local/state/loggia)")
	shell := &cobra.Command{Use: "cli [COMMAND ...]", Short: "Open the shell (the same as no command), or run one command of it", RunE: root.RunE,
		Long: `cli opens the shell. With words behind it, it runs these as one command of the
shell, as Junos' cli does; | and quotes need quoting from the shell that calls it:

  loggia cli show log messages '|' last 5`}
	for _, c := range []*cobra.Command{root, shell} {
		c.Flags().StringVarP(&o.command, "command", "c", "", "run commands, separated by ;")
		c.Flags().StringVarP(&o.file, "file", "f", "", "run the commands of a file, one a line")
		c.Flags().BoolVar(&o.keepGoing, "keep-going", false, "run on after a command that failed; the status is 1 all the same")
	}
	root.AddCommand(shell, o.receive(), o.login(),
		&cobra.Command{Use: "daemon", Short: "Run the engine in the foreground until SIGTERM", Args: noArguments,
			RunE: func(c *cobra.Command, _ []string) error { return o.daemon(c.Context()) }},
		&cobra.Command{Use: "version", Short: "Print the version", Args: noArguments,
			RunE: func(c *cobra.Command, _ []string) error {
				_, err := fmt.Fprintln(c.OutOrStdout(), "loggia", daemon.Version)
				return err
			}})
	root.InitDefaultHelpCmd()
	for _, c := range root.Commands() {
		if c.Name() == "help" {
			c.Args = topic
		}
	}
	return root
}

// stateDir is where the state is: the flag, the environment, the default.
func (o *options) stateDir() (string, error) {
	switch {
	case o.state != "":
		return o.state, nil
	case os.Getenv("LOGGIA_STATE") != "":
		return os.Getenv("LOGGIA_STATE"), nil
	case os.Getuid() == 0:
		return "/var/lib/loggia", nil
	}
	if dir := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "loggia"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(home, ".local", "state", "loggia"), nil
}

// watchedWriter remembers how writing failed first.
type watchedWriter struct {
	w   io.Writer
	err error
}

func (w *watchedWriter) Write(b []byte) (int, error) {
	n, err := w.w.Write(b)
	if w.err == nil {
		w.err = err
	}
	return n, err
}

// fail makes an error one of running, not of calling: status 1.
func (o *options) fail(err error) error {
	if err != nil {
		o.status = 1
	}
	return err
}
