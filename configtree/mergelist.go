package configtree

import "slices"

func (l *list) hashOf() Hash {
	if l == nil {
		return Hash{}
	}
	return l.display().hash
}

// list merges a list or leaf-list; nil stands for one without elements.
func (m *merger) list(base, mine, theirs *list, up trails) *list {
	switch {
	case mine.hashOf() == theirs.hashOf(), base.hashOf() == mine.hashOf():
		return theirs
	case base.hashOf() == theirs.hashOf():
		return mine
	}
	b, i, t := base.orEmpty(), mine.orEmpty(), theirs.orEmpty()
	var r *list
	switch {
	case !userOrdered(base, mine, theirs), sameOrder(b, i):
		r = m.elements(t, touched(b, i, equalParts), b, i, t, up)
	case sameOrder(b, t):
		r = m.elements(i, touched(b, t, equalParts), b, i, t, up)
	default:
		r = m.orders(b, i, t, up)
	}
	if r.n == 0 {
		return nil
	}
	return r
}

func (l *list) orEmpty() *list {
	if l == nil {
		return &list{}
	}
	return l
}

func userOrdered(lists ...*list) bool {
	return slices.ContainsFunc(lists, func(l *list) bool { return l != nil && l.ranks != nil })
}

// sameOrder reports whether two lists have the same keys in the same order.
func sameOrder(a, b *list) bool {
	if a.n != b.n {
		return false
	}
	x, y := newReader(a.display(), false), newReader(b.display(), false)
	for {
		c, d := next(x, y, equalParts)
		if c == nil || d == nil {
			return c == d
		}
		if c.text != d.text {
			return false
		}
		x.pass()
		y.pass()
	}
}

// elements merges the elements with the given keys into what is mine or theirs,
// whose order holds.
func (m *merger) elements(into *list, keys []string, base, mine, theirs *list, up trails) *list {
	r := *into
	r.owner = m.owner
	for _, key := range keys {
		was := into.get(key)
		n := m.statement(versions{base.get(key), mine.get(key), theirs.get(key)}, up)
		switch {
		case n == was:
		case n == nil:
			r.remove(m.owner, was)
		case was == nil:
			c := *n
			c.owner = nil
			r.put(m.owner, &c, true)
		default:
			r.put(m.owner, n.ranked(was.rank), false)
		}
	}
	return &r
}

// ranked returns n with that rank.
func (n *node) ranked(rank uint64) *node {
	if n.rank == rank {
		return n
	}
	c := *n
	c.owner, c.rank = nil, rank
	return &c
}

// orders merges a list whose order both sides changed. What mine added or moved is
// put behind what it stands behind in mine, and at the end what stands there.
func (m *merger) orders(base, mine, theirs *list, up trails) *list {
	was, now, there := base.order(), mine.order(), theirs.order()
	merged := make(map[string]*node)
	for _, key := range slices.Concat(was, now, there) {
		if _, done := merged[key]; !done {
			merged[key] = m.statement(versions{base.get(key), mine.get(key), theirs.get(key)}, up)
		}
	}
	moved, movedThere := movedKeys(was, now), movedKeys(was, there)
	placed := func(key string) bool {
		return merged[key] != nil && (moved[key] || base.get(key) == nil && theirs.get(key) == nil)
	}
	behind := make(map[string][]string)
	var last string // behind which, "" in front of all
	var tail []string
	for i, key := range now {
		switch {
		case !m.mine && moved[key] && movedThere[key] && predecessor(now, i) != predecessor(there, slices.Index(there, key)):
			m.conflict(OrderConflict, versions{base.get(key), mine.get(key), theirs.get(key)}, up)
		case placed(key):
			tail = append(tail, key)
			continue
		case merged[key] == nil:
			continue
		}
		behind[last] = append(behind[last], tail...)
		last, tail = key, nil
	}
	order := slices.Clone(behind[""])
	for _, key := range there {
		if merged[key] != nil && !placed(key) {
			order = append(append(order, key), behind[key]...)
		}
	}
	r := &list{owner: m.owner}
	for _, key := range append(order, tail...) {
		c := *merged[key]
		c.owner = nil
		r.put(m.owner, &c, true)
	}
	return r
}

// order returns the keys in display order.
func (l *list) order() []string {
	keys := make([]string, 0, l.n)
	for n := range l.display().all() {
		keys = append(keys, n.text)
	}
	return keys
}

func predecessor(keys []string, i int) string {
	if i <= 0 {
		return ""
	}
	return keys[i-1]
}

// movedKeys returns the elements of both that have another place among those.
func movedKeys(from, to []string) map[string]bool {
	was := make(map[string]int, len(from))
	for i, key := range from {
		was[key] = i
	}
	var common []int
	for _, key := range to {
		if i, ok := was[key]; ok {
			common = append(common, i)
		}
	}
	moved := make(map[string]bool)
	for _, i := range common {
		moved[from[i]] = true
	}
	for _, i := range increasing(common) {
		delete(moved, from[i])
	}
	return moved
}
