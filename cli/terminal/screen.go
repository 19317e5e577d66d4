package terminal

import (
	"bytes"
	"strconv"
	"sync"
	"time"
)

const (
	maxOutput  = 64 << 10              // bytes of output that wait for the terminal
	writeChunk = 4 << 10               // bytes in one write: the measure of progress
	noticeGap  = 20 * time.Millisecond // between two batches of notices
)

// screen owns what the terminal shows. Everybody appends to out under mu; one
// goroutine writes it, never under mu.
type screen struct {
	t     Terminal
	stall time.Duration
	fail  func(error) // told once, without mu, when the terminal takes no more

	mu   sync.Mutex // guards everything below
	cond *sync.Cond // any change

	out     []byte
	spare   []byte // the buffer that was written last
	writing bool
	err     error // why nothing is written any more
	column0 bool  // the cursor stands at the start of a row

	notices ring
	held    int  // notices wait: a pager has the screen
	paused  bool // notices wait: Esc-q
	gap     bool // notices wait: some were just shown

	drawn bool // a line is on the screen, as follows
	ended bool // nothing more is taken
	view  view
	cols  int
}

func newScreen(t Terminal, stall time.Duration, fail func(error)) *screen {
	s := &screen{t: t, stall: stall, fail: fail, column0: true}
	s.cond = sync.NewCond(&s.mu)
	return s
}

// run writes until close or an error of the terminal.
func (s *screen) run() {
	for {
		b, ok := s.fetch()
		if !ok {
			return
		}
		if err := s.write(b); err != nil {
			s.close(err)
			s.fail(err)
			return
		}
	}
}

// fetch waits for output, which goes first, or for notices that may be shown.
func (s *screen) fetch() ([]byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writing = false
	s.cond.Broadcast()
	for len(s.out) == 0 {
		if s.err != nil {
			return nil, false
		}
		if s.mayNotify() {
			s.notify()
			break
		}
		s.cond.Wait()
	}
	b := s.out
	s.out, s.spare = s.spare[:0], b
	s.writing = true
	s.cond.Broadcast()
	return b, true
}

// write passes b on, and gives up when a chunk of it takes longer than stall.
func (s *screen) write(b []byte) error {
	for len(b) > 0 {
		chunk := b[:min(len(b), writeChunk)]
		var stalled bool
		var mu sync.Mutex
		timer := time.AfterFunc(s.stall, func() {
			mu.Lock()
			stalled = true
			mu.Unlock()
			s.fail(ErrStalled) // closes the terminal, which unblocks Write
		})
		n, err := s.t.Write(chunk)
		timer.Stop()
		mu.Lock()
		if stalled {
			err = ErrStalled
		}
		mu.Unlock()
		if err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// close ends the writer once it has nothing to write; what waits on it goes on.
func (s *screen) close(err error) {
	s.mu.Lock()
	if s.err == nil {
		s.err = err
	}
	s.cond.Broadcast()
	s.mu.Unlock()
}

// drain waits until everything is written, at most d without any progress.
func (s *screen) drain(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	late := false
	t := time.AfterFunc(d, func() {
		s.mu.Lock()
		late = true
		s.cond.Broadcast()
		s.mu.Unlock()
	})
	defer t.Stop()
	for (len(s.out) > 0 || s.writing) && s.err == nil && !late {
		s.cond.Wait()
	}
}

// room waits until there is room for output. Behind leave there is none: whoever
// writes without end must not hold up the end. The caller holds mu.
func (s *screen) room() error {
	for len(s.out) > maxOutput && s.err == nil && !s.ended {
		s.cond.Wait()
	}
	if s.err == nil && s.ended {
		return ErrClosed
	}
	return s.err
}

// puts appends bytes of our own, which may be control sequences. The caller
// holds mu.
func (s *screen) puts(t string) {
	s.out = append(s.out, t...)
	s.cond.Broadcast()
}

// lines appends printable text with the terminal's line ends. The caller holds mu.
func (s *screen) lines(t []byte) {
	for len(t) > 0 {
		n := bytes.IndexByte(t, '\n')
		if n < 0 {
			s.out = append(s.out, t...)
			s.column0 = false
			break
		}
		s.out = append(append(s.out, t[:n]...), '\r', '\n')
		s.column0 = true
		t = t[n+1:]
	}
	s.cond.Broadcast()
}

// print shows text of a command: printable already, `\n` line ends.
func (s *screen) print(t []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.room(); err != nil {
		return err
	}
	s.lines(t)
	return nil
}

// fresh puts the cursor at the start of a row.
func (s *screen) fresh() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.column0 {
		s.lines([]byte("\n"))
	}
}

// drop forgets output that was not yet written: Ctrl-C is to be felt at once.
func (s *screen) drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.out) > 0 {
		s.out = s.out[:0]
		s.column0 = false
	}
	s.cond.Broadcast()
}

// hold keeps notices back while a pager has the screen, or lets them go again.
func (s *screen) hold(n int) {
	s.mu.Lock()
	s.held += n
	s.cond.Broadcast()
	s.mu.Unlock()
}

// pause stops and resumes notices by the user's wish; it reports the new state.
func (s *screen) pause() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.paused = !s.paused
	s.cond.Broadcast()
	return s.paused
}

// notice takes text to be shown above the line that is being edited, or
// between two lines of output. It never waits for the terminal.
func (s *screen) notice(text string) {
	text = PrintableString(text)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil || text == "" {
		return
	}
	s.notices.add(text)
	s.cond.Broadcast()
}

