package format

import "io"

// input is what a scanner reads from: one buffer of bytes and the place of the next one.
type input struct {
	r    io.Reader
	buf  []byte
	pos  int   // next byte in buf
	err  error // of the last read
	line int   // of the next byte, from 1
	col  int   // of the next byte, from 0
}

func newInput(r io.Reader) input {
	return input{r: r, buf: make([]byte, 0, 64<<10), line: 1}
}

// emptyReads is how many reads in a row may return nothing before the reader counts as broken.
const emptyReads = 100

// fill reads more input behind what is unread; it reports whether there is any.
func (in *input) fill() bool {
	if in.err != nil {
		return false
	}
	n := copy(in.buf[:cap(in.buf)], in.buf[in.pos:])
	in.buf, in.pos = in.buf[:n], 0
	for range emptyReads {
		m, err := in.r.Read(in.buf[n:cap(in.buf)])
		in.buf, in.err = in.buf[:n+m], err
		if m > 0 || err != nil {
			return m > 0
		}
	}
	in.err = io.ErrNoProgress
	return false
}

// peek returns the byte at distance d (0 or 1) ahead.
func (in *input) peek(d int) (byte, bool) {
	for in.pos+d >= len(in.buf) {
		if !in.fill() {
			return 0, false
		}
	}
	return in.buf[in.pos+d], true
}

// skip takes the byte that peek(0) has shown.
func (in *input) skip() {
	if in.buf[in.pos] == '\n' {
		in.line++
		in.col = 0
	} else {
		in.col++
	}
	in.pos++
}
