package op

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
)

// Result is what a command answers. It is one value that is shown in more than
// one way, by WriteText and, for XML and JSON, as its Element.
type Result interface {
	// WriteText writes the answer as the CLI shows it. It stops with the error of w.
	WriteText(w io.Writer) error
	// Element returns the answer as Junos' clients read it.
	Element() Element
}

// Text is an answer that is text and nothing else.
type Text string

// WriteText implements Result.
func (t Text) WriteText(w io.Writer) error {
	_, err := io.WriteString(w, string(t))
	return err
}

// Element implements Result.
func (t Text) Element() Element { return Output(t) }

// Tailer is a Result whose last lines can be had without the others.
type Tailer interface {
	Result
	// Tail returns the last n lines of the result.
	Tail(n int) Result
}

// LogLines is an answer of log lines, read while they are written out.
type LogLines struct {
	ctx  context.Context
	logs Logs
	name string
	n    int // last n; all when negative
}

// NewLogLines answers with the lines of a log, all of them when n is negative, else the last n.
func NewLogLines(ctx context.Context, logs Logs, name string, n int) *LogLines {
	return &LogLines{ctx, logs, name, n}
}

// WriteText implements Result. What cannot be read, such as a damaged archive,
// does not keep back what can; it is in the error at the end.
func (l *LogLines) WriteText(w io.Writer) error {
	var lines iter.Seq2[[]byte, error]
	if l.n < 0 {
		lines = l.logs.Lines(l.ctx, l.name)
	} else {
		lines = l.logs.Last(l.ctx, l.name, l.n)
	}
	out := bufio.NewWriterSize(w, 64<<10)
	var unread error
	for line, err := range lines {
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) { // not there, or no name of a log
			err = fmt.Errorf("could not resolve file: %s", l.name)
		}
		if err != nil {
			unread = errors.Join(unread, err)
			continue
		}
		if _, err := out.Write(line); err != nil {
			return err
		}
		if err := out.WriteByte('\n'); err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return unread
}

// Element implements Result.
func (l *LogLines) Element() Element { return content(l) }

// content is the text of a file as an element.
func content(r Result) Element {
	e := Output(r)
	e.Name = "file-content"
	return e
}

// Tail implements Tailer.
func (l *LogLines) Tail(n int) Result { return NewLogLines(l.ctx, l.logs, l.name, n) }
