package configtree

import (
	"slices"

	"loggia/configtree/schema"
)

// rules is what Check wants to know about a schema beforehand.
type rules struct {
	// outside lists, for each statement, the places outside of it on which a
	// constraint of it or of a statement below depends: it has to be checked
	// again when one of them changed, though it did not itself.
	outside map[*schema.Node][]place
}

// place is a statement in whatever instance of its parent is on the way.
type place struct{ parent, child *schema.Node }

func newRules(root *schema.Node) *rules {
	r := &rules{outside: make(map[*schema.Node][]place)}
	r.collect(root)
	return r
}

func (r *rules) collect(n *schema.Node) {
	for _, m := range n.Musts {
		eachPath(m.Test, func(p schema.MustPath) { r.depend(n, p) })
	}
	for _, c := range n.Children {
		if c.Groups == schema.DefinesGroups {
			continue // nothing is constrained in a group
		}
		r.collect(c)
	}
}

// depend notes that n has a constraint about the place at p.
func (r *rules) depend(n *schema.Node, p schema.MustPath) {
	if p.Up == 0 || len(p.Names) == 0 {
		return
	}
	top := n
	for range p.Up {
		if top = top.Parent; top == nil {
			return
		}
	}
	at := place{top, top.Child(p.Names[0])}
	for ; n != top; n = n.Parent {
		if !slices.Contains(r.outside[n], at) {
			r.outside[n] = append(r.outside[n], at)
		}
	}
}

func eachPath(t schema.Test, visit func(schema.MustPath)) {
	switch t := t.(type) {
	case schema.And:
		for _, t := range t {
			eachPath(t, visit)
		}
	case schema.Or:
		for _, t := range t {
			eachPath(t, visit)
		}
	case schema.Not:
		eachPath(t.Test, visit)
	case schema.Exists:
		visit(t.Path)
	case schema.Compare:
		visit(t.Path)
	}
}

// holds evaluates a constraint in the context of n.
func holds(t schema.Test, n Node) bool {
	switch t := t.(type) {
	case schema.And:
		for _, t := range t {
			if !holds(t, n) {
				return false
			}
		}
		return true
	case schema.Or:
		return slices.ContainsFunc(t, func(t schema.Test) bool { return holds(t, n) })
	case schema.Not:
		return !holds(t.Test, n)
	case schema.Exists:
		return anyAt(n, t.Path, func(Node) bool { return true })
	case schema.Compare:
		return anyAt(n, t.Path, func(n Node) bool { return (n.Value() == t.Literal) != t.Unequal })
	}
	panic("configtree: a kind of test that is not evaluated")
}

// anyAt reports whether one of the nodes at p passes. As in XPath, a name that
// is a list stands for each of its entries.
func anyAt(n Node, p schema.MustPath, pass func(Node) bool) bool {
	for range p.Up {
		n = n.Parent()
	}
	return n.Valid() && anyBelow(n, p.Names, pass)
}

func anyBelow(n Node, names []string, pass func(Node) bool) bool {
	if len(names) == 0 {
		return pass(n)
	}
	if c := n.Child(names[0]); c.Valid() {
		return anyBelow(c, names[1:], pass)
	}
	for e := range n.Entries(names[0]) {
		if anyBelow(e, names[1:], pass) {
			return true
		}
	}
	return false
}
