package configtree

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// kinds shows changes one by one.
func kinds(changes []Change) []string {
	var all []string
	for _, c := range changes {
		all = append(all, c.Kind.String()+" "+c.Path.String())
	}
	return all
}

func TestDiff(t *testing.T) {
	root := load(t)
	base := []string{
		"set system host-name r1",
		"set system syslog host a port 1", "set system syslog host b", "set system syslog host c", "set system syslog host d",
		"set system syslog file m any notice", "set system syslog file m authorization info",
	}
	for _, c := range []struct{ commands, want string }{
		{"set system host-name r2", "modified system host-name"},
		{"delete system host-name", "removed system host-name"},
		{"set system syslog archive size 1m files 3", "added system syslog archive"},
		{"set system syslog file m any info", "removed system syslog file m any notice|added system syslog file m any info"},
		{"set system syslog file z any info|delete system syslog file m", "removed system syslog file m|added system syslog file z"},
		{"delete system syslog host a|set system syslog host a port 2", "moved system syslog host a|modified system syslog host a port"},
		{"delete system syslog host b|set system syslog host b", "moved system syslog host b"},
		{"delete system syslog host b|set system syslog host e|set system syslog host b", "added system syslog host e|moved system syslog host b"},
		{"delete system syslog host b|set system syslog host e", "removed system syslog host b|added system syslog host e"},
		{"delete system syslog host", "removed system syslog host a|removed system syslog host b|removed system syslog host c|removed system syslog host d"},
		{"deactivate system syslog host a|set system syslog host a port 2", "deactivated system syslog host a|modified system syslog host a port"},
		{"annotate system syslog \"x\"", "commented system syslog"},
		{"set system syslog host c match-strings [ x y ]", "added system syslog host c match-strings x|added system syslog host c match-strings y"},
		{"delete", "removed system"},
		{"set system host-name r1", ""},
	} {
		from := build(t, root, base...)
		to := change(t, from, strings.Split(c.commands, "|")...)
		changes := Diff(from, to)
		if got := strings.Join(kinds(changes), "|"); got != c.want {
			t.Errorf("%s: %s\nwant %s", c.commands, got, c.want)
		}
		for _, ch := range changes {
			if ch.Old.Valid() != (ch.Kind != Added) || ch.New.Valid() != (ch.Kind != Removed) {
				t.Errorf("%s: %s has the wrong sides", c.commands, ch.Kind)
			}
		}
		if back := Diff(to, from); len(back) != len(changes) {
			t.Errorf("%s: %d changes, back %d", c.commands, len(changes), len(back))
		}
	}
}

// TestDiffAt: at every statement that is in one of two trees, DiffAt is what of
// Diff lies at or below it, or made it come or go.
func TestDiffAt(t *testing.T) {
	for seed := range uint64(40) {
		rng := rand.New(rand.NewPCG(seed, 5))
		data := make([]byte, 400)
		for i := range data {
			data[i] = byte(rng.Uint32())
		}
		root, src := testSchema(), &dice{data: data, few: true}
		trees := [2]*Tree{New(root), New(root)}
		for i := 0; len(src.data) > 0; i++ {
			if e := src.edit(root); !e.Op.refers() {
				if next, err := trees[i%2].Edit(e); err == nil {
					trees[i%2] = next
				}
			}
		}
		all := Diff(trees[0], trees[1])
		var check func(n Node)
		check = func(n Node) {
			at := n.Path()
			var want []Change
			for _, c := range all {
				whole := c.Kind == Added || c.Kind == Removed
				if c.Path.Within(at) || whole && at.Within(c.Path) {
					want = append(want, c)
				}
			}
			if got := kinds(DiffAt(trees[0], trees[1], at)); !slices.Equal(got, kinds(want)) {
				t.Fatalf("seed %d, %s: %q, want %q", seed, at, got, kinds(want))
			}
			if s := n.Schema(); hasElements(s) {
				list := at.Parent().Append(Step{Node: s})
				want = slices.DeleteFunc(slices.Clone(all), func(c Change) bool {
					return !c.Path.Within(list) && (c.Kind != Added && c.Kind != Removed || !list.Within(c.Path))
				})
				if got := kinds(DiffAt(trees[0], trees[1], list)); !slices.Equal(got, kinds(want)) {
					t.Fatalf("seed %d, all of %s: %q, want %q", seed, list, got, kinds(want))
				}
			}
			for c := range n.Children() {
				check(c)
			}
		}
		for _, tree := range trees {
			for c := range tree.Root().Children() {
				check(c)
			}
		}
	}
}

