package cli

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"loggia/cli/terminal"
	"loggia/match"
)

// Interact runs the session on a terminal, which it owns from now on, until
// the user leaves, the terminal goes away or ctx ends. It returns the exit status.
func (s *Session) Interact(ctx context.Context, t terminal.Terminal) int {
	term := terminal.New(t, terminal.Options{
		Assistant: assistant{s},
		Match:     compilePattern,
		Save:      func(name string) (io.WriteCloser, error) { return s.env.Files.Create(name) },
	})
	s.o.Screen = &ttyScreen{term}
	if s.o.Attached != nil {
		defer s.o.Attached(term.Print, func() { _ = term.Close() })()
	}
	stop := context.AfterFunc(ctx, func() { _ = term.Close() })
	defer stop()
	idle := s.watchIdle(term)
	defer idle()
	s.begin()
	s.loop(ctx, term)
	s.end()
	if err := term.Close(); err != nil {
		return 1
	}
	return 0
}

func compilePattern(expr string) (func([]byte) bool, error) {
	e, err := match.Compile(expr, match.Options{IgnoreCase: true})
	if err != nil {
		return nil, err
	}
	return e.Match, nil
}

// loop reads and runs lines.
func (s *Session) loop(ctx context.Context, term *terminal.Session) {
	blank := false // an empty line is due before the prompt
	for {
		if blank || s.configuring() {
			if s.o.Screen.Say("\n") != nil {
				return
			}
		}
		line, err := term.ReadLine(terminal.Prompt{Banner: s.banner(), Text: s.prompt(), History: s.recent()})
		switch {
		case errors.Is(err, terminal.ErrInterrupt):
			blank = false
			continue
		case err != nil:
			return
		}
		blank = strings.TrimSpace(line) != ""
		if err := s.interactiveLine(ctx, term, line); err != nil {
			return
		}
	}
}

// interactiveLine runs one line; its error ends the session.
func (s *Session) interactiveLine(ctx context.Context, term *terminal.Session, line string) error {
	c, w, f := s.parse(line)
	if f != nil {
		shown, _ := s.showable(w, f, line)
		s.recordLine(strings.Fields(shown))
		text := f.text + "\n"
		if len(f.list) > 0 {
			text += listing(f.list)
		}
		return term.Fault(f.col, text)
	}
	if c == nil {
		return nil
	}
	s.recordLine(c.words)
	if s.settings.timestamp {
		if err := s.o.Screen.Say(s.env.Now().Format(stampLayout) + "\n"); err != nil {
			return err
		}
	}
	running, stop := term.Interruptible(ctx)
	err := s.execute(running, c)
	stop()
	term.SetLength(s.settings.screenLength)
	term.SetWidth(s.settings.screenWidth)
	switch {
	case errors.Is(err, errQuit):
		return err
	case err == nil, errors.Is(err, terminal.ErrInterrupt), errors.Is(err, context.Canceled):
		return nil
	}
	return s.o.Screen.Say(message(err) + "\n")
}

// ttyScreen is the Screen of a terminal.
type ttyScreen struct{ t *terminal.Session }

func (y *ttyScreen) Say(text string) error { _, err := io.WriteString(y.t, text); return err }
func (y *ttyScreen) Print(text string)     { y.t.Print(text) }

func (y *ttyScreen) Output(ctx context.Context, more bool, produce func(context.Context, io.Writer) error) error {
	if !more {
		return produce(ctx, y.t)
	}
	return y.t.Page(ctx, terminal.Paging{}, produce)
}

func (y *ttyScreen) Ask(_ context.Context, question string, yes bool) (bool, error) {
	return y.t.Confirm(question, yes)
}

func (y *ttyScreen) Text(context.Context) (io.Reader, error) {
	if err := y.Say("[Type ^D at a new line to end input]\n"); err != nil {
		return nil, err
	}
	return &textReader{next: func() (string, int, error) {
		line, err := y.t.ReadText()
		return line, 0, err
	}}, nil
}

func (y *ttyScreen) Width() int  { w, _ := y.t.Size(); return w }
func (y *ttyScreen) Height() int { return y.t.Length() }

// idleWarnings are how long before the end of an idle session it is warned.
var idleWarnings = [...]struct {
	before time.Duration
	text   string
}{{5 * time.Minute, "5 minutes"}, {time.Minute, "1 minute"}, {10 * time.Second, "10 seconds"}}

// watchIdle ends the session when no key was pressed for the idle timeout. The
// returned function ends the watch.
func (s *Session) watchIdle(term *terminal.Session) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		warned := time.Duration(1 << 62)
		for {
			select {
			case <-done:
				return
			case <-tick.C:
			}
			limit := time.Duration(s.idleMinutes.Load()) * time.Minute
			if limit == 0 {
				continue
			}
			left := limit - time.Since(term.Idle())
			if left > idleWarnings[0].before {
				warned = limit
			}
			if left <= 0 {
				term.Print("Idle timeout exceeded: closing session")
				_ = term.Close()
				return
			}
			for _, w := range idleWarnings {
				if left <= w.before && warned > w.before && limit > w.before {
					warned = w.before
					term.Print("Warning: session will be closed in " + w.text + " if there is no activity")
				}
			}
		}
	}()
	return func() { close(done); <-ended }
}
