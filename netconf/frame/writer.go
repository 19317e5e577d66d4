package frame

import (
	"io"
	"strconv"
)

// Writer writes messages. What is written between two calls of End is one
// message. It is not safe for concurrent use.
type Writer struct {
	out     io.Writer
	chunked bool
	buf     []byte
}

const (
	writeBuffer = 32 << 10 // bytes kept back for a bigger write
	idleBuffer  = 1 << 10  // bytes kept between two messages
)

// NewWriter writes to w, which is written to when so much has come together, at
// Flush and at End: a start tag, or a whole small message, goes out at once.
func NewWriter(w io.Writer) *Writer { return &Writer{out: w} }

// Chunked makes the next message go out in chunks.
func (w *Writer) Chunked() { w.chunked = true }

// Write adds to the message.
func (w *Writer) Write(b []byte) (int, error) {
	for n := 0; n < len(b); {
		room := min(writeBuffer-len(w.buf), len(b)-n)
		w.buf = append(w.buf, b[n:n+room]...)
		n += room
		if len(w.buf) == writeBuffer {
			if err := w.Flush(); err != nil {
				return n, err
			}
		}
	}
	return len(b), nil
}

// Flush sends what there is of the message, as a chunk if chunks are agreed.
func (w *Writer) Flush() error {
	if len(w.buf) == 0 {
		return nil
	}
	return w.send(nil)
}

// End sends what is left of the message and ends it.
func (w *Writer) End() error {
	if w.chunked {
		return w.send([]byte("\n##\n"))
	}
	return w.send([]byte(delimiter + "\n"))
}

// send writes the buffer, framed, and then end, in one write.
func (w *Writer) send(end []byte) error {
	out := w.buf
	if w.chunked && len(w.buf) > 0 {
		out = append([]byte("\n#"+strconv.Itoa(len(w.buf))+"\n"), w.buf...)
	}
	_, err := w.out.Write(append(out, end...))
	w.buf = w.buf[:0]
	if cap(w.buf) > idleBuffer && len(end) > 0 {
		w.buf = nil // an idle session keeps no buffer
	}
	return err
}
