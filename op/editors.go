package op

import (
	"cmp"
	"context"
	"io"
	"slices"
	"strings"
)

// editors is the answer of `show system configuration database status`: the
// sessions that edit, or have locked, the configuration.
type editors struct {
	env  *Env
	list []editor
}

type editor struct {
	Session
	exclusive, private bool
}

func databaseCommands() []Command {
	return []Command{{Grammar{Words: "show system configuration database status", RPC: "get-configuration-database-status",
		Help: "Show who edits the configuration", Permission: "view"}, showEditors}}
}

// showEditors joins those in configuration mode with those who hold a lock or a
// private configuration, which programs do without one.
func showEditors(_ context.Context, env *Env, _ Args) (Result, error) {
	out := editors{env: env}
	holders := env.Store.Holders()
	for _, s := range env.Sessions() {
		e := editor{Session: s}
		for _, h := range holders {
			if h.By == s.Subject {
				e.exclusive, e.private = h.Exclusive, h.Private
				e.EditPath = cmp.Or(e.EditPath, "[edit]")
			}
		}
		if e.EditPath != "" {
			out.list = append(out.list, e)
		}
	}
	slices.SortStableFunc(out.list, func(a, b editor) int { return a.Since.Compare(b.Since) })
	return out, nil
}

// WriteText implements Result.
func (e editors) WriteText(w io.Writer) error {
	return compose(w, func(b *strings.Builder) {
		b.WriteString("Users currently editing the configuration:\n")
		for _, one := range e.list {
			if one.exclusive {
				one.EditPath = "exclusive " + one.EditPath
			}
			b.WriteString(Editor(one.Session, e.env.Now()))
		}
	})
}

// Element implements Result.
func (e editors) Element() Element {
	out := Element{Name: "database-status-information"}
	now := e.env.Now()
	for _, one := range e.list {
		idle := elapsed(now, one.LastKey)
		row := Group("database-status", Leaf("user", one.User), Leaf("terminal", one.TTY), count("pid", uint64(max(one.PID, 0))),
			moment("start-time", one.Since, Stamp(one.Since.In(now.Location()))), span("idle-time", idle, clock(idle)))
		if one.exclusive {
			row.Children = append(row.Children, Element{Name: "exclusive"})
		}
		if one.private {
			row.Children = append(row.Children, Element{Name: "private"})
		}
		row.Children = append(row.Children, Leaf("edit-path", one.EditPath))
		out.Children = append(out.Children, row)
	}
	return out
}
