package sshd

import (
	"context"
	"errors"
	"io"
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
	Command string            // exec: the command; empty for a shell
	Exec    bool              // a command, not a shell
	PTY     bool              // a terminal was asked for
	Env     map[string]string // environment variables, bounded

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

// Write sends to the other side's standard output.
func (c *Channel) Write(b []byte) (int, error) { return c.ssh.Write(b) }

// Close ends the session in order, with status 0, unless it is being cut off.
func (c *Channel) Close() error {
	if c.ctx.Err() != nil {
		return c.ssh.Close()
	}
	return c.finish(0)
}

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
)

// serveChannel answers the requests of a channel and runs the handler once a
// shell or a command was asked for.
func serveChannel(ctx context.Context, peer Peer, ch ssh.Channel, requests <-chan *ssh.Request, handle Handler) {
	ctx, cancel := context.WithCancel(ctx)
	c := &Channel{ssh: ch, Errors: ch.Stderr(), Env: map[string]string{}, resized: make(chan struct{}, 1), gone: make(chan struct{}), ctx: ctx}
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	started := false
	for r := range requests {
		ok := c.request(r, started)
		begin := ok && !started && (r.Type == "shell" || r.Type == "exec")
		if r.WantReply {
			// A client that is gone shows when the channel is read.
			_ = r.Reply(ok, nil)
		}
		if begin {
			started = true
			wg.Go(func() {
				status := handle(ctx, peer, c)
				// A client that is gone wants no status.
				_ = c.finish(status)
			})
		}
	}
	close(c.gone)
	if !started {
		_ = ch.Close()
	}
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
		var m ptyRequest
		if ssh.Unmarshal(r.Payload, &m) != nil {
			return false
		}
		c.PTY = true
		c.width, c.height = int(min(m.Width, maxDimension)), int(min(m.Height, maxDimension))
		return true
	case "env":
		var m envRequest
		if ssh.Unmarshal(r.Payload, &m) != nil || len(c.Env) >= maxEnv || len(m.Name)+len(m.Value) > maxEnvBytes {
			return false
		}
		c.Env[m.Name] = m.Value
		return true
	case "exec":
		var m execRequest
		if ssh.Unmarshal(r.Payload, &m) != nil || len(m.Command) > maxCommand {
			return false
		}
		c.Command, c.Exec = m.Command, true
		return true
	}
	return r.Type == "shell"
}
