package daemon

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"loggia/audit/event"
	"loggia/cli/terminal"
)

// consoleLock is a console that can be locked (FTA_SSL_EXT.1): then it shows
// nothing but a question for the password of who logged in, and what is typed goes
// to that question. What the session shows meanwhile is thrown away, except on the
// record; the session itself goes on, with its edits and locks.
type consoleLock struct {
	// Built once.
	terminal.Terminal
	opens  func(ctx context.Context, password string) bool // checks, records and paces
	ctx    context.Context                                 // until Close
	cancel context.CancelFunc

	mu     sync.Mutex    // guards what follows; held while something is shown, so that nothing follows the question
	opened chan struct{} // closed by the right password; nil while it is not locked
	hidden bool          // something was thrown away
}

func newConsoleLock(t terminal.Terminal, opens func(ctx context.Context, password string) bool) *consoleLock {
	l := &consoleLock{Terminal: t, opens: opens}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	return l
}

// What a locked console shows. A screen is cleared with what has scrolled off it.
const (
	clearScreen  = "\x1b[H\x1b[2J\x1b[3J"
	lockedNote   = "This session is locked: nobody pressed a key.\r\n"
	hiddenNote   = "[what came while the session was locked is not shown]\r\n"
	askForSecret = "Password:"
)

// Lock hides the session until the password is typed, or done is closed.
func (l *consoleLock) Lock(done <-chan struct{}) {
	l.mu.Lock()
	opened := make(chan struct{})
	l.opened, l.hidden = opened, false
	// A console that is gone shows when it is read.
	_, _ = io.WriteString(l.Terminal, clearScreen+lockedNote+askForSecret)
	l.mu.Unlock()
	select {
	case <-opened:
	case <-done:
	}
}

func (l *consoleLock) locked() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.opened != nil
}

// Read implements terminal.Terminal. While the console is locked it does not return.
func (l *consoleLock) Read(b []byte) (int, error) {
	for {
		n, err := l.Terminal.Read(b)
		if !l.locked() {
			return n, err
		}
		if err == nil {
			n, err = l.ask(b, n)
		}
		if errors.Is(err, io.EOF) {
			err = terminal.ErrHangup // nobody can open it any more
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// ask asks for the password until it is right. The question is on the screen, and
// the first n bytes of b are the beginning of its answer. It returns how many bytes
// of b, now its first, were typed behind the right one.
func (l *consoleLock) ask(b []byte, n int) (int, error) {
	typed := bytes.NewReader(b[:n])
	in := &answers{Reader: io.MultiReader(typed, l.Terminal), Writer: l.Terminal}
	for question := ""; ; question = askForSecret {
		password, err := terminal.Question(in, question, false, longestPassword)
		switch {
		case in.err != nil:
			return 0, in.err
		case err != nil: // Ctrl-C or Ctrl-D, which open nothing
		case l.opens(l.ctx, password):
			return copy(b, b[n-typed.Len():n]), l.open()
		case l.ctx.Err() != nil:
			return 0, terminal.ErrClosed
		}
	}
}

// open shows the session again.
func (l *consoleLock) open() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := clearScreen
	if l.hidden {
		text += hiddenNote
	}
	close(l.opened)
	l.opened = nil
	_, err := io.WriteString(l.Terminal, text)
	return err
}

// Write implements terminal.Terminal.
func (l *consoleLock) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.opened != nil {
		l.hidden = l.hidden || len(b) > 0
		return len(b), nil
	}
	return l.Terminal.Write(b)
}

// Close implements terminal.Terminal.
func (l *consoleLock) Close() error {
	l.cancel()
	return l.Terminal.Close()
}

// answers are what is typed at a locked console. Its err tells the end of the
// console from a key that ends a question.
type answers struct {
	io.Reader
	io.Writer
	err error
}

// Read implements io.Reader.
func (a *answers) Read(b []byte) (n int, err error) {
	n, err = a.Reader.Read(b)
	if err != nil {
		a.err = err
	}
	return n, err
}

// reenter checks the password of who locked the console. The console stays locked
// for as long as it takes: wrong passwords make the answers slower, and end nothing.
func (c *consoleLogin) reenter(ctx context.Context, user, typed string) bool {
	lock := event.SessionLock{Username: user, TTY: c.tty}
	config := c.d.logins.Load().config
	u := config.Users[user]
	right := knows(u, typed)
	switch {
	case right && u.Access.Allows(time.Now().In(config.Location)):
		c.wrong = 0
		lock.State = event.SessionUnlocked
		c.record(user, lock)
		return true
	case right:
		lock.Reason = "not at this time"
	default:
		lock.Reason = "wrong password"
	}
	lock.State = event.SessionUnlockFailed
	c.record(user, lock)
	c.wrong++
	c.slow(ctx, config.Retry)
	return false
}
