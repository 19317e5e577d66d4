package configtree

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"loggia/configtree/schema"
)

// testSchema has one statement of each kind that the storage tells apart.
func testSchema() *schema.Node {
	empty := schema.Type{Base: schema.Empty}
	inner := func() []*schema.Node {
		return []*schema.Node{
			{Name: "port", Kind: schema.Leaf},
			{Name: "yes", Kind: schema.Leaf, Type: empty, Choice: "answer", Case: "yes"},
			{Name: "no", Kind: schema.Container, Presence: true, Choice: "answer", Case: "no", Children: []*schema.Node{
				{Name: "why", Kind: schema.Leaf},
			}},
			{Name: "tag", Kind: schema.LeafList},
			{Name: "site", Kind: schema.LeafList, UserOrdered: true},
			{Name: "box", Kind: schema.Container, Children: []*schema.Node{{Name: "lid", Kind: schema.Leaf}}},
		}
	}
	root := &schema.Node{Kind: schema.Container, Presence: true, Children: []*schema.Node{
		{Name: "groups", Kind: schema.List, Key: "name", UserOrdered: true, Groups: schema.DefinesGroups},
		{Name: "apply-groups", Kind: schema.LeafList, UserOrdered: true, Groups: schema.AppliesGroups},
		{Name: "apply-groups-except", Kind: schema.LeafList, UserOrdered: true, Groups: schema.ExceptsGroups},
		{Name: "host-name", Kind: schema.Leaf},
		{Name: "system", Kind: schema.Container, Children: []*schema.Node{
			{Name: "file", Kind: schema.List, Key: "name", Children: inner()},
			{Name: "host", Kind: schema.List, Key: "name", UserOrdered: true, Children: inner()},
			{Name: "stamp", Kind: schema.Container, Presence: true, Children: inner()[:1]},
		}},
	}}
	return root.Link()
}

// path makes a path of words in the schema: names, and keys behind lists.
func path(t testing.TB, root *schema.Node, line string) Path {
	t.Helper()
	var p Path
	n := root
	words := strings.Fields(line)
	for i := 0; i < len(words); i++ {
		if n = n.Child(words[i]); n == nil {
			t.Fatalf("%s: no statement %s", line, words[i])
		}
		s := Step{Node: n}
		if hasElements(n) && i+1 < len(words) {
			i++
			s.Key = words[i]
		}
		p = append(p, s)
	}
	return p
}

// model is the naive configuration: statements by path, and one order of
// arrival for everything.
type model struct {
	at   map[string]*entry
	next int
}

type entry struct {
	path      Path
	value     string
	inactive  bool
	protected bool
	comment   string
	arrived   int
}

func newModel() *model { return &model{at: map[string]*entry{}} }

// id is unambiguous where Path.String may not be.
func id(p Path) string {
	var b strings.Builder
	for _, s := range p {
		fmt.Fprintf(&b, "%s=%q/", s.Node.Name, s.Key)
	}
	return b.String()
}

// matching returns the entries at p: one, or all elements of a whole list.
func (m *model) matching(p Path) []*entry {
	var found []*entry
	for _, e := range m.at {
		if len(e.path) == len(p) && e.path.Within(p) {
			found = append(found, e)
		}
	}
	return found
}

func (m *model) removeBelow(p Path, self bool) {
	maps.DeleteFunc(m.at, func(_ string, e *entry) bool {
		return e.path.Within(p) && (self || len(e.path) > len(p))
	})
}

// removeAround removes what is at p and below but for what is protected, what that
// contains, and what contains it.
func (m *model) removeAround(p Path) {
	for i := range p {
		if x := m.at[id(p[:i+1])]; x != nil && x.protected {
			return
		}
	}
	keep := map[string]bool{}
	for _, x := range m.at {
		if x.protected && x.path.Within(p) {
			for k, y := range m.at {
				keep[k] = keep[k] || y.path.Within(x.path) || x.path.Within(y.path)
			}
		}
	}
	maps.DeleteFunc(m.at, func(k string, x *entry) bool { return x.path.Within(p) && !keep[k] })
	m.prune()
}

// prune removes the containers that may not stand alone and are empty.
func (m *model) prune() {
	for changed := true; changed; {
		changed = false
		for k, e := range m.at {
			if !standsAlone(e.path.Last().Node) && !m.hasChildren(e.path) {
				delete(m.at, k)
				changed = true
			}
		}
	}
}

func (m *model) hasChildren(p Path) bool {
	for _, e := range m.at {
		if len(e.path) == len(p)+1 && e.path.Within(p) {
			return true
		}
	}
	return false
}

