package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"loggia/configtree/schema"
)

// TestTableIsCurrent: the embedded table is what the modules compile to.
func TestTableIsCurrent(t *testing.T) {
	written, zones := filepath.Join(t.TempDir(), "table"), filepath.Join(t.TempDir(), "zones")
	if err := run("../yang", written, zones); err != nil {
		t.Fatal(err)
	}
	table, err := os.ReadFile("../schema.table")
	if err != nil {
		t.Fatal(err)
	}
	if now, err := os.ReadFile(written); err != nil || !bytes.Equal(now, table) {
		t.Errorf("schema.table is older than the modules: run go generate (%v)", err)
	}
	if names, err := os.ReadFile(zones); err != nil || !bytes.Contains(names, []byte("\nEurope/Paris\n")) {
		t.Errorf("no Europe/Paris among the zones (%v)", err)
	}
	loaded, err := schema.Load()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(loaded.Encode(), table) {
		t.Error("Load returns something else than the modules say")
	}
}

func TestRunRefusesADirectoryWithoutModules(t *testing.T) {
	if err := run(t.TempDir(), "table", "zones"); err == nil || !strings.Contains(err.Error(), "no YANG modules") {
		t.Error(err)
	}
}

// module wraps statements into a module that is fine apart from them.
func module(body string) []source {
	cli, err := os.ReadFile("../yang/loggia-cli.yang")
	if err != nil {
		panic(err)
	}
	return []source{{"loggia-cli.yang", string(cli)}, {"m.yang", `module m {
  yang-version 1.1;
  namespace "urn:m";
  prefix m;
  import loggia-cli { prefix cli; }
  description "A module under test.";
` + body + "\n}\n"}}
}

// leaf wraps the substatements of a leaf.
func leaf(body string) string { return `leaf x { description "What x is for"; ` + body + " }" }

const number = "type uint8 { range 1..9; } "

