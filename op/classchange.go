package op

import (
	"io"
	"slices"

	"loggia/configtree"
	"loggia/configtree/format"
	"loggia/configtree/schema"
)

// Refuses returns the first statement that the class may not change among those
// that make to out of from; changes is their Diff. What holds counts as well as
// what was typed: who may not change a statement cannot do it through a group.
//
// This is the rule for all ways to edit, whatever they are called.
func (c *Class) Refuses(from, to *configtree.Tree, changes []configtree.Change) (configtree.Path, bool) {
	if c.ChangesAll() {
		return nil, false
	}
	if p, refused := c.refusesAny(changes); refused {
		return p, true
	}
	if !grouped(from) && !grouped(to) {
		return nil, false
	}
	return c.refusesAny(configtree.DiffEffective(from.Expand(), to.Expand()))
}

// grouped reports whether a configuration has groups.
func grouped(t *configtree.Tree) bool {
	for n := range t.Root().Children() {
		if n.Schema().Groups == schema.DefinesGroups {
			return true
		}
	}
	return false
}

func (c *Class) refusesAny(changes []configtree.Change) (configtree.Path, bool) {
	for i := range changes {
		if p, refused := c.refuses(&changes[i]); refused {
			return p, true
		}
	}
	return nil, false
}

func (c *Class) refuses(ch *configtree.Change) (configtree.Path, bool) {
	switch ch.Kind {
	case configtree.Added:
		return c.refusesIn(ch.New)
	case configtree.Removed:
		return c.refusesIn(ch.Old)
	case configtree.Modified:
		return ch.Path, !c.Changes(ch.Path, ch.New.Value()) || !c.Changes(ch.Path, ch.Old.Value())
	case configtree.Activated, configtree.Deactivated, configtree.BecameProtected, configtree.BecameUnprotected:
		if !c.Changes(ch.Path, ch.New.Value()) {
			return ch.Path, true
		}
		for _, n := range []configtree.Node{ch.Old, ch.New} { // all below is concerned
			if p, refused := c.refusesIn(n); refused {
				return p, true
			}
		}
		return nil, false
	}
	return ch.Path, !c.Changes(ch.Path, ch.New.Value()) || ch.Kind == configtree.Moved && c.refusesGroup(ch.New)
}

// refusesIn returns a statement at or below n that the class may not change. A
// level that is only there for what it contains, and has no marks, is as good
// as its contents.
func (c *Class) refusesIn(n configtree.Node) (configtree.Path, bool) {
	if !n.Valid() {
		return nil, false
	}
	if c.refusesGroup(n) {
		return n.Path(), true
	}
	marked := n.Comment() != "" || n.Inactive() || n.Protected()
	if (n.Empty() || marked || n.Schema().Presence) && !c.Changes(n.Path(), n.Value()) {
		return n.Path(), true
	}
	for child := range n.Children() {
		if p, refused := c.refusesIn(child); refused {
			return p, true
		}
	}
	return nil, false
}

// refusesGroup reports whether n applies a group, or keeps one away, that says something for
// its level that the class may not change. What is said there itself goes before the group as long
// as it stands, and so hides that from what holds.
func (c *Class) refusesGroup(n configtree.Node) bool {
	if role := n.Schema().Groups; role != schema.AppliesGroups && role != schema.ExceptsGroups {
		return false
	}
	top := n
	for top.Schema().Parent != nil {
		top = top.Parent()
	}
	for g := range top.Children() {
		if g.Schema().Groups == schema.DefinesGroups && g.Key() == n.Key() {
			return c.refusesFor(g, n.Path().Parent())
		}
	}
	return false
}

// refusesFor reports whether the class may not change something that n, in a group, has for a level.
func (c *Class) refusesFor(n configtree.Node, level configtree.Path) bool {
	for child := range n.Children() {
		switch {
		case len(level) == 0:
			if _, refused := c.refusesIn(child); refused {
				return true
			}
		case child.Schema().Name == level[0].Node.Name && c.refusesFor(child, level[1:]):
			return true
		}
	}
	return false
}

