package terminal

import (
	"bytes"
	"context"
	"io"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"
)

const drainTime = 2 * time.Second // for the last output of a session

// Options of a Session. The zero value is usable: no completion, a pager
// without filters and without a way to save.
type Options struct {
	// Assistant completes and explains; nil for none.
	Assistant Assistant
	// Match compiles an expression typed in the pager (`m`, `e`, `/`, `?`).
	Match func(expr string) (func(line []byte) bool, error)
	// Save opens the file that `s` in the pager writes to.
	Save func(name string) (io.WriteCloser, error)
	// Command reports whether a line begins with a command, for text that is pasted while
	// the pager is open; nil for none.
	Command func(word string) bool
	// Stall ends the session when a write makes no progress for so long; 5
	// minutes if zero.
	Stall time.Duration
}

// Session is one person at one terminal. ReadLine, ReadText, Write, Page, the
// questions and Interruptible belong to one goroutine; Print, SetLength,
// SetWidth, Size, Length, Idle, Resume and Close may be called from any.
type Session struct {
	// Built once.
	t    Terminal
	o    Options
	q    *queue
	scr  *screen
	wg   sync.WaitGroup
	done chan struct{}
	once sync.Once

	// Settings: `set cli screen-length`, `screen-width`; negative: the terminal's.
	length, width atomic.Int64

	// State of the owner's goroutine.
	tail    []byte // the beginning of a character that Write was given in parts
	killed  []rune // what Ctrl-y puts back
	last    view   // the line that was accepted last, for Fault
	lastWas string // and its text
	marked  bool   // the ^C of the present command is shown
}

// New starts a session on t and owns it from now on: Close closes t.
func New(t Terminal, o Options) *Session {
	if o.Stall == 0 {
		o.Stall = 5 * time.Minute
	}
	s := &Session{t: t, o: o, q: newQueue(), done: make(chan struct{})}
	s.length.Store(-1)
	s.width.Store(-1)
	s.scr = newScreen(t, o.Stall, s.fail)
	s.wg.Go(func() { s.q.fill(t) })
	s.wg.Go(s.scr.run)
	s.wg.Go(s.watchSize)
	return s
}

func (s *Session) watchSize() {
	for {
		select {
		case <-s.t.Resized():
			s.q.resize()
		case <-s.done:
			return
		}
	}
}

// fail ends the session because the terminal takes no more output.
func (s *Session) fail(err error) {
	if err != ErrStalled {
		err = ErrHangup
	}
	s.q.finish(err)
	s.scr.close(err)
	if err == ErrStalled {
		_ = s.t.Close() // unblocks the writer; the session ends either way
	}
}

// Close takes the line that is being edited off the screen, writes what is still to
// be written (for at most 2 s), restores the terminal, and waits for the session's goroutines. Whoever waits in a method
// of the session gets ErrClosed. It may be called again and from any goroutine.
func (s *Session) Close() error {
	var err error
	s.once.Do(func() {
		s.scr.leave()
		s.scr.drain(drainTime)
		s.q.finish(ErrClosed)
		s.scr.close(ErrClosed)
		close(s.done)
		err = s.t.Close()
		s.wg.Wait()
	})
	return err
}

// Err is why the session takes no more lines: nil while it does, io.EOF when
// nothing more will be typed, ErrHangup, ErrStalled or ErrClosed.
func (s *Session) Err() error { return s.q.err() }

// Idle is when the last key was pressed.
func (s *Session) Idle() time.Time { return s.q.idle() }

// Resume says that somebody is at the terminal again after something else was on it,
// which has left the cursor at the start of an empty row: the time without a key
// begins anew, and the line that is being edited is drawn again.
func (s *Session) Resume() {
	s.scr.lost()
	s.q.resume()
}

// Size is the size for layout: the settings, else the terminal's, else 80x24.
func (s *Session) Size() (w, h int) {
	w, h = s.t.Size()
	if n := s.width.Load(); n > 0 {
		w = int(n)
	}
	if n := s.length.Load(); n > 0 {
		h = int(n)
	}
	if w <= 0 {
		w = defaultWidth
	}
	if h <= 0 {
		h = defaultHeight
	}
	return w, h
}

