package terminal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// Pty is a pseudo-terminal for a program that a session lends its terminal to. The program gets the
// Slave; the session relays between Pty and its own terminal.
type Pty struct {
	*os.File // the master side: what the program shows, and what is typed
	Slave    *os.File
}

// OpenPty makes a pseudo-terminal of a size, whose other side belongs to uid when the process may
// give it away.
func OpenPty(w, h int, uid *uint32) (p *Pty, err error) {
	master, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: "/dev/ptmx", Err: err}
	}
	p = &Pty{File: os.NewFile(uintptr(master), "/dev/ptmx")}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.File.Close())
		}
	}()
	n, err := unix.IoctlGetInt(master, unix.TIOCGPTN)
	if err != nil {
		return nil, fmt.Errorf("pty: %w", err)
	}
	if err := unix.IoctlSetPointerInt(master, unix.TIOCSPTLCK, 0); err != nil {
		return nil, fmt.Errorf("pty: %w", err)
	}
	if p.Slave, err = os.OpenFile("/dev/pts/"+strconv.Itoa(n), os.O_RDWR|unix.O_NOCTTY, 0); err != nil {
		return nil, err
	}
	if uid != nil && os.Geteuid() == 0 {
		if err := p.Slave.Chown(int(*uid), -1); err != nil {
			return nil, errors.Join(err, p.Slave.Close())
		}
	}
	p.Resize(w, h)
	return p, nil
}

// Resize tells the program how large its terminal is. A terminal that is gone has no size.
func (p *Pty) Resize(w, h int) {
	c, err := p.SyscallConn()
	if err != nil {
		return
	}
	_ = c.Control(func(fd uintptr) {
		_ = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Col: uint16(w), Row: uint16(h)})
	})
}

// Relay lends the terminal to a program behind p: what is typed goes to the program, Ctrl-C included,
// and what the program shows is shown as it is. It ends when all of the program's side is closed, and
// closes p when the terminal goes away, which hangs the program up. p is not closed otherwise.
func (s *Session) Relay(p *Pty) error {
	s.flushTail()
	s.scr.hold(1)
	s.q.lend(true)
	typed := make(chan struct{})
	go func() {
		defer close(typed)
		s.relayKeys(p)
	}()
	err := s.relayOutput(p)
	s.q.lend(false)
	<-typed
	s.scr.fresh()
	s.scr.hold(-1)
	return err
}

// relayKeys passes what is typed on until the terminal is lent no more.
func (s *Session) relayKeys(p *Pty) {
	deaf := false      // the program takes nothing any more
	var told time.Time // when it was told last that nothing more will be typed
	for {
		b, event := s.q.raw(deaf, told)
		switch {
		case event == nil:
			if _, err := p.Write(b); err != nil {
				deaf = true // it is going; its output says when it is gone
			}
		case event == errResized:
			p.Resize(s.Size())
		case event == io.EOF:
			// The end of input on a terminal. A program that was between two lines may lose it.
			told = time.Now()
			if _, err := p.Write([]byte{0x04}); err != nil {
				deaf = true
			}
		case event == errReturned:
			return
		default:
			_ = p.Close() // a hang-up; the reader of p sees it
			return
		}
	}
}

// relayOutput shows what the program shows, until it has closed its terminal.
func (s *Session) relayOutput(p *Pty) error {
	b := make([]byte, 4<<10)
	for {
		n, err := p.Read(b)
		if serr := s.scr.raw(b[:n]); serr != nil {
			_ = p.Close() // nobody sees the program any more
			return s.reason(serr)
		}
		switch {
		case errors.Is(err, os.ErrClosed):
			return s.Err()
		case err != nil: // EIO: no other side is open
			return nil
		}
	}
}

// raw shows bytes as they are.
func (s *screen) raw(b []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.room(); err != nil {
		return err
	}
	if len(b) > 0 {
		s.out = append(s.out, b...)
		s.column0 = b[len(b)-1] == '\n'
		s.cond.Broadcast()
	}
	return nil
}

// tellAgain is how often a program is told that nothing more will be typed.
const tellAgain = time.Second

var (
	errResized  = errors.New("resized")
	errReturned = errors.New("the terminal is not lent")
)

// lend says whether a program has the terminal: then no key has a meaning here.
func (q *queue) lend(on bool) {
	q.mu.Lock()
	q.lent = on
	q.cond.Broadcast()
	q.mu.Unlock()
}

// raw waits for what is typed while the terminal is lent, or for something that happens to it:
// errResized, errReturned, or why nothing more will be typed. io.EOF comes again and again, a while
// after it was told. Nothing that is typed matters to a program that is deaf.
func (q *queue) raw(deaf bool, told time.Time) ([]byte, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for {
		switch {
		case !q.lent:
			return nil, errReturned
		case q.resized:
			q.resized = false
			return nil, errResized
		case q.end != nil && q.end != io.EOF:
			return nil, q.end
		case deaf:
		case len(q.buf) > 0:
			b := append([]byte(nil), q.buf...)
			q.take(len(b))
			return b, nil
		case q.end == io.EOF && time.Since(told) >= tellAgain:
			return nil, io.EOF
		case q.end == io.EOF:
			time.AfterFunc(tellAgain-time.Since(told), q.cond.Broadcast)
		}
		q.cond.Wait()
	}
}
