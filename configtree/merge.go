package configtree

import (
	"slices"

	"loggia/configtree/schema"
)

// ConflictKind tells what two sides disagree about.
type ConflictKind uint8

// The kinds of conflicts.
const (
	ValueConflict   ConflictKind = iota // a leaf got two values
	DeleteConflict                      // one side deleted what the other changed, at the statement or below it
	ChoiceConflict                      // the sides took different cases of a choice
	CommentConflict                     // a statement got two annotations
	OrderConflict                       // an element of a user-ordered list was moved to two places
)

// String returns the name of the kind, in lower case.
func (k ConflictKind) String() string {
	return [...]string{"value", "delete", "choice", "comment", "order"}[k]
}

// Conflict is a statement that both sides changed, each in its own way.
type Conflict struct {
	Kind ConflictKind
	Path Path
	// Base is the statement before both, Mine and Theirs what became of it; absent
	// where there is none. Of a choice, Mine and Theirs are two statements.
	Base, Mine, Theirs Node
}

// Merge makes in theirs the changes that led from base to mine. A change that
// both made counts once. Where they changed one thing each in its own way, that
// is a Conflict; all are returned, in display order, and then nothing is merged
// and the tree is theirs. Elements that both added to a user-ordered list stand
// where they were added, mine behind theirs.
//
// The cost follows the number of changes: what is the same in two of the three
// is not entered.
func Merge(base, mine, theirs *Tree) (*Tree, []Conflict) {
	m := merger{owner: new(owner)}
	tree := m.trees(base, mine, theirs)
	if len(m.conflicts) > 0 {
		return theirs, m.conflicts
	}
	return tree, nil
}

// Overrule is Merge in which mine holds wherever there is a conflict: what I
// deleted is gone, what I changed is there though they deleted it.
func Overrule(base, mine, theirs *Tree) *Tree {
	m := merger{owner: new(owner), mine: true}
	return m.trees(base, mine, theirs)
}

type merger struct {
	owner     *owner
	mine      bool // in a conflict mine holds
	conflicts []Conflict
}

// trees merges whole trees, in spite of conflicts.
func (m *merger) trees(base, mine, theirs *Tree) *Tree {
	root := m.statement(versions{base.root, mine.root, theirs.root}, trails{})
	if root == nil {
		root = &node{schema: theirs.root.schema}
	}
	new(sealer).node(root)
	if root.hash == theirs.root.hash {
		return theirs
	}
	return &Tree{root: root, rules: theirs.rules, last: theirs.last}
}

// versions are a statement on each side, nil where it is not.
type versions struct{ base, mine, theirs *node }

// trails are the ways back to the root on each side.
type trails struct{ base, mine, theirs *trail }

func (t trails) below(v versions) trails {
	down := func(n *node, up *trail) *trail {
		if n == nil {
			return nil
		}
		return &trail{n, up}
	}
	return trails{down(v.base, t.base), down(v.mine, t.mine), down(v.theirs, t.theirs)}
}

func (m *merger) conflict(k ConflictKind, v versions, up trails) {
	c := Conflict{Kind: k}
	put := func(to *Node, n *node, up *trail) {
		if n != nil {
			*to = Node{n, up}
			c.Path = to.Path()
		}
	}
	put(&c.Base, v.base, up.base)
	put(&c.Theirs, v.theirs, up.theirs)
	put(&c.Mine, v.mine, up.mine)
	m.conflicts = append(m.conflicts, c)
}

// sameNode reports whether there is no difference, both missing included.
func sameNode(a, b *node) bool {
	return a == b || a != nil && b != nil && a.hash == b.hash
}

// statement merges a statement; it returns nil when it is gone.
func (m *merger) statement(v versions, up trails) *node {
	switch {
	case sameNode(v.mine, v.theirs), sameNode(v.base, v.mine):
		return v.theirs
	case sameNode(v.base, v.theirs):
		return v.mine
	case v.mine == nil || v.theirs == nil:
		m.conflict(DeleteConflict, v, up)
		if m.mine {
			return v.mine
		}
		return v.theirs
	}
	base := v.base
	if base == nil {
		base = &node{schema: v.theirs.schema}
	}
	out := *v.theirs
	out.owner, out.hash, out.slots = m.owner, Hash{}, nil
	out.inactive = pick(base.inactive, v.mine.inactive, v.theirs.inactive)
	out.protected = pick(base.protected, v.mine.protected, v.theirs.protected)
	out.comment = pick(base.comment, v.mine.comment, v.theirs.comment)
	if disagree(base.comment, v.mine.comment, v.theirs.comment) {
		m.conflict(CommentConflict, v, up)
	}
	before, mine, theirs := base.meaning(), v.mine.meaning(), v.theirs.meaning()
	if mine != before {
		out.text = v.mine.text
	}
	if mine != theirs && (v.base == nil || disagree(before, mine, theirs)) {
		m.conflict(ValueConflict, v, up)
	}
	m.contents(&out, v, up.below(v))
	if s := out.schema; len(out.slots) == 0 && (!standsAlone(s) || s.NeedsContents()) {
		return nil
	}
	return &out
}

// pick returns what became of a property.
func pick[T comparable](base, mine, theirs T) T {
	if mine == base {
		return theirs
	}
	return mine
}

func disagree[T comparable](base, mine, theirs T) bool {
	return mine != theirs && mine != base && theirs != base
}

func (m *merger) contents(out *node, v versions, up trails) {
	for _, c := range out.schema.Children {
		base, mine, theirs := v.base.slotIn(c), v.mine.slotIn(c), v.theirs.slotIn(c)
		sl := slot{schema: c}
		if hasElements(c) {
			sl.many = m.list(base.many, mine.many, theirs.many, up)
		} else {
			sl.one = m.statement(versions{base.one, mine.one, theirs.one}, up)
		}
		if sl.one == nil && sl.many == nil {
			continue
		}
		excluded := func(other slot) bool {
			return c.Choice != "" && other.schema.Choice == c.Choice && other.schema.Case != c.Case
		}
		if slices.ContainsFunc(out.slots, excluded) {
			m.cases(v, c.Choice, up)
			switch {
			case !m.mine:
				return
			case v.mine.slotOf(c) == nil:
				continue
			}
			out.slots = slices.DeleteFunc(out.slots, excluded)
		}
		out.slots = append(out.slots, sl)
	}
}

// slotIn returns the slot of s, an empty one where there is none.
func (n *node) slotIn(s *schema.Node) slot {
	if n != nil {
		if sl := n.slotOf(s); sl != nil {
			return *sl
		}
	}
	return slot{}
}

// cases reports that the sides took different cases of a choice.
func (m *merger) cases(v versions, choice string, up trails) {
	taken := func(n *node) *node {
		for _, sl := range n.slots {
			switch {
			case sl.schema.Choice != choice:
			case sl.many != nil:
				return sl.many.display().first()
			default:
				return sl.one
			}
		}
		return nil
	}
	m.conflict(ChoiceConflict, versions{nil, taken(v.mine), taken(v.theirs)}, up)
}
