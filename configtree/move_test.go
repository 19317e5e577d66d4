package configtree

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestMoves(t *testing.T) {
	root := load(t)
	base := []string{
		"set system syslog host a port 1", "set system syslog host b any any", "set system syslog host c",
		"set system syslog host a match-strings [ x y z ]", "set system syslog file m any notice", `annotate system syslog host a "first"`,
	}
	for _, c := range []struct{ commands, want string }{
		{"insert system syslog host c before a", "host c|host a|host b"},
		{"insert system syslog host a after c", "host b|host c|host a"},
		{"insert system syslog host a after host b", "host b|host a|host c"},
		{"insert system syslog host a before b", "host a|host b|host c"},
		{"rename system syslog host b to d", "host a|host d|host c"},
		{"rename system syslog host b to host d", "host a|host d|host c"},
		{"copy system syslog host a to d", "host a|host b|host c|host d"},
		{"copy system syslog host a to d|insert system syslog host d before a", "host d|host a|host b|host c"},
		{"insert system syslog host a match-strings z before x", "host a|host b|host c"},
	} {
		tree := change(t, build(t, root, base...), strings.Split(c.commands, "|")...)
		var got []string
		for h := range tree.Root().Child("system").Child("syslog").Entries("host") {
			got = append(got, h.Path()[2].String())
		}
		if strings.Join(got, "|") != c.want {
			t.Errorf("%s: %s", c.commands, got)
		}
	}
	tree := change(t, build(t, root, base...), "insert system syslog host a match-strings z before x", "rename system syslog host a match-strings y to w",
		"rename system syslog host a to e", "copy system syslog host e to f", "set system syslog host f port 2", "set system syslog host f match-strings v")
	for host, want := range map[string]string{"e": "1 [z x w] first", "f": "2 [z x w v] first"} {
		h := tree.Root().Child("system").Child("syslog").Entry("host", host)
		if got := fmt.Sprint(h.Child("port").Value(), " ", h.Values("match-strings"), " ", h.Comment()); got != want {
			t.Errorf("host %s: %s, want %s", host, got, want)
		}
	}
}

func TestMovesThatAreNone(t *testing.T) {
	root := load(t)
	tree := build(t, root, "set system syslog host a", "set system syslog host b", "set system syslog file m any any", "set system syslog file n any any")
	for line, want := range map[string]string{
		"insert system syslog file n before m":     "'file n' is kept in sorted order and cannot be moved",
		"insert system syslog host a before a":     "'host a' cannot be moved next to itself",
		"insert system syslog host a before z":     "warning: statement not found",
		"insert system syslog host z before a":     "warning: statement not found",
		"rename system syslog host a to b":         "'host b' already exists",
		"rename system syslog host a to a":         "'host a' already exists",
		"copy system syslog file m to file n":      "'file n' already exists",
		"copy system syslog file z to y":           "warning: statement not found",
		"rename system syslog file m to ../m":      "Must not contain '/', % or a space",
		"rename system syslog file m any to user ": "",
	} {
		b := tree.Batch()
		err := command(b, root, line)
		if (err == nil) != (want == "") || err != nil && err.Error() != want {
			t.Errorf("%s: %v, want %s", line, err, want)
		}
		if err != nil && b.Tree() != tree {
			t.Errorf("%s: the tree changed", line)
		}
	}
}

// TestManyMoves moves entries about until ranks run out of room, over and over.
func TestManyMoves(t *testing.T) {
	root := testSchema()
	list := path(t, root, "system host")
	rng := rand.New(rand.NewPCG(1, 1))
	var want []string
	b := New(root).Batch()
	for i := range 50 {
		want = append(want, fmt.Sprintf("h%d", i))
		mustApply(b, Edit{Op: Set, Path: path(t, root, "system host "+want[i]+" port"), Value: "1"})
	}
	for i := range 2000 {
		from := rng.IntN(50)
		key := want[from]
		want = slices.Delete(want, from, from+1)
		at := rng.IntN(3)
		e := Edit{Op: InsertBefore, Path: list.Parent().Append(Step{list.Last().Node, key}), Value: want[at]}
		if rng.IntN(2) == 0 {
			e.Op, at = InsertAfter, at+1
		}
		want = slices.Insert(want, at, key)
		mustApply(b, e)
		if i%100 == 0 {
			b = b.Tree().Batch()
		}
	}
	var got []string
	for h := range b.Tree().Root().Child("system").Entries("host") {
		got = append(got, h.Key())
	}
	if !slices.Equal(got, want) {
		t.Errorf("%v\nwant %v", got, want)
	}
	if tree := b.Tree(); !rebuild(tree).Equal(tree) {
		t.Error("the same order by another way has another hash")
	}
}

