package op

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"loggia/configtree/store"
)

// Stamp is how commits and headers show a time: 2024-05-06 06:38:48 UTC.
func Stamp(t time.Time) string { return t.Format("2006-01-02 15:04:05 MST") }

// Rollbacks lists the committed configurations as `rollback ?` shows them.
func Rollbacks(env *Env, _ string) []Choice {
	list, err := env.Store.History()
	if err != nil {
		return nil // the command itself will say why
	}
	out := make([]Choice, len(list))
	for i, m := range list {
		out[i] = Choice{strconv.Itoa(i), commitLine(env, m)}
	}
	return out
}

func commitLine(env *Env, m store.Meta) string {
	line := Stamp(m.Time.In(env.Now().Location())) + " by " + m.User + " via " + m.Client
	if m.Log != "" {
		line += " " + m.Log
	}
	return line
}

// commits is the answer of `show system commit` (junos-cli §4.5).
type commits struct {
	env     *Env
	history []store.Meta
	pending store.Pending
	waits   bool        // pending is something
	rescue  *store.Meta // nil when there is none
	named   bool        // with the names of the revisions
}

func showCommits(_ context.Context, env *Env, a Args) (Result, error) {
	list, err := env.Store.History()
	if err != nil {
		return nil, err
	}
	c := commits{env: env, history: list, named: a.Has("include-configuration-revision")}
	c.pending, c.waits = env.Store.Pending()
	rescue, err := env.Store.RescueMeta()
	switch {
	case err == nil:
		c.rescue = &rescue
	case !errors.Is(err, store.ErrNoRescue):
		return nil, err
	}
	return c, nil
}

// unconfirmed reports whether m is undone unless it is confirmed.
func (c commits) unconfirmed(m store.Meta) bool {
	return c.waits && c.pending.Kind == store.PendingRollback && c.pending.Revision == m.Revision
}

// WriteText implements Result.
func (c commits) WriteText(w io.Writer) error {
	return compose(w, func(b *strings.Builder) {
		if c.waits && c.pending.Kind == store.PendingCommit {
			what := "requested"
			if c.pending.Prepared {
				what = "prepared"
			}
			fmt.Fprintf(b, "commit %s by %s via %s at %s\n", what, c.pending.By.User, c.pending.By.Client, dueTime(c.env, c.pending))
		}
		for i, m := range c.history {
			fmt.Fprintf(b, "%-4d%s", i, commitLine(c.env, m))
			if c.named {
				b.WriteString(" " + revisionName(m))
			}
			b.WriteByte('\n')
			if m.Comment != "" {
				fmt.Fprintf(b, "    %s\n", m.Comment)
			}
			if c.unconfirmed(m) {
				b.WriteString("    rollback pending\n")
			}
		}
		if c.rescue != nil {
			b.WriteString("rescue  " + commitLine(c.env, *c.rescue) + "\n")
		}
	})
}

// Element implements Result. What the program says of a commit is its comment,
// and what the user said its log.
func (c commits) Element() Element {
	e := Element{Name: "commit-information"}
	if c.waits && c.pending.Kind == store.PendingCommit {
		e.Children = append(e.Children, Group("commit-pending", Leaf("user", c.pending.By.User), Leaf("client", c.pending.By.Client),
			Leaf("date-time", dueTime(c.env, c.pending))))
	}
	for i, m := range c.history {
		entry := c.entry(strconv.Itoa(i), m)
		if c.unconfirmed(m) {
			entry.Children = append(entry.Children, Leaf("commit-confirmed", "rollback pending"))
		}
		e.Children = append(e.Children, entry)
	}
	if c.rescue != nil {
		e.Children = append(e.Children, c.entry("rescue", *c.rescue))
	}
	return e
}

func (c commits) entry(number string, m store.Meta) Element {
	e := Group("commit-history", Leaf("sequence-number", number), Leaf("user", m.User), Leaf("client", m.Client),
		moment("date-time", m.Time, Stamp(m.Time.In(c.env.Now().Location()))))
	e.Children = append(e.Children, saidOf(m)...)
	if c.named && number != "rescue" {
		e.Children = append(e.Children, Leaf("configuration-revision", revisionName(m)))
	}
	return e
}

// saidOf is what the program says of a commit, and what its user said.
func saidOf(m store.Meta) (all []Element) {
	for _, said := range []Element{Leaf("comment", m.Log), Leaf("log", m.Comment)} {
		if said.Text != "" {
			all = append(all, said)
		}
	}
	return all
}

// dueTime is when a commit that waits will be made, or was prepared.
func dueTime(env *Env, p store.Pending) string {
	at := p.Due
	switch {
	case p.Reboot:
		return "the next reboot"
	case p.Prepared: // it waits for somebody: what there is to tell is since when
		at = p.Asked
	}
	return at.In(env.Now().Location()).Format(time.ANSIC)
}

// Editor is the two-line entry of a session that changes the configuration
// (junos-cli §1.3).
func Editor(s Session, now time.Time) string {
	line := "  " + s.User
	if s.TTY != "" {
		line += " terminal " + s.TTY
	}
	line += fmt.Sprintf(" (pid %d) on since %s", s.PID, Stamp(s.Since.In(now.Location())))
	if idle := elapsed(now, s.LastKey); idle >= time.Second {
		line += ", idle " + clock(idle)
	}
	return line + "\n      " + s.EditPath + "\n"
}

// elapsed is the time from then until now. What the system time has jumped since then does not
// count where both were read by this process; of what another one has left behind it is nothing
// when the clock was set back past it.
func elapsed(now, then time.Time) time.Duration { return max(now.Sub(then), 0) }

// clock shows a duration as 00:00:44, 22w0d 19:16 from a day on.
func clock(d time.Duration) string {
	s := int(d / time.Second)
	if s < 24*3600 {
		return fmt.Sprintf("%02d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	days := s / (24 * 3600)
	age := fmt.Sprintf("%dd", days%7)
	if days >= 7 {
		age = fmt.Sprintf("%dw%s", days/7, age)
	}
	return fmt.Sprintf("%s %02d:%02d", age, s/3600%24, s/60%60)
}
