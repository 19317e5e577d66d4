package logfile

import (
	"bytes"
	"io"
)

// MaxLine bounds the memory for one line. What a longer line, which no file of
// ours holds, has beyond it is skipped and the line marked wire.Truncated.
const MaxLine = 1 << 20

// scanner splits a stream into lines.
type scanner struct {
	r          io.Reader
	buf        []byte
	start, end int
	err        error // what ended the stream; nil while it goes on
}

func newScanner(r io.Reader) *scanner { return &scanner{r: r, buf: make([]byte, 64<<10)} }

// rawLine is one line as it stands in the file.
type rawLine struct {
	text   []byte // without newline, at most MaxLine; valid until the next call
	length uint64 // in the file, newline included
	ended  bool   // by a newline
}

// next returns the next line. At the end of the stream, ok is false and s.err
// is io.EOF or what went wrong.
func (s *scanner) next() (l rawLine, ok bool) {
	seen := 0
	for {
		if i := bytes.IndexByte(s.buf[s.start+seen:s.end], '\n'); i >= 0 {
			l.text = s.buf[s.start : s.start+seen+i]
			s.start += seen + i + 1
			l.length, l.ended = uint64(len(l.text))+1, true
			return l, true
		}
		seen = s.end - s.start
		if s.err != nil {
			if seen == 0 {
				return l, false
			}
			l.text, l.length = s.buf[s.start:s.end], uint64(seen)
			s.start = s.end
			return l, true
		}
		if seen >= MaxLine {
			return s.skip(), true
		}
		s.read()
	}
}

// read makes room and reads once.
func (s *scanner) read() {
	if s.start > 0 {
		s.end = copy(s.buf, s.buf[s.start:s.end])
		s.start = 0
	}
	if s.end == len(s.buf) {
		s.buf = append(s.buf, make([]byte, len(s.buf))...)
	}
	n, err := s.r.Read(s.buf[s.end:])
	s.end += n
	s.err = err
}

// skip returns the first MaxLine bytes of an overlong line and skips the rest.
func (s *scanner) skip() rawLine {
	l := rawLine{text: append([]byte(nil), s.buf[s.start:s.start+MaxLine]...)}
	for {
		if i := bytes.IndexByte(s.buf[s.start:s.end], '\n'); i >= 0 {
			s.start += i + 1
			l.length += uint64(i) + 1
			l.ended = true
			return l
		}
		l.length += uint64(s.end - s.start)
		s.start = s.end
		if s.err != nil {
			return l
		}
		s.read()
	}
}

// reset goes on with another stream.
func (s *scanner) reset(r io.Reader) { s.r, s.start, s.end, s.err = r, 0, 0, nil }

// tailOffset finds where the last n lines before limit begin, reading
// backwards. have is how many there are, less than n if the file has fewer.
// The byte before limit is a newline.
func tailOffset(r io.ReaderAt, limit int64, n uint64) (off int64, have uint64, err error) {
	if n == 0 || limit == 0 {
		return limit, 0, nil
	}
	buf := make([]byte, 64<<10)
	for end := limit - 1; ; { // the newline at limit-1 ends the last line
		size := min(int64(len(buf)), end)
		if size == 0 {
			return 0, have + 1, nil
		}
		b := buf[:size]
		if _, err := r.ReadAt(b, end-size); err != nil {
			return 0, 0, err
		}
		for {
			i := bytes.LastIndexByte(b, '\n')
			if i < 0 {
				break
			}
			have++
			if have == n {
				return end - size + int64(i) + 1, n, nil
			}
			b = b[:i]
		}
		end -= size
	}
}

// lastNewline returns the offset just behind the last newline before size.
func lastNewline(r io.ReaderAt, size int64) (int64, error) {
	buf := make([]byte, 64<<10)
	for size > 0 {
		n := min(int64(len(buf)), size)
		if _, err := r.ReadAt(buf[:n], size-n); err != nil {
			return 0, err
		}
		if i := bytes.LastIndexByte(buf[:n], '\n'); i >= 0 {
			return size - n + int64(i) + 1, nil
		}
		size -= n
	}
	return 0, nil
}
