package format

import (
	"errors"
	"strings"
	"testing"

	"loggia/configtree"
	"loggia/configtree/schema"

	"github.com/google/go-cmp/cmp"
)

// faces are configurations as they are displayed, in both faces.
var faces = []struct{ name, text, set string }{
	{"empty", "", ""},
	{"leaf", `
system {
    host-name R1;
}
`, `
set system host-name R1
`},
	{"order is the schema's, files are sorted, hosts are not", `
system {
    host-name R1;
    syslog {
        host z {
            any any;
        }
        host a {
            any any;
        }
        file a {
            any any;
        }
        file z {
            any any;
        }
    }
}
`, `
set system host-name R1
set system syslog host z any any
set system syslog host a any any
set system syslog file a any any
set system syslog file z any any
`},
	{"several values in brackets, one without", `
system {
    login {
        class ops {
            permissions [ view view-configuration ];
        }
        class watch {
            permissions view;
        }
    }
}
`, `
set system login class ops permissions view
set system login class ops permissions view-configuration
set system login class watch permissions view
`},
	{"a oneliner-plus opens its braces for a list", `
system {
    syslog {
        archive size 10m files 10 world-readable;
        file messages {
            any notice;
            archive {
                size 64k;
                archive-sites scp://user@server/logs;
                archive-sites "scp://user@server/more logs" {
                    password "$9$LbHX-wg4Z"; ## SECRET-DATA
                }
            }
        }
    }
}
`, `
set system syslog archive size 10m
set system syslog archive files 10
set system syslog archive world-readable
set system syslog file messages any notice
set system syslog file messages archive size 64k
set system syslog file messages archive archive-sites scp://user@server/logs
set system syslog file messages archive archive-sites "scp://user@server/more logs" password "$9$LbHX-wg4Z"
`},
	{"a homogeneous list shares braces, a oneliner has none", `
system {
    syslog {
        console {
            any info;
            daemon error;
        }
        time-format year millisecond;
    }
}
`, `
set system syslog console any info
set system syslog console daemon error
set system syslog time-format year
set system syslog time-format millisecond
`},
	{"presence containers and entries stand alone", `
system {
    syslog {
        archive;
        host h {
            structured-data;
        }
        file a;
        file b {
            structured-data {
                brief;
            }
        }
        time-format;
    }
}
`, `
set system syslog archive
set system syslog host h structured-data
set system syslog file a
set system syslog file b structured-data brief
set system syslog time-format
`},
	{"secrets", `
system {
    root-authentication {
        encrypted-password "$6$salt$hash"; ## SECRET-DATA
        ssh-rsa "ssh-rsa AAAA root@x"; ## SECRET-DATA
    }
}
`, `
set system root-authentication encrypted-password "$6$salt$hash"
set system root-authentication ssh-rsa "ssh-rsa AAAA root@x"
`},
	{"inactive and annotated, on every kind of statement", `
system {
    /* the name */
    inactive: host-name R1;
    /* who changed this */
    syslog {
        /* two
lines */
        inactive: host h {
            inactive: any notice;
            /* a leaf */
            port 515;
            match-strings one;
            inactive: match-strings two;
            match-strings [ three four ];
        }
        inactive: file a;
        console {
            inactive: any info;
            /* entry */
            daemon error;
        }
        time-format {
            inactive: year;
            millisecond;
        }
    }
}
`, `
set system host-name R1
deactivate system host-name
annotate system host-name "the name"
set system syslog host h any notice
deactivate system syslog host h any
set system syslog host h port 515
annotate system syslog host h port "a leaf"
set system syslog host h match-strings one
set system syslog host h match-strings two
deactivate system syslog host h match-strings two
set system syslog host h match-strings three
set system syslog host h match-strings four
deactivate system syslog host h
annotate system syslog host h "two\nlines"
set system syslog file a
deactivate system syslog file a
set system syslog console any info
deactivate system syslog console any
set system syslog console daemon error
annotate system syslog console daemon entry
set system syslog time-format year
deactivate system syslog time-format year
set system syslog time-format millisecond
annotate system syslog "who changed this"
`},
	{"quoted values", `
system {
    syslog {
        user * {
            any emergency;
            match "!(cron|\"x\"\\.)";
        }
    }
}
`, `
set system syslog user * any emergency
set system syslog user * match "!(cron|\"x\"\\.)"
`},
}

