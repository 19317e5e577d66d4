package format

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"loggia/configtree"
	"loggia/configtree/schema"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write testdata/config anew from what its .conf files say, and every-statement.conf from the schema")

// corpus holds configurations as text, NAME.conf, and as set lines, NAME.set.
const corpus = "../../testdata/config"

// everyStatement is the file in which no statement of the schema is missing.
const everyStatement = "every-statement"

func corpusFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(corpus, "*.conf"))
	if err != nil || len(files) < 60 {
		t.Fatalf("%d configurations in %s: %v", len(files), corpus, err)
	}
	return files
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestCorpus: every face of every configuration says the same, and patches lead from each to the next and back.
func TestCorpus(t *testing.T) {
	root := loadSchema(t)
	before := configtree.New(root)
	for _, file := range corpusFiles(t) {
		name := strings.TrimSuffix(file, ".conf")
		t.Run(filepath.Base(name), func(t *testing.T) {
			asText := readFile(t, file)
			whole := tree(t, root, Text, asText)
			if *update {
				rewrite(t, name, whole)
				asText = readFile(t, file)
			}
			asSet := readFile(t, name+".set")
			if d := cmp.Diff(asText, text(t, whole, Options{})); d != "" {
				t.Errorf("text → tree → text:\n%s", d)
			}
			if d := cmp.Diff(asSet, text(t, whole, Options{Syntax: SetLines})); d != "" {
				t.Errorf("text → tree → set:\n%s", d)
			}
			checkRoundTrip(t, whole)
			checkChain(t, asText, root)
			if protection := strings.Contains(asSet, "\nprotect "); !protection {
				checkPatch(t, before, whole)
				checkPatch(t, whole, before)
				before = whole
			}
		})
	}
}

