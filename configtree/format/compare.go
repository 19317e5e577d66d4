package format

import (
	"io"
	"slices"
	"strings"

	"loggia/configtree"
	"loggia/configtree/schema"
)

// Compare prints what distinguishes to from from at and below the level at, in the form of
// `show | compare`; nothing when they are equal:
//
//	[edit system]
//	-  host-name gate;
//	+  host-name gate1;
//	[edit system syslog]
//	     host 172.22.0.4 { ... }
//	+    host 172.22.0.3 {
//	+        any any;
//	+    }
//
// A header names the deepest level that both have; it is repeated whenever the level
// changes and before an entry that shows its predecessor. `+` is in to alone, `-` in from alone, `!` has
// moved or became active, inactive, protected or unprotected, a blank is context: the statement that a comment belongs to, or the entry
// behind which the next one stands. An entry that has moved or is new without context is the first, or
// stands behind the one printed before it. What follows the marker is indented by the
// depth of the header plus one when the first statement of the block is a leaf, plus two when it
// has or may have contents, as Junos does. Secrets keep their remark. When the
// level at itself is new or gone, its uppermost new or removed ancestor is shown.
func Compare(w io.Writer, from, to *configtree.Tree, at configtree.Path) error {
	return compared(w, from, to, at, false)
}

// CompareMasked is Compare for who may not see secrets: they are shown as
// /* SECRET-DATA */, as Options.Mask has it, before and after a change alike. The
// output can then not be loaded, where it has one.
func CompareMasked(w io.Writer, from, to *configtree.Tree, at configtree.Path) error {
	return compared(w, from, to, at, true)
}

func compared(w io.Writer, from, to *configtree.Tree, at configtree.Path, mask bool) error {
	changes := configtree.DiffAt(from, to, at)
	c := &comparison{textWriter: textWriter{sink: &sink{w: w}, mask: mask}, from: from, to: to}
	for len(changes) > 0 && c.err == nil {
		n := c.together(changes)
		c.show(changes[:n])
		changes = changes[n:]
	}
	return c.flush()
}

// comparison prints changes.
type comparison struct {
	textWriter
	from, to *configtree.Tree

	// The block being printed.
	open  bool
	level configtree.Path
	group *schema.Node // the level is inside the braces of this homogeneous list
	pad   string

	before predecessors
	moved  configtree.Path // the entry just printed, if it has moved
}

// predecessors knows which entry comes before which in the list asked for last.
type predecessors struct {
	parent configtree.Hash
	path   configtree.Path
	list   *schema.Node
	of     map[string]configtree.Node
}

// together returns how many changes at the head are printed as one: all elements of
// a leaf-list, the entries that make a homogeneous list come or go, what happens to a leaf that has
// another value, the leaves of a choice.
func (c *comparison) together(changes []configtree.Change) int {
	first := changes[0]
	s := first.Path.Last().Node
	same := func(next configtree.Change) bool {
		l := next.Path.Last().Node
		switch {
		case s.Kind == schema.LeafList:
			return l == s
		case s.Homogeneous:
			return l == s && next.Kind == first.Kind && !c.grouping(first)
		case s.Kind == schema.Leaf:
			return l == s || s.Choice != "" && l.Kind == schema.Leaf && l.Choice == s.Choice
		}
		return false
	}
	parent := first.Path.Parent()
	n := 1
	for n < len(changes) && same(changes[n]) && changes[n].Path.Parent().Equal(parent) {
		n++
	}
	return n
}

// grouping reports whether both trees have entries in the homogeneous list that the change
// is about, so that it takes place inside the braces.
func (c *comparison) grouping(change configtree.Change) bool {
	s := change.Path.Last().Node
	if !s.Homogeneous {
		return false
	}
	old, inOld := c.from.At(change.Path.Parent())
	now, inNew := c.to.At(change.Path.Parent())
	return inOld && inNew && old.Len(s.Name) > 0 && now.Len(s.Name) > 0
}

// show prints changes that belong together.
func (c *comparison) show(changes []configtree.Change) {
	moved := c.moved
	c.moved = nil
	switch s := changes[0].Path.Last().Node; {
	case s.Kind == schema.LeafList:
		c.leafList(changes[0])
	case s.Kind == schema.Leaf:
		c.leaves(changes)
	case changes[0].Kind == configtree.Moved:
		c.move(changes[0], moved)
	default:
		c.entries(changes)
	}
}

// block makes sure that the header of the change's level stands above what follows.
func (c *comparison) block(change configtree.Change, again bool) {
	level, last := change.Path.Parent(), change.Path.Last().Node
	var group *schema.Node
	if c.grouping(change) {
		group = last
	}
	if c.open && !again && c.group == group && c.level.Equal(level) {
		return
	}
	c.open, c.level, c.group, c.grouped = true, level, group, group
	header, depth := level, len(level)
	if group != nil {
		header, depth = level.Append(configtree.Step{Node: group}), depth+1
	}
	c.buf = append(c.buf, c.banner(header)...)
	c.line()
	depth++
	if last.Kind == schema.Container || last.Kind == schema.List {
		depth++
	}
	c.pad = strings.Repeat(" ", depth)
}

// banner is the header of a level, in which a key can be secret.
func (c *comparison) banner(level configtree.Path) string {
	if c.mask {
		return level.MaskedBanner()
	}
	return level.Banner()
}

// mark says what the lines that follow are.
func (c *comparison) mark(marker string) { c.margin = marker + c.pad }

