package cli

import (
	"context"
	"io"
	"sync"
)

// plainScreen is the Screen of a batch.
type plainScreen struct {
	mu     sync.Mutex // guards out: followed lines come from other goroutines
	out    io.Writer
	source Source
}

// NewBatchScreen makes the Screen of a batch that writes to out and whose
// `load … terminal` and passwords come from the commands' own source.
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
func (p *plainScreen) Output(ctx context.Context, _ Paging, produce func(context.Context, io.Writer) error) error {
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
	p.Print(question + " [yes,no] (" + word + ") " + word + "\n\n")
	return yes, nil
}

// Secret takes the next line of the batch, as it is.
func (p *plainScreen) Secret(context.Context, string) (string, error) {
	line, _, err := p.source.Next()
	return line, err
}

func (p *plainScreen) Text(context.Context) (io.ReadCloser, error) { return p.source.Text(), nil }
func (p *plainScreen) Width() int                                  { return 0 }
func (p *plainScreen) Height() int                                 { return 0 }
