package format

import (
	"encoding/xml"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"loggia/configtree"
	"loggia/configtree/schema"
)

// element is a statement of a load, with what the load does with it.
type element struct {
	node       *schema.Node
	key, value string
	op         operation
	place      placing
	beside     string
	below      []*element
}

// author writes loads that fit a configuration here and there.
type author struct{ *gardener }

// elements are statements for a level, which is configured as now unless that is absent. Within what is
// replaced nothing else is asked for.
func (a *author) elements(now configtree.Node, level *schema.Node, plain bool) (all []*element) {
	for _, i := range a.rand.Perm(len(level.Children)) {
		c := level.Children[i]
		if c.Unkept || !a.chance(12) {
			continue
		}
		for range 1 + a.rand.IntN(2) {
			if e := a.element(now, c, plain); e != nil {
				all = append(all, e)
			}
		}
	}
	return all
}

func (a *author) element(now configtree.Node, c *schema.Node, plain bool) *element {
	e, ok := &element{node: c}, true
	var keys []string
	if now.Valid() && (c.Kind == schema.List || c.Kind == schema.LeafList) {
		for n := range now.Entries(c.Name) {
			keys = append(keys, n.Key())
		}
	}
	switch {
	case len(keys) > 0 && a.chance(60):
		e.key = keys[a.rand.IntN(len(keys))]
	case c.Kind == schema.List:
		e.key, ok = a.value(&c.KeyType)
	case c.Kind == schema.LeafList:
		e.key, ok = a.value(&c.Type)
	case c.Kind == schema.Leaf && c.Type.Base != schema.Empty:
		e.value, ok = a.value(&c.Type)
	}
	if !ok || strings.ContainsFunc(e.key+e.value, func(r rune) bool { return r < ' ' || r == utf8.RuneError }) {
		return nil
	}
	if !plain && a.chance(35) {
		e.op = []operation{replacing, removing, deleting}[a.rand.IntN(3)]
	}
	if marks := (marks{op: e.op}); marks.deletes() {
		return e
	}
	if c.UserOrdered && a.chance(30) {
		e.place = []placing{first, last}[a.rand.IntN(2)]
		if len(keys) > 0 && keys[0] != e.key && a.chance(50) {
			e.place, e.beside = before, keys[0]
		}
	}
	return a.filled(e, now, plain)
}

// filled is an element with contents, nil when there has to be some and is none.
func (a *author) filled(e *element, now configtree.Node, plain bool) *element {
	inner := configtree.Node{}
	switch {
	case e.node.Kind == schema.Leaf || e.node.Kind == schema.LeafList:
		return e
	case now.Valid() && e.node.Kind == schema.List:
		inner = now.Entry(e.node.Name, e.key)
	case now.Valid():
		inner = now.Child(e.node.Name)
	}
	if e.node.NeedsContents() {
		e.below = []*element{{node: e.node.Children[0]}}
		return e
	}
	e.below = a.elements(inner, e.node, plain || e.op == replacing)
	if removesOnly(e) && e.op == merging || len(e.below) == 0 && e.node.Kind == schema.Container && !e.node.Presence {
		return nil
	}
	return e
}

// removesOnly reports whether nothing is set at or below e: whether that makes an entry the faces see differently.
func removesOnly(e *element) bool {
	for _, b := range e.below {
		if m := (marks{op: b.op}); !m.deletes() && !removesOnly(b) {
			return false
		}
	}
	return len(e.below) > 0
}

func (e *element) xml(b *strings.Builder) {
	escaped := func(s string) string {
		var t strings.Builder
		if err := xml.EscapeText(&t, []byte(s)); err != nil {
			panic(err)
		}
		return t.String()
	}
	b.WriteString("<" + e.node.Name)
	if e.op != merging {
		fmt.Fprintf(b, ` operation="%s"`, [...]string{"", "", "replace", "delete", "remove"}[e.op])
	}
	if e.place != anywhere {
		fmt.Fprintf(b, ` insert="%s"`, [...]string{"", "first", "last", "before"}[e.place])
	}
	if e.beside != "" {
		name := "value"
		if e.node.Kind == schema.List {
			name = e.node.Key
		}
		fmt.Fprintf(b, ` %s="%s"`, name, escaped(e.beside))
	}
	b.WriteString(">")
	if e.node.Kind == schema.List {
		fmt.Fprintf(b, "<%s>%s</%s>", e.node.Key, escaped(e.key), e.node.Key)
	} else if m := (marks{op: e.op}); e.node.Kind == schema.LeafList || !m.deletes() {
		b.WriteString(escaped(e.key + e.value))
	}
	for _, inner := range e.below {
		inner.xml(b)
	}
	b.WriteString("</" + e.node.Name + ">")
}

// make does by single edits what the element says, one after the other.
func (e *element) make(b *configtree.Batch, above configtree.Path) (missed int) {
	path := above.Append(configtree.Step{Node: e.node, Key: e.key})
	do := func(op configtree.Op, value string) {
		if b.Apply(configtree.Edit{Op: op, Path: path, Value: value}) != nil {
			missed++
		}
	}
	_, there := b.Tree().At(path)
	switch {
	case e.op == deleting, e.op == removing && there:
		do(configtree.Delete, "")
		return missed
	case e.op == removing:
		return 0
	case e.op == replacing && there && e.node.Kind != schema.LeafList: // a value replaces itself
		do(configtree.Replace, "")
	}
	if s := e.node; s.Kind != schema.Container && !s.NeedsContents() || s.Presence {
		do(configtree.Set, e.value)
	}
	for _, inner := range e.below {
		missed += inner.make(b, path)
	}
	if e.place == before {
		do(configtree.InsertBefore, e.beside)
	} else if e.place != anywhere {
		e.moveToEnd(b, path, do)
	}
	return missed
}

// moveToEnd names the entry that is the first or last.
func (e *element) moveToEnd(b *configtree.Batch, path configtree.Path, do func(configtree.Op, string)) {
	parent := b.Tree().Root()
	if len(path) > 1 {
		parent, _ = b.Tree().At(path.Parent())
	}
	var others []string
	for n := range parent.Entries(e.node.Name) {
		if n.Key() != e.key {
			others = append(others, n.Key())
		}
	}
	switch {
	case len(others) == 0:
	case e.place == first:
		do(configtree.InsertBefore, others[0])
	default:
		do(configtree.InsertAfter, others[len(others)-1])
	}
}

// TestOperationsOfRandomLoads: a load with operations makes what they make one by one, in the order of the
// document, and tells of each that has nothing to work on.
func TestOperationsOfRandomLoads(t *testing.T) {
	root := loadSchema(t)
	for seed := range uint64(400) {
		on := randomTree(t, root, seed)
		a := author{&gardener{rand: rand.New(rand.NewPCG(seed, 4))}}
		b, missed := on.Batch(), 0
		var load strings.Builder
		load.WriteString("<configuration>")
		for _, e := range a.elements(on.Root(), root, false) {
			e.xml(&load)
			missed += e.make(b, nil)
		}
		load.WriteString("</configuration>")
		got, problems := applyOnto(on, XML, load.String())
		if len(problems) != missed || !got.Equal(b.Tree()) {
			t.Fatalf("seed %d: %d were missed, %v\n%s\n%s", seed, missed, problems, load.String(), compare(t, b.Tree(), got, nil))
		}
	}
}
