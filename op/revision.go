package op

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"loggia/configtree/store"
)

func showRevisionCommand() Command {
	return Command{Grammar{Words: "show system commit revision", RPC: "get-commit-revision-information",
		Help: "Show which revision is in force", Permission: "view", Params: []Param{
			{Name: "detail", Kind: Flag, Help: "With who made it, when and why"}, {Name: "brief", Kind: Flag, Help: "Only its name"},
			{Name: "level", Kind: Option, Help: "detail or brief, as programs ask for them"}}}, showRevision}
}

// revisionName is how Junos calls a commit: re0-1596309177-4 (junos-cli §4.5).
func revisionName(m store.Meta) string { return fmt.Sprintf("re0-%d-%d", m.Time.Unix(), m.Revision) }

// revision is the answer of `show system commit revision`: which commit is in force, for
// programs that look whether there has been another.
type revision struct {
	meta   store.Meta
	zone   *time.Location
	detail bool
}

func showRevision(_ context.Context, env *Env, a Args) (Result, error) {
	return revision{env.Store.Running().Meta, env.Now().Location(), a.Has("detail") || a["level"] == "detail"}, nil
}

// WriteText implements Result.
func (r revision) WriteText(w io.Writer) error {
	return compose(w, func(b *strings.Builder) {
		b.WriteString("Revision: " + revisionName(r.meta) + "\n")
		if !r.detail {
			return
		}
		fmt.Fprintf(b, "User: %s\nClient: %s\nTime: %s\n", r.meta.User, r.meta.Client, Stamp(r.meta.Time.In(r.zone)))
		for _, said := range saidOf(r.meta) {
			b.WriteString("Comment: " + said.Text + "\n")
		}
	})
}

// Element implements Result.
func (r revision) Element() Element {
	e := Group("commit-revision-information", Leaf("revision", revisionName(r.meta)))
	if r.detail {
		e.Children = append(e.Children, Leaf("user", r.meta.User), Leaf("client", r.meta.Client), moment("date-time", r.meta.Time, Stamp(r.meta.Time.In(r.zone))))
		e.Children = append(e.Children, saidOf(r.meta)...)
	}
	return e
}
