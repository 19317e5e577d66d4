package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/openconfig/goyang/pkg/yang"

	"loggia/configtree/schema"
)

// maxHelp keeps help on one line of a terminal of 100 columns.
const maxHelp = 72

// lintChoice checks that the default of a choice names one of its cases.
func (c *compiler) lintChoice(e *yang.Entry) {
	for _, name := range e.Default {
		if e.Dir[name] == nil {
			c.errorf(e.Node.Statement(), "choice %s has no case %s", e.Name, name)
		}
	}
}

// lintTree checks the compiled hierarchy.
func (c *compiler) lintTree(root *schema.Node) {
	for _, n := range root.Children {
		c.lintNode(root, n)
	}
}

func (c *compiler) lintNode(root, n *schema.Node) {
	report := func(format string, args ...any) {
		c.errs = append(c.errs, fmt.Errorf("%s: "+format, append([]any{pathOf(n)}, args...)...))
	}
	lintHelp(n.Name, n.Description, report)
	lintShape(n, report)
	lintNames(n, report)
	switch n.Kind {
	case schema.List:
		lintHelp(n.Key, n.KeyDescription, report)
		lintType(&n.KeyType, report)
	case schema.Leaf, schema.LeafList:
		lintType(&n.Type, report)
		if err := n.Type.Check(n.Default); n.Default != "" && err != nil {
			report("default %s: %w", n.Default, err)
		}
	}
	if n.Dynamic != "" {
		if list := follow(root, strings.Fields(n.Dynamic)); list == nil || list.Kind != schema.List {
			report("dynamic %q leads to no list", n.Dynamic)
		}
	}
	for _, m := range n.Musts {
		lintTest(n, m.Test, func(p schema.MustPath) { report("must %q: nothing at %s", m.Expr, pathText(p)) })
	}
	for _, child := range n.Children {
		if child.Origin == nil && (child.Groups == schema.NoGroupsRole || n == root) {
			c.lintNode(root, child)
		}
	}
}

// lintGroups checks that what configuration groups are made of stands at the
// top, and is a list of nothing but names or a leaf-list.
func (c *compiler) lintGroups(parent, n *schema.Node, st *yang.Statement) {
	switch {
	case n.Groups == schema.NoGroupsRole:
	case parent.Parent != nil || parent.Name != "":
		c.errorf(st, "%s: cli:groups below the top", n.Name)
	case n.Groups == schema.DefinesGroups && (n.Kind != schema.List || len(n.Children) > 0):
		c.errorf(st, "%s: groups are a list of names", n.Name)
	case n.Groups != schema.DefinesGroups && n.Kind != schema.LeafList:
		c.errorf(st, "%s: groups are named by a leaf-list", n.Name)
	}
}

// lintHelp holds help texts to one style: a short line that begins with a
// capital, does not end with a full stop and says more than the name.
func lintHelp(name, text string, report func(string, ...any)) {
	first, _ := utf8.DecodeRuneInString(text)
	plain := strings.ToLower(strings.NewReplacer("-", "", " ", "").Replace(text))
	switch {
	case text == "":
		report("%s has no description", name)
	case utf8.RuneCountInString(text) > maxHelp:
		report("description of %s is longer than %d characters", name, maxHelp)
	case unicode.IsLower(first):
		report("description of %s does not begin with a capital", name)
	case strings.HasSuffix(text, "."):
		report("description of %s ends with a full stop", name)
	case plain == strings.ReplaceAll(name, "-", ""):
		report("description of %s only repeats it", name)
	}
}

// lintShape checks that hints stand where they mean something.
func lintShape(n *schema.Node, report func(string, ...any)) {
	if n.Oneliner && n.OnelinerPlus {
		report("both oneliner and oneliner-plus")
	}
	if n.NoKeyword && n.KeyType.Base != schema.Enumeration {
		report("nokeyword needs a key of known words")
	}
	if n.Mandatory && n.Default != "" {
		report("mandatory with a default")
	}
	if n.KeyType.Base == schema.Secret || n.Type.Base == schema.Secret && (n.Kind != schema.Leaf || !n.Secret) {
		report("syntax secret on what is no secret leaf")
	}
	if n.Secret && n.Default != "" {
		report("a secret with a default")
	}
	if n.Choice != "" && n.Mandatory {
		report("mandatory within a choice")
	}
	for _, child := range n.Children {
		if n.Oneliner && (child.Kind == schema.Container || child.Kind == schema.List) {
			report("oneliner with %s below it", child.Name)
		}
	}
}