func TestFaces(t *testing.T) {
	root := loadSchema(t)
	for _, f := range faces {
		t.Run(f.name, func(t *testing.T) {
			wantText, wantSet := strings.TrimPrefix(f.text, "\n"), strings.TrimPrefix(f.set, "\n")
			fromText := tree(t, root, Text, wantText)
			if d := cmp.Diff(wantText, text(t, fromText, Options{})); d != "" {
				t.Errorf("text → text:\n%s", d)
			}
			if d := cmp.Diff(wantSet, text(t, fromText, Options{Syntax: SetLines})); d != "" {
				t.Errorf("text → set:\n%s", d)
			}
			fromSet := tree(t, root, SetLines, wantSet)
			if !fromSet.Equal(fromText) {
				t.Errorf("set → text:\n%s", cmp.Diff(wantText, text(t, fromSet, Options{})))
			}
			if f.text != "" && (Detect([]byte(wantText)) != Text || Detect([]byte(wantSet)) != SetLines) {
				t.Error("Detect takes one for the other")
			}
		})
	}
}

// at returns the node that the words of a set line lead to.
func at(t *testing.T, tree *configtree.Tree, line string) configtree.Node {
	t.Helper()
	n, ok := tree.At(path(t, tree.Schema(), line))
	if !ok {
		t.Fatalf("no %s", line)
	}
	return n
}

func path(t testing.TB, root *schema.Node, line string) configtree.Path {
	t.Helper()
	words, err := Words(line)
	if err != nil {
		t.Fatal(err)
	}
	res, p := configtree.Resolve(root, configtree.Find, nil, words)
	if p != nil {
		t.Fatalf("%s: %v", line, p)
	}
	return res.Path
}

const shown = `
system {
    root-authentication {
        encrypted-password "$6$x"; ## SECRET-DATA
    }
    syslog {
        inactive: host h {
            any any;
            port 1;
            match-strings [ a b ];
        }
        file empty;
        file messages {
            any notice;
            archive {
                archive-sites http://x {
                    password pw; ## SECRET-DATA
                }
            }
        }
    }
}
`

func TestWritePart(t *testing.T) {
	whole := tree(t, loadSchema(t), Text, shown)
	set, relative := Options{Syntax: SetLines}, Options{Syntax: SetLines, Relative: true}
	for _, test := range []struct {
		path string
		o    Options
		want string
	}{
		{"system syslog host h", Options{}, "any any;\nport 1;\nmatch-strings [ a b ];\n"},
		{"system syslog host h port", Options{}, "port 1;\n"},
		{"system syslog file empty", Options{}, ""},
		{"system syslog file empty", Options{Header: "## Last commit: never"}, "## Last commit: never\n"},
		{"system root-authentication", Options{}, "encrypted-password \"$6$x\"; ## SECRET-DATA\n"},
		{"system root-authentication", Options{Mask: true}, "encrypted-password /* SECRET-DATA */;\n"},
		{"system root-authentication", Options{Mask: true, Syntax: SetLines}, "set system root-authentication encrypted-password /* SECRET-DATA */\n"},
		{"system syslog host h", set, "set system syslog host h any any\nset system syslog host h port 1\n" +
			"set system syslog host h match-strings a\nset system syslog host h match-strings b\ndeactivate system syslog host h\n"},
		{"system syslog host h", relative, "set any any\nset port 1\nset match-strings a\nset match-strings b\n"},
		{"system syslog host h port", set, "set system syslog host h port 1\n"},
		{"system syslog host h port", relative, "set port 1\n"},
		{"system syslog host h match-strings b", Options{}, "match-strings b;\n"},
		{"system syslog file empty", set, "set system syslog file empty\n"},
		{"system syslog file empty", relative, ""},
		{"system syslog file messages archive", Options{Mask: true},
			"archive-sites http://x {\n    password /* SECRET-DATA */;\n}\n"},
	} {
		var b strings.Builder
		if err := Write(&b, at(t, whole, test.path), test.o); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(test.want, b.String()); d != "" {
			t.Errorf("%s %+v:\n%s", test.path, test.o, d)
		}
	}
}