// apply makes the edit and reports whether it found what it was about.
func (m *model) apply(e Edit) bool {
	found := m.matching(e.Path)
	needs := e.Op != Set && e.Op != Replace && e.Op != Override
	if e.Op == Remove {
		if len(found) == 0 || e.Value != "" && found[0].value != e.Value {
			return true
		}
		e.Op = Delete
	}
	if needs && len(e.Path) > 0 && len(found) == 0 {
		return false
	}
	if m.guards(e) {
		if missed := e.Value != "" && len(found) > 0 && found[0].value != e.Value; e.Op.deletes() && !missed {
			m.removeAround(e.Path)
		}
		return false
	}
	switch e.Op {
	case Rename, Copy, InsertBefore, InsertAfter:
		return m.refer(e, found[0])
	case Set:
		m.set(e)
	case Delete:
		if len(e.Path) > 0 && (len(found) == 0 || e.Value != "" && found[0].value != e.Value) {
			return false
		}
		m.removeBelow(e.Path, true)
	case Replace:
		if l := e.Path.Last(); l.Key != "" && l.Node.Kind == schema.List && len(found) > 0 {
			m.removeBelow(e.Path, false)
			found[0].inactive, found[0].comment = false, ""
		} else {
			m.removeBelow(e.Path, true)
		}
	case Override:
		l := e.Path.Last()
		m.removeBelow(e.Path, l.Node != nil && hasElements(l.Node) && l.Key == "")
	default:
		if len(found) == 0 {
			return false
		}
		for _, f := range found {
			switch e.Op {
			case Annotate:
				f.comment = e.Value
			case Protect, Unprotect:
				f.protected = e.Op == Protect
			default:
				f.inactive = e.Op == Deactivate
			}
		}
	}
	m.prune()
	return true
}

// element picks an entry or element that exists, nil when there is none.
func (m *model) element(src *dice) Path {
	var all []string
	for k, x := range m.at {
		if x.path.Last().Key != "" {
			all = append(all, k)
		}
	}
	if len(all) == 0 {
		return nil
	}
	slices.Sort(all)
	return m.at[all[src.below(len(all))]].path
}

// refer applies an edit of an entry that refers to another.
func (m *model) refer(e Edit, it *entry) bool {
	list := e.Path.Parent().Append(Step{Node: e.Path.Last().Node})
	other := m.at[id(e.Path.Parent().Append(Step{e.Path.Last().Node, e.Value}))]
	if e.Op == Rename || e.Op == Copy {
		if other != nil {
			return false
		}
		m.rekey(e)
		return true
	}
	if e.Value != "" && (other == nil || other == it) || !e.Path.Last().Node.UserOrdered {
		return false
	}
	all := m.matching(list)
	slices.SortFunc(all, func(x, y *entry) int { return x.arrived - y.arrived })
	all = slices.DeleteFunc(all, func(x *entry) bool { return x == it })
	at := slices.Index(all, other)
	switch {
	case e.Value == "" && e.Op == InsertAfter:
		at = len(all)
	case e.Value == "":
		at = 0
	case e.Op == InsertAfter:
		at++
	}
	for _, x := range slices.Insert(all, at, it) {
		m.next++
		x.arrived = m.next
	}
	return true
}

// rekey renames or copies an entry.
func (m *model) rekey(e Edit) {
	i := len(e.Path) - 1
	for k, x := range maps.Clone(m.at) {
		if !x.path.Within(e.Path) {
			continue
		}
		c := *x
		c.path = slices.Clone(x.path)
		c.path[i].Key = e.Value
		if e.Op == Rename {
			delete(m.at, k)
		} else {
			c.protected = false
			if len(c.path) == i+1 {
				m.next++
				c.arrived = m.next
			}
		}
		m.at[id(c.path)] = &c
	}
}

// guards reports whether something protected stands against the edit.
func (m *model) guards(e Edit) bool {
	if e.Op == Protect || e.Op == Unprotect {
		return false
	}
	after := &model{at: map[string]*entry{}, next: m.next}
	for k, x := range m.at {
		c := *x
		after.at[k] = &c
	}
	if e.Op == Set {
		after.set(e)
		after.prune()
		for k, x := range m.at {
			if x.protected && after.at[k] == nil {
				return true
			}
		}
	}
	noop := e.Op == Set && maps.EqualFunc(m.at, after.at, func(x, y *entry) bool { return x.value == y.value })
	for i := range e.Path {
		x := m.at[id(e.Path[:i+1])]
		if x != nil && x.protected && !noop && (e.Op != Copy || i < len(e.Path)-1) {
			return true
		}
	}
	l := e.Path.Last()
	whole := l.Node != nil && hasElements(l.Node) && l.Key == ""
	for _, x := range m.at {
		if x.protected && x.path.Within(e.Path) && (e.Op != Set && e.Op != Annotate && e.Op != Copy || whole) {
			return true
		}
	}
	return false
}

