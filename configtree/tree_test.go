package configtree

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"loggia/configtree/schema"
)

// build makes a tree of lines such as `set system host-name r1`, in the words of
// the real schema. Other commands than set go through Resolve likewise.
func build(t testing.TB, root *schema.Node, lines ...string) *Tree {
	t.Helper()
	return change(t, New(root), lines...)
}

func change(t testing.TB, tree *Tree, lines ...string) *Tree {
	t.Helper()
	b := tree.Batch()
	for _, line := range lines {
		if err := command(b, tree.Schema(), line); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
	}
	return b.Tree()
}

func command(b *Batch, root *schema.Node, line string) error {
	verb, rest, _ := strings.Cut(line, " ")
	op := map[string]Op{"set": Set, "delete": Delete, "replace": Replace, "override": Override, "deactivate": Deactivate, "activate": Activate, "annotate": Annotate,
		"protect": Protect, "unprotect": Unprotect, "rename": Rename, "copy": Copy, "insert": InsertBefore}[verb]
	r, p := Resolve(root, op, nil, split(rest))
	if p != nil {
		return p
	}
	for _, e := range r.Edits {
		if err := b.Apply(e); err != nil {
			return err
		}
	}
	return nil
}

// lines shows a tree as set lines, with the marks behind.
func lines(n Node) string {
	var b strings.Builder
	for c := range n.Children() {
		if c.Empty() {
			fmt.Fprintf(&b, "%s", c.Path())
			if c.Schema().Kind == schema.Leaf && c.Value() != "" {
				fmt.Fprintf(&b, " %s", Quote(c.Value()))
			}
			b.WriteString("\n")
		}
		b.WriteString(lines(c))
		if c.Inactive() {
			fmt.Fprintf(&b, "inactive %s\n", c.Path())
		}
		if c.Comment() != "" {
			fmt.Fprintf(&b, "%s /* %s */\n", c.Path(), c.Comment())
		}
	}
	return b.String()
}

func TestEdits(t *testing.T) {
	root := load(t)
	for _, c := range []struct {
		name     string
		commands string
		want     string
	}{
		{"a leaf replaces its value", "set system host-name a|set system host-name b", "system host-name b"},
		{"a second severity replaces the first", "set system syslog file m any notice|set system syslog file m any info", "system syslog file m any info"},
		{"one case removes the other", "set system syslog archive world-readable|set system syslog archive no-world-readable", "system syslog archive no-world-readable"},
		{"set on a leaf-list adds, in the order of entry", "set system syslog host h match-strings b|set system syslog host h match-strings a|set system syslog host h match-strings b", "system syslog host h match-strings b|system syslog host h match-strings a"},
		{"files are sorted, hosts are not", "set system syslog file b|set system syslog file a|set system syslog host b|set system syslog host a", "system syslog host b|system syslog host a|system syslog file a|system syslog file b"},
		{"statements stand in schema order", "set system syslog host h port 1|set system syslog host h any any|set system host-name r", "system host-name r|system syslog host h any any|system syslog host h port 1"},
		{"a container needs contents", "set system syslog", ""},
		{"a presence container does not", "set system syslog time-format", "system syslog time-format"},
		{"delete of the last child removes containers, not entries", "set system syslog host h port 1|delete system syslog host h port", "system syslog host h"},
		{"delete of the last entry removes the containers", "set system syslog host h port 1|delete system syslog host h", ""},
		{"delete of a facility", "set system syslog file m any notice authorization info|delete system syslog file m any", "system syslog file m authorization info"},
		{"delete of a facility by its severity", "set system syslog file m any notice authorization info|delete system syslog file m any notice", "system syslog file m authorization info"},
		{"delete of a whole list", "set system syslog file a|set system syslog file b|set system syslog host h|delete system syslog file", "system syslog host h"},
		{"delete of a leaf with its value", "set system syslog host h port 5|delete system syslog host h port 5", "system syslog host h"},
		{"delete of one value", "set system syslog host h match-strings [ a b c ]|delete system syslog host h match-strings b", "system syslog host h match-strings a|system syslog host h match-strings c"},
		{"delete of all values", "set system syslog host h match-strings [ a b c ]|delete system syslog host h match-strings", "system syslog host h"},
		{"override of a facility", "set system syslog file m any notice|override system syslog file m any", "system syslog file m"},
		{"override of an entry", "set system syslog host h port 1|override system syslog host h", "system syslog host h"},
		{"delete of everything", "set system syslog host h|delete", ""},
		{"replace of an entry keeps its place", "set system syslog host a port 1|set system syslog host b|replace system syslog host a|set system syslog host a any any", "system syslog host a any any|system syslog host b"},
		{"replace of what is not there", "replace system syslog host a|set system syslog host a", "system syslog host a"},
		{"marks", "set system syslog host h port 1|deactivate system syslog host h|annotate system syslog host h port \"why\"|annotate system syslog x", "system syslog host h port 1|system syslog host h port /* why */|inactive system syslog host h|system syslog /* x */"},
		{"marks off", "set system syslog host h port 1|deactivate system syslog host h|annotate system syslog host h x|activate system syslog host h|annotate system syslog host h \"\"", "system syslog host h port 1"},
		{"a set keeps marks", "set system host-name a|deactivate system host-name|set system host-name b", "system host-name b|inactive system host-name"},
		{"marks on a whole list", "set system syslog file a|set system syslog file b|deactivate system syslog file", "system syslog file a|inactive system syslog file a|system syslog file b|inactive system syslog file b"},
	} {
		got := strings.ReplaceAll(strings.TrimSpace(lines(build(t, root, strings.Split(c.commands, "|")...).Root())), "\n", "|")
		if got != c.want {
			t.Errorf("%s: %s\nwant %s", c.name, got, c.want)
		}
	}
}

