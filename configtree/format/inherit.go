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
	Told                      // text: three lines of remark before every such statement. XML, JSON: the group
	Brief                     // text: one line, before the uppermost statement that a group gives
)

// origin prints from which group a statement comes:
//
//	##
//	## 'R1' was inherited from group 'node1'
//	##
//	host-name R1;
func (t *textWriter) origin(n configtree.Node, depth int) {
	group, inherited := n.Source()
	if !inherited || t.inheritance == Untold {
		return
	}
	if t.inheritance == Brief {
		if outer, both := n.Parent().Source(); both && outer == group {
			return
		}
	}
	if t.inheritance == Told {
		t.remark(depth)
		t.line()
	}
	t.remark(depth)
	t.buf = append(t.buf, " '"...)
	t.buf = append(t.buf, t.inheritedName(n)...)
	t.buf = append(t.buf, "' was inherited from group '"...)
	t.buf = append(append(t.buf, show(group)...), '\'')
	t.line()
	if t.inheritance == Told {
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

// origins prints from which groups the attributes come that share a line with n.
func (t *textWriter) origins(n configtree.Node, depth int) {
	if t.inheritance != Untold {
		for c := range n.Children() {
			t.origin(c, depth)
		}
	}
}