func (m *model) set(e Edit) {
	p := e.Path
	for len(p) > 0 && !standsAlone(p.Last().Node) {
		p = p.Parent()
	}
	for i := range p {
		s := p[i]
		for _, o := range slices.Collect(maps.Values(m.at)) {
			l := o.path.Last()
			if s.Node.Choice != "" && len(o.path) == i+1 && o.path.Parent().Equal(p[:i]) && l.Node.Choice == s.Node.Choice && l.Node.Case != s.Node.Case {
				m.removeBelow(o.path, true)
			}
		}
		if m.at[id(p[:i+1])] == nil {
			m.next++
			m.at[id(p[:i+1])] = &entry{path: p[: i+1 : i+1], arrived: m.next}
		}
	}
	if l := p.Last(); l.Node != nil && l.Node.Kind == schema.Leaf {
		m.at[id(p)].value = e.Value
	}
}

// dump writes the contents in display order, all that is seen of them.
func (m *model) dump(root *schema.Node) string {
	var b strings.Builder
	var below func(s *schema.Node, p Path)
	below = func(s *schema.Node, p Path) {
		for _, c := range s.Children {
			entries := m.matching(p.Append(Step{Node: c}))
			slices.SortFunc(entries, func(x, y *entry) int {
				if c.UserOrdered {
					return x.arrived - y.arrived
				}
				return strings.Compare(x.path.Last().Key, y.path.Last().Key)
			})
			for _, e := range entries {
				fmt.Fprintf(&b, "%s %q %v %v %q\n", id(e.path), e.value, e.inactive, e.protected, e.comment)
				below(c, e.path)
			}
		}
	}
	below(root, nil)
	return b.String()
}

func dump(n Node) string {
	var b strings.Builder
	for c := range n.Children() {
		value := c.Value()
		if c.Key() != "" {
			value = ""
		}
		fmt.Fprintf(&b, "%s %q %v %v %q\n", id(c.Path()), value, c.Inactive(), c.Protected(), c.Comment())
		b.WriteString(dump(c))
	}
	return b.String()
}

// dice draws numbers from fuzz input, zeros when it is used up.
type dice struct {
	data []byte
	few  bool // keys, so that edits meet more often
}

func (s *dice) below(n int) int {
	if len(s.data) == 0 {
		return 0
	}
	v := int(s.data[0])
	s.data = s.data[1:]
	return v % n
}

// edit makes an edit; keys come from a small set so that edits meet.
func (s *dice) edit(root *schema.Node) Edit {
	ops := []Op{Set, Set, Set, Set, Set, Set, Delete, Delete, Remove, Replace, Override, Deactivate, Activate, Annotate,
		Rename, Copy, InsertBefore, InsertAfter, Protect, Unprotect, Unprotect, Unprotect}
	e := Edit{Op: ops[s.below(len(ops))]}
	n := root
	for depth := 0; len(n.Children) > 0 && (depth == 0 || s.below(5) > 0); depth++ {
		n = n.Children[s.below(len(n.Children))]
		step := Step{Node: n}
		if hasElements(n) {
			step.Key = s.key(n)
		}
		e.Path = append(e.Path, step)
	}
	l := &e.Path[len(e.Path)-1]
	switch {
	case e.Op.refers():
		e.Value = fmt.Sprintf("k%d", s.below(40)) // of which, is decided when it is known what there is
		if (e.Op == InsertBefore || e.Op == InsertAfter) && s.below(4) == 3 {
			e.Value = "" // of all
		}
	case e.Op == Set && l.Node.Kind == schema.Leaf && l.Node.Type.Base != schema.Empty:
		e.Value = fmt.Sprintf("v%d", s.below(4))
	case e.Op == Annotate && s.below(3) > 0:
		e.Value = "why"
	case e.Op != Set && !e.Op.refers() && hasElements(l.Node) && s.below(8) == 7:
		l.Key = ""
	case e.Op == Override && s.below(8) == 7:
		e.Path = nil
	}
	return e
}

// key draws the key of an element. Groups are few, so that they are applied, and
// wildcards are frequent within them.
func (s *dice) key(n *schema.Node) string {
	switch {
	case n.Groups != schema.NoGroupsRole:
		return fmt.Sprintf("g%d", s.below(3))
	case n.KeyType.Wildcards && s.below(2) == 0:
		return [...]string{"<*>", "<k?>", "<k[123]*>", "<*3>"}[s.below(4)]
	}
	if s.few {
		return fmt.Sprintf("k%d", s.below(4))
	}
	return fmt.Sprintf("k%d", s.below(40))
}

