package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"

	"loggia/configtree"
	"loggia/configtree/format"
	"loggia/configtree/store"
	"loggia/op"
)

// displayVerbs are the pipes that show configuration in another form.
func displayVerbs() []*verb {
	rollbacks := rollbackNumber(false)
	rollbacks.Name, rollbacks.Kind, rollbacks.Help = "rollback", op.Option, "A committed configuration"
	flag := func(name, help string) op.Param { return op.Param{Name: name, Kind: op.Flag, Help: help} }
	v := func(words, help string, display func(*Session, *call, *configuration) (op.Result, error), params ...op.Param) *verb {
		return &verb{Grammar: op.Grammar{Words: words, Help: help, Params: params}, display: display}
	}
	inheritance := v("display inheritance", "Show also what groups give, and which", displayInheritance,
		flag("no-comments", "Without the remarks"), flag("brief", "With short remarks"), flag("terse", "With short remarks"), flag("defaults", "With the defaults of what is not configured, too"))
	inheritance.shows = true
	changed := v("display changed", "Mark what has changed since the last commit (XML only)", displayChanged)
	omit := v("display omit", "Show also the levels that have apply-flags omit", displayOmit)
	depth := v("display max-depth", "Leave out what is deeper, as { ... }", displayMaxDepth,
		op.Param{Name: "levels", Help: "How many levels to show", Required: true, Type: numberType(1, 64)})
	changed.shows, omit.shows, depth.shows = true, true, true
	return []*verb{
		inheritance,
		changed,
		omit,
		depth,
		v("display detail", "Explain each statement where it stands", displayDetail),
		v("display set", "Show configuration as set commands", displaySet,
			flag("relative", "Without the path that was asked for"), flag("explicit", "With a line for every level")),
		v("display xml", "Show configuration as XML", displayXML, rpcFlag()),
		v("display json", "Show configuration as JSON", displayJSON),
		v("display blame", "Show who committed each statement, and when", displayBlame),
		v("compare", "Show what differs from a committed configuration", compare, rollbacks,
			flag("rescue", "The rescue configuration"), op.Param{Name: "filename", Help: "File with a configuration", Names: op.FileNames}),
	}
}

func displaySet(_ *Session, pipe *call, c *configuration) (op.Result, error) {
	set := *c
	set.options.Syntax = format.SetLines
	set.options.Relative = pipe.args.Has("relative")
	set.options.Explicit = pipe.args.Has("explicit")
	return &set, nil
}

// displayXML shows the reply that an XML client would get (junos-cli §4.3).
func displayXML(s *Session, _ *call, c *configuration) (op.Result, error) {
	x := *c
	x.options.Syntax, x.options.Indent, x.options.Attributes, x.options.Header = format.XML, 4, c.about, ""
	x.wrapper = s.replyAround()
	return &x, nil
}

func displayJSON(_ *Session, _ *call, c *configuration) (op.Result, error) {
	j := *c
	j.options.Syntax, j.options.Attributes, j.options.Header = format.JSON, c.about, ""
	return &j, nil
}

func displayInheritance(s *Session, pipe *call, c *configuration) (op.Result, error) {
	i := *c
	i.inherits, i.options.Inheritance = true, format.Told
	switch {
	case pipe.args.Has("no-comments"):
		i.options.Inheritance = format.Untold
	case pipe.args.Has("brief"), pipe.args.Has("terse"):
		i.options.Inheritance = format.Brief
	}
	if pipe.args.Has("defaults") {
		i.defaults = func(p configtree.Path) bool { return s.sees(p, "") }
	}
	return &i, nil
}

// displayChanged marks what the last commit did not have (junos-cli §5): of the candidate what is not
// in the running configuration, of a committed one what is not in the one before.
func displayChanged(s *Session, _ *call, c *configuration) (op.Result, error) {
	marked := *c
	before, err := c.before()
	if err != nil {
		return nil, err
	}
	marked.since = s.class.View(before)
	return &marked, nil
}

// displayOmit shows also what says `apply-flags omit`. Programs that keep copies of configurations ask
// for it.
func displayOmit(_ *Session, _ *call, c *configuration) (op.Result, error) {
	o := *c
	o.options.Omit = false
	return &o, nil
}

