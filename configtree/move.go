package configtree

import "fmt"

// relate says what is wrong with an edit of an entry, which exists, that refers
// to another of its list by key.
func (b *Batch) relate(e *Edit) *Problem {
	s := e.Path.Last()
	parent, _ := Node{n: b.root}.at(e.Path.Parent())
	other := Step{s.Node, e.Value}
	exists := parent.n.find(other) != nil
	switch {
	case e.Op == Rename || e.Op == Copy:
		if exists {
			return e.problem(Exists, e.Value, fmt.Errorf("'%s' already exists", other.Masked()))
		}
	case !s.Node.UserOrdered:
		return e.problem(Invalid, s.Key, fmt.Errorf("'%s' is kept in sorted order and cannot be moved", s.Masked()))
	case e.Value == "":
	case e.Value == s.Key:
		return e.problem(Invalid, s.Key, fmt.Errorf("'%s' cannot be moved next to itself", s.Masked()))
	case !exists:
		return e.problem(NotFound, e.Value, ErrNotFound)
	}
	return nil
}

// ownElement makes the list around what p leads to, which exists, the batch's own
// and returns it with the element.
func (b *Batch) ownElement(p Path) (*list, *node) {
	s := p.Last()
	sl := b.ownPath(p.Parent()).slotOf(s.Node)
	sl.many = b.ownList(sl.many)
	return sl.many, sl.many.get(s.Key)
}

// rename gives an element another key, which none has, and leaves it its place.
func (b *Batch) rename(p Path, key string) {
	l, old := b.ownElement(p)
	l.remove(b.owner, old)
	e := b.own(old)
	e.text = key
	l.add(b.owner, e)
}

// copy adds an element like that at p, with another key, which none has. The
// copy and what it contains is not protected, for people copy to change.
func (b *Batch) copy(p Path, key string) {
	from, _ := Node{n: b.root}.at(p)
	new(sealer).node(from.n)
	b.owner = new(owner) // both will contain what it contains
	l, old := b.ownElement(p)
	e := b.unprotected(old)
	if e == old {
		c := *old
		e = &c
	}
	e.owner, e.hash, e.text = nil, Hash{}, key
	l.put(b.owner, e, true)
}

// unprotected returns n without marks of protection, at it or below.
func (b *Batch) unprotected(n *node) *node {
	if guardedBelow(n, Path{}) == nil {
		return n
	}
	c := *n
	c.owner, c.hash, c.protected = nil, Hash{}, false
	c.slots = make([]slot, len(n.slots))
	for i, sl := range n.slots {
		if sl.one != nil {
			sl.one = b.unprotected(sl.one)
		} else {
			l := &list{owner: b.owner}
			sl.many.display().each(func(e *node) bool {
				l.add(b.owner, b.unprotected(e))
				return true
			})
			sl.many = l
		}
		c.slots[i] = sl
	}
	return &c
}

// insert moves an element of a user-ordered list next to another, or without a key to the end
// of the list on that side.
func (b *Batch) insert(p Path, key string, after bool) {
	if key == "" {
		if key = b.end(p, after); key == p.Last().Key {
			return
		}
	}
	l, e := b.ownElement(p)
	l.remove(b.owner, e)
	e = b.own(e)
	at := l.get(key)
	rank, ok := l.between(at, after)
	if !ok {
		l.spread(b.owner)
		rank, _ = l.between(l.get(key), after)
	}
	e.rank = rank
	l.add(b.owner, e)
}

// end returns the key of the first element in the list around p, or of the last.
func (b *Batch) end(p Path, last bool) string {
	parent, _ := Node{n: b.root}.at(p.Parent())
	ranks := parent.n.slotOf(p.Last().Node).many.ranks
	if last {
		return ranks.last().text
	}
	return ranks.first().text
}

// between returns a rank before or after that of an element that no element has.
func (l *list) between(at *node, after bool) (uint64, bool) {
	before, behind := byRank.neighbours(l.ranks, at)
	if after && behind == nil {
		return at.rank + rankGap, true
	}
	low, high := uint64(0), at.rank
	switch {
	case after:
		low, high = at.rank, behind.rank
	case before != nil:
		low = before.rank
	}
	return low + (high-low)/2, high-low > 1
}

// spread gives the elements of a list that o owns new ranks, with room between.
func (l *list) spread(o *owner) {
	all := l.ranks
	*l = list{owner: l.owner}
	all.each(func(e *node) bool {
		c := *e
		if e.owner != o {
			c.owner = nil // it may be sealed
		}
		l.put(o, &c, true)
		return true
	})
}