// Length is the number of lines of a page, 0 when there is no paging: the
// setting 0, or a terminal that does not know its height.
func (s *Session) Length() int {
	if n := s.length.Load(); n >= 0 {
		return int(n)
	}
	_, h := s.t.Size()
	return max(h, 0)
}

// SetLength is `set cli screen-length`: 0 for no paging, negative for the
// terminal's own.
func (s *Session) SetLength(lines int) { s.length.Store(int64(lines)) }

// SetWidth is `set cli screen-width`: the width that layouts use; 0 or negative
// for the terminal's own.
func (s *Session) SetWidth(columns int) { s.width.Store(int64(columns)) }

// columns is how wide the terminal really is, and whether it said so.
func (s *Session) columns() (int, bool) {
	if w, _ := s.t.Size(); w > 0 {
		return w, true
	}
	return defaultWidth, false
}

// Print shows text above the line that is being edited, or between two lines of
// output, as soon as that is possible. It never waits for the terminal: 256 KiB
// wait at most, then the oldest lines are counted instead of shown.
func (s *Session) Print(text string) { s.scr.notice(endLine(text)) }

// Write shows the output of a command. It waits while the terminal is slow, and
// fails with ErrInterrupt once Ctrl-C was pressed in an Interruptible command.
func (s *Session) Write(p []byte) (int, error) {
	if s.q.interrupted() {
		return 0, ErrInterrupt
	}
	return s.write(p)
}

// Unstopped writes what is still to be shown behind Ctrl-C, which it marks before. Close ends
// it: whoever writes later is refused.
func (s *Session) Unstopped() io.WriteCloser { return &unstopped{s: s} }

type unstopped struct {
	s     *Session
	mu    sync.Mutex // guards ended, and one write against another
	ended bool
}

func (u *unstopped) Write(p []byte) (int, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.ended {
		return 0, ErrStopped
	}
	u.s.markInterrupt()
	return u.s.write(p)
}

func (u *unstopped) Close() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.ended = true
	return nil
}

// markInterrupt drops what is not yet shown when Ctrl-C was pressed, and shows that it was.
func (s *Session) markInterrupt() {
	if s.q.interrupted() && !s.marked {
		s.scr.drop()
		s.scr.mark("^C")
		s.marked = true
	}
}

func (s *Session) write(p []byte) (int, error) {
	for done := 0; done < len(p); {
		part := p[done:min(len(p), done+maxOutput)]
		b := part
		if len(s.tail) > 0 {
			b = append(s.tail, part...)
		}
		b, s.tail = splitRune(b)
		if err := s.scr.print(Printable(nil, b)); err != nil {
			return done, s.reason(err)
		}
		done += len(part)
	}
	return len(p), nil
}

// splitRune takes an unfinished character off the end of b, copied.
func splitRune(b []byte) (whole, tail []byte) {
	for i := len(b) - 1; i >= 0 && i >= len(b)-utf8.UTFMax; i-- {
		if utf8.RuneStart(b[i]) {
			if !utf8.FullRune(b[i:]) {
				return b[:i], bytes.Clone(b[i:])
			}
			break
		}
	}
	return b, nil
}

// flushTail shows the beginning of a character whose end never came.
func (s *Session) flushTail() {
	if len(s.tail) > 0 {
		_ = s.scr.print(Printable(nil, s.tail)) // the next use of the screen says the same
		s.tail = nil
	}
}

// reason prefers what ended the input to what ended the output.
func (s *Session) reason(err error) error {
	if e := s.q.err(); e != nil && e != io.EOF {
		return e
	}
	return err
}

// Interruptible makes Ctrl-C cancel the returned context, with ErrInterrupt as
// its cause, until stop is called; a hang-up cancels it with ErrHangup. What was
// typed ahead and what was not yet shown are dropped by Ctrl-C. Calls do not
// nest.
func (s *Session) Interruptible(ctx context.Context) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	s.q.run(true, func() {
		// Called under the queue's lock, with stopped or end set.
		cause := ErrInterrupt
		if !s.q.stopped {
			cause = s.q.end
		}
		cancel(cause)
	})
	return ctx, func() {
		s.markInterrupt()
		s.marked = false
		s.q.run(false, nil)
		cancel(context.Canceled)
	}
}
