package sshd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// Channel is one session channel: the bytes of a terminal or of a command. It
// is a terminal.Terminal when PTY is set.
type Channel struct {
	ssh    ssh.Channel
	Errors io.Writer // standard error of the other side

	// What the client asked for before the session began.
	Command   string            // exec: the command; empty for a shell
	Exec      bool              // a command, not a shell
	PTY       bool              // a terminal was asked for
	TTY       string            // its name, on the network
	Subsystem string            // instead of a shell or a command
	Env       map[string]string // environment variables, bounded

	mu            sync.Mutex // guards width and height
	width, height int
	resized       chan struct{}
	gone          chan struct{} // closed when the other side has closed the channel, or is lost

	ctx context.Context // of the session
	end sync.Once       // the exit status is sent, and the channel closed, once
}

// ErrGone is what Read returns when the other side is gone: unlike io.EOF,
// which only says that nothing more will be typed, it takes back what was typed
// and not yet looked at.
var ErrGone = errors.New("connection lost")

// goneTime is how long an end of input may come before the end of the
// connection that caused it.
const goneTime = 20 * time.Millisecond

// Bounds on what a client may send before its session begins.
const (
	maxEnv       = 16
	maxEnvBytes  = 1024
	maxCommand   = 1 << 20
	maxDimension = 10000
)

// Read reads what the other side sends.
func (c *Channel) Read(b []byte) (int, error) {
	n, err := c.ssh.Read(b)
	if err != io.EOF {
		return n, err
	}
	select {
	case <-c.gone:
		err = ErrGone
	case <-time.After(goneTime):
	}
	return n, err
}

// Write sends to the other side's standard output. A client that takes nothing
// for long loses the channel.
func (c *Channel) Write(b []byte) (int, error) {
	stalled := time.AfterFunc(stallTime, func() { _ = c.ssh.Close() })
	defer stalled.Stop()
	return c.ssh.Write(b)
}

// Close ends the session in order, with status 0, unless it is being cut off.
func (c *Channel) Close() error {
	if c.ctx.Err() != nil {
		return c.ssh.Close()
	}
	return c.finish(0)
}

// Cut ends the channel at once, without a status: whoever reads or writes it gets
// an error.
func (c *Channel) Cut() error { return c.ssh.Close() }

// finish tells the other side the exit status and closes the channel, unless
// that is done.
func (c *Channel) finish(status int) (err error) {
	c.end.Do(func() {
		// OpenSSH wants the status before the end of the channel. One that is gone
		// shows in Close.
		_, _ = c.ssh.SendRequest("exit-status", false, ssh.Marshal(exitStatus{uint32(status)}))
		err = c.ssh.Close()
	})
	return err
}

// Size returns the terminal's columns and rows; 0 when the client gave none.
func (c *Channel) Size() (w, h int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.width, c.height
}

// Resized is signalled after the size changed.
func (c *Channel) Resized() <-chan struct{} { return c.resized }

func (c *Channel) resize(w, h uint32) {
	c.mu.Lock()
	c.width, c.height = int(min(w, maxDimension)), int(min(h, maxDimension))
	c.mu.Unlock()
	select {
	case c.resized <- struct{}{}:
	default: // one signal is enough
	}
}

// RFC 4254, 6.2, 6.4, 6.5, 6.7, 6.10.
type (
	ptyRequest struct {
		Term                  string
		Width, Height, PW, PH uint32
		Modes                 string
	}
	windowChange struct{ Width, Height, PW, PH uint32 }
	envRequest   struct{ Name, Value string }
	execRequest  struct{ Command string }
	exitStatus   struct{ Status uint32 }

	subsystemRequest struct{ Name string }
	signalRequest    struct{ Name string }
)

// service is what is served on the channels of a connection.
type service struct {
	handle     Handler
	subsystems map[string]Handler
	only       string // the one subsystem there is; empty for everything
	// begin is told of each session before it runs; what it returns is called with
	// the reason when it has ended. It may be nil.
	begin func(c *Channel) (end func(reason string))
	// refused is told of a request that is not granted. It may be nil.
	refused func(what string)
}

// serveChannel answers the requests of a channel and runs a handler once a
// shell, a command or a subsystem was asked for.
func (s *service) serveChannel(ctx context.Context, peer Peer, ch ssh.Channel, requests <-chan *ssh.Request) {
	ctx, cancel := context.WithCancel(ctx)
	c := &Channel{ssh: ch, Errors: ch.Stderr(), Env: map[string]string{}, resized: make(chan struct{}, 1), gone: make(chan struct{}), ctx: ctx}
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	started := false
	for r := range requests {
		if started && r.Type == "signal" {
			if c.signalled(r.Payload) {
				cancel()
			}
			continue // it wants no answer (RFC 4254, 6.9)
		}
		ok := c.request(r, started)
		var run Handler
		if ok && !started {
			run, ok = s.handler(c, r.Type)
		}
		if r.WantReply {
			// A client that is gone shows when the channel is read.
			_ = r.Reply(ok, nil)
		}
		if run != nil {
			started = true
			wg.Go(func() { s.run(ctx, peer, c, run) })
		}
	}
	close(c.gone)
	if !started {
		_ = ch.Close()
	}
}

