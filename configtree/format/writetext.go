package format

import (
	"iter"
	"slices"
	"strings"

	"loggia/configtree"
	"loggia/configtree/schema"
)

const (
	indentation  = "    "
	secretRemark = " ## SECRET-DATA"
	elision      = " { ... }"
	omission     = " { " + configtree.CommentMark + " " + omittedMark + " */ };"
	omittedMark  = "OMITTED"
)

// textWriter prints statements as curly text.
type textWriter struct {
	*sink
	mask        bool
	inheritance Inheritance
	details     bool   // tell what the schema says of each statement
	most        int    // levels that are shown; 0: all
	omit        bool   // levels that say so are shown by their names
	bare        bool   // of a homogeneous list at the top the entries alone are shown
	margin      string // in front of the indentation of every line: the marker of a comparison

	grouped *schema.Node      // homogeneous list whose brace is open
	run     []configtree.Node // elements of a leaf-list that will share a statement
}

// statements prints siblings in the order in which they come. The entries of a homogeneous
// list share braces, and neighbours in a leaf-list share brackets.
func (t *textWriter) statements(siblings iter.Seq[configtree.Node], depth int) {
	outer := t.grouped
	t.grouped = nil
	for n := range siblings {
		s := n.Schema()
		if len(t.run) > 0 && !sameStatement(t.run[0], n) {
			t.endRun(depth)
		}
		if t.grouped != nil && t.grouped != s {
			t.endGroup(depth)
		}
		switch {
		case s.Kind == schema.LeafList:
			t.run = append(t.run, n)
		case s.Homogeneous:
			if t.bare && depth == 0 {
				t.grouped = s
				t.statement(n, depth)
				continue
			}
			if t.grouped == nil {
				t.detail(n, depth, false)
				t.start(depth)
				t.buf = append(append(t.buf, s.Name...), " {"...)
				t.line()
				t.grouped = s
			}
			t.statement(n, depth+1)
		default:
			t.statement(n, depth)
		}
	}
	t.endRun(depth)
	t.endGroup(depth)
	t.grouped = outer
}

// sameStatement reports whether two elements of a leaf-list can stand in one statement.
func sameStatement(a, b configtree.Node) bool {
	return a.Schema() == b.Schema() && a.Inactive() == b.Inactive() && a.Protected() == b.Protected() && a.Comment() == b.Comment()
}

func (t *textWriter) endGroup(depth int) {
	if t.grouped != nil && !(t.bare && depth == 0) {
		t.start(depth)
		t.buf = append(t.buf, '}')
		t.line()
	}
	t.grouped = nil
}

func (t *textWriter) endRun(depth int) {
	if len(t.run) == 0 {
		return
	}
	n := t.run[0]
	t.origins(depth, t.run...)
	t.detail(n, depth, false)
	t.comment(n.Comment(), depth)
	t.start(depth)
	t.prefix(n)
	t.list(t.run)
	t.end(n.Schema().Secret)
	t.run = t.run[:0]
}

// list appends a leaf-list with its values.
func (t *textWriter) list(elements []configtree.Node) {
	t.buf = append(append(t.buf, elements[0].Schema().Name...), ' ')
	if len(elements) == 1 {
		t.value(elements[0], elements[0].Value(), t.mask)
		return
	}
	t.buf = append(t.buf, '[')
	for _, e := range elements {
		t.buf = append(t.buf, ' ')
		t.value(e, e.Value(), t.mask)
	}
	t.buf = append(t.buf, " ]"...)
}

// statement prints a leaf, container or list entry with everything below it.
func (t *textWriter) statement(n configtree.Node, depth int) {
	oneline := inline(n)
	if t.inheritance != Untold {
		sharing := []configtree.Node{n}
		if oneline {
			sharing = slices.AppendSeq(sharing, n.Children())
		}
		t.origins(depth, sharing...)
	}
	if n.Schema() != t.grouped {
		t.detail(n, depth, oneline)
	}
	t.comment(n.Comment(), depth)
	t.start(depth)
	t.prefix(n)
	t.name(n)
	switch {
	case n.Schema().Kind == schema.Leaf, n.Empty():
		t.end(n.Schema().Secret)
	case t.omit && omits(n):
		t.buf = append(t.buf, omission...)
		t.line()
	case oneline:
		t.end(t.attributes(n) || n.Schema().Secret)
	case t.most > 0 && depth+1 >= t.most:
		t.buf = append(t.buf, elision...)
		t.line()
	default:
		t.buf = append(t.buf, " {"...)
		if n.Schema().Secret && !t.mask {
			t.buf = append(t.buf, secretRemark...)
		}
		t.line()
		t.statements(n.Children(), depth+1)
		t.start(depth)
		t.buf = append(t.buf, '}')
		t.line()
	}
}