func TestLint(t *testing.T) {
	for _, tt := range []struct{ name, body, want string }{
		{"misspelt extension", leaf(number + "cli:sekret;"), "cli:sekret within leaf"},
		{"unknown statement", leaf(number + "defualt 1;"), "defualt within leaf"},
		{"hint in the wrong place", leaf(number + "cli:nokeyword;"), "cli:nokeyword within leaf"},
		{"hint without its argument", leaf(number + "cli:value;"), "cli:value with the wrong number of arguments"},
		{"flag with an argument", leaf(number + "cli:secret yes;"), "cli:secret with the wrong number of arguments"},
		{"prefix of the extensions", `container c { cli:accepted; description "A container"; }` + "\n" + `grouping g { description "x"; } import loggia-cli { prefix other; }`, "imported with the prefix cli"},
		{"groups below the top", `container c { description "Some c"; leaf-list x { ` + number + `cli:groups apply; description "Some groups"; } }`, "x: cli:groups below the top"},
		{"groups with contents", `list l { key name; cli:groups define; description "Some groups"; leaf name { ` + number + `description "Some name"; } ` + leaf(number) + ` }`, "l: groups are a list of names"},
		{"groups named by a list", `list l { key name; cli:groups apply; description "Some groups"; leaf name { ` + number + `description "Some name"; } }`, "l: groups are named by a leaf-list"},
		{"role in groups misspelt", `leaf-list x { ` + number + `cli:groups aply; description "Some groups"; }`, "cli:groups aply"},
		{"refine", `grouping g { ` + leaf(number) + ` } uses g { refine x { default 3; } }`, "refine within uses"},
		{"when", leaf(number + `when "../y";`), "when within leaf"},
		{"leafref", leaf(`type leafref { path "../y"; }`), "path within type"},
		{"default outside the range", leaf(number + "default 10;"), "default 10: Value 10 is not within range (1..9)"},
		{"default no word of the enumeration", leaf(`type enumeration { enum on { description "Is on now"; } } default off;`), "default off: syntax error"},
		{"default of a choice", `choice c { default z; leaf x { type empty; description "Some x"; } }`, "choice c has no case z"},
		{"pattern that does not compile", leaf(`type string { length 1..9; pattern "[a" { error-message "no"; } }`), "pattern"},
		{"pattern with an anchor", leaf(`type string { length 1..9; pattern "^a" { error-message "no"; } }`), "not the same in XSD and in Go"},
		{"pattern with a class of Go", leaf(`type string { length 1..9; pattern '\d' { error-message "no"; } }`), "not the same in XSD and in Go"},
		{"pattern without message", leaf(`type string { length 1..9; pattern "a"; }`), "pattern a has no error-message"},
		{"text without bound", leaf("type string;"), "text of any length"},
		{"bytes without bounds", leaf("type string { cli:syntax bytes; }"), "bytes without bounds"},
		{"bounds that fall", leaf(`type string { cli:syntax bytes; cli:bounds "9..1"; }`), "not in order"},
		{"bounds of an address", leaf(`type string { cli:syntax address; cli:bounds "1..9"; }`), "bounds for a syntax that is not a number"},
		{"unknown syntax", leaf(`type string { cli:syntax adress; }`), "syntax adress does not fit"},
		{"type without a form", leaf("type int8;"), "type int8 has no form"},
		{"boolean", leaf("type boolean;"), "type boolean has no form"},
		{"union of two texts", leaf(`type union { type string { length 1..2; } type uint8; }`), "one type besides enumerations"},
		{"no description", "leaf x { " + number + "}", "x has no description"},
		{"no description of a container", "container c { }", "c has no description"},
		{"no description of a word", leaf("type enumeration { enum on; }"), "on has no description"},
		{"no description of a key", `list l { key name; description "Some list"; leaf name { ` + number + `} }`, "name has no description"},
		{"description in small letters", `leaf x { ` + number + `description "what it is"; }`, "does not begin with a capital"},
		{"description with a full stop", `leaf x { ` + number + `description "What it is."; }`, "ends with a full stop"},
		{"description that says nothing", `leaf host-name { ` + number + `description "Host name"; }`, "only repeats it"},
		{"description too long", `leaf x { ` + number + `description "` + strings.Repeat("Long ", 20) + `"; }`, "longer than"},
		{"must outside the grammar", leaf(number + `must "count(../y) > 1" { error-message "no"; }`), "must"},
		{"must that leads nowhere", leaf(number + `must "../y" { error-message "no"; }`), "nothing at ../y"},
		{"must that leaves the tree", leaf(number + `must "../../../x" { error-message "no"; }`), "nothing at ../../../x"},
		{"must that compares a container", `container c { description "Some c"; } ` + leaf(number+`must "../c = 'a'" { error-message "no"; }`), "nothing at ../c"},
		{"must without message", leaf(number + `must "../x";`), "a must without error-message"},
		{"dynamic that leads nowhere", leaf(number + `cli:dynamic "system nothing";`), "leads to no list"},
		{"keyword that is a key too", `container c { description "Some c"; leaf on { type empty; description "Some leaf"; } list l { key name; cli:nokeyword; description "Some list"; leaf name { type enumeration { enum on { description "Is on now"; } } description "Some key"; } } }`, "on is two things at once"},
		{"nokeyword with free keys", `list l { key name; cli:nokeyword; description "Some list"; leaf name { type string { length 1..9; } description "Some key"; } }`, "nokeyword needs a key of known words"},
		{"oneliner with depth", `container c { cli:oneliner; description "Some c"; container d { description "Some d"; } }`, "oneliner with d below it"},
		{"mandatory with default", leaf(number + "mandatory true; default 1;"), "mandatory with a default"},
		{"mandatory misspelt", leaf(number + "mandatory yes;"), "mandatory yes"},
		{"order misspelt", `leaf-list x { ` + number + `ordered-by users; description "Some list"; }`, "ordered-by users"},
		{"choice within choice", `choice a { case b { choice c { leaf x { type empty; description "Some x"; } } } }`, "choice within a choice"},
		{"enum twice", leaf(`type enumeration { enum on { description "Is on now"; } enum on { description "Is on now"; } }`), "field on already assigned"},
		{"augmented twice", `container c { description "Some c"; } augment "/m:c" { ` + leaf(number) + ` } augment "/m:c" { ` + leaf(number) + ` }`, "augmented with x twice"},
		{"augmented with what is there", `container c { description "Some c"; ` + leaf(number) + ` } augment "/m:c" { ` + leaf(number) + ` }`, "augmented with x twice"},
		{"empty default", leaf(number + `default "";`), "an empty default is none"},
		{"unknown grouping", "uses nothing;", "unknown group"},
		{"unknown type", leaf("type m:nothing;"), "unknown type"},
		{"two keys", `list l { key "a b"; description "Some list"; leaf a { ` + number + `description "Some a"; } leaf b { ` + number + `description "Some b"; } }`, "must have one key"},
		{"key that is not there", `list l { key a; description "Some list"; leaf b { ` + number + `description "Some b"; } }`, "must have one key"},
		{"name twice", `container c { description "Some c"; leaf a { ` + number + `description "Some a"; } choice d { leaf a { ` + number + `description "Some a"; } } }`, "c: a is two things at once"},
	} {
		root, err := compile(module(tt.body))
		if err == nil {
			t.Errorf("%s: compiled to %d statements", tt.name, len(root.Children))
		} else if !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
	}
}

