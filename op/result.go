package op

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
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

// Sectioned is a Result that is the text of a log: who wants only some of it need
// not read all, nor one piece after the other.
type Sectioned interface {
	Result
	Open() (LogText, error)
}

// LogLines is an answer of log lines, read while they are written out.
type LogLines struct {
	ctx  context.Context
	logs Logs
	name string
}

// NewLogLines answers with the lines of a log.
func NewLogLines(ctx context.Context, logs Logs, name string) *LogLines {
	return &LogLines{ctx, logs, name}
}

// Open implements Sectioned.
func (l *LogLines) Open() (LogText, error) {
	text, err := l.logs.Open(l.name)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) { // not there, or no name of a log
		err = fmt.Errorf("could not resolve file: %s", l.name)
	}
	return text, err
}

// WriteText implements Result. What cannot be read, such as a damaged archive,
// does not keep back what can; it is in the error at the end.
func (l *LogLines) WriteText(w io.Writer) error {
	text, err := l.Open()
	if err != nil {
		return err
	}
	var unread error
	for _, section := range text.Sections() {
		for block, err := range section(l.ctx) {
			if err != nil {
				unread = errors.Join(unread, err)
				continue
			}
			if _, err := w.Write(block); err != nil {
				return errors.Join(err, text.Close())
			}
		}
		if l.ctx.Err() != nil {
			break
		}
	}
	return errors.Join(unread, text.Close())
}

// Element implements Result.
func (l *LogLines) Element() Element { return content(l) }

// content is the text of a file as an element.
func content(r Result) Element {
	e := Output(r)
	e.Name = "file-content"
	return e
}