func (s *screen) mayNotify() bool {
	return !s.notices.empty() && s.held == 0 && !s.paused && !s.gap && (s.drawn || s.column0)
}

// notify moves the notices to out, above the drawn line.
func (s *screen) notify() {
	drawn, v := s.drawn, s.view
	if drawn {
		s.erase()
	}
	s.tell()
	if drawn {
		s.paint(v, s.cols)
	}
	s.gap = true
	time.AfterFunc(noticeGap, func() {
		s.mu.Lock()
		s.gap = false
		s.cond.Broadcast()
		s.mu.Unlock()
	})
}

// tell moves the notices to out. The caller holds mu.
func (s *screen) tell() {
	if s.notices.lost > 0 {
		s.lines([]byte("[" + strconv.Itoa(s.notices.lost) + " lines not shown]\n"))
	}
	for _, l := range s.notices.lines {
		s.lines([]byte(l))
	}
	s.notices = ring{}
}

// leave takes the drawn line away for good and shows the notices that wait: the
// last of them says why the session ends, and stands above what comes next.
func (s *screen) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	s.cond.Broadcast()
	if s.drawn {
		s.erase()
	}
	if !s.column0 && !s.notices.empty() {
		s.lines([]byte("\n"))
	}
	s.tell()
}

// ---- the drawn line

// draw shows v where the drawn line is, changing only what differs.
func (s *screen) draw(v view, cols int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.room(); err != nil {
		return err
	}
	switch {
	case !s.drawn:
		s.paint(v, cols)
	case cols != s.cols, s.view.wraps && !extends(v, s.view), v.wraps && !extends(v, s.view):
		s.erase()
		s.paint(v, cols)
	default:
		s.patch(v)
	}
	return nil
}

// extends tells whether v only adds to old at its end, where the cursor is.
func extends(v, old view) bool {
	return old.cursor == len(old.cells) && v.cursor == len(v.cells) && len(v.cells) >= len(old.cells) &&
		common(v.cells, old.cells) == len(old.cells)
}

func common(a, b []cell) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// paint draws v at the start of an empty row.
func (s *screen) paint(v view, cols int) {
	s.puts(text(v.cells))
	s.drawn, s.view, s.cols, s.column0 = true, v, cols, false
	s.left(width(v.cells[v.cursor:]))
}

// patch turns the drawn view into v: nothing but the added characters when
// there are only such, which is what programs that type rely on.
func (s *screen) patch(v view) {
	old := s.view
	n := common(old.cells, v.cells)
	for n > 0 && (n < len(v.cells) && v.cells[n].width == 0 || n < len(old.cells) && old.cells[n].width == 0) {
		n-- // a combining character is redrawn with what it stands on
	}
	at := old.cursor
	if n < len(old.cells) || n < len(v.cells) {
		s.move(old, at, n)
		s.puts(text(v.cells[n:]))
		if width(v.cells[n:]) < width(old.cells[n:]) {
			s.puts("\x1b[K")
		}
		at = len(v.cells)
	}
	s.move(v, at, v.cursor)
	s.view = v
}

// move takes the cursor from cell a to cell b of v, which is on the screen.
func (s *screen) move(v view, a, b int) {
	if b > a {
		s.puts(text(v.cells[a:b]))
		return
	}
	s.left(width(v.cells[b:a]))
}

func (s *screen) left(n int) {
	if n > 4 {
		s.puts("\x1b[" + strconv.Itoa(n) + "D")
		return
	}
	s.puts("\b\b\b\b"[:n])
}

// erase removes the drawn line, also where a terminal of another width now
// shows it on several rows.
func (s *screen) erase() {
	if len(s.view.cells) == 0 { // nothing is there, and the cursor at the start of the row
		s.drawn, s.column0 = false, true
		return
	}
	n, _ := rows(s.view.cells[:s.view.cursor], s.width())
	if n > 1 {
		s.puts("\x1b[" + strconv.Itoa(n-1) + "A")
	}
	s.puts("\r")
	s.puts("\x1b[J")
	s.drawn, s.column0 = false, true
}

// width is the terminal's present width, for reckoning where the cursor is.
func (s *screen) width() int {
	if w, _ := s.t.Size(); w > 0 {
		return w
	}
	return defaultWidth
}

// accept leaves the drawn line where it is and goes to the row below it, after
// mark (`^C`, `?`). It returns what was drawn, for a caret under it.
func (s *screen) accept(mark string) view {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.puts(mark)
	s.lines([]byte("\n"))
	s.drawn = false
	return s.view
}

// remove takes the drawn line away.
func (s *screen) remove() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.drawn {
		s.erase()
	}
}

// clear empties the whole screen.
func (s *screen) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.puts("\x1b[H\x1b[J")
	s.drawn, s.column0 = false, true
}

// lost says that nothing is left of what was shown, and that the cursor is at the
// start of an empty row.
func (s *screen) lost() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drawn, s.column0 = false, true
}

// mark shows `^C` and goes to a new row.
func (s *screen) mark(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines([]byte(text + "\n"))
}

// announce shows printable text of our own above the drawn line.
func (s *screen) announce(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	drawn, v := s.drawn, s.view
	if drawn {
		s.erase()
	}
	s.lines([]byte(text))
	if drawn {
		s.paint(v, s.cols)
	}
}

// continues tells whether v only adds to a line that the terminal wraps already.
func (s *screen) continues(v view) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.drawn && s.view.wraps && extends(v, s.view)
}

func (s *screen) bell() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.puts("\a")
}
