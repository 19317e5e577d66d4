package terminal

import (
	"errors"
	"fmt"
	"io"
)

// Terminal is a raw byte terminal: no echo, no line discipline of its own.
//
// Read returns key bytes as they come. Its io.EOF says that nothing more will
// be typed, while what was typed before still counts (`echo … | ssh -tt`); any
// other error is a hang-up, after which no line is executed any more.
// Write takes bytes with CR LF line ends. One goroutine reads, another writes.
// Close restores what was changed, unblocks Read and Write, and may be called
// again and from any goroutine.
type Terminal interface {
	io.ReadWriteCloser
	// Size is the number of columns and rows, 0 for what is not known.
	Size() (w, h int)
	// Resized receives a value after the size has changed; several changes may
	// share one value. It is never closed.
	Resized() <-chan struct{}
}

// Errors of a session. ErrLeft, ErrHangup and ErrClosed are also io.EOF to errors.Is, so
// a caller that only wants to know whether to stop asks for that.
var (
	// ErrInterrupt: Ctrl-C abandoned the line, the question or the output.
	ErrInterrupt = errors.New("interrupted")
	// ErrLeft: Ctrl-D was typed in the place of a line; more may be typed. It is io.EOF, too.
	ErrLeft = fmt.Errorf("end of input typed: %w", io.EOF)
	// ErrHangup: the terminal is gone; nothing it sent may be executed.
	ErrHangup = fmt.Errorf("terminal hung up: %w", io.EOF)
	// ErrClosed: Close was called.
	ErrClosed = fmt.Errorf("session closed: %w", io.EOF)
	// ErrStalled: the terminal took no output for Options.Stall.
	ErrStalled = errors.New("terminal takes no output")
	// ErrStopped is what the producer of a paged output gets from Write once
	// the reader has left the pager.
	ErrStopped = errors.New("output stopped")
	// ErrNotTerminal: OpenTTY was given something that is no terminal.
	ErrNotTerminal = errors.New("not a terminal")
)

// Size that is assumed for layout where a terminal does not tell its own:
// Junos' 24 x 80.
const (
	defaultWidth  = 80
	defaultHeight = 24
)
