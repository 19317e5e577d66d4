package configtree

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"loggia/configtree/schema"
)

func conflicts(all []Conflict) string {
	var lines []string
	for _, c := range all {
		side := func(n Node) string {
			switch {
			case !n.Valid():
				return "-"
			case n.Schema().Kind == schema.Leaf && n.Value() != "":
				return n.Value()
			}
			return n.Path().Last().String()
		}
		lines = append(lines, fmt.Sprintf("%s %s: %s, %s, %s", c.Kind, c.Path, side(c.Base), side(c.Mine), side(c.Theirs)))
	}
	return strings.Join(lines, "|")
}

func TestMerge(t *testing.T) {
	root := load(t)
	base := build(t, root, "set system host-name r1", "set system syslog host a port 1", "set system syslog host b", "set system syslog host c",
		"set system syslog file m any notice", "set system syslog file n any any", "set system syslog host a match-strings [ x y ]")
	for _, c := range []struct{ mine, theirs, want, conflicts string }{
		{"set system host-name r2", "set system time-zone UTC", "system host-name r2|system time-zone UTC", ""},
		{"set system host-name r2", "set system host-name r2", "system host-name r2", ""},
		{"set system host-name r2", "set system host-name r3", "", "value system host-name: r1, r2, r3"},
		{"set system time-zone UTC", "set system time-zone GMT+1", "", "value system time-zone: -, UTC, GMT+1"},
		{"delete system host-name", "set system host-name r3", "", "delete system host-name: r1, -, r3"},
		{"set system syslog host a port 2", "delete system syslog host a", "", "delete system syslog host a: host a, host a, -"},
		{"delete system syslog", "set system syslog host a port 2", "", "delete system syslog: syslog, -, syslog"},
		{"delete system syslog host a", "delete system syslog host a", "system syslog host b", ""},
		{"set system syslog host a port 2", "set system syslog host a log-prefix x", "system syslog host a port 2|system syslog host a log-prefix x", ""},
		{"set system syslog file m any info", "set system syslog file m any error", "", "choice system syslog file m any info: -, info, error"},
		{"set system syslog file m any info", "set system syslog file n any error", "system syslog file m any info|system syslog file n any error", ""},
		{"deactivate system syslog host a", "set system syslog host a port 2", "inactive system syslog host a|system syslog host a port 2", ""},
		{`annotate system syslog "x"`, `annotate system syslog "y"`, "", "comment system syslog: syslog, syslog, syslog"},
		{`annotate system syslog "x"`, "delete system syslog host b", "system syslog /* x */", ""},
		{"set system syslog host d", "set system syslog host e", "order a b c e d", ""},
		{"insert system syslog host c before a", "set system syslog host e", "order c a b e", ""},
		{"insert system syslog host c before a", "insert system syslog host a after b", "order c b a", ""},
		{"insert system syslog host c before a", "insert system syslog host c before b", "", "order system syslog host c: host c, host c, host c"},
		{"set system syslog host d|insert system syslog host d before b", "delete system syslog host a|set system syslog host e", "order d b c e", ""},
		{"delete system syslog host b", "insert system syslog host a after c", "order c a", ""},
		{"set system syslog host a match-strings z", "set system syslog host a match-strings w", "system syslog host a match-strings z|system syslog host a match-strings w", ""},
		{"protect system syslog host a", "set system syslog host b port 7", "system syslog host b port 7", ""},
		{"set groups g system host-name x|set apply-groups g", "set apply-groups h", "apply-groups h|apply-groups g", ""},
		{"set system host-name r2|delete system syslog file n", "set system host-name r3|set system syslog file n match x", "",
			"value system host-name: r1, r2, r3|delete system syslog file n: file n, -, file n"},
	} {
		mine, theirs := change(t, base, strings.Split(c.mine, "|")...), change(t, base, strings.Split(c.theirs, "|")...)
		merged, found := Merge(base, mine, theirs)
		if got := conflicts(found); got != c.conflicts {
			t.Errorf("%s and %s: %s\nwant %s", c.mine, c.theirs, got, c.conflicts)
		}
		if len(found) > 0 {
			if merged != theirs {
				t.Errorf("%s and %s: merged in spite of a conflict", c.mine, c.theirs)
			}
			continue
		}
		var hosts []string
		for h := range merged.Root().Child("system").Child("syslog").Entries("host") {
			hosts = append(hosts, h.Key())
		}
		text := "\n" + lines(merged.Root()) + "order " + strings.Join(hosts, " ") + "\n"
		for line := range strings.SplitSeq(c.want, "|") {
			if !strings.Contains(text, "\n"+line+"\n") {
				t.Errorf("%s and %s: no line %s in%s", c.mine, c.theirs, line, text)
			}
		}
	}
}

