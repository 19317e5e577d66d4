package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"loggia/match"
	"loggia/op"
)

// shower is a result that `| display …` and `| compare …` can turn into
// another one.
type shower interface {
	op.Result
	display(s *Session, c *call) (op.Result, error)
}

// pipeVerbs are the commands behind |. Those that turn one result into another
// (display, compare) have no filter and must come first.
func pipeVerbs() []*verb {
	pattern := op.Param{Name: "pattern", Help: "Regular expression, case ignored", Required: true, Type: patternType()}
	file := op.Param{Name: "filename", Help: "Name of the file, relative to your home", Required: true}
	rollbacks := op.Param{Name: "rollback", Kind: op.Option, Help: "A committed configuration", Type: rollbackType(), Choices: rollbackChoices}
	v := func(words, help string, params ...op.Param) *verb {
		return &verb{Grammar: op.Grammar{Words: words, Help: help, Params: params}}
	}
	return []*verb{
		v("match", "Show only the lines that match", pattern),
		v("except", "Show only the lines that do not match", pattern),
		v("find", "Show from the first line that matches", pattern),
		v("count", "Show only the number of lines"),
		v("last", "Show only the last lines", op.Param{Name: "lines", Help: "Number of lines", Type: numberType(1, 1000000)}),
		v("no-more", "Show everything at once, without stopping at each screenful"),
		v("save", "Write the lines to a file", file),
		v("append", "Add the lines to the end of a file", file),
		v("display set", "Show configuration as set commands", op.Param{Name: "relative", Kind: op.Flag, Help: "Without the path that was asked for"}),
		v("compare", "Show what differs from a committed configuration", rollbacks),
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
	for len(pipes) > 0 && transforms(pipes[0]) {
		sh, ok := res.(shower)
		if !ok {
			return errors.New(pipes[0].verb.Words + " works on configuration only")
		}
		var err error
		if res, err = sh.display(s, pipes[0]); err != nil {
			return err
		}
		pipes = pipes[1:]
	}
	if len(pipes) > 0 && pipes[0].verb.Words == "last" {
		if t, ok := res.(op.Tailer); ok {
			res, pipes = t.Tail(pipes[0].args.Int("lines", s.screenful())), pipes[1:]
		}
	}
	return s.pour(ctx, res, pipes)
}

func transforms(c *call) bool {
	return c.verb.Words == "display set" || c.verb.Words == "compare"
}

// screenful is how many lines `| last` shows without a number.
func (s *Session) screenful() int {
	if h := s.o.Screen.Height(); h > 2 {
		return h - 2
	}
	return 22
}

// pour runs the text of res through the filters.
func (s *Session) pour(ctx context.Context, res op.Result, pipes []*call) error {
	more := true
	for _, p := range pipes {
		more = more && p.verb.Words != "no-more"
	}
	return s.o.Screen.Output(ctx, more, func(ctx context.Context, w io.Writer) error {
		out, err := s.filters(pipes, flat{w})
		if err != nil {
			return err
		}
		err = res.WriteText(contextWriter{ctx, out})
		if cerr := out.Close(); err == nil {
			err = cerr
		}
		return err
	})
}

// flat is a writer that the end of a pipe does not close.
type flat struct{ io.Writer }

func (flat) Close() error { return nil }

// filters chains the stages in front of out.
func (s *Session) filters(pipes []*call, out io.WriteCloser) (io.WriteCloser, error) {
	for _, p := range slices.Backward(pipes) {
		var err error
		if out, err = s.filter(p, out); err != nil {
			return nil, err
		}
	}
	return out, nil
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

// filter makes the stage of one pipe, writing to next. Closing it closes next.
func (s *Session) filter(c *call, next io.WriteCloser) (io.WriteCloser, error) {
	switch c.verb.Words {
	case "match", "except", "find":
		expr, err := match.Compile(c.args["pattern"], match.Options{IgnoreCase: true})
		if err != nil {
			return nil, err
		}
		return patternFilter(c.verb.Words, expr, next), nil
	case "count":
		n := 0
		return &lines{next: next, each: func([]byte) error { n++; return nil },
			end: func() error { _, err := fmt.Fprintf(next, "Count: %d lines\n", n); return err }}, nil
	case "last":
		return lastFilter(c.args.Int("lines", s.screenful()), next), nil
	case "no-more":
		return next, nil
	case "save", "append":
		return s.saveFilter(c, next)
	}
	return nil, fmt.Errorf("%s must come directly behind the command", c.verb.Words)
}

// lines cuts a stream into lines and hands each to a filter.
type lines struct {
	next io.WriteCloser
	each func(line []byte) error // line with its newline
	end  func() error            // what is still to be said
	held []byte                  // an unfinished line
	err  error
}

// maxPipeLine bounds a line that a filter holds, in bytes: a longer one is
// handed on in pieces.
const maxPipeLine = 1 << 20

func (l *lines) Write(b []byte) (int, error) {
	n := len(b)
	for l.err == nil {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			l.held = append(l.held, b...)
			if len(l.held) > maxPipeLine {
				l.err, l.held = l.each(l.held), nil
			}
			break
		}
		line := b[:i+1]
		if len(l.held) > 0 {
			line = append(l.held, line...)
		}
		l.err = l.each(line)
		l.held, b = l.held[:0], b[i+1:]
	}
	if l.err != nil {
		return 0, l.err
	}
	return n, nil
}

func (l *lines) Close() error {
	if l.err == nil && len(l.held) > 0 {
		l.err = l.each(append(l.held, '\n'))
	}
	if l.err == nil && l.end != nil {
		l.err = l.end()
	}
	return errors.Join(l.err, l.next.Close())
}

// patternFilter passes the lines that match, do not match (except), or follow
// the first that matches (find, which says when there is none).
func patternFilter(kind string, expr *match.Expr, next io.WriteCloser) io.WriteCloser {
	found := false
	each := func(line []byte) error {
		hit := found || expr.Match(bytes.TrimSuffix(line, []byte("\n")))
		if kind == "find" {
			found = hit
		}
		if hit == (kind == "except") {
			return nil
		}
		_, err := next.Write(line)
		return err
	}
	end := func() error {
		if kind != "find" || found {
			return nil
		}
		_, err := io.WriteString(next, "\nPattern not found\n")
		return err
	}
	return &lines{next: next, each: each, end: end}
}

func lastFilter(n int, next io.WriteCloser) io.WriteCloser {
	ring := make([][]byte, 0, min(n, 1024))
	at := 0
	each := func(line []byte) error {
		if len(ring) < n {
			ring = append(ring, bytes.Clone(line))
			return nil
		}
		ring[at] = append(ring[at][:0], line...)
		at = (at + 1) % n
		return nil
	}
	end := func() error {
		for i := range ring {
			if _, err := next.Write(ring[(at+i)%len(ring)]); err != nil {
				return err
			}
		}
		return nil
	}
	return &lines{next: next, each: each, end: end}
}

// saveFilter writes the lines to a file and says how many there were.
func (s *Session) saveFilter(c *call, next io.WriteCloser) (io.WriteCloser, error) {
	name := c.args["filename"]
	open := s.env.Files.Create
	if c.verb.Words == "append" {
		open = s.env.Files.Append
	}
	f, err := open(name)
	if err != nil {
		return nil, err
	}
	n := 0
	each := func(line []byte) error {
		n++
		_, err := f.Write(line)
		return err
	}
	end := func() error {
		if err := f.Close(); err != nil {
			return err
		}
		_, err := fmt.Fprintf(next, "Wrote %d lines of output to '%s'\n", n, name)
		return err
	}
	return &lines{next: next, each: each, end: end}, nil
}
