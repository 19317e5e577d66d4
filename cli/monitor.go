package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"loggia/op"
)

// monitorLimit bounds the files that one session follows.
const monitorLimit = 16

// monitorFlag is the permission to read logs.
const monitorFlag = "trace"

// monitor follows one log file for one session.
type monitor struct {
	cancel context.CancelFunc
	done   chan struct{}
	err    error  // why it ended by itself; read once done is closed
	pipes  string // as typed; the session's goroutine only

	mu  sync.Mutex // guards out, which `monitor start` with other pipes replaces between two lines
	out *feed
}

// monitors are the log files that a session follows.
type monitors struct {
	mu     sync.Mutex          // guards last, which the following goroutines share
	last   string              // file whose line was printed last
	byName map[string]*monitor // the session's goroutine only
}

func monitorVerbs() []*verb {
	file := op.Param{Name: "filename", Help: "Name of the log file", Required: true, Names: op.LogNames}
	all := file
	all.Required = false
	return []*verb{
		{Grammar: op.Grammar{Words: "monitor start", Help: "Show the lines of a log file as they are written", Permission: monitorFlag, Params: []op.Param{file}}, run: monitorStart},
		{Grammar: op.Grammar{Words: "monitor stop", Help: "Stop showing them", Permission: monitorFlag, NoPipe: true, Params: []op.Param{all}}, run: monitorStop},
		{Grammar: op.Grammar{Words: "monitor list", Help: "Show which log files are followed", Permission: monitorFlag}, run: monitorList},
	}
}

// monitorStart follows a file in the background; its pipes filter what is shown, and take the
// place of those it was followed with before. In a batch that ends with the commands, but for
// one that can get no more of them (see stay).
func monitorStart(ctx context.Context, s *Session, c *call) error {
	name := c.args["filename"]
	if s.o.Answer != nil {
		return errors.New("lines that are still to come are no answer; get-syslog-events asks for them")
	}
	before := s.monitors.byName[name]
	if before == nil && len(s.monitors.byName) >= monitorLimit {
		return fmt.Errorf("no more than %d files are followed at once", monitorLimit)
	}
	if err := op.LogExists(&s.env, name); err != nil {
		return err
	}
	out, err := s.filters(c.pipes, sink{&monitorWriter{s: s, name: name}})
	if err != nil {
		return err
	}
	typed := ""
	for _, p := range c.pipes {
		typed += " | " + joined(p.words)
	}
	c.pipes = nil // they belong to the lines, not to this answer
	if before != nil {
		replaced, err := before.instead(out)
		if replaced {
			before.pipes = typed
			return err
		}
	}
	background, cancel := context.WithCancel(context.WithoutCancel(ctx))
	m := &monitor{cancel: cancel, done: make(chan struct{}), pipes: typed, out: out}
	if s.monitors.byName == nil {
		s.monitors.byName = map[string]*monitor{}
	}
	s.monitors.byName[name] = m
	go func() {
		defer close(m.done)
		if m.err = m.finish(m.follow(background, s.env.Logs, name)); m.err != nil && !s.o.Batch {
			s.o.Screen.Print(message(m.err) + "\n")
		}
	}()
	return nil
}

// instead has the lines from now on go to out, if there are any to come. The error is about
// those that have been.
func (m *monitor) instead(out *feed) (done bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.out == nil {
		return false, nil
	}
	err = m.out.finish(nil)
	m.out = out
	return true, err
}

// finish ends the filters, with err or what they have to say at the end.
func (m *monitor) finish(err error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := m.out
	m.out = nil
	return out.finish(err)
}

// follow shows the lines of a file until ctx ends.
func (m *monitor) follow(ctx context.Context, logs op.Logs, name string) error {
	var line []byte
	for text, err := range logs.Follow(ctx, name) {
		if err == nil {
			line = append(append(line[:0], text...), '\n')
			err = m.write(line)
		}
		if ctx.Err() != nil {
			break
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (m *monitor) write(line []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, err := m.out.Write(line)
	return err
}

// monitorWriter prints followed lines above whatever is being typed, under a
// header whenever the file changes.
type monitorWriter struct {
	s    *Session
	name string
}

func (w *monitorWriter) Write(b []byte) (int, error) {
	m := &w.s.monitors
	m.mu.Lock()
	header := ""
	if m.last != w.name {
		m.last, header = w.name, "*** "+w.name+" ***\n"
	}
	m.mu.Unlock()
	if w.s.o.Batch {
		return len(b), w.s.o.Screen.Say(header + string(b))
	}
	w.s.o.Screen.Print(header + string(b))
	return len(b), nil
}

// stay waits, at the end of a batch that can get no more commands, for as long as files
// are followed: until ctx ends, which is how that is left, or nobody takes the lines any more.
func (m *monitors) stay(ctx context.Context) error {
	for _, one := range m.byName {
		select {
		case <-one.done:
			if one.err != nil {
				return one.err
			}
		case <-ctx.Done():
			return errors.New("interrupted")
		}
	}
	return nil
}

func monitorStop(_ context.Context, s *Session, c *call) error {
	for name, m := range s.monitors.byName {
		if !c.args.Has("filename") || c.args["filename"] == name {
			m.stop()
			delete(s.monitors.byName, name)
		}
	}
	return nil
}

func (m *monitor) stop() {
	m.cancel()
	<-m.done
}

func (m *monitors) stopAll() {
	for _, one := range m.byName {
		one.stop()
	}
	m.byName = nil
}

func monitorList(_ context.Context, s *Session, c *call) error {
	names := make([]string, 0, len(s.monitors.byName))
	for name := range s.monitors.byName {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		c.say(op.Monitored(&s.env, name, s.monitors.byName[name].pipes))
	}
	return nil
}
