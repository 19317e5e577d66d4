package schema

import (
	"strings"
	"testing"
)

func pathOf(n *Node) string {
	if n.Parent == nil {
		return ""
	}
	return strings.TrimSpace(pathOf(n.Parent) + " " + n.Name)
}

// TestGroups: what the modules declare once stands in every level, and a group
// holds the hierarchy again, with nothing in it mandatory.
func TestGroups(t *testing.T) {
	root := load(t)
	groups := root.Child("groups")
	var check func(main, twin *Node)
	count := 0
	check = func(main, twin *Node) {
		apply, except := main.Child("apply-groups"), main.Child("apply-groups-except")
		level := main.Kind == Container || main.Kind == List
		if level && !main.Oneliner != (apply != nil && except != nil && apply.Parent == main) {
			t.Errorf("%s: apply-groups %v", pathOf(main), apply)
		}
		if apply != nil && (apply.Groups != AppliesGroups || except.Groups != ExceptsGroups || apply.Permission != main.Permission) {
			t.Errorf("%s: roles %d %d, permission %q", pathOf(main), apply.Groups, except.Groups, apply.Permission)
		}
		if flags := main.Child("apply-flags"); (flags == nil) != (apply == nil) || flags != nil && flags.Groups != FlagsLevel {
			t.Errorf("%s: apply-flags %v", pathOf(main), flags)
		}
		i := 0
		if main == root { // what is said of a group as one
			flags := twin.Child("apply-flags")
			if flags == nil || flags.Parent != twin || twin.Children[0] != flags {
				t.Errorf("a group has no flags of its own: %v", flags)
			}
			i++
		}
		for _, c := range main.Children {
			if c.Groups != NoGroupsRole {
				continue
			}
			count++
			g := twin.Children[i]
			i++
			switch {
			case g.Origin != c || g.Parent != twin || g.Name != c.Name || twin.Child(c.Name) != g:
				t.Errorf("%s stands for %s", pathOf(g), pathOf(c))
			case g.Mandatory || g.Musts != nil || g.MustMessage != "":
				t.Errorf("%s is constrained", pathOf(g))
			case g.KeyType.Wildcards != (g.Kind == List) || c.KeyType.Wildcards:
				t.Errorf("%s: wildcards %v", pathOf(g), g.KeyType.Wildcards)
			}
			check(c, g)
		}
		if i != len(twin.Children) {
			t.Errorf("%s has %d children, want %d", pathOf(twin), len(twin.Children), i)
		}
	}
	check(root, groups)
	if count < 100 {
		t.Errorf("only %d statements in a group", count)
	}
	port := groups.Child("system").Child("syslog").Child("host").Child("port")
	if got := pathOf(port); got != "groups system syslog host port" {
		t.Error(got)
	}
}

func TestKeysWithinGroups(t *testing.T) {
	file := load(t).Child("groups").Child("system").Child("syslog").Child("file")
	for key, want := range map[string]string{
		"messages": "", "<*>": "", "<m*>": "", "<[ab]?>": "", "<[!a-c]x*>": "", "<[]]>": "", "<a b>": "",
		"<>":                                 "", // a file of that name
		"<a/b":                               "Must not contain '/', % or a space",
		"<[ab>":                              "Invalid pattern '<[ab>': missing ']'",
		"<[]>":                               "Invalid pattern '<[]>': missing ']'",
		"<a\x00*>":                           "Invalid pattern '<a\x00*>': must be printable text",
		"<\xff>":                             "Invalid pattern '<\xff>': must be printable text",
		"<" + strings.Repeat("*", 254) + ">": "Pattern of 256 bytes is longer than 255",
	} {
		got := ""
		if err := file.KeyType.Check(key); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: %q, want %q", key, got, want)
		}
	}
	contents := file.Child("contents")
	if step, err := (Cursor{Node: file}).Match("<*>"); err != nil || step.Node != contents || step.Kind != Key {
		t.Errorf("contents <*>: %+v, %v", step, err)
	}
	if contents.KeyType.Check("nonsense") == nil {
		t.Error("a key of a group is not checked")
	}
}

func TestMatchWildcard(t *testing.T) {
	for _, tt := range []struct {
		wildcard, key string
		want          bool
	}{
		{"<*>", "anything", true},
		{"<*>", "", true},
		{"<ge-*>", "ge-0/0/0", true},
		{"<ge-*>", "xe-0/0/0", false},
		{"<*-0>", "a-0-0", true},
		{"<*-0>", "a-0-1", false},
		{"<a*b*c>", "axxbxxbxc", true},
		{"<a*b*c>", "axxbxxbx", false},
		{"<r?>", "r1", true},
		{"<r?>", "r12", false},
		{"<?>", "é", true},
		{"<[12]>", "1", true},
		{"<[12]>", "3", false},
		{"<[a-c]*>", "bravo", true},
		{"<[!a-c]*>", "bravo", false},
		{"<[!a-c]*>", "delta", true},
		{"<[]]>", "]", true},
		{"<[!]]>", "]", false},
		{"<[a-]>", "-", true},
		{"<plain>", "plain", true},
		{"plain", "plain", false},
		{"*", "x", false},
		{"<" + strings.Repeat("*a", 100) + "b>", strings.Repeat("a", 2000), false},
	} {
		if got := MatchWildcard(tt.wildcard, tt.key); got != tt.want {
			t.Errorf("%s on %q: %v", tt.wildcard, tt.key, got)
		}
	}
}

// FuzzMatchWildcard compares with a matcher that tries every way.
func FuzzMatchWildcard(f *testing.F) {
	f.Add("a*[!b-d]?", "axyz")
	f.Fuzz(func(t *testing.T, pattern, key string) {
		if len(pattern) > 24 || len(key) > 24 || pattern == "" || checkWildcard("<"+pattern+">") != nil {
			return
		}
		if strings.Count(pattern, "*") > 4 { // the judge takes exponential time
			return
		}
		want := everyWay([]rune(pattern), []rune(key))
		if got := MatchWildcard("<"+pattern+">", key); got != want {
			t.Errorf("<%s> on %q: %v", pattern, key, got)
		}
	})
}

func everyWay(pattern, text []rune) bool {
	if len(pattern) == 0 {
		return len(text) == 0
	}
	if pattern[0] == '*' {
		return everyWay(pattern[1:], text) || len(text) > 0 && everyWay(pattern, text[1:])
	}
	if len(text) == 0 {
		return false
	}
	n, ok := matchOne(pattern, text[0])
	return ok && everyWay(pattern[n:], text[1:])
}

func TestDecodeRefusesRolesOutOfPlace(t *testing.T) {
	for name, root := range map[string]*Node{
		"below the top":   {Children: []*Node{{Name: "c", Children: []*Node{{Name: "apply", Kind: LeafList, Groups: AppliesGroups}}}}},
		"on a leaf":       {Children: []*Node{{Name: "apply", Kind: Leaf, Groups: AppliesGroups}}},
		"on a leaf-list":  {Children: []*Node{{Name: "groups", Kind: LeafList, Groups: DefinesGroups}}},
		"an unknown role": {Children: []*Node{{Name: "groups", Kind: List, Groups: 9}}},
	} {
		if _, err := Decode(string(root.Encode())); err == nil {
			t.Errorf("%s: decoded", name)
		}
	}
}
