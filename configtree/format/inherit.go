package format

import (
	"loggia/configtree"
	"loggia/configtree/schema"
)

// Inheritance says what is told of statements that groups give. It needs nodes of an Effective; those of a Tree
// are never inherited.
type Inheritance uint8

// The ways.
const (
	Untold Inheritance = iota // nothing: `display inheritance no-comments`
	Told                      // text: a block of remarks before every line with such statements. XML, JSON: the group
	Brief                     // text: one line, before the uppermost statement that a group gives
)

// origins prints from which groups statements come that share a line:
//
//	##
//	## 'any' was inherited from group 'site'
//	## 'notice' was inherited from group 'node1'
//	##
//	any notice;
func (t *textWriter) origins(depth int, sharing ...configtree.Node) {
	begun := false
	for _, n := range sharing {
		group, inherited := n.Source()
		if !inherited || t.inheritance == Untold {
			continue
		}
		if outer, both := n.Parent().Source(); t.inheritance == Brief && both && outer == group {
			continue
		}
		if t.inheritance == Told && !begun {
			t.remark(depth)
			t.line()
		}
		begun = true
		t.remark(depth)
		t.buf = append(t.buf, " '"...)
		t.buf = append(t.buf, t.inheritedName(n)...)
		t.buf = append(t.buf, "' was inherited from group '"...)
		t.buf = append(append(t.buf, show(group)...), '\'')
		t.line()
	}
	if t.inheritance == Told && begun {
		t.remark(depth)
		t.line()
	}
}

func (t *textWriter) remark(depth int) {
	t.start(depth)
	t.buf = append(t.buf, "##"...)
}

// inheritedName is how a remark calls a statement: a leaf by its value, anything else as it is typed. A
// secret is called by its name.
func (t *textWriter) inheritedName(n configtree.Node) string {
	s := n.Schema()
	leaf := s.Kind == schema.LeafList || s.Kind == schema.Leaf && s.Type.Base != schema.Empty
	if leaf && !s.Secret {
		return show(n.Value())
	}
	return statementName(configtree.Step{Node: s, Key: n.Key()})
}
