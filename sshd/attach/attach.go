// Package attach is the client half of the unix socket: it carries a terminal,
// a command or a file of commands to the process that holds the engine, and
// the answers and the exit status back. It knows nothing of commands.
package attach

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/term"
)

// Wait is how long Dial tries: whoever holds the lock serves the socket soon.
const Wait = 5 * time.Second

// Environment variables that tell the other side about a batch, or a login.
const (
	EnvSource    = "LOGGIA_SOURCE"     // name of the commands' source, for messages
	EnvKeepGoing = "LOGGIA_KEEP_GOING" // set: run on after a failure
	EnvTerminal  = "LOGGIA_TERMINAL"   // set: what a batch prints goes to a terminal
	EnvLogin     = "LOGGIA_LOGIN"      // set: ask who it is; the value is a name, or empty
)

// What the source of the commands is called unless EnvSource says otherwise.
const (
	SourceCommand = "-c"    // of a command
	SourceInput   = "stdin" // of what is typed or piped
)

// Client is a connection to the engine's process, with a session that waits to begin.
type Client struct {
	ssh     *ssh.Client
	session *ssh.Session
}

// Refused is why the engine's process does not serve this user. Any other error
// of Dial may be gone at the next try: the process was just ending.
type Refused string

func (r Refused) Error() string { return string(r) }

// Dial connects to the socket at path, retrying until Wait is over or ctx ends.
func Dial(ctx context.Context, path string) (*Client, error) {
	ctx, cancel := context.WithTimeout(ctx, Wait)
	defer cancel()
	for {
		c, err := dial(ctx, path)
		if err == nil || !errors.Is(err, syscall.ENOENT) && !errors.Is(err, syscall.ECONNREFUSED) {
			return c, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func dial(ctx context.Context, path string) (*Client, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	greeted := &greetedConn{conn, bufio.NewReader(conn)}
	if err := greeted.greeting(); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	config := &ssh.ClientConfig{
		User: "local",
		// The socket's directory belongs to the engine: the kernel vouches for it.
		HostKeyCallback: ssh.InsecureIgnoreHostKey(),
		Timeout:         Wait,
	}
	config.KeyExchanges = []string{ssh.KeyExchangeECDHP256} // the quickest
	sc, channels, requests, err := ssh.NewClientConn(greeted, "local", config)
	if err != nil {
		_ = conn.Close() // it is of no use any more
		return nil, err
	}
	c := ssh.NewClient(sc, channels, requests)
	session, err := c.NewSession()
	if err != nil {
		_ = c.Close() // as above
		return nil, err
	}
	return &Client{c, session}, nil
}

// greetedConn is a connection whose first bytes were looked at.
type greetedConn struct {
	net.Conn
	in *bufio.Reader
}

func (g *greetedConn) Read(b []byte) (int, error) { return g.in.Read(b) }

// greeting waits for the server's version. A server that does not serve us
// sends the reason instead.
func (g *greetedConn) greeting() error {
	if err := g.SetReadDeadline(time.Now().Add(Wait)); err != nil {
		return err
	}
	first, err := g.in.Peek(4)
	if err != nil {
		return fmt.Errorf("no answer: %w", err)
	}
	if string(first) != "SSH-" {
		line, err := g.in.ReadSlice('\n') // bounded by its buffer
		if err != nil {
			return err
		}
		return Refused(strings.TrimPrefix(strings.TrimSpace(string(line)), "error: "))
	}
	return g.SetReadDeadline(time.Time{})
}

// ErrNotBegun is that the other side went away before the session began: nothing
// was run, and it may be tried anew.
var ErrNotBegun = errors.New("the process that holds the engine went away")

// notBegun marks an error of a request that comes before the session begins.
func notBegun(err error) error {
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: %w", ErrNotBegun, err)
	}
	return err
}

// Close ends the connection. That the other side was first is no error.
func (c *Client) Close() error {
	err := c.ssh.Close()
	if errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) || errors.Is(err, syscall.EPIPE) {
		return nil
	}
	return err
}

// Shell runs an interactive session on the terminal in and out, which are
// restored whatever happens, and returns its exit status.
func (c *Client) Shell(ctx context.Context, in, out *os.File) (int, error) {
	s := c.session
	w, h, err := term.GetSize(int(out.Fd()))
	if err != nil {
		w, h = 80, 24
	}
	name := os.Getenv("TERM")
	if name == "" {
		name = "vt100"
	}
	if err := s.RequestPty(name, h, w, ssh.TerminalModes{}); err != nil {
		return 1, notBegun(err)
	}
	old, err := term.MakeRaw(int(in.Fd()))
	if err != nil {
		return 1, err
	}
	restore := sync.OnceValue(func() error { return term.Restore(int(in.Fd()), old) })
	defer func() {
		// Reported below where there is somebody to tell.
		_ = restore()
	}()
	stop := followSize(s, out)
	defer stop()
	stdin, err := s.StdinPipe()
	if err != nil {
		return 1, err
	}
	s.Stdout, s.Stderr = out, out
	if err := s.Shell(); err != nil {
		return 1, notBegun(err)
	}
	go pass(stdin, in)
	defer context.AfterFunc(ctx, func() { _ = c.Close() })()
	status, err := exitCode(s.Wait())
	return status, errors.Join(err, restore())
}

// pass copies what is typed. It ends with the process: a read of a terminal
// cannot be called back, and the other side may have had enough before the
// input ends.
func pass(to io.WriteCloser, from io.Reader) {
	_, _ = io.Copy(to, from)
	_ = to.Close()
}

// Login is Shell for a user who has yet to say who that is. name may be empty.
func (c *Client) Login(ctx context.Context, in, out *os.File, name string) (int, error) {
	if err := c.session.Setenv(EnvLogin, name); err != nil {
		return 1, fmt.Errorf("name %q: %w", name, notBegun(err))
	}
	return c.Shell(ctx, in, out)
}

// followSize passes on changes of the terminal's size.
func followSize(s *ssh.Session, out *os.File) (stop func()) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGWINCH)
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-done:
				return
			case <-signals:
				if w, h, err := term.GetSize(int(out.Fd())); err == nil {
					// A connection that is gone ends the session itself.
					_ = s.WindowChange(h, w)
				}
			}
		}
	})
	return func() {
		signal.Stop(signals)
		close(done)
		wg.Wait()
	}
}

