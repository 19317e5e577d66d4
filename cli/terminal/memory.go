package terminal

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// Memory is a Terminal without a device: a test types with Feed and looks at
// Screen, or at the very bytes with Output. It may be used from any goroutine.
type Memory struct {
	mu   sync.Mutex // guards everything below
	cond *sync.Cond // any change

	in      []byte
	end     error // what Read returns once in is empty
	out     strings.Builder
	scr     vt
	w, h    int
	full    bool // Write waits: nobody takes the output
	closed  bool
	closes  int
	resized chan struct{}
}

// NewMemory makes a terminal of w columns and h rows; 0 for "does not say",
// which is shown as 80x24.
func NewMemory(w, h int) *Memory {
	m := &Memory{w: w, h: h, resized: make(chan struct{}, 1)}
	m.cond = sync.NewCond(&m.mu)
	m.scr.resize(orDefault(w, defaultWidth), orDefault(h, defaultHeight))
	return m
}

func orDefault(n, byDefault int) int {
	if n > 0 {
		return n
	}
	return byDefault
}

func (m *Memory) change(f func()) {
	m.mu.Lock()
	f()
	m.cond.Broadcast()
	m.mu.Unlock()
}

// Feed types keys; one call arrives as one read, up to the size of the read.
func (m *Memory) Feed(keys string) { m.change(func() { m.in = append(m.in, keys...) }) }

// EOF says that nothing more will be typed, after what was.
func (m *Memory) EOF() { m.change(func() { m.end = io.EOF }) }

// Hangup takes the terminal away: Read and Write fail.
func (m *Memory) Hangup() { m.change(func() { m.end, m.in = ErrHangup, nil }) }

// Stall makes Write wait, as for a terminal whose user went away; Stall(false)
// lets it go on.
func (m *Memory) Stall(on bool) { m.change(func() { m.full = on }) }

// Resize changes the size and says so.
func (m *Memory) Resize(w, h int) {
	m.change(func() {
		m.w, m.h = w, h
		m.scr.resize(orDefault(w, defaultWidth), orDefault(h, defaultHeight))
	})
	select {
	case m.resized <- struct{}{}:
	default: // one that waits tells it too
	}
}

// Read returns what was fed.
func (m *Memory) Read(p []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for len(m.in) == 0 && m.end == nil && !m.closed {
		m.cond.Wait()
	}
	switch {
	case m.closed:
		return 0, ErrClosed
	case len(m.in) == 0:
		return 0, m.end
	}
	n := copy(p, m.in)
	m.in = m.in[n:]
	m.cond.Broadcast()
	return n, nil
}

// Write shows bytes on the screen.
func (m *Memory) Write(p []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for m.full && !m.closed && m.end != ErrHangup {
		m.cond.Wait()
	}
	switch {
	case m.closed:
		return 0, ErrClosed
	case m.end == ErrHangup:
		return 0, ErrHangup
	}
	m.out.Write(p)
	m.scr.write(p)
	m.cond.Broadcast()
	return len(p), nil
}

// Size is what NewMemory or Resize said.
func (m *Memory) Size() (w, h int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.w, m.h
}

// Resized tells of Resize.
func (m *Memory) Resized() <-chan struct{} { return m.resized }

// Close makes Read and Write fail.
func (m *Memory) Close() error {
	m.change(func() { m.closed, m.closes = true, m.closes+1 })
	return nil
}

// Closed tells whether Close was called.
func (m *Memory) Closed() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.closed
}

// Screen is what is on the screen: its rows without trailing blanks, without
// the empty rows at the end.
func (m *Memory) Screen() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.scr.text(false)
}

// Text is everything shown so far: the rows that have scrolled away (the last
// 10,000 of them), then Screen.
func (m *Memory) Text() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.scr.text(true)
}

// Cursor is the cursor's column and row, from 0.
func (m *Memory) Cursor() (x, y int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return min(m.scr.x, m.scr.w-1), m.scr.y
}

// Output is every byte written since the last call of Output.
func (m *Memory) Output() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	defer m.out.Reset()
	return m.out.String()
}

// Await waits until Text contains text, for at most d.
func (m *Memory) Await(text string, d time.Duration) error {
	until := time.Now().Add(d)
	t := time.AfterFunc(d, m.cond.Broadcast)
	defer t.Stop()
	m.mu.Lock()
	defer m.mu.Unlock()
	for !strings.Contains(m.scr.text(true), text) {
		if !time.Now().Before(until) {
			return fmt.Errorf("no %q within %v on the terminal:\n%s", text, d, m.scr.text(true))
		}
		m.cond.Wait()
	}
	return nil
}
