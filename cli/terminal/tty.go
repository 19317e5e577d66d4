package terminal

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// tty is the process's own terminal. It is read and written through an open
// file description of its own where that can be had: a stuck write can then be
// left, and the descriptor that the parent shell shares stays as it was.
type tty struct {
	in, out int // as given: modes and size
	r, w    int // read and written
	own     []int
	state   *term.State
	wake    [2]int // a pipe, written once, that ends every wait

	sig     chan os.Signal
	resized chan struct{}
	done    chan struct{}
	once    sync.Once
	users   sync.RWMutex // held for reading by Read and Write; Close takes it before it closes descriptors
	err     error        // of Close
	wg      sync.WaitGroup
}

// OpenTTY puts the terminal that in and out are into raw mode. Close restores
// it; the caller sees to it that Close runs at every kind of exit, signals and
// panics included. ErrNotTerminal: in or out is no terminal, and the caller
// reads commands line by line.
func OpenTTY(in, out *os.File) (Terminal, error) {
	t := &tty{in: int(in.Fd()), out: int(out.Fd()), resized: make(chan struct{}, 1), done: make(chan struct{}), sig: make(chan os.Signal, 1)}
	if !term.IsTerminal(t.in) || !term.IsTerminal(t.out) {
		return nil, ErrNotTerminal
	}
	if err := unix.Pipe2(t.wake[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		return nil, fmt.Errorf("terminal: %w", err)
	}
	state, err := term.MakeRaw(t.in)
	if err != nil {
		t.release()
		return nil, fmt.Errorf("%s: raw mode: %w", in.Name(), err)
	}
	t.state = state
	t.r, t.w = t.reopen(t.in, unix.O_RDONLY), t.reopen(t.out, unix.O_WRONLY)
	signal.Notify(t.sig, syscall.SIGWINCH, syscall.SIGCONT)
	t.wg.Go(t.watch)
	return t, nil
}

// reopen gives a non-blocking description of the same terminal, or fd itself
// where that is not allowed (after su, the terminal belongs to somebody else).
func (t *tty) reopen(fd, mode int) int {
	n, err := unix.Open("/proc/self/fd/"+strconv.Itoa(fd), mode|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fd
	}
	t.own = append(t.own, n)
	return n
}

// watch tells of new sizes; after the process was stopped and continued, the
// shell in between has changed the modes and the screen.
func (t *tty) watch() {
	for {
		select {
		case s := <-t.sig:
			if s == syscall.SIGCONT {
				_, _ = term.MakeRaw(t.in) // a terminal that is gone says so at the next Read
			}
			select {
			case t.resized <- struct{}{}:
			default: // one that waits tells it too
			}
		case <-t.done:
			return
		}
	}
}

// wait polls fd, and is false once Close was called.
func (t *tty) wait(fd int, events int16) (bool, error) {
	p := []unix.PollFd{{Fd: int32(fd), Events: events}, {Fd: int32(t.wake[0]), Events: unix.POLLIN}}
	for {
		_, err := unix.Poll(p, -1)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return false, err
		}
		return p[1].Revents == 0, nil
	}
}

// enter keeps the descriptors open during a Read or Write.
func (t *tty) enter() bool {
	t.users.RLock()
	select {
	case <-t.done:
		t.users.RUnlock()
		return false
	default:
		return true
	}
}

// Read returns the next keys. A tty that ends has hung up.
func (t *tty) Read(b []byte) (int, error) {
	if !t.enter() {
		return 0, ErrClosed
	}
	defer t.users.RUnlock()
	for {
		if ok, err := t.wait(t.r, unix.POLLIN); err != nil {
			return 0, err
		} else if !ok {
			return 0, ErrClosed
		}
		n, err := unix.Read(t.r, b)
		switch {
		case err == unix.EAGAIN, err == unix.EINTR:
			continue
		case err != nil:
			return 0, fmt.Errorf("%w: %w", ErrHangup, err)
		case n == 0:
			return 0, ErrHangup
		}
		return n, nil
	}
}

// Write passes all of b on.
func (t *tty) Write(b []byte) (int, error) {
	if !t.enter() {
		return 0, ErrClosed
	}
	defer t.users.RUnlock()
	for done := 0; done < len(b); {
		if ok, err := t.wait(t.w, unix.POLLOUT); err != nil {
			return done, err
		} else if !ok {
			return done, ErrClosed
		}
		end := len(b)
		if t.w == t.out { // a shared description may block: give it little at a time
			end = min(end, done+256)
		}
		n, err := unix.Write(t.w, b[done:end])
		switch {
		case err == unix.EAGAIN, err == unix.EINTR:
			continue
		case err != nil:
			return done, fmt.Errorf("%w: %w", ErrHangup, err)
		case n == 0:
			return done, io.ErrShortWrite
		}
		done += n
	}
	return len(b), nil
}

// Size asks the terminal; 0, 0 if it does not know.
func (t *tty) Size() (w, h int) {
	w, h, err := term.GetSize(t.out)
	if err != nil {
		return 0, 0
	}
	return w, h
}

// Resized tells of SIGWINCH.
func (t *tty) Resized() <-chan struct{} { return t.resized }

// Close restores the modes first, so that they are right even if something
// below should go wrong.
func (t *tty) Close() error {
	t.once.Do(func() {
		t.err = term.Restore(t.in, t.state)
		signal.Stop(t.sig)
		close(t.done)
		_, _ = unix.Write(t.wake[1], []byte{0}) // an empty pipe takes a byte
		t.wg.Wait()
		t.users.Lock()
		t.release()
		t.users.Unlock()
	})
	return t.err
}

func (t *tty) release() {
	for _, fd := range append(t.own, t.wake[:]...) {
		_ = unix.Close(fd) // ours, and only read from and written to
	}
}
