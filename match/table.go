package match

import "bytes"

// table is the automaton as one reader has it: flat, without atomic pointers, and
// with a newline as a character like the others, which leads back to the start.
// It copies what it needs from the automaton it belongs to.
//
// A step waits for the one before it, but a processor has time for several
// meanwhile: a block of text is therefore cut into lanes that run side by side.
type table struct {
	automaton *automaton
	start     *state // row 0

	columns [256]uint32 // by byte; other is the one of bytes that begin several
	width   uint32      // of a row: the classes, the newline, other
	rows    []uint32    // by row + column: the next row, or a special one
	states  []*state    // by row / width
	known   map[*state]uint32
	flushes int // times that rows was emptied within one block

	lanes [4]lane
	one   [1]lane // for one line
}

// What stands in a table besides rows.
const (
	special = 1 << 31
	unbuilt = special     // to be worked out, or a character of several bytes
	hit     = special + 1 // the line matches
	miss    = special + 2 // the line does not match, whatever follows
)

// maxTableFlushes is how often a table may be emptied for one block before lines
// are matched one by one.
const maxTableFlushes = 4

// lane is a stretch of whole lines that is being read.
type lane struct {
	at, end int // at is behind end when there is nothing more to know
	row     uint32
	hits    []int32 // for each line that matches, the place of a byte of it
}

func newTable(a *automaton) *table {
	t := &table{automaton: a, width: uint32(len(a.alphabet.from)) + 2}
	for c, class := range a.alphabet.byByte {
		t.columns[c] = uint32(class)
		if class == decode {
			t.columns[c] = t.width - 1
		}
	}
	t.columns['\n'] = t.newline()
	t.empty()
	return t
}

func (t *table) newline() uint32 { return t.width - 2 }

// empty begins anew, with the start alone.
func (t *table) empty() {
	t.start = t.automaton.current.Load().start
	t.rows, t.states, t.known = t.rows[:0], t.states[:0], map[*state]uint32{}
	t.row(t.start)
}

// row returns the row of a state.
func (t *table) row(s *state) uint32 {
	if r, ok := t.known[s]; ok {
		return r
	}
	r := uint32(len(t.rows))
	for range t.width {
		t.rows = append(t.rows, unbuilt)
	}
	if t.rows[r+t.newline()] = 0; s.atEnd {
		t.rows[r+t.newline()] = hit
	}
	t.states = append(t.states, s)
	t.known[s] = r
	return r
}

func (t *table) state(row uint32) *state { return t.states[row/t.width] }

// matches reports whether a line, without its newline, matches. ok is false when
// the table outgrew its bound too often.
func (t *table) matches(line []byte) (yes, ok bool) {
	if t.start.stop || len(line) == 0 {
		return t.start.matched || len(line) == 0 && t.start.atEnd, true
	}
	l := &t.one[0]
	*l = lane{end: len(line), hits: l.hits[:0]}
	if !t.alone(line, l, t.one[:], true) {
		return false, false
	}
	return len(l.hits) > 0, true
}

// all returns a place in each line of block that matches. The start is not one
// that decides.
func (t *table) all(block []byte) (hits []int32, ok bool) {
	from := 0
	for i := range t.lanes {
		to := max(from, len(block)/len(t.lanes)*(i+1))
		if n := bytes.IndexByte(block[to:], '\n'); i < len(t.lanes)-1 && n >= 0 {
			to += n + 1
		} else {
			to = len(block)
		}
		if t.lanes[i] = (lane{at: from, end: to, hits: t.lanes[i].hits[:0]}); from == to {
			t.lanes[i].at++ // over already
		}
		from = to
	}
	if !t.together(block) {
		return nil, false
	}
	for i := range t.lanes {
		if !t.alone(block, &t.lanes[i], t.lanes[:], false) {
			return nil, false
		}
		if i > 0 {
			t.lanes[0].hits = append(t.lanes[0].hits, t.lanes[i].hits...)
		}
	}
	return t.lanes[0].hits, true
}

