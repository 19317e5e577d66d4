package terminal

import (
	"io"
	"slices"
	"sync"
)

// Harmless is a writer of text for a person who may have a terminal at the other
// end, though there is none here: what is written goes through Printable.
type Harmless struct {
	mu   sync.Mutex // guards what follows
	to   io.Writer
	tail []byte // the beginning of a character
	buf  []byte
}

// NewHarmless returns a writer to w. Its Flush is due at the end.
func NewHarmless(w io.Writer) *Harmless { return &Harmless{to: w} }

// Write implements io.Writer.
func (h *Harmless) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for done := 0; done < len(p); {
		part := p[done:min(len(p), done+maxOutput)]
		b := part
		if len(h.tail) > 0 {
			b = slices.Concat(h.tail, part)
		}
		b, h.tail = splitRune(b)
		if err := h.print(b); err != nil {
			return done, err
		}
		done += len(part)
	}
	return len(p), nil
}

func (h *Harmless) print(b []byte) error {
	if plainPrefix(b) < len(b) {
		h.buf = Printable(h.buf[:0], b)
		b = h.buf
	}
	_, err := h.to.Write(b)
	return err
}

// Flush writes the beginning of a character whose end never came.
func (h *Harmless) Flush() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	b := h.tail
	h.tail = nil
	if len(b) == 0 {
		return nil
	}
	return h.print(b)
}
