package main

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/openconfig/goyang/pkg/yang"

	"loggia/configtree/schema"
)

// compile turns modules into the root of the hierarchy. The error joins
// everything that is wrong.
func compile(sources []source) (*schema.Node, error) {
	c := compiler{rank: map[*yang.Statement]int{}}
	ms := yang.NewModules()
	for _, s := range sources {
		c.lintSource(s)
		if err := ms.Parse(s.text, s.name); err != nil {
			c.errs = append(c.errs, err)
		}
	}
	if len(c.errs) > 0 {
		return nil, errors.Join(c.errs...)
	}
	if errs := ms.Process(); len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	modules := slices.SortedFunc(moduleSet(ms), func(a, b *yang.Module) int { return cmp.Compare(a.Name, b.Name) })
	root := &schema.Node{Kind: schema.Container}
	for _, m := range modules {
		c.number(m.Source)
	}
	for _, m := range modules {
		for _, e := range c.children(yang.ToEntry(m)) {
			c.add(root, e, "", "")
		}
	}
	root.Link()
	c.lintTree(root)
	return root, errors.Join(c.errs...)
}

// moduleSet yields each module once; goyang keeps them under their name and
// under name@revision.
func moduleSet(ms *yang.Modules) func(yield func(*yang.Module) bool) {
	return func(yield func(*yang.Module) bool) {
		for name, m := range ms.Modules {
			if !strings.Contains(name, "@") && !yield(m) {
				return
			}
		}
	}
}

type compiler struct {
	errs []error
	rank map[*yang.Statement]int // place of each statement in the sources
}

func (c *compiler) errorf(st *yang.Statement, format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf("%s: "+format, append([]any{st.Location()}, args...)...))
}

func (c *compiler) number(st *yang.Statement) {
	c.rank[st] = len(c.rank)
	for _, s := range st.SubStatements() {
		c.number(s)
	}
}

// children returns the children of e in the order of the source: what e and
// the groupings that it uses declare, then what augments add to it.
func (c *compiler) children(e *yang.Entry) []*yang.Entry {
	var ordered []*yang.Entry
	seen := map[string]bool{}
	for _, name := range declared(e.Node) {
		if child := e.Dir[name]; child != nil && !seen[name] {
			seen[name] = true
			ordered = append(ordered, child)
		}
	}
	for name := range twiceAdded(e) {
		c.errorf(e.Node.Statement(), "%s: augmented with %s twice", e.Name, name)
	}
	var added []*yang.Entry
	for name, child := range e.Dir {
		if !seen[name] {
			added = append(added, child)
		}
	}
	slices.SortFunc(added, func(a, b *yang.Entry) int {
		return cmp.Compare(c.rank[a.Node.Statement()], c.rank[b.Node.Statement()])
	})
	return append(ordered, added...)
}

// twiceAdded yields the names that an augment adds to e although they are there
// already, of which goyang would drop one.
func twiceAdded(e *yang.Entry) iter.Seq[string] {
	return func(yield func(string) bool) {
		seen := map[string]bool{}
		for _, name := range declared(e.Node) {
			seen[name] = true
		}
		for _, augment := range e.Augmented {
			for name := range augment.Dir {
				if seen[name] && !yield(name) {
					return
				}
				seen[name] = true
			}
		}
	}
}

// declared returns the names of the data nodes and choices in a statement, in
// order, with those of the groupings it uses in their places.
func declared(n yang.Node) []string {
	var names []string
	for _, st := range n.Statement().SubStatements() {
		switch st.Keyword {
		case "container", "list", "leaf", "leaf-list", "choice", "case":
			names = append(names, st.Argument)
		case "uses":
			if g := yang.FindGrouping(n, st.Argument, map[string]bool{}); g != nil {
				names = append(names, declared(g)...)
			}
		}
	}
	return names
}

// add compiles e and what is below it into parent. The leaves of a choice
// stand in the parent, marked.
func (c *compiler) add(parent *schema.Node, e *yang.Entry, choice, branch string) {
	switch {
	case e.IsChoice():
		if choice != "" {
			c.errorf(e.Node.Statement(), "a choice within a choice has no form at the prompt")
		}
		if e.Mandatory.Value() {
			parent.MandatoryChoices = append(parent.MandatoryChoices, e.Name)
		}
		c.lintChoice(e)
		for _, child := range c.children(e) {
			c.add(parent, child, e.Name, child.Name)
		}
	case e.IsCase():
		for _, child := range c.children(e) {
			c.add(parent, child, choice, branch)
		}
	default:
		n := c.node(parent, e)
		n.Choice, n.Case = choice, branch
		parent.Children = append(parent.Children, n)
	}
}

