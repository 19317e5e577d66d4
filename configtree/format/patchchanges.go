package format

import (
	"maps"
	"slices"
	"strings"

	"loggia/configtree"
	"loggia/configtree/schema"
)

// patchChanges remembers of a patch what a later line of it may need.
type patchChanges struct {
	removed  []removal
	gone     map[string]int    // statements with a minus, by name: their index in removed
	set      map[string]bool   // leaves with a plus
	chosen   map[string]string // choices of which a leaf has a plus: the case
	standing map[string]string // user-ordered lists: the entry that was named or placed last
	lists    map[string]*values
	open     []*values // leaf-lists of which values have come in this block
}

// removal is a statement with a minus.
type removal struct {
	edit      configtree.Edit
	commented bool // with its annotation
	back      bool // it has a plus too
}

// values are those of a leaf-list before and after.
type values struct {
	path     configtree.Path // without key
	old, now side
}

// side is a leaf-list before or after.
type side struct {
	all []value
	at  map[string]int // indexes in all, by text
}

// value is one of them and what is said of it.
type value struct {
	edit  configtree.Edit // sets it
	text  string
	marks marks
}

func (c *patchChanges) begin() {
	c.gone, c.set, c.chosen = map[string]int{}, map[string]bool{}, map[string]string{}
	c.standing, c.lists = map[string]string{}, map[string]*values{}
}

// nameOf returns a path as the key of a map.
func nameOf(p configtree.Path) string {
	var b strings.Builder
	for _, s := range p {
		b.WriteString(s.Node.Name)
		b.WriteByte(0)
		b.WriteString(s.Key)
		b.WriteByte(1)
	}
	return b.String()
}

func choiceOf(p configtree.Path) string {
	return nameOf(p.Parent()) + p.Last().Node.Choice
}

// goes notes a statement with a minus.
func (c *patchChanges) goes(o object) {
	if o.path.Last().Node.Kind == schema.LeafList {
		c.values(o, false)
		return
	}
	e := o.edits[0]
	e.Op, e.Path = configtree.Delete, o.path
	if len(e.Path) < len(o.edits[0].Path) {
		e.Value = ""
	}
	c.gone[nameOf(o.path)] = len(c.removed)
	c.removed = append(c.removed, removal{edit: e, commented: o.annotated()})
}

// returns notes a statement with a plus and tells whether it had a minus before, and an annotation there.
func (c *patchChanges) returns(o object) (gone, commented bool) {
	name, s := nameOf(o.path), o.path.Last().Node
	if s.Kind == schema.Leaf {
		c.set[name] = true
	}
	if s.Choice != "" {
		c.chosen[choiceOf(o.path)] = s.Case
	}
	i, ok := c.gone[name]
	if ok {
		c.removed[i].back = true
	}
	return ok, ok && c.removed[i].commented
}

// stands notes that an entry has its place and returns the one noted before it.
func (c *patchChanges) stands(p configtree.Path) (before string, ok bool) {
	list := slices.Clone(p)
	list[len(list)-1].Key = ""
	name := nameOf(list)
	before, ok = c.standing[name]
	c.standing[name] = p.Last().Key
	return before, ok
}

// values notes edits of a value of a leaf-list, with a plus when it has come. What is said of several
// values comes after all of them.
func (c *patchChanges) values(o object, come bool) {
	list := slices.Clone(o.path)
	list[len(list)-1].Key = ""
	name := nameOf(list)
	l := c.lists[name]
	if l == nil {
		l = &values{path: list}
		c.lists[name] = l
	}
	side := &l.old
	if come {
		if side = &l.now; len(side.all) == 0 {
			c.open = append(c.open, l)
		}
	}
	v := side.of(o.path.Last().Key)
	for _, e := range o.edits {
		switch e.Op {
		case configtree.Set:
			v.edit = e
		case configtree.Deactivate:
			v.marks.inactive = true
		case configtree.Protect:
			v.marks.protect = true
		case configtree.Annotate:
			v.marks.comment = e.Value
		}
	}
}

// of returns the value with that text, which is new or has been noted before.
func (s *side) of(text string) *value {
	i, ok := s.at[text]
	if !ok {
		if s.at == nil {
			s.at = make(map[string]int)
		}
		i = len(s.all)
		s.at[text] = i
		s.all = append(s.all, value{text: text})
	}
	return &s.all[i]
}

// settle returns the leaf-lists whose values have come, and forgets them.
func (c *patchChanges) settle() []*values {
	open := c.open
	c.open = nil
	for _, l := range open {
		delete(c.lists, nameOf(l.path))
	}
	return open
}

// edits make of the values before the values after, in their order. As a value that is set anew
// comes last, the longest beginning that is in order already stays. The list is never empty
// in between, so that a container that holds nothing else is not dropped.
func (l *values) edits() []configtree.Edit {
	was := make(map[string]value, len(l.old.all))
	for _, v := range l.old.all {
		was[v.text] = v
	}
	now, stay, last := l.now.all, 0, -1
	for ; stay < len(now); stay++ {
		i, ok := l.old.at[now[stay].text]
		if !ok || l.path.Last().Node.UserOrdered && i < last {
			break
		}
		last = i
	}
	var edits []configtree.Edit
	set := func(v value) { edits = append(edits, v.mark(value{})...) }
	for _, v := range now[:stay] {
		edits = append(edits, v.mark(was[v.text])...)
		delete(was, v.text)
	}
	rest := now[stay:]
	if stay == 0 && len(rest) > 0 {
		set(rest[0])
		rest = rest[1:]
	}
	for _, v := range l.old.all {
		if _, goes := was[v.text]; goes {
			e := v.edit
			e.Op, e.Value = configtree.Delete, ""
			edits = append(edits, e)
		}
	}
	for _, v := range rest {
		set(v)
	}
	return edits
}

// mark sets a value and says of it what it did not say before.
func (v value) mark(before value) []configtree.Edit {
	edits := []configtree.Edit{v.edit}
	say := func(op configtree.Op, text string) {
		e := v.edit
		e.Op, e.Value = op, text
		edits = append(edits, e)
	}
	edits[0].Op = configtree.Set
	was, is := before.marks, v.marks
	if was.protect && !is.protect {
		say(configtree.Unprotect, "")
	}
	switch {
	case is.inactive && !was.inactive:
		say(configtree.Deactivate, "")
	case !is.inactive && was.inactive:
		say(configtree.Activate, "")
	}
	if is.comment != was.comment {
		say(configtree.Annotate, is.comment)
	}
	if is.protect && !was.protect {
		say(configtree.Protect, "")
	}
	return edits
}

// deletions delete what has a minus alone.
func (c *patchChanges) deletions() []configtree.Edit {
	var edits []configtree.Edit
	for _, r := range c.removed {
		s := r.edit.Path.Last().Node
		chosen, other := c.chosen[choiceOf(r.edit.Path)]
		switch {
		case r.back, s.Kind == schema.Leaf && c.set[nameOf(r.edit.Path)]:
		case s.Choice != "" && other && chosen != s.Case: // the case that has come has removed it
		default:
			edits = append(edits, r.edit)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.lists)) {
		for _, v := range c.lists[name].old.all {
			e := v.edit
			e.Op, e.Value = configtree.Delete, ""
			edits = append(edits, e)
		}
	}
	return edits
}
