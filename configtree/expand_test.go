package configtree

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"loggia/configtree/schema"
)

// expandAll makes edits that groups and what inherits from them often meet in,
// and compares every expansion, which goes on from the one before, with the
// plain one.
func expandAll(t *testing.T, data []byte) {
	root := testSchema()
	src := &dice{data: data, few: true}
	tree := New(root)
	for _, line := range []string{"apply-groups g0", "apply-groups g1", "groups g0 system", "system apply-groups g2"} {
		tree, _ = tree.Edit(Edit{Op: Set, Path: path(t, root, line)})
	}
	for len(src.data) > 0 {
		e := src.edit(root)
		if e.Op == Override && len(e.Path) < 2 || e.Op == Delete && len(e.Path) < 2 && src.below(4) > 0 || e.Op.refers() && e.Path.Last().Key == "" {
			continue
		}
		if e.Op.refers() {
			e.Value = src.key(e.Path.Last().Node)
		}
		next, err := tree.Edit(e)
		if err != nil {
			continue
		}
		tree = next
		checkExpanded(t, tree)
		if src.below(20) == 0 {
			again := rebuild(tree)
			if got, want := dumpSources(again.Expand().Root()), dumpSources(tree.Expand().Root()); got != want {
				t.Fatalf("expanded at once\n%s\nstep by step\n%s", got, want)
			}
		}
	}
}

func TestExpandAgreesWithThePlainWay(t *testing.T) {
	for seed := range uint64(16) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 2))
			data := make([]byte, 2400)
			for i := 0; i < len(data); i += 8 {
				binary.LittleEndian.PutUint64(data[i:], rng.Uint64())
			}
			expandAll(t, data)
		})
	}
}

func FuzzExpand(f *testing.F) {
	f.Add([]byte("a few edits of groups"))
	f.Fuzz(func(t *testing.T, data []byte) { expandAll(t, data[:min(len(data), 1500)]) })
}

