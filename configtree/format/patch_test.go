package format

import (
	"strings"
	"testing"

	"loggia/configtree"

	"github.com/google/go-cmp/cmp"
)

// TestPatches: what a comparison prints, line by line, and that it leads from base to what the edits make.
func TestPatches(t *testing.T) {
	for _, test := range []struct{ name, base, edits, want string }{
		{"nothing", base, "", ""},
		{"an entry moves to the front", "set system syslog host a\nset system syslog host b\nset system syslog host c", "insert system syslog host c before a", `
[edit system syslog]
!    host c;
`},
		{"entries move behind others", "set system syslog host a port 1\nset system syslog host b\nset system syslog host c\nset system syslog host d\nset system syslog host e",
			"insert system syslog host a after e\ninsert system syslog host b after a", `
[edit system syslog]
     host e;
!    host a { ... }
!    host b;
`},
		{"an inactive entry moves, another becomes inactive", "set system syslog host a\nset system syslog host b\nset system syslog host c\ndeactivate system syslog host c",
			"insert system syslog host c after a\ndeactivate system syslog host b", `
[edit system syslog]
     host a;
!    host c;
!    inactive: host b;
`},
		{"a new entry behind one that moved", "set system syslog host a\nset system syslog host b\nset system syslog host c",
			"insert system syslog host a after c\nset system syslog host d", `
[edit system syslog]
     host c;
!    host a;
[edit system syslog]
     host a;
+    host d;
`},
		{"a value of a list becomes inactive, another comes in front", "set system syslog host a match-strings [ x y z ]",
			"deactivate system syslog host a match-strings y\nset system syslog host a match-strings w\ninsert system syslog host a match-strings w before x", `
[edit system syslog host a]
-    match-strings [ x y z ];
+    match-strings [ w x ];
+    inactive: match-strings y;
+    match-strings z;
`},
		{"all values of a list that is alone in its container change", "set system syslog grpc-replay match-strings a\nannotate system syslog grpc-replay c",
			"set system syslog grpc-replay match-strings b\ndelete system syslog grpc-replay match-strings a", `
[edit system syslog grpc-replay]
-    match-strings a;
+    match-strings b;
`},
		{"all entries of a container change", "set system login class a\ndeactivate system login", "set system login user b class operator\ndelete system login class a", `
[edit system login]
-    class a;
+    user b {
+        class operator;
+    }
`},
		{"a commented value changes", "set system host-name a\nannotate system host-name x", "set system host-name b", `
[edit system]
-  host-name a;
+  host-name b;
`},
		{"a level with a comment changes", "set system syslog file f any notice\nannotate system syslog file f any x", "set system syslog file f any info", `
[edit system syslog file f any]
-     notice;
+     info;
`},
		{"an inactive value changes and becomes active", "set system host-name a\ndeactivate system host-name", "set system host-name b\nactivate system host-name", `
[edit system]
-  inactive: host-name a;
+  host-name b;
`},
		{"comments come, change and go", "set system host-name a\nset system syslog file f any any\nannotate system host-name x\nannotate system syslog y",
			"annotate system host-name \"x\\n\\n  x\"\nannotate system syslog \"\"\nannotate system syslog file f \"[edit]\\n+ z\"", `
[edit system]
-  /* x */
+  /* x
+  
+    x */
   host-name a;
-  /* y */
   syslog { ... }
[edit system syslog]
+    /* [edit]
+    + z */
     file f { ... }
`},
		{"protection comes and goes", "set system host-name a\nset system syslog file f any any\nprotect system syslog file f", "unprotect system syslog file f\nset system syslog file f match m\nprotect system host-name", `
[edit system]
!  protect: host-name a;
[edit system syslog]
!    unprotect: file f { ... }
[edit system syslog file f]
+    match m;
`},
		{"what is new is protected and inactive", "set system host-name a", "set system syslog file f any any\ndeactivate system syslog\nannotate system syslog file f c\nprotect system syslog file f", `
[edit system]
+   inactive: syslog {
+       /* c */
+       protect: file f {
+           any any;
+       }
+   }
`},
	} {
		t.Run(test.name, func(t *testing.T) {
			root := loadSchema(t)
			from := tree(t, root, SetLines, test.base)
			to, problems := apply(from, SetLines, test.edits)
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			if d := cmp.Diff(strings.TrimPrefix(test.want, "\n"), compare(t, from, to, nil)); d != "" {
				t.Error(d)
			}
			checkPatch(t, from, to)
		})
	}
}

