package schema

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/outline.txt anew")

// TestOutline holds the whole hierarchy against testdata/outline.txt, where a
// reviewer sees what a change of a module means.
func TestOutline(t *testing.T) {
	const golden = "testdata/outline.txt"
	got := outline(load(t), "")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the hierarchy differs from %s; go test -update shows how", golden)
	}
}

func load(t testing.TB) *Node {
	t.Helper()
	root, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func outline(n *Node, indent string) string {
	var b strings.Builder
	for _, c := range n.Children {
		if n.Parent != nil && c.Groups != NoGroupsRole || c.Origin != nil {
			continue // put there by Link, see TestGroups
		}
		fmt.Fprintf(&b, "%s%s%s\n", indent, c.Name, traits(c))
		b.WriteString(outline(c, indent+"    "))
	}
	return b.String()
}

func traits(n *Node) string {
	var words []string
	say := func(yes bool, word string) {
		if yes {
			words = append(words, word)
		}
	}
	switch n.Kind {
	case Container:
		say(n.Presence, "presence")
	case List:
		words = append(words, "list", n.Key, typeText(&n.KeyType), n.Placeholder)
	default:
		say(n.Kind == LeafList, "leaf-list")
		words = append(words, typeText(&n.Type))
		say(n.Type.Base != Empty && n.Type.Base != Enumeration, n.Placeholder)
	}
	say(n.UserOrdered, "user-ordered")
	say(n.MaxElements > 0, fmt.Sprintf("max %d", n.MaxElements))
	say(n.Mandatory, "mandatory")
	say(n.Default != "", "default "+n.Default)
	say(n.Choice != "", "choice "+n.Choice)
	say(len(n.MandatoryChoices) > 0, fmt.Sprintf("needs %v", n.MandatoryChoices))
	for _, m := range n.Musts {
		words = append(words, "must "+m.Expr)
	}
	say(n.NoKeyword, "nokeyword")
	say(n.Oneliner, "oneliner")
	say(n.OnelinerPlus, "oneliner-plus")
	say(n.Homogeneous, "homogeneous")
	say(n.Dynamic != "", "dynamic "+n.Dynamic)
	say(n.Secret, "secret")
	say(n.Accepted, "accepted")
	say(n.Groups != NoGroupsRole, [...]string{"", "defines groups", "applies groups", "excepts groups", "flags the level"}[n.Groups])
	say(n.Parent.Permission != n.Permission, "permission "+n.Permission)
	if len(words) == 0 {
		return ""
	}
	return ": " + strings.Join(words, ", ")
}

func typeText(t *Type) string {
	text := [...]string{"string", "number", "empty", "one of", "address", "host", "prefix", "bytes", "time-zone", "date-and-time", "secret"}[t.Base]
	if t.Text {
		text += " as text"
	}
	if len(t.Ranges) > 0 {
		text += " " + t.Interval()
	}
	if len(t.Lengths) > 0 {
		text += " of length " + intervals(t.Lengths)
	}
	for _, p := range t.Patterns {
		text += " " + p.Expr
	}
	for _, e := range t.Enums {
		text += " " + e.Name
	}
	return text
}