// leafList prints all values before and all values after.
func (c *comparison) leafList(change configtree.Change) {
	c.block(change, false)
	name, parent := change.Path.Last().Node.Name, change.Path.Parent()
	if n, ok := c.from.At(parent); ok {
		c.mark("-")
		c.textWriter.statements(n.Entries(name), 0)
	}
	if n, ok := c.to.At(parent); ok {
		c.mark("+")
		c.textWriter.statements(n.Entries(name), 0)
	}
}

// leaves prints the changes of a leaf, or of the leaves of a choice: what went before
// what came.
func (c *comparison) leaves(changes []configtree.Change) {
	c.block(changes[0], false)
	replaced := func(leaf configtree.Change) bool { // then its lines say all of it
		return slices.ContainsFunc(changes, func(x configtree.Change) bool {
			return x.Kind == configtree.Modified && x.Path.Equal(leaf.Path)
		})
	}
	for _, x := range changes {
		switch x.Kind {
		case configtree.Removed:
			c.mark("-")
			c.statement(x.Old, 0)
		case configtree.Modified:
			c.mark("-")
			c.renewed(x.Old, x)
		}
	}
	for _, x := range changes {
		switch x.Kind {
		case configtree.Added:
			c.mark("+")
			c.statement(x.New, 0)
		case configtree.Modified:
			c.mark("+")
			c.renewed(x.New, x)
		case configtree.Activated, configtree.Deactivated:
			if !replaced(x) {
				c.marked(x)
			}
		case configtree.BecameProtected, configtree.BecameUnprotected:
			c.marked(x)
		case configtree.Commented:
			if !replaced(x) {
				c.commented(x)
			}
		}
	}
}

// renewed prints one side of a leaf that has another value, behind its annotation if that is another too.
func (c *comparison) renewed(n configtree.Node, x configtree.Change) {
	if x.Old.Comment() != x.New.Comment() {
		c.comment(n.Comment(), 0)
	}
	c.collapsed(n, activity(n.Inactive()))
}

// activity is what stands before an inactive statement.
func activity(inactive bool) string {
	if inactive {
		return "inactive: "
	}
	return ""
}

// entries prints changes of one kind to containers and list entries.
func (c *comparison) entries(changes []configtree.Change) {
	first := changes[0]
	switch first.Kind {
	case configtree.Added:
		if before, ok := c.context(first); ok {
			c.block(first, true)
			c.mark(" ")
			c.collapsed(before, "")
		}
		c.block(first, false)
		c.mark("+")
	case configtree.Removed:
		c.block(first, false)
		c.mark("-")
	case configtree.Commented:
		c.block(first, false)
		c.commented(first)
		return
	default:
		c.block(first, false)
		c.marked(first)
		return
	}
	if c.group != nil || !first.Path.Last().Node.Homogeneous {
		for _, x := range changes {
			c.statement(present(x), 0)
		}
		return
	}
	c.textWriter.statements(func(yield func(configtree.Node) bool) {
		for _, x := range changes {
			if !yield(present(x)) {
				return
			}
		}
	}, 0)
}

// present returns the node of a change: as it is, or as it was when it is gone.
func present(x configtree.Change) configtree.Node {
	if x.New.Valid() {
		return x.New
	}
	return x.Old
}

// marked prints a statement of which something else is said than before.
func (c *comparison) marked(x configtree.Change) {
	c.mark("!")
	switch x.Kind {
	case configtree.Activated:
		c.collapsed(x.New, "active: ")
	case configtree.Deactivated:
		c.collapsed(x.New, "inactive: ")
	case configtree.BecameProtected:
		c.collapsed(x.New, "protect: ")
	case configtree.BecameUnprotected:
		c.collapsed(x.New, "unprotect: ")
	}
}

// move prints an entry that has another place. The one before it stands above, unless it has just been printed.
// Without tags: they would say that it became inactive.
func (c *comparison) move(x configtree.Change, last configtree.Path) {
	before := c.before.get(x)
	_, old := c.from.At(x.Path.Parent().Append(configtree.Step{Node: x.Path.Last().Node, Key: before.Key()}))
	if before.Valid() && old && !before.Path().Equal(last) {
		c.block(x, true)
		c.mark(" ")
		c.collapsed(before, "")
	}
	c.block(x, false)
	c.mark("!")
	c.collapsed(x.New, "")
	c.moved = x.Path
}

// commented prints a change of an annotation, and what it belongs to.
func (c *comparison) commented(x configtree.Change) {
	c.mark("-")
	c.comment(x.Old.Comment(), 0)
	c.mark("+")
	c.comment(x.New.Comment(), 0)
	c.mark(" ")
	c.collapsed(x.New, activity(x.New.Inactive()))
}

// context returns the entry that a new one of a user-ordered list stands behind, unless that
// is new too: then it has just been printed.
func (c *comparison) context(x configtree.Change) (configtree.Node, bool) {
	s := x.Path.Last().Node
	if s.Kind != schema.List || !s.UserOrdered {
		return configtree.Node{}, false
	}
	before := c.before.get(x)
	if !before.Valid() {
		return before, false
	}
	_, old := c.from.At(x.Path.Parent().Append(configtree.Step{Node: s, Key: before.Key()}))
	return before, old
}

func (p *predecessors) get(x configtree.Change) configtree.Node {
	parent, s := x.New.Parent(), x.Path.Last().Node
	if p.list != s || p.parent != parent.Hash() || !p.path.Equal(x.Path.Parent()) {
		*p = predecessors{parent: parent.Hash(), path: x.Path.Parent(), list: s, of: make(map[string]configtree.Node)}
		var last configtree.Node
		for n := range parent.Entries(s.Name) {
			p.of[n.Key()] = last
			last = n
		}
	}
	return p.of[x.Path.Last().Key]
}