// View is what the class sees of a configuration: statements that it may not see
// are left out, unless they lead to what it may see, and then come without
// their comments.
func (c *Class) View(t *configtree.Tree) *configtree.Tree {
	if c.SeesAll() {
		return t
	}
	v := viewer{class: c, flags: map[*schema.Node]bool{}}
	var edits []configtree.Edit
	for n := range t.Root().Children() {
		if !v.keeps(n, &edits) {
			edits = append(edits, configtree.Edit{Op: configtree.Delete, Path: n.Path()})
		}
	}
	return rewritten(t, edits)
}

// viewer finds what a class may not see.
type viewer struct {
	class *Class
	flags map[*schema.Node]bool // without rules: whether all at and below the statement is seen
}

// keeps reports whether anything of n is seen, and adds what takes the rest away.
func (v *viewer) keeps(n configtree.Node, edits *[]configtree.Edit) bool {
	if v.whole(n.Schema()) {
		return true
	}
	own := v.class.Sees(n.Path(), n.Value())
	kept, hidden := own, []configtree.Edit{}
	for child := range n.Children() {
		if v.keeps(child, &hidden) {
			kept = true
			continue
		}
		hidden = append(hidden, configtree.Edit{Op: configtree.Delete, Path: child.Path()})
	}
	if !kept {
		return false
	}
	*edits = append(*edits, hidden...)
	if !own && n.Comment() != "" {
		*edits = append(*edits, configtree.Edit{Op: configtree.Annotate, Path: n.Path()})
	}
	return true
}

// whole reports whether flags alone show n and all that may be below it.
func (v *viewer) whole(n *schema.Node) bool {
	if !v.class.config.none() {
		return false
	}
	all, known := v.flags[n]
	if !known {
		all = v.class.seesBy(n) && !slices.ContainsFunc(n.Children, func(c *schema.Node) bool { return !v.whole(c) })
		v.flags[n] = all
	}
	return all
}

// Compare prints what a comparison of two configurations shows the class, at and
// below a level, in the form of `show | compare`. Secrets are hidden as in `show`:
// a leaf that has another one is there before and after, and looks the same.
func (c *Class) Compare(w io.Writer, from, to *configtree.Tree, at configtree.Path) error {
	from, to = c.View(from), c.View(to)
	if c.May("secret") {
		return format.Compare(w, from, to, at)
	}
	return format.CompareMasked(w, from, to, at)
}

// CompareXML is Compare in the form of `show | compare | display xml`, in the layout that
// the options say; of these Indent and ASCII count.
func (c *Class) CompareXML(w io.Writer, from, to *configtree.Tree, at configtree.Path, o format.Options) error {
	return format.CompareXML(w, c.View(from), c.View(to), at, format.Options{Mask: !c.May("secret"), Indent: o.Indent, ASCII: o.ASCII})
}

// rewritten makes edits in a tree that is only to be shown: statements that are
// protected do not stop them.
func rewritten(t *configtree.Tree, edits []configtree.Edit) *configtree.Tree {
	if len(edits) == 0 {
		return t
	}
	b := t.Batch()
	locked := t.Protected()
	all := make([]configtree.Edit, 0, len(locked)+len(edits))
	for _, p := range locked {
		all = append(all, configtree.Edit{Op: configtree.Unprotect, Path: p})
	}
	for _, e := range append(all, edits...) {
		if b.Apply(e) != nil {
			return configtree.New(t.Schema()) // rather nothing than too much
		}
	}
	shown := b.Tree()
	for _, p := range locked {
		if _, there := shown.At(p); there && b.Apply(configtree.Edit{Op: configtree.Protect, Path: p}) != nil {
			return configtree.New(t.Schema())
		}
	}
	return b.Tree()
}
