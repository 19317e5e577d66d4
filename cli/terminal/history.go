package terminal

import (
	"iter"
	"strings"
	"sync"
	"time"
)

const maxHistory = 1 << 20 // bytes of one history

// History is the list of lines that one mode of a session can call back. The
// owner adds to it, because only the owner knows which words of a line are
// secret. It may be used from several goroutines.
type History struct {
	mu    sync.Mutex // guards lines and size
	max   int
	lines []Entry
	size  int
}

// Entry is one line of a History and when it was added.
type Entry struct {
	Time time.Time
	Line string
}

// NewHistory makes a history of at most max lines and 1 MiB.
func NewHistory(max int) *History { return &History{max: max} }

// Add appends line, unless it is empty or what was added last.
func (h *History) Add(line string, at time.Time) {
	line = strings.TrimRight(line, " ")
	h.mu.Lock()
	defer h.mu.Unlock()
	if line == "" || len(h.lines) > 0 && h.lines[len(h.lines)-1].Line == line {
		return
	}
	h.lines = append(h.lines, Entry{at, line})
	h.size += len(line)
	drop := 0
	for len(h.lines)-drop > h.max || h.size > maxHistory {
		h.size -= len(h.lines[drop].Line)
		h.lines[drop] = Entry{}
		drop++
	}
	h.lines = h.lines[drop:]
}

// All yields the lines, oldest first.
func (h *History) All() iter.Seq[Entry] {
	lines := h.snapshot()
	return func(yield func(Entry) bool) {
		for _, e := range lines {
			if !yield(e) {
				return
			}
		}
	}
}

// snapshot is the list as it is now; entries are never changed in place but
// for those that were dropped, which it therefore copies.
func (h *History) snapshot() []Entry {
	if h == nil {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]Entry(nil), h.lines...)
}

// recall walks a history while one line is edited.
type recall struct {
	lines  []Entry
	at     int // len(lines): the line that was being typed
	typed  string
	loaded bool
	h      *History
}

func (r *recall) load(current string) {
	if !r.loaded {
		r.lines, r.loaded = r.h.snapshot(), true
		r.at = len(r.lines)
	}
	if r.at == len(r.lines) {
		r.typed = current
	}
}

// older gives the next older line that begins with start.
func (r *recall) older(current, start string) (string, bool) {
	r.load(current)
	for i := r.at - 1; i >= 0; i-- {
		if l := r.lines[i].Line; strings.HasPrefix(l, start) && l != current {
			r.at = i
			return l, true
		}
	}
	return "", false
}

// newer gives the next newer line, at last the one that was being typed.
func (r *recall) newer(current string) (string, bool) {
	r.load(current)
	if r.at >= len(r.lines) {
		return "", false
	}
	if r.at++; r.at == len(r.lines) {
		return r.typed, true
	}
	return r.lines[r.at].Line, true
}

// find gives the newest line before i that contains text.
func (r *recall) find(i int, text string) (int, bool) {
	for i--; i >= 0; i-- {
		if strings.Contains(r.lines[i].Line, text) {
			return i, true
		}
	}
	return 0, false
}