func rewrite(t *testing.T, name string, whole *configtree.Tree) {
	t.Helper()
	for suffix, s := range map[string]Syntax{".conf": Text, ".set": SetLines} {
		if err := os.WriteFile(name+suffix, []byte(text(t, whole, Options{Syntax: s})), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// checkChain: text → XML → JSON → set → text is the identity.
func checkChain(t *testing.T, asText string, root *schema.Node) {
	t.Helper()
	at, in := Text, asText
	for _, next := range []Syntax{XML, JSON, SetLines, Text} {
		in = text(t, tree(t, root, at, in), Options{Syntax: next})
		at = next
	}
	if d := cmp.Diff(asText, in); d != "" {
		t.Errorf("text → XML → JSON → set → text:\n%s", d)
	}
}

// TestCorpusUsesEveryStatement: what holds for the corpus holds for the schema. When a statement is new,
// go test -update puts it into the one file that has all.
func TestCorpusUsesEveryStatement(t *testing.T) {
	root := loadSchema(t)
	if *update {
		rewrite(t, filepath.Join(corpus, everyStatement), everything(t, root))
	}
	seen := map[*schema.Node]bool{}
	for _, file := range corpusFiles(t) {
		var visit func(n configtree.Node)
		visit = func(n configtree.Node) {
			if s := n.Schema(); s.Origin != nil { // a statement in a group
				seen[s.Origin] = true
			} else {
				seen[s] = true
			}
			for c := range n.Children() {
				visit(c)
			}
		}
		visit(tree(t, root, Text, readFile(t, file)).Root())
	}
	var check func(n *schema.Node, path string)
	check = func(n *schema.Node, path string) {
		if !seen[n] {
			t.Errorf("%s %s is in no file", path, n.Name)
			return
		}
		for _, c := range n.Children {
			if c.Origin == nil && !c.Unkept {
				check(c, path+" "+n.Name)
			}
		}
	}
	check(root, "")
}

// everything returns a configuration with every statement of the schema in it. Of cases that exclude each other
// there is one in each entry of the list around them, which may be that of groups.
func everything(t *testing.T, root *schema.Node) *configtree.Tree {
	g := &gardener{batch: configtree.New(root).Batch()}
	var plant func(p configtree.Path, n *schema.Node, variant int)
	plant = func(p configtree.Path, n *schema.Node, variant int) {
		for _, c := range n.Children {
			if c.Unkept || c.Choice != "" && !chosen(n, c, variant) {
				continue
			}
			step := configtree.Step{Node: c}
			switch c.Kind {
			case schema.Container:
				if c.Presence {
					g.plant(t, configtree.Set, p.Append(step), "")
				}
				plant(p.Append(step), c, variant)
			case schema.List:
				for v := range variants(c) {
					step.Key = g.distinct(t, &c.KeyType, v)
					if !c.NeedsContents() {
						g.plant(t, configtree.Set, p.Append(step), "")
					}
					plant(p.Append(step), c, v+variant)
				}
			case schema.LeafList:
				step.Key = g.distinct(t, &c.Type, 0)
				g.plant(t, configtree.Set, p.Append(step), "")
			default:
				value := ""
				if c.Type.Base != schema.Empty {
					value = g.distinct(t, &c.Type, 0)
				}
				g.plant(t, configtree.Set, p.Append(step), value)
			}
		}
	}
	plant(nil, root, 0)
	return g.batch.Tree()
}

// chosen reports whether c belongs to the case that a variant has of its choice in n.
func chosen(n, c *schema.Node, variant int) bool {
	all := cases(n, c.Choice)
	return c.Case == all[variant%len(all)]
}

// cases returns the cases of a choice among the children of n.
func cases(n *schema.Node, choice string) []string {
	var all []string
	for _, c := range n.Children {
		if c.Choice == choice && !slices.Contains(all, c.Case) {
			all = append(all, c.Case)
		}
	}
	return all
}

// variants returns how many entries a list must have to show all cases of its choices.
func variants(n *schema.Node) int {
	most := 1
	for _, c := range n.Children {
		if c.Choice != "" {
			most = max(most, len(cases(n, c.Choice)))
		}
		if c.Kind == schema.Container {
			most = max(most, variants(c))
		}
	}
	return most
}

// distinct returns the i-th value that a type permits.
func (g *gardener) distinct(t *testing.T, typ *schema.Type, i int) string {
	t.Helper()
	if typ.Base == schema.Enumeration {
		return typ.Enums[i%len(typ.Enums)].Name
	}
	if typ.Base == schema.Unsigned && len(typ.Ranges) > 0 {
		return fmt.Sprint(typ.Ranges[0].Min + uint64(i))
	}
	for _, sample := range samples {
		if typ.Check(sample) != nil {
			continue
		}
		if i--; i < 0 {
			return sample
		}
	}
	t.Fatalf("no sample of type %+v", typ)
	return ""
}

// TestVerbs: set lines take every command that edits.
func TestVerbs(t *testing.T) {
	root := loadSchema(t)
	got := tree(t, root, SetLines, `
set system syslog file a any any
copy system syslog file a to b
rename system syslog file a to c
set system syslog host x any any
set system syslog host y any any
insert system syslog host y before x
protect system syslog file b
unprotect system syslog file b
delete system syslog file b any
deactivate system syslog file b
activate system syslog file b
`)
	want := "system {\n    syslog {\n        host y {\n            any any;\n        }\n        host x {\n            any any;\n        }\n        file b;\n        file c {\n            any any;\n        }\n    }\n}\n"
	if d := cmp.Diff(want, text(t, got, Options{})); d != "" {
		t.Error(d)
	}
}

// TestExplicit: every container and entry has a line of its own, and the lines can be loaded.
func TestExplicit(t *testing.T) {
	root := loadSchema(t)
	whole := tree(t, root, SetLines, "set system syslog file m any any archive size 1m\ndeactivate system syslog file m\nprotect system syslog file m")
	for _, test := range []struct {
		o    Options
		path string
		want string
	}{
		{Options{Syntax: SetLines, Explicit: true}, "", "set system\nset system syslog\nset system syslog file m\nset system syslog file m any any\nset system syslog file m archive\n" +
			"set system syslog file m archive size 1m\ndeactivate system syslog file m\nprotect system syslog file m\n"},
		{Options{Syntax: SetLines, Explicit: true, Relative: true}, "system syslog", "set file m\nset file m any any\nset file m archive\nset file m archive size 1m\ndeactivate file m\nprotect file m\n"},
	} {
		n := whole.Root()
		if test.path != "" {
			n = at(t, whole, test.path)
		}
		var b bytes.Buffer
		if err := Write(&b, n, test.o); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(test.want, b.String()); d != "" {
			t.Error(d)
		}
	}
}
