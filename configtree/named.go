package configtree

import (
	"iter"
	"strings"
)

// Named yields the entries of the list, or the elements of the leaf-list, whose keys begin with
// prefix and do not come before from, sorted by key, also where the user has another order. What is
// before them is not visited.
func (n Node) Named(list, prefix, from string) iter.Seq[Node] {
	return func(yield func(Node) bool) {
		sl := n.slotNamed(list)
		if sl == nil || sl.many == nil {
			return
		}
		up := n.below()
		sl.many.keys.eachFrom(&node{text: max(prefix, from)}, func(e *node) bool {
			return strings.HasPrefix(e.text, prefix) && yield(Node{e, up})
		})
	}
}

// eachFrom yields the elements of a set ordered by key that do not come before n.
func (c *chunk) eachFrom(n *node, yield func(*node) bool) bool {
	if c == nil {
		return true
	}
	i, _ := byKey.search(c, n)
	if !c.kid(i).eachFrom(n, yield) {
		return false
	}
	for ; i < len(c.items); i++ {
		if !yield(c.items[i]) || !c.kid(i+1).each(yield) {
			return false
		}
	}
	return true
}