// TestPatchOfSharedBraces: lists whose entries share braces and have an order of the user.
func TestPatchOfSharedBraces(t *testing.T) {
	root := attributes()
	servers := func(names string) *configtree.Tree {
		var lines strings.Builder
		for _, c := range names {
			lines.WriteString("set server " + string(c) + " a 1\n")
		}
		return tree(t, root, SetLines, lines.String())
	}
	orders := []string{"", "a", "abc", "cba", "bdac", "xabcy", "axbyc", "fedcba"}
	for _, a := range orders {
		for _, b := range orders {
			checkPatch(t, servers(a), servers(b))
		}
	}
}

// TestPatchesByHand: what people and other programs write differs from what Compare prints.
func TestPatchesByHand(t *testing.T) {
	for _, test := range []struct{ name, patch, want string }{
		{"headers repeated, other padding, lines that end otherwise", "[edit]\r\n\r\n[edit system]\r\n- host-name old;\r\n+ host-name new;\r\n[edit system]\r\n+         domain-name d;\r\n",
			"set system host-name new\nset system domain-name d"},
		{"what comes stands before what goes", "[edit system]\n+  host-name new;\n-  host-name old;\n", "set system host-name new"},
		{"an entry that goes and comes again", "[edit system syslog]\n-  file f {\n-      any notice;\n-  }\n+  file f {\n+      any any;\n+  }\n",
			"delete system syslog file f\nset system syslog file f any any"},
		{"an order without words", "[edit system syslog]\n     host b { ... }\n+    host c;\n!    host a;\n",
			"set system syslog host c\ninsert system syslog host a after c"},
		{"no newline at the end", "[edit system]\n+ domain-name d;", "set system domain-name d"},
	} {
		root := loadSchema(t)
		from := tree(t, root, SetLines, onto)
		want, _ := apply(from, SetLines, test.want)
		got, problems := applyOnto(from, Patch, test.patch)
		if len(problems) > 0 || !got.Equal(want) {
			t.Errorf("%s: %v\n%s", test.name, problems, compare(t, want, got, nil))
		}
	}
}

// TestPatchAtALevel: a patch that is read at a level is what Compare prints there, or leaves out what leads there;
// nothing else in it is touched.
func TestPatchAtALevel(t *testing.T) {
	root := loadSchema(t)
	from := tree(t, root, SetLines, onto)
	level := at(t, from, "system syslog").Path()
	to, _ := apply(from, SetLines, "set system syslog file new any any\ndelete system syslog file f")
	for _, patch := range []string{compare(t, from, to, level), strings.ReplaceAll(compare(t, from, to, level), "[edit system syslog", "[edit")} {
		b := from.Batch()
		for e, p := range ReadOnto(strings.NewReader(patch), "file", level, Patch, from) {
			if p != nil {
				t.Fatalf("%v in\n%s", p, patch)
			}
			if err := b.Apply(e); err != nil {
				t.Fatal(err)
			}
		}
		if !b.Tree().Equal(to) {
			t.Errorf("%s\nmakes\n%s", patch, text(t, b.Tree(), Options{}))
		}
	}
	for _, header := range []string{"[edit system]", "[edit system login]", "[edit groups g system syslog]"} {
		for _, p := range ReadOnto(strings.NewReader(header+"\n+  host-name x;\n"), "file", level, Patch, from) {
			if p == nil {
				t.Errorf("%s is taken below %s", header, level)
			}
		}
	}
}

func TestPatchProblems(t *testing.T) {
	for _, test := range []struct{ patch, want string }{
		{"host-name x;\n", "file:1:(0) syntax error: host-name"},
		{"[edit sys]\n+host-name x;\n", "file:1:(10) syntax error: [edit"},
		{"[edit system host-name]\n+x;\n", "file:1:(23) syntax error: [edit"},
		{"[edit system\n", "file:1:(12) syntax error: [edit"},
		{"[edit system]\n+   host-nam x;\n+   domain-name d;\n", "file:2:(12) syntax error: host-nam"},
		{"[edit system]\n+   host-name x\n", "file:2:(15) syntax error: end of input"},
		{"[edit system]\n     hots { ... }\n", "file:2:(9) syntax error: hots"},
		{"[edit system syslog]\n!    host z { ... }\n", "file:2:(19) statement not found: host"},
		{"[edit system syslog]\n!    file f { ... }\n", "file:2:(19) syntax error: file"},
		{"[edit system]\n-  host-name other;\n", "file:2:(3) statement does not match patch: host-name"},
		{"[edit system syslog]\n-  file z;\n", "file:2:(3) statement does not match patch: file"},
		{"+" + strings.Repeat("x", maxLine) + "\n", "file:1:(0) line longer than 262144 bytes"},
	} {
		_, problems := applyOnto(tree(t, loadSchema(t), SetLines, onto), Patch, test.patch)
		if len(problems) != 1 || problems[0].Error() != test.want {
			t.Errorf("%.40q: %v, want %s", test.patch, problems, test.want)
		}
	}
}
