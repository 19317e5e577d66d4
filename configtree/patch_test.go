package configtree

import (
	"slices"
	"testing"
)

// patch applies the difference of two trees to the first: what comes before
// what goes, so that no container vanishes between, and marks at the end. Then
// what moved or came is put in its place.
func patch(t *testing.T, from, to *Tree) (*Tree, []Change) {
	t.Helper()
	changes := Diff(from, to)
	b := from.Batch()
	var guards []Edit
	for _, e := range protects(from.Root()) {
		guards = append(guards, e)
		mustApply(b, Edit{Op: Unprotect, Path: e.Path})
	}
	for _, c := range changes {
		switch c.Kind {
		case Added:
			mustApply(b, whole(c.New)...)
		case Modified:
			mustApply(b, Edit{Op: Set, Path: c.Path, Value: c.New.Value()})
		}
	}
	for _, c := range changes {
		// The other case of a choice is gone already.
		if c.Kind == Removed && b.exists(c.Path) {
			mustApply(b, Edit{Op: Delete, Path: c.Path})
		}
	}
	for _, c := range changes {
		switch c.Kind {
		case Activated:
			mustApply(b, Edit{Op: Activate, Path: c.Path})
		case Deactivated:
			mustApply(b, Edit{Op: Deactivate, Path: c.Path})
		case Commented:
			mustApply(b, Edit{Op: Annotate, Path: c.Path, Value: c.New.Comment()})
		}
	}
	b = reorder(b.Tree(), to, changes).Batch()
	for _, e := range guards {
		if b.exists(e.Path) {
			mustApply(b, e)
		}
	}
	for _, c := range changes {
		switch c.Kind {
		case BecameProtected:
			mustApply(b, Edit{Op: Protect, Path: c.Path})
		case BecameUnprotected:
			mustApply(b, Edit{Op: Unprotect, Path: c.Path})
		case Added:
			mustApply(b, protects(c.New)...)
			if c.New.Protected() {
				mustApply(b, Edit{Op: Protect, Path: c.Path})
			}
		}
	}
	return b.Tree(), changes
}

// reorder gives the user-ordered lists that gained or moved elements the order
// they have in to, from the changes alone: kept elements keep their order, and
// the others stand where the change says.
func reorder(t, to *Tree, changes []Change) *Tree {
	b := t.Batch()
	done := map[string]bool{}
	for _, c := range changes {
		l := c.Path.Last()
		parent := c.Path.Parent()
		list := parent.Append(Step{Node: l.Node})
		if c.Kind != Moved && c.Kind != Added || !l.Node.UserOrdered || done[id(list)] {
			continue
		}
		done[id(list)] = true
		now, _ := t.At(parent)
		target, _ := to.At(parent)
		out := map[string]bool{}
		for _, d := range changes {
			if (d.Kind == Moved || d.Kind == Added) && len(d.Path) == len(c.Path) && d.Path.Within(list) {
				out[d.Path.Last().Key] = true
			}
		}
		kept := func(n Node) (keys []string) {
			for e := range n.Entries(l.Node.Name) {
				if !out[e.Key()] {
					keys = append(keys, e.Key())
				}
			}
			return keys
		}
		if !slices.Equal(kept(now), kept(target)) {
			return t // a mistake of Diff: what follows will not match
		}
		before := ""
		for e := range target.Entries(l.Node.Name) {
			if out[e.Key()] {
				b.place(parent.Append(Step{l.Node, e.Key()}), before)
			}
			before = e.Key()
		}
	}
	return b.Tree()
}

// place moves an element behind another, to the front when that is "".
func (b *Batch) place(p Path, before string) {
	e := Edit{Op: InsertAfter, Path: p, Value: before}
	if before == "" {
		parent, _ := Node{n: b.root}.at(p.Parent())
		for first := range parent.Entries(p.Last().Node.Name) {
			e.Op, e.Value = InsertBefore, first.Key()
			break
		}
	}
	if e.Value != p.Last().Key {
		mustApply(b, e)
	}
}