// node compiles one data node and what is below it.
func (c *compiler) node(parent *schema.Node, e *yang.Entry) *schema.Node {
	st := e.Node.Statement()
	n := &schema.Node{
		Name: e.Name, Description: oneLine(e.Description), Parent: parent,
		Permission: parent.Permission, Mandatory: e.Mandatory.Value(),
	}
	if e.ListAttr != nil {
		n.UserOrdered = e.ListAttr.OrderedByUser
		if e.ListAttr.MaxElements < 1<<31 {
			n.MaxElements = int(e.ListAttr.MaxElements)
		}
	}
	c.hints(n, st)
	c.musts(n, st)
	defer func() { c.lintGroups(parent, n, st) }()
	switch {
	case e.IsLeaf(), e.IsLeafList():
		n.Kind = schema.Leaf
		if e.IsLeafList() {
			n.Kind = schema.LeafList
		}
		n.Default, _ = e.SingleDefaultValue()
		n.Type = c.leafType(e)
		n.Placeholder = placeholder(n.Placeholder, n.Name)
		return n
	case e.IsList():
		n.Kind, n.Key = schema.List, e.Key
		if key := e.Dir[e.Key]; key == nil || !key.IsLeaf() {
			c.errorf(st, "list %s must have one key among its leaves, not %q", n.Name, n.Key)
		}
	default:
		n.Kind = schema.Container
		n.Presence = sub(st, "presence") != nil
	}
	for _, child := range c.children(e) {
		if n.Kind == schema.List && child.Name == n.Key {
			c.key(n, child)
			continue
		}
		c.add(n, child, "", "")
	}
	return n
}

// key compiles the key leaf into its list.
func (c *compiler) key(list *schema.Node, e *yang.Entry) {
	hints := schema.Node{}
	c.hints(&hints, e.Node.Statement())
	list.KeyType = c.leafType(e)
	list.KeyDescription = oneLine(e.Description)
	list.Placeholder = placeholder(hints.Placeholder, list.Key)
	list.Dynamic = cmp.Or(hints.Dynamic, list.Dynamic)
	list.Secret = list.Secret || hints.Secret
}

// hints applies the statements of loggia-cli.
func (c *compiler) hints(n *schema.Node, st *yang.Statement) {
	for _, s := range st.SubStatements() {
		hint, ours := strings.CutPrefix(s.Keyword, "cli:")
		if !ours {
			continue
		}
		switch hint {
		case "nokeyword":
			n.NoKeyword = true
		case "oneliner":
			n.Oneliner = true
		case "oneliner-plus":
			n.OnelinerPlus = true
		case "homogeneous":
			n.Homogeneous = true
		case "secret":
			n.Secret = true
		case "accepted":
			n.Accepted = true
		case "unkept":
			n.Unkept = true
		case "value":
			n.Placeholder = s.Argument
		case "dynamic":
			n.Dynamic = s.Argument
		case "permission":
			n.Permission = s.Argument
		case "groups":
			n.Groups = groupsRoles[s.Argument]
		}
	}
}

// groupsRoles are the arguments of cli:groups.
var groupsRoles = map[string]schema.GroupsRole{
	"define": schema.DefinesGroups, "apply": schema.AppliesGroups, "except": schema.ExceptsGroups, "flag": schema.FlagsLevel,
}

func (c *compiler) musts(n *schema.Node, st *yang.Statement) {
	for _, s := range st.SubStatements() {
		if s.Keyword != "must" {
			continue
		}
		message := sub(s, "error-message")
		if message == nil {
			c.errorf(s, "a must without error-message")
			continue
		}
		must, err := schema.ParseMust(s.Argument, message.Argument)
		if err != nil {
			c.errorf(s, "%w", err)
			continue
		}
		n.Musts = append(n.Musts, must)
	}
	if len(n.Musts) > 0 {
		n.MustMessage = n.Musts[0].Message
	}
}

// sub returns the first substatement of a keyword, or nil.
func sub(st *yang.Statement, keyword string) *yang.Statement {
	for _, s := range st.SubStatements() {
		if s.Keyword == keyword {
			return s
		}
	}
	return nil
}

// placeholder puts the word for a value in angle brackets.
func placeholder(word, fallback string) string { return "<" + cmp.Or(word, fallback) + ">" }

// oneLine joins the lines of a YANG string.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// parseRanges parses "1..10|20" as a cli:bounds has it.
func parseRanges(text string) ([]schema.Range, error) {
	var rs []schema.Range
	for part := range strings.SplitSeq(text, "|") {
		low, high, two := strings.Cut(strings.TrimSpace(part), "..")
		if !two {
			high = low
		}
		least, err := strconv.ParseUint(strings.TrimSpace(low), 10, 64)
		if err != nil {
			return nil, err
		}
		most, err := strconv.ParseUint(strings.TrimSpace(high), 10, 64)
		if err != nil {
			return nil, err
		}
		if least > most || len(rs) > 0 && least <= rs[len(rs)-1].Max {
			return nil, fmt.Errorf("range %q is not in order", text)
		}
		rs = append(rs, schema.Range{Min: least, Max: most})
	}
	return rs, nil
}
