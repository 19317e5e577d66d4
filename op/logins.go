package op

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Login is a session that began at a terminal or over the network, now or before.
type Login struct {
	User, TTY, From string // From is an address; empty on this machine
	PID             int
	Since           time.Time
	Until           time.Time // zero while it is open, and when the program ended without a word
	Open            bool
}

// loginCommands is the history of logins. A log called user is seen with `file show`.
func loginCommands() []Command {
	return []Command{{Grammar{Words: "show log user", RPC: "get-log-user-information", Help: "Show who logged in, and for how long", Permission: "trace", Params: []Param{
		{Name: "username", Help: "Name of the user", Choices: loginUsers}}}, showLogins}}
}

// loginUsers lists who has ever logged in, as far back as that is kept.
func loginUsers(env *Env, _ string) []Choice {
	list, err := env.Logins()
	if err != nil {
		return nil // the command itself will say why
	}
	var out []Choice
	for _, l := range list {
		if !slices.ContainsFunc(out, func(c Choice) bool { return c.Name == l.User }) {
			out = append(out, Choice{Name: l.User})
		}
	}
	return out
}

// logins is the answer of `show log user`, newest first, as last(1) shows it.
type logins struct {
	list  []Login
	first time.Time // login that is kept of anybody; zero when there is none
	zone  *time.Location
}

func showLogins(_ context.Context, env *Env, a Args) (Result, error) {
	all, err := env.Logins()
	if err != nil {
		return nil, err
	}
	out := logins{zone: env.Now().Location()}
	for _, l := range all {
		if fits(a, "username", l.User) {
			out.list = append(out.list, l)
		}
	}
	if len(all) > 0 {
		out.first = all[len(all)-1].Since
	}
	return out, nil
}

// terminal is where the session was: at a terminal, or one of a program.
func (l Login) terminal() string { return cmp.Or(l.TTY, "mg"+strconv.Itoa(l.PID)) }

// length is how long it lasted, with the days in front: 1+02:03.
func (l Login) length() string {
	minutes := int(l.Until.Sub(l.Since) / time.Minute)
	text := fmt.Sprintf("%02d:%02d", minutes/60%24, minutes%60)
	if days := minutes / 60 / 24; days > 0 {
		text = fmt.Sprintf("%d+%s", days, text)
	}
	return text
}

// end is how it ended.
func (l Login) end(zone *time.Location) string {
	switch {
	case l.Open:
		return "  still logged in"
	case l.Until.IsZero():
		return "- crash"
	}
	return "- " + l.Until.In(zone).Format("15:04") + "  (" + l.length() + ")"
}

// WriteText implements Result.
func (l logins) WriteText(w io.Writer) error {
	return compose(w, func(b *strings.Builder) {
		for _, one := range l.list {
			fmt.Fprintf(b, "%-10s %-9s %-22s %s %s\n", one.User, one.terminal(), one.From, one.Since.In(l.zone).Format("Mon Jan _2 15:04"), one.end(l.zone))
		}
		if !l.first.IsZero() {
			fmt.Fprintf(b, "\nwtmp begins %s\n", l.first.In(l.zone).Format(time.UnixDate))
		}
	})
}

// Element implements Result.
func (l logins) Element() Element {
	e := Element{Name: "log-user-information"}
	for _, one := range l.list {
		entry := Group("user-entry", Leaf("user", one.User), Leaf("tty", one.terminal()), Leaf("from", cmp.Or(one.From, "-")),
			moment("login-time", one.Since, Stamp(one.Since.In(l.zone))))
		switch {
		case one.Open:
			entry.Children = append(entry.Children, Leaf("logged-in", ""))
		case one.Until.IsZero():
			entry.Children = append(entry.Children, Leaf("crashed", ""))
		default:
			entry.Children = append(entry.Children, moment("logout-time", one.Until, Stamp(one.Until.In(l.zone))),
				span("duration", one.Until.Sub(one.Since), one.length()))
		}
		e.Children = append(e.Children, entry)
	}
	return e
}
