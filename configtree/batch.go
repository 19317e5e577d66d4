package configtree

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"loggia/configtree/schema"
)

// Batch applies many edits in a row. Only one goroutine may use it; the trees
// it came from and those it returns may be read meanwhile.
type Batch struct {
	from  *Tree
	root  *node
	owner *owner
	texts map[string]string // keys and values already in the tree, once each

	// Where the last edit led, if it was a Set: the next one mostly goes on near there.
	path  Path
	nodes []*node // of each step, all the batch's own

	guarded bool // something may be protected
}

// maxTexts bounds how many texts a Batch remembers, and maxText, in bytes, how
// long they may be: names and words that come again and again are short.
const (
	maxTexts = 1 << 16
	maxText  = 32
)

// kept returns a copy of a key or value that holds on to nothing else, such as
// the line that it was read from; of equal ones the same.
func (b *Batch) kept(text string) string {
	if known, ok := b.texts[text]; ok {
		return known
	}
	text = strings.Clone(text)
	if len(text) <= maxText && len(b.texts) < maxTexts {
		if b.texts == nil {
			b.texts = map[string]string{}
		}
		b.texts[text] = text
	}
	return text
}

// Tree returns the tree so far: the one the batch started from when all edits
// together changed nothing. The batch may go on afterwards.
func (b *Batch) Tree() *Tree {
	new(sealer).node(b.root)
	b.owner = new(owner)
	b.nodes = b.nodes[:0]
	if b.root.hash != b.from.root.hash {
		b.from = &Tree{root: b.root, rules: b.from.rules, last: b.from.last}
	}
	return b.from
}

// Schema returns the root of the schema.
func (b *Batch) Schema() *schema.Node { return b.from.Schema() }

// Apply makes one edit. Its error is a *Problem, or several that are joined, and leaves
// the batch as it was, with one exception: a deletion of what contains protected
// statements removes what is not protected, and returns a warning for each that is.
func (b *Batch) Apply(e Edit) error {
	if p := b.refuse(&e); p != nil {
		return p
	}
	if n := e.Path.Last().Node; n != nil && n.Unkept {
		return nil
	}
	if e.Op != Set {
		b.nodes = b.nodes[:0]
		b.guarded = b.guarded || e.Op == Protect
	}
	switch e.Op {
	case DeleteMatching:
		return b.deleteMatching(&e)
	case Remove:
		if b.missing(&e) != nil {
			return nil
		}
	case Set, Replace, Override:
	default:
		if p := b.missing(&e); p != nil {
			return p
		}
	}
	if p := b.guard(&e); p != nil {
		if e.Op.deletes() {
			if kept, ok := b.deleteAround(&e); ok {
				return kept
			}
		}
		return p
	}
	if e.Op.refers() {
		if p := b.relate(&e); p != nil {
			return p
		}
	}
	b.apply(&e)
	return nil
}

func (b *Batch) apply(e *Edit) {
	switch e.Op {
	case Set:
		b.set(e.Path, e.Value)
	case Replace:
		b.replace(e.Path)
	case Override:
		b.clear(e.Path)
	case Delete, Remove:
		b.delete(e.Path)
	case Deactivate, Activate:
		b.mark(e.Path, func(n *node) { n.inactive = e.Op == Deactivate })
	case Protect, Unprotect:
		b.mark(e.Path, func(n *node) { n.protected = e.Op == Protect })
	case Annotate:
		b.mark(e.Path, func(n *node) { n.comment = e.Value })
	case Rename:
		b.rename(e.Path, e.Value)
	case Copy:
		b.copy(e.Path, e.Value)
	case InsertBefore, InsertAfter:
		b.insert(e.Path, e.Value, e.Op == InsertAfter)
	}
}

