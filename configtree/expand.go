package configtree

import (
	"slices"

	"loggia/configtree/schema"
)

// expansion is the last one of a tree or of those it was edited from. What did
// not change since is taken from it.
type expansion struct {
	tree Hash
	to   *Effective
}

// Expand returns what holds of t: without what is inactive, and with what groups
// give. A statement inherits from the groups that are applied to it, or to a
// level around it, the contents that they have for the same place of the
// hierarchy. What is configured in the place wins over what is inherited, a
// group named earlier over one named later, and a group applied further in over
// one applied further out; apply-groups-except keeps a group out from where it
// stands, unless it is applied anew below. Lists and leaf-lists are joined, what
// is configured first. The contents of an entry with a wildcard as its key are
// inherited by the entries it matches, which are those that are configured or
// that a group creates; it creates none itself.
//
// Parts without marks and groups are shared with t and not visited, and what
// neither changed nor inherits anything else than in the expansion before, of t
// or a tree that t was edited from, is shared with that: an expansion costs what
// changed.
func (t *Tree) Expand() *Effective {
	last := t.last.Load()
	if last != nil && last.tree == t.root.hash {
		return last.to
	}
	e := &Effective{typed: t.active(), rules: t.rules}
	var old *Effective
	if last != nil {
		old = last.to
	}
	e.root = inherited(e.typed, old)
	t.last.Store(&expansion{t.root.hash, e})
	return e
}

// inherited returns the root with what groups give and without them.
func inherited(root *node, old *Effective) *node {
	x := &expander{now: definitions(root), origins: make(map[string]*origin), shared: make(map[*node]*node), sharedLists: make(map[*list]*list)}
	if x.now.list == nil && root.has&hasApplied == 0 {
		return root
	}
	var w was
	if old != nil {
		x.was = definitions(old.typed)
		w = was{n: old.typed, eff: old.root}
	}
	x.sameGroups = old != nil && x.now.equal(x.was)
	n := x.statement(root, nil, w, nil)
	if n == nil {
		n = &node{schema: root.schema}
	}
	new(sealer).node(n)
	return n
}

// expander is one expansion under way.
type expander struct {
	owner      owner
	now, was   groups
	sameGroups bool // now is was
	origins    map[string]*origin
	// What is inherited from one source alone is the same everywhere.
	shared      map[*node]*node
	sharedLists map[*list]*list
}

// was is a place in the expansion before: the statement as typed, as it came to
// be, and what applied to it. It is zero where there was none.
type was struct {
	n, eff *node
	ctx    context
}

// below returns what the container or leaf s was.
func (w was) below(s *schema.Node) was {
	var b was
	if w.n != nil {
		if sl := w.n.slotOf(s); sl != nil {
			b.n = sl.one
		}
	}
	if w.eff != nil {
		if sl := w.eff.slotOf(s); sl != nil {
			b.eff = sl.one
		}
		b.ctx = w.ctx.child(s)
	}
	return b
}

// statement expands a statement that is configured. It returns nil for a
// container in which nothing is left.
func (x *expander) statement(n *node, ctx context, w was, at *spot) *node {
	if w.n != nil && w.n.hash == n.hash && (x.sameGroups || n.has&hasApplied == 0) && ctx.equal(w.ctx) {
		return w.eff
	}
	if n.schema.Kind == schema.Leaf || n.schema.Kind == schema.LeafList || n.has&hasApplied == 0 && len(ctx) == 0 && n.schema.Parent != nil {
		return n
	}
	if w.n != nil {
		w.ctx = x.enter(x.was, w.n, w.ctx, at)
	}
	slots := x.contents(n, n.schema, x.enter(x.now, n, ctx, at), w, at)
	switch {
	case len(slots) == 0 && !standsAlone(n.schema):
		return nil
	case slices.Equal(slots, n.slots):
		return n
	}
	c := *n
	c.owner, c.hash, c.slots = nil, Hash{}, slots
	return &c
}

// enter returns what applies to the contents of n: the groups that it names
// itself, then those from around it that it does not except.
func (x *expander) enter(g groups, n *node, outer context, at *spot) context {
	applied, excepted := n.names(schema.AppliesGroups), n.names(schema.ExceptsGroups)
	if len(applied)+len(excepted) == 0 {
		return outer
	}
	var ctx context
	for _, name := range applied {
		if group := g.get(name); group != nil && !slices.Contains(excepted, name) {
			for _, n := range at.follow([]*node{group}) {
				ctx = append(ctx, source{x.origin(name), n})
			}
		}
	}
	for _, src := range outer {
		if !slices.Contains(applied, src.from.group) && !slices.Contains(excepted, src.from.group) {
			ctx = append(ctx, src)
		}
	}
	return ctx
}

