package cli

import (
	"context"
	"io"
	"slices"

	"loggia/op"
)

// pipeVerbs are the commands behind | that work on the lines of any answer;
// those that turn configuration into another form are in show.go.
func pipeVerbs() []*verb {
	pattern := op.Param{Name: "pattern", Help: "Regular expression, case ignored", Required: true}
	file := op.Param{Name: "filename", Help: "Name of the file, relative to your home", Required: true}
	v := func(words, help string, filter filterMaker, params ...op.Param) *verb {
		return &verb{Grammar: op.Grammar{Words: words, Help: help, Params: params}, filter: filter}
	}
	return []*verb{
		v("match", "Show only the lines that match", matchFilter, pattern),
		v("except", "Show only the lines that do not match", exceptFilter, pattern),
		v("find", "Show from the first line that matches", findFilter, pattern),
		v("count", "Show only the number of lines", countFilter),
		v("last", "Show only the last lines", lastFilter, op.Param{Name: "lines", Help: "Number of lines", Type: numberType(1, 1000000)}),
		v("no-more", "Show everything at once, without stopping", nil),
		v("save", "Write the lines to a file", saveFilter, file),
		v("append", "Add the lines to the end of a file", appendFilter, file),
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
	if shown, ok := res.(*configuration); ok && len(pipes) > 0 && pipes[0].verb.display != nil {
		var err error
		if res, err = pipes[0].verb.display(s, pipes[0], shown); err != nil {
			return err
		}
		pipes = pipes[1:]
	}
	if len(pipes) > 0 && pipes[0].verb.Words == "last" {
		if t, ok := res.(op.Tailer); ok {
			res, pipes = t.Tail(s.lastLines(pipes[0])), pipes[1:]
		}
	}
	return s.pour(ctx, res, pipes)
}

// pour runs the text of res through the filters.
func (s *Session) pour(ctx context.Context, res op.Result, pipes []*call) error {
	more := !slices.ContainsFunc(pipes, func(p *call) bool { return p.verb.Words == "no-more" })
	return s.o.Screen.Output(ctx, more, func(ctx context.Context, w io.Writer) error {
		out, err := s.filters(pipes, sink{w})
		if err != nil {
			return err
		}
		return out.finish(res.WriteText(contextWriter{ctx, out}))
	})
}

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
func (s *Session) filters(pipes []*call, out stage) (stage, error) {
	for _, p := range slices.Backward(pipes) {
		if p.verb.filter == nil {
			continue
		}
		before, err := p.verb.filter(s, p, out)
		if err != nil {
			return nil, out.finish(err)
		}
		out = before
	}
	return out, nil
}
