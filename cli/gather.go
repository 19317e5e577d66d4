package cli

import (
	"context"
	"slices"
	"strings"

	"loggia/audit/event"
	"loggia/configtree"
	"loggia/configtree/schema"
	"loggia/configtree/store"
	"loggia/op"
)

// maxGathered bounds the set commands of a batch that are made together.
const maxGathered = 256

// ahead is the source of a batch of which some commands were read ahead.
type ahead struct {
	Source
	held   []heldLine
	single int // of the held ones, so many are run one by one
}

// heldLine is what Next returns.
type heldLine struct {
	line   string
	number int
	err    error
}

// Next implements Source.
func (a *ahead) Next() (string, int, error) {
	if len(a.held) == 0 {
		return a.Source.Next()
	}
	h := a.held[0]
	a.held, a.single = a.held[1:], max(a.single-1, 0)
	return h.line, h.number, h.err
}

// ready reports whether a command can be read without waiting for who sends them.
func ready(s Source) bool {
	switch s := s.(type) {
	case *lineSource:
		return s.ready()
	case *listSource:
		return s.n < len(s.commands)
	}
	return false
}

// gathered takes the set commands that come next off the batch and makes them in one
// edition of the candidate, as long as all of them go well: their number is what is
// gained. Where one does not, nothing has happened, and they come one by one. The command
// behind them is read ahead, but nothing that belongs to it.
func (s *Session) gathered(ctx context.Context, a *ahead) {
	if !s.configuring() || a.single > 0 || !s.class.ChangesAll() {
		return
	}
	s.refresh()
	var calls []*call
	for n := 0; n < maxGathered; n++ {
		if n == len(a.held) {
			if !ready(a.Source) {
				break
			}
			line, number, err := a.Source.Next()
			a.held = append(a.held, heldLine{line, number, err})
		}
		c := s.plainSet(a.held[n])
		if c == nil {
			break
		}
		calls = append(calls, c)
	}
	if len(calls) < 2 {
		return
	}
	if s.together(ctx, calls) == nil {
		a.held = slices.Delete(a.held, 0, len(calls))
		return
	}
	a.single = len(calls)
}

// plainSet parses a line, and returns nil if it is anything but a set that says no more
// than that it is done.
func (s *Session) plainSet(h heldLine) *call {
	if h.err != nil || !strings.HasPrefix(strings.TrimLeft(h.line, " "), "set ") {
		return nil
	}
	c, _, f := s.parseAs(h.line)
	if f != nil || c == nil || c.verb.edit != configtree.Set || c.verb.pattern || c.verb.ranges || c.sub != nil || len(c.pipes) > 0 || c.password {
		return nil
	}
	for _, e := range c.path.Edits {
		if len(e.Path) == 0 {
			return nil
		}
		for _, step := range e.Path {
			if step.Node.Name == "class" && step.Node.Kind == schema.List && op.Predefined(step.Key) {
				return nil // see localClasses
			}
		}
	}
	return c
}

// together makes set commands in one edition.
func (s *Session) together(ctx context.Context, calls []*call) error {
	commands := make([]store.Command, len(calls))
	for i, c := range calls {
		commands[i] = store.Command{Edits: c.path.Edits, Record: event.CommandLine{Username: s.env.Caller.User, Command: joined(c.words)}}
	}
	if s.o.Activity != nil {
		s.o.Activity(joined(calls[len(calls)-1].words), s.place())
		defer func() { s.o.Activity("", s.place()) }()
	}
	if err := s.mode.candidate.EditEach(s.guarded(ctx), s.env.Caller, commands); err != nil {
		return err
	}
	now := s.env.Now()
	for _, c := range calls {
		s.recent().Add(joined(c.words), now)
	}
	return nil
}