// TestLintReportsEverything: one run tells of all mistakes, each with its place.
func TestLintReportsEverything(t *testing.T) {
	_, err := compile(module(`leaf a { ` + number + `} leaf b { ` + number + `}`))
	if err == nil || !strings.Contains(err.Error(), "a has no description") || !strings.Contains(err.Error(), "b has no description") {
		t.Error(err)
	}
	_, err = compile(module(leaf(number + "cli:sekret;")))
	if err == nil || !strings.HasPrefix(err.Error(), "m.yang:7:") {
		t.Error(err)
	}
}

// TestOrderIsThatOfTheSource: across kinds, groupings, choices and augments.
func TestOrderIsThatOfTheSource(t *testing.T) {
	root, err := compile(module(`
  grouping inner { leaf i1 { type empty; description "Leaf i1 here"; } container i2 { description "Container i2 here"; } }
  grouping outer { leaf o1 { type empty; description "Leaf o1 here"; } uses inner; leaf o2 { type empty; description "Leaf o2 here"; } }
  augment "/m:c" { leaf z1 { type empty; description "Leaf z1 here"; } leaf a1 { type empty; description "Leaf a1 here"; } }
  container c {
    description "Container c here";
    leaf-list z { ` + number + ` description "Leaf-list z here"; }
    uses outer;
    choice y { leaf x2 { type empty; description "Leaf x2 here"; } case k { leaf x1 { type empty; description "Leaf x1 here"; } leaf x0 { type empty; description "Leaf x0 here"; } } }
    list b { key k; description "List b here"; leaf k { ` + number + ` description "Key of the list"; } }
    leaf a { type empty; description "Leaf a here"; }
  }`))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, n := range root.Child("c").Children {
		names = append(names, n.Name)
	}
	if got, want := strings.Join(names, " "), "z o1 i1 i2 o2 x2 x1 x0 b a z1 a1"; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	x1, x0, x2 := root.Child("c").Child("x1"), root.Child("c").Child("x0"), root.Child("c").Child("x2")
	if x1.Choice != "y" || x1.Case != "k" || x0.Case != "k" || x2.Case != "x2" {
		t.Errorf("cases %s %s %s", x1.Case, x0.Case, x2.Case)
	}
}
