package cli

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"unicode/utf8"

	"loggia/match"
	"loggia/op"
)

// stage is a pipe at work.
type stage interface {
	// lines takes a block of lines, each with its newline, valid until it returns.
	// Only a piece of a line longer than maxPipeLine has none.
	lines(block []byte) error
	// finish says that nothing more comes: because all was written, or because of
	// err, which comes back once it has gone through all stages, or another error
	// instead.
	finish(err error) error
}

// filterMaker makes the stage of a pipe that writes to next.
type filterMaker = func(s *Session, c *call, next stage) (stage, error)

// sink is the end of the pipes.
type sink struct{ io.Writer }

func (s sink) lines(block []byte) error {
	_, err := s.Write(block)
	return err
}

func (sink) finish(err error) error { return err }

// feed is the beginning of the pipes: it cuts what a command writes into blocks
// of whole lines.
type feed struct {
	out  stage
	raw  bool   // nobody cares for lines
	held []byte // an unfinished line
}

// maxPipeLine bounds a line that is held, in bytes: a longer one is handed on in
// pieces.
const maxPipeLine = 1 << 20

func (f *feed) Write(b []byte) (int, error) {
	n := len(b)
	if f.raw {
		return n, f.out.lines(b)
	}
	if len(f.held) > 0 {
		i := bytes.IndexByte(b, '\n') + 1
		if i == 0 {
			i = min(len(b), maxPipeLine)
		}
		f.held, b = append(f.held, b[:i]...), b[i:]
		if f.held[len(f.held)-1] == '\n' || len(f.held) > maxPipeLine {
			if err := f.out.lines(f.held); err != nil {
				return 0, err
			}
			f.held = f.held[:0]
		}
	}
	if i := bytes.LastIndexByte(b, '\n') + 1; i > 0 {
		if err := f.out.lines(b[:i]); err != nil {
			return 0, err
		}
		b = b[i:]
	}
	for len(b) > maxPipeLine {
		if err := f.out.lines(b[:maxPipeLine]); err != nil {
			return 0, err
		}
		b = b[maxPipeLine:]
	}
	f.held = append(f.held, b...)
	return n, nil
}

func (f *feed) finish(err error) error {
	if err == nil && len(f.held) > 0 {
		err = f.out.lines(append(f.held, '\n'))
	}
	return f.out.finish(err)
}

// filter is a stage that is made of functions.
type filter struct {
	next stage
	each func(block []byte) error
	shut func() error // what is to be closed, in any case
	end  func() error // what is still to be said, when all went well
	err  error
}

func (f *filter) lines(block []byte) error {
	if f.err == nil {
		f.err = f.each(block)
	}
	return f.err
}

func (f *filter) finish(err error) error {
	if f.err == nil {
		f.err = err
	}
	if f.shut != nil {
		if err := f.shut(); f.err == nil {
			f.err = err
		}
	}
	if f.err == nil && f.end != nil {
		f.err = f.end()
	}
	return f.next.finish(f.err)
}

// say writes text of a filter's own to the next stage.
func say(next stage, format string, args ...any) error {
	return next.lines(fmt.Appendf(nil, format, args...))
}

func pattern(c *call) (*match.Expr, error) {
	return match.Compile(c.args["pattern"], match.Options{IgnoreCase: true})
}

func matchFilter(_ *Session, c *call, next stage) (stage, error) {
	return grep(c, next, true)
}

func exceptFilter(_ *Session, c *call, next stage) (stage, error) {
	return grep(c, next, false)
}

// grep passes the lines that match, or those that do not.
func grep(c *call, next stage, matching bool) (stage, error) {
	expr, err := pattern(c)
	if err != nil {
		return nil, err
	}
	scanner := expr.Scanner()
	var kept []byte
	return &filter{next: next, each: func(block []byte) error {
		kept = kept[:0]
		for from, to := range scanner.Stretches(block, matching) {
			if to-from == len(block) {
				return next.lines(block)
			}
			kept = append(kept, block[from:to]...)
		}
		if len(kept) == 0 {
			return nil
		}
		return next.lines(kept)
	}}, nil
}

