package op

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// MessageParams say whose terminals a message is for: one of all, user, terminal, or an
// account such as bob or bob@pts/3.
func MessageParams() []Param {
	return []Param{
		{Name: "all", Kind: Flag, Help: "Every terminal of this shell"},
		{Name: "user", Kind: Option, Help: "The terminals of a user", Choices: sessionUsers},
		{Name: "terminal", Kind: Option, Help: "One terminal", Choices: sessionTerminals},
	}
}

// Send shows text, behind a line that says who sent it, on the terminals that the arguments of
// MessageParams name, or that "account" names as user or user@terminal. It is an error when there is none.
func Send(env *Env, a Args, text string) error {
	user, tty := a["user"], a["terminal"]
	if a.Has("account") {
		user, tty, _ = strings.Cut(a["account"], "@")
	}
	if !a.Has("all") && user == "" && tty == "" {
		return errors.New("say to whom: all, user or terminal")
	}
	from := env.Caller.User + "@" + hostName(env)
	if env.Caller.TTY != "" {
		from += " on " + env.Caller.TTY
	}
	text = "\nMessage from " + from + " at " + env.Now().Format("15:04") + " ...\n" + strings.TrimSuffix(text, "\n") + "\nEOF\n"
	shown := false
	for _, s := range env.Sessions() {
		if (user == "" || s.User == user) && (tty == "" || s.TTY == tty) && env.Show(s, text) {
			shown = true
		}
	}
	if shown {
		return nil
	}
	if to := strings.Trim(user+"@"+tty, "@"); to != "" {
		return fmt.Errorf("'%s' is not logged in at a terminal", to)
	}
	return errors.New("nobody is logged in at a terminal")
}

// sendMessage is `request message` (junos-cli §7.4).
func sendMessage(_ context.Context, env *Env, a Args) (Result, error) {
	return nil, Send(env, a, a["message"])
}
