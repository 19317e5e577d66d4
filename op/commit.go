package op

import (
	"context"
	"errors"
	"fmt"
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

// showCommits is `show system commit` (junos-cli §4.5).
func showCommits(_ context.Context, env *Env, _ Args) (Result, error) {
	list, err := env.Store.History()
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	pending, waits := env.Store.Pending()
	if waits && pending.Kind == store.PendingCommit {
		fmt.Fprintf(&b, "commit requested by %s via %s at %s\n", pending.By.User, pending.By.Client, dueTime(env, pending))
	}
	for i, m := range list {
		fmt.Fprintf(&b, "%-4d%s\n", i, commitLine(env, m))
		if m.Comment != "" {
			fmt.Fprintf(&b, "    %s\n", m.Comment)
		}
		if waits && pending.Kind == store.PendingRollback && pending.Revision == m.Revision {
			b.WriteString("    rollback pending\n")
		}
	}
	_, rescue, err := env.Store.Rescue()
	switch {
	case err == nil:
		b.WriteString("rescue  " + commitLine(env, rescue) + "\n")
	case !errors.Is(err, store.ErrNoRescue):
		return nil, err
	}
	return Text(b.String()), nil
}

// dueTime is when a commit that waits will be made.
func dueTime(env *Env, p store.Pending) string {
	if p.Reboot {
		return "the next reboot"
	}
	return p.Due.In(env.Now().Location()).Format(time.ANSIC)
}

// Editor is the two-line entry of a session that changes the configuration
// (junos-cli §1.3).
func Editor(s Session, now time.Time) string {
	line := "  " + s.User
	if s.TTY != "" {
		line += " terminal " + s.TTY
	}
	line += fmt.Sprintf(" (pid %d) on since %s", s.PID, Stamp(s.Since.In(now.Location())))
	if idle := now.Sub(s.LastKey); idle >= time.Second {
		line += ", idle " + clock(idle)
	}
	return line + "\n      " + s.EditPath + "\n"
}

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