// findFilter passes the first line that matches and all behind it, and says
// when there is none.
func findFilter(_ *Session, c *call, next stage) (stage, error) {
	expr, err := pattern(c)
	if err != nil {
		return nil, err
	}
	scanner, found := expr.Scanner(), false
	each := func(block []byte) error {
		if found {
			return next.lines(block)
		}
		for from := range scanner.Stretches(block, true) {
			found = true
			return next.lines(block[from:])
		}
		return nil
	}
	end := func() error {
		if found {
			return nil
		}
		return say(next, "\nPattern not found\n")
	}
	return &filter{next: next, each: each, end: end}, nil
}

func countFilter(_ *Session, _ *call, next stage) (stage, error) {
	n := 0
	each := func(block []byte) error { n += bytes.Count(block, []byte{'\n'}); return nil }
	return &filter{next: next, each: each, end: func() error { return say(next, "Count: %d lines\n", n) }}, nil
}

// lastLines is how many lines `| last` shows: a screenful without a number.
func (s *Session) lastLines(c *call) int {
	screenful := 22
	if h := s.o.Screen.Height(); h > 2 {
		screenful = h - 2
	}
	return c.args.Int("lines", screenful)
}

// lastFilter passes the last lines.
func lastFilter(s *Session, c *call, next stage) (stage, error) {
	t := tail{n: s.lastLines(c)}
	return &filter{next: next, each: t.add, end: func() error { return t.pour(next) }}, nil
}

func saveFilter(s *Session, c *call, next stage) (stage, error) {
	f, err := s.env.Files.Create(c.args["filename"])
	return toFile(f, err, c, next)
}

func appendFilter(s *Session, c *call, next stage) (stage, error) {
	f, err := s.env.Files.Append(c.args["filename"])
	return toFile(f, err, c, next)
}

// teeFilter writes the lines to a file and passes them on.
func teeFilter(s *Session, c *call, next stage) (stage, error) {
	f, err := s.env.Files.Create(c.args["filename"])
	if err != nil {
		return nil, err
	}
	out := bufio.NewWriter(f)
	each := func(block []byte) error {
		if _, err := out.Write(block); err != nil {
			return err
		}
		return next.lines(block)
	}
	return &filter{next: next, each: each, shut: func() error { return errors.Join(out.Flush(), f.Close()) }}, nil
}

// maxMessage bounds what `| request message` sends, in bytes.
const maxMessage = 64 << 10

// messageFilter shows the lines on other terminals, all at once and instead of here.
func messageFilter(s *Session, c *call, next stage) (stage, error) {
	var text []byte
	each := func(block []byte) error {
		if text = append(text, block...); len(text) > maxMessage {
			return fmt.Errorf("request message: more than %d bytes", maxMessage)
		}
		return nil
	}
	return &filter{next: next, each: each, end: func() error { return op.Send(&s.env, c.args, string(text)) }}, nil
}

// trimFilter cuts columns, which are characters, off the beginning of lines.
func trimFilter(_ *Session, c *call, next stage) (stage, error) {
	n := c.args.Int("columns", 0)
	var out []byte
	return &filter{next: next, each: func(block []byte) error {
		out = out[:0]
		for line := range bytes.Lines(block) {
			for i := 0; i < n && len(line) > 1; i++ {
				_, size := utf8.DecodeRune(line)
				line = line[size:]
			}
			out = append(out, line...)
		}
		return next.lines(out)
	}}, nil
}

// toFile writes the lines to a file just opened and says how many there were.
func toFile(f *os.File, err error, c *call, next stage) (stage, error) {
	if err != nil {
		return nil, err
	}
	n := 0
	out := bufio.NewWriter(f)
	each := func(block []byte) error {
		n += bytes.Count(block, []byte{'\n'})
		_, err := out.Write(block)
		return err
	}
	end := func() error { return say(next, "Wrote %d lines of output to '%s'\n", n, c.args["filename"]) }
	return &filter{next: next, each: each, end: end, shut: func() error { return errors.Join(out.Flush(), f.Close()) }}, nil
}