// omits reports whether a level says of itself that it is not to be shown.
func omits(n configtree.Node) bool {
	for c := range n.Children() {
		switch role := c.Schema().Groups; {
		case role == schema.NoGroupsRole: // those with a role come first
			return false
		case role == schema.FlagsLevel && c.Value() == omitFlag && !c.Inactive():
			return true
		}
	}
	return false
}

// omitFlag is the word that omits look for.
const omitFlag = "omit"

// collapsed prints a statement with its contents left out, after a word of the comparison.
func (t *textWriter) collapsed(n configtree.Node, word string) {
	t.start(0)
	t.buf = append(t.buf, word...)
	t.name(n)
	switch {
	case n.Schema().Kind == schema.Leaf, n.Empty():
		t.end(n.Schema().Secret)
	case inline(n):
		t.end(t.attributes(n) || n.Schema().Secret)
	default:
		t.buf = append(t.buf, elision...)
		t.line()
	}
}

// start begins a line.
func (t *textWriter) start(depth int) {
	t.buf = append(t.buf, t.margin...)
	for range depth {
		t.buf = append(t.buf, indentation...)
	}
}

// end ends a statement without braces.
func (t *textWriter) end(secret bool) {
	t.buf = append(t.buf, ';')
	if secret && !t.mask {
		t.buf = append(t.buf, secretRemark...)
	}
	t.line()
}

func (t *textWriter) prefix(n configtree.Node) {
	if n.Protected() {
		t.buf = append(t.buf, "protect: "...)
	}
	if n.Inactive() {
		t.buf = append(t.buf, "inactive: "...)
	}
}

func (t *textWriter) comment(text string, depth int) {
	if text = commentText(text); text != "" {
		if t.margin != "" {
			text = strings.ReplaceAll(text, "\n", "\n"+t.margin)
		}
		t.start(depth)
		t.buf = append(append(append(t.buf, "/* "...), text...), " */"...)
		t.line()
	}
}

// name appends a statement up to where its contents begin: `file messages`,
// `port 514`, `any`.
func (t *textWriter) name(n configtree.Node) {
	s := n.Schema()
	switch {
	case s.Kind == schema.List && (s.NoKeyword || s == t.grouped):
		t.value(n, n.Key(), t.mask)
		return
	case s.Kind == schema.LeafList:
		t.list([]configtree.Node{n})
		return
	}
	t.buf = append(t.buf, s.Name...)
	switch {
	case s.Kind == schema.List:
		t.buf = append(t.buf, ' ')
		t.value(n, n.Key(), t.mask)
	case s.Kind == schema.Leaf && s.Type.Base != schema.Empty:
		t.buf = append(t.buf, ' ')
		t.value(n, n.Value(), t.mask)
	}
}

// inline reports whether the contents of n stand on its own line: always in a oneliner, and in a
// oneliner-plus while every attribute has at most one value. What has marks of its own needs a
// line of its own.
func inline(n configtree.Node) bool {
	s := n.Schema()
	if !s.Oneliner && !s.OnelinerPlus {
		return false
	}
	for c := range n.Children() {
		k := c.Schema().Kind
		switch {
		case c.Inactive() || c.Protected() || c.Comment() != "":
			return false
		case k == schema.LeafList && !s.Oneliner && n.Len(c.Schema().Name) > 1:
			return false
		case k != schema.Leaf && k != schema.LeafList:
			return false
		}
	}
	return true
}

// attributes appends the contents of n on the same line and reports whether there is a
// secret among them.
func (t *textWriter) attributes(n configtree.Node) (secret bool) {
	var run []configtree.Node
	end := func() {
		if len(run) > 0 {
			t.buf = append(t.buf, ' ')
			t.list(run)
			run = run[:0]
		}
	}
	for c := range n.Children() {
		secret = secret || c.Schema().Secret
		if len(run) > 0 && run[0].Schema() != c.Schema() {
			end()
		}
		if c.Schema().Kind == schema.LeafList {
			run = append(run, c)
			continue
		}
		t.buf = append(t.buf, ' ')
		t.name(c)
	}
	end()
	return secret
}
