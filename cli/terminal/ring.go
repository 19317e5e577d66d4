package terminal

import "strings"

const maxNotices = 256 << 10 // bytes of notices that wait for the screen

// ring holds notices until the screen can show them. When they are too many
// the oldest go, and their number is said.
type ring struct {
	lines []string // each ends in a newline
	size  int
	lost  int
}

// add takes text, which is printable, line by line.
func (r *ring) add(text string) {
	for line := range strings.Lines(text) {
		if len(line) > maxNotices {
			line = strings.ToValidUTF8(line[:maxNotices-1], "")
		}
		if !strings.HasSuffix(line, "\n") {
			line += "\n"
		}
		r.lines = append(r.lines, line)
		r.size += len(line)
	}
	drop := 0
	for ; r.size > maxNotices; drop++ {
		r.size -= len(r.lines[drop])
		r.lines[drop] = ""
	}
	r.lines = r.lines[drop:]
	r.lost += drop
}

func (r *ring) empty() bool { return len(r.lines) == 0 && r.lost == 0 }