// Batch describes commands to run without a terminal.
type Batch struct {
	Command   string    // commands separated by ; when In is nil
	In        io.Reader // commands, one a line
	Name      string    // name of the source, for messages
	KeepGoing bool
	Terminal  bool // Out is one
	Out, Err  io.Writer
}

// Run runs a batch and returns its exit status. The end of ctx ends it, and so does output
// that cannot be written, unless it is to keep going; the error says why, but nothing where
// the reader has gone.
func (c *Client) Run(ctx context.Context, b Batch) (int, error) {
	var lost atomic.Pointer[error]
	b.Out = &watchedWriter{b.Out, &lost, b.KeepGoing, c}
	b.Err = &watchedWriter{b.Err, &lost, b.KeepGoing, c}
	status, err := c.run(ctx, b)
	if failed := lost.Load(); failed != nil {
		status, err = max(status, 1), *failed
		if errors.Is(err, syscall.EPIPE) { // as of `| head`
			err = nil
		}
	}
	if err != nil && ctx.Err() != nil {
		err = errors.New("interrupted") // whatever that looked like from here
	}
	return status, err
}

func (c *Client) run(ctx context.Context, b Batch) (int, error) {
	s := c.session
	name := SourceInput
	if b.In == nil {
		name = SourceCommand
	}
	if b.Name != name { // saying what goes without saying would cost a round trip
		if err := s.Setenv(EnvSource, b.Name); err != nil {
			return 1, fmt.Errorf("name of the source %q: %w", b.Name, notBegun(err))
		}
	}
	if b.KeepGoing {
		if err := s.Setenv(EnvKeepGoing, "1"); err != nil {
			return 1, notBegun(err)
		}
	}
	if b.Terminal {
		if err := s.Setenv(EnvTerminal, "1"); err != nil {
			return 1, notBegun(err)
		}
	}
	s.Stdout, s.Stderr = b.Out, b.Err
	defer context.AfterFunc(ctx, func() { _ = c.Close() })()
	if b.In == nil {
		if err := s.Start(b.Command); err != nil {
			return 1, notBegun(err)
		}
		return exitCode(s.Wait())
	}
	stdin, err := s.StdinPipe()
	if err != nil {
		return 1, err
	}
	if err := s.Shell(); err != nil {
		return 1, notBegun(err)
	}
	in := &watchedReader{r: b.In}
	go pass(stdin, in)
	status, err := exitCode(s.Wait())
	if failed := in.failed.Load(); failed != nil && err == nil {
		return max(status, 1), *failed
	}
	return status, err
}

// watchedReader remembers how reading failed: to the other side that looks like
// the end of the input.
type watchedReader struct {
	r      io.Reader
	failed atomic.Pointer[error]
}

func (w *watchedReader) Read(b []byte) (int, error) {
	n, err := w.r.Read(b)
	if err != nil && err != io.EOF {
		w.failed.Store(&err)
	}
	return n, err
}

// watchedWriter remembers how writing failed first, and leaves then: the other side, whose
// output has nowhere to go, is not to wait until somebody takes it.
type watchedWriter struct {
	w      io.Writer
	failed *atomic.Pointer[error]
	goOn   bool // in spite of that
	client *Client
}

func (w *watchedWriter) Write(b []byte) (int, error) {
	n, err := w.w.Write(b)
	if err == nil {
		return n, nil
	}
	w.failed.CompareAndSwap(nil, &err)
	if w.goOn {
		return len(b), nil
	}
	_ = w.client.Close() // err is what is told
	return n, err
}

// exitCode takes the status out of what Wait said.
func exitCode(err error) (int, error) {
	var exit *ssh.ExitError
	switch {
	case err == nil:
		return 0, nil
	case errors.As(err, &exit):
		return exit.ExitStatus(), nil
	}
	return 1, errors.New("the session was cut off: the process that held it is gone")
}
