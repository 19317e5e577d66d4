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
	return []Command{
		{Grammar{Words: "show chassis hardware", RPC: "get-chassis-inventory", Permission: "view", Params: []Param{flag("detail"), flag("extensive"), flag("models")}}, showInventory},
		{Grammar{Words: "show chassis routing-engine", RPC: "get-route-engine-information", Permission: "view"}, showEngine},
		{Grammar{Words: "show interfaces", RPC: "get-interface-information", Permission: "view", Params: []Param{
			{Name: "interface-name"}, flag("terse"), flag("brief"), flag("detail"), flag("extensive"), flag("descriptions"), flag("media"), flag("statistics")}}, showInterfaces},
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
