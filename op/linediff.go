package op

import "slices"

// hunk is a place where two texts differ: the lines from a0 up to a1 of the first stand
// where those from b0 up to b1 of the second do.
type hunk struct{ a0, a1, b0, b1 int }

// lineDiff finds the places where two texts differ: around the lines that both have once, in
// the same order, and there, where little is left, as few as possible.
type lineDiff struct {
	a, b  []int // lines, by number: equal ones have the same
	hunks []hunk
}

// Bounds of the search, beyond which a whole stretch counts as different.
const (
	maxCells = 1 << 20 // pairs of lines that are looked at one by one
	maxDepth = 64
)

// differences compares lines.
func differences(a, b []string) []hunk {
	numbers := make(map[string]int)
	number := func(lines []string) []int {
		list := make([]int, len(lines))
		for i, line := range lines {
			n, known := numbers[line]
			if !known {
				n = len(numbers)
				numbers[line] = n
			}
			list[i] = n
		}
		return list
	}
	d := &lineDiff{a: number(a), b: number(b)}
	d.between(hunk{0, len(a), 0, len(b)}, 0)
	return d.hunks
}

// add adds a hunk, which may go on where the last one ends.
func (d *lineDiff) add(h hunk) {
	if h.a0 == h.a1 && h.b0 == h.b1 {
		return
	}
	if n := len(d.hunks); n > 0 && d.hunks[n-1].a1 == h.a0 && d.hunks[n-1].b1 == h.b0 {
		d.hunks[n-1].a1, d.hunks[n-1].b1 = h.a1, h.b1
		return
	}
	d.hunks = append(d.hunks, h)
}

// between compares a stretch.
func (d *lineDiff) between(h hunk, depth int) {
	for h.a0 < h.a1 && h.b0 < h.b1 && d.a[h.a0] == d.b[h.b0] {
		h.a0, h.b0 = h.a0+1, h.b0+1
	}
	for h.a0 < h.a1 && h.b0 < h.b1 && d.a[h.a1-1] == d.b[h.b1-1] {
		h.a1, h.b1 = h.a1-1, h.b1-1
	}
	n, m := h.a1-h.a0, h.b1-h.b0
	switch {
	case n == 0 || m == 0:
		d.add(h)
		return
	case n <= maxCells/m:
		d.exactly(h)
		return
	}
	var anchors [][2]int
	if depth < maxDepth {
		anchors = d.anchors(h)
	}
	if anchors == nil {
		d.add(h)
		return
	}
	for _, at := range anchors {
		d.between(hunk{h.a0, at[0], h.b0, at[1]}, depth+1)
		h.a0, h.b0 = at[0]+1, at[1]+1
	}
	d.between(h, depth+1)
}

// exactly compares a short stretch by its longest common subsequence.
func (d *lineDiff) exactly(h hunk) {
	n, m := h.a1-h.a0, h.b1-h.b0
	long := make([]int32, (n+1)*(m+1)) // of what is common from i and j on
	at := func(i, j int) *int32 { return &long[i*(m+1)+j] }
	for i := n - 1; i >= 0; i-- {
		for j := m - 1; j >= 0; j-- {
			if d.a[h.a0+i] == d.b[h.b0+j] {
				*at(i, j) = *at(i+1, j+1) + 1
			} else {
				*at(i, j) = max(*at(i+1, j), *at(i, j+1))
			}
		}
	}
	for i, j := 0, 0; i < n || j < m; {
		switch {
		case i < n && j < m && d.a[h.a0+i] == d.b[h.b0+j]:
			i, j = i+1, j+1
		case j == m || i < n && *at(i+1, j) >= *at(i, j+1):
			d.add(hunk{h.a0 + i, h.a0 + i + 1, h.b0 + j, h.b0 + j})
			i++
		default:
			d.add(hunk{h.a0 + i, h.a0 + i, h.b0 + j, h.b0 + j + 1})
			j++
		}
	}
}

// anchors returns the lines that each side of a stretch has once, as many as stand in the
// same order on both, by their places.
func (d *lineDiff) anchors(h hunk) [][2]int {
	type seen struct{ inA, inB, atA, atB int }
	lines := make(map[int]*seen)
	for i := h.a0; i < h.a1; i++ {
		s := lines[d.a[i]]
		if s == nil {
			s = &seen{}
			lines[d.a[i]] = s
		}
		s.inA, s.atA = s.inA+1, i
	}
	for j := h.b0; j < h.b1; j++ {
		if s := lines[d.b[j]]; s != nil {
			s.inB, s.atB = s.inB+1, j
		}
	}
	// The longest increasing sequence of places in b; ends holds the best end for each length.
	type link struct {
		at   [2]int
		back *link
	}
	var ends []*link
	for i := h.a0; i < h.a1; i++ {
		s := lines[d.a[i]]
		if s.inA != 1 || s.inB != 1 {
			continue
		}
		n, _ := slices.BinarySearchFunc(ends, s.atB, func(l *link, b int) int { return l.at[1] - b })
		l := &link{at: [2]int{i, s.atB}}
		if n > 0 {
			l.back = ends[n-1]
		}
		if n == len(ends) {
			ends = append(ends, l)
		} else {
			ends[n] = l
		}
	}
	if len(ends) == 0 {
		return nil
	}
	var anchors [][2]int
	for l := ends[len(ends)-1]; l != nil; l = l.back {
		anchors = append(anchors, l.at)
	}
	slices.Reverse(anchors)
	return anchors
}
