package terminal

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// console is a pty: the test holds the master, a session the slave.
type console struct {
	*testing.T
	master, slave *os.File

	mu   sync.Mutex // guards text
	text bytes.Buffer
	news chan struct{}
}

func newConsole(t *testing.T) *console {
	t.Helper()
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	// pty.Open leaves the master blocking: a Read would keep it from being closed.
	fd, err := unix.FcntlInt(master.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err == nil {
		err = unix.SetNonblock(fd, true)
	}
	if err != nil {
		t.Fatal(err)
	}
	master.Close()
	master = os.NewFile(uintptr(fd), "master")
	c := &console{T: t, master: master, slave: slave, news: make(chan struct{}, 1)}
	c.size(80, 24)
	go c.watch()
	t.Cleanup(func() { master.Close(); slave.Close() })
	return c
}

// size sets the size without Fd, which would make the master blocking again.
func (c *console) size(w, h int) {
	c.Helper()
	raw, err := c.master.SyscallConn()
	if err != nil {
		c.Fatal(err)
	}
	var set error
	err = raw.Control(func(fd uintptr) {
		set = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Col: uint16(w), Row: uint16(h)})
	})
	if err != nil || set != nil {
		c.Fatal(err, set)
	}
}

func (c *console) watch() {
	b := make([]byte, 32<<10)
	for {
		n, err := c.master.Read(b)
		c.mu.Lock()
		c.text.Write(b[:n])
		c.mu.Unlock()
		select {
		case c.news <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

func (c *console) output() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.String()
}

// await waits until the output ends in want.
func (c *console) await(want string) {
	c.Helper()
	late := time.After(time.Minute)
	for !strings.HasSuffix(c.output(), want) {
		select {
		case <-c.news:
		case <-late:
			c.Fatalf("no %q at the end of %q", want, c.output())
		}
	}
}

func (c *console) send(keys string) {
	c.Helper()
	if _, err := io.WriteString(c.master, keys); err != nil {
		c.Fatal(err)
	}
}

func (c *console) modes() unix.Termios {
	c.Helper()
	m, err := unix.IoctlGetTermios(int(c.slave.Fd()), unix.TCGETS)
	if err != nil {
		c.Fatal(err)
	}
	return *m
}

func (c *console) open() *Session {
	c.Helper()
	t, err := OpenTTY(c.slave, c.slave)
	if err != nil {
		c.Fatal(err)
	}
	return New(t, Options{Assistant: stub{}})
}

func TestTTYIsRestored(t *testing.T) {
	c := newConsole(t)
	before := c.modes()
	for _, how := range []string{"close", "close twice", "in a line", "panic"} {
		s := c.open()
		if c.modes() == before {
			t.Errorf("%s: not raw", how)
		}
		switch how {
		case "in a line":
			done := make(chan error)
			go func() { _, err := s.ReadLine(Prompt{Text: "> "}); done <- err }()
			c.await("> ")
			s.Close()
			if err := <-done; err != ErrClosed {
				t.Errorf("%s: %v", how, err)
			}
		case "panic":
			func() {
				defer func() { _ = recover() }()
				defer s.Close()
				panic("a command")
			}()
		case "close twice":
			s.Close()
			fallthrough
		default:
			if err := s.Close(); err != nil {
				t.Errorf("%s: %v", how, err)
			}
		}
		if c.modes() != before {
			t.Errorf("%s: modes are not restored", how)
		}
	}
}

func TestTTYEchoIsLiteral(t *testing.T) {
	c := newConsole(t)
	s := c.open()
	defer s.Close()
	long := "set system syslog host 192.0.2.1 log-prefix " + strings.Repeat("0123456789", 30)
	lines := make(chan string)
	go func() {
		for range 3 {
			line, err := s.ReadLine(Prompt{Text: "user@host# "})
			if err != nil {
				line = err.Error()
			}
			lines <- line
		}
	}()
	want := "user@host# "
	c.await(want)
	for _, k := range "show log" {
		c.send(string(k))
		want += string(k)
		c.await(want)
	}
	c.send("\r")
	if l := <-lines; l != "show log " {
		t.Errorf("%q", l)
	}
	want += " \r\nuser@host# "
	c.await(want)
	c.send(long) // and, once it is echoed, Enter: as expect and scrapligo do
	want += long
	c.await(want)
	c.send("\n")
	if l := <-lines; l != long {
		t.Errorf("%q", l)
	}
	want += "\r\nuser@host# "
	c.await(want)
	c.send(long + "\r\n")
	if l := <-lines; l != long {
		t.Errorf("%q", l)
	}
	want += long + "\r\n"
	c.await(want)
	if c.output() != want {
		t.Errorf("%q\nwant\n%q", c.output(), want)
	}
}

func TestTTYPaste(t *testing.T) {
	c := newConsole(t)
	s := c.open()
	defer s.Close()
	const n = 5000
	go func() {
		w := bufio.NewWriter(c.master)
		for i := range n {
			fmt.Fprintf(w, "set system syslog file f%d match \"line %d\"\r", i, i)
		}
		if err := w.Flush(); err != nil {
			t.Error(err)
		}
	}()
	for i := range n {
		line, err := s.ReadLine(Prompt{Banner: "\n[edit]", Text: "user@host# "})
		if want := fmt.Sprintf("set system syslog file f%d match \"line %d\"", i, i); line != want || err != nil {
			t.Fatalf("line %d: %q, %v", i, line, err)
		}
	}
	if strings.Contains(c.output(), "\x1b") {
		t.Error("a paste was echoed with control sequences")
	}
}

func TestTTYResize(t *testing.T) {
	c := newConsole(t)
	tty, err := OpenTTY(c.slave, c.slave)
	if err != nil {
		t.Fatal(err)
	}
	defer tty.Close()
	c.size(100, 40)
	if err := syscall.Kill(os.Getpid(), syscall.SIGWINCH); err != nil { // the pty is not ours to control
		t.Fatal(err)
	}
	select {
	case <-tty.Resized():
	case <-time.After(time.Minute):
		t.Fatal("nobody said so")
	}
	if w, h := tty.Size(); w != 100 || h != 40 {
		t.Errorf("got %d, %d", w, h)
	}
	c.size(0, 0)
	if w, h := tty.Size(); w != 0 || h != 0 {
		t.Errorf("got %d, %d", w, h)
	}
}

func TestTTYHangup(t *testing.T) {
	c := newConsole(t)
	s := c.open()
	done := make(chan error)
	go func() { _, err := s.ReadLine(Prompt{Text: "> "}); done <- err }()
	c.await("> ")
	c.master.Close()
	if err := <-done; !errors.Is(err, ErrHangup) {
		t.Errorf("%v", err)
	}
	s.Close() // its error is that of a terminal that is gone
}

// A terminal that nobody reads must not keep a session from ending.
func TestTTYStuckWriteIsLeft(t *testing.T) {
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer master.Close()
	defer slave.Close()
	tty, err := OpenTTY(slave, slave)
	if err != nil {
		t.Fatal(err)
	}
	s := New(tty, Options{Stall: 100 * time.Millisecond})
	for err == nil {
		_, err = s.Write(bytes.Repeat([]byte("x"), 4096))
	}
	if !errors.Is(err, ErrStalled) {
		t.Errorf("%v", err)
	}
	s.Close()
}

func TestOpenTTYRefusesFiles(t *testing.T) {
	f, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := OpenTTY(f, f); err != ErrNotTerminal {
		t.Errorf("%v", err)
	}
}

// Sessions leave neither descriptors nor, as synctest proves, goroutines.
func TestTTYLeavesNoDescriptor(t *testing.T) {
	c := newConsole(t)
	count := func() int {
		d, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(d)
	}
	before := count()
	for range 20 {
		c.open().Close()
	}
	if n := count(); n > before {
		t.Errorf("%d descriptors, %d before", n, before)
	}
}