// run runs one session.
func (s *service) run(ctx context.Context, peer Peer, c *Channel, handle Handler) {
	end := func(string) {}
	if s.begin != nil {
		end = s.begin(c)
	}
	status := handle(ctx, peer, c)
	reason := fmt.Sprintf("exit status %d", status)
	if ctx.Err() != nil {
		reason = "cut off"
	}
	// A client that is gone wants no status.
	_ = c.finish(status)
	end(reason)
}

// handler returns what serves the session that a granted request begins, nil for
// other requests, and whether the request stays granted.
func (s *service) handler(c *Channel, request string) (Handler, bool) {
	switch request {
	case "subsystem":
	case "exec":
		if netconf := s.subsystems[netconfName]; netconf != nil && c.Command == netconfCommand {
			c.Subsystem = netconfName
			return netconf, true
		}
		if isSCP(c.Command) {
			return refuseSCP, true
		}
		fallthrough
	case "shell":
		if s.only == "" {
			return s.handle, true
		}
		s.refuse(request)
		return nil, false
	default:
		return nil, true
	}
	if h := s.subsystems[c.Subsystem]; h != nil && (s.only == "" || s.only == c.Subsystem) {
		return h, true
	}
	s.refuse("subsystem " + printable(c.Subsystem, 64))
	return nil, false
}

func (s *service) refuse(what string) {
	if s.refused != nil {
		s.refused(what)
	}
}

// NETCONF is a subsystem (RFC 6242, 3), and older clients of Junos ask for it by
// a command.
const (
	netconfName    = "netconf"
	netconfCommand = "xml-mode netconf need-trailer"
)

// isSCP reports whether a command is that of the old protocol of scp, which runs
// the program on the other side.
func isSCP(command string) bool {
	words := strings.Fields(command)
	if len(words) < 2 || path.Base(words[0]) != "scp" {
		return false
	}
	return slices.ContainsFunc(words[1:], func(w string) bool { return w == "-t" || w == "-f" })
}

// refuseSCP explains what to do instead.
func refuseSCP(_ context.Context, _ Peer, c *Channel) int {
	// In this protocol a line behind a byte 1 is an error that is shown.
	_, _ = fmt.Fprint(c, "\x01scp: the old protocol is not spoken here; use scp without -O, or sftp\n")
	return 1
}

// what names the session in records.
func (c *Channel) what() string {
	switch {
	case c.Subsystem != "":
		return "subsystem '" + printable(c.Subsystem, 64) + "'"
	case c.Exec:
		return "command"
	case c.PTY && c.TTY != "":
		return "shell on " + c.TTY
	}
	return "shell"
}

// signalled reports whether a signal ends the session. Ctrl-C at a terminal is a
// key, so the signal INT is for commands.
func (c *Channel) signalled(payload []byte) bool {
	var m signalRequest
	if ssh.Unmarshal(payload, &m) != nil {
		return false
	}
	switch m.Name {
	case "HUP", "KILL", "QUIT", "TERM":
		return true
	case "INT":
		return !c.PTY
	}
	return false
}

// request takes one request into account and says whether it is granted.
func (c *Channel) request(r *ssh.Request, started bool) bool {
	if r.Type == "window-change" {
		var m windowChange
		if ssh.Unmarshal(r.Payload, &m) != nil {
			return false
		}
		c.resize(m.Width, m.Height)
		return true
	}
	if started {
		return false
	}
	switch r.Type {
	case "pty-req":
		return c.requestPTY(r.Payload)
	case "env":
		return c.requestEnv(r.Payload)
	case "exec":
		var m execRequest
		if ssh.Unmarshal(r.Payload, &m) != nil || len(m.Command) > maxCommand {
			return false
		}
		c.Command, c.Exec = m.Command, true
		return true
	case "subsystem":
		var m subsystemRequest
		if ssh.Unmarshal(r.Payload, &m) != nil || m.Name == "" {
			return false
		}
		c.Subsystem = m.Name
		return true
	}
	return r.Type == "shell"
}

func (c *Channel) requestPTY(payload []byte) bool {
	var m ptyRequest
	if ssh.Unmarshal(payload, &m) != nil {
		return false
	}
	c.PTY = true
	c.mu.Lock()
	defer c.mu.Unlock()
	c.width, c.height = int(min(m.Width, maxDimension)), int(min(m.Height, maxDimension))
	return true
}

func (c *Channel) requestEnv(payload []byte) bool {
	var m envRequest
	if ssh.Unmarshal(payload, &m) != nil || len(c.Env) >= maxEnv || len(m.Name)+len(m.Value) > maxEnvBytes {
		return false
	}
	c.Env[m.Name] = m.Value
	return true
}
