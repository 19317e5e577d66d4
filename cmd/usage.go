package cmd

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

// errNoState is what comes of `--state "$DIR"` where DIR is not set: not the state of the
// whole machine.
var errNoState = errors.New("--state names no directory")

// wrongFlag is what the library of flags has against a call, in the words of who made it.
func wrongFlag(c *cobra.Command, err error) error {
	var named interface {
		GetSpecifiedName() string
		GetSpecifiedShortnames() string
	}
	var valued interface {
		error
		GetValue() string
		Unwrap() error
	}
	switch {
	case errors.As(err, &valued):
		about := strings.TrimSuffix(valued.Error(), valued.Unwrap().Error())
		return errors.New(about + expected(valued.Unwrap()))
	case errors.As(err, &named) && named.GetSpecifiedName() == "c" && c.Flags().ShorthandLookup("c") == nil:
		return fmt.Errorf("-c is no flag of %s; several words behind it need quotes: -c 'show version'", c.CommandPath())
	case errors.As(err, &named) && named.GetSpecifiedShortnames() != "":
		what, _, _ := strings.Cut(err.Error(), ": ")
		return fmt.Errorf("%s: -%s", strings.Replace(what, "shorthand ", "", 1), named.GetSpecifiedName())
	}
	return err
}

// expected is what a value is to be that does not parse.
func expected(err error) string {
	var number *strconv.NumError
	switch {
	case errors.As(err, &number) && number.Func == "ParseBool":
		return "expecting true or false"
	case errors.As(err, &number) && errors.Is(err, strconv.ErrRange):
		return "out of range"
	case errors.As(err, &number):
		return "expecting a number"
	}
	return err.Error()
}

// noArguments refuses words behind a command that takes none.
func noArguments(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return fmt.Errorf("%s takes no argument: %q", c.CommandPath(), args[0])
}

// noCommand refuses a word that is no command of the program. It may be one of the shell, or
// the rest of what should have been quoted behind -c.
func noCommand(c *cobra.Command, args []string) error {
	switch command := c.Flags().Lookup("command"); {
	case len(args) == 0:
		return nil
	case command.Changed:
		return fmt.Errorf("-c takes one argument, in quotes: -c '%s %s'", command.Value, strings.Join(args, " "))
	}
	return fmt.Errorf("unknown command %q for %q; for commands of the shell: %s cli %s",
		args[0], c.CommandPath(), c.Root().Name(), strings.Join(args, " "))
}

// atMost refuses more than n arguments, and names the first that is too many.
func atMost(n int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) > n {
			return fmt.Errorf("%s takes no more than %d argument: %q", c.CommandPath(), n, args[n])
		}
		return nil
	}
}

// topic refuses a topic of help that is no command.
func topic(c *cobra.Command, args []string) error {
	_, rest, err := c.Root().Find(args)
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("there is no help about %q: it is no command of %s", rest[0], c.Root().Name())
	}
	return err
}
