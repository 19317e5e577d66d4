package terminal

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

const maxScrollback = 10_000 // rows

// vt is a small model of a vt100 screen: enough to show what a person would
// see, with the deferred wrap at the right margin that real ones have.
type vt struct {
	w, h    int
	x, y    int // x == w: the last column is filled, the next character wraps
	grid    [][]string
	gone    []string // rows that scrolled off the top
	state   []byte   // an unfinished escape sequence or character
	bells   int
	foreign int // sequences that no part of ours may send
}

func (v *vt) resize(w, h int) {
	for y := range v.grid {
		v.grid[y] = fit(v.grid[y], w)
	}
	for len(v.grid) > h {
		if v.y < h { // empty rows below go first
			v.grid = v.grid[:len(v.grid)-1]
			continue
		}
		v.scroll()
		v.grid = v.grid[:len(v.grid)-1]
		v.y--
	}
	for len(v.grid) < h {
		v.grid = append(v.grid, fit(nil, w))
	}
	v.w, v.h, v.x = w, h, min(v.x, w)
}

func fit(row []string, w int) []string {
	row = slices.Clone(row)
	for len(row) < w {
		row = append(row, " ")
	}
	return row[:w]
}

func (v *vt) scroll() {
	v.gone = append(v.gone, rowText(v.grid[0]))
	if len(v.gone) > maxScrollback {
		v.gone = v.gone[1:]
	}
	copy(v.grid, v.grid[1:])
	v.grid[len(v.grid)-1] = fit(nil, len(v.grid[0]))
}

func rowText(row []string) string { return strings.TrimRight(strings.Join(row, ""), " ") }

func (v *vt) text(all bool) string {
	var rows []string
	if all {
		rows = append(rows, v.gone...)
	}
	for _, r := range v.grid {
		rows = append(rows, rowText(r))
	}
	return strings.TrimRight(strings.Join(rows, "\n"), "\n")
}

func (v *vt) write(p []byte) {
	b := append(v.state, p...)
	v.state = nil
	for len(b) > 0 {
		n := v.step(b)
		if n == 0 {
			v.state = slices.Clone(b)
			return
		}
		b = b[n:]
	}
}

// step does what the first character or sequence of b says; 0: it is not whole.
func (v *vt) step(b []byte) int {
	switch b[0] {
	case '\r':
		v.x = 0
		return 1
	case '\n':
		v.down()
		return 1
	case '\b':
		v.x = max(min(v.x, v.w-1)-1, 0)
		return 1
	case '\t':
		v.x = min(v.x+8-v.x%8, v.w-1)
		return 1
	case '\a':
		v.bells++
		return 1
	case 0x1b:
		return v.escape(b)
	}
	if !utf8.FullRune(b) {
		return 0
	}
	r, n := utf8.DecodeRune(b)
	v.char(r)
	return n
}

func (v *vt) down() {
	if v.y++; v.y == v.h {
		v.scroll()
		v.y--
	}
}

func (v *vt) char(r rune) {
	w := runeWidth(r)
	if w == 0 {
		if v.x > 0 {
			v.grid[v.y][v.x-1] += string(r)
		}
		return
	}
	if v.x+w > v.w {
		v.x = 0
		v.down()
	}
	v.grid[v.y][v.x] = string(r)
	if w == 2 && v.x+1 < v.w {
		v.grid[v.y][v.x+1] = ""
	}
	v.x = min(v.x+w, v.w)
}

// escape does a CSI sequence; others are counted as foreign.
func (v *vt) escape(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	if b[1] != '[' {
		v.foreign++
		return 2
	}
	n, whole := sequenceLen(b)
	if n == 0 || !whole {
		return n
	}
	v.csi(b[n-1], numbers(string(b[2:n-1])))
	return n
}

func numbers(s string) (a [2]int) {
	for i, f := range strings.SplitN(s, ";", 3) {
		if n, err := strconv.Atoi(f); err == nil && i < len(a) {
			a[i] = n
		}
	}
	return a
}

func (v *vt) csi(final byte, a [2]int) {
	n := max(a[0], 1)
	switch final {
	case 'A':
		v.y = max(v.y-n, 0)
	case 'B':
		v.y = min(v.y+n, v.h-1)
	case 'C':
		v.x = min(v.x+n, v.w-1)
	case 'D':
		v.x = max(min(v.x, v.w-1)-n, 0)
	case 'H':
		v.y, v.x = min(n, v.h)-1, min(max(a[1], 1), v.w)-1
	case 'J':
		v.blank(v.y, v.x)
		for y := v.y + 1; y < v.h; y++ {
			v.blank(y, 0)
		}
	case 'K':
		v.blank(v.y, v.x)
	default:
		v.foreign++
	}
}

func (v *vt) blank(y, from int) {
	for x := min(from, v.w-1); x < v.w; x++ {
		v.grid[y][x] = " "
	}
}
