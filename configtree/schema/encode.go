package schema

import (
	"encoding/binary"
	"slices"
)

// Encode returns the table of the hierarchy below n, for the generator: Decode
// turns it back into an equal tree.
func (n *Node) Encode() []byte {
	e := encoder{number: map[string]uint64{}}
	e.node(n)
	out := []byte(tableMagic)
	out = binary.AppendUvarint(out, uint64(len(e.texts)))
	for _, t := range e.texts {
		out = binary.AppendUvarint(out, uint64(len(t)))
	}
	for _, t := range e.texts {
		out = append(out, t...)
	}
	return append(out, e.out...)
}

type encoder struct {
	out    []byte
	texts  []string
	number map[string]uint64
}

func (e *encoder) uint(n uint64) { e.out = binary.AppendUvarint(e.out, n) }

func (e *encoder) text(ts ...string) {
	for _, t := range ts {
		i, ok := e.number[t]
		if !ok {
			i = uint64(len(e.texts))
			e.number[t] = i
			e.texts = append(e.texts, t)
		}
		e.uint(i)
	}
}

func (e *encoder) node(n *Node) {
	e.uint(uint64(n.Kind))
	e.text(n.Name, n.Description)
	var flags uint64
	for i, field := range n.flags() {
		if *field {
			flags |= 1 << i
		}
	}
	e.uint(flags | uint64(n.Groups)<<len(n.flags()))
	switch n.Kind {
	case List:
		e.text(n.Key, n.KeyDescription)
		e.typ(&n.KeyType)
	case Leaf, LeafList:
		e.typ(&n.Type)
	}
	e.uint(uint64(n.MaxElements))
	e.text(n.Default, n.Placeholder, n.Dynamic, n.Permission, n.Choice, n.Case)
	e.uint(uint64(len(n.MandatoryChoices)))
	e.text(n.MandatoryChoices...)
	e.uint(uint64(len(n.Musts)))
	for _, m := range n.Musts {
		e.text(m.Expr, m.Message)
	}
	declared := n.declared()
	e.uint(uint64(len(declared)))
	for _, c := range declared {
		e.node(c)
	}
}

// declared returns the children of n that Link did not put there.
func (n *Node) declared() []*Node {
	if n.Groups == DefinesGroups {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(n.Children), (*Node).repeated)
}

func (e *encoder) typ(t *Type) {
	e.uint(uint64(t.Base))
	if t.Text {
		e.uint(1)
	} else {
		e.uint(0)
	}
	e.text(t.Units)
	e.ranges(t.Ranges)
	e.ranges(t.Lengths)
	e.uint(uint64(len(t.Enums)))
	for _, w := range t.Enums {
		e.text(w.Name, w.Help)
	}
	e.uint(uint64(len(t.Patterns)))
	for _, p := range t.Patterns {
		e.text(p.Expr, p.Message)
	}
}

func (e *encoder) ranges(rs []Range) {
	e.uint(uint64(len(rs)))
	for _, r := range rs {
		e.uint(r.Min)
		e.uint(r.Max)
	}
}