func (x *expander) origin(name string) *origin {
	o := x.origins[name]
	if o == nil {
		o = &origin{name}
		x.origins[name] = o
	}
	return o
}

// follow leads from the top of a group to what it has for the spot.
func (at *spot) follow(top []*node) []*node {
	if at == nil {
		return top
	}
	var found []*node
	for _, n := range at.up.follow(top) {
		sl := n.slotFor(at.step.Node)
		switch {
		case sl == nil:
		case sl.many == nil:
			found = append(found, sl.one)
		default:
			found = sl.many.matching(at.step.Key, found)
		}
	}
	return found
}

// contents expands what n, which is nil where nothing is configured, contains.
func (x *expander) contents(n *node, s *schema.Node, ctx context, w was, at *spot) []slot {
	var slots []slot
	for _, c := range s.Children {
		var own *slot
		if n != nil {
			own = n.slotOf(c)
		}
		if c.Groups != schema.NoGroupsRole || own == nil && !ctx.speaks(n, c) {
			continue
		}
		sl := slot{schema: c}
		if hasElements(c) {
			sl.many = x.list(c, own, ctx, w, at)
		} else {
			sl.one = x.single(c, own, ctx, w, at)
		}
		if sl.one != nil || sl.many != nil {
			slots = append(slots, sl)
		}
	}
	return slots
}

// speaks reports whether the context has something to say about c, in n, where c
// is not configured. Of the cases of a choice, that which is configured holds,
// else the first that a group creates.
func (ctx context) speaks(n *node, c *schema.Node) bool {
	if !slices.ContainsFunc(ctx, func(src source) bool { return src.n.slotFor(c) != nil }) {
		return false
	}
	if c.Choice == "" {
		return true
	}
	if n != nil {
		for _, sl := range n.slots {
			if sl.schema.Choice == c.Choice {
				return sl.schema.Case == c.Case
			}
		}
	}
	for _, src := range ctx {
		for _, sl := range src.n.slots {
			if sl.schema.Choice == c.Choice && sl.creates() {
				return sl.schema.Case == c.Case
			}
		}
	}
	return false
}

// creates reports whether the slot of a group creates something where there is
// nothing: anything does but wildcards.
func (sl slot) creates() bool {
	switch sl.schema.Kind {
	case schema.Container:
		return sl.schema.Presence || slices.ContainsFunc(sl.one.slots, slot.creates)
	case schema.List:
		for n := range sl.many.keys.all() {
			if !schema.IsWildcard(n.text) {
				return true
			}
		}
		return false
	}
	return true
}

// single expands a container or leaf.
func (x *expander) single(s *schema.Node, own *slot, ctx context, w was, at *spot) *node {
	if own != nil && s.Kind == schema.Leaf {
		return own.one
	}
	below, w := ctx.child(s), w.below(s)
	at = &spot{Step{Node: s}, at}
	if own != nil {
		return x.statement(own.one, below, w, at)
	}
	return x.inherit(s, "", nil, below, w, at)
}

// inherit makes a statement that is not configured, from what applies to it. Of
// an element of a list the caller knows the origin.
func (x *expander) inherit(s *schema.Node, key string, from *origin, ctx context, w was, at *spot) *node {
	if w.n == nil && w.eff != nil && ctx.equal(w.ctx) {
		return w.eff
	}
	one := len(ctx) == 1 && key == ""
	if one {
		if n, ok := x.shared[ctx[0].n]; ok {
			return n
		}
	}
	n := &node{schema: s, text: key, from: from}
	if s.Kind == schema.Leaf {
		n.text = ctx[0].n.text
	} else {
		if w.n != nil {
			w = was{} // it was configured, and is no longer
		}
		n.slots = x.contents(nil, s, ctx, w, at)
	}
	for _, src := range ctx {
		if n.from == nil && (s.Kind == schema.Leaf || s.Presence || slices.ContainsFunc(src.n.slots, slot.creates)) {
			n.from = src.from
		}
	}
	if len(n.slots) == 0 && !standsAlone(s) {
		n = nil
	}
	if one {
		x.shared[ctx[0].n] = n
	}
	return n
}
