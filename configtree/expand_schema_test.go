package configtree

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"loggia/configtree/schema"
)

// visitor edits configurations of the whole schema, at names that are few, so that groups,
// wildcards and statements meet.
type visitor struct {
	*rand.Rand
	made []Path
}

// value returns a value of a type; false when it has none to offer.
func (v *visitor) value(t *schema.Type) (string, bool) {
	switch {
	case t.Base == schema.Enumeration:
		return t.Enums[v.IntN(min(3, len(t.Enums)))].Name, true
	case t.Base == schema.Unsigned && len(t.Ranges) > 0:
		return fmt.Sprint(t.Ranges[0].Min + uint64(v.IntN(2))), true
	case t.Wildcards && v.IntN(2) == 0:
		return [...]string{"<*>", "<a*>", "<?>", "<[ab]*>", "<1*>"}[v.IntN(5)], true
	}
	words := []string{"a", "b", "c", "a1", "10.0.0.1", "10.0.0.0/8", "7", "*", "/a", "scp://a@b/c", "2026-01-01.00:00", "12:30", "1m", "UTC"}
	v.Shuffle(len(words), func(i, j int) { words[i], words[j] = words[j], words[i] })
	i := slices.IndexFunc(words, func(w string) bool { return t.Check(w) == nil })
	return words[max(0, i)], i >= 0
}

// step goes down to one of the children of n.
func (v *visitor) step(n *schema.Node, depth int) (s Step, ok bool) {
	s.Node, ok = n.Children[v.IntN(len(n.Children))], true
	switch {
	case depth == 0 && v.IntN(2) == 0:
		s.Node = n.Children[v.IntN(3)] // groups, and where they apply
	case n.Child("syslog") != nil && v.IntN(2) == 0:
		s.Node = n.Child("syslog")
	case depth <= 1 && n.Child("system") != nil && v.IntN(2) == 0:
		s.Node = n.Child("system")
	}
	switch {
	case s.Node.Groups != schema.NoGroupsRole:
		s.Key = string("abc"[v.IntN(3)])
	case s.Node.Kind == schema.List:
		s.Key, ok = v.value(&s.Node.KeyType)
	case s.Node.Kind == schema.LeafList:
		s.Key, ok = v.value(&s.Node.Type)
	}
	return s, ok && !s.Node.Unkept
}

// edit returns an edit that may make no sense.
func (v *visitor) edit(root *schema.Node) (Edit, bool) {
	if len(v.made) > 0 && v.IntN(5) == 0 {
		p := v.made[v.IntN(len(v.made))]
		return Edit{Op: []Op{Delete, Deactivate, Activate}[v.IntN(3)], Path: p[:1+v.IntN(len(p))]}, true
	}
	e := Edit{Op: Set}
	for n := root; len(n.Children) > 0 && (len(e.Path) < 2 || v.IntN(8) > 0); n = e.Path.Last().Node {
		s, ok := v.step(n, len(e.Path))
		if !ok {
			return e, false
		}
		e.Path = append(e.Path, s)
	}
	l, ok := e.Path.Last().Node, true
	if l.Kind == schema.Leaf && l.Type.Base != schema.Empty {
		e.Value, ok = v.value(&l.Type)
	}
	return e, ok
}

// TestExpandOfTheSchema: what holds is what the plain way finds, for statements of every kind that
// there is, edit after edit.
func TestExpandOfTheSchema(t *testing.T) {
	root := load(t)
	for seed := range uint64(40) {
		v := &visitor{Rand: rand.New(rand.NewPCG(seed, 9))}
		tree := New(root)
		for i := range 120 {
			e, ok := v.edit(root)
			if !ok {
				continue
			}
			next, err := tree.Edit(e)
			if err != nil {
				continue // there is nothing of that name
			}
			if tree = next; e.Op == Set {
				v.made = append(v.made, e.Path)
			}
			if i%10 == 9 {
				checkExpanded(t, tree)
			}
		}
	}
}

// TestInactiveContents: a statement that is nothing without its contents does not hold when they do not.
func TestInactiveContents(t *testing.T) {
	root := load(t)
	tree := build(t, root, "set system syslog file m match x", "set system syslog file m any notice", "deactivate system syslog file m any notice",
		"set groups g system syslog file m authorization info", "deactivate groups g system syslog file m authorization info", "set apply-groups g")
	e := tree.Expand()
	if got := lines(e.Root()); got != "system syslog file m match x\n" {
		t.Errorf("holds:\n%s", got)
	}
	for _, p := range e.Check(nil) {
		if !p.Warning {
			t.Error(p.Error())
		}
	}
}
