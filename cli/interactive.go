package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"loggia/cli/terminal"
	"loggia/configtree/store"
	"loggia/match"
)

// Interact runs the session on a terminal, which it owns from now on, until
// the user leaves, the terminal goes away or ctx ends. It returns the exit status.
func (s *Session) Interact(ctx context.Context, t terminal.Terminal) int {
	term := terminal.New(t, terminal.Options{
		Assistant: assistant{s},
		Match:     compilePattern,
		Save:      s.saveFromPager,
		Command:   s.isCommand,
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

// saveFromPager opens the file that the key s of the pager writes to. Who types a command while
// the pager is open, or pastes several when the first of them has a long answer, reaches that key with
// `set` and `show`: what is left of those is no file.
func (s *Session) saveFromPager(name string) (io.WriteCloser, error) {
	const key = "s"
	if word, _, _ := strings.Cut(key+name, " "); s.isCommand(word) {
		return nil, fmt.Errorf("'%s' is a command: leave with q first", word)
	}
	return s.env.Files.Create(name)
}

// isCommand reports whether a word is a command of the present mode, or clearly short for some.
func (s *Session) isCommand(word string) bool {
	const shortest = 3
	_, command, several := pick(s.newWalk().keywords(), word)
	return (command || len(several) > 1) && len(word) >= shortest
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
			if s.o.Screen.Say("\n"+s.reminder()) != nil {
				return
			}
		}
		line, err := term.ReadLine(terminal.Prompt{Banner: s.banner(), Text: s.prompt(), History: s.recent()})
		switch {
		case errors.Is(err, terminal.ErrInterrupt):
			blank = false
			continue
		case errors.Is(err, terminal.ErrLeft) && s.discards():
			if !s.confirmLeaving(ctx) {
				continue
			}
			return
		case err != nil:
			return
		}
		blank = strings.TrimSpace(line) != ""
		if err := s.interactiveLine(ctx, term, line); err != nil {
			return
		}
	}
}

// reminder says above the prompt of configuration mode that a confirmed commit
// waits, as Junos does; the minutes are those that have begun.
func (s *Session) reminder() string {
	p, ok := s.env.Store.Pending()
	if !ok || p.Kind != store.PendingRollback || !s.configuring() {
		return ""
	}
	minutes := max(1, int((p.Left+time.Minute-1)/time.Minute))
	unit := "minutes"
	if minutes == 1 {
		unit = "minute"
	}
	return fmt.Sprintf("# commit confirmed will be rolled back in %d %s\n", minutes, unit)
}

// discards reports whether leaving now throws uncommitted changes away.
func (s *Session) discards() bool {
	return s.configuring() && (s.mode.lock != nil || s.mode.candidate.Private()) && s.mode.candidate.Dirty()
}

// confirmLeaving asks whoever typed Ctrl-D, as `exit` does, and reports whether configuration
// mode was left.
func (s *Session) confirmLeaving(ctx context.Context) bool {
	c := &call{out: &reply{}}
	text := ""
	if err := leave(ctx, s, c); err != nil {
		text = message(err) + "\n"
	}
	// A terminal that is gone is noticed by the next line.
	_ = s.o.Screen.Say(c.out.text.String() + text)
	return !s.configuring()
}

// interactiveLine runs one line; its error ends the session.
func (s *Session) interactiveLine(ctx context.Context, term *terminal.Session, line string) error {
	c, w, f := s.parse(line)
	if f != nil {
		shown, _ := w.showable(f, line)
		s.recordMistake(w, f, line, shown)
		return term.Fault(f.col, f.message())
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
	s.outcome = ""
	err := s.execute(running, c)
	stop()
	if s.outcome != "" && errors.Is(context.Cause(running), terminal.ErrInterrupt) {
		err = printed(s.outcome) // it may not have been shown
	}
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

func (y *ttyScreen) Output(ctx context.Context, pages Paging, produce func(context.Context, io.Writer) error) error {
	switch pages {
	case AtOnce:
		return produce(ctx, y.t)
	case ToTheEnd:
		w := y.t.Unstopped()
		return errors.Join(produce(ctx, w), w.Close())
	}
	return y.t.Page(ctx, terminal.Paging{Hold: pages == Held}, produce)
}

// Ask takes Ctrl-D for a no: whoever answers nothing agrees to nothing.
func (y *ttyScreen) Ask(_ context.Context, question string, yes bool) (bool, error) {
	answer, err := y.t.Confirm(question, yes)
	if errors.Is(err, io.EOF) {
		answer, err = false, nil
	}
	if err != nil {
		return answer, err
	}
	return answer, y.Say("\n")
}

func (y *ttyScreen) Secret(_ context.Context, question string) (string, error) {
	return y.t.Secret(question)
}

func (y *ttyScreen) Text(context.Context) (io.ReadCloser, error) {
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
