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

// stage is a pipe at work. finish says that nothing more comes: because all
// was written, or because of err, which comes back once it has gone through all
// stages, or another error instead.
type stage interface {
	io.Writer
	finish(err error) error
}

// filterMaker makes the stage of a pipe that writes to next.
type filterMaker = func(s *Session, c *call, next stage) (stage, error)

// sink is the end of the pipes.
type sink struct{ io.Writer }

func (sink) finish(err error) error { return err }

// lines cuts a stream into lines and hands each to a filter.
type lines struct {
	next stage
	each func(line []byte) error // line with its newline
	shut func() error            // what is to be closed, in any case
	end  func() error            // what is still to be said, when all went well
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

func (l *lines) finish(err error) error {
	if l.err == nil {
		l.err = err
	}
	if l.err == nil && len(l.held) > 0 {
		l.err = l.each(append(l.held, '\n'))
	}
	if l.shut != nil {
		if err := l.shut(); l.err == nil {
			l.err = err
		}
	}
	if l.err == nil && l.end != nil {
		l.err = l.end()
	}
	return l.next.finish(l.err)
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
	return &lines{next: next, each: func(line []byte) error {
		if expr.Match(bytes.TrimSuffix(line, []byte("\n"))) != matching {
			return nil
		}
		_, err := next.Write(line)
		return err
	}}, nil
}

// findFilter passes the first line that matches and all behind it, and says
// when there is none.
func findFilter(_ *Session, c *call, next stage) (stage, error) {
	expr, err := pattern(c)
	if err != nil {
		return nil, err
	}
	found := false
	each := func(line []byte) error {
		if found = found || expr.Match(bytes.TrimSuffix(line, []byte("\n"))); !found {
			return nil
		}
		_, err := next.Write(line)
		return err
	}
	end := func() error {
		if found {
			return nil
		}
		_, err := io.WriteString(next, "\nPattern not found\n")
		return err
	}
	return &lines{next: next, each: each, end: end}, nil
}

func countFilter(_ *Session, _ *call, next stage) (stage, error) {
	n := 0
	end := func() error {
		_, err := fmt.Fprintf(next, "Count: %d lines\n", n)
		return err
	}
	return &lines{next: next, each: func([]byte) error { n++; return nil }, end: end}, nil
}

// lastLines is how many lines `| last` shows: a screenful without a number.
func (s *Session) lastLines(c *call) int {
	screenful := 22
	if h := s.o.Screen.Height(); h > 2 {
		screenful = h - 2
	}
	return c.args.Int("lines", screenful)
}

// lastFilter passes the last lines. It holds maxLast bytes of them at most.
func lastFilter(s *Session, c *call, next stage) (stage, error) {
	n := s.lastLines(c)
	var ring [][]byte
	at, held := 0, 0
	each := func(line []byte) error {
		if held += len(line); len(ring) < n {
			ring = append(ring, bytes.Clone(line))
		} else {
			held -= len(ring[at])
			ring[at] = append(ring[at][:0], line...)
			at = (at + 1) % n
		}
		if held > maxLast {
			return fmt.Errorf("last %d: more than %d bytes", n, maxLast)
		}
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
	return &lines{next: next, each: each, end: end}, nil
}

// maxLast bounds what `| last` holds, in bytes.
const maxLast = 256 << 20

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
	each := func(line []byte) error {
		if _, err := out.Write(line); err != nil {
			return err
		}
		_, err := next.Write(line)
		return err
	}
	return &lines{next: next, each: each, shut: func() error { return errors.Join(out.Flush(), f.Close()) }}, nil
}

// maxMessage bounds what `| request message` sends, in bytes.
const maxMessage = 64 << 10

// messageFilter shows the lines on other terminals, all at once and instead of here.
func messageFilter(s *Session, c *call, next stage) (stage, error) {
	var text []byte
	each := func(line []byte) error {
		if text = append(text, line...); len(text) > maxMessage {
			return fmt.Errorf("request message: more than %d bytes", maxMessage)
		}
		return nil
	}
	return &lines{next: next, each: each, end: func() error { return op.Send(&s.env, c.args, string(text)) }}, nil
}

// trimFilter cuts columns, which are characters, off the beginning of lines.
func trimFilter(_ *Session, c *call, next stage) (stage, error) {
	n := c.args.Int("columns", 0)
	return &lines{next: next, each: func(line []byte) error {
		for i := 0; i < n && len(line) > 1; i++ {
			_, size := utf8.DecodeRune(line)
			line = line[size:]
		}
		_, err := next.Write(line)
		return err
	}}, nil
}

// toFile writes the lines to a file just opened and says how many there were.
func toFile(f *os.File, err error, c *call, next stage) (stage, error) {
	if err != nil {
		return nil, err
	}
	n := 0
	out := bufio.NewWriter(f)
	each := func(line []byte) error {
		n++
		_, err := out.Write(line)
		return err
	}
	end := func() error {
		_, err := fmt.Fprintf(next, "Wrote %d lines of output to '%s'\n", n, c.args["filename"])
		return err
	}
	return &lines{next: next, each: each, end: end, shut: func() error { return errors.Join(out.Flush(), f.Close()) }}, nil
}
