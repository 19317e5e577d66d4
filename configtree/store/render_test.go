package store

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"loggia/configtree"
	"loggia/configtree/format"
)

// written returns a tree as format.Write shows it.
func written(t testing.TB, tree *configtree.Tree) string {
	t.Helper()
	var b bytes.Buffer
	if err := format.Write(&b, tree.Root(), format.Options{Syntax: format.Text}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestRenderedTextIsTheText edits a tree that is large enough for pages, and
// compares the text made of pages with the text.
func TestRenderedTextIsTheText(t *testing.T) {
	root := grammar(t)
	for seed := range uint64(4) {
		rng := rand.New(rand.NewPCG(seed, 7))
		tree := configtree.New(root)
		var r renderer
		for round := range 60 {
			lines := []string{fmt.Sprintf("set system host-name h%d", round)}
			count := 4
			if round%20 == 0 {
				count = 900
			}
			for range count {
				lines = append(lines, pageLine(rng))
			}
			var problems Problems
			tree, problems = applyAll(tree, pageEdits(t, rng, lines))
			if problems.fatal() {
				t.Fatal(problems)
			}
			var got bytes.Buffer
			if err := r.write(&got, tree.Root()); err != nil {
				t.Fatal(err)
			}
			if want := written(t, tree); got.String() != want {
				t.Fatalf("seed %d, round %d: %s", seed, round, firstDifference(got.String(), want))
			}
		}
		if len(r.pages) < 10 {
			t.Errorf("only %d pages", len(r.pages))
		}
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return fmt.Sprintf("line %d is %q, want %q", i+1, g[i], w[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(g), len(w))
}

func pageLine(rng *rand.Rand) string {
	n := rng.IntN(400)
	return []string{
		fmt.Sprintf("set system syslog file f%d any info", n),
		fmt.Sprintf("set system syslog file f%d archive size %dk", n, 64+n),
		fmt.Sprintf("set system syslog file f%d kernel error", n),
		fmt.Sprintf("delete system syslog file f%d", n),
		fmt.Sprintf("deactivate system syslog file f%d", n),
		fmt.Sprintf("activate system syslog file f%d", n),
		fmt.Sprintf("set system syslog host h%d any any", n),
		fmt.Sprintf("set system login user u%d class operator", n),
		fmt.Sprintf("set system login class c%d permissions [ view maintenance configure ]", n),
		fmt.Sprintf(`set system login user u%d full-name "J. \"%d\" Doe"`, n, n),
	}[rng.IntN(10)]
}

// pageEdits reads lines and adds annotations and marks of levels to them.
func pageEdits(t *testing.T, rng *rand.Rand, lines []string) []configtree.Edit {
	t.Helper()
	all := edits(t, lines...)
	for _, e := range slices.Clone(all) {
		if rng.IntN(40) > 0 || e.Op != configtree.Set {
			continue
		}
		at := e.Path[:1+rng.IntN(len(e.Path))]
		op := []configtree.Op{configtree.Annotate, configtree.Annotate, configtree.Deactivate, configtree.Activate}[rng.IntN(4)]
		note := configtree.Edit{Op: op, Path: at}
		if op == configtree.Annotate && rng.IntN(3) > 0 {
			note.Value = []string{"why", "first\n   second */ line\n\nlast", "/* \"odd"}[rng.IntN(3)]
		}
		all = append(all, note)
	}
	return all
}

// TestRenderErrorIsTold: pages of a text that was not written to its end are
// not taken for it.
func TestRenderErrorIsTold(t *testing.T) {
	tree, _ := applyAll(configtree.New(grammar(t)), edits(t, "set system host-name a"))
	var r renderer
	if err := r.write(broken{}, tree.Root()); !errors.Is(err, errSabotage) {
		t.Error(err)
	}
	if len(r.pages) != 0 {
		t.Error("pages of what was not written are kept")
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errSabotage }

// TestLargeGroupsAreKept: groups share one pair of braces, and are not formatted
// anew when something beside them changes.
func TestLargeGroupsAreKept(t *testing.T) {
	s := open(t, t.TempDir(), new(tape))
	defer closed(t, s)
	lines := []string{"set groups a system host-name a", "set groups z system host-name z", "set system host-name one"}
	for i := range heavy {
		lines = append(lines, fmt.Sprintf("set groups g system syslog file f%d any info", i))
	}
	tree, problems := applyAll(s.Running().Tree, edits(t, lines...))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	var r renderer
	for _, name := range []string{"one", "two"} {
		tree, _ = applyAll(tree, edits(t, "set system host-name "+name))
		before := r.pages
		var got strings.Builder
		if err := r.write(&got, tree.Root()); err != nil {
			t.Fatal(err)
		}
		if want := written(t, tree); got.String() != want {
			t.Fatal(firstDifference(got.String(), want))
		}
		kept := 0
		for key, text := range r.pages {
			if _, ok := before[key]; ok {
				kept += len(text)
			}
		}
		if name == "two" && kept < got.Len()*9/10 {
			t.Errorf("%d bytes of %d were kept", kept, got.Len())
		}
	}
}
