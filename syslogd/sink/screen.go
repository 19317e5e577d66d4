package sink

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"

	"loggia/syslogd/wire"
)

// ScreenOptions are what Reconfigure may change.
type ScreenOptions struct {
	AllowDuplicates bool
	Style           wire.Style
}

// Screen shows lines to people: on the terminals of a user, or on the console.
// A goroutine of its own takes them from a small queue, so that a terminal that
// is stopped (Ctrl-S) holds up nobody.
type Screen struct {
	queue  *queue
	show   func(line []byte) error
	giveUp func() // ends a show that hangs

	ctx    context.Context
	cancel context.CancelFunc
	done   chan struct{}

	style atomic.Pointer[wire.Style]

	mu      sync.Mutex // guards all below; taken before the queue's
	allow   bool
	closed  bool
	closing chan struct{}
	fold    fold
	timer   *time.Timer
}

const screenQueue = 64 << 10

// NewTerminals shows lines on the terminals on which user is logged in, `*`
// standing for everybody: `[edit system syslog user NAME]`. write writes one
// line, without newline, to them; nil is Terminals.
func NewTerminals(user string, write func(user string, line []byte) error, o ScreenOptions) *Screen {
	if write == nil {
		write = func(user string, line []byte) error { return Terminals(user, line, nil) }
	}
	return newScreen(o, func(line []byte) error { return write(user, line) }, func() {})
}

// NewConsole shows lines on the console: `[edit system syslog console]`. open
// opens it, again after an error; nil opens /dev/console. If what it returns is
// an io.Closer it is closed with the Screen.
func NewConsole(open func() (io.Writer, error), o ScreenOptions) *Screen {
	if open == nil {
		open = func() (io.Writer, error) { return openTerminal("/dev/console") }
	}
	c := &console{open: open}
	return newScreen(o, c.show, c.close)
}

func newScreen(o ScreenOptions, show func([]byte) error, giveUp func()) *Screen {
	s := &Screen{queue: newQueue(screenQueue, screenQueue/4), show: show, giveUp: giveUp, allow: o.AllowDuplicates,
		done: make(chan struct{}), closing: make(chan struct{})}
	s.style.Store(&o.Style)
	s.ctx, s.cancel = context.WithCancel(context.Background())
	go func() {
		defer close(s.done)
		s.run()
	}()
	return s
}

// Style implements Destination.
func (s *Screen) Style() *wire.Style { return s.style.Load() }

// Counters implements Destination.
func (s *Screen) Counters() Counters {
	c, _, _ := s.queue.count()
	return c
}

// Write implements Destination: it queues the lines.
func (s *Screen) Write(l *Lines) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var repeated uint64
	if !s.allow && !s.closed {
		l, repeated = s.fold.apply(l, s.Style())
		s.setTimer()
	}
	s.queue.put(l, repeated)
}

// setTimer makes the timer run while lines are being folded, and only then.
func (s *Screen) setTimer() {
	switch {
	case s.fold.pending > 0 && s.timer == nil:
		s.timer = time.AfterFunc(s.fold.delay(), s.sumUp)
	case s.fold.pending == 0 && s.timer != nil:
		s.timer.Stop()
		s.timer = nil
	}
}

// sumUp is called by the timer while lines are being folded.
func (s *Screen) sumUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.timer = nil
	if !s.closed {
		s.flushFold()
	}
}

func (s *Screen) flushFold() {
	if s.fold.pending > 0 {
		s.queue.put(s.fold.flush(time.Now(), s.Style()), 0)
	}
}

// Reconfigure changes the options; the queue stays.
func (s *Screen) Reconfigure(o ScreenOptions) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.flushFold()
	s.setTimer()
	s.fold.forget()
	s.allow = o.AllowDuplicates
	s.style.Store(&o.Style)
}

// errStuck is a terminal that even closing does not free.
var errStuck = errors.New("terminal does not accept a line")

// Close implements Destination: it shows what waits until ctx ends. What hangs
// then is interrupted; errStuck tells that this did not help.
func (s *Screen) Close(ctx context.Context) error {
	s.mu.Lock()
	if !s.closed {
		s.flushFold()
		s.setTimer()
		s.closed = true
		s.queue.refuse()
		close(s.closing)
	}
	s.mu.Unlock()
	select {
	case <-s.done:
	case <-ctx.Done():
	}
	s.cancel()
	s.giveUp()
	s.queue.close()
	select {
	case <-s.done:
		return nil
	case <-time.After(2 * patience):
		return errStuck
	}
}

// run shows what is in the queue.
func (s *Screen) run() {
	closing := s.closing
	for {
		c := s.queue.take()
		if c == nil {
			if closing == nil {
				return
			}
			select {
			case <-s.queue.wake:
			case <-closing:
				closing = nil
			}
			continue
		}
		s.showAll(c)
	}
}

// showAll settles every record of a chunk.
func (s *Screen) showAll(c *chunk) {
	var line []byte
	for i, n := 0, len(c.records); i < n; i++ {
		if s.ctx.Err() != nil {
			s.queue.lost(c, i, n, Closed)
			return
		}
		text := c.text(i)
		line = printable(line[:0], text[:len(text)-1])
		if err := s.show(line); err != nil {
			s.queue.lost(c, i, i+1, Unwritable)
			continue
		}
		s.queue.delivered(c, i, i+1)
	}
}

// printable appends text with everything that a terminal would obey, or that
// would deceive its reader, written #ooo: controls, C1 included, directions of
// writing, what shows nothing, and what is not UTF-8.
func printable(dst, text []byte) []byte {
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		if r == '\t' || shows(r) && (r != utf8.RuneError || n > 1) {
			dst = append(dst, text[:n]...)
		} else {
			for _, b := range text[:n] {
				dst = append(dst, '#', '0'+b>>6, '0'+b>>3&7, '0'+b&7)
			}
		}
		text = text[n:]
	}
	return dst
}

// shows reports whether a reader sees r. Among what counts as letters and marks there
// are fillers, joiners, selectors and tags that show nothing: Unicode's
// Default_Ignorable_Code_Point (UAX 44), of which IsPrint knows but a part.
func shows(r rune) bool {
	return unicode.IsPrint(r) && (r < 0x034f || !unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector))
}

// console is a writer that is opened again after an error.
type console struct {
	open func() (io.Writer, error)

	mu     sync.Mutex // guards all below; not held while writing
	w      io.Writer
	closed bool
}

// show writes one line.
func (c *console) show(line []byte) error {
	w, err := c.writer()
	if err != nil {
		return err
	}
	if f, ok := w.(*os.File); ok {
		// A console without deadlines (a plain file) does not stop.
		if err := f.SetWriteDeadline(time.Now().Add(patience)); err != nil && !errors.Is(err, os.ErrNoDeadline) {
			return err
		}
	}
	if _, err = w.Write(append(line, '\r', '\n')); err != nil {
		c.forget()
	}
	return err
}

func (c *console) writer() (io.Writer, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, os.ErrClosed
	}
	if c.w == nil {
		w, err := c.open()
		if err != nil {
			return nil, err
		}
		c.w = w
	}
	return c.w, nil
}

// forget makes the next line open the console again.
func (c *console) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop()
}

// drop closes the writer. The lock is held.
func (c *console) drop() {
	if closer, ok := c.w.(io.Closer); ok {
		closer.Close() // it has failed already
	}
	c.w = nil
}

// close ends a write that hangs.
func (c *console) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	c.drop()
}
