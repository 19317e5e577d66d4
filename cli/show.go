package cli

import (
	"context"
	"io"

	"loggia/configtree"
	"loggia/configtree/format"
	"loggia/op"
)

// configuration is the answer of `show configuration` and its kin: a part of a
// tree, in the form that the pipes ask for.
type configuration struct {
	tree    *configtree.Tree
	at      configtree.Path
	options format.Options
}

func (s *Session) shown(t *configtree.Tree, at configtree.Path, header string) *configuration {
	return &configuration{tree: t, at: at, options: format.Options{Header: header, Mask: !s.may("secret")}}
}

// WriteText implements op.Result.
func (c *configuration) WriteText(w io.Writer) error {
	node := c.tree.Root()
	if len(c.at) > 0 {
		var ok bool
		if node, ok = c.tree.At(c.at); !ok {
			return nil
		}
	}
	return format.Write(w, node, c.options)
}

// display implements shower.
func (c *configuration) display(s *Session, pipe *call) (op.Result, error) {
	if pipe.verb.Words == "compare" {
		return c.compare(s, pipe)
	}
	set := *c
	set.options.Syntax = format.SetLines
	set.options.Relative = pipe.args.Has("relative")
	return &set, nil
}

// compare compares with a committed configuration: the running one, or
// rollback N. What is only here has a +, what is only there a -.
func (c *configuration) compare(s *Session, pipe *call) (op.Result, error) {
	if c.options.Syntax != format.Text {
		return nil, errSetCompare
	}
	from := s.env.Store.Running().Tree
	if pipe.args.Has("rollback") {
		t, _, err := s.env.Store.Rollback(pipe.args.Int("rollback", 0))
		if err != nil {
			return nil, err
		}
		from = t
	}
	return &comparison{from: from, to: c.tree, at: c.at}, nil
}

// comparison is the answer of `| compare`.
type comparison struct {
	from, to *configtree.Tree
	at       configtree.Path
}

// WriteText implements op.Result.
func (c *comparison) WriteText(w io.Writer) error { return format.Compare(w, c.from, c.to, c.at) }

const errSetCompare = printed("error: compare works on the text form: leave out display set")

// showRollback is `show system rollback N [compare M]`: M is the newer side.
func showRollback(_ context.Context, s *Session, c *call) error {
	t, m, err := s.env.Store.Rollback(c.args.Int("number", 0))
	if err != nil {
		return err
	}
	if !c.args.Has("compare") {
		c.out.res = s.shown(t, nil, commitHeader(s, m))
		return nil
	}
	to, _, err := s.env.Store.Rollback(c.args.Int("compare", 0))
	if err != nil {
		return err
	}
	c.out.res = &comparison{from: t, to: to}
	return nil
}
