package cli

import (
	"strings"
	"testing"
	"unicode"

	"loggia/configtree/schema"
	"loggia/op"
)

// checkHelp tells what is wrong with the help of something: nothing may be without one, one that only
// says the name again helps nobody, and ? shows it on a line of 80 columns, unless the name is
// longer than its own column. line may have the range behind the help.
func checkHelp(t *testing.T, of, name, help, line string) {
	t.Helper()
	letters := func(s string) string {
		return strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				return unicode.ToLower(r)
			}
			return -1
		}, s)
	}
	if behind := strings.LastIndex(line, help); behind >= 0 {
		line = line[:behind+len(help)]
	}
	n := len([]rune(line))
	if long := len([]rune(name)) - nameColumn; long > 0 {
		n -= long + len("  ")
	}
	switch {
	case strings.TrimSpace(help) == "":
		t.Errorf("%s %s: no help", of, name)
	case letters(help) == letters(name), letters(help) == "the"+letters(name):
		t.Errorf("%s %s: the help is but its name: %s", of, name, help)
	case n > 80:
		t.Errorf("%s %s: %d columns: %s", of, name, n, line)
	}
}

// TestEveryCommandIsExplained, its parameters and the pipes as well.
func TestEveryCommandIsExplained(t *testing.T) {
	var each func(n *node, before string)
	each = func(n *node, before string) {
		for _, c := range n.children {
			checkHelp(t, before, c.word, c.help, candidate{name: c.word, help: c.help}.line())
			each(c, before+" "+c.word)
		}
		if n.verb == nil {
			return
		}
		for _, p := range n.verb.Params {
			checkHelp(t, before, p.Name, p.Help, valueCandidate(p).line())
			if p.Only && p.Choices != nil {
				for _, c := range p.Choices(&op.Env{}, "") {
					checkHelp(t, before+" "+p.Name, c.Name, c.Help, candidate{name: c.Name, help: c.Help}.line())
				}
			}
		}
	}
	g := theGrammar()
	for name, n := range map[string]*node{"": g.operational, "#": g.configuration, "|": g.pipes, "configuration |": g.shownPipes, "commit |": g.commitPipes} {
		each(n, name)
	}
}

// TestEveryStatementIsExplained, its key and the words that are its values as well.
func TestEveryStatementIsExplained(t *testing.T) {
	root, err := schema.Load()
	if err != nil {
		t.Fatal(err)
	}
	words := func(n *schema.Node, typ *schema.Type) {
		for _, e := range typ.Enums {
			checkHelp(t, n.Name, e.Name, e.Help, candidate{name: e.Name, help: e.Help}.line())
		}
	}
	seen := map[*schema.Node]bool{}
	var each func(n *schema.Node)
	each = func(n *schema.Node) {
		for _, c := range n.Children {
			if c.Origin != nil || seen[c] {
				continue
			}
			seen[c] = true
			checkHelp(t, n.Name, c.Name, c.Description, candidate{name: c.Name, help: c.Type.Help(c.Description)}.line())
			words(c, &c.Type)
			if c.Kind == schema.List {
				help := c.KeyDescription
				if help == "" {
					help = c.Description
				}
				checkHelp(t, c.Name, c.Key, help, candidate{name: "<" + strings.Trim(c.Placeholder, "<>") + ">", help: c.KeyType.Help(help)}.line())
				words(c, &c.KeyType)
			}
			each(c)
		}
	}
	each(root)
}
