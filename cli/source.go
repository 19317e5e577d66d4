package cli

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"loggia/cli/terminal"
)

// Source yields the commands of a batch.
type Source interface {
	// Next returns the next command and its number, from 1; io.EOF after the last.
	Next() (line string, number int, err error)
	// Text returns what follows, up to a line ^D (0x04) or the end, as the text
	// of `load … terminal`.
	Text() io.ReadCloser
	// Name is how messages name the source: a file name, stdin, -c.
	Name() string
}

// maxLine bounds a line of a batch, in bytes.
const maxLine = 1 << 20

var errLongLine = fmt.Errorf("line is longer than %d bytes", maxLine)

// lineSource reads a command a line.
type lineSource struct {
	name string
	in   *bufio.Reader
	n    int
}

// NewLineSource reads commands from r, one a line.
func NewLineSource(name string, r io.Reader) Source {
	return &lineSource{name: name, in: bufio.NewReaderSize(r, 64<<10)}
}

func (l *lineSource) Name() string { return l.name }

// Next reads a line. One that is too long is skipped to its end.
func (l *lineSource) Next() (string, int, error) {
	l.n++
	var line []byte
	long := false
	for {
		part, err := l.in.ReadSlice('\n')
		if long = long || len(line)+len(part) > maxLine; !long {
			line = append(line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err == io.EOF && len(line) == 0 && !long:
			return "", l.n, io.EOF
		case err != nil && err != io.EOF:
			return "", l.n, err
		case long:
			return "", l.n, errLongLine
		}
		if l.n == 1 {
			line = bytes.TrimPrefix(line, []byte("\uFEFF")) // as editors elsewhere begin files
		}
		return strings.TrimRight(string(line), "\r\n"), l.n, nil
	}
}

// ready reports whether a line can be read without waiting.
func (l *lineSource) ready() bool {
	held, _ := l.in.Peek(l.in.Buffered()) // that many are there
	return bytes.IndexByte(held, '\n') >= 0
}

func (l *lineSource) Text() io.ReadCloser { return &textReader{next: l.Next} }

// listSource yields commands that were separated by semicolons.
type listSource struct {
	name     string
	commands []string
	n        int
}

// NewListSource yields the commands of text, which stand between semicolons
// outside double quotes.
func NewListSource(name, text string) Source {
	return &listSource{name: name, commands: splitCommands(text)}
}

func (l *listSource) Name() string { return l.name }

func (l *listSource) Next() (string, int, error) {
	if l.n >= len(l.commands) {
		return "", l.n, io.EOF
	}
	l.n++
	return l.commands[l.n-1], l.n, nil
}

func (l *listSource) Text() io.ReadCloser { return &textReader{next: l.Next} }

func splitCommands(text string) []string {
	var commands []string
	quoted, escaped, from := false, false, 0
	for i := 0; i < len(text); i++ {
		switch {
		case escaped:
			escaped = false
		case text[i] == '\\' && quoted:
			escaped = true
		case text[i] == '"':
			quoted = !quoted
		case text[i] == ';' && !quoted:
			commands = append(commands, strings.TrimSpace(text[from:i]))
			from = i + 1
		}
	}
	return append(commands, strings.TrimSpace(text[from:]))
}

// textReader reads lines up to one that ends in ^D, or the end.
type textReader struct {
	next func() (string, int, error)
	held string
	err  error // why there is no more: io.EOF at the end
}

func (t *textReader) Read(b []byte) (int, error) {
	for t.held == "" && t.err == nil {
		t.line()
	}
	if t.held == "" {
		return 0, t.err
	}
	n := copy(b, t.held)
	t.held = t.held[n:]
	return n, nil
}

// line takes the next line.
func (t *textReader) line() {
	line, _, err := t.next()
	text, end := strings.CutSuffix(line, "\x04")
	switch {
	case err != nil:
		t.err = err
		return
	case end:
		t.err = io.EOF
	}
	if !end || text != "" {
		t.held = text + "\n"
	}
}

// Close takes what nobody has read: behind a mistake the rest is still no command.
func (t *textReader) Close() error {
	for t.err == nil || errors.Is(t.err, errLongLine) || errors.Is(t.err, terminal.ErrLongLine) {
		t.err = nil
		t.line()
	}
	t.held = ""
	return nil
}
