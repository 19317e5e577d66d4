package format

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"loggia/configtree"
	"loggia/configtree/schema"

	"github.com/google/go-cmp/cmp"
)

// samples are values of which every type finds some to its taste, nasty ones among them.
var samples = []string{
	"a", "R1", "x-1", "admin", "UTC", "Europe/Berlin", "GMT-3", "10.0.0.1", "2001:db8::1", "10.0.0.0/8", "2001:db8::/32",
	"host.example.org", "64k", "1m", "7", "60", "2000", "2026-01-01.00:00", "12:30", "/dev/log", "$6$salt$hash", "$9$LbHX-wg4Z",
	"ssh-rsa AAAA x@y", "ssh-ed25519 AAAA x@y", "ecdsa-sha2-nistp256 AAAA x@y", "scp://user@host/dir",
	"with blank", `quo"te`, `back\slash`, `\n`, `end\`, "(a|b)+", "!x", "[", "]", "[0-9]", "{", "};", "#no", "/*", "a/*b*/", "inactive:", "replace:",
	"any", "match", "Grüße", "tab\there", "two\nlines", "\x1b[0m", "'", "set", "*", "<x>",
}

// pieces make values of which every one has its own ways to be misread.
var pieces = []string{" ", "\"", "\\", "\\\"", "#", "##", "/*", "*/", ";", "{", "}", "[", "]", "\n", "\t", "é", "漢", "\u2028", "\ufeff", "\u00a0", "\x01",
	"inactive:", "protect:", "delete:", "<", ">", "&amp;", "]]>", "<!--", "'", "$9$", "/* SECRET-DATA */", "{ ... }", "+ ", "- ", "! ", "[edit system]",
	"a", "b", "0", ".", "-", "|", "^", "(", ")", "?", "=", ",", "~", "%", "@", `\n`, `\x1b`, `\x2e`, "to", "before", "top", "null", "true", "1e5"}

func (g *gardener) composed() string {
	var b strings.Builder
	for range 1 + g.rand.IntN(6) {
		b.WriteString(pieces[g.rand.IntN(len(pieces))])
	}
	return b.String()
}

// gardener grows random configurations that only hold what the schema permits.
type gardener struct {
	rand    *rand.Rand
	batch   *configtree.Batch
	planted []configtree.Path
}

func (g *gardener) chance(percent int) bool { return g.rand.IntN(100) < percent }

// value returns a value of the type, or false when no sample fits.
func (g *gardener) value(typ *schema.Type) (string, bool) {
	if len(typ.Enums) > 0 && (typ.Base == schema.Enumeration || g.chance(20)) {
		return typ.Enums[g.rand.IntN(len(typ.Enums))].Name, true
	}
	if typ.Base == schema.Unsigned && len(typ.Ranges) > 0 {
		r := typ.Ranges[g.rand.IntN(len(typ.Ranges))]
		return fmt.Sprint(r.Min + g.rand.Uint64N(r.Max-r.Min+1)), true
	}
	if s := g.composed(); g.chance(40) && typ.Check(s) == nil {
		return s, true
	}
	for _, i := range g.rand.Perm(len(samples)) {
		if samples[i] != "" && typ.Check(samples[i]) == nil {
			return samples[i], true
		}
	}
	return "", false
}

func (g *gardener) plant(t testing.TB, op configtree.Op, p configtree.Path, value string) {
	t.Helper()
	if err := g.batch.Apply(configtree.Edit{Op: op, Path: p, Value: value}); err != nil {
		t.Fatalf("%v %s: %v", op, p, err)
	}
	if op == configtree.Set {
		g.planted = append(g.planted, p)
	}
}

// grow fills the level at p.
func (g *gardener) grow(t testing.TB, p configtree.Path, level *schema.Node) {
	for _, c := range level.Children {
		if !g.chance(45) && (c.Kind != schema.Container || c.Presence) {
			continue
		}
		step := configtree.Step{Node: c}
		times := 1
		if c.Kind == schema.List || c.Kind == schema.LeafList {
			times += g.rand.IntN(3)
		}
		for range times {
			switch c.Kind {
			case schema.Container:
				if c.Presence {
					g.plant(t, configtree.Set, p.Append(step), "")
				}
				g.grow(t, p.Append(step), c)
			case schema.List:
				if key, ok := g.value(&c.KeyType); ok {
					step.Key = key
					g.entry(t, p.Append(step), c)
				}
			case schema.LeafList:
				if v, ok := g.value(&c.Type); ok {
					step.Key = v
					g.plant(t, configtree.Set, p.Append(step), "")
				}
			default:
				v, ok := "", true
				if c.Type.Base != schema.Empty {
					v, ok = g.value(&c.Type)
				}
				if ok {
					g.plant(t, configtree.Set, p.Append(step), v)
				}
			}
		}
	}
}

func (g *gardener) entry(t testing.TB, p configtree.Path, list *schema.Node) {
	if list.NeedsContents() {
		c := list.Children[g.rand.IntN(len(list.Children))]
		g.plant(t, configtree.Set, p.Append(configtree.Step{Node: c}), "")
		return
	}
	g.plant(t, configtree.Set, p, "")
	g.grow(t, p, list)
}

// mark deactivates and annotates here and there.
func (g *gardener) mark(t testing.TB) {
	for _, p := range g.planted {
		p = p[:1+g.rand.IntN(len(p))]
		if _, ok := g.batch.Tree().At(p); !ok { // another case of its choice came later
			continue
		}
		if g.chance(4) {
			g.plant(t, configtree.Deactivate, p, "")
		}
		if text := commentText(g.composed()); g.chance(3) && text != "" {
			g.plant(t, configtree.Annotate, p, text)
		}
	}
}

func randomTree(t testing.TB, root *schema.Node, seed uint64) *configtree.Tree {
	g := &gardener{rand: rand.New(rand.NewPCG(seed, 1)), batch: configtree.New(root).Batch()}
	g.grow(t, nil, root)
	g.mark(t)
	return g.batch.Tree()
}

// checkRoundTrip: text → tree → text, and text → tree → set → tree, are the identity.
func checkRoundTrip(t testing.TB, want *configtree.Tree) {
	t.Helper()
	root := want.Schema()
	asText := text(t, want, Options{})
	got, problems := apply(configtree.New(root), Text, asText)
	if len(problems) > 0 || !got.Equal(want) {
		t.Fatalf("text → tree: %v\n%s", problems, cmp.Diff(asText, text(t, got, Options{})))
	}
	checkRead(t, want, Options{Syntax: SetLines, Explicit: true})
	asSet := text(t, want, Options{Syntax: SetLines})
	got, problems = apply(configtree.New(root), SetLines, asSet)
	if len(problems) > 0 || !got.Equal(want) {
		t.Fatalf("set → tree: %v\n%s\n%s", problems, asSet, cmp.Diff(asText, text(t, got, Options{})))
	}
	for _, o := range []Options{
		{Syntax: XML, Attributes: []Attribute{{"junos:commit-user", `<"&">`}}}, {Syntax: XML, ASCII: true}, {Syntax: XML, Minified: true},
		{Syntax: JSON, Attributes: []Attribute{{"junos:commit-user", `<"&">`}}}, {Syntax: JSON, ASCII: true}, {Syntax: JSON, Minified: true},
	} {
		checkRead(t, want, o)
	}
}

// checkRead reads back what is written with o.
func checkRead(t testing.TB, want *configtree.Tree, o Options) {
	t.Helper()
	written := text(t, want, o)
	if o.Syntax == XML && (strings.ContainsRune(written, utf8.RuneError) || strings.Contains(written, "&#65533;")) {
		return // XML has no way to say it
	}
	got, problems := apply(configtree.New(want.Schema()), o.Syntax, written)
	if len(problems) > 0 || !got.Equal(want) {
		t.Fatalf("%+v → tree: %v\n%s\n%s", o, problems, written, cmp.Diff(text(t, want, Options{}), text(t, got, Options{})))
	}
}

func TestRoundTrip(t *testing.T) {
	root := loadSchema(t)
	for seed := range uint64(50) {
		tree := randomTree(t, root, seed)
		checkRoundTrip(t, tree)
		checkRoundTrip(t, guarded(t, tree, seed))
	}
}

// guarded protects statements here and there.
func guarded(t testing.TB, tree *configtree.Tree, seed uint64) *configtree.Tree {
	g := &gardener{rand: rand.New(rand.NewPCG(seed, 3)), batch: tree.Batch()}
	var visit func(n configtree.Node)
	visit = func(n configtree.Node) {
		if n.Parent().Valid() && g.chance(5) {
			g.plant(t, configtree.Protect, n.Path(), "")
		}
		for c := range n.Children() {
			visit(c)
		}
	}
	visit(tree.Root())
	return g.batch.Tree()
}

// TestGardenerKnowsEveryStatement: round trips are worth what the trees cover.
func TestGardenerKnowsEveryStatement(t *testing.T) {
	root := loadSchema(t)
	seen := map[*schema.Node]bool{}
	for seed := range uint64(300) {
		var visit func(n configtree.Node)
		visit = func(n configtree.Node) {
			seen[n.Schema()] = true
			for c := range n.Children() {
				visit(c)
			}
		}
		visit(randomTree(t, root, seed).Root())
	}
	var check func(n *schema.Node, path string)
	check = func(n *schema.Node, path string) {
		if !seen[n] {
			t.Errorf("%s %s is in no tree", path, n.Name)
			return
		}
		for _, c := range n.Children {
			if !c.Unkept {
				check(c, path+" "+n.Name)
			}
		}
	}
	check(root, "")
}

// checkComparison: a comparison says something exactly when there is something to say, and its
// lines are what it promises.
func checkComparison(t testing.TB, from, to *configtree.Tree) {
	t.Helper()
	got := compare(t, from, to, nil)
	if (got == "") != from.Equal(to) {
		t.Fatalf("equal: %v\n%s", from.Equal(to), got)
	}
	for line := range strings.Lines(got) {
		if !strings.HasSuffix(line, "\n") || !strings.ContainsAny(line[:1], "[+-! ") {
			t.Fatalf("line %q in\n%s", line, got)
		}
	}
}

func TestCompareRandomTrees(t *testing.T) {
	root := loadSchema(t)
	empty := configtree.New(root)
	for seed := range uint64(60) {
		from, to := randomTree(t, root, seed), randomTree(t, root, seed+1000)
		checkComparison(t, from, to)
		checkComparison(t, from, from)
		added, removed := compare(t, empty, to, nil), compare(t, to, empty, nil)
		if strings.ReplaceAll(added, "\n+", "\n-") != removed {
			t.Errorf("what comes is not what goes:\n%s", cmp.Diff(added, removed))
		}
	}
}

// checkPatch: what Compare prints makes of from what to is.
func checkPatch(t testing.TB, from, to *configtree.Tree) {
	t.Helper()
	patch := compare(t, from, to, nil)
	got, problems := applyOnto(from, Patch, patch)
	if len(problems) > 0 || !got.Equal(to) {
		t.Fatalf("patch: %v\n%s\n%s\nstill different:\n%s", problems, text(t, from, Options{}), patch, compare(t, got, to, nil))
	}
}

// checkDelta: what CompareXML prints makes of from what to is, as far as XML has the characters.
func checkDelta(t testing.TB, from, to *configtree.Tree) {
	t.Helper()
	from, to = throughXML(t, from), throughXML(t, to)
	var out strings.Builder
	if err := CompareXML(&out, from, to, nil, Options{}); err != nil {
		t.Fatal(err)
	}
	if out.Len() == 0 && from.Equal(to) {
		return
	}
	got, problems := applyOnto(from, XML, out.String())
	if len(problems) > 0 || !got.Equal(to) {
		t.Fatalf("delta: %v\n%s\n%s\nstill different:\n%s", problems, text(t, from, Options{}), out.String(), compare(t, got, to, nil))
	}
}

// throughXML returns what a tree is when it has been XML.
func throughXML(t testing.TB, tree *configtree.Tree) *configtree.Tree {
	t.Helper()
	got, problems := apply(configtree.New(tree.Schema()), XML, text(t, tree, Options{Syntax: XML}))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return got
}

// applyOnto reads text for a tree, applies it and returns all that was wrong.
func applyOnto(on *configtree.Tree, s Syntax, text string) (*configtree.Tree, []*configtree.Problem) {
	b := on.Batch()
	var problems []*configtree.Problem
	for e, p := range ReadOnto(strings.NewReader(text), "file", nil, s, on) {
		if p == nil {
			if err := b.Apply(e); err != nil {
				p = err.(*configtree.Problem)
			}
		}
		if p != nil {
			problems = append(problems, p)
		}
	}
	return b.Tree(), problems
}

// changed returns a tree that grew out of another: statements of it have gone, moved, changed
// their values or marks, and new ones have come.
func changed(t testing.TB, from *configtree.Tree, seed uint64) *configtree.Tree {
	g := &gardener{rand: rand.New(rand.NewPCG(seed, 2)), batch: from.Batch()}
	if g.chance(50) {
		g.grow(t, nil, from.Schema())
	}
	percent := 1 + g.rand.IntN(20)
	var visit func(n configtree.Node)
	visit = func(n configtree.Node) {
		if n.Parent().Valid() && g.chance(percent) {
			g.change(t, n)
		}
		for c := range n.Children() {
			visit(c)
		}
	}
	visit(g.batch.Tree().Root())
	return g.batch.Tree()
}

// change does something to a statement that may have gone already.
func (g *gardener) change(t testing.TB, n configtree.Node) {
	p, s := n.Path(), n.Schema()
	if _, ok := g.batch.Tree().At(p); !ok {
		return
	}
	switch g.rand.IntN(6) {
	case 0:
		g.plant(t, configtree.Delete, p, "")
	case 1:
		g.plant(t, configtree.Deactivate, p, "")
	case 2:
		g.plant(t, configtree.Activate, p, "")
	case 3:
		g.plant(t, configtree.Annotate, p, commentText(g.composed()))
	case 4:
		if v, ok := g.value(&s.Type); ok && s.Kind == schema.Leaf && s.Type.Base != schema.Empty {
			g.plant(t, configtree.Set, p, v)
		}
	case 5:
		if !s.UserOrdered {
			return
		}
		var keys []string
		parent, _ := g.batch.Tree().At(p.Parent())
		if len(p) == 1 {
			parent = g.batch.Tree().Root()
		}
		for e := range parent.Entries(s.Name) {
			if e.Key() != n.Key() {
				keys = append(keys, e.Key())
			}
		}
		if len(keys) > 0 {
			op := configtree.InsertBefore
			if g.chance(50) {
				op = configtree.InsertAfter
			}
			g.plant(t, op, p, keys[g.rand.IntN(len(keys))])
		}
	}
}

func TestPatchOfRandomTrees(t *testing.T) {
	root := loadSchema(t)
	for seed := range uint64(60) {
		from, to := randomTree(t, root, seed), randomTree(t, root, seed+1000)
		checkPatch(t, from, to)
		checkDelta(t, from, to)
		to = changed(t, from, seed)
		checkPatch(t, from, to)
		checkPatch(t, to, from)
		checkDelta(t, from, to)
		checkDelta(t, to, from)
	}
}

func FuzzTrees(f *testing.F) {
	f.Add(uint64(1), uint64(2))
	root := loadSchema(f)
	f.Fuzz(func(t *testing.T, a, b uint64) {
		from, to := randomTree(t, root, a), randomTree(t, root, b)
		checkRoundTrip(t, from)
		checkComparison(t, from, to)
		checkPatch(t, from, to)
		checkPatch(t, from, changed(t, from, b))
		checkDelta(t, from, to)
		checkDelta(t, from, changed(t, from, b))
	})
}

// checkInput reads hostile input: it ends, every problem has its place, and what came out of it makes the
// round trip.
func checkInput(t *testing.T, root *schema.Node, s Syntax, input string) {
	got, problems := apply(configtree.New(root), s, input)
	lines := strings.Count(input, "\n") + 1
	for _, p := range problems {
		if p.Err == nil || p.Line < 1 || p.Line > lines || p.Col < 0 || p.Col > len(input)+1 || strings.Contains(p.Error(), "\n") {
			t.Fatalf("%+v of %q", p, input)
		}
		if err := Report(new(strings.Builder), p); err != nil {
			t.Fatal(err)
		}
	}
	Detect([]byte(input))
	checkRoundTrip(t, got)
	checkComparison(t, configtree.New(root), got)
}

func FuzzReadText(f *testing.F) {
	for _, face := range faces {
		f.Add(face.text)
	}
	f.Add(shown)
	f.Add("replace: system { delete: syslog; /* x */ inactive: login { class \"a b\" { permissions [ view clear ]; } } }")
	f.Add("{ } ; [ ] \" /* */ # \n } inactive: protect: \\")
	root := loadSchema(f)
	f.Fuzz(func(t *testing.T, input string) { checkInput(t, root, Text, input) })
}

func FuzzReadSet(f *testing.F) {
	for _, face := range faces {
		f.Add(face.set)
	}
	f.Add("set system login class a permissions [ view clear ]\nannotate system \"a\\nb\"\ndelete system login\n")
	f.Add("\f")
	f.Add("set system syslog file a any any b any\nset \"\n[ ] #")
	root := loadSchema(f)
	f.Fuzz(func(t *testing.T, input string) { checkInput(t, root, SetLines, input) })
}
