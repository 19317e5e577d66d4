package configtree

import (
	"fmt"
	"slices"
	"strings"

	"loggia/configtree/schema"
)

// Check returns everything that is wrong with e, and as warnings what has no
// effect here, in display order. base is a configuration that passed before: what
// is the same there is taken as right, unless a constraint in it speaks of
// something that changed, and is not warned about again. Without base (nil)
// everything is checked.
//
// Checked are the names of groups that are applied, mandatory statements and choices, `must`, and the number of
// elements. That values fit their types was checked when they were set.
func (e *Effective) Check(base *Effective) []Problem {
	if base == nil {
		base = &Effective{root: &node{schema: e.root.schema}}
	}
	c := checker{rules: e.rules, warned: make(map[*schema.Node]bool)}
	if e.typed != nil {
		c.groups(e.typed, base.typed)
	}
	c.node(e.Root(), base.root, nil)
	return c.problems
}

type checker struct {
	rules    *rules
	problems []Problem
	warned   map[*schema.Node]bool
}

// way is the chain of nodes above one that is checked, with what they were.
type way struct {
	now, was *node
	up       *way
}

// changed reports whether a place that lies on the way differs from before.
func (w *way) changed(p place) bool {
	for ; w != nil; w = w.up {
		if w.now.schema == p.parent {
			return w.was == nil || w.now.slotOf(p.child).hash() != w.was.slotOf(p.child).hash()
		}
	}
	return false
}

func (c *checker) report(p Path, k ProblemKind, warning bool, text string) {
	c.problems = append(c.problems, Problem{Path: p, Token: p.Last().word(), Err: refusal(text), Kind: k, Warning: warning})
}

// groups checks the names of groups. What named them before is right unless one
// of them is gone.
func (c *checker) groups(root, was *node) {
	n := names{definitions(root), func(p Path, text string) { c.report(p, Constraint, false, text) }}
	if was != nil && !n.defined.keep(definitions(was)) {
		was = nil
	}
	n.check(Node{n: root}, was)
}

// word is what a problem calls a step by: its key, or its keyword.
func (s Step) word() string {
	switch {
	case s.Node == nil:
		return ""
	case s.Key != "" && s.Node.Secret:
		return SecretMark
	case s.Key != "":
		return s.Key
	}
	return s.Node.Name
}

// node checks n, which was what it was, if it was, and lies at the end of w.
func (c *checker) node(n Node, was *node, w *way) {
	s := n.n.schema
	same := was != nil && was.hash == n.n.hash
	if same && !slices.ContainsFunc(c.rules.outside[s], w.changed) {
		return
	}
	if s.Accepted && !same {
		c.accepted(n)
	}
	for _, m := range s.Musts {
		if !holds(m.Test, n) {
			c.broken(n, m)
		}
	}
	if len(s.Children) == 0 {
		return
	}
	if !same {
		c.contents(n)
	}
	c.children(n, was, &way{n.n, was, w})
}

// broken reports a constraint of n that does not hold. One that calls a statement
// mandatory is about the level that lacks it, and says so once, however many want it.
func (c *checker) broken(n Node, m schema.Must) {
	e, ok := m.Test.(schema.Exists)
	if !ok || len(e.Path.Names) != 1 || m.Message != missingMandatory(e.Path.Names[0]) {
		c.report(n.Path(), Constraint, false, m.Message)
		return
	}
	p := n.Path()
	p = p[:len(p)-e.Path.Up]
	if !slices.ContainsFunc(c.problems, func(q Problem) bool {
		return q.Kind == MissingMandatory && q.Err.Error() == m.Message && q.Path.Equal(p)
	}) {
		c.report(p, MissingMandatory, false, m.Message)
	}
}

func missingMandatory(name string) string {
	return fmt.Sprintf("Missing mandatory statement: '%s'", name)
}

// accepted warns once about each statement without effect, not again for what
// stands below it.
func (c *checker) accepted(n Node) {
	if s := n.n.schema; !c.warned[s] && s.AcceptedAt() == s {
		c.warned[s] = true
		c.report(n.Path(), Environment, true, "statement has no effect on this system")
	}
}

// contents checks that nothing is missing directly below n.
func (c *checker) contents(n Node) {
	s := n.n.schema
	for _, child := range s.Children {
		if child.Mandatory && n.n.slotOf(child) == nil && caseIsSet(n.n, child) {
			c.report(n.Path(), MissingMandatory, false, missingMandatory(child.Name))
		}
	}
	for _, choice := range s.MandatoryChoices {
		if !slices.ContainsFunc(n.n.slots, func(sl slot) bool { return sl.schema.Choice == choice }) {
			c.report(n.Path(), MissingMandatory, false, "Missing mandatory statement: one of "+alternatives(s, choice))
		}
	}
}

// alternatives returns the statements of a choice as an error shows them.
func alternatives(s *schema.Node, choice string) string {
	var names []string
	for _, c := range s.Children {
		if c.Choice == choice {
			names = append(names, "'"+c.Name+"'")
		}
	}
	return strings.Join(names, ", ")
}

// caseIsSet reports whether a mandatory child is wanted: always, or in a choice
// when something else of its case is there (RFC 7950 section 7.6.5).
func caseIsSet(n *node, child *schema.Node) bool {
	return child.Choice == "" || slices.ContainsFunc(n.slots, func(sl slot) bool {
		return sl.schema.Choice == child.Choice && sl.schema.Case == child.Case
	})
}

func (c *checker) children(n Node, was *node, w *way) {
	up := n.below()
	for _, sl := range n.n.slots {
		var before *slot
		if was != nil {
			before = was.slotOf(sl.schema)
		}
		if sl.many == nil {
			var old *node
			if before != nil {
				old = before.one
			}
			c.node(Node{sl.one, up}, old, w)
			continue
		}
		var old *list
		if before != nil {
			old = before.many
		}
		c.list(n, sl.many, old, w)
	}
}

// list checks the elements of a list of n. While no constraint makes unchanged
// ones look again, those are passed by the chunk.
func (c *checker) list(n Node, l, was *list, w *way) {
	up := n.below()
	s := l.keys.items[0].schema
	if limit := s.MaxElements; limit > 0 && l.n > limit && (was == nil || was.n != l.n) {
		c.report(n.Path().Append(Step{Node: s}), Constraint, false,
			fmt.Sprintf("number of elements (%d) exceeds the limit of %d", l.n, limit))
	}
	if was == nil || slices.ContainsFunc(c.rules.outside[s], w.changed) {
		l.display().each(func(e *node) bool {
			var old *node
			if was != nil {
				old = was.get(e.text)
			}
			c.node(Node{e, up}, old, w)
			return true
		})
		return
	}
	x, y := newReader(was.display(), false), newReader(l.display(), false)
	for {
		old, e := next(x, y, equalParts)
		if e == nil {
			return
		}
		// The readers keep abreast so that equal chunks meet. Where they do not,
		// because elements have moved, more is checked than must be.
		if old != nil && (s.UserOrdered || old.text <= e.text) {
			x.pass()
		}
		if old == nil || s.UserOrdered || old.text >= e.text {
			if old == nil || old.text != e.text {
				old = was.get(e.text)
			}
			c.node(Node{e, up}, old, w)
			y.pass()
		}
	}
}
