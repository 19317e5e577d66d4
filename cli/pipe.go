package cli

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"loggia/op"
)

// patternName is what the argument of filters that look for something is called.
const patternName = "pattern"

// pipeVerbs are the commands behind | that work on the lines of any answer;
// those that turn configuration into another form are in show.go.
func pipeVerbs() []*verb {
	pattern := op.Param{Name: patternName, Help: "Regular expression, case ignored", Required: true}
	file := op.Param{Name: "filename", Help: "Name of the file, relative to your home", Required: true}
	v := func(words, help string, filter filterMaker, params ...op.Param) *verb {
		return &verb{Grammar: op.Grammar{Words: words, Help: help, Params: params}, filter: filter}
	}
	byLine := func(v *verb) *verb { v.byLine = true; return v }
	return []*verb{
		byLine(v("match", "Show only the lines that match", matchFilter, pattern)),
		byLine(v("except", "Show only the lines that do not match", exceptFilter, pattern)),
		v("find", "Show from the first line that matches", findFilter, pattern),
		v("count", "Show only the number of lines", countFilter),
		v("last", "Show only the last lines", lastFilter, op.Param{Name: "lines", Help: "Number of lines", Type: numberType(1, 1000000)}),
		v("no-more", "Show everything at once, without stopping", nil),
		v("save", "Write the lines to a file", saveFilter, file),
		v("hold", "Stay at the end of the output, to search and go back", nil),
		v("tee", "Show the lines and write them to a file", teeFilter, file),
		byLine(v("trim", "Cut columns off the beginning of every line", trimFilter,
			op.Param{Name: "columns", Help: "Number of columns", Required: true, Type: numberType(1, 10000)})),
		byLine(v("suppress-zeros", "Leave out the lines whose numbers are all zero", zerosFilter)),
		v("resolve", "Show names for addresses", resolveFilter,
			op.Param{Name: "full-names", Kind: op.Flag, Help: "With their domains"}),
		v("append", "Add the lines to the end of a file", appendFilter, file),
		messageVerb(),
	}
}

// messageVerb sends the lines to other terminals.
func messageVerb() *verb {
	to := op.Param{Name: "account", Help: "User, or user@terminal"}
	return &verb{Grammar: op.Grammar{Words: "request message", Help: "Show the lines on other terminals", Permission: "maintenance",
		Params: append(op.MessageParams(), to)}, filter: messageFilter}
}

// refreshVerb runs the command before it again and again.
func refreshVerb() *verb {
	return &verb{Grammar: op.Grammar{Words: "refresh", Help: "Run the command again and again, until Ctrl-C", Params: []op.Param{
		{Name: "seconds", Help: "Time between", Required: true, Type: numberType(1, 604800)}}}}
}

// refreshing returns the time between two runs of a command, 0 when it runs once.
func (c *call) refreshing() time.Duration {
	for _, p := range c.pipes {
		if p.verb.Words == "refresh" {
			return time.Duration(p.args.Int("seconds", 1)) * time.Second
		}
	}
	return 0
}

// again runs a command until ctx ends, with the time above each run.
func (s *Session) again(ctx context.Context, c *call, every time.Duration) error {
	if s.o.Batch {
		return errors.New("'| refresh' goes on until Ctrl-C, and so needs a terminal")
	}
	for {
		if err := s.o.Screen.Say("---(refreshed at " + op.Stamp(s.env.Now()) + ")---\n"); err != nil {
			return err
		}
		if err := s.once(ctx, c, joined(c.words)); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(every):
		}
	}
}

// render writes a result through its pipes to the screen.
func (s *Session) render(ctx context.Context, res op.Result, c *call) error {
	if res == nil && len(c.pipes) == 0 {
		return nil
	}
	if res == nil {
		res = op.Text("")
	}
	pipes := c.pipes
	for shown, ok := res.(*configuration); ok && len(pipes) > 0 && pipes[0].verb.display != nil; shown, ok = res.(*configuration) {
		var err error
		if res, err = pipes[0].verb.display(s, pipes[0], shown); err != nil {
			return err
		}
		pipes = pipes[1:]
	}
	if len(pipes) > 0 && pipes[0].verb.encode != nil {
		res, pipes = pipes[0].verb.encode(s, res), pipes[1:]
	}
	return s.pour(ctx, res, pipes)
}

// pour runs the text of res through the filters.
func (s *Session) pour(ctx context.Context, res op.Result, pipes []*call) error {
	if s.o.Answer != nil {
		return s.hand(ctx, res, pipes)
	}
	pages := Paged
	for _, p := range pipes {
		switch p.verb.Words {
		case "no-more", "refresh":
			pages = AtOnce
		case "hold":
			pages = Held
		}
	}
	_, running := res.(op.Running)
	if running {
		pages = ToTheEnd
	}
	return s.o.Screen.Output(ctx, pages, func(ctx context.Context, w io.Writer) error {
		if running {
			ctx = context.WithoutCancel(ctx) // what runs has its own, and may say more once that ended
		}
		return s.run(ctx, res, pipes, sink{w})
	})
}

// run runs the text of res through the filters to out.
func (s *Session) run(ctx context.Context, res op.Result, pipes []*call, out stage) error {
	if log, ok := res.(op.Sectioned); ok {
		return s.runSections(ctx, log, pipes, out)
	}
	head, err := s.filters(pipes, out)
	if err != nil {
		return err
	}
	return head.finish(res.WriteText(contextWriter{ctx, head}))
}

// hand gives the answer to a program, which writes it out.
func (s *Session) hand(ctx context.Context, res op.Result, pipes []*call) error {
	if len(pipes) > 0 {
		res = piped{s, ctx, res, pipes}
	}
	return s.o.Answer(ctx, res)
}

// piped is an answer that goes through pipes while it is written out, once.
type piped struct {
	s     *Session
	ctx   context.Context
	res   op.Result
	pipes []*call
}

// WriteText implements op.Result.
func (p piped) WriteText(w io.Writer) error { return p.s.run(p.ctx, p.res, p.pipes, sink{w}) }

// Element implements op.Result.
func (p piped) Element() op.Element { return op.Output(p) }

// contextWriter stops a command whose user pressed Ctrl-C.
type contextWriter struct {
	ctx context.Context
	w   io.Writer
}

func (c contextWriter) Write(b []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.w.Write(b)
}

// filters chains the stages in front of out, the last of which it makes first.
func (s *Session) filters(pipes []*call, out stage) (*feed, error) {
	head := &feed{out: out, raw: true}
	for _, p := range slices.Backward(pipes) {
		if p.verb.filter == nil {
			continue
		}
		before, err := p.verb.filter(s, p, head.out)
		if err != nil {
			return nil, head.out.finish(err)
		}
		head.out, head.raw = before, false
	}
	return head, nil
}
