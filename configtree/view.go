package configtree

import (
	"iter"
	"slices"

	"loggia/configtree/schema"
)

// Node is a statement in a Tree or an Effective: the root, a container, a list
// entry, a leaf or an element of a leaf-list. It is a small value that knows the
// way back to the root; the zero Node is absent and has nothing below it.
type Node struct {
	n  *node
	up *trail
}

// trail is the way from a node back to the root.
type trail struct {
	n  *node
	up *trail
}

// Valid reports whether there is such a statement.
func (n Node) Valid() bool { return n.n != nil }

// Schema returns the statement's schema node, nil of an absent node. List
// entries and leaf-list elements have that of their list.
func (n Node) Schema() *schema.Node {
	if n.n == nil {
		return nil
	}
	return n.n.schema
}

// Key returns the key of a list entry or the value of a leaf-list element, ""
// of any other node: what a Step calls Key.
func (n Node) Key() string {
	if n.n == nil || !hasElements(n.n.schema) {
		return ""
	}
	return n.n.text
}

// Value returns the value of a leaf or of a leaf-list element, as typed.
func (n Node) Value() string {
	if n.n == nil || n.n.schema.Kind == schema.List {
		return ""
	}
	return n.n.text
}

// Inactive reports whether the statement is marked `inactive:`. What lies below
// an inactive statement does not hold either, but is not marked.
func (n Node) Inactive() bool { return n.n != nil && n.n.inactive }

// Protected reports whether the statement is marked `protect:`. What lies below
// a protected statement cannot be changed either, but is not marked.
func (n Node) Protected() bool { return n.n != nil && n.n.protected }

// Source returns the group that a statement of an Effective was inherited from,
// and whether it was inherited at all. A statement that is configured is not,
// though something below it may be.
func (n Node) Source() (group string, inherited bool) {
	if n.n == nil || n.n.from == nil {
		return "", false
	}
	return n.n.from.group, true
}

// Comment returns the annotation before the statement.
func (n Node) Comment() string {
	if n.n == nil {
		return ""
	}
	return n.n.comment
}

// Hash identifies the contents of the node. Two nodes of one statement with
// equal hashes are equal; that of an absent node is zero.
func (n Node) Hash() Hash {
	if n.n == nil {
		return Hash{}
	}
	return n.n.hash
}

// Empty reports whether there is nothing below the node.
func (n Node) Empty() bool { return n.n == nil || len(n.n.slots) == 0 }

// Parent returns the node that contains n. The root has none, it returns the
// zero Node.
func (n Node) Parent() Node {
	if n.up == nil {
		return Node{}
	}
	return Node{n: n.up.n, up: n.up.up}
}

// Path returns the way from the root to n.
func (n Node) Path() Path {
	depth := 0
	for up := n.up; up != nil; up = up.up {
		depth++
	}
	p := make(Path, depth)
	for up := n.up; up != nil; n, up = (Node{n: up.n, up: up.up}), up.up {
		depth--
		p[depth] = n.step()
	}
	return p
}

func (n Node) step() Step { return Step{Node: n.n.schema, Key: n.Key()} }

func (n Node) below() *trail { return &trail{n: n.n, up: n.up} }

// Children yields what the node contains in display order: schema order, the
// entries of a sorted list by key, those of a user-ordered list as the user
// ordered them. Every list entry and leaf-list element is a node of its own.
func (n Node) Children() iter.Seq[Node] {
	return func(yield func(Node) bool) {
		if n.Empty() {
			return
		}
		up := n.below()
		for _, sl := range n.n.slots {
			if sl.many == nil {
				if !yield(Node{sl.one, up}) {
					return
				}
				continue
			}
			if !sl.many.display().each(func(e *node) bool { return yield(Node{e, up}) }) {
				return
			}
		}
	}
}

func (n Node) slotNamed(name string) *slot {
	if n.n == nil {
		return nil
	}
	for i := range n.n.slots {
		if n.n.slots[i].schema.Name == name {
			return &n.n.slots[i]
		}
	}
	return nil
}

// Child returns the container or leaf called name.
func (n Node) Child(name string) Node {
	sl := n.slotNamed(name)
	if sl == nil || sl.one == nil {
		return Node{}
	}
	return Node{sl.one, n.below()}
}

// Entry returns the entry of the list, or the element of the leaf-list, with
// that key.
func (n Node) Entry(list, key string) Node {
	sl := n.slotNamed(list)
	if sl == nil || sl.many == nil {
		return Node{}
	}
	e := sl.many.get(key)
	if e == nil {
		return Node{}
	}
	return Node{e, n.below()}
}

// Entries yields the entries of the list, or the elements of the leaf-list, in
// display order.
func (n Node) Entries(list string) iter.Seq[Node] {
	return func(yield func(Node) bool) {
		sl := n.slotNamed(list)
		if sl == nil || sl.many == nil {
			return
		}
		up := n.below()
		sl.many.display().each(func(e *node) bool { return yield(Node{e, up}) })
	}
}

// Len returns the number of elements of the list or leaf-list.
func (n Node) Len(list string) int {
	sl := n.slotNamed(list)
	if sl == nil || sl.many == nil {
		return 0
	}
	return sl.many.n
}

// Values returns the values of the leaf-list in display order.
func (n Node) Values(leafList string) []string {
	values := make([]string, 0, n.Len(leafList))
	for e := range n.Entries(leafList) {
		values = append(values, e.n.text)
	}
	return slices.Clip(values)
}

func (n Node) at(p Path) (Node, bool) {
	for _, s := range p {
		child := n.n.find(s)
		if child == nil {
			return Node{}, false
		}
		n = Node{child, n.below()}
	}
	return n, true
}