// refuse finds out what is wrong with the edit itself. Values have been checked
// where words became edits; here only the shape matters.
func (b *Batch) refuse(e *Edit) *Problem {
	if e.Op == Find || int(e.Op) >= len(opNames) {
		return e.problem(Invalid, "", errors.New("unknown operation"))
	}
	parent := b.root.schema
	for i, s := range e.Path {
		last := i == len(e.Path)-1
		switch {
		case s.Node == nil || s.Node.Parent != parent:
			return e.problem(Invalid, s.Key, errors.New("not a path of this configuration"))
		case s.Key != "" && !hasElements(s.Node):
			return e.problem(Invalid, s.Key, fmt.Errorf("'%s' has no key", s.Node.Name))
		case s.Key == "" && hasElements(s.Node) && (!last || e.Op == Set):
			return e.problem(Missing, s.Node.Name, errors.New("missing argument"))
		}
		parent = s.Node
	}
	l := e.Path.Last()
	switch {
	case l.Node == nil && e.Op >= Deactivate && e.Op != DeleteMatching:
		return e.problem(Missing, "", errors.New("missing argument"))
	case e.Op.refers() && l.Key == "":
		return e.problem(Invalid, l.Node.Name, fmt.Errorf("'%s' is not an entry of a list", l.Node.Name))
	case (e.Op == Rename || e.Op == Copy) && e.Value == "":
		return e.problem(Missing, l.Key, errors.New("missing argument"))
	case e.Op == Set && e.Value != "" && (l.Node == nil || l.Node.Kind != schema.Leaf || l.Node.Type.Base == schema.Empty):
		return e.problem(Invalid, e.Value, errors.New("statement takes no value"))
	}
	return nil
}

// missing says that what the edit is about does not exist.
func (b *Batch) missing(e *Edit) *Problem {
	n := b.root
	for i, s := range e.Path {
		if s.Key == "" && hasElements(s.Node) {
			if n.slotOf(s.Node) == nil {
				return e.problem(NotFound, s.Node.Name, ErrNotFound)
			}
			return nil
		}
		next := n.find(s)
		switch {
		case next == nil && s.Node.Kind == schema.LeafList:
			return e.problem(NotFound, s.Key, elementNotFound(s.Key))
		case next == nil:
			return e.problem(NotFound, s.Node.Name, ErrNotFound)
		case i == len(e.Path)-1 && e.Op != Annotate && !e.Op.refers() && e.Value != "" && !next.schema.Type.Same(next.text, e.Value):
			return e.problem(NotFound, e.Value, ErrNotFound)
		}
		n = next
	}
	return nil
}

// elementNotFound is the ErrNotFound of a leaf-list, in other words.
type elementNotFound string

func (e elementNotFound) Error() string        { return fmt.Sprintf("element '%s' not found", string(e)) }
func (e elementNotFound) Is(target error) bool { return target == ErrNotFound }

// own returns n if the batch may change it, else a copy that it may change.
func (b *Batch) own(n *node) *node {
	if n.owner == b.owner {
		return n
	}
	c := *n
	c.owner, c.hash, c.slots = b.owner, Hash{}, slices.Clone(n.slots)
	return &c
}

func (b *Batch) ownList(l *list) *list {
	if l.owner == b.owner {
		return l
	}
	c := *l
	c.owner = b.owner
	return &c
}

// ownRoot makes the root the batch's own and returns it.
func (b *Batch) ownRoot() *node {
	b.root = b.own(b.root)
	return b.root
}

// ownChild makes an existing child of n, which is the batch's own, so too.
func (b *Batch) ownChild(n *node, s Step) *node {
	sl := n.slotOf(s.Node)
	if sl.many == nil {
		sl.one = b.own(sl.one)
		return sl.one
	}
	e := sl.many.get(s.Key)
	if e.owner == b.owner {
		return e
	}
	sl.many = b.ownList(sl.many)
	e = b.own(e)
	sl.many.put(b.owner, e, false)
	return e
}

// ownPath makes everything on the way along p the batch's own; all of it exists.
func (b *Batch) ownPath(p Path) *node {
	n := b.ownRoot()
	for _, s := range p {
		n = b.ownChild(n, s)
	}
	return n
}

// set creates what is missing along p and gives a leaf its value. A container
// that may not stand alone is created by its contents only.
func (b *Batch) set(p Path, value string) {
	for len(p) > 0 && !standsAlone(p.Last().Node) {
		p = p.Parent()
	}
	if len(p) == 0 {
		return
	}
	if n := b.make(p); n.schema.Kind == schema.Leaf {
		n.text = b.kept(n.schema.Type.Keep(value))
	}
}

