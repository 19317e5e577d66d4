package configtree

import "loggia/configtree/schema"

// Protected returns the protected statements, outer ones before inner ones.
func (t *Tree) Protected() []Path {
	var list []Path
	var below func(n *node, p Path)
	statement := func(n *node, p Path) {
		if n.has&hasProtected == 0 {
			return
		}
		if n.protected {
			list = append(list, p)
		}
		below(n, p)
	}
	below = func(n *node, p Path) {
		for i := range n.slots {
			sl := &n.slots[i]
			switch {
			case sl.many == nil:
				statement(sl.one, p.Append(Step{Node: sl.schema}))
			case sl.many.display().has&hasProtected != 0:
				sl.many.display().each(func(e *node) bool {
					statement(e, p.Append(Step{sl.schema, e.text}))
					return true
				})
			}
		}
	}
	statement(t.root, nil)
	return list
}

// IsProtected reports whether the statement at p has the mark itself.
func (t *Tree) IsProtected(p Path) bool {
	n, ok := t.At(p)
	return ok && n.Protected()
}

// Unprotected returns t without the protection of the statements that gone names.
func (t *Tree) Unprotected(gone func(Path) bool) *Tree {
	if t.root.has&hasProtected == 0 {
		return t
	}
	b := t.Batch()
	for _, p := range t.Protected() {
		if gone(p) {
			b.mark(p, func(n *node) { n.protected = false })
		}
	}
	return b.Tree()
}

// Opposed returns what the protected statements of t have against changes that begin
// at t but were not made in it as edits: a merge, an undo. It is what Batch.Apply would
// say of the edits that make the changes. That marks of protection come and go is no matter.
func (t *Tree) Opposed(changes []Change) []Problem {
	if t.root.has&hasProtected == 0 {
		return nil
	}
	b := t.Batch()
	var against []Problem
	for i := range changes {
		e, ok := changes[i].edit()
		if !ok {
			continue
		}
		for _, p := range problemsIn(b.Apply(e)) {
			if p.Kind == Protected {
				against = append(against, *p)
			}
		}
	}
	return against
}

// edit is the edit that a change is, as far as the statement itself goes; none when it is
// about protection.
func (c *Change) edit() (e Edit, ok bool) {
	e.Path = c.Path
	switch c.Kind {
	case Added, Modified:
		e.Op = Set
		if c.New.Schema().Kind == schema.Leaf {
			e.Value = c.New.Value()
		}
	case Removed:
		e.Op = Delete
	case Moved:
		e.Op = InsertAfter
	case Activated:
		e.Op = Activate
	case Deactivated:
		e.Op = Deactivate
	case Commented:
		e.Op, e.Value = Annotate, c.New.Comment()
	default:
		return e, false
	}
	return e, true
}

// problemsIn takes apart what Apply returns.
func problemsIn(err error) []*Problem {
	switch e := err.(type) {
	case *Problem:
		return []*Problem{e}
	case interface{ Unwrap() []error }:
		var all []*Problem
		for _, one := range e.Unwrap() {
			all = append(all, problemsIn(one)...)
		}
		return all
	}
	return nil
}
