// Package target runs a daemon under test: it starts the command in a process
// group of its own, waits until its sockets are there, reads from /proc what
// the group costs, and stops it.
package target

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// stopLimit is how long a daemon may take from SIGTERM to its end.
const stopLimit = 10 * time.Second

// readyLimit is how long a daemon may take from its start to its sockets.
const readyLimit = 20 * time.Second

// Spec says how to start a target.
type Spec struct {
	Name    string
	Command string // one executable and its arguments, blank separated; a start script as a rule
}

// Daemon is a running target.
type Daemon struct {
	Ready time.Duration // from the start of the command until it had its sockets open

	spec   Spec
	cmd    *exec.Cmd
	output string        // file that holds what it printed
	done   chan struct{} // closed when the process has ended
	group  group
}

// Start starts the target with extra environment variables, in directory dir,
// and waits until the daemon has every endpoint open. What the daemon prints goes
// into dir/output and, if it cannot be reached, into the error.
func Start(ctx context.Context, spec Spec, dir string, environment []string, endpoints []Endpoint) (*Daemon, error) {
	words := strings.Fields(spec.Command)
	if len(words) == 0 {
		return nil, fmt.Errorf("%s: no command", spec.Name)
	}
	d := &Daemon{spec: spec, output: filepath.Join(dir, "output"), done: make(chan struct{})}
	out, err := os.OpenFile(d.output, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	d.cmd = exec.Command(words[0], words[1:]...)
	d.cmd.Env = append(os.Environ(), environment...)
	d.cmd.Stdout, d.cmd.Stderr = out, out
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	begin := time.Now()
	if err := d.cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w", spec.Name, err)
	}
	d.group = group{id: d.cmd.Process.Pid}
	go func() {
		defer close(d.done)
		d.cmd.Wait() // how it ended shows in ProcessState
	}()
	if err := d.await(ctx, begin, endpoints); err != nil {
		d.Stop()
		return nil, fmt.Errorf("%s: %w%s", spec.Name, err, d.said())
	}
	return d, nil
}

// await returns when the daemon has every endpoint open.
func (d *Daemon) await(ctx context.Context, begin time.Time, endpoints []Endpoint) error {
	ctx, cancel := context.WithTimeout(ctx, readyLimit)
	defer cancel()
	tick := time.NewTicker(500 * time.Microsecond)
	defer tick.Stop()
	tried := time.Now()
	for _, e := range endpoints {
		for tried = time.Now(); !e.openBy(d.group.id); tried = time.Now() {
			select {
			case <-d.done:
				return fmt.Errorf("ended before it was ready: %v", d.cmd.ProcessState)
			case <-ctx.Done():
				return fmt.Errorf("%s not open: %w", e, context.Cause(ctx))
			case <-tick.C:
			}
		}
	}
	d.Ready = tried.Sub(begin) // finding out whose the sockets are is not the daemon's time
	return nil
}

// said is the end of what the daemon printed, for an error.
func (d *Daemon) said() string {
	b, err := os.ReadFile(d.output)
	if err != nil || len(b) == 0 {
		return ""
	}
	return "\n" + string(b[max(0, len(b)-2000):])
}

// Alive says whether the daemon's first process still runs.
func (d *Daemon) Alive() bool {
	select {
	case <-d.done:
		return false
	default:
		return true
	}
}

// Stop sends SIGTERM to the daemon, after ten seconds SIGKILL to its group,
// and returns how long it took. An error tells that it had to be killed,
// had ended before, or ended with a status other than 0.
func (d *Daemon) Stop() (time.Duration, error) {
	var trouble error
	if !d.Alive() {
		trouble = fmt.Errorf("%s: ended by itself: %v%s", d.spec.Name, d.cmd.ProcessState, d.said())
	}
	begin := time.Now()
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		trouble = errors.Join(trouble, err)
	}
	select {
	case <-d.done:
	case <-time.After(stopLimit):
		trouble = errors.Join(trouble, fmt.Errorf("%s: still running %s after SIGTERM", d.spec.Name, stopLimit))
	}
	took := time.Since(begin)
	// Whatever the daemon left behind in its group goes too.
	if err := syscall.Kill(-d.group.id, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		trouble = errors.Join(trouble, fmt.Errorf("%s: kill: %w", d.spec.Name, err))
	}
	<-d.done
	if code := d.cmd.ProcessState.ExitCode(); trouble == nil && code > 0 {
		trouble = fmt.Errorf("%s: %v%s", d.spec.Name, d.cmd.ProcessState, d.said())
	}
	return took, trouble
}
