package configtree

import (
	"slices"
	"strings"
)

// touched returns, in display order, the keys of elements that are in one of the
// lists alone or not the same in both, and perhaps some more. Of a list that its
// user orders, same tells which parts to pass: equalParts, or onePart where ranks
// matter too.
func touched(from, to *list, same func(c, d *chunk) bool) []string {
	if from.ranks != nil || to.ranks != nil {
		return touchedInOrder(from.ranks, to.ranks, same)
	}
	var keys []string
	x, y := newReader(from.keys, false), newReader(to.keys, false)
	for {
		a, b := next(x, y, equalParts)
		if a == nil && b == nil {
			return keys
		}
		first := 0 // of both
		switch {
		case b == nil:
			first = -1
		case a == nil:
			first = 1
		default:
			first = strings.Compare(a.text, b.text)
		}
		switch {
		case first < 0:
			keys = append(keys, a.text)
		case first > 0, a.hash != b.hash:
			keys = append(keys, b.text)
		}
		if first <= 0 {
			x.pass()
		}
		if first >= 0 {
			y.pass()
		}
	}
}

// touchedInOrder passes what the sequences have in common at the start and at
// the end, and takes all between.
func touchedInOrder(from, to *chunk, same func(c, d *chunk) bool) []string {
	var keys []string
	x, y := newReader(from, false), newReader(to, false)
	for {
		a, b := next(x, y, same)
		if a == nil && b == nil {
			return keys
		}
		if a == nil || b == nil || a.text != b.text {
			break
		}
		if a != b {
			keys = append(keys, a.text)
		}
		x.pass()
		y.pass()
	}
	end, differing := commonEnd(from, to, same)
	seen := make(map[string]bool)
	for _, n := range slices.Concat(x.take(x.left-end), y.take(y.left-end)) {
		if !seen[n.text] {
			seen[n.text] = true
			keys = append(keys, n.text)
		}
	}
	for _, c := range slices.Backward(differing) {
		if c.from != c.to {
			keys = append(keys, c.from.text)
		}
	}
	return keys
}
