package terminal

import (
	"strings"
	"unicode/utf8"

	runewidth "github.com/mattn/go-runewidth"
)

const cut = "..." // stands for what is scrolled away

// A cell is what one character of a line looks like on the screen.
type cell struct {
	text  string
	width int
}

// cellOf shows one character. A TAB in a line takes one column: tab stops
// would make columns depend on what is before them.
func cellOf(r rune) cell {
	if r < utf8.RuneSelf && r >= 0x20 && r != 0x7f {
		const ascii = " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"
		return cell{ascii[r-0x20 : r-0x1f], 1}
	}
	if r == '\t' || r == '\n' {
		return cell{" ", 1}
	}
	s := string(r)
	if p := PrintableString(s); p != s {
		return cell{p, len(p)}
	}
	return cell{s, runeWidth(r)}
}

// runeWidth is the width in columns, by one table whatever the locale is.
func runeWidth(r rune) int {
	if r >= 0x20 && r < 0x7f {
		return 1
	}
	c := runewidth.Condition{StrictEmojiNeutral: true}
	return c.RuneWidth(r)
}

// cells shows a whole line. A combining character is a cell without width.
func cells(line []rune) []cell {
	cs := make([]cell, 0, len(line))
	for _, r := range line {
		cs = append(cs, cellOf(r))
	}
	return cs
}

func width(cs []cell) int {
	w := 0
	for _, c := range cs {
		w += c.width
	}
	return w
}

func text(cs []cell) string {
	var b strings.Builder
	for _, c := range cs {
		b.WriteString(c.text)
	}
	return b.String()
}

// A view is the part of prompt and line that is on the screen.
type view struct {
	cells  []cell
	cursor int  // index into cells
	from   int  // first character of the line that is shown
	lead   int  // cells before that one: prompt and dots
	wraps  bool // longer than a row, and wrapped by the terminal
}

// viewOf lays prompt and line out in cols columns, the last of which stays
// free, because terminals differ in what they do there. What does not fit
// scrolls: from is where the view before began, and stays as long as the cursor
// is in sight.
func viewOf(prompt, line []cell, cursor, from, cols int) view {
	room := cols - 1 - width(prompt)
	if room < 12 { // a prompt that leaves no room to edit is not shown while it does not fit
		if width(prompt)+width(line) < cols {
			return whole(prompt, line, cursor)
		}
		prompt, room = nil, max(cols-1, 12)
	}
	if width(line) <= room {
		return whole(prompt, line, cursor)
	}
	from = scroll(line, cursor, from, room)
	v := view{cells: append([]cell(nil), prompt...), from: from}
	if from > 0 {
		v.cells = append(v.cells, cell{cut, len(cut)})
		room -= len(cut)
	}
	v.lead = len(v.cells)
	rest := width(line[from:])
	if rest > room {
		room -= len(cut)
	}
	v.cursor = v.lead + cursor - from
	i := from
	for ; i < len(line) && line[i].width <= room; i++ {
		room -= line[i].width
		v.cells = append(v.cells, line[i])
	}
	if i < len(line) {
		v.cells = append(v.cells, cell{cut, len(cut)})
	}
	return v
}

func whole(prompt, line []cell, cursor int) view {
	cs := make([]cell, 0, len(prompt)+len(line))
	cs = append(append(cs, prompt...), line...)
	return view{cells: cs, cursor: len(prompt) + cursor, lead: len(prompt)}
}

// scroll finds the first character to show so that the cursor is in sight. It
// moves by a quarter of the room, so that most keys do not scroll.
func scroll(line []cell, cursor, from, room int) int {
	from = min(from, len(line))
	if cursor <= from { // the cursor never stands on the dots
		return back(line, cursor, room/4)
	}
	inner := room
	if from > 0 {
		inner -= len(cut)
	}
	if width(line[from:]) > inner {
		inner -= len(cut) + 1
	}
	if width(line[from:cursor]) <= inner {
		return from
	}
	inner = room - len(cut) - room/4
	if cursor < len(line) {
		inner -= len(cut) + 1
	}
	return back(line, cursor, inner)
}

// back goes back from character i by at most w columns.
func back(line []cell, i, w int) int {
	for i > 0 && line[i-1].width <= w {
		i--
		w -= line[i].width
	}
	return i
}

// rows counts the rows of a terminal of cols columns that cs fills when the
// terminal wraps it, and the column after it. A wide character that does not
// fit in the last column goes to the next row; a full row is left by the next
// character only.
func rows(cs []cell, cols int) (n, col int) {
	n = 1
	for _, c := range cs {
		parts, w := 1, c.width
		if len(c.text) == c.width { // ASCII: `...`, `#033` and the like may be cut anywhere
			parts, w = c.width, 1
		}
		for range parts {
			if col+w > cols {
				n, col = n+1, 0
			}
			col += w
		}
	}
	return n, col
}
