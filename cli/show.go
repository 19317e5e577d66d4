package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"

	"loggia/configtree"
	"loggia/configtree/format"
	"loggia/configtree/schema"
	"loggia/configtree/store"
	"loggia/op"
)

// configuration is the answer of `show configuration` and its kin: what the
// user may see of a tree, from a level down, in the form that the pipes ask for.
type configuration struct {
	tree     *configtree.Tree
	at       configtree.Path
	options  format.Options
	about    []format.Attribute         // of the whole, for XML and JSON
	inherits bool                       // with what groups give
	defaults func(configtree.Path) bool // and with the defaults of what this lets pass; nil: without
	wrapper  [2]string                  // around it
	since    *configtree.Tree           // what has changed against it is marked; nil for no marks

	before func() (*configtree.Tree, error) // the configuration that it came after
}

func (s *Session) shown(t *configtree.Tree, at configtree.Path, header string) *configuration {
	return &configuration{tree: s.class.View(t), at: at, options: format.Options{Header: header, Version: s.env.Product.Junos, Mask: !s.may("secret"), Omit: true}}
}

// WriteText implements op.Result. What is not there prints nothing.
func (c *configuration) WriteText(w io.Writer) error {
	if _, err := io.WriteString(w, c.wrapper[0]); err != nil {
		return err
	}
	if err := c.write(w); err != nil {
		return err
	}
	_, err := io.WriteString(w, c.wrapper[1])
	return err
}

func (c *configuration) write(w io.Writer) error {
	var from source = c.tree
	if c.since != nil {
		c.options.Since = c.since
	}
	if c.inherits {
		holds := func(t *configtree.Tree) *configtree.Effective {
			if c.defaults == nil {
				return t.Expand()
			}
			return t.Expand().WithDefaults(c.defaults)
		}
		from = holds(c.tree)
		if c.since != nil {
			c.options.Since = holds(c.since)
		}
	}
	if c.options.Header == "" {
		c.options.Header = markedAbove(from, c.at, c.options.Mask)
	}
	last := c.at.Last()
	if last.Node != nil && last.Key == "" && (last.Node.Kind == schema.List || last.Node.Kind == schema.LeafList) {
		parent, ok := at(from, c.at.Parent())
		if !ok {
			return nil
		}
		return format.WriteList(w, parent.Entries(last.Node.Name), c.options)
	}
	n, ok := at(from, c.at)
	if !ok {
		return nil
	}
	return format.Write(w, n, c.options)
}

// markedAbove is the remark over what is shown when it, or something that it is
// part of, is inactive or protected: the mark itself is not on the screen.
func markedAbove(from source, p configtree.Path, mask bool) string {
	var marks strings.Builder
	name := configtree.Path.String
	if mask {
		name = configtree.Path.Masked
	}
	for i := range p {
		n, ok := from.At(p[:i+1])
		if !ok || n.Schema().Kind == schema.Leaf || n.Schema().Kind == schema.LeafList { // shown with its mark
			break
		}
		if n.Inactive() {
			marks.WriteString("## inactive: " + name(p[:i+1]) + "\n")
		}
		if n.Protected() {
			marks.WriteString("## protect: " + name(p[:i+1]) + "\n")
		}
	}
	if marks.Len() == 0 {
		return ""
	}
	return "##\n" + marks.String() + "##\n"
}

// reached yields what a path leads to: a statement, or the elements of a list.
func reached(from source, p configtree.Path) iter.Seq[configtree.Node] {
	return func(yield func(configtree.Node) bool) {
		if last := p.Last(); last.Node != nil && last.Key == "" && (last.Node.Kind == schema.List || last.Node.Kind == schema.LeafList) {
			if parent, ok := at(from, p.Parent()); ok {
				parent.Entries(last.Node.Name)(yield)
			}
			return
		}
		if n, ok := at(from, p); ok {
			yield(n)
		}
	}
}

// source is what a configuration is shown from: what was typed, or what holds.
type source interface {
	Root() configtree.Node
	At(configtree.Path) (configtree.Node, bool)
}

// at is Tree.At for the root as well.
func at(t source, p configtree.Path) (configtree.Node, bool) {
	if len(p) == 0 {
		return t.Root(), true
	}
	return t.At(p)
}

// comparison is the answer of `| compare`.
type comparison struct {
	class    *op.Class
	from, to *configtree.Tree
	at       configtree.Path
}

// comparison compares what the user may see of two trees.
func (s *Session) comparison(from, to *configtree.Tree, at configtree.Path) *comparison {
	return &comparison{class: s.class, from: from, to: to, at: at}
}

// WriteText implements op.Result.
func (c *comparison) WriteText(w io.Writer) error { return c.class.Compare(w, c.from, c.to, c.at) }

// showCandidate shows the candidate at or below the level.
func showCandidate(_ context.Context, s *Session, c *call) error {
	path := c.relative
	if c.given {
		path = c.path.Path
	}
	header, about := s.header(s.env.Store.Running().Meta), s.committedBy(s.env.Store.Running().Meta)
	if s.mode.candidate.Dirty() {
		now := s.env.Now()
		header = "## Last changed: " + op.Stamp(now) + "\n"
		about = []format.Attribute{{Name: "junos:changed-seconds", Value: strconv.FormatInt(now.Unix(), 10)},
			{Name: "junos:changed-localtime", Value: op.Stamp(now)}}
	}
	if len(path) > 0 {
		header = ""
	}
	shown := s.shown(s.mode.candidate.Tree(), path, header)
	shown.about = about
	shown.before = func() (*configtree.Tree, error) { return s.env.Store.Running().Tree, nil }
	c.out.res = shown
	return nil
}

// committed returns a commit by its rollback number; before the first there was nothing.
func (s *Session) committed(n int) func() (*configtree.Tree, error) {
	return func() (*configtree.Tree, error) {
		t, _, err := s.env.Store.Rollback(n)
		if errors.Is(err, store.ErrNoRollback) {
			return configtree.New(s.schema()), nil
		}
		return t, err
	}
}

// showRunning shows the running configuration.
func showRunning(_ context.Context, s *Session, c *call) error {
	running := s.env.Store.Running()
	header := s.header(running.Meta)
	if len(c.path.Path) > 0 {
		header = ""
	}
	shown := s.shown(running.Tree, c.path.Path, header)
	shown.about, shown.before = s.committedBy(running.Meta), s.committed(1)
	c.out.res = shown
	return nil
}

// committedBy tells XML and JSON about a commit.
func (s *Session) committedBy(m store.Meta) []format.Attribute {
	return []format.Attribute{
		{Name: "junos:commit-seconds", Value: strconv.FormatInt(m.Time.Unix(), 10)},
		{Name: "junos:commit-localtime", Value: op.Stamp(m.Time.In(s.env.Now().Location()))},
		{Name: "junos:commit-user", Value: m.User},
	}
}

// showRollback is `show system rollback N [compare M]`: M is the newer side.
func showRollback(_ context.Context, s *Session, c *call) error {
	t, m, err := s.env.Store.Rollback(c.args.Int("number", 0))
	if err != nil {
		return err
	}
	if !c.args.Has("compare") {
		shown := s.shown(t, nil, s.header(m))
		shown.about, shown.before = s.committedBy(m), s.committed(c.args.Int("number", 0)+1)
		c.out.res = shown
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
		shown := s.shown(t, nil, s.header(m))
		shown.about, shown.before = s.committedBy(m), s.committed(0)
		c.out.res = shown
	}
	return err
}