func TestWriteStatements(t *testing.T) {
	whole := tree(t, loadSchema(t), Text, shown)
	syslog := at(t, whole, "system syslog")
	for _, test := range []struct {
		o    Options
		want string
	}{
		{Options{}, "file empty;\nfile messages {\n    any notice;\n    archive {\n        archive-sites http://x {\n            password \"$9$kq5Ftu1\"; ## SECRET-DATA\n        }\n    }\n}\n"},
		{Options{Syntax: SetLines, Relative: true}, "set file empty\nset file messages any notice\nset file messages archive archive-sites http://x password \"$9$kq5Ftu1\"\n"},
		{Options{Syntax: SetLines}, "set system syslog file empty\nset system syslog file messages any notice\nset system syslog file messages archive archive-sites http://x password \"$9$kq5Ftu1\"\n"},
	} {
		var b strings.Builder
		if err := WriteStatements(&b, syslog.Entries("file"), test.o); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(test.want, b.String()); d != "" {
			t.Errorf("%+v:\n%s", test.o, d)
		}
	}
}

// TestWriteList: what Junos shows of a path that ends in the name of a list or leaf-list.
func TestWriteList(t *testing.T) {
	const text = "groups { a { system { name-server { 192.0.2.9; } } } inactive: b { system { host-name x; } } } " +
		"system { name-server { 192.0.2.1; 192.0.2.2; } login { class c { permissions [ view configure ]; } } syslog { console any error; console kernel info; file m; } }"
	whole := tree(t, loadSchema(t), Text, text)
	for _, test := range []struct {
		path, list string
		o          Options
		want       string
	}{
		{"", "groups", Options{}, "a {\n    system {\n        name-server {\n            192.0.2.9;\n        }\n    }\n}\ninactive: b {\n    system {\n        host-name x;\n    }\n}\n"},
		{"", "groups", Options{Syntax: SetLines}, "set groups a system name-server 192.0.2.9\nset groups b system host-name x\ndeactivate groups b\n"},
		{"system", "name-server", Options{}, "192.0.2.1;\n192.0.2.2;\n"},
		{"system syslog", "console", Options{}, "any error;\nkernel info;\n"},
		{"system syslog", "file", Options{}, "file m;\n"},
		{"system login class c", "permissions", Options{}, "permissions [ view configure ];\n"},
	} {
		var b strings.Builder
		if err := WriteList(&b, at(t, whole, test.path).Entries(test.list), test.o); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(test.want, b.String()); d != "" {
			t.Errorf("%s %s:\n%s", test.path, test.list, d)
		}
	}
}

func TestWriteNothing(t *testing.T) {
	for _, s := range []Syntax{Text, SetLines} {
		var b strings.Builder
		if err := Write(&b, configtree.Node{}, Options{Syntax: s}); err != nil || b.Len() > 0 {
			t.Errorf("%q, %v", b.String(), err)
		}
	}
}

type brokenWriter struct{ err error }

func (b brokenWriter) Write([]byte) (int, error) { return 0, b.err }

func TestWriteReportsTheWriter(t *testing.T) {
	whole := tree(t, loadSchema(t), Text, shown)
	full := errors.New("disk full")
	for _, s := range []Syntax{Text, SetLines} {
		if err := Write(brokenWriter{full}, whole.Root(), Options{Syntax: s, Header: "#"}); !errors.Is(err, full) {
			t.Errorf("%v", err)
		}
	}
	if err := Compare(brokenWriter{full}, configtree.New(whole.Schema()), whole, nil); !errors.Is(err, full) {
		t.Errorf("%v", err)
	}
}