// compareWithModel applies edits one by one, in batches and to the model, and
// checks everything that a tree promises.
func compareWithModel(t *testing.T, data []byte) {
	root := testSchema()
	src := &dice{data: data}
	m := newModel()
	tree := New(root)
	batch := tree.Batch()
	trees, dumps := []*Tree{tree}, []string{""}
	for i := 0; len(src.data) > 0; i++ {
		e := src.edit(root)
		if e.Op.refers() {
			e.Path = m.element(src)
		}
		if e.Op.refers() && e.Path == nil {
			continue
		}
		next, err := tree.Edit(e)
		if found := m.apply(e); found != (err == nil) {
			t.Fatalf("%s %s: error %v, the model found %v", e.Op, e.Path, err, found)
		}
		if berr := batch.Apply(e); (berr == nil) != (err == nil) {
			t.Fatalf("%s %s: batch says %v, edit says %v", e.Op, e.Path, berr, err)
		}
		want := m.dump(root)
		if got := dump(next.Root()); got != want {
			t.Fatalf("after %s %s\n%s\nwant\n%s", e.Op, e.Path, got, want)
		}
		if (dumps[len(dumps)-1] == want) != (tree == next) {
			t.Fatalf("%s %s: same contents and same tree differ", e.Op, e.Path)
		}
		tree = next
		trees, dumps = append(trees, tree), append(dumps, want)
		if i%7 == 0 && !batch.Tree().Equal(tree) {
			t.Fatalf("batch differs after %s %s", e.Op, e.Path)
		}
	}
	if !batch.Tree().Equal(tree) {
		t.Fatal("batch differs")
	}
	checkVersions(t, trees, dumps)
}

// checkVersions: old versions are as they were, hashes are equal where contents
// are, and a difference applied to one version gives the other.
func checkVersions(t *testing.T, trees []*Tree, dumps []string) {
	for i, tree := range trees {
		if got := dump(tree.Root()); got != dumps[i] {
			t.Fatalf("version %d changed to\n%s\nit was\n%s", i, got, dumps[i])
		}
		rebuilt := rebuild(tree)
		if !rebuilt.Equal(tree) {
			t.Fatalf("same contents, different hash:\n%s", dumps[i])
		}
		j := (i*7 + 3) % len(trees)
		if trees[j].Equal(tree) != (dumps[i] == dumps[j]) {
			t.Fatalf("hashes and contents of versions %d and %d disagree", i, j)
		}
		patched, changes := patch(t, trees[j], tree)
		if !patched.Equal(tree) {
			t.Fatalf("difference %v of\n%s\nand\n%s\ngives\n%s", kinds(changes), dumps[j], dumps[i], dump(patched.Root()))
		}
		if (len(changes) == 0) != (dumps[i] == dumps[j]) {
			t.Fatalf("%d changes between\n%s\nand\n%s", len(changes), dumps[j], dumps[i])
		}
		checkExpanded(t, tree)
	}
}

// whole returns what builds n anew with its contents and marks.
func whole(n Node) []Edit {
	e := Edit{Op: Set, Path: n.Path()}
	if n.Schema().Kind == schema.Leaf {
		e.Value = n.Value()
	}
	return slices.Concat([]Edit{e}, edits(n), marks(n))
}

func marks(n Node) []Edit {
	var all []Edit
	if n.Inactive() {
		all = append(all, Edit{Op: Deactivate, Path: n.Path()})
	}
	if n.Comment() != "" {
		all = append(all, Edit{Op: Annotate, Path: n.Path(), Value: n.Comment()})
	}
	return all
}

// edits returns what builds the contents of n anew.
func edits(n Node) []Edit {
	var all []Edit
	for c := range n.Children() {
		all = append(all, whole(c)...)
	}
	return all
}

// rebuild makes the same contents anew.
func rebuild(t *Tree) *Tree {
	b := New(t.Schema()).Batch()
	mustApply(b, edits(t.Root())...)
	mustApply(b, protects(t.Root())...)
	return b.Tree()
}

// protects returns what protects the statements that are protected below n.
func protects(n Node) []Edit {
	var all []Edit
	for c := range n.Children() {
		if c.Protected() {
			all = append(all, Edit{Op: Protect, Path: c.Path()})
		}
		all = append(all, protects(c)...)
	}
	return all
}

func mustApply(b *Batch, all ...Edit) {
	for _, e := range all {
		if err := b.Apply(e); err != nil {
			panic(err)
		}
	}
}

func TestTreeAgreesWithTheModel(t *testing.T) {
	for seed := range uint64(60) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 1))
			data := make([]byte, 600)
			for i := 0; i < len(data); i += 8 {
				binary.LittleEndian.PutUint64(data[i:], rng.Uint64())
			}
			compareWithModel(t, data)
		})
	}
}

func FuzzTree(f *testing.F) {
	f.Add([]byte("a few edits"))
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15})
	f.Fuzz(func(t *testing.T, data []byte) {
		compareWithModel(t, data[:min(len(data), 1500)])
	})
}
