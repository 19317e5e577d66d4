package configtree

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"loggia/configtree/schema"
)

func report(problems []Problem) string {
	var all []string
	for _, p := range problems {
		all = append(all, p.Path.Banner()+" "+p.Error())
	}
	return strings.Join(all, "|")
}

func TestCheck(t *testing.T) {
	root := load(t)
	for _, c := range []struct{ commands, want string }{
		{"set system host-name r1", ""},
		{"set system syslog file m any any|set system syslog file m explicit-priority", ""},
		{"set system syslog file m explicit-priority|set system syslog file m structured-data",
			"[edit system syslog file m explicit-priority] 'explicit-priority' cannot be configured if 'structured-data' is configured"},
		{"set system syslog file m explicit-priority|set system syslog file m structured-data|deactivate system syslog file m structured-data", ""},
		{"set system syslog file m explicit-priority|set system syslog file m structured-data|deactivate system syslog file m", ""},
		{"set system syslog host h transport tls", "[edit system syslog host h transport] 'transport tls' needs 'tlsdetails'"},
		{"set system syslog host h transport tcp", ""},
		{"set system login user u uid 2000", "[edit system login user u] Missing mandatory statement: 'class'"},
		{"set system services ssh|set system services netconf ssh", "[edit system] Missing mandatory statement: 'root-authentication'"},
		{"set system host-name r1|set system services ssh|deactivate system services ssh", ""},
		{"set system syslog host h routing-instance x|set system syslog host g routing-instance x",
			"[edit system syslog host h routing-instance] warning: statement has no effect on this system"},
	} {
		e := build(t, root, strings.Split(c.commands, "|")...).Expand()
		if got := report(e.Check(nil)); got != c.want {
			t.Errorf("%s: %s\nwant %s", c.commands, got, c.want)
		}
		if got := report(e.Check(e)); got != "" {
			t.Errorf("%s: unchanged, and yet %s", c.commands, got)
		}
		if got := report(e.Check(New(root).Expand())); got != c.want {
			t.Errorf("%s after nothing: %s\nwant %s", c.commands, got, c.want)
		}
	}
}

func TestCheckOfMandatoryChoiceAndLimits(t *testing.T) {
	root := load(t)
	entry := path(t, root, "system syslog file m contents any")
	tree, err := New(root).Edit(Edit{Op: Set, Path: entry})
	if err != nil {
		t.Fatal(err)
	}
	if got := report(tree.Expand().Check(nil)); got != "[edit system syslog file m any] Missing mandatory statement: one of "+
		"'any', 'emergency', 'alert', 'critical', 'error', 'warning', 'notice', 'info', 'none'" {
		t.Error(got)
	}
	var values []string
	for i := range 51 {
		values = append(values, fmt.Sprint("v", i))
	}
	tree = build(t, root, "set system syslog host h match-strings [ "+strings.Join(values, " ")+" ]")
	if got := report(tree.Expand().Check(nil)); got != "[edit system syslog host h match-strings] number of elements (51) exceeds the limit of 50" {
		t.Error(got)
	}
	less := change(t, tree, "delete system syslog host h match-strings v7")
	if got := report(less.Expand().Check(tree.Expand())); got != "" {
		t.Error(got)
	}
}

// mustSchema has constraints that speak of other parts of the configuration.
func mustSchema(t *testing.T) *schema.Node {
	t.Helper()
	must := func(expr string) []schema.Must {
		m, err := schema.ParseMust(expr, expr)
		if err != nil {
			t.Fatal(err)
		}
		return []schema.Must{m}
	}
	root := &schema.Node{Kind: schema.Container, Children: []*schema.Node{
		{Name: "global", Kind: schema.Leaf},
		{Name: "top", Kind: schema.Container, Children: []*schema.Node{
			{Name: "mode", Kind: schema.Leaf},
			{Name: "other", Kind: schema.Leaf},
			{Name: "item", Kind: schema.List, Key: "name", Children: []*schema.Node{
				{Name: "deep", Kind: schema.Container, Children: []*schema.Node{
					{Name: "a", Kind: schema.Leaf, Musts: must("not(../../../mode = 'off')")},
					{Name: "b", Kind: schema.Leaf, Musts: must("../../../../global or ../a")},
				}},
				{Name: "peer", Kind: schema.Leaf, Musts: must("../../item/deep")},
			}},
			{Name: "row", Kind: schema.List, Key: "name", UserOrdered: true, Children: []*schema.Node{
				{Name: "x", Kind: schema.Leaf, Musts: must("../../mode and (. != 'bad' or ../../other)")},
			}},
		}},
	}}
	return root.Link()
}