// make creates what is missing along p and makes all of it the batch's own.
func (b *Batch) make(p Path) *node {
	n, known := b.known(p)
	for _, s := range p[known:] {
		leaveOtherCases(n, s.Node)
		if n.find(s) != nil {
			n = b.ownChild(n, s)
			b.nodes = append(b.nodes, n)
			continue
		}
		c := &node{schema: s.Node, text: b.kept(s.Key), owner: b.owner}
		sl := n.place(s.Node)
		if !hasElements(s.Node) {
			sl.one = c
		} else {
			if sl.many == nil {
				sl.many = &list{owner: b.owner}
			}
			sl.many = b.ownList(sl.many)
			sl.many.put(b.owner, c, true)
		}
		n = c
		b.nodes = append(b.nodes, n)
	}
	b.path = p
	return n
}

// known returns how many steps of p the last Set took too, and where they lead.
func (b *Batch) known(p Path) (n *node, steps int) {
	n = b.ownRoot()
	for steps < min(len(p), len(b.nodes)) && p[steps] == b.path[steps] {
		n = b.nodes[steps]
		steps++
	}
	b.nodes = b.nodes[:steps]
	return n, steps
}

// leaveOtherCases removes from n, which the caller owns, what excludes s: the
// nodes of the other cases of its choice (RFC 7950 section 7.9).
func leaveOtherCases(n *node, s *schema.Node) {
	if s.Choice == "" {
		return
	}
	n.slots = slices.DeleteFunc(n.slots, func(sl slot) bool {
		return sl.schema.Choice == s.Choice && sl.schema.Case != s.Case
	})
}

// delete removes what p leads to, which exists, and the containers above it
// that may not stand alone and have nothing left.
func (b *Batch) delete(p Path) {
	if len(p) == 0 {
		b.ownRoot().slots = nil
		return
	}
	b.deleteBelow(b.ownRoot(), p)
}

func (b *Batch) deleteBelow(n *node, p Path) {
	s := p[0]
	if len(p) > 1 {
		c := b.ownChild(n, s)
		b.deleteBelow(c, p[1:])
		if len(c.slots) > 0 || standsAlone(s.Node) && !s.Node.NeedsContents() {
			return
		}
	}
	sl := n.slotOf(s.Node)
	if sl.many == nil || s.Key == "" || sl.many.n == 1 {
		n.drop(s.Node)
		return
	}
	sl.many = b.ownList(sl.many)
	sl.many.remove(b.owner, sl.many.get(s.Key))
}

func (b *Batch) exists(p Path) bool {
	return b.missing(&Edit{Op: Delete, Path: p}) == nil
}

// replace makes room for new contents of p. A list entry stays, without marks
// and contents, so that it keeps its place in the order.
func (b *Batch) replace(p Path) {
	if !b.exists(p) {
		return
	}
	if l := p.Last(); l.Key == "" || l.Node.Kind != schema.List {
		b.delete(p)
		return
	}
	n := b.ownPath(p)
	n.slots, n.inactive, n.comment = nil, false, ""
}

// clear removes everything below p.
func (b *Batch) clear(p Path) {
	if !b.exists(p) {
		return
	}
	if l := p.Last(); len(p) > 0 && (l.Key == "" && hasElements(l.Node) || !standsAlone(l.Node) || l.Node.NeedsContents()) {
		b.delete(p)
		return
	}
	b.ownPath(p).slots = nil
}

// mark changes the marks of what p leads to, which exists: of every element
// when that is a whole list.
func (b *Batch) mark(p Path, change func(*node)) {
	l := p.Last()
	if l.Key != "" || !hasElements(l.Node) {
		change(b.ownPath(p))
		return
	}
	parent := b.ownPath(p.Parent())
	elements := slices.Collect(parent.slotOf(l.Node).many.keys.all())
	for _, e := range elements {
		change(b.ownChild(parent, Step{l.Node, e.text}))
	}
}