// together runs the lanes side by side until one has come to its end.
func (t *table) together(text []byte) bool {
	a, b, c, d := &t.lanes[0], &t.lanes[1], &t.lanes[2], &t.lanes[3]
	for {
		steps := min(a.end-a.at, b.end-b.at, c.end-c.at, d.end-d.at)
		if steps <= 0 {
			return true
		}
		rows, columns := t.rows, &t.columns
		ta, tb, tc, td := text[a.at:a.at+steps], text[b.at:b.at+steps], text[c.at:c.at+steps], text[d.at:d.at+steps]
		ra, rb, rc, rd := a.row, b.row, c.row, d.row
		n := 0
		for n < len(ta) && n < len(tb) && n < len(tc) && n < len(td) {
			na, nb := rows[ra+columns[ta[n]]], rows[rb+columns[tb[n]]]
			nc, nd := rows[rc+columns[tc[n]]], rows[rd+columns[td[n]]]
			if (na|nb|nc|nd)&special != 0 {
				break
			}
			ra, rb, rc, rd = na, nb, nc, nd
			n++
		}
		a.row, b.row, c.row, d.row = ra, rb, rc, rd
		for i := range t.lanes {
			t.lanes[i].at += n
		}
		if n == steps {
			continue
		}
		for i := range t.lanes { // at least one of them gets on
			if !t.step(text, &t.lanes[i], t.lanes[:]) {
				return false
			}
		}
	}
}

// alone runs a lane to its end, or with first to its first hit.
func (t *table) alone(text []byte, l *lane, lanes []lane, first bool) bool {
	for l.at < l.end {
		rows, columns, row, i := t.rows, &t.columns, l.row, l.at
		for rest := text[:l.end]; i < len(rest); i++ {
			next := rows[row+columns[rest[i]]]
			if next&special != 0 {
				break
			}
			row = next
		}
		if l.row, l.at = row, i; i == l.end {
			break
		}
		if !t.step(text, l, lanes) {
			return false
		}
		if first && len(l.hits) > 0 {
			return true
		}
	}
	if l.at == l.end && l.end == len(text) && text[l.end-1] != '\n' && t.state(l.row).atEnd {
		l.hits = append(l.hits, int32(l.end-1)) // the newline is missing
	}
	l.at = l.end + 1
	return true
}

// step takes a lane one character on, or to the next line when this one is
// decided. It is false when the table outgrew its bound too often.
func (t *table) step(text []byte, l *lane, lanes []lane) bool {
	next, size := t.rows[l.row+t.columns[text[l.at]]], 1
	if next == unbuilt {
		var ok bool
		if next, size, ok = t.build(text[l.at:], l, lanes); !ok {
			return false
		}
	}
	switch {
	case next == hit:
		l.hits = append(l.hits, int32(l.at))
	case next == miss:
	default:
		l.row = next
		l.at += size
		return true
	}
	l.row = 0
	if n := bytes.IndexByte(text[l.at:l.end], '\n'); n >= 0 {
		l.at += n + 1
	} else {
		l.at = l.end + 1
	}
	return true
}

// build works out where a character leads to.
func (t *table) build(text []byte, l *lane, lanes []lane) (next uint32, size int, ok bool) {
	class, size := t.automaton.alphabet.next(text)
	if next = t.rows[l.row+uint32(class)]; next != unbuilt {
		return next, size, true
	}
	s, _ := t.automaton.extend(t.state(l.row), class)
	switch {
	case s.matched:
		next = hit
	case s.stop:
		next = miss
	default:
		if _, known := t.known[s]; !known && len(t.rows) > maxTable {
			if t.flushes++; t.flushes > maxTableFlushes {
				return 0, 0, false
			}
			t.anew(lanes)
		}
		next = t.row(s)
	}
	t.rows[l.row+uint32(class)] = next
	return next, size, true
}

// anew empties the table but for where the lanes are.
func (t *table) anew(lanes []lane) {
	var here [4]*state
	for i := range lanes {
		here[i] = t.state(lanes[i].row)
	}
	t.empty()
	for i := range lanes {
		if lanes[i].row = 0; lanes[i].at < lanes[i].end {
			lanes[i].row = t.row(here[i])
		}
	}
}
