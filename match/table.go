package match

import (
	"bytes"
)

// table is the automaton as one reader has it: a flat table without atomic
// pointers, in which a newline is a character like the others that leads back to
// the start. It copies what it needs from the automaton it belongs to.
type table struct {
	automaton *automaton
	start     *state

	columns [256]uint32 // by byte; other is the one of bytes that begin several
	width   uint32      // of a row: the classes, the newline, other
	rows    []uint32    // by row + column: the next row, or one of the constants below
	states  []*state    // by row / width
	known   map[*state]uint32
	flushes int // times that rows was emptied within one block
}

// What stands in a table besides rows, which begin at firstRow.
const (
	unbuilt  = 0 // to be worked out, or a character of several bytes
	hit      = 1 // the line matches
	miss     = 2 // the line does not match, whatever follows
	firstRow = 3
)

// maxTableFlushes is how often a table may be emptied for one block before lines
// are matched one by one.
const maxTableFlushes = 4

func newTable(a *automaton) *table {
	t := &table{automaton: a, width: uint32(len(a.alphabet.from)) + 2}
	for c, class := range a.alphabet.byByte {
		t.columns[c] = uint32(class)
		if class == decode {
			t.columns[c] = t.other()
		}
	}
	t.columns['\n'] = t.newline()
	t.empty()
	return t
}

func (t *table) newline() uint32 { return t.width - 2 }
func (t *table) other() uint32   { return t.width - 1 }

// empty begins anew, with the start alone.
func (t *table) empty() {
	t.start = t.automaton.current.Load().start
	t.rows = append(t.rows[:0], make([]uint32, firstRow)...)
	t.states, t.known = t.states[:0], map[*state]uint32{}
	t.row(t.start)
}

// row returns the row of a state.
func (t *table) row(s *state) uint32 {
	if r, ok := t.known[s]; ok {
		return r
	}
	r := uint32(len(t.rows))
	t.rows = append(t.rows, make([]uint32, t.width)...)
	end := uint32(firstRow)
	if s.atEnd {
		end = hit
	}
	t.rows[r+t.newline()] = end
	t.states = append(t.states, s)
	t.known[s] = r
	return r
}

// find looks for a match in text, at or behind from, where a line begins. It
// returns the offset of a byte of the first line that matches, which may be its
// newline, or -1. ok is false when the table outgrew its bound too often.
func (t *table) find(text []byte, from int) (at int, ok bool) {
	if t.flushes > maxTableFlushes {
		return 0, false
	}
	if t.start.stop {
		if !t.start.matched || from >= len(text) {
			return -1, true
		}
		return from, true
	}
	row, rows, columns := uint32(firstRow), t.rows, &t.columns
	for i := from; i < len(text); {
		next := rows[row+columns[text[i]]]
		if next >= firstRow {
			row = next
			i++
			continue
		}
		size := 1
		if next == unbuilt {
			if next, size, ok = t.step(row, text[i:]); !ok {
				return 0, false
			}
			rows = t.rows
		}
		switch next {
		case hit:
			return i, true
		case miss:
			end := bytes.IndexByte(text[i:], '\n')
			if end < 0 {
				return -1, true
			}
			row, i = firstRow, i+end+1
		default:
			row, i = next, i+size
		}
	}
	if n := len(text); n > from && text[n-1] != '\n' && t.states[(row-firstRow)/t.width].atEnd {
		return n - 1, true
	}
	return -1, true
}

// step works out where a character leads to.
func (t *table) step(row uint32, text []byte) (next uint32, size int, ok bool) {
	class, size := t.automaton.alphabet.next(text)
	if next = t.rows[row+uint32(class)]; next != unbuilt {
		return next, size, true
	}
	from := t.states[(row-firstRow)/t.width]
	s, _ := t.automaton.extend(from, class)
	switch {
	case s.matched:
		next = hit
	case s.stop:
		next = miss
	default:
		if len(t.rows) > maxTable {
			t.empty()
			if t.flushes++; t.flushes > maxTableFlushes {
				return 0, 0, false
			}
			return t.row(s), size, true
		}
		next = t.row(s)
	}
	t.rows[row+uint32(class)] = next
	return next, size, true
}
