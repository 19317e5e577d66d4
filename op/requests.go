package op

import (
	"context"
	"fmt"
	"io"
	"strings"
)

// requests are commands for programs alone: clients of Junos collect facts with
// them. Nobody is offered them at the prompt, because what they tell of a router
// is not what this machine is; their words are what a login class permits or
// denies.
func requests() []Command {
	flag := func(name string) Param { return Param{Name: name, Kind: Flag} }
	level := Param{Name: "level", Kind: Option}
	return []Command{
		{Grammar{Words: "show chassis hardware", RPC: "get-chassis-inventory", Permission: "view", Params: []Param{flag("detail"), flag("extensive"), flag("models")}}, showInventory},
		{Grammar{Words: "show chassis routing-engine", RPC: "get-route-engine-information", Permission: "view"}, showEngine},
		{Grammar{Words: "show system memory", RPC: "get-system-memory-information", Permission: "view"}, showMemory},
		{Grammar{Words: "show interfaces", RPC: "get-interface-information", Permission: "view", Params: []Param{
			{Name: "interface-name"}, flag("terse"), flag("brief"), flag("detail"), flag("extensive"), flag("descriptions"), flag("media"), flag("statistics")}}, showInterfaces},
		{Grammar{Words: "show system commit revision", RPC: "get-commit-revision-information", Permission: "view", Params: []Param{flag("detail"), flag("brief"), level}}, showRevision},
		{Grammar{Words: "show log", RPC: "get-syslog-filenames", Permission: "trace"}, showLogNames},
		{Grammar{Words: "show cli authorization", RPC: "get-authorization-information", Permission: "view"}, showRights},
		eventSummary(),
		anyChecksum(),
	}
}

// facts is an answer for programs. As text it is a line for each element, so
// that format="text" tells the same.
type facts Element

// Element implements Result.
func (f facts) Element() Element { return Element(f) }

// WriteText implements Result.
func (f facts) WriteText(w io.Writer) error {
	return compose(w, func(b *strings.Builder) { lines(b, Element(f), 0) })
}

func lines(b *strings.Builder, e Element, depth int) {
	fmt.Fprintf(b, "%*s%s", 2*depth, "", e.Name)
	if e.Text != "" {
		b.WriteString(": " + strings.TrimSpace(e.Text))
	}
	b.WriteByte('\n')
	for _, c := range e.Children {
		lines(b, c, depth+1)
	}
}

// showRevision tells which commit is in force, for programs that look whether
// there has been another.
func showRevision(_ context.Context, env *Env, a Args) (Result, error) {
	m := env.Store.Running().Meta
	e := Group("commit-revision-information", Leaf("revision", fmt.Sprintf("re0-%d-%d", m.Time.Unix(), m.Revision)))
	if a.Has("detail") || a["level"] == "detail" {
		e.Children = append(e.Children, Leaf("user", m.User), Leaf("client", m.Client), moment("date-time", m.Time, Stamp(m.Time.In(env.Now().Location()))))
		for _, said := range []Element{Leaf("comment", m.Log), Leaf("log", m.Comment)} {
			if said.Text != "" {
				e.Children = append(e.Children, said)
			}
		}
	}
	return facts(e), nil
}

// showLogNames lists the logs that get-syslog-events can read.
func showLogNames(_ context.Context, env *Env, _ Args) (Result, error) {
	list, err := env.Logs.List()
	if err != nil {
		return nil, err
	}
	e := Element{Name: "syslog-files"}
	for _, f := range list {
		e.Children = append(e.Children, Leaf("syslog-file-name", f.Name))
	}
	return facts(e), nil
}
