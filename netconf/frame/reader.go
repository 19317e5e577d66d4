package frame

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// ErrFraming ends a session whose chunks are wrong (RFC 6242, 4.2).
var ErrFraming = errors.New("bad chunk framing")

// TooBigError ends a session that sends a message of more than Max bytes.
type TooBigError struct{ Max int }

func (e *TooBigError) Error() string {
	return fmt.Sprintf("a message has more than %d bytes", e.Max)
}

const readBuffer = 512 // bytes; an idle session costs so much

// freeBytes of a message are in no budget.
const freeBytes = 64 << 10

const delimiter = "]]>]]>"

// Reader reads messages. It is not safe for concurrent use.
type Reader struct {
	in      *bufio.Reader
	max     int
	chunked bool
	changed bool // to chunks, and none has come yet
	loan    Loan

	// Of the message being read.
	message []byte
	size    int                  // bytes so far
	busy    bool                 // there was no room: only its beginning is kept
	end     [len(delimiter)]byte // its last bytes, when busy
}

// NewReader reads from r messages of at most max bytes each. What is large counts
// in budget, which may be nil.
func NewReader(r io.Reader, max int, budget *Budget) *Reader {
	return &Reader{in: bufio.NewReaderSize(r, readBuffer), max: max, loan: Loan{From: budget}}
}

// Close gives back what the last message took of the budget.
func (r *Reader) Close() {
	r.message = nil
	r.loan.Return()
}

// Chunked makes the next message come in chunks.
func (r *Reader) Chunked() { r.chunked, r.changed = true, true }

// Next returns the next message without its framing; it may be changed, and is
// the caller's until the call after. The error is io.EOF between two messages,
// io.ErrUnexpectedEOF inside a chunked one, ErrFraming, a *TooBigError, or what
// reading said; none of them leaves anything to be read. ErrBusy does: it is
// about this message alone. With it, and with a *TooBigError, comes how the
// message begins.
func (r *Reader) Next() ([]byte, error) {
	if cap(r.message) > readBuffer {
		r.message = nil // one big load does not make the session big
	}
	r.loan.Return()
	r.message, r.size, r.busy = r.message[:0], 0, false
	var err error
	if r.chunked {
		err = r.readChunks()
	} else {
		err = r.readToEnd()
	}
	var big *TooBigError
	switch {
	case err == nil && r.busy:
		return r.message, ErrBusy
	case err == nil || errors.As(err, &big):
		return r.message, err
	}
	return nil, err
}

// keep takes part of a message. The error is a *TooBigError.
func (r *Reader) keep(part []byte) error {
	if r.size += len(part); r.size > r.max {
		return &TooBigError{r.max}
	}
	if !r.busy && r.size > freeBytes && r.loan.Hold(r.size) != nil {
		r.busy = true
		copy(r.end[:], r.message[len(r.message)-len(r.end):]) // more than a buffer is there
		r.message = bytes.Clone(r.message[:min(len(r.message), freeBytes)])
		r.loan.Return()
	}
	if !r.busy {
		r.message = append(r.message, part...)
		return nil
	}
	tail := append(r.end[:], part[max(0, len(part)-len(r.end)):]...)
	copy(r.end[:], tail[len(tail)-len(r.end):])
	return nil
}

// delimited cuts off the delimiter, and reports whether it has come.
func (r *Reader) delimited() bool {
	if r.busy {
		return string(r.end[:]) == delimiter
	}
	whole, ends := bytes.CutSuffix(r.message, []byte(delimiter))
	r.message = whole
	return ends
}

// readToEnd reads a message in end-of-message framing.
func (r *Reader) readToEnd() error {
	if err := r.skipBetween(); err != nil {
		return err
	}
	var root rootScanner
	for {
		part, err := r.peek()
		if err != nil {
			if errors.Is(err, io.EOF) && r.size > 0 {
				return nil // the next call finds the end again
			}
			return err
		}
		n, closed := root.scan(part)
		err = r.keep(part[:n])
		_, _ = r.in.Discard(n) // n bytes are in its buffer
		switch {
		case err != nil:
			return err
		case r.delimited() || closed: // scan stops at each `>`
			return nil
		}
	}
}

// skipBetween passes over white space and delimiters in front of a message.
func (r *Reader) skipBetween() error {
	for {
		part, err := r.peek()
		if err != nil {
			return err
		}
		if rest := bytes.TrimLeft(part, " \t\r\n"); len(rest) < len(part) {
			_, _ = r.in.Discard(len(part) - len(rest))
			continue
		}
		if part[0] != ']' {
			return nil
		}
		if part, err = r.in.Peek(len(delimiter)); string(part) != delimiter {
			if err != nil && len(part) < len(delimiter) && !errors.Is(err, io.EOF) {
				return err
			}
			return nil
		}
		_, _ = r.in.Discard(len(delimiter))
	}
}

// peek returns what has arrived, one byte at least.
func (r *Reader) peek() ([]byte, error) {
	if _, err := r.in.Peek(1); err != nil {
		return nil, err
	}
	return r.in.Peek(r.in.Buffered())
}

// readChunks reads a message in chunked framing (RFC 6242, 4.2).
func (r *Reader) readChunks() error {
	for first := true; ; first = false {
		size, err := r.chunkHeader(first)
		if err != nil || size == 0 {
			return err
		}
		if size > uint64(r.max-r.size) { // before anything is allocated
			return &TooBigError{r.max}
		}
		for size > 0 { // what is announced is believed only as it arrives
			part, err := r.peek()
			if err != nil {
				return inside(err)
			}
			n := int(min(size, uint64(len(part))))
			if err := r.keep(part[:n]); err != nil {
				return err
			}
			_, _ = r.in.Discard(n)
			size -= uint64(n)
		}
	}
}

const chunkDigits = 10 // RFC 6242: a chunk has at most 4294967295 bytes

// chunkHeader reads `\n#SIZE\n`, or `\n##\n`, the end of a message, as 0.
func (r *Reader) chunkHeader(first bool) (size uint64, err error) {
	start := "\n#"
	if r.changed { // the delimiter of the hello has still to be read
		if err := r.skipBetween(); err != nil {
			return 0, err
		}
		r.changed, start = false, "#"
	}
	for i, want := range []byte(start) {
		c, err := r.in.ReadByte()
		if err != nil {
			if first && i == 0 {
				return 0, err
			}
			return 0, inside(err)
		}
		if c != want {
			return 0, ErrFraming
		}
	}
	for digits := 0; ; digits++ {
		c, err := r.in.ReadByte()
		switch {
		case err != nil:
			return 0, inside(err)
		case c == '#' && digits == 0 && !first:
			if c, err = r.in.ReadByte(); err != nil {
				return 0, inside(err)
			} else if c != '\n' {
				return 0, ErrFraming
			}
			return 0, nil
		case c == '\n' && digits > 0 && size <= 1<<32-1:
			return size, nil
		case c < '0' || c > '9' || c == '0' && digits == 0 || digits == chunkDigits:
			return 0, ErrFraming
		}
		size = size*10 + uint64(c-'0')
	}
}

func inside(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
