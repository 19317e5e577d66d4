package cli

import (
	"context"
	"fmt"
	"io"

	"loggia/configtree"
	"loggia/configtree/format"
	"loggia/configtree/schema"
	"loggia/configtree/store"
	"loggia/op"
)

// configuration is the answer of `show configuration` and its kin: what the
// user may see of a tree, from a level down, in the form that the pipes ask for.
type configuration struct {
	tree    *configtree.Tree
	at      configtree.Path
	options format.Options
}

func (s *Session) shown(t *configtree.Tree, at configtree.Path, header string) *configuration {
	return &configuration{tree: s.visible(t), at: at, options: format.Options{Header: header, Mask: !s.may("secret")}}
}

// WriteText implements op.Result. What is not there prints nothing.
func (c *configuration) WriteText(w io.Writer) error {
	last := c.at.Last()
	if last.Node != nil && last.Key == "" && (last.Node.Kind == schema.List || last.Node.Kind == schema.LeafList) {
		parent, ok := at(c.tree, c.at.Parent())
		if !ok {
			return nil
		}
		return format.WriteStatements(w, parent.Entries(last.Node.Name), c.options)
	}
	n, ok := at(c.tree, c.at)
	if !ok {
		return nil
	}
	return format.Write(w, n, c.options)
}

// at is Tree.At for the root as well.
func at(t *configtree.Tree, p configtree.Path) (configtree.Node, bool) {
	if len(p) == 0 {
		return t.Root(), true
	}
	return t.At(p)
}

// displayVerbs are the pipes that show configuration in another form.
func displayVerbs() []*verb {
	rollbacks := rollbackNumber(false)
	rollbacks.Name, rollbacks.Kind, rollbacks.Help = "rollback", op.Option, "A committed configuration"
	return []*verb{
		{Grammar: op.Grammar{Words: "display set", Help: "Show configuration as set commands", Params: []op.Param{
			{Name: "relative", Kind: op.Flag, Help: "Without the path that was asked for"}}}, display: displaySet},
		{Grammar: op.Grammar{Words: "compare", Help: "Show what differs from a committed configuration",
			Params: []op.Param{rollbacks}}, display: compare},
	}
}

func displaySet(_ *Session, pipe *call, c *configuration) (op.Result, error) {
	set := *c
	set.options.Syntax = format.SetLines
	set.options.Relative = pipe.args.Has("relative")
	return &set, nil
}

// compare compares with a committed configuration: the running one, or
// rollback N. What is only here has a +, what is only there a -.
func compare(s *Session, pipe *call, c *configuration) (op.Result, error) {
	from := s.env.Store.Running().Tree
	if pipe.args.Has("rollback") {
		t, _, err := s.env.Store.Rollback(pipe.args.Int("rollback", 0))
		if err != nil {
			return nil, err
		}
		from = t
	}
	return s.comparison(from, c.tree, c.at), nil
}

// comparison is the answer of `| compare`.
type comparison struct {
	from, to *configtree.Tree
	at       configtree.Path
}

// comparison compares what the user may see of two trees.
func (s *Session) comparison(from, to *configtree.Tree, at configtree.Path) *comparison {
	from, to = s.visible(from), s.visible(to)
	if !s.may("secret") {
		from, to = masked(from, nil), masked(to, from)
	}
	return &comparison{from: from, to: to, at: at}
}

// WriteText implements op.Result.
func (c *comparison) WriteText(w io.Writer) error { return format.Compare(w, c.from, c.to, c.at) }

// showCandidate shows the candidate at or below the level.
func showCandidate(_ context.Context, s *Session, c *call) error {
	path := c.relative
	if c.given {
		path = c.path.Path
	}
	header := ""
	switch {
	case len(path) > 0:
	case s.mode.candidate.Dirty():
		header = "## Last changed: " + op.Stamp(s.env.Now()) + "\n"
	default:
		header = s.header(s.env.Store.Running().Meta)
	}
	c.out.res = s.shown(s.mode.candidate.Tree(), path, header)
	return nil
}

// showRunning shows the running configuration.
func showRunning(_ context.Context, s *Session, c *call) error {
	running := s.env.Store.Running()
	if len(c.path.Path) > 0 {
		c.out.res = s.shown(running.Tree, c.path.Path, "")
	} else {
		c.out.res = s.shown(running.Tree, nil, s.header(running.Meta))
	}
	return nil
}

// showRollback is `show system rollback N [compare M]`: M is the newer side.
func showRollback(_ context.Context, s *Session, c *call) error {
	t, m, err := s.env.Store.Rollback(c.args.Int("number", 0))
	if err != nil {
		return err
	}
	if !c.args.Has("compare") {
		c.out.res = s.shown(t, nil, s.header(m))
		return nil
	}
	to, _, err := s.env.Store.Rollback(c.args.Int("compare", 0))
	if err != nil {
		return err
	}
	c.out.res = s.comparison(t, to, nil)
	return nil
}

// header is the remark over a whole configuration.
func (s *Session) header(m store.Meta) string {
	return fmt.Sprintf("## Last commit: %s by %s\n", op.Stamp(m.Time.In(s.env.Now().Location())), m.User)
}

// showRescue shows the rescue configuration.
func showRescue(_ context.Context, s *Session, c *call) error {
	t, m, err := s.env.Store.Rescue()
	if err == nil {
		c.out.res = s.shown(t, nil, s.header(m))
	}
	return err
}
