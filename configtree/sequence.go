package configtree

import (
	"math"
	"slices"
)

// reader goes through a sealed set, forwards or backwards, and shows what is
// ahead: an element, or a chunk of them that can be passed as a whole.
type reader struct {
	frames   []frame
	backward bool
	left     int // elements not passed yet
}

// frame is a chunk and how far the reader is in it: kids and items take turns,
// kid 0, item 0, kid 1, …
type frame struct {
	c *chunk
	i int
}

func newReader(c *chunk, backward bool) *reader {
	r := &reader{backward: backward}
	if c != nil {
		r.left = c.count
		r.enter(c)
	}
	return r
}

func (r *reader) enter(c *chunk) {
	i := 0
	if r.backward {
		i = 2 * len(c.items)
	}
	r.frames = append(r.frames, frame{c, i})
}

func (r *reader) advance() {
	f := &r.frames[len(r.frames)-1]
	if r.backward {
		f.i--
	} else {
		f.i++
	}
}

// ahead returns the element or the chunk that comes next; neither at the end.
func (r *reader) ahead() (*node, *chunk) {
	for len(r.frames) > 0 {
		f := r.frames[len(r.frames)-1]
		switch {
		case f.i < 0 || f.i > 2*len(f.c.items):
			r.frames = r.frames[:len(r.frames)-1]
			if len(r.frames) > 0 {
				r.advance()
			}
		case f.i%2 == 1:
			return f.c.items[f.i/2], nil
		case f.c.kid(f.i/2) != nil:
			return nil, f.c.kid(f.i / 2)
		default:
			r.advance()
		}
	}
	return nil, nil
}

// pass leaves the element behind that is ahead.
func (r *reader) pass() {
	r.left--
	r.advance()
}

// equalParts and onePart tell when two chunks need not be entered: when they have
// the same contents, and when they are one and the same, ranks included.
func equalParts(c, d *chunk) bool { return c.hash == d.hash }
func onePart(c, d *chunk) bool    { return c == d }

// next brings both readers to an element, passing the chunks that are the same,
// and returns the elements: nil at the end of a set.
func next(x, y *reader, same func(c, d *chunk) bool) (*node, *node) {
	for {
		a, c := x.ahead()
		b, d := y.ahead()
		switch {
		case c != nil && d != nil && same(c, d):
			x.left -= c.count
			y.left -= d.count
			x.advance()
			y.advance()
		case c != nil && (d == nil || c.level >= d.level):
			x.enter(c)
		case d != nil:
			y.enter(d)
		default:
			return a, b
		}
	}
}

// userOrdered compares two sets in the order of their users. What they have in
// common at the start and at the end is passed chunk by chunk; what remains
// between is aligned so that the fewest elements have moved.
func (d *differ) userOrdered(from, to *chunk, up sides) {
	x, y := newReader(from, false), newReader(to, false)
	for {
		a, b := next(x, y, equalParts)
		if a == nil && b == nil {
			return
		}
		if a == nil || b == nil || a.text != b.text {
			break
		}
		d.pair(a, b, up)
		x.pass()
		y.pass()
	}
	end, differing := commonEnd(from, to, equalParts)
	d.align(x.take(x.left-end), y.take(y.left-end), up)
	for _, c := range slices.Backward(differing) {
		d.pair(c.from, c.to, up)
	}
}

// couple is an element in both trees.
type couple struct{ from, to *node }

// commonEnd counts the elements with equal keys at the ends of two sequences
// that are not the same. Those that may differ are returned, last first. It can
// not run into their common beginning: that would take a key that is in one of
// them twice.
func commonEnd(from, to *chunk, same func(c, d *chunk) bool) (count int, differing []couple) {
	x, y := newReader(from, true), newReader(to, true)
	total := x.left
	for {
		a, b := next(x, y, same)
		if a == nil || b == nil || a.text != b.text {
			return total - x.left, differing
		}
		differing = append(differing, couple{a, b})
		x.pass()
		y.pass()
	}
}

// take collects the next n elements.
func (r *reader) take(n int) []*node {
	taken := make([]*node, 0, n)
	for len(taken) < n {
		e, c := r.ahead()
		if c != nil {
			r.enter(c)
			continue
		}
		taken = append(taken, e)
		r.pass()
	}
	return taken
}

// align compares two sequences of elements. Those of a longest common
// subsequence stay where they are, the other common ones have moved.
func (d *differ) align(from, to []*node, up sides) {
	was := make(map[string]int, len(from))
	for i, a := range from {
		was[a.text] = i
	}
	common := make([]int, 0, min(len(from), len(to)))
	isCommon := make([]bool, len(from))
	for _, b := range to {
		if i, ok := was[b.text]; ok {
			common = append(common, i)
			isCommon[i] = true
		}
	}
	stays := make([]bool, len(from))
	for _, i := range staying(common, func(i int) bool { return from[i].has&hasProtected != 0 }) {
		stays[i] = true
	}
	i := 0
	removed := func() {
		for ; i < len(from) && !stays[i]; i++ {
			if !isCommon[i] {
				d.pair(from[i], nil, up)
			}
		}
	}
	removed()
	for _, b := range to {
		w, ok := was[b.text]
		switch {
		case !ok:
			d.pair(nil, b, up)
		case stays[w]:
			d.pair(from[w], b, up)
			i = w + 1
			removed()
		default:
			d.add(Moved, Node{from[w], up.from}, Node{b, up.to})
			d.pair(from[w], b, up)
		}
	}
}

// staying returns the numbers of the elements that stay where they are: as many as can,
// but those that are protected before others if all of them can, for nobody may move them.
func staying(v []int, protected func(int) bool) []int {
	var all, between []int
	low := -1
	for _, x := range v {
		if !protected(x) {
			between = append(between, x)
			continue
		}
		if x < low {
			return increasing(v)
		}
		all = append(append(all, increasing(within(between, low, x))...), x)
		low, between = x, between[:0]
	}
	if low < 0 {
		return increasing(v)
	}
	return append(all, increasing(within(between, low, math.MaxInt))...)
}

// within returns the numbers between two others.
func within(v []int, low, high int) []int {
	return slices.DeleteFunc(v, func(x int) bool { return x <= low || x >= high })
}

// increasing returns a longest increasing subsequence of distinct numbers, by
// patience sorting.
func increasing(v []int) []int {
	var tops []int // tops[k]: index in v of the smallest end of a subsequence of length k+1
	before := make([]int, len(v))
	for i, x := range v {
		k, _ := slices.BinarySearchFunc(tops, x, func(t, x int) int { return v[t] - x })
		before[i] = -1
		if k > 0 {
			before[i] = tops[k-1]
		}
		if k == len(tops) {
			tops = append(tops, i)
		} else {
			tops[k] = i
		}
	}
	longest := make([]int, len(tops))
	if len(tops) > 0 {
		for k, i := len(tops)-1, tops[len(tops)-1]; k >= 0; k, i = k-1, before[i] {
			longest[k] = v[i]
		}
	}
	return longest
}