// TestCopySharesNothingThatChanges: both sides of a copy go their own way, in
// the batch that made it too.
func TestCopySharesNothingThatChanges(t *testing.T) {
	root := testSchema()
	b := New(root).Batch()
	set := func(line, value string) {
		t.Helper()
		mustApply(b, Edit{Op: Set, Path: path(t, root, line), Value: value})
	}
	set("system host a box lid", "1")
	set("system host a site s", "")
	mustApply(b, Edit{Op: Copy, Path: path(t, root, "system host a"), Value: "b"})
	set("system host a box lid", "2")
	set("system host b site t", "")
	want := `system=""/ "" false false ""
system=""/host="a"/ "" false false ""
system=""/host="a"/site="s"/ "" false false ""
system=""/host="a"/box=""/ "" false false ""
system=""/host="a"/box=""/lid=""/ "2" false false ""
system=""/host="b"/ "" false false ""
system=""/host="b"/site="s"/ "" false false ""
system=""/host="b"/site="t"/ "" false false ""
system=""/host="b"/box=""/ "" false false ""
system=""/host="b"/box=""/lid=""/ "1" false false ""
`
	if got := dump(b.Tree().Root()); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

func TestProtect(t *testing.T) {
	root := load(t)
	base := []string{
		"set system login user backdoor class super-user", "set system login user other class operator",
		"set system syslog host a port 1", "set system syslog host b", "set system syslog file m any notice",
		"protect system login user backdoor", "protect system syslog file m any notice", "protect system syslog host a port",
	}
	cannot := func(what, edit, done string) string {
		return "warning: [" + what + "] is protected, '" + edit + "' cannot be " + done
	}
	backdoor, port := "system login user backdoor", "system syslog host a port"
	for _, c := range []struct{ line, want string }{
		{"delete system login user backdoor", cannot(backdoor, backdoor, "deleted")},
		{"delete system login user backdoor class", cannot(backdoor, backdoor+" class", "deleted")},
		{"set system login user backdoor class operator", cannot(backdoor, backdoor+" class", "changed")},
		{"set system login user backdoor uid 2000", cannot(backdoor, backdoor+" uid", "changed")},
		{"set system login user backdoor class super-user", ""},
		{"set system login user backdoor", ""},
		{"set system login user backdoor authentication", ""},
		{"set system login user other class read-only", ""},
		{"delete system login user other", ""},
		{"deactivate system login", cannot(backdoor, "system login", "deactivated")},
		{"activate system login user backdoor", cannot(backdoor, backdoor, "activated")},
		{`annotate system login "x"`, ""},
		{`annotate system login user backdoor "x"`, cannot(backdoor, backdoor, "annotated")},
		{"rename system login user backdoor to x", cannot(backdoor, backdoor, "renamed")},
		{"copy system login user backdoor to x", ""},
		{"rename system syslog host a to x", cannot(port, "system syslog host a", "renamed")},
		{"insert system syslog host a after b", cannot(port, "system syslog host a", "moved")},
		{"insert system syslog host b before a", ""},
		{"set system syslog host a port 2", cannot(port, port, "changed")},
		{"delete system syslog host a port 2", "warning: statement not found"},
		{"set system syslog file m any info", cannot("system syslog file m any notice", "system syslog file m any info", "changed")},
		{"unprotect system login user backdoor class", ""},
		{"protect system login", ""},
		{"unprotect system syslog host z", "warning: statement not found"},
	} {
		tree := build(t, root, base...)
		b := tree.Batch()
		err := command(b, root, c.line)
		if got := fmt.Sprint(err); (err == nil) != (c.want == "") || err != nil && got != c.want {
			t.Errorf("%s: %s\nwant %s", c.line, got, c.want)
		}
		if err != nil && b.Tree() != tree {
			t.Errorf("%s: the tree changed", c.line)
		}
	}
	notice := "system syslog file m any notice"
	for _, c := range []struct{ line, want, left string }{
		{"delete system login user", cannot(backdoor, backdoor, "deleted"), "removed system login user other"},
		{"delete system login", cannot(backdoor, backdoor, "deleted"), "removed system login user other"},
		{"override system login", cannot(backdoor, backdoor, "deleted"), "removed system login user other"},
		{"replace system login", cannot(backdoor, backdoor, "deleted"), "removed system login user other"},
		{"delete system syslog file m", cannot(notice, notice, "deleted"), ""},
		{"delete", cannot(backdoor, backdoor, "deleted") + "\n" + cannot(port, port, "deleted") + "\n" + cannot(notice, notice, "deleted"),
			"removed system login user other|removed system syslog host b"},
	} {
		tree := build(t, root, base...)
		b := tree.Batch()
		if got := fmt.Sprint(command(b, root, c.line)); got != c.want {
			t.Errorf("%s: %s\nwant %s", c.line, got, c.want)
		}
		if got := strings.Join(kinds(Diff(tree, b.Tree())), "|"); got != c.left {
			t.Errorf("%s: %s\nwant %s", c.line, got, c.left)
		}
	}
	tree := build(t, root, base...)
	open := change(t, tree, "unprotect system login user backdoor", "delete system login user backdoor")
	if open.Root().Child("system").Child("login").Entry("user", "backdoor").Valid() {
		t.Error("unprotected and still there")
	}
	copied := change(t, tree, "copy system syslog host a to x", "set system syslog host x port 7")
	if got := strings.Join(kinds(Diff(tree, copied)), "|"); got != "added system syslog host x" {
		t.Error(got)
	}
}

// TestProtectIsNoChangeOfWhatHolds: but it is one of the tree.
func TestProtectIsNoChangeOfWhatHolds(t *testing.T) {
	root := load(t)
	from := build(t, root, "set system host-name a", "set system syslog file m any any")
	to := change(t, from, "protect system syslog file m")
	if from.Equal(to) || !from.Expand().Equal(to.Expand()) {
		t.Error("a mark of protection is the wrong kind of change")
	}
	if got := strings.Join(append(kinds(Diff(from, to)), kinds(Diff(to, from))...), "|"); got != "protected system syslog file m|unprotected system syslog file m" {
		t.Error(got)
	}
}
