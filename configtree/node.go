package configtree

import (
	"slices"

	"loggia/configtree/schema"
)

// owner is the token of one Batch between two calls of Tree: who holds it may
// change the nodes that carry it, everything else is shared and is copied
// first. It has a size so that two of them never have one address.
type owner struct{ _ byte }

// node is a stored statement: the root, a container, a list entry, a leaf or an
// element of a leaf-list. Once sealed (hash set) it never changes.
type node struct {
	schema    *schema.Node
	text      string // key of an entry, value of a leaf or of a leaf-list element
	comment   string
	slots     []slot // in schema order, none empty
	owner     *owner
	from      *origin // Effective only: the group it was inherited from, nil when it was configured
	rank      uint64  // place in a user-ordered list; private to that list
	hash      Hash    // zero until sealed
	inactive  bool
	protected bool
	has       traits // set when sealed
}

// traits is what is to be found in a sealed part of a tree, at its top or below.
type traits uint8

const (
	hasMarks     traits = 1 << iota // an inactive, protected or annotated statement
	hasProtected                    // a protected one
	hasApplied                      // groups that are applied or excepted, flags of levels: nothing of that holds
)

// traits returns the traits of n by itself.
func (n *node) traits() traits {
	var t traits
	if n.inactive || n.protected || n.comment != "" {
		t |= hasMarks
	}
	if n.protected {
		t |= hasProtected
	}
	if r := n.schema.Groups; r == schema.AppliesGroups || r == schema.ExceptsGroups || r == schema.FlagsLevel {
		t |= hasApplied
	}
	return t
}

// meaning returns what the text of a node stands for, which is what is compared:
// a secret in clear, whatever its notation.
func (n *node) meaning() string {
	if n.schema.Kind != schema.Leaf {
		return n.text
	}
	return n.schema.Type.Plain(n.text)
}

// slot is where a node keeps the statement of one schema child: a single
// container or leaf, or the elements of a list or leaf-list.
type slot struct {
	schema *schema.Node
	one    *node
	many   *list
}

func hasElements(s *schema.Node) bool {
	return s.Kind == schema.List || s.Kind == schema.LeafList
}

// standsAlone reports whether a statement exists without contents.
func standsAlone(s *schema.Node) bool {
	return s.Kind != schema.Container || s.Presence
}

// slotOf returns the slot of s, or nil.
func (n *node) slotOf(s *schema.Node) *slot {
	for i := range n.slots {
		if n.slots[i].schema == s {
			return &n.slots[i]
		}
	}
	return nil
}

// find returns the node that the step leads to, or nil.
func (n *node) find(s Step) *node {
	sl := n.slotOf(s.Node)
	switch {
	case sl == nil:
		return nil
	case sl.many != nil:
		return sl.many.get(s.Key)
	}
	return sl.one
}

// drop removes the slot of s from a node that the caller owns.
func (n *node) drop(s *schema.Node) {
	n.slots = slices.DeleteFunc(n.slots, func(sl slot) bool { return sl.schema == s })
}

// place returns the slot of s in a node that the caller owns, and makes it
// where it belongs in schema order.
func (n *node) place(s *schema.Node) *slot {
	if sl := n.slotOf(s); sl != nil {
		return sl
	}
	at := 0
	for _, c := range n.schema.Children {
		if c == s {
			break
		}
		if at < len(n.slots) && n.slots[at].schema == c {
			at++
		}
	}
	n.slots = slices.Insert(n.slots, at, slot{schema: s})
	return &n.slots[at]
}

// list holds the elements of a list or leaf-list.
type list struct {
	owner *owner
	keys  *chunk // ordered by key
	ranks *chunk // user-ordered only: ordered by rank
	n     int
}

// rankGap lies between the ranks of neighbours, for those who come between.
const rankGap = 1 << 20

func (l *list) get(key string) *node {
	return byKey.get(l.keys, &node{text: key})
}

// display returns the elements as they are shown: the part of the list that is
// sealed, hashed and compared.
func (l *list) display() *chunk {
	if l.ranks != nil {
		return l.ranks
	}
	return l.keys
}

// add puts an element whose key is new into a list that o owns, where its rank
// says.
func (l *list) add(o *owner, e *node) {
	l.n++
	l.put(o, e, false)
}

// put adds or replaces the element with e's key in a list that o owns. A new one
// comes last.
func (l *list) put(o *owner, e *node, isNew bool) {
	if isNew {
		l.n++
		e.rank = rankGap
		if last := l.ranks.last(); last != nil {
			e.rank += last.rank
		}
	}
	lvl := level(e.text)
	l.keys = byKey.put(l.keys, e, lvl, o)
	if e.schema.UserOrdered {
		l.ranks = byRank.put(l.ranks, e, lvl, o)
	}
}

// remove takes e, which is an element, out of a list that o owns.
func (l *list) remove(o *owner, e *node) {
	l.n--
	l.keys = byKey.remove(l.keys, e, o)
	if e.schema.UserOrdered {
		l.ranks = byRank.remove(l.ranks, e, o)
	}
}