// facts are what a tree says, one by one, orders aside.
func facts(n Node) map[string]string {
	all := map[string]string{}
	for c := range n.Children() {
		at := id(c.Path())
		if standsAlone(c.Schema()) {
			all[at] = ""
		}
		if c.Schema().Kind == schema.Leaf {
			all[at+" value"] = c.Value()
		}
		if c.Inactive() {
			all[at+" inactive"] = ""
		}
		if c.Protected() {
			all[at+" protected"] = ""
		}
		if c.Comment() != "" {
			all[at+" comment"] = c.Comment()
		}
		maps.Copy(all, facts(c))
	}
	return all
}

// naively merges facts: what mine has and base has not comes, what base has and
// mine has not goes.
func naively(base, mine, theirs Node) map[string]string {
	b, m, t := facts(base), facts(mine), facts(theirs)
	for k, v := range b {
		if w, ok := m[k]; !ok || v != w {
			delete(t, k)
		}
	}
	for k, v := range m {
		if w, ok := b[k]; !ok || v != w {
			t[k] = v
		}
	}
	return t
}

// disputed finds, in the plainest way, whether there must be a conflict.
func disputed(base, mine, theirs *Tree) bool {
	b, m, t := facts(base.Root()), facts(mine.Root()), facts(theirs.Root())
	for k, v := range m {
		if w, ok := t[k]; ok && w != v && (b[k] != v && b[k] != w || !strings.HasSuffix(k, "comment") && !hasKey(b, k)) {
			return true
		}
	}
	deleted := func(n Node, gone, other *Tree) bool {
		_, still := gone.At(n.Path())
		now, there := other.At(n.Path())
		return !still && there && now.Hash() != n.Hash()
	}
	var visit func(n Node) bool
	visit = func(n Node) bool {
		for c := range n.Children() {
			if deleted(c, mine, theirs) || deleted(c, theirs, mine) || visit(c) {
				return true
			}
		}
		return false
	}
	if visit(base.Root()) {
		return true
	}
	// Two cases of one choice.
	choice := map[string]string{}
	merged := naively(base.Root(), mine.Root(), theirs.Root())
	for _, tree := range []*Tree{mine, theirs} {
		var cases func(n Node) bool
		cases = func(n Node) bool {
			for c := range n.Children() {
				s := c.Schema()
				_, kept := merged[id(c.Path())]
				at := id(c.Path().Parent()) + s.Choice
				if s.Choice != "" && kept && choice[at] != "" && choice[at] != s.Case {
					return true
				}
				if s.Choice != "" && kept {
					choice[at] = s.Case
				}
				if cases(c) {
					return true
				}
			}
			return false
		}
		if cases(tree.Root()) {
			return true
		}
	}
	return false
}

func hasKey(m map[string]string, k string) bool { _, ok := m[k]; return ok }

// mergeAll makes two trees from one and checks the laws of merging.
func mergeAll(t *testing.T, data []byte) {
	root := testSchema()
	src := &dice{data: data, few: true}
	edited := func(tree *Tree, n int) *Tree {
		for range n {
			e := src.edit(root)
			if e.Op.refers() {
				if e.Path.Last().Key == "" {
					continue
				}
				e.Value = src.key(e.Path.Last().Node)
			}
			if len(e.Path) > 1 {
				tree, _ = tree.Edit(e)
			}
		}
		return tree
	}
	base := edited(New(root), 12+src.below(20))
	for len(src.data) > 0 {
		mine, theirs := edited(base, 1+src.below(4)), edited(base, 1+src.below(4))
		checkMerge(t, base, mine, theirs)
		checkMerge(t, rebuild(base), mine, rebuild(theirs))
		base = edited(base, src.below(6))
	}
}