func TestCheckFollowsConstraintsOutside(t *testing.T) {
	root := mustSchema(t)
	set := func(tree *Tree, line, value string) *Tree {
		next, err := tree.Edit(Edit{Op: Set, Path: path(t, root, line), Value: value})
		if err != nil {
			t.Fatal(err)
		}
		return next
	}
	remove := func(tree *Tree, line string) *Tree {
		next, err := tree.Edit(Edit{Op: Delete, Path: path(t, root, line)})
		if err != nil {
			t.Fatal(err)
		}
		return next
	}
	base := set(set(set(New(root), "top mode", "on"), "top other", "1"), "global", "1")
	for i := range 100 {
		base = set(base, fmt.Sprintf("top item i%d deep a", i), "1")
		base = set(base, fmt.Sprintf("top row r%d x", i), "good")
	}
	base = set(set(set(base, "top item i5 deep b", "1"), "top item i7 peer", "i5"), "top row r7 x", "bad")
	base = remove(set(base, "top item i8 deep b", "1"), "top item i8 deep a")
	if got := report(base.Expand().Check(nil)); got != "" {
		t.Fatal(got)
	}
	for _, c := range []struct {
		name  string
		tree  *Tree
		count int
	}{
		{"mode off breaks every a", set(base, "top mode", "off"), 99},
		{"no mode breaks every x", remove(base, "top mode"), 100},
		{"no global breaks the b without a", remove(base, "global"), 1},
		{"no other breaks what is bad", remove(base, "top other"), 1},
		{"one changed, the rest is passed", set(base, "top row r9 x", "bad"), 0},
		{"another entry", set(base, "top item new peer", "x"), 0},
	} {
		e := c.tree.Expand()
		got, all := e.Check(base.Expand()), e.Check(nil)
		if len(got) != c.count || report(got) != report(all) {
			t.Errorf("%s: %d problems, want %d: %s\nin all %s", c.name, len(got), c.count, report(got), report(all))
		}
	}
	gone := base
	for i := range 100 {
		if i != 7 {
			gone = remove(gone, fmt.Sprintf("top item i%d", i))
		}
	}
	gone = remove(gone, "top item i7 deep")
	if got := report(gone.Expand().Check(base.Expand())); got != "[edit top item i7 peer] ../../item/deep" {
		t.Errorf("what others held up: %s", got)
	}
}

// TestCheckAfterABaseFindsAll: looking only at what changed since a configuration
// that passed finds what looking at everything finds.
func TestCheckAfterABaseFindsAll(t *testing.T) {
	root := mustSchema(t)
	rng := rand.New(rand.NewPCG(11, 2))
	data := make([]byte, 60_000)
	for i := range data {
		data[i] = byte(rng.Uint32())
	}
	src := &dice{data: data}
	tree := New(root)
	base := tree.Expand()
	failed, passed := 0, 0
	for len(src.data) > 0 {
		e := src.edit(root)
		if e.Path.Last().Node == root.Child("top").Child("mode") {
			e.Value = []string{"", "on", "off"}[src.below(3)]
		}
		next, err := tree.Edit(e)
		if err != nil {
			continue
		}
		tree = next
		now := tree.Expand()
		all := report(now.Check(nil))
		if got := report(now.Check(base)); got != all {
			t.Fatalf("of\n%s\nafter\n%s\nis found\n%s\nof\n%s", dump(now.Root()), dump(base.Root()), got, all)
		}
		if all == "" {
			base = now
			passed++
		} else if failed++; failed%20 == 0 {
			tree = New(root)
		}
	}
	if failed < 100 || passed < 100 {
		t.Errorf("%d failed and %d passed: too few to tell", failed, passed)
	}
}

