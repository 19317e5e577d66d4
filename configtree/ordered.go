package configtree

import (
	"cmp"
	"iter"
	"slices"
	"strings"
)

// chunk is a node of an ordered set of elements: a B-tree whose shape follows
// from the keys in it. Each key has a level, 0 for most and one more for every
// thirty-second, drawn from its own hash; a chunk holds the elements of one
// level that no element of a higher level separates, and between them the chunks
// of lower levels. So a set of some thirty elements is mostly one sorted slice, a
// larger one is a shallow tree, and equal sets are equal trees whatever the
// edits that led there, which is what makes the hash of a chunk mean its
// contents. Balance is a matter of chance, not of care: a set of keys picked to
// have all one level degrades to a sorted slice, which is slower but no wrong.
type chunk struct {
	level uint8
	items []*node
	kids  []*chunk // len(items)+1 of them, some nil; or none at all
	owner *owner

	// Set when sealed.
	hash  Hash
	count int // elements here and below
	has   traits
}

// levelBits is the binary logarithm of the mean number of elements in a chunk.
const levelBits = 5

// level draws the level of a key: FNV-1a, its bits mixed once more.
func level(key string) uint8 {
	h := uint64(14695981039346656037)
	for i := range len(key) {
		h = (h ^ uint64(key[i])) * 1099511628211
	}
	h ^= h >> 32
	h *= 0xd6e8feb86659fd93
	h ^= h >> 32
	var l uint8
	for h&(1<<levelBits-1) == 0 && l < 64/levelBits {
		l++
		h >>= levelBits
	}
	return l
}

// order is what a set is ordered by.
type order uint8

const (
	byKey order = iota
	byRank
)

func (o order) compare(a, b *node) int {
	if o == byRank {
		return cmp.Compare(a.rank, b.rank)
	}
	return strings.Compare(a.text, b.text)
}

func (o order) search(c *chunk, n *node) (int, bool) {
	lo, hi := 0, len(c.items)
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		switch d := o.compare(c.items[mid], n); {
		case d == 0:
			return mid, true
		case d < 0:
			lo = mid + 1
		default:
			hi = mid
		}
	}
	return lo, false
}

// get returns the element that compares equal to n, or nil.
func (o order) get(c *chunk, n *node) *node {
	for c != nil {
		i, found := o.search(c, n)
		if found {
			return c.items[i]
		}
		c = c.kid(i)
	}
	return nil
}

func (c *chunk) kid(i int) *chunk {
	if c.kids == nil {
		return nil
	}
	return c.kids[i]
}

// last returns the greatest element, nil of an empty set.
func (c *chunk) last() *node {
	if c == nil {
		return nil
	}
	for k := c; k != nil; k = k.kid(len(k.items)) {
		c = k
	}
	return c.items[len(c.items)-1]
}

// eachWith visits the elements of a sealed set that have one of the traits, in
// order.
func (c *chunk) eachWith(t traits, visit func(*node)) {
	if c == nil || c.has&t == 0 {
		return
	}
	for i, n := range c.items {
		c.kid(i).eachWith(t, visit)
		if n.has&t != 0 {
			visit(n)
		}
	}
	c.kid(len(c.items)).eachWith(t, visit)
}

// neighbours returns the elements before and after n, which is in the set; nil
// where there is none.
func (o order) neighbours(c *chunk, n *node) (before, after *node) {
	for c != nil {
		i, found := o.search(c, n)
		if found {
			if k := c.kid(i).last(); k != nil {
				before = k
			} else if i > 0 {
				before = c.items[i-1]
			}
			if k := c.kid(i + 1).first(); k != nil {
				after = k
			} else if i+1 < len(c.items) {
				after = c.items[i+1]
			}
			return before, after
		}
		if i > 0 {
			before = c.items[i-1]
		}
		if i < len(c.items) {
			after = c.items[i]
		}
		c = c.kid(i)
	}
	return nil, nil
}

// first returns the least element, nil of an empty set.
func (c *chunk) first() *node {
	if c == nil {
		return nil
	}
	for k := c; k != nil; k = k.kid(0) {
		c = k
	}
	return c.items[0]
}

