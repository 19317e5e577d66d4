package op

import (
	"slices"

	"loggia/configtree"
	"loggia/configtree/schema"
)

// FlagOf is the permission flag of a statement: its own, or the nearest above.
// The flag sees the statement, and with -control changes it.
func FlagOf(n *schema.Node) string {
	for ; n != nil; n = n.Parent {
		if n.Permission != "" {
			return n.Permission
		}
	}
	return ""
}

// seesBy and changesBy are what the flags alone say.
func (c *Class) seesBy(n *schema.Node) bool {
	flag := FlagOf(n)
	return c.all || c.flags["view-configuration"] || flag != "" && c.May(flag) || c.changesBy(n)
}

func (c *Class) changesBy(n *schema.Node) bool {
	if c.all || c.flags["edit"] {
		return true
	}
	if flag := FlagOf(n); flag != "" {
		return c.May(flag + "-control")
	}
	return c.May("configure")
}

// SeesAll reports whether the class sees the whole configuration, secrets aside.
func (c *Class) SeesAll() bool {
	return c.config.none() && (c.all || c.flags["view-configuration"] || c.flags["edit"])
}

// ChangesAll reports whether the class may change the whole configuration.
func (c *Class) ChangesAll() bool { return c.config.none() && (c.all || c.flags["edit"]) }

// Sees reports whether the class may see a statement. value is that of a leaf,
// "" of anything else: rules match the statement without and with it.
func (c *Class) Sees(p configtree.Path, value string) bool { return c.judge(p, value, c.seesBy) }

// Changes reports whether the class may set, delete or mark a statement. What
// stands below it has to be asked for one by one; see Refuses.
func (c *Class) Changes(p configtree.Path, value string) bool { return c.judge(p, value, c.changesBy) }

func (c *Class) judge(p configtree.Path, value string, flags func(*schema.Node) bool) bool {
	n := p.Last().Node
	if c.config.none() {
		return flags(n)
	}
	v := c.config.over(texts(p, value)...)
	if len(p) > 1 && p[0].Node.Groups == schema.DefinesGroups {
		// In a group it also counts what the statement stands for.
		switch inner := c.config.over(texts(p[1:], value)...); {
		case inner == denied:
			v = denied
		case v == silent:
			v = inner
		}
	}
	switch v {
	case allowed:
		return true
	case denied:
		return false
	}
	return flags(n)
}

// texts are the words of a statement, and those with its value unless that is
// secret.
func texts(p configtree.Path, value string) [][]string {
	words := p.Words()
	if n := p.Last().Node; value == "" || n == nil || n.Secret || n.Kind != schema.Leaf {
		return [][]string{words}
	}
	return [][]string{words, append(slices.Clip(words), value)}
}

// MaySee reports whether the class may see the statement or anything that may
// stand below it: then it may go there. A list without key stands for any entry.
func (c *Class) MaySee(p configtree.Path, value string) bool {
	return c.leads(p, value, c.seesBy)
}

// MayChange is MaySee for changes.
func (c *Class) MayChange(p configtree.Path, value string) bool {
	return c.leads(p, value, c.changesBy)
}

func (c *Class) leads(p configtree.Path, value string, flags func(*schema.Node) bool) bool {
	n := p.Last().Node
	switch {
	case n == nil: // the top
		return true
	case c.config.none():
		return leads(n, flags)
	}
	at := c.config.along(p)
	if value != "" && n.Kind == schema.Leaf && !n.Secret {
		return at.may(flags(n)) || at.word(value).may(flags(n))
	}
	return at.below(n, flags)
}

// along is what becomes of rules along a path.
func (r *rules) along(p configtree.Path) prospect {
	at := r.prospect()
	for i, s := range p {
		if !s.Node.NoKeyword {
			at = at.word(s.Node.Name)
		}
		switch {
		case s.Key != "":
			at = at.word(s.Key)
		case s.Node.Kind == schema.List || s.Node.Kind == schema.LeafList:
			at = at.wild()
		}
		if i == 0 && s.Node.Groups == schema.DefinesGroups {
			at = at.again()
		}
	}
	return at
}

// leads reports whether allowed holds for n or for anything below it.
func leads(n *schema.Node, allowed func(*schema.Node) bool) bool {
	return allowed(n) || slices.ContainsFunc(n.Children, func(c *schema.Node) bool { return leads(c, allowed) })
}

// below reports whether n, to which p has come, or anything that may stand below
// it can be permitted.
func (p prospect) below(n *schema.Node, flags func(*schema.Node) bool) bool {
	flag := flags(n)
	switch {
	case p.may(flag):
		return true
	case !p.ever(true), !p.ever(false) && !leads(n, flags): // neither rules nor flags let anything through
		return false
	}
	if n.Kind == schema.Leaf {
		return n.Type.Base != schema.Empty && !n.Secret && p.wild().may(flag)
	}
	for _, c := range n.Children {
		at := p
		if !c.NoKeyword {
			at = at.word(c.Name)
		}
		if c.Kind == schema.List || c.Kind == schema.LeafList {
			at = at.wild()
		}
		if c.Groups == schema.DefinesGroups {
			at = at.again()
		}
		if at.below(c, flags) {
			return true
		}
	}
	return false
}
