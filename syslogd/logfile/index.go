package logfile

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"time"

	"loggia/audit/event"
	"loggia/syslogd/wire"
)

const (
	frameHead  = 56
	entrySize  = 8
	frameMagic = "LGX1"

	// MaxFrame is the largest number of lines in one frame, so that a reader
	// needs no more than 64 KiB for one.
	MaxFrame = 8192
)

// Kind says where a line came from, beyond its priority.
type Kind uint8

// The kinds, bits.
const (
	SelfLine Kind = 1 << iota // a record of this program
	MadeLine                  // made by the file: turned over, cleared, repeated
	Counted                   // the index was made afterwards: priority and flags are unknown
)

// Entry is what the index knows about one line.
type Entry struct {
	Length   uint32 // newline included
	Facility event.Facility
	Severity event.Severity
	Flags    wire.Flags
	Kind     Kind
}

// Frame is the head of an index frame.
type Frame struct {
	First      uint64 // sequence number of the first line
	Epoch      uint64
	Generation uint64
	Offset     uint64 // of the first line in its file
	Received   int64  // nanoseconds since 1970 UTC; 0 unknown
}

// BeginFrame appends the head of a frame to dst. AppendEntry follows for each
// line, at most MaxFrame times, then FinishFrame.
func BeginFrame(dst []byte, f Frame) []byte {
	le := binary.LittleEndian
	dst = append(dst, frameMagic...)
	dst = append(dst, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	dst = le.AppendUint64(dst, f.First)
	dst = le.AppendUint64(dst, f.Epoch)
	dst = le.AppendUint64(dst, f.Generation)
	dst = le.AppendUint64(dst, f.Offset)
	return le.AppendUint64(dst, uint64(f.Received))
}

// AppendEntry appends the entry of one line to an open frame.
func AppendEntry(dst []byte, e Entry) []byte {
	pri := uint64(e.Facility)<<3 | uint64(e.Severity)&7
	return binary.LittleEndian.AppendUint64(dst,
		uint64(e.Length)|pri<<32|uint64(e.Flags)<<40|uint64(e.Kind)<<48)
}

// FinishFrame completes the frame that began at dst[start], once its entries
// are there.
func FinishFrame(dst []byte, start int) []byte {
	f := dst[start:]
	binary.LittleEndian.PutUint32(f[4:], uint32((len(f)-frameHead)/entrySize))
	binary.LittleEndian.PutUint32(f[8:], crc32.Checksum(f[12:], castagnoli()))
	return dst
}

// castagnoli returns the table of CRC-32C, which processors compute in
// hardware. MakeTable returns the same shared table every time.
func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

func decodeEntry(b []byte) Entry {
	v := binary.LittleEndian.Uint64(b)
	return Entry{uint32(v), event.Facility(v >> 35 & 31), event.Severity(v >> 32 & 7), wire.Flags(v >> 40), Kind(v >> 48)}
}

// decodeFrame decodes the frame at the beginning of b. size is the number of
// its bytes, 0 if there is no whole and sound frame.
func decodeFrame(b []byte) (f Frame, entries []byte, size int) {
	if len(b) < frameHead+entrySize || string(b[:4]) != frameMagic {
		return f, nil, 0
	}
	le := binary.LittleEndian
	n := le.Uint32(b[4:])
	if n == 0 || n > MaxFrame || len(b) < frameHead+int(n)*entrySize {
		return f, nil, 0
	}
	size = frameHead + int(n)*entrySize
	if crc32.Checksum(b[12:size], castagnoli()) != le.Uint32(b[8:]) {
		return f, nil, 0
	}
	f = Frame{le.Uint64(b[16:]), le.Uint64(b[24:]), le.Uint64(b[32:]), le.Uint64(b[40:]), int64(le.Uint64(b[48:]))}
	return f, b[frameHead:size], size
}

// cursor walks an index line by line.
type cursor struct {
	r   io.ReaderAt
	at  int64 // offset in the index of the bytes at buf[pos:]
	buf []byte
	pos int

	frame Frame
	rest  []byte // entries of frame not yet returned
	seq   uint64 // of the next entry
	off   uint64 // in the log, of the next entry
}

func newCursor(r io.ReaderAt) *cursor { return &cursor{r: r} }

// fill makes the whole next frame, if there is one, stand at buf[pos:]. The first
// read is a small one: that of a short index, or of its head alone.
func (c *cursor) fill() {
	const least, most = 4 << 10, frameHead + MaxFrame*entrySize
	size := most
	if c.buf == nil {
		size = least
	}
	for !c.whole() {
		if cap(c.buf) < size {
			c.buf = append(make([]byte, 0, size), c.buf...)
		}
		n := copy(c.buf[:cap(c.buf)], c.buf[c.pos:])
		c.buf, c.pos = c.buf[:n], 0
		m, _ := c.r.ReadAt(c.buf[n:cap(c.buf)], c.at+int64(n)) // what cannot be read is not in the cache
		c.buf = c.buf[:n+m]
		if size == most || len(c.buf) < cap(c.buf) {
			return
		}
		size = most
	}
}

// whole reports whether a frame stands at buf[pos:] to its end.
func (c *cursor) whole() bool {
	if len(c.buf)-c.pos < frameHead {
		return false
	}
	n := int(binary.LittleEndian.Uint32(c.buf[c.pos+4:]))
	return n > 0 && n <= MaxFrame && len(c.buf)-c.pos >= frameHead+n*entrySize
}

// nextFrame moves to the next sound frame that follows directly.
func (c *cursor) nextFrame() bool {
	c.fill()
	f, entries, size := decodeFrame(c.buf[c.pos:])
	if size == 0 {
		return false
	}
	c.pos += size
	c.at += int64(size)
	c.frame, c.rest, c.seq, c.off = f, entries, f.First, f.Offset
	return true
}

// next returns the entry of the next line with its sequence number and offset.
func (c *cursor) next() (e Entry, ok bool) {
	if len(c.rest) == 0 && !c.nextFrame() {
		return e, false
	}
	e = decodeEntry(c.rest)
	c.rest = c.rest[entrySize:]
	c.seq++
	c.off += uint64(e.Length)
	return e, true
}

// received returns the receive time of the line that next returned last.
func (c *cursor) received() time.Time {
	if c.frame.Received == 0 {
		return time.Time{}
	}
	return time.Unix(0, c.frame.Received).UTC()
}

// reset places the cursor at the frame that begins at offset at of the index.
func (c *cursor) reset(at int64) { c.at, c.buf, c.pos, c.rest = at, c.buf[:0], 0, nil }

// seek places the cursor so that next returns the first line for which not
// before(frame) … with frames ordered: it finds, in O(log size), the last frame
// for which before is true, and stands at its beginning. size is the size of
// the index. Frames begin at multiples of 8, so that any place in the file can
// be resynchronised by its magic and checksum.
func (c *cursor) seek(size int64, before func(Frame) bool) bool {
	lo, hi, found := int64(0), size/8, int64(-1)
	for lo < hi {
		mid := (lo + hi) / 2
		at, f, length, ok := c.frameAfter(mid*8, hi*8)
		if !ok || !before(f) {
			hi = mid
			continue
		}
		found = at
		lo = (at + length) / 8
	}
	if found < 0 {
		return false
	}
	c.reset(found)
	return true
}

// frameAfter finds the first sound frame that begins in [from, limit).
func (c *cursor) frameAfter(from, limit int64) (at int64, f Frame, size int64, ok bool) {
	c.reset(from)
	for {
		if len(c.buf)-c.pos < frameHead+entrySize {
			c.fill()
		}
		b := c.buf[c.pos:]
		i := bytes.Index(b, []byte(frameMagic))
		switch {
		case len(b) < frameHead+entrySize:
			return 0, f, 0, false
		case i < 0:
			i = (len(b) - len(frameMagic) + 1) &^ 7 // it may begin at the very end
		case i == 0 && c.at < limit:
			c.fill()
			if f, _, n := decodeFrame(c.buf[c.pos:]); n > 0 {
				return c.at, f, int64(n), true
			}
			i = 8
		default:
			i = (i + 7) &^ 7 // frames are aligned
		}
		if c.at += int64(i); c.at >= limit {
			return 0, f, 0, false
		}
		if c.pos += i; c.pos > len(c.buf) {
			c.reset(c.at)
		}
	}
}
