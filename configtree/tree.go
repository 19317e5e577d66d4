package configtree

import (
	"sync/atomic"

	"loggia/configtree/schema"
)

// Tree is a configuration as typed. It is immutable and safe for concurrent use.
type Tree struct {
	root  *node // sealed
	rules *rules
	last  *atomic.Pointer[expansion] // shared by all trees that come from one
}

// New returns the empty configuration of a schema, whose root must be linked.
func New(root *schema.Node) *Tree {
	n := &node{schema: root}
	new(sealer).node(n)
	return &Tree{root: n, rules: newRules(root), last: new(atomic.Pointer[expansion])}
}

// Schema returns the root of the schema.
func (t *Tree) Schema() *schema.Node { return t.root.schema }

// Root returns the node of the empty path. It is always valid.
func (t *Tree) Root() Node { return Node{n: t.root} }

// At returns the node that p leads to. A path that ends in a list as a whole
// leads to no node: see Node.Entries.
func (t *Tree) At(p Path) (Node, bool) { return t.Root().at(p) }

// Equal reports whether t and u have the same contents, marks and comments.
func (t *Tree) Equal(u *Tree) bool { return t.root.hash == u.root.hash }

// Edit returns the tree that e makes of t, and t itself when e changes nothing
// or fails. The error is that of Batch.Apply; it is a warning when e is about something
// that is not there.
func (t *Tree) Edit(e Edit) (*Tree, error) {
	b := t.Batch()
	err := b.Apply(e)
	return b.Tree(), err
}

// Batch returns an editor for many edits in a row. It copies each node it
// changes but once, and t stays as it is.
func (t *Tree) Batch() *Batch {
	return &Batch{from: t, root: t.root, owner: new(owner), guarded: t.root.hash == (Hash{}) || t.root.has&hasProtected != 0}
}
