package match

import (
	"bytes"
	"iter"
)

// Scanner finds the lines that match in blocks of text, which is much faster than
// asking Match about each: it looks for what lines must hold, and for where lines
// begin only around what it has found. It keeps an automaton of its own, so one
// goroutine uses it.
type Scanner struct {
	e     *Expr
	words *sampler // nil: all text goes to the automaton
	table *table

	anchors  *anchors // nil: there is no search by rare bytes
	anchored bool     // it is the one for the present block
}

// Scanner returns a scanner for the expression.
func (e *Expr) Scanner() *Scanner {
	words := newSampler(e.prefilter)
	return &Scanner{e: e, words: words, anchors: newAnchors(words), table: newTable(e.automaton)}
}

// Stretches yields where in block the lines are that match, or with matching
// false the others: offsets of the beginning of a line and of the end of one, its
// newline included, in order and not overlapping. The block begins with a line;
// the newline of its last one may be missing.
func (s *Scanner) Stretches(block []byte, matching bool) iter.Seq2[int, int] {
	return func(yield func(from, to int) bool) {
		find := s.finder(block)
		wanted := matching != s.e.negate
		begin := 0 // of the lines that hold no match
		for at := 0; at < len(block); {
			from, to := find(at)
			switch {
			case wanted && from < to:
				if !yield(from, to) {
					return
				}
			case !wanted && begin < from:
				if !yield(begin, from) {
					return
				}
			}
			at, begin = to, to
		}
	}
}

// Keep appends to dst the lines of block that match, or with matching false the
// others.
func (s *Scanner) Keep(dst, block []byte, matching bool) []byte {
	for from, to := range s.Stretches(block, matching) {
		dst = append(dst, block[from:to]...)
	}
	return dst
}

// finder returns the function that finds in block the first line at or behind at,
// where a line begins, in which the program matches: from where to where it goes,
// both the end of the block if there is none.
func (s *Scanner) finder(block []byte) func(at int) (from, to int) {
	s.table.flushes = 0
	s.anchored = s.anchors != nil && s.anchors.begin(block, s.words.cost)
	switch start := s.table.start; {
	case start.stop && start.matched:
		return func(at int) (int, int) { return lineAround(block, at, at) }
	case start.stop:
		return func(int) (int, int) { return len(block), len(block) }
	case s.anchored || s.words != nil && s.words.decides(block):
		return func(at int) (int, int) { return s.byWords(block, at) }
	}
	hits, ok := s.table.all(block)
	if !ok { // the table does not pay
		return func(at int) (int, int) { return s.oneByOne(block, at) }
	}
	return func(at int) (int, int) {
		if len(hits) == 0 {
			return len(block), len(block)
		}
		from, to := lineAround(block, at, int(hits[0]))
		hits = hits[1:]
		return from, to
	}
}

// index returns a place in the first line at or behind at that holds a word, -1 if
// none does.
func (s *Scanner) index(block []byte, at int) int {
	if s.anchored {
		return s.anchors.index(block, at)
	}
	return s.words.index(block, at)
}

func (s *Scanner) byWords(block []byte, at int) (from, to int) {
	for at < len(block) {
		hit := s.index(block, at)
		if hit < 0 {
			break
		}
		from, to = lineAround(block, at, hit)
		if s.words.exact || s.matches(bytes.TrimSuffix(block[from:to], []byte{'\n'})) {
			return from, to
		}
		at = to
	}
	return len(block), len(block)
}

func (s *Scanner) oneByOne(block []byte, at int) (from, to int) {
	for at < len(block) {
		from, to = lineAround(block, at, at)
		if s.e.automaton.match(bytes.TrimSuffix(block[from:to], []byte{'\n'})) {
			return from, to
		}
		at = to
	}
	return len(block), len(block)
}

// matches runs the automaton over one line.
func (s *Scanner) matches(line []byte) bool {
	if s.table.flushes <= maxTableFlushes {
		if yes, ok := s.table.matches(line); ok {
			return yes
		}
	}
	return s.e.automaton.match(line)
}

// lineAround returns the bounds of the line that holds the byte at hit, newline
// included. A line begins at floor.
func lineAround(block []byte, floor, hit int) (from, to int) {
	from = floor + bytes.LastIndexByte(block[floor:hit], '\n') + 1
	if i := bytes.IndexByte(block[hit:], '\n'); i >= 0 {
		return from, hit + i + 1
	}
	return from, len(block)
}