func TestNotFound(t *testing.T) {
	root := load(t)
	tree := build(t, root, "set system syslog host h port 514", "set system syslog host h match-strings a", "set system syslog file m any notice")
	for line, text := range map[string]string{
		"delete system syslog host g":                     "statement not found",
		"delete system syslog host h port 515":            "statement not found",
		"delete system syslog host h transport":           "statement not found",
		"delete system syslog host h match-strings v2":    "element 'v2' not found",
		"delete system syslog host g match-strings v2":    "statement not found",
		"delete system syslog user":                       "statement not found",
		"delete system syslog file m authorization":       "statement not found",
		"delete system syslog file m any info":            "statement not found",
		"deactivate system syslog host h port 515":        "statement not found",
		"deactivate system services":                      "statement not found",
		`annotate system host-name "x"`:                   "statement not found",
		"delete system syslog host h match-strings [ v ]": "element 'v' not found",
	} {
		b := tree.Batch()
		err := command(b, root, line)
		var p *Problem
		if !errors.As(err, &p) || !errors.Is(err, ErrNotFound) || p.Kind != NotFound || !p.Warning || p.Err.Error() != text {
			t.Errorf("%s: %v, want %s", line, err, text)
		}
		if b.Tree() != tree {
			t.Errorf("%s: the tree changed", line)
		}
	}
}

