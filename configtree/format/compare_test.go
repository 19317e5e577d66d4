package format

import (
	"strings"
	"testing"

	"loggia/configtree"
	"loggia/configtree/schema"

	"github.com/google/go-cmp/cmp"
)

// base is what most comparisons start from.
const base = `
set system host-name LAB-COR4_bootstrap
set system login user claude class read-only
set system syslog host 172.22.0.4 any any
set system syslog file messages any notice
`

func TestCompare(t *testing.T) {
	for _, test := range []struct{ name, base, edits, at, want string }{
		{"nothing", base, "", "", ""},
		{"all at once", base, `
set system host-name LAB-COR4
set system login class config-viewer permissions [ view view-configuration ]
set system login user claude class config-viewer
set system syslog archive size 10m files 10
set system syslog host 172.22.0.3 any any port 514
set system syslog file messages explicit-priority
set system syslog source-address 192.168.122.10
`, "", `
[edit system]
-  host-name LAB-COR4_bootstrap;
+  host-name LAB-COR4;
[edit system login]
+    class config-viewer {
+        permissions [ view view-configuration ];
+    }
[edit system login user claude]
-    class read-only;
+    class config-viewer;
[edit system syslog]
+    archive size 10m files 10;
[edit system syslog]
     host 172.22.0.4 { ... }
+    host 172.22.0.3 {
+        any any;
+        port 514;
+    }
[edit system syslog file messages]
+    explicit-priority;
[edit system syslog]
+   source-address 192.168.122.10;
`},
		{"a value and its annotation", base + `annotate system host-name "old"
annotate system login user claude class "gone"
`, `
set system host-name b
annotate system host-name "new"
set system login user claude class operator
annotate system login user claude class ""
`, "", `
[edit system]
-  /* old */
-  host-name LAB-COR4_bootstrap;
+  /* new */
+  host-name b;
[edit system login user claude]
-    /* gone */
-    class read-only;
+    class operator;
`},
		{"a value, and an annotation that stays", base + "annotate system host-name same\n", "set system host-name b", "", `
[edit system]
-  host-name LAB-COR4_bootstrap;
+  host-name b;
`},
		{"the whole configuration", "", "set system host-name x\nset system syslog file a", "", `
[edit]
+  system {
+      host-name x;
+      syslog {
+          file a;
+      }
+  }
`},
		{"the first container below a level", "set system host-name x", "set system syslog file a", "", `
[edit system]
+   syslog {
+       file a;
+   }
`},
		{"removed", base, "delete system syslog host 172.22.0.4\ndelete system login", "", `
[edit system]
-   login {
-       user claude {
-           class read-only;
-       }
-   }
[edit system syslog]
-    host 172.22.0.4 {
-        any any;
-    }
`},
		{"context only behind another entry", "set system syslog host b any any\nset system syslog host d any any",
			"set system syslog host e any any\nset system syslog host f any any", "", `
[edit system syslog]
     host d { ... }
+    host e {
+        any any;
+    }
+    host f {
+        any any;
+    }
`},
		{"no context for sorted lists", "set system syslog file a any any", "set system syslog file b any any", "", `
[edit system syslog]
+    file b {
+        any any;
+    }
`},
		{"no context for the first entry", "set system syslog file a any any", "set system syslog host b any any", "", `
[edit system syslog]
+    host b {
+        any any;
+    }
`},
		{"a severity is a choice: what went stands before what came", base, "set system syslog file messages any any", "", `
[edit system syslog file messages any]
-     notice;
+     any;
`},
		{"facility lines", base, "set system syslog file messages daemon error\ndelete system syslog host 172.22.0.4 any", "", `
[edit system syslog host 172.22.0.4]
-     any any;
[edit system syslog file messages]
+     daemon error;
`},
		{"a leaf first: the whole block is indented as leaves are", base, "set system syslog file messages match x\nset system syslog file messages archive size 1m", "", `
[edit system syslog file messages]
+    match x;
+    archive size 1m;
`},
		{"leaf-lists show all their values", "set system login class a permissions [ view control ]", "set system login class a permissions clear", "", `
[edit system login class a]
-    permissions [ view control ];
+    permissions [ view control clear ];
`},
		{"a leaf-list comes", "set system login class a idle-timeout 5", "set system login class a permissions [ view clear ]", "", `
[edit system login class a]
+    permissions [ view clear ];
`},
		{"inside a homogeneous list", "set system syslog console any info", "set system syslog console daemon error\nset system syslog console any error", "", `
[edit system syslog console any]
-    info;
+    error;
[edit system syslog console]
+     daemon error;
`},
		{"a homogeneous list comes", "set system syslog file a", "set system syslog console any info\nset system syslog console daemon error", "", `
[edit system syslog]
+    console {
+        any info;
+        daemon error;
+    }
`},
		{"deactivated and activated", "set system syslog host 10.0.0.1 any any\nset system syslog file a any any\ndeactivate system syslog file a",
			"deactivate system syslog host 10.0.0.1\nactivate system syslog file a\nset system syslog file a match x", "", `
[edit system syslog]
!    inactive: host 10.0.0.1 { ... }
!    active: file a { ... }
[edit system syslog file a]
+    match x;
`},
		{"a leaf deactivated", base, "deactivate system host-name", "", `
[edit system]
!  inactive: host-name LAB-COR4_bootstrap;
`},
		{"a leaf deactivated and changed", base, "set system host-name x\ndeactivate system host-name", "", `
[edit system]
-  host-name LAB-COR4_bootstrap;
+  inactive: host-name x;
`},
		{"added inactive", base, "set system syslog file b any any\ndeactivate system syslog file b\nannotate system syslog file b \"new\"", "", `
[edit system syslog]
+    /* new */
+    inactive: file b {
+        any any;
+    }
`},
		{"annotated", base + "annotate system login user claude old", "annotate system syslog \"the\\nlogs\"\nannotate system login user claude new", "", `
[edit system login]
-    /* old */
+    /* new */
     user claude { ... }
[edit system]
+   /* the
+   logs */
    syslog { ... }
`},
		{"secrets keep their remark", "set system root-authentication encrypted-password $6$a", "set system root-authentication encrypted-password $6$b", "", `
[edit system root-authentication]
-   encrypted-password "$6$a"; ## SECRET-DATA
+   encrypted-password "$6$b"; ## SECRET-DATA
`},
		{"at a level", base, "set system host-name x\nset system syslog file messages match x\nset system syslog file b", "system syslog file messages", `
[edit system syslog file messages]
+    match x;
`},
		{"at a level that is new", "set system host-name x", "set system syslog file b match x", "system syslog file b", `
[edit system]
+   syslog {
+       file b {
+           match x;
+       }
+   }
`},
	} {
		t.Run(test.name, func(t *testing.T) {
			root := loadSchema(t)
			from := tree(t, root, SetLines, test.base)
			to, problems := apply(from, SetLines, test.edits)
			for _, p := range problems {
				t.Fatal(p)
			}
			var level configtree.Path
			if test.at != "" {
				level = path(t, root, test.at)
			}
			if d := cmp.Diff(strings.TrimPrefix(test.want, "\n"), compare(t, from, to, level)); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestCompareIndentation is the table of the odd padding: a schema deep enough to have a leaf and a
// container at each depth.
func TestCompareIndentation(t *testing.T) {
	word := schema.Type{Base: schema.String}
	level := func(children ...*schema.Node) *schema.Node {
		return &schema.Node{Name: "c", Kind: schema.Container, Presence: true,
			Children: append([]*schema.Node{{Name: "leaf", Kind: schema.Leaf, Type: word}, {Name: "new", Kind: schema.Container, Presence: true}}, children...)}
	}
	root := level(level(level(level(level()))))
	root.Link()
	for depth, c := 0, ""; depth < 5; depth, c = depth+1, c+" c" {
		from := tree(t, root, SetLines, "set"+c+" leaf x\n")
		header := "[edit" + c + "]\n"
		for _, test := range []struct {
			edit, line string
			pad        int
		}{{"leaf y", "leaf y;\n", depth + 1}, {"new", "new;\n", depth + 2}} {
			to, _ := apply(from, SetLines, "set"+c+" "+test.edit+"\n")
			want := "+" + strings.Repeat(" ", test.pad) + test.line
			if got := compare(t, from, to, nil); got[:len(header)] != header || !strings.HasSuffix(got, "\n"+want) {
				t.Errorf("depth %d: %q, want %q", depth, got, want)
			}
		}
	}
}

func TestCompareMoved(t *testing.T) {
	root := loadSchema(t)
	from := tree(t, root, SetLines, "set system syslog host a any any\nset system syslog host b any any\nset system syslog host c any any\n")
	to := tree(t, root, SetLines, "set system syslog host c any any\nset system syslog host a any any\nset system syslog host b any any\n")
	want := "[edit system syslog]\n!    host c { ... }\n"
	if d := cmp.Diff(want, compare(t, from, to, nil)); d != "" {
		t.Error(d)
	}
}

// TestCompareManyEntries: the entry before a new one is found without a search for each.
func TestCompareManyEntries(t *testing.T) {
	root := loadSchema(t)
	from := tree(t, root, SetLines, "set system syslog host first any any\n")
	to, _ := apply(from, SetLines, bigLines(20_000))
	got := compare(t, from, to, nil)
	if n := strings.Count(got, "{ ... }"); n != 1 {
		t.Errorf("%d context lines, want the one behind which all are new", n)
	}
}