func checkMerge(t *testing.T, base, mine, theirs *Tree) {
	t.Helper()
	show := func() string {
		return fmt.Sprintf("base\n%s\nmine\n%s\ntheirs\n%s", dump(base.Root()), dump(mine.Root()), dump(theirs.Root()))
	}
	for _, law := range []struct {
		name                      string
		base, mine, theirs, equal *Tree
	}{
		{"nothing of mine", base, base, theirs, theirs},
		{"nothing of theirs", base, mine, base, mine},
		{"both the same", base, mine, mine, mine},
	} {
		if got, c := Merge(law.base, law.mine, law.theirs); len(c) > 0 || !got.Equal(law.equal) {
			t.Fatalf("%s: conflicts %s, %s\ngives\n%s", law.name, conflicts(c), show(), dump(got.Root()))
		}
	}
	merged, found := Merge(base, mine, theirs)
	back, foundBack := Merge(base, theirs, mine)
	if len(found) != len(foundBack) {
		t.Fatalf("%s\nconflicts %s\nthe other way %s", show(), conflicts(found), conflicts(foundBack))
	}
	orders := func(c Conflict) bool { return c.Kind == OrderConflict }
	if want := disputed(base, mine, theirs); want != (len(found) > 0) && !slices.ContainsFunc(found, orders) {
		t.Fatalf("%s\nconflicts %s, want some: %v", show(), conflicts(found), want)
	}
	checkOverrule(t, base, mine, theirs, show)
	if len(found) > 0 {
		return
	}
	if !Overrule(base, mine, theirs).Equal(merged) {
		t.Fatalf("%s\nwithout a conflict, mine overrules something", show())
	}
	if got, want := facts(merged.Root()), naively(base.Root(), mine.Root(), theirs.Root()); !maps.Equal(got, want) {
		t.Fatalf("%s\nmerges to\n%s", show(), dump(merged.Root()))
	}
	if !maps.Equal(facts(back.Root()), facts(merged.Root())) {
		t.Fatalf("%s\nmerges to\n%s\nthe other way to\n%s", show(), dump(merged.Root()), dump(back.Root()))
	}
	if !rebuild(merged).Equal(merged) {
		t.Fatalf("%s\nmerges to\n%s\nof another hash", show(), dump(merged.Root()))
	}
}

// checkOverrule: whatever I changed is as I have it, and what came of it is a tree like any other.
func checkOverrule(t *testing.T, base, mine, theirs *Tree, show func() string) {
	t.Helper()
	over := Overrule(base, mine, theirs)
	was, now, got := facts(base.Root()), facts(mine.Root()), facts(over.Root())
	for fact := range union(was, now) {
		before, had := was[fact]
		after, has := now[fact]
		if before == after && had == has {
			continue
		}
		if result, is := got[fact]; result != after || is != has {
			t.Fatalf("%s\noverruled gives\n%s\nin which %q is %q, not %q", show(), dump(over.Root()), fact, result, after)
		}
	}
	if !rebuild(over).Equal(over) {
		t.Fatalf("%s\noverruled gives\n%s\nof another hash", show(), dump(over.Root()))
	}
}

// union returns the facts of both.
func union(a, b map[string]string) map[string]string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

func TestMergeLaws(t *testing.T) {
	for seed := range uint64(24) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 3))
			data := make([]byte, 1600)
			for i := 0; i < len(data); i += 8 {
				binary.LittleEndian.PutUint64(data[i:], rng.Uint64())
			}
			mergeAll(t, data)
		})
	}
}

func FuzzMerge(f *testing.F) {
	f.Add([]byte("three trees"))
	f.Fuzz(func(t *testing.T, data []byte) { mergeAll(t, data[:min(len(data), 1000)]) })
}
