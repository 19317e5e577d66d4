package configtree

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"loggia/configtree/schema"
)

// plainly expands a tree in the plainest way: it looks up anew, for each place
// of the hierarchy, what groups apply there and what they have for it.
type plainly struct {
	root  Node // of a tree without anything inactive
	lines strings.Builder
	sets  []Edit
}

// inherited is a statement of a group that applies.
type inheritance struct {
	group string
	node  Node
}

// withoutInactive rebuilds a tree without what is inactive, comments and
// protection.
func withoutInactive(tree *Tree) *Tree {
	b := New(tree.Schema()).Batch()
	for _, e := range edits(tree.Root()) {
		if e.Op == Set {
			mustApply(b, e)
		}
	}
	for _, e := range edits(tree.Root()) {
		if e.Op == Deactivate && b.exists(e.Path) {
			mustApply(b, Edit{Op: Delete, Path: e.Path})
		}
	}
	return b.Tree()
}

// applying returns what the contents of the place at p inherit.
func (x *plainly) applying(p Path) []inheritance {
	var all []inheritance
	done := map[string]bool{}
	for i := len(p); i >= 0; i-- {
		level, ok := x.root.at(p[:i])
		if !ok {
			continue
		}
		for _, name := range level.Values("apply-groups-except") {
			done[name] = true
		}
		for _, name := range level.Values("apply-groups") {
			group := x.root.Entry("groups", name)
			if !done[name] && group.Valid() {
				for _, n := range places(group, p) {
					all = append(all, inheritance{name, n})
				}
			}
			done[name] = true
		}
	}
	return all
}

// places returns what the group has at p.
func places(group Node, p Path) []Node {
	found := []Node{group}
	for _, s := range p {
		var next []Node
		for _, n := range found {
			if !hasElements(s.Node) {
				if c := n.Child(s.Node.Name); c.Valid() {
					next = append(next, c)
				}
				continue
			}
			if e := n.Entry(s.Node.Name, s.Key); e.Valid() {
				next = append(next, e)
			}
			for e := range n.Entries(s.Node.Name) {
				if schema.MatchWildcard(e.Key(), s.Key) {
					next = append(next, e)
				}
			}
		}
		found = next
	}
	return found
}

func isWild(n Node) bool { return n.Schema().Kind == schema.List && schema.IsWildcard(n.Key()) }

func creates(n Node) bool {
	if n.Schema().Kind != schema.Container || n.Schema().Presence {
		return !isWild(n)
	}
	for c := range n.Children() {
		if creates(c) {
			return true
		}
	}
	return false
}

// speaks reports which of the cases of c's choice holds.
func caseHolds(own Node, from []inheritance, c *schema.Node) bool {
	if c.Choice == "" {
		return true
	}
	for o := range own.Children() {
		if o.Schema().Choice == c.Choice {
			return o.Schema().Case == c.Case
		}
	}
	for _, i := range from {
		for o := range i.node.Children() {
			if o.Schema().Choice == c.Choice && creates(o) {
				return o.Schema().Case == c.Case
			}
		}
	}
	return false
}

// below expands the contents of the place at p, which are configured as own
// unless that is absent.
func (x *plainly) below(s *schema.Node, p Path, own Node) {
	from := x.applying(p)
	for _, c := range s.Children {
		if c.Groups != schema.NoGroupsRole || !caseHolds(own, from, c) {
			continue
		}
		x.place(c, p, own, from)
	}
}

func (x *plainly) place(c *schema.Node, p Path, own Node, from []inheritance) {
	type element struct {
		node  Node
		group string
	}
	var elements []element
	seen := map[string]bool{}
	add := func(n Node, group string) {
		if n.Schema().Name == c.Name && !seen[n.Key()] && (group == "" || creates(n) || group != "" && n.Schema().Kind == schema.Leaf) {
			seen[n.Key()] = true
			elements = append(elements, element{n, group})
		}
	}
	for n := range own.Children() {
		add(n, "")
	}
	for _, i := range from {
		for n := range i.node.Children() {
			add(n, i.group)
		}
	}
	if !c.UserOrdered {
		slices.SortFunc(elements, func(a, b element) int { return cmp.Compare(a.node.Key(), b.node.Key()) })
	}
	for _, e := range elements {
		at := p.Append(Step{c, e.node.Key()})
		value := e.node.Value()
		if e.node.Key() != "" {
			value = ""
		}
		line := fmt.Sprintf("%s %q %q\n", id(at), value, e.group)
		before := x.lines.Len()
		x.lines.WriteString(line)
		x.sets = append(x.sets, Edit{Op: Set, Path: at, Value: value})
		mine := e.node
		if e.group != "" {
			mine = Node{}
		}
		x.below(c, at, mine)
		if x.lines.Len() == before+len(line) && !standsAlone(c) {
			text := x.lines.String()[:before]
			x.lines.Reset()
			x.lines.WriteString(text)
		}
	}
}

// dumpSources shows an Effective as plainly does.
func dumpSources(n Node) string {
	var b strings.Builder
	for c := range n.Children() {
		value := c.Value()
		if c.Key() != "" {
			value = ""
		}
		group, inherited := c.Source()
		if inherited != (group != "") {
			panic("a group without a name")
		}
		fmt.Fprintf(&b, "%s %q %q\n%s", id(c.Path()), value, group, dumpSources(c))
	}
	return b.String()
}

// checkExpanded compares with the plain expansion, in contents, origins and
// hash.
func checkExpanded(t *testing.T, tree *Tree) {
	typed := withoutInactive(tree)
	x := plainly{root: typed.Root()}
	x.below(tree.Schema(), nil, x.root)
	e := tree.Expand()
	if got, want := dumpSources(e.Root()), x.lines.String(); got != want {
		t.Fatalf("of\n%s\nholds\n%s\nwant\n%s", dump(tree.Root()), got, want)
	}
	b := New(tree.Schema()).Batch()
	mustApply(b, x.sets...)
	if e.root.hash != b.Tree().root.hash {
		t.Fatalf("of\n%s\nholds\n%s\nand has another hash than that", dump(tree.Root()), dumpSources(e.Root()))
	}
	if again := tree.Expand(); again != e {
		t.Fatal("expanded anew though nothing changed")
	}
}
