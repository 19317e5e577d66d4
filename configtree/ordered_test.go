package configtree

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"loggia/configtree/schema"
)

// checkShape verifies what a chunk promises and returns its elements.
func checkShape(t *testing.T, o order, c *chunk) []*node {
	t.Helper()
	if c == nil {
		return nil
	}
	var all []*node
	if len(c.items) == 0 || c.kids != nil && len(c.kids) != len(c.items)+1 {
		t.Fatalf("a chunk of %d elements with %d below", len(c.items), len(c.kids))
	}
	for i := range len(c.items) + 1 {
		if k := c.kid(i); k != nil {
			if k.level >= c.level {
				t.Fatalf("level %d below level %d", k.level, c.level)
			}
			all = append(all, checkShape(t, o, k)...)
		}
		if i < len(c.items) {
			if level(c.items[i].text) != c.level {
				t.Fatalf("%q has level %d, not %d", c.items[i].text, level(c.items[i].text), c.level)
			}
			all = append(all, c.items[i])
		}
	}
	if !slices.IsSortedFunc(all, o.compare) {
		t.Fatal("not in order")
	}
	return all
}

// TestOrderedSets goes through enough keys for several levels, in both orders.
func TestOrderedSets(t *testing.T) {
	s := &schema.Node{Kind: schema.List}
	rng := rand.New(rand.NewPCG(7, 7))
	const keys = 6000
	for _, o := range []order{byKey, byRank} {
		var c *chunk
		w := new(owner)
		present := map[int]*node{}
		elements := make([]*node, keys)
		for i := range elements {
			elements[i] = &node{schema: s, text: fmt.Sprintf("key%d", i*7919%keys), rank: uint64(i)}
		}
		type version struct {
			c   *chunk
			all []*node
		}
		var versions []version
		for step := range 4 * keys {
			i := rng.IntN(keys)
			if present[i] != nil {
				c = o.remove(c, elements[i], w)
				delete(present, i)
			} else {
				c = o.put(c, elements[i], level(elements[i].text), w)
				present[i] = elements[i]
			}
			if (o.get(c, elements[i]) != nil) != (present[i] != nil) {
				t.Fatal("get disagrees")
			}
			if step%2000 == 0 {
				versions = append(versions, version{c, checkShape(t, o, c)})
				new(sealer).chunk(c)
				w = new(owner)
			}
		}
		all := checkShape(t, o, c)
		if len(all) != len(present) || c.last() != all[len(all)-1] || !slices.Equal(slices.Collect(c.all()), all) {
			t.Fatalf("%d elements, want %d", len(all), len(present))
		}
		if c.level < 2 {
			t.Fatalf("only %d levels", c.level+1)
		}
		for i, v := range versions {
			if !slices.Equal(checkShape(t, o, v.c), v.all) {
				t.Fatalf("version %d changed", i)
			}
		}
		checkCanonical(t, o, c, all, w)
	}
}

// checkCanonical: another way to the same elements gives the same chunks, and
// taking all of them out leaves nothing.
func checkCanonical(t *testing.T, o order, c *chunk, all []*node, w *owner) {
	t.Helper()
	var fresh *chunk
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for _, n := range all {
		fresh = o.put(fresh, n, level(n.text), w)
	}
	new(sealer).chunk(c)
	new(sealer).chunk(fresh)
	if c.hash != fresh.hash || c.count != len(all) {
		t.Fatal("the shape depends on the way it came about")
	}
	for _, n := range all {
		c = o.remove(c, n, w)
	}
	if c != nil {
		t.Fatal("something is left")
	}
}
