package configtree

// Keep returns next with the protected statements of t as they are in t: where
// a whole configuration takes the place of t, they stay. The statements that
// contain them stay, too, and are active or not as they were. There is a warning
// for each statement that next would have deleted or changed; that next says
// nothing of the protection alone is none.
func (t *Tree) Keep(next *Tree) (*Tree, []Problem) {
	if t.root.has&hasProtected == 0 || t.root.hash == next.root.hash {
		return next, nil
	}
	k := keeper{b: next.Batch()}
	k.below(t.root, nil)
	return k.b.Tree(), k.problems
}

type keeper struct {
	b        *Batch
	problems []Problem
}

// below keeps what is protected below n, whose path is p.
func (k *keeper) below(n *node, p Path) {
	for i := range n.slots {
		sl := &n.slots[i]
		if sl.many == nil {
			k.statement(sl.one, n, p.Append(Step{Node: sl.schema}))
			continue
		}
		if sl.many.display().has&hasProtected == 0 {
			continue
		}
		sl.many.display().each(func(e *node) bool {
			k.statement(e, n, p.Append(Step{sl.schema, e.text}))
			return true
		})
	}
}

// statement keeps n, whose path is p, or what is protected below it.
func (k *keeper) statement(n, parent *node, p Path) {
	if n.has&hasProtected == 0 {
		return
	}
	at, _ := Node{n: k.b.root}.at(p)
	now := at.n
	if n.protected {
		if !sameNode(n, now) {
			k.keep(n, now, parent, p)
		}
		return
	}
	k.below(n, p)
	if now != nil && now.inactive != n.inactive {
		op := Deactivate
		if n.inactive {
			op = Activate
		}
		e := Edit{Op: op, Path: p}
		k.problems = append(k.problems, *e.guarded(guardedBelow(n, p)))
	}
	k.b.mark(p, func(m *node) { m.inactive = n.inactive })
}

// keep puts n, which is protected, in the place of now.
func (k *keeper) keep(n, now, parent *node, p Path) {
	e := Edit{Op: Delete, Path: p}
	if now != nil {
		e.Op = Set
		marked := *now
		marked.protected, marked.hash = true, Hash{}
		if new(sealer).node(&marked); marked.hash == n.hash {
			e.Op = Protect // which is what next does not say
		}
	}
	if e.Op != Protect {
		k.problems = append(k.problems, *e.guarded(p))
	}
	c := *n
	c.owner = nil // what it contains is shared with the tree that it is from
	if now == nil {
		k.b.make(p)
		k.place(n, parent, p)
	}
	above, s := k.b.ownPath(p.Parent()), p.Last()
	if !hasElements(s.Node) {
		*above.place(s.Node) = slot{schema: s.Node, one: &c}
		return
	}
	sl := above.slotOf(s.Node)
	sl.many = k.b.ownList(sl.many)
	c.rank = sl.many.get(s.Key).rank
	sl.many.put(k.b.owner, &c, false)
}

// place moves an element that came back, if the order is the user's, next to the
// nearest of those that stood before it, else of those behind it.
func (k *keeper) place(n, parent *node, p Path) {
	if !n.schema.UserOrdered {
		return
	}
	above, _ := Node{n: k.b.root}.at(p.Parent())
	if above.n == nil {
		return
	}
	there := func(e *node) bool { return above.n.find(Step{n.schema, e.text}) != nil }
	ranks := parent.slotOf(n.schema).many.ranks
	before, behind := byRank.neighbours(ranks, n)
	for ; before != nil; before, _ = byRank.neighbours(ranks, before) {
		if there(before) {
			k.b.insert(p, before.text, true)
			return
		}
	}
	for ; behind != nil; _, behind = byRank.neighbours(ranks, behind) {
		if there(behind) {
			k.b.insert(p, behind.text, false)
			return
		}
	}
}
