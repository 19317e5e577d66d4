package configtree

import (
	"fmt"

	"loggia/configtree/schema"
)

// origin is the group that a statement was inherited from. All statements that
// one expansion inherits from a group share one.
type origin struct{ group string }

// source is a statement of a group where the group applies: contents that the
// statement in the same place of the hierarchy inherits.
type source struct {
	from *origin
	n    *node
}

// context is what applies at a place, in order of precedence. A group is there
// several times where several of its wildcards match.
type context []source

// equal reports whether the same is to be inherited from both.
func (c context) equal(d context) bool {
	if len(c) != len(d) {
		return false
	}
	for i := range c {
		if c[i].from.group != d[i].from.group || c[i].n.hash != d[i].n.hash {
			return false
		}
	}
	return true
}

// slotFor returns the slot of a group's statement that stands for s, or nil.
func (n *node) slotFor(s *schema.Node) *slot {
	for i := range n.slots {
		if n.slots[i].schema.Origin == s {
			return &n.slots[i]
		}
	}
	return nil
}

// child returns the context of the container or leaf s below c's place.
func (c context) child(s *schema.Node) context {
	var below context
	for _, src := range c {
		if sl := src.n.slotFor(s); sl != nil {
			below = append(below, source{src.from, sl.one})
		}
	}
	return below
}

// listSource is a list, or leaf-list, of a group.
type listSource struct {
	from *origin
	list *list
}

// lists returns what of the list s there is to inherit.
func (c context) lists(s *schema.Node) []listSource {
	var below []listSource
	for _, src := range c {
		if sl := src.n.slotFor(s); sl != nil {
			below = append(below, listSource{src.from, sl.many})
		}
	}
	return below
}

func sameLists(a, b []listSource) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].from.group != b[i].from.group || a[i].list.display().hash != b[i].list.display().hash {
			return false
		}
	}
	return true
}

// spot is where in the hierarchy an expansion is, as the way back to the root.
type spot struct {
	step Step
	up   *spot
}

// groups are the definitions in one tree.
type groups struct{ list *list }

// definitions returns the groups of a tree.
func definitions(root *node) groups {
	for _, sl := range root.slots {
		if sl.schema.Groups == schema.DefinesGroups {
			return groups{sl.many}
		}
	}
	return groups{}
}

func (g groups) get(name string) *node {
	if g.list == nil {
		return nil
	}
	return g.list.get(name)
}

func (g groups) equal(h groups) bool {
	switch {
	case g.list == nil || h.list == nil:
		return g.list == h.list
	}
	return g.list.display().hash == h.list.display().hash
}

// names returns the groups that n applies or excepts itself.
func (n *node) names(role schema.GroupsRole) []string {
	if n.has&hasApplied == 0 {
		return nil
	}
	var names []string
	for _, sl := range n.slots {
		if sl.schema.Groups == role {
			sl.many.display().each(func(e *node) bool {
				names = append(names, e.text)
				return true
			})
		}
	}
	return names
}

// keep reports whether every group of h is there in g too.
func (g groups) keep(h groups) bool {
	return h.list == nil || g.list != nil && sameOrder(h.list, g.list)
}

// names is the search for names of groups that do not exist.
type names struct {
	defined groups
	report  func(Path, string)
}

// check goes through the parts below n that name groups and that differ from
// was, which passed before, if it is not nil.
func (c *names) check(n Node, was *node) {
	if n.n.has&hasApplied == 0 || was != nil && was.hash == n.n.hash {
		return
	}
	up := n.below()
	for _, sl := range n.n.slots {
		old := was.slotIn(sl.schema)
		switch r := sl.schema.Groups; {
		case r == schema.AppliesGroups || r == schema.ExceptsGroups:
			sl.many.display().each(func(e *node) bool {
				if c.defined.get(e.text) == nil {
					c.report(Node{e, up}.Path(), fmt.Sprintf("Group '%s' is not defined", e.text))
				}
				return true
			})
		case sl.one != nil:
			c.check(Node{sl.one, up}, old.one)
		case old.many == nil:
			sl.many.display().eachWith(hasApplied, func(e *node) { c.check(Node{e, up}, nil) })
		default:
			for _, key := range touched(old.many, sl.many, equalParts) {
				if e := sl.many.get(key); e != nil {
					c.check(Node{e, up}, old.many.get(key))
				}
			}
		}
	}
}
