package configtree

import (
	"slices"

	"loggia/configtree/schema"
)

// Effective is a configuration as it holds: without the inactive parts of the
// Tree it came from, with what groups give and without the groups, and without
// comments and protection, so that annotating something is no change to those
// who obey. Nor is it one when a statement comes from a group that was typed
// before: hashes know no origin. It is immutable and safe for concurrent use.
type Effective struct {
	root  *node // sealed
	typed *node // sealed: what it is the expansion of, without marks; nil of none
	rules *rules
}

// Schema returns the root of the schema.
func (e *Effective) Schema() *schema.Node { return e.root.schema }

// Root returns the node of the empty path. It is always valid.
func (e *Effective) Root() Node { return Node{n: e.root} }

// At returns the node that p leads to.
func (e *Effective) At(p Path) (Node, bool) { return e.Root().at(p) }

// Equal reports whether the same configuration holds in e and f.
func (e *Effective) Equal(f *Effective) bool { return e.root.hash == f.root.hash }

// active returns the root of what is typed and not inactive, groups included,
// without comments and protection. Parts without marks are not visited.
func (t *Tree) active() *node {
	b := t.Batch()
	root := b.plain(t.root)
	new(sealer).node(root)
	return root
}

// plain returns n without what is inactive below it and without comments.
func (b *Batch) plain(n *node) *node {
	if n.has&hasMarks == 0 {
		return n
	}
	n = b.own(n)
	n.comment, n.protected = "", false
	n.slots = slices.DeleteFunc(n.slots, func(sl slot) bool {
		return sl.one != nil && sl.one.inactive
	})
	for i := range n.slots {
		sl := &n.slots[i]
		if sl.many != nil {
			sl.many = b.plainList(sl.many)
		} else {
			sl.one = b.plain(sl.one)
		}
	}
	n.slots = slices.DeleteFunc(n.slots, func(sl slot) bool {
		if sl.many != nil {
			return sl.many.n == 0
		}
		return len(sl.one.slots) == 0 && !standsAlone(sl.schema)
	})
	return n
}

func (b *Batch) plainList(l *list) *list {
	shown := l.display()
	if shown.has&hasMarks == 0 {
		return l
	}
	l = b.ownList(l)
	shown.eachWith(hasMarks, func(e *node) {
		n := e
		if !e.inactive {
			n = b.plain(e)
		}
		if e.inactive || len(n.slots) == 0 && n.schema.NeedsContents() { // contents are all that it says
			l.remove(b.owner, e)
		} else {
			l.put(b.owner, n, false)
		}
	})
	return l
}
