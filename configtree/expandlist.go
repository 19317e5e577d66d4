package configtree

import (
	"slices"

	"loggia/configtree/schema"
)

// inheritedRank is where the ranks of inherited elements begin: behind all that
// are configured.
const inheritedRank = 1 << 63

// wildcards returns the entries of a group's list whose keys are wildcards.
func (l *list) wildcards() []*node {
	var all []*node
	l.display().each(func(n *node) bool {
		if n.schema.Kind == schema.List && schema.IsWildcard(n.text) {
			all = append(all, n)
		}
		return true
	})
	return all
}

// matching appends the entries of a group's list that apply to the entry with
// that key: its own, then the wildcards that match, as they are displayed.
func (l *list) matching(key string, found []*node) []*node {
	if n := l.get(key); n != nil && !schema.IsWildcard(key) {
		found = append(found, n)
	}
	for _, n := range l.wildcards() {
		if schema.MatchWildcard(n.text, key) {
			found = append(found, n)
		}
	}
	return found
}

// lists is a list of the configuration under expansion: what is configured, what
// groups have, and the same in the expansion before.
type listing struct {
	*expander
	schema *schema.Node
	at     *spot
	own    *list // nil when nothing is configured
	from   []listSource
	wild   [][]*node // wildcards, for each of from

	old     *list // that of before as typed, may be nil
	oldEff  *list // as it came to be, may be nil
	oldFrom []listSource
	oldWild [][]*node
}

// list expands a list or leaf-list. It returns nil when it has no elements.
func (x *expander) list(s *schema.Node, own *slot, ctx context, w was, at *spot) *list {
	l := listing{expander: x, schema: s, at: at, from: ctx.lists(s)}
	if own != nil {
		l.own = own.many
	}
	if own != nil && len(l.from) == 0 && l.own.display().has&hasApplied == 0 {
		return l.own
	}
	if w.n != nil {
		if sl := w.n.slotOf(s); sl != nil {
			l.old = sl.many
		}
	}
	if w.eff != nil {
		if sl := w.eff.slotOf(s); sl != nil {
			l.oldEff = sl.many
		}
		l.oldFrom = w.ctx.lists(s)
	}
	same := w.eff != nil && sameLists(l.from, l.oldFrom)
	switch {
	case own == nil && l.old == nil && l.oldEff != nil && same:
		return l.oldEff
	case own == nil && len(l.from) == 1:
		r, ok := x.sharedLists[l.from[0].list]
		if !ok {
			l.prepare()
			r = l.whole()
			x.sharedLists[l.from[0].list] = r
		}
		return r
	}
	l.prepare()
	if same && own != nil && l.old != nil && l.oldEff != nil && (x.sameGroups || (l.own.display().has|l.old.display().has)&hasApplied == 0) {
		return l.changed()
	}
	return l.whole()
}

func (l *listing) prepare() {
	collect := func(from []listSource) (all [][]*node) {
		for _, src := range from {
			all = append(all, src.list.wildcards())
		}
		return all
	}
	l.wild, l.oldWild = collect(l.from), collect(l.oldFrom)
}

// entry returns what applies to the entry with that key, and the group that
// creates it if it is not configured.
func entryContext(from []listSource, wild [][]*node, key string) (ctx context, creator *origin) {
	for i, src := range from {
		if n := src.list.get(key); n != nil && (n.schema.Kind == schema.LeafList || !schema.IsWildcard(key)) {
			ctx = append(ctx, source{src.from, n})
			if creator == nil {
				creator = src.from
			}
		}
		for _, n := range wild[i] {
			if schema.MatchWildcard(n.text, key) {
				ctx = append(ctx, source{src.from, n})
			}
		}
	}
	return ctx, creator
}

// element expands an element, which is configured as e unless that is nil. It
// returns nil when nobody creates it.
func (l *listing) element(key string, e *node) *node {
	if e != nil && l.schema.Kind == schema.LeafList {
		return e
	}
	ctx, creator := entryContext(l.from, l.wild, key)
	if e == nil && creator == nil {
		return nil
	}
	var w was
	if l.old != nil {
		w.n = l.old.get(key)
	}
	if l.oldEff != nil {
		w.eff = l.oldEff.get(key)
	}
	if w.n != nil || w.eff != nil {
		w.ctx, _ = entryContext(l.oldFrom, l.oldWild, key)
	}
	at := &spot{Step{l.schema, key}, l.at}
	if e == nil {
		return l.inherit(l.schema, key, creator, ctx, w, at)
	}
	r := l.statement(e, ctx, w, at)
	if r.rank != e.rank {
		c := *r
		c.owner, c.rank = nil, e.rank
		r = &c
	}
	return r
}

// names returns the keys that the groups create, in order.
func (l *listing) names() []string {
	var keys []string
	seen := make(map[string]bool)
	for _, src := range l.from {
		src.list.display().each(func(n *node) bool {
			if !seen[n.text] && (n.schema.Kind == schema.LeafList || !schema.IsWildcard(n.text)) {
				seen[n.text] = true
				keys = append(keys, n.text)
			}
			return true
		})
	}
	return keys
}

// give puts element i of those that groups create into r, which is x's own.
func (l *listing) give(r *list, i int, n *node) {
	if n.rank != inheritedRank+uint64(i) {
		c := *n
		c.owner, c.rank = nil, inheritedRank+uint64(i)
		n = &c
	}
	r.add(&l.owner, n)
}

// whole expands every element that may inherit something.
func (l *listing) whole() *list {
	r := &list{owner: &l.owner}
	if l.own != nil {
		*r = *l.own
		r.owner = &l.owner
	}
	visit := func(e *node) bool {
		if n := l.element(e.text, e); n != e {
			r.put(&l.owner, n, false)
		}
		return true
	}
	names := l.names()
	every := slices.ContainsFunc(l.wild, func(w []*node) bool { return len(w) > 0 })
	switch {
	case l.own == nil:
	case every:
		l.own.display().each(visit)
	default:
		l.own.display().eachWith(hasApplied, func(e *node) { visit(e) })
	}
	for i, key := range names {
		var e *node
		if l.own != nil {
			e = l.own.get(key)
		}
		switch {
		case e == nil:
			l.give(r, i, l.element(key, nil))
		case !every && e.has&hasApplied == 0:
			visit(e)
		}
	}
	if r.n == 0 {
		return nil
	}
	return r
}

// changed expands the elements that were touched since the expansion before,
// when all that applies is the same.
func (l *listing) changed() *list {
	keys := touched(l.old, l.own, onePart)
	if len(keys) == 0 {
		return l.oldEff
	}
	r := *l.oldEff
	r.owner = &l.owner
	var names []string
	for _, key := range keys {
		if e := r.get(key); e != nil {
			r.remove(&l.owner, e)
		}
	}
	for _, key := range keys {
		e := l.own.get(key)
		n := l.element(key, e)
		switch {
		case e != nil:
			r.add(&l.owner, n)
		case n != nil:
			if names == nil {
				names = l.names()
			}
			l.give(&r, slices.Index(names, key), n)
		}
	}
	return &r
}