func TestEditsThatAreNone(t *testing.T) {
	root := load(t)
	tree := build(t, root, "set system syslog host h port 514")
	syslog := path(t, root, "system syslog")
	host := syslog.Node().Child("host")
	for name, e := range map[string]Edit{
		"list without key":          {Op: Set, Path: syslog.Append(Step{Node: host})},
		"list without key, midway":  {Op: Delete, Path: syslog.Append(Step{Node: host}, Step{Node: host.Child("port")})},
		"container with key":        {Op: Set, Path: Path{{Node: root.Child("system"), Key: "x"}}},
		"statement elsewhere":       {Op: Set, Path: Path{{Node: host, Key: "h"}}},
		"no statement":              {Op: Set, Path: Path{{}}},
		"value of a container":      {Op: Set, Path: syslog, Value: "x"},
		"value of an empty leaf":    {Op: Set, Path: path(t, root, "system syslog allow-duplicates"), Value: "x"},
		"value of nothing":          {Op: Set, Value: "x"},
		"deactivation of the whole": {Op: Deactivate},
		"operation of Resolve":      {Op: Find, Path: syslog},
	} {
		got, err := tree.Edit(e)
		var p *Problem
		if !errors.As(err, &p) || p.Warning || got != tree {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Node returns the schema node that a path of the test leads to.
func (p Path) Node() *schema.Node { return p.Last().Node }

func TestSameContentsAreNoChange(t *testing.T) {
	root := load(t)
	tree := build(t, root, "set system syslog host a port 1", "set system syslog host b port 2", "set system syslog host c")
	if again := change(t, tree, "set system syslog host a port 1"); again != tree {
		t.Error("setting what is set made another tree")
	}
	if again := change(t, tree, "delete system syslog host c", "set system syslog host c"); again != tree {
		t.Error("delete and the same again made another tree")
	}
	moved := change(t, tree, "delete system syslog host a", "set system syslog host a port 1")
	if moved.Equal(tree) {
		t.Error("an entry at another place is no change")
	}
	if back := change(t, moved, "delete system syslog host b", "delete system syslog host c", "set system syslog host b port 2", "set system syslog host c"); !back.Equal(tree) {
		t.Error("the same order by another way has another hash")
	}
}

func TestNodeAccess(t *testing.T) {
	root := load(t)
	tree := build(t, root, "set system syslog host b port 5514", "set system syslog host a match-strings [ x y ]", "set system syslog file m any notice")
	syslog := tree.Root().Child("system").Child("syslog")
	var hosts []string
	for h := range syslog.Entries("host") {
		hosts = append(hosts, h.Key())
	}
	if !slices.Equal(hosts, []string{"b", "a"}) || syslog.Len("host") != 2 {
		t.Errorf("hosts %q", hosts)
	}
	if got := syslog.Entry("host", "a").Values("match-strings"); !slices.Equal(got, []string{"x", "y"}) {
		t.Errorf("match-strings %q", got)
	}
	port := syslog.Entry("host", "b").Child("port")
	if port.Value() != "5514" || port.Path().String() != "system syslog host b port" || port.Parent().Key() != "b" {
		t.Errorf("port %q at %s", port.Value(), port.Path())
	}
	if n, ok := tree.At(port.Path()); !ok || n.Value() != "5514" || n.Hash() != port.Hash() {
		t.Error("the path does not lead back")
	}
	if got := syslog.Entry("file", "m").Entry("contents", "any").Path().Banner(); got != "[edit system syslog file m any]" {
		t.Error(got)
	}
	for _, absent := range []Node{syslog.Child("nonsense"), syslog.Child("host"), syslog.Entry("host", "c"), syslog.Entry("system", "x"), {}} {
		if absent.Valid() || absent.Value() != "" || absent.Key() != "" || absent.Child("x").Valid() || absent.Schema() != nil || len(slices.Collect(absent.Children())) > 0 {
			t.Errorf("%v is not absent", absent)
		}
	}
	if _, ok := tree.At(path(t, root, "system syslog file")); ok {
		t.Error("a whole list is a node")
	}
}

func TestSharedTreeIsSafe(t *testing.T) {
	root := testSchema()
	b := New(root).Batch()
	for i := range 2000 {
		mustApply(b, Edit{Op: Set, Path: path(t, root, fmt.Sprintf("system file f%d port", i)), Value: "1"},
			Edit{Op: Set, Path: path(t, root, fmt.Sprintf("system host h%d port", i)), Value: "1"})
	}
	shared := b.Tree()
	before := dump(shared.Root())
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			mine := shared
			for i := range 40 {
				key := fmt.Sprint(i * 37)
				next, err := mine.Edit(Edit{Op: Set, Path: path(t, root, "system file f"+key+" port"), Value: fmt.Sprint(g)})
				if err == nil {
					next, err = next.Edit(Edit{Op: Delete, Path: path(t, root, "system host h"+key)})
				}
				if err != nil {
					t.Error(err)
					return
				}
				if changes := Diff(mine, next); len(changes) != 2 && g != 1 {
					t.Errorf("%d changes", len(changes))
				}
				mine = next
				mine.Expand().Check(shared.Expand())
			}
		})
	}
	wg.Go(func() {
		for range 10 {
			if dump(shared.Root()) != before {
				t.Error("the shared tree changed")
			}
		}
	})
	wg.Wait()
}
