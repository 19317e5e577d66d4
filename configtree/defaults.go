package configtree

import "loggia/configtree/schema"

// DefaultsGroup is the group that WithDefaults says defaults come from, as in Junos.
const DefaultsGroup = "junos-defaults"

// WithDefaults is e with the values that hold because nothing else was configured, as far as a
// reader may see them: the default of each leaf that is not there, of levels that are there or
// need not be configured to be (RFC 7950, 7.6.1). They come from DefaultsGroup. It is to be
// shown, not obeyed: who obeys asks for defaults one by one.
func (e *Effective) WithDefaults(sees func(Path) bool) *Effective {
	d := defaulter{sees: sees}
	d.level(e.Root(), e.root.schema, nil)
	if len(d.missing) == 0 {
		return e
	}
	b := (&Tree{root: e.root, rules: e.rules}).Batch()
	from := &origin{DefaultsGroup}
	for _, p := range d.missing {
		leaf := b.make(p)
		leaf.text, leaf.from = p.Last().Node.Default, from
	}
	return &Effective{root: b.Tree().root, rules: e.rules}
}

// defaulter finds the leaves that have their default.
type defaulter struct {
	sees    func(Path) bool
	missing []Path
}

// level looks at the statements of a level, which need not be there: then n is not valid.
func (d *defaulter) level(n Node, s *schema.Node, at Path) {
	for _, c := range s.Children {
		p := at.Append(Step{Node: c})
		switch {
		case c.Groups != schema.NoGroupsRole || c.Unkept:
		case c.Kind == schema.Leaf:
			if c.Default != "" && d.applies(n, c) && d.sees(p) {
				d.missing = append(d.missing, p)
			}
		case c.Kind == schema.Container:
			child := n.Child(c.Name)
			if child.Valid() || !c.Presence && c.Choice == "" {
				d.level(child, c, p)
			}
		case c.Kind == schema.List && n.Valid():
			for e := range n.Entries(c.Name) {
				d.level(e, c, at.Append(Step{Node: c, Key: e.Key()}))
			}
		}
	}
}

// applies reports whether a leaf is not there, and neither is anything that excludes it.
func (d *defaulter) applies(n Node, c *schema.Node) bool {
	if !n.Valid() {
		return c.Choice == ""
	}
	return n.n.slotOf(c) == nil && (c.Choice == "" || caseIsSet(n.n, c))
}
