package format

import (
	"strings"
	"testing"

	"loggia/configtree"
	"loggia/configtree/schema"
)

// loadSchema returns the schema of the product.
func loadSchema(t testing.TB) *schema.Node {
	t.Helper()
	root, err := schema.Load()
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// tree reads a configuration that must be right.
func tree(t testing.TB, root *schema.Node, s Syntax, text string) *configtree.Tree {
	t.Helper()
	got, problems := apply(configtree.New(root), s, text)
	for _, p := range problems {
		if !p.Warning {
			t.Fatalf("%v\n%s", p, text)
		}
	}
	return got
}

// apply reads text on top of a tree and returns all that was wrong with it.
func apply(on *configtree.Tree, s Syntax, text string) (*configtree.Tree, []*configtree.Problem) {
	b := on.Batch()
	var problems []*configtree.Problem
	for e, p := range Read(strings.NewReader(text), "terminal", nil, s, on.Schema()) {
		if p == nil {
			if err := b.Apply(e); err != nil {
				p = err.(*configtree.Problem)
			}
		}
		if p != nil {
			problems = append(problems, p)
		}
	}
	return b.Tree(), problems
}

func text(t testing.TB, tree *configtree.Tree, o Options) string {
	t.Helper()
	var b strings.Builder
	if err := Write(&b, tree.Root(), o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func compare(t testing.TB, from, to *configtree.Tree, at configtree.Path) string {
	t.Helper()
	var b strings.Builder
	if err := Compare(&b, from, to, at); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