// TestDiffOfLongLists compares long lists, made apart and made from one
// another, and checks that Diff finds what was done, no less and no more.
func TestDiffOfLongLists(t *testing.T) {
	root := testSchema()
	rng := rand.New(rand.NewPCG(3, 3))
	for _, list := range []string{"file", "host"} {
		b := New(root).Batch()
		for i := range 5000 {
			mustApply(b, Edit{Op: Set, Path: path(t, root, fmt.Sprintf("system %s n%05d port", list, i)), Value: "1"})
		}
		from := b.Tree()
		want := map[string]bool{}
		for range 20 {
			key := fmt.Sprintf("system %s n%05d", list, rng.IntN(5000))
			switch rng.IntN(3) {
			case 0:
				if b.exists(path(t, root, key)) && !want["modified "+key+" port"] {
					mustApply(b, Edit{Op: Delete, Path: path(t, root, key)})
					want["removed "+key] = true
				}
			case 1:
				if b.exists(path(t, root, key)) {
					mustApply(b, Edit{Op: Set, Path: path(t, root, key+" port"), Value: "2"})
					want["modified "+key+" port"] = true
				}
			case 2:
				mustApply(b, Edit{Op: Set, Path: path(t, root, key+"x")})
				want["added "+key+"x"] = true
			}
		}
		to := b.Tree()
		for _, pair := range [][2]*Tree{{from, to}, {rebuild(from), rebuild(to)}} {
			got := kinds(Diff(pair[0], pair[1]))
			for _, k := range got {
				if !want[k] {
					t.Errorf("%s: %s is wrong", list, k)
				}
			}
			if len(got) != len(want) {
				t.Errorf("%s: %d changes, want %d", list, len(got), len(want))
			}
		}
	}
}

// TestDiffOfOrders: the order of the kept and the moved elements is that of the
// lists, and as few as possible have moved.
func TestDiffOfOrders(t *testing.T) {
	root := testSchema()
	order := func(keys ...string) *Tree {
		b := New(root).Batch()
		for _, k := range keys {
			name, protected := strings.CutSuffix(k, "!")
			host := path(t, root, "system host "+name)
			mustApply(b, Edit{Op: Set, Path: host})
			if protected {
				mustApply(b, Edit{Op: Protect, Path: host})
			}
		}
		return b.Tree()
	}
	for _, c := range []struct{ from, to, want string }{
		{"a b c d!", "d! a b c", "moved a, moved b, moved c"}, // nobody may move what is protected
		{"a! b", "b a!", "moved b"},
		{"a b! c d e! f", "d b! f a c e!", "moved d, moved f, moved a"},
		{"a! b! c", "b! a! c", "moved b"},
		{"a b c d", "a c b d", "moved c"},
		{"a b c d", "d a b c", "moved d"},
		{"a b c d", "b c d a", "moved a"},
		{"a b c d", "d c b a", "moved d, moved c, moved b"},
		{"a b c d", "a x c d", "removed b, added x"},
		{"a b c d", "b x a d", "moved b, added x, removed c"},
		{"a b", "x a y b z", "added x, added y, added z"},
		{"a b c", "c", "removed a, removed b"},
	} {
		var got []string
		for _, ch := range Diff(order(strings.Fields(c.from)...), order(strings.Fields(c.to)...)) {
			got = append(got, ch.Kind.String()+" "+ch.Path.Last().Key)
		}
		text := strings.Join(got, ", ")
		if text != c.want {
			t.Errorf("%s to %s: %s, want %s", c.from, c.to, text, c.want)
		}
	}
}
