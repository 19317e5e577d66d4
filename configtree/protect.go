package configtree

import (
	"errors"
	"fmt"

	"loggia/configtree/schema"
)

// A protected statement and what it contains cannot be changed, and what
// contains it cannot be moved, renamed or (de)activated, until it is unprotected.
// What contains it and is deleted goes but for what is protected, as in Junos. Marks
// of protection themselves can be set and removed anywhere.

// guard says that a protected statement stands against e.
func (b *Batch) guard(e *Edit) *Problem {
	if !b.guarded || e.Op == Protect || e.Op == Unprotect || b.root.hash != (Hash{}) && b.root.has&hasProtected == 0 {
		return nil
	}
	n, last := b.root, len(e.Path)-1
	var all []Step
	for i, s := range e.Path {
		if e.Op == Set {
			if p := b.guardCases(e, n, i); p != nil {
				return p
			}
		}
		if s.Key == "" && hasElements(s.Node) {
			return b.guardList(e, n)
		}
		next := n.find(s)
		if next == nil {
			return nil
		}
		all = e.Path[:i+1]
		if next.protected && !(e.Op == Copy && i == last) && !b.unchanged(e, next, i) {
			return e.guarded(all)
		}
		n = next
	}
	switch e.Op {
	case Set, Annotate, Copy:
		return nil
	}
	if at := guardedBelow(n, e.Path); at != nil {
		return e.guarded(at)
	}
	return nil
}

// deletes reports whether the operation removes what its path leads to.
func (o Op) deletes() bool { return o == Delete || o == Remove || o == Replace || o == Override }

// deleteAround deletes what e is about but for what is protected there, and what leads
// to that; it returns a problem for each protected statement. If all of it is protected
// there is nothing to do, and ok is false.
func (b *Batch) deleteAround(e *Edit) (err error, ok bool) {
	n := b.root
	for _, s := range e.Path {
		if s.Key == "" && hasElements(s.Node) {
			break
		}
		if n = n.find(s); n.protected {
			return nil, false
		}
	}
	a := around{edit: e}
	if last := e.Path.Last(); last.Node != nil && last.Key == "" && hasElements(last.Node) {
		a.slot(n.slotOf(last.Node), e.Path.Parent())
	} else {
		a.below(n, e.Path)
	}
	for _, p := range a.gone {
		b.delete(p)
	}
	return errors.Join(a.kept...), true
}

// around finds what a deletion around protected statements takes and keeps.
type around struct {
	edit *Edit
	gone []Path
	kept []error
}

func (a *around) below(n *node, p Path) {
	for i := range n.slots {
		a.slot(&n.slots[i], p)
	}
}

// slot looks at a statement, or the elements of a list, below p.
func (a *around) slot(sl *slot, p Path) {
	if sl.many == nil {
		a.statement(sl.one, p.Append(Step{Node: sl.schema}))
		return
	}
	if guardedIn(sl, p) == nil {
		a.gone = append(a.gone, p.Append(Step{Node: sl.schema}))
		return
	}
	sl.many.display().each(func(n *node) bool {
		a.statement(n, p.Append(Step{sl.schema, n.text}))
		return true
	})
}

func (a *around) statement(n *node, p Path) {
	switch {
	case n.protected:
		e := *a.edit
		e.Path = p
		a.kept = append(a.kept, e.guarded(p))
	case guardedBelow(n, p) != nil:
		a.below(n, p)
	default:
		a.gone = append(a.gone, p)
	}
}

// unchanged reports whether a Set changes nothing at or below the protected
// statement n, step i of its path.
func (b *Batch) unchanged(e *Edit, n *node, i int) bool {
	if e.Op != Set {
		return false
	}
	p := e.Path
	for len(p) > i+1 && !standsAlone(p.Last().Node) {
		p = p.Parent()
	}
	for _, s := range p[i+1:] {
		if n = n.find(s); n == nil {
			return false
		}
	}
	return n.schema.Kind != schema.Leaf || n.schema.Type.Same(n.text, e.Value)
}

// guardCases refuses a Set of step i, below n, that would remove a protected
// statement of another case of its choice.
func (b *Batch) guardCases(e *Edit, n *node, i int) *Problem {
	s := e.Path[i].Node
	if s.Choice == "" {
		return nil
	}
	for _, sl := range n.slots {
		if sl.schema.Choice == s.Choice && sl.schema.Case != s.Case {
			if at := guardedIn(&sl, e.Path[:i]); at != nil {
				return e.guarded(at)
			}
		}
	}
	return nil
}

// guardList is guard for a path that ends in the list or leaf-list as a whole.
func (b *Batch) guardList(e *Edit, n *node) *Problem {
	sl := n.slotOf(e.Path.Last().Node)
	if sl == nil {
		return nil
	}
	if at := guardedIn(sl, e.Path.Parent()); at != nil {
		return e.guarded(at)
	}
	return nil
}

// guardedBelow returns the path of a protected statement at n or below it, or
// nil. p is the path of n.
func guardedBelow(n *node, p Path) Path {
	switch {
	case n.protected:
		return p
	case n.hash != (Hash{}) && n.has&hasProtected == 0:
		return nil
	}
	for i := range n.slots {
		if at := guardedIn(&n.slots[i], p); at != nil {
			return at
		}
	}
	return nil
}

func guardedIn(sl *slot, p Path) (at Path) {
	if sl.many == nil {
		return guardedBelow(sl.one, p.Append(Step{Node: sl.schema}))
	}
	if c := sl.many.display(); c.hash != (Hash{}) && c.has&hasProtected == 0 {
		return nil
	}
	sl.many.display().each(func(n *node) bool {
		at = guardedBelow(n, p.Append(Step{sl.schema, n.text}))
		return at == nil
	})
	return at
}

// guarded names the protected statement, and the one that the edit is about.
func (e *Edit) guarded(at Path) *Problem {
	what := e.Path
	if len(what) == 0 {
		what = at
	}
	return e.problem(Protected, what.Last().word(), fmt.Errorf("[%s] is protected, '%s' cannot be %s", at.Masked(), what.Masked(), e.Op.done()))
}

// done is the participle of what the operation does.
func (o Op) done() string {
	switch o {
	case Delete, Remove, Replace, Override:
		return "deleted"
	case Deactivate:
		return "deactivated"
	case Activate:
		return "activated"
	case Annotate:
		return "annotated"
	case Rename:
		return "renamed"
	case Copy:
		return "copied"
	case InsertBefore, InsertAfter:
		return "moved"
	}
	return "changed"
}