// TestGroups shows the rules one by one, in the words of the real schema.
func TestGroups(t *testing.T) {
	root := load(t)
	for _, c := range []struct{ name, commands, want string }{
		{"a group gives what is not there", "set groups g system host-name r1|set apply-groups g",
			"system host-name r1 < g"},
		{"a group that is not applied gives nothing", "set groups g system host-name r1", ""},
		{"what is configured wins", "set groups g system host-name r1 time-zone GMT+1|set apply-groups g|set system host-name r2",
			"system host-name r2|system time-zone GMT+1 < g"},
		{"the first group wins", "set groups a system host-name a|set groups b system host-name b|set groups b system time-zone UTC|set apply-groups [ b a ]",
			"system host-name b < b|system time-zone UTC < b"},
		{"further in wins", "set groups a system syslog source-address 10.0.0.1|set groups b system syslog source-address 10.0.0.2|set apply-groups a|set system syslog apply-groups b",
			"system syslog source-address 10.0.0.2 < b"},
		{"except keeps a group out", "set groups g system host-name r1 syslog source-address 10.0.0.1|set apply-groups g|set system syslog apply-groups-except g",
			"system host-name r1 < g"},
		{"until it is applied again", "set groups g system syslog file <*> match x|set apply-groups g|set system syslog apply-groups-except g|set system syslog file m|set system syslog file n apply-groups g",
			"system syslog file m|system syslog file n match x < g"},
		{"a wildcard matches what is configured", "set groups g system syslog file <*> archive size 1m|set apply-groups g|set system syslog file m any any",
			"system syslog file m any any|system syslog file m archive size 1m < g"},
		{"and what a group creates", "set groups g system syslog file <*> archive size 1m|set groups h system syslog file m any any|set apply-groups [ g h ]",
			"system syslog file m any any < h|system syslog file m archive size 1m < g"},
		{"but creates nothing", "set groups g system syslog file <*> archive size 1m|set apply-groups g", ""},
		{"a pattern matches some", "set groups g system syslog host <r[12]*> port 5514|set apply-groups g|set system syslog host r1.net|set system syslog host r3",
			"system syslog host r1.net port 5514 < g|system syslog host r3"},
		{"wildcards within wildcards", "set groups g system syslog file <*> <*> none|set groups g system syslog file <*> ftp info|set apply-groups g|set system syslog file m any any",
			"system syslog file m any any|system syslog file m ftp info < g"},
		{"the entry itself comes before wildcards", "set groups g system syslog host <*> port 1|set groups g system syslog host h port 2|set apply-groups g|set system syslog host h",
			"system syslog host h port 2 < g"},
		{"an earlier wildcard comes before a later entry", "set groups a system syslog host <*> port 1|set groups b system syslog host h port 2|set apply-groups [ a b ]",
			"system syslog host h port 1 < a"},
		{"configured first, then inherited in the order of groups", "set groups a system syslog host h2|set groups a system syslog host h1|set groups b system syslog host h3|set groups b system syslog host h0|set apply-groups [ b a ]|set system syslog host h9|set system syslog host h1",
			"system syslog host h9|system syslog host h1|system syslog host h3 < b|system syslog host h0 < b|system syslog host h2 < a"},
		{"leaf-lists are joined", "set groups a system syslog host <*> match-strings [ x y ]|set groups b system syslog host <*> match-strings [ z x ]|set apply-groups [ b a ]|set system syslog host h match-strings y",
			"system syslog host h match-strings y|system syslog host h match-strings z < b|system syslog host h match-strings x < b"},
		{"one case of a choice", "set groups g system syslog file m any info|set apply-groups g|set system syslog file m any error",
			"system syslog file m any error"},
		{"one case of a choice, of groups too", "set groups a system syslog archive world-readable|set groups b system syslog archive no-world-readable size 1m|set apply-groups [ a b ]",
			"system syslog archive size 1m < b|system syslog archive world-readable < a"},
		{"what is inactive gives nothing", "set groups g system host-name r1 time-zone UTC|set apply-groups g|deactivate groups g system host-name",
			"system time-zone UTC < g"},
		{"what is inactive is not in the way", "set groups g system host-name r1|set apply-groups g|set system host-name r2|deactivate system host-name",
			"system host-name r1 < g"},
		{"inactive names", "set groups g system host-name r1|set apply-groups g|deactivate apply-groups g", ""},
		{"a presence container", "set groups g system syslog file <*> structured-data|set apply-groups g|set system syslog file m",
			"system syslog file m structured-data < g"},
	} {
		e := build(t, root, strings.Split(c.commands, "|")...).Expand()
		if got := strings.Join(sourced(e.Root()), "|"); got != c.want {
			t.Errorf("%s: %s\nwant %s", c.name, got, c.want)
		}
		if p := report(e.Check(nil)); p != "" {
			t.Errorf("%s: %s", c.name, p)
		}
	}
}

// sourced shows what holds as set lines with the groups behind.
func sourced(n Node) []string {
	var all []string
	for c := range n.Children() {
		if c.Empty() {
			line := c.Path().String()
			if c.Schema().Kind == schema.Leaf && c.Value() != "" {
				line += " " + Quote(c.Value())
			}
			if group, ok := c.Source(); ok {
				line += " < " + group
			}
			all = append(all, line)
		}
		all = append(all, sourced(c)...)
	}
	return all
}

// TestSourceOfLevels: a level comes from a group when the group creates it.
func TestSourceOfLevels(t *testing.T) {
	root := load(t)
	e := build(t, root, "set groups a system syslog file <*> archive size 1m", "set groups b system syslog file m archive files 3", "set groups b system syslog console any any",
		"set apply-groups [ a b ]", "set system syslog file n any any").Expand()
	for line, want := range map[string]string{
		"system": "", "system syslog": "", "system syslog file n": "", "system syslog file n archive": "a",
		"system syslog file m": "b", "system syslog file m archive": "a", "system syslog file m archive files": "b", "system syslog console any": "b",
	} {
		n, ok := e.At(path(t, root, line))
		if group, _ := n.Source(); !ok || group != want {
			t.Errorf("%s: from %q, want %q", line, group, want)
		}
	}
}