func TestReader(t *testing.T) {
	root := load(t)
	e := build(t, root,
		"set system host-name r1",
		"set system syslog host h port 5514 source-address 192.0.2.1 match-strings [ a b ] any notice",
		"set system syslog host h routing-instance x",
		"set system syslog host g", "set system syslog file m archive size 64k world-readable",
		"set system syslog time-format year", "set system syslog allow-duplicates",
	).Expand()
	r := e.Reader()
	syslog := r.Child("system").Child("syslog")
	var hosts []string
	for h := range syslog.Entries("host") {
		hosts = append(hosts, fmt.Sprint(h.Key(), h.Uint("port"), h.Address("source-address"), h.Texts("match-strings"), h.Text("transport"), h.Path()))
		for c := range h.Entries("contents") {
			hosts = append(hosts, c.Key()+" "+c.Choice("level"))
		}
	}
	want := "h 5514 192.0.2.1 [a b] udp system syslog host h|any notice|g 514 invalid IP [] udp system syslog host g"
	if got := strings.Join(hosts, "|"); strings.ReplaceAll(got, " ", "") != strings.ReplaceAll(want, " ", "") {
		t.Errorf("hosts %s\nwant %s", got, want)
	}
	for f := range syslog.Entries("file") {
		if a := f.Child("archive"); a.Size("size") != 64<<10 || a.Choice("readers") != "world-readable" || a.Uint("files") != 0 {
			t.Errorf("archive %d", a.Size("size"))
		}
	}
	if a := syslog.Child("archive"); a.Valid() || a.Size("size") != 128<<10 || a.Uint("files") != 10 || a.Choice("readers") != "" || a.Path() != nil {
		t.Error("defaults of an absent container")
	}
	if !syslog.Has("time-format") || syslog.Has("source-address") {
		t.Error("Has")
	}
	want = "[edit system host-name] statement is not supported on this system|" +
		"[edit system syslog allow-duplicates] statement is not supported on this system|" +
		"[edit system syslog time-format year] statement is not supported on this system"
	if got := report(r.Problems()); got != want {
		t.Errorf("unconsumed: %s\nwant %s", got, want)
	}
	r.Child("system").Text("host-name")
	syslog.Has("allow-duplicates")
	syslog.Ignore("time-format")
	if got := report(r.Problems()); got != "" {
		t.Errorf("unconsumed: %s", got)
	}
	fresh := e.Reader()
	fresh.Ignore("system")
	if got := report(fresh.Problems()); got != "" {
		t.Errorf("ignored: %s", got)
	}
}

func TestReaderReportsWhatDoesNotRead(t *testing.T) {
	root := load(t)
	tree, err := New(root).Edit(Edit{Op: Set, Path: path(t, root, "system syslog host h port"), Value: "nonsense"})
	if err != nil {
		t.Fatal(err)
	}
	r := tree.Expand().Reader()
	for h := range r.Child("system").Child("syslog").Entries("host") {
		if h.Uint("port") != 0 {
			t.Error("nonsense is a number")
		}
	}
	problems := r.Problems()
	if len(problems) != 1 || problems[0].Kind != Invalid || problems[0].Token != "nonsense" || problems[0].Path.String() != "system syslog host h port" {
		t.Errorf("%s", report(problems))
	}
	defer func() {
		if recover() == nil {
			t.Error("a name that the schema lacks does not panic")
		}
	}()
	r.Text("nonsense")
}

func TestExpandOfAnnotationIsNoChange(t *testing.T) {
	root := load(t)
	tree := build(t, root, "set system syslog file m any any", "set system syslog host h any any")
	noted := change(t, tree, `annotate system syslog file m "x"`, "set system syslog file n any any", "deactivate system syslog file n")
	if noted.Equal(tree) || !noted.Expand().Equal(tree.Expand()) || len(DiffEffective(tree.Expand(), noted.Expand())) != 0 {
		t.Error("comments or inactive parts are seen by those who obey")
	}
	on := change(t, noted, "activate system syslog file n")
	if got := DiffEffective(noted.Expand(), on.Expand()); len(got) != 1 || got[0].Kind != Added {
		t.Errorf("activation is %v", got)
	}
}

func TestProblemText(t *testing.T) {
	p := &Problem{Err: ErrNotFound, Warning: true, File: "a.conf", Line: 3, Col: 4}
	if p.Error() != "a.conf:3:(4) warning: statement not found" || !errors.Is(p, ErrNotFound) {
		t.Error(p.Error())
	}
}
