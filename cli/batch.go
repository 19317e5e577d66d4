package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode/utf8"

	"loggia/configtree/store"
)

// Source yields the commands of a batch.
type Source interface {
	// Next returns the next command and its number, from 1; io.EOF after the last.
	Next() (line string, number int, err error)
	// Text returns what follows, up to a line ^D (0x04) or the end, as the text
	// of `load … terminal`.
	Text() io.Reader
	// Name is how messages name the source: a file name, stdin, -c.
	Name() string
}

// Batch runs commands without a terminal: no prompt, no echo, no paging. The
// first command that fails ends it, with its place on Errors, and this batch's
// uncommitted edits are undone; nobody else's are.
type Batch struct {
	Source    Source
	Output    io.Writer
	Errors    io.Writer
	KeepGoing bool // run on after a failure; the status is 1 all the same
}

// RunBatch runs b in s and returns the exit status: 0, or 1 when a command
// failed or edits were left uncommitted.
func (s *Session) RunBatch(ctx context.Context, b Batch) int {
	s.begin()
	defer s.end()
	status := 0
	for ctx.Err() == nil {
		line, number, err := b.Source.Next()
		if err == io.EOF {
			break
		}
		if err == nil {
			err = s.runLine(ctx, line)
		}
		if errors.Is(err, errQuit) {
			break
		}
		if err == nil {
			continue
		}
		status = 1
		fmt.Fprintf(b.Errors, "%s:%d: %s\n", b.Source.Name(), number, strings.TrimSuffix(batchMessage(err), "\n"))
		if !b.KeepGoing {
			return s.endBatch(ctx, b, status, true)
		}
	}
	if ctx.Err() != nil {
		status = 1
	}
	return s.endBatch(ctx, b, status, false)
}

// endBatch undoes what this batch left uncommitted.
func (s *Session) endBatch(ctx context.Context, b Batch, status int, failed bool) int {
	if s.shared == nil {
		return status
	}
	undone, err := s.shared.Undo(context.WithoutCancel(ctx), s.mark)
	switch {
	case err != nil:
		fmt.Fprintf(b.Errors, "%s: %s\n", b.Source.Name(), message(err))
		return 1
	case len(undone) > 0 && !failed:
		fmt.Fprintf(b.Errors, "%s: warning: uncommitted changes at the end of input were undone\n", b.Source.Name())
		return 1
	}
	return status
}

// lineError is a line that does not parse.
type lineError struct {
	text  string // what is wrong
	shown string // the line, as far as it may be shown
	col   int
	list  []candidate
}

func (e *lineError) Error() string { return e.text }

// batchMessage is an error as a batch prints it: a line that does not parse is
// shown with the caret under the word.
func batchMessage(err error) string {
	var l *lineError
	if errors.As(err, &l) {
		return l.text + "\n" + l.shown + "\n" + strings.Repeat(" ", utf8.RuneCountInString(l.shown[:min(l.col, len(l.shown))])+max(0, l.col-len(l.shown))) + "^"
	}
	return message(err)
}

// runLine parses, records and executes one line of a batch.
func (s *Session) runLine(ctx context.Context, line string) error {
	c, w, f := s.parse(line)
	if f != nil {
		shown, col := s.showable(w, f, line)
		s.recordLine(strings.Fields(shown))
		return &lineError{f.text, shown, col, f.list}
	}
	if c == nil {
		return nil
	}
	s.recordLine(c.words)
	return s.execute(ctx, c)
}

// showable returns what of a line that does not parse may be shown and kept:
// nothing behind the wrong word, no secret before it, and not the word itself
// where a secret was due.
func (s *Session) showable(w *walk, f *failure, line string) (shown string, col int) {
	col = min(f.col, len(line))
	end := col
	for end < len(line) && line[end] != ' ' {
		end++
	}
	bad := line[col:end]
	if w.secretDue() && bad != "" {
		bad = maskedSecret
	}
	before := line[:col]
	if sofar := strings.Join(w.sofar(), " "); strings.Contains(sofar, maskedSecret) {
		before = sofar + " "
		col = len(before)
	}
	if bad == "" {
		col = f.col
	}
	return strings.TrimRight(before+bad, " "), col
}

// plainScreen is the Screen of a batch.
type plainScreen struct {
	mu     sync.Mutex // guards out: followed lines come from other goroutines
	out    io.Writer
	source Source
}

// NewBatchScreen makes the Screen of a batch that writes to out and whose
// `load … terminal` reads from the commands' own source.
func NewBatchScreen(out io.Writer, source Source) Screen {
	return &plainScreen{out: out, source: source}
}

func (p *plainScreen) Print(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	// A reader that went away is noticed by the output of the next command.
	_, _ = io.WriteString(p.out, text)
}

// Say writes a message.
func (p *plainScreen) Say(text string) error {
	_, err := p.Write([]byte(text))
	return err
}

// Output lets produce write straight to the output.
func (p *plainScreen) Output(ctx context.Context, _ bool, produce func(context.Context, io.Writer) error) error {
	return produce(ctx, p)
}

func (p *plainScreen) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.Write(b)
}

// Ask prints the question with the default as the answer.
func (p *plainScreen) Ask(_ context.Context, question string, yes bool) (bool, error) {
	word := map[bool]string{true: "yes", false: "no"}[yes]
	p.Print(question + " [yes,no] (" + word + ") " + word + "\n")
	return yes, nil
}

func (p *plainScreen) Text(context.Context) (io.Reader, error) { return p.source.Text(), nil }
func (p *plainScreen) Width() int                              { return 0 }
func (p *plainScreen) Height() int                             { return 0 }

// maxLine bounds a line of a batch, in bytes.
const maxLine = 1 << 20

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

func (l *lineSource) Next() (string, int, error) {
	l.n++
	var line []byte
	for {
		part, err := l.in.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > maxLine:
			return "", l.n, fmt.Errorf("line is longer than %d bytes", maxLine)
		case err == bufio.ErrBufferFull:
			continue
		case err == io.EOF && len(line) == 0:
			return "", l.n, io.EOF
		case err != nil && err != io.EOF:
			return "", l.n, err
		}
		return strings.TrimRight(string(line), "\r\n"), l.n, nil
	}
}

func (l *lineSource) Text() io.Reader { return &textReader{next: l.Next} }

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

func (l *listSource) Text() io.Reader { return &textReader{next: l.Next} }

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

// textReader reads lines up to one that is ^D, or the end.
type textReader struct {
	next func() (string, int, error)
	held string
	done bool
}

func (t *textReader) Read(b []byte) (int, error) {
	for t.held == "" {
		if t.done {
			return 0, io.EOF
		}
		line, _, err := t.next()
		if err != nil {
			t.done = true
			return 0, err
		}
		text, end := strings.CutSuffix(line, "\x04")
		t.done = end
		t.held = text + "\n"
		if end && text == "" {
			return 0, io.EOF
		}
	}
	n := copy(b, t.held)
	t.held = t.held[n:]
	return n, nil
}

// remember keeps what endBatch needs to undo.
func (s *Session) remember(c *store.Candidate) {
	s.shared, s.mark = c, c.Mark(s.env.Caller)
}
