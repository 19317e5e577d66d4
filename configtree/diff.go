package configtree

import (
	"slices"

	"loggia/configtree/schema"
)

// ChangeKind tells what a Change is.
type ChangeKind uint8

// The kinds of changes.
const (
	Added             ChangeKind = iota // New and all it contains came to be
	Removed                             // Old and all it contained is gone
	Modified                            // a leaf has another value
	Moved                               // an element of a user-ordered list has another place
	Activated                           // the statement is no longer inactive
	Deactivated                         // the statement became inactive
	Commented                           // the annotation came, changed or went
	BecameProtected                     // the statement became protected
	BecameUnprotected                   // the statement is no longer protected
)

// String returns the name of the kind, in lower case.
func (k ChangeKind) String() string {
	return [...]string{"added", "removed", "modified", "moved", "activated", "deactivated", "commented", "protected", "unprotected"}[k]
}

// Change is one difference between two trees. What was added or removed is one
// Change for the uppermost statement, not one for each below it.
type Change struct {
	Kind ChangeKind
	Path Path
	Old  Node // as it was; absent when Added
	New  Node // as it is; absent when Removed
}

// Diff returns what distinguishes to from from, in display order, depth first.
// What was removed stands where it stood. One statement may be in several
// changes: moved, deactivated, annotated, and then those of its contents. The
// cost follows the number of changes: equal parts are not entered.
func Diff(from, to *Tree) []Change {
	var d differ
	d.nodes(from.Root(), to.Root())
	return d.changes
}

// DiffAt is what of Diff concerns the statement at a path: what changed of it and
// below it, and what came or went with all that it holds, the statement among that.
// The cost follows the number of changes there.
func DiffAt(from, to *Tree, at Path) []Change {
	var d differ
	a, b := from.Root(), to.Root()
	for i, s := range at {
		all := s.Key == "" && (s.Node.Kind == schema.List || s.Node.Kind == schema.LeafList)
		if all || i == len(at)-1 && s.Node.UserOrdered { // its place is told a level above
			break
		}
		x, before := from.At(at[:i+1])
		y, after := to.At(at[:i+1])
		switch {
		case before && after:
			a, b = x, y
			continue
		case before:
			d.add(Removed, x, Node{})
		case after:
			d.add(Added, Node{}, y)
		}
		return d.changes
	}
	d.nodes(a, b)
	return slices.DeleteFunc(d.changes, func(c Change) bool { return !c.Path.Within(at) })
}

// DiffEffective is Diff for what holds: for subsystems that want to know what
// a commit means to them.
func DiffEffective(from, to *Effective) []Change {
	var d differ
	d.nodes(from.Root(), to.Root())
	return d.changes
}

type differ struct{ changes []Change }

func (d *differ) add(k ChangeKind, from, to Node) {
	at := to
	if !at.Valid() {
		at = from
	}
	d.changes = append(d.changes, Change{Kind: k, Path: at.Path(), Old: from, New: to})
}

// nodes compares a statement that exists in both trees.
func (d *differ) nodes(from, to Node) {
	a, b := from.n, to.n
	if a.hash == b.hash {
		return
	}
	if a.inactive != b.inactive {
		k := Activated
		if b.inactive {
			k = Deactivated
		}
		d.add(k, from, to)
	}
	if a.protected != b.protected {
		k := BecameUnprotected
		if b.protected {
			k = BecameProtected
		}
		d.add(k, from, to)
	}
	if a.comment != b.comment {
		d.add(Commented, from, to)
	}
	if a.meaning() != b.meaning() {
		d.add(Modified, from, to)
	}
	if len(a.slots)+len(b.slots) == 0 {
		return
	}
	up := sides{from.below(), to.below()}
	i, j := 0, 0
	for _, s := range b.schema.Children {
		var x, y slot
		if i < len(a.slots) && a.slots[i].schema == s {
			x = a.slots[i]
			i++
		}
		if j < len(b.slots) && b.slots[j].schema == s {
			y = b.slots[j]
			j++
		}
		if x.schema != nil || y.schema != nil {
			d.slots(x, y, up)
		}
	}
}

// sides are the ways back to the root in the two trees.
type sides struct{ from, to *trail }

func (d *differ) slots(x, y slot, up sides) {
	if x.one != nil || y.one != nil {
		d.pair(x.one, y.one, up)
		return
	}
	var from, to *chunk
	userOrdered := false
	if x.many != nil {
		from, userOrdered = x.many.display(), x.schema.UserOrdered
	}
	if y.many != nil {
		to, userOrdered = y.many.display(), y.schema.UserOrdered
	}
	if userOrdered {
		d.userOrdered(from, to, up)
	} else {
		d.sorted(from, to, up)
	}
}

// pair compares a statement that is in one tree or in both.
func (d *differ) pair(a, b *node, up sides) {
	switch {
	case b == nil:
		d.add(Removed, Node{a, up.from}, Node{})
	case a == nil:
		d.add(Added, Node{}, Node{b, up.to})
	default:
		d.nodes(Node{a, up.from}, Node{b, up.to})
	}
}

// sorted compares two sets that are ordered by key.
func (d *differ) sorted(from, to *chunk, up sides) {
	x, y := newReader(from, false), newReader(to, false)
	for {
		a, b := next(x, y, equalParts)
		switch {
		case a == nil && b == nil:
			return
		case b == nil || a != nil && a.text < b.text:
			d.pair(a, nil, up)
			x.pass()
		case a == nil || a.text > b.text:
			d.pair(nil, b, up)
			y.pass()
		default:
			d.pair(a, b, up)
			x.pass()
			y.pass()
		}
	}
}