func TestCheckWithGroups(t *testing.T) {
	root := load(t)
	for _, c := range []struct{ commands, want string }{
		{"set apply-groups g", "[edit apply-groups g] Group 'g' is not defined"},
		{"set system syslog file m apply-groups-except g", "[edit system syslog file m apply-groups-except g] Group 'g' is not defined"},
		{"set groups g system host-name r|set apply-groups g|deactivate groups g", "[edit apply-groups g] Group 'g' is not defined"},
		{"set apply-groups g|deactivate apply-groups", ""},
		{"set groups g system login user <*> uid 2000|set groups g system syslog file m explicit-priority|set groups g system syslog file m structured-data", ""},
		{"set groups g system syslog host <*> transport tls|set apply-groups g|set system syslog host h",
			"[edit system syslog host h transport] 'transport tls' needs 'tlsdetails'"},
		{"set groups g system login user u uid 2000|set apply-groups g", "[edit system login user u] Missing mandatory statement: 'class'"},
		{"set groups g system login user <*> class operator|set apply-groups g|set system login user u uid 2000", ""},
	} {
		e := build(t, root, strings.Split(c.commands, "|")...).Expand()
		if got := report(e.Check(nil)); got != c.want {
			t.Errorf("%s: %s\nwant %s", c.commands, got, c.want)
		}
		if got := report(e.Check(New(root).Expand())); got != c.want {
			t.Errorf("%s after nothing: %s\nwant %s", c.commands, got, c.want)
		}
	}
}

// TestCheckOfNamesAfterABase: what named a group before is looked at again when
// it is gone, or is not defined any more.
func TestCheckOfNamesAfterABase(t *testing.T) {
	root := load(t)
	base := build(t, root, "set groups g system host-name r", "set groups h system host-name r", "set apply-groups g",
		"set system syslog file m apply-groups h", "set system syslog host b apply-groups g", "set system syslog host c")
	for _, c := range []struct{ commands, want string }{
		{"set system time-zone UTC", ""},
		{"delete groups h", "[edit system syslog file m apply-groups h] Group 'h' is not defined"},
		{"rename groups h to i", "[edit system syslog file m apply-groups h] Group 'h' is not defined"},
		{"set system syslog host c apply-groups x", "[edit system syslog host c apply-groups x] Group 'x' is not defined"},
		{"set system syslog apply-groups-except x", "[edit system syslog apply-groups-except x] Group 'x' is not defined"},
		{"set groups x system host-name r|set system syslog apply-groups-except x", ""},
		{"deactivate groups g", "[edit apply-groups g] Group 'g' is not defined|[edit system syslog host b apply-groups g] Group 'g' is not defined"},
	} {
		e := change(t, base, strings.Split(c.commands, "|")...).Expand()
		if got := report(e.Check(base.Expand())); got != c.want {
			t.Errorf("%s: %s\nwant %s", c.commands, got, c.want)
		}
		if got := report(e.Check(nil)); got != c.want {
			t.Errorf("%s, all: %s\nwant %s", c.commands, got, c.want)
		}
	}
}

// TestReadersSeeNoGroups: subsystems obey what is inherited, each as its own.
func TestReadersSeeNoGroups(t *testing.T) {
	root := load(t)
	e := build(t, root, "set groups g system syslog file <*> archive size 1m", "set apply-groups g",
		"set system syslog file a any any", "set system syslog file b any any", "set system syslog apply-groups-except g", "set system syslog file b apply-groups g").Expand()
	r := e.Reader()
	var got []string
	for f := range r.Child("system").Child("syslog").Entries("file") {
		f.Ignore("contents")
		got = append(got, fmt.Sprint(f.Key(), " ", f.Child("archive").Size("size"), " ", f.Child("archive").Path()))
	}
	if text := strings.Join(got, "|"); text != "a 0 |b 1048576 system syslog file b archive" {
		t.Error(text)
	}
	if p := report(r.Problems()); p != "" {
		t.Error(p)
	}
}

// TestOriginIsNoChange: that something is inherited now, which was configured
// before, is nothing to those who obey.
func TestOriginIsNoChange(t *testing.T) {
	root := load(t)
	before := build(t, root, "set groups g system host-name r", "set apply-groups g", "set system host-name r")
	after := change(t, before, "delete system host-name")
	if !before.Expand().Equal(after.Expand()) || len(DiffEffective(before.Expand(), after.Expand())) > 0 {
		t.Error("the origin of a statement is a change")
	}
	if got := sourced(after.Expand().Root()); len(got) != 1 || got[0] != "system host-name r < g" {
		t.Error(got)
	}
}
