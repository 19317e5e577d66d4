package main

import (
	"cmp"

	"github.com/openconfig/goyang/pkg/yang"

	"loggia/configtree/schema"
)

// leafType compiles the type of a leaf or leaf-list.
func (c *compiler) leafType(e *yang.Entry) schema.Type {
	st := e.Node.Statement()
	var t schema.Type
	if leaf, ok := e.Node.(*yang.Leaf); ok { // goyang makes a Leaf of a leaf-list too
		t = c.typ(leaf.Type)
	} else {
		c.errorf(st, "%s has no type that this generator knows", e.Name)
	}
	if units := sub(st, "units"); units != nil {
		t.Units = units.Argument
	}
	return t
}

// typ compiles a resolved type: base and bounds as goyang resolved them; words,
// messages and syntax from the chain of typedefs, which goyang forgets.
func (c *compiler) typ(t *yang.Type) schema.Type {
	var out schema.Type
	switch t.YangType.Kind {
	case yang.Ystring:
		out.Base = schema.String
		out.Lengths = ranges(t.YangType.Length)
	case yang.Yuint8, yang.Yuint16, yang.Yuint32, yang.Yuint64:
		out.Base = schema.Unsigned
		out.Ranges = ranges(t.YangType.Range)
	case yang.Yempty:
		out.Base = schema.Empty
	case yang.Yenum:
		out.Base = schema.Enumeration
	case yang.Yunion:
		return c.union(t)
	default:
		c.errorf(t.Source, "type %s has no form at the prompt", t.Name)
	}
	for ; t != nil; t = t.YangType.Base {
		c.restrict(&out, t)
	}
	return out
}

// restrict adds what one link of a chain of typedefs says.
func (c *compiler) restrict(out *schema.Type, t *yang.Type) {
	for _, p := range t.Pattern {
		message := ""
		if p.ErrorMessage != nil {
			message = p.ErrorMessage.Name
		}
		out.Patterns = append(out.Patterns, schema.Pattern{Expr: p.Name, Message: message})
	}
	for _, e := range t.Enum {
		help := ""
		if e.Description != nil {
			help = oneLine(e.Description.Name)
		}
		out.Enums = append(out.Enums, schema.Enum{Name: e.Name, Help: help})
	}
	out.Units = cmp.Or(out.Units, t.YangType.Units)
	syntax, bounds := sub(t.Source, "cli:syntax"), sub(t.Source, "cli:bounds")
	if syntax != nil {
		c.syntax(out, syntax)
	}
	if bounds != nil {
		rs, err := parseRanges(bounds.Argument)
		if err != nil {
			c.errorf(bounds, "%w", err)
		}
		if out.Base != schema.Bytes && out.Base != schema.Unsigned {
			c.errorf(bounds, "bounds for a syntax that is not a number")
		}
		out.Ranges = rs
	}
}

func (c *compiler) syntax(out *schema.Type, st *yang.Statement) {
	bases := map[string]schema.Base{
		"address": schema.Address, "host": schema.AddressOrName, "prefix": schema.Prefix,
		"bytes": schema.Bytes, "number": schema.Unsigned,
		"time-zone": schema.TimeZone, "date-and-time": schema.DateTime,
		"secret": schema.Secret,
	}
	base, ok := bases[st.Argument]
	if !ok || out.Base != schema.String {
		c.errorf(st, "syntax %s does not fit", st.Argument)
		return
	}
	out.Base = base
	out.Text = base == schema.Unsigned
}

// union compiles a union of enumerations into one enumeration, and one of
// enumerations and one other type into that type with words accepted besides.
func (c *compiler) union(t *yang.Type) schema.Type {
	members := t
	for len(members.Type) == 0 && members.YangType.Base != nil {
		members = members.YangType.Base
	}
	out := schema.Type{Base: schema.Enumeration}
	var words []schema.Enum
	for _, m := range members.Type {
		one := c.typ(m)
		words = append(words, one.Enums...)
		if one.Base == schema.Enumeration {
			continue
		}
		if out.Base != schema.Enumeration || one.Base == schema.Empty {
			c.errorf(t.Source, "a union may have one type besides enumerations")
		}
		out = one
	}
	out.Enums = words
	return out
}

// ranges converts what goyang resolved; a type without bounds has none.
func ranges(rs yang.YangRange) []schema.Range {
	var out []schema.Range
	for _, r := range rs {
		out = append(out, schema.Range{Min: r.Min.Value, Max: r.Max.Value})
	}
	return out
}