// displayMaxDepth shows the upper levels.
func displayMaxDepth(_ *Session, pipe *call, c *configuration) (op.Result, error) {
	d := *c
	d.options.MaxDepth = pipe.args.Int("levels", 0)
	return &d, nil
}

// displayDetail explains each statement in a remark.
func displayDetail(_ *Session, _ *call, c *configuration) (op.Result, error) {
	d := *c
	d.options.Detail = true
	return &d, nil
}

// compare compares with another configuration: the running one, rollback N,
// the rescue configuration, or one in a file. What is only here has a +, what is
// only there a -.
func compare(s *Session, pipe *call, c *configuration) (op.Result, error) {
	from := s.env.Store.Running().Tree
	var err error
	switch {
	case pipe.args.Has("rollback"):
		from, _, err = s.env.Store.Rollback(pipe.args.Int("rollback", 0))
	case pipe.args.Has("rescue"):
		from, _, err = s.env.Store.Rescue()
	case pipe.args.Has("filename"):
		from, err = s.readTree(pipe.args["filename"])
	}
	if err != nil {
		return nil, err
	}
	return s.comparison(from, c.tree, c.at), nil
}

// readTree reads a whole configuration from a file.
func (s *Session) readTree(name string) (*configtree.Tree, error) {
	f, err := s.env.Files.Open(name)
	if err != nil {
		return nil, err
	}
	in := unmarked(&limitedReader{ctx: context.Background(), r: f, left: maxLoad})
	empty := configtree.New(s.schema())
	batch := empty.Batch()
	for e, p := range format.ReadOnto(in, name, nil, trialSyntax(in), empty) {
		if p == nil {
			errors.As(batch.Apply(e), &p)
		}
		if p != nil && !p.Warning {
			return nil, errors.Join(p, f.Close())
		}
	}
	return batch.Tree(), f.Close()
}

// blamed is a configuration as set lines, each behind the commit that made it.
type blamed struct {
	c       *configuration
	s       *Session
	blame   *store.Blame
	running *configtree.Tree
}

func displayBlame(s *Session, _ *call, c *configuration) (op.Result, error) {
	b, err := s.env.Store.Blame(context.Background(), 0)
	if err != nil {
		return nil, err
	}
	return &blamed{c, s, b, s.env.Store.Running().Tree}, nil
}

// widestBlame bounds the column of commits: a longer comment moves its statement.
const widestBlame = 60

// WriteText implements op.Result.
func (b *blamed) WriteText(w io.Writer) error {
	var nodes []configtree.Node
	var each func(n configtree.Node)
	each = func(n configtree.Node) {
		inner := false
		for c := range n.Children() {
			inner = true
			each(c)
		}
		if !inner && n.Schema().Parent != nil {
			nodes = append(nodes, n)
		}
	}
	for n := range reached(b.c.tree, b.c.at) {
		each(n)
	}
	said, width := make([]string, len(nodes)), 0
	for i, n := range nodes {
		said[i] = b.of(n)
		width = max(width, min(widestBlame, len(said[i])))
	}
	o := b.c.options
	o.Syntax, o.Header = format.SetLines, ""
	out := bufio.NewWriter(w)
	for i, n := range nodes {
		if _, err := fmt.Fprintf(out, "%-*s  ", width, said[i]); err != nil {
			return err
		}
		if err := format.WriteStatements(out, func(yield func(configtree.Node) bool) { yield(n) }, o); err != nil {
			return err
		}
	}
	return out.Flush()
}

// of says who made a statement what it is, when, and why.
func (b *blamed) of(n configtree.Node) string {
	if was, ok := b.running.At(n.Path()); !ok || was.Hash() != n.Hash() {
		return "not committed"
	}
	m, known := b.blame.Of(n.Path())
	text := fmt.Sprintf("%d %s %s", m.Revision, op.Stamp(m.Time.In(b.s.env.Now().Location())), m.User)
	switch {
	case !known:
		return "before " + text
	case m.Comment != "":
		return text + " (" + m.Comment + ")"
	}
	return text
}