// all yields the elements in order.
func (c *chunk) all() iter.Seq[*node] {
	return func(yield func(*node) bool) { c.each(yield) }
}

func (c *chunk) each(yield func(*node) bool) bool {
	if c == nil {
		return true
	}
	for i, n := range c.items {
		if !c.kid(i).each(yield) || !yield(n) {
			return false
		}
	}
	return c.kid(len(c.items)).each(yield)
}

// own returns c if w may change it, else a copy that w may change.
func (c *chunk) own(w *owner) *chunk {
	if c.owner == w {
		return c
	}
	return &chunk{level: c.level, items: slices.Clone(c.items), kids: slices.Clone(c.kids), owner: w}
}

func (c *chunk) setKid(i int, k *chunk) {
	if c.kids == nil {
		if k == nil {
			return
		}
		c.kids = make([]*chunk, len(c.items)+1)
	}
	c.kids[i] = k
}

// put adds n, whose level is lvl, or replaces the element that compares equal.
func (o order) put(c *chunk, n *node, lvl uint8, w *owner) *chunk {
	if c == nil || lvl > c.level {
		l, r := o.split(c, n, w)
		top := &chunk{level: lvl, items: []*node{n}, owner: w}
		top.setKid(0, l)
		top.setKid(1, r)
		return top
	}
	c = c.own(w)
	i, found := o.search(c, n)
	switch {
	case found:
		c.items[i] = n
	case lvl < c.level:
		c.setKid(i, o.put(c.kid(i), n, lvl, w))
	default:
		l, r := o.split(c.kid(i), n, w)
		if c.kids != nil {
			c.kids = slices.Insert(c.kids, i, l)
			c.kids[i+1] = nil
		}
		c.items = slices.Insert(c.items, i, n)
		c.setKid(i, l)
		c.setKid(i+1, r)
	}
	return c
}

// split returns the elements before and after n, which is none of them.
func (o order) split(c *chunk, n *node, w *owner) (before, after *chunk) {
	if c == nil {
		return nil, nil
	}
	i, _ := o.search(c, n)
	kl, kr := o.split(c.kid(i), n, w)
	before, after = kl, kr
	if i > 0 {
		before = &chunk{level: c.level, items: slices.Clone(c.items[:i]), owner: w}
		if c.kids != nil {
			before.kids = slices.Clone(c.kids[:i+1])
		}
		before.setKid(i, kl)
	}
	if i < len(c.items) {
		after = &chunk{level: c.level, items: slices.Clone(c.items[i:]), owner: w}
		if c.kids != nil {
			after.kids = slices.Clone(c.kids[i:])
		}
		after.setKid(0, kr)
	}
	return before, after
}

// remove takes out the element that compares equal to n; there is one.
func (o order) remove(c *chunk, n *node, w *owner) *chunk {
	c = c.own(w)
	i, found := o.search(c, n)
	if !found {
		c.setKid(i, o.remove(c.kid(i), n, w))
		return c
	}
	m := merge(c.kid(i), c.kid(i+1), w)
	if len(c.items) == 1 {
		return m
	}
	c.items = slices.Delete(c.items, i, i+1)
	if c.kids != nil {
		c.kids = slices.Delete(c.kids, i, i+1)
		c.kids[i] = m
	}
	return c
}

// merge joins two sets, every element of a coming before those of b.
func merge(a, b *chunk, w *owner) *chunk {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	case a.level > b.level:
		a = a.own(w)
		a.setKid(len(a.items), merge(a.kid(len(a.items)), b, w))
		return a
	case a.level < b.level:
		b = b.own(w)
		b.setKid(0, merge(a, b.kid(0), w))
		return b
	}
	c := &chunk{level: a.level, items: slices.Concat(a.items, b.items), owner: w}
	if a.kids != nil || b.kids != nil {
		c.kids = make([]*chunk, len(c.items)+1)
		copy(c.kids, a.kids)
		if b.kids != nil {
			copy(c.kids[len(a.items):], b.kids)
		}
		c.kids[len(a.items)] = merge(a.kid(len(a.items)), b.kid(0), w)
	}
	return c
}