// attributes is a schema for hints that the real one has no use for yet.
func attributes() *schema.Node {
	word := schema.Type{Base: schema.String}
	leaf := func(name string) *schema.Node { return &schema.Node{Name: name, Kind: schema.Leaf, Type: word} }
	many := func(name string) *schema.Node {
		return &schema.Node{Name: name, Kind: schema.LeafList, Type: word, UserOrdered: true}
	}
	secret := leaf("secret")
	secret.Secret = true
	return (&schema.Node{Children: []*schema.Node{
		{Name: "plus", Kind: schema.Container, OnelinerPlus: true, Presence: true, Children: []*schema.Node{leaf("a"), many("b"), leaf("c"), secret}},
		{Name: "line", Kind: schema.Container, Oneliner: true, Presence: true, Children: []*schema.Node{leaf("a"), many("b"), leaf("c")}},
		{Name: "server", Kind: schema.List, Key: "name", KeyType: word, Homogeneous: true, UserOrdered: true, Secret: true, Children: []*schema.Node{leaf("a")}},
	}}).Link()
}

func TestAttributes(t *testing.T) {
	for _, want := range []string{
		"plus a 1 b 2 c 3;\n",
		"plus a 1 secret x; ## SECRET-DATA\n",
		"plus {\n    a 1;\n    b [ 2 3 ];\n    c 4;\n}\n",
		"plus {\n    inactive: a 1;\n}\n",
		"line a 1 b [ 2 3 ] c 4;\n",
		"line b 1 c 4;\n",
		"line b [ 1 2 ];\n",
		"server {\n    x; ## SECRET-DATA\n    y { ## SECRET-DATA\n        a 1;\n    }\n}\n",
	} {
		got := tree(t, attributes(), Text, want)
		if d := cmp.Diff(want, text(t, got, Options{})); d != "" {
			t.Errorf("%s", d)
		}
		again := tree(t, attributes(), SetLines, text(t, got, Options{Syntax: SetLines}))
		if !again.Equal(got) {
			t.Errorf("through set lines:\n%s", cmp.Diff(want, text(t, again, Options{})))
		}
	}
	if got := text(t, tree(t, attributes(), SetLines, "set server x a 1\n"), Options{Mask: true}); strings.Contains(got, "x") {
		t.Errorf("a secret key shows: %s", got)
	}
}

// TestVersion: the whole configuration begins with the version in every form, and
// what is read back does not keep it.
func TestVersion(t *testing.T) {
	root := loadSchema(t)
	whole := tree(t, root, Text, "version 20.1R1; system { host-name a; }")
	if got := text(t, whole, Options{}); got != "system {\n    host-name a;\n}\n" {
		t.Errorf("it was kept:\n%s", got)
	}
	for syntax, want := range map[Syntax]string{
		Text:     "version 24.4R1.9;\nsystem {\n",
		SetLines: "set version 24.4R1.9\nset system host-name a\n",
		XML:      "<configuration>\n        <version>24.4R1.9</version>\n        <system>\n",
		JSON:     "{\n    \"configuration\" : {\n        \"version\" : \"24.4R1.9\",\n        \"system\" : {\n",
	} {
		o := Options{Syntax: syntax, Version: "24.4R1.9"}
		got := text(t, whole, o)
		if !strings.HasPrefix(got, want) {
			t.Errorf("%s", got)
		}
		if back := tree(t, root, syntax, got); !back.Equal(whole) {
			t.Errorf("read back:\n%s", text(t, back, Options{}))
		}
		system, _ := whole.At(configtree.Path{{Node: root.Child("system")}})
		var part strings.Builder
		if err := Write(&part, system, o); err != nil || strings.Contains(part.String(), "24.4R1.9") {
			t.Errorf("a part has it: %v\n%s", err, part.String())
		}
	}
}