// lintNames refuses a keyword that hides the key of a nokeyword list, or
// another such key.
func lintNames(n *schema.Node, report func(string, ...any)) {
	seen := map[string]bool{}
	for _, child := range n.Children {
		words := []string{child.Name}
		if child.NoKeyword {
			words = nil
			for _, e := range child.KeyType.Enums {
				words = append(words, e.Name)
			}
		}
		for _, w := range words {
			if seen[w] {
				report("%s is two things at once", w)
			}
			seen[w] = true
		}
	}
}

func lintType(t *schema.Type, report func(string, ...any)) {
	var seen []string
	for _, e := range t.Enums {
		lintHelp(e.Name, e.Help, report)
		if slices.Contains(seen, e.Name) {
			report("enum %s twice", e.Name)
		}
		seen = append(seen, e.Name)
	}
	if t.Base == schema.Enumeration && len(t.Enums) == 0 {
		report("an enumeration without words")
	}
	if t.Base != schema.String && len(t.Patterns)+len(t.Lengths) > 0 {
		report("pattern or length where cli:syntax decides")
	}
	if t.Base == schema.Bytes && len(t.Ranges) == 0 {
		report("bytes without bounds")
	}
	if t.Base == schema.String && len(t.Lengths) == 0 {
		report("text of any length: bound it")
	}
	for _, p := range t.Patterns {
		lintPattern(p, report)
	}
}

// foreign are constructs that XSD's expressions do not have or read otherwise
// than Go's: anchors, groups with a question mark, lazy repetition, classes by
// backslash and letter other than \p and \P.
var foreign = regexp.MustCompile(`\^|\$|\(\?|[*+?}]\?|\\[^pP.\-\\\[\](){}|*+?]`)

func lintPattern(p schema.Pattern, report func(string, ...any)) {
	if p.Message == "" {
		report("pattern %s has no error-message", p.Expr)
	}
	if _, err := regexp.Compile(p.Expr); err != nil {
		report("pattern %s: %w", p.Expr, err)
	}
	plain := strings.ReplaceAll(p.Expr, "[^", "[")
	if foreign.MatchString(plain) {
		report("pattern %s is not the same in XSD and in Go", p.Expr)
	}
}

// lintTest follows every path of a constraint.
func lintTest(n *schema.Node, t schema.Test, missing func(schema.MustPath)) {
	check := func(p schema.MustPath, leaf bool) {
		at := n
		for range p.Up {
			if at != nil {
				at = at.Parent
			}
		}
		if at = follow(at, p.Names); at == nil || leaf && at.Kind != schema.Leaf {
			missing(p)
		}
	}
	switch t := t.(type) {
	case schema.And:
		for _, one := range t {
			lintTest(n, one, missing)
		}
	case schema.Or:
		for _, one := range t {
			lintTest(n, one, missing)
		}
	case schema.Not:
		lintTest(n, t.Test, missing)
	case schema.Exists:
		check(t.Path, false)
	case schema.Compare:
		check(t.Path, true)
	}
}

// follow walks down by exact names.
func follow(n *schema.Node, names []string) *schema.Node {
	for _, name := range names {
		if n == nil {
			return nil
		}
		n = n.Child(name)
	}
	return n
}

func pathOf(n *schema.Node) string {
	if n.Parent == nil || n.Parent.Parent == nil {
		return n.Name
	}
	return pathOf(n.Parent) + " " + n.Name
}

func pathText(p schema.MustPath) string {
	text := strings.Repeat("../", p.Up) + strings.Join(p.Names, "/")
	if text == "" {
		return "."
	}
	return strings.TrimSuffix(text, "/")
}
