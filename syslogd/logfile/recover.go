package logfile

import (
	"bytes"
	"io"

	"loggia/syslogd/wire"
)

// Head identifies a file of a log: which generation it is, and which line comes
// first.
type Head struct {
	Generation uint64
	Epoch      uint64
	First      uint64 // sequence number of its first line
}

// FirstFrame reads the frame that an index begins with.
func FirstFrame(index io.ReaderAt) (Frame, bool) {
	c := newCursor(index)
	ok := c.nextFrame()
	return c.frame, ok
}

// ReadHead returns what an index says about its file. ok is false if its
// beginning is missing or damaged.
func ReadHead(index io.ReaderAt) (Head, bool) {
	f, ok := FirstFrame(index)
	return Head{f.Generation, f.Epoch, f.First}, ok && f.Offset == 0
}

// File is the part of *os.File that Recover needs. Write appends.
type File interface {
	io.ReaderAt
	io.Writer
	Truncate(size int64) error
}

// Recover makes a file and its index agree, after a crash or after somebody
// else wrote to either, and returns how far the file has been written. The
// frames that are sound, follow each other from the first line and lie within
// the file's size bytes are kept, the rest of the index is cut off, and the
// lines that have no entry are counted and entered anew. A last line without
// newline is the beginning of a record: it gets wire.TruncatedMark and a newline,
// so that text is never lost and nobody takes it for the whole. head is what
// holds where the index is empty or begins wrongly.
func Recover(log, index File, size int64, head Head) (Point, error) {
	c := newCursor(index)
	p := Point{Generation: head.Generation, Epoch: head.Epoch, First: head.First, Seq: head.First - 1}
	var keep int64
	for c.nextFrame() {
		f := c.frame
		if keep == 0 && f.Offset == 0 && f.Generation == head.Generation && f.First > 0 {
			p.Epoch, p.First, p.Seq = f.Epoch, f.First, f.First-1
		}
		var lines, length uint64
		for ; len(c.rest) > 0; c.rest = c.rest[entrySize:] {
			lines++
			length += uint64(decodeEntry(c.rest).Length)
		}
		follows := f.Generation == p.Generation && f.Epoch == p.Epoch && f.First == p.Seq+1 && f.Offset == p.Offset
		if !follows || p.Offset+length > uint64(size) {
			break
		}
		p.Seq += lines
		p.Offset += length
		keep = c.at
	}
	if err := index.Truncate(keep); err != nil {
		return p, err
	}
	return p, count(log, index, size, &p)
}

// count enters the lines of log from p on into the index and moves p behind them.
func count(log, index File, size int64, p *Point) error {
	from := p.Offset
	if int64(from) >= size {
		return nil
	}
	buf := make([]byte, min(64<<10, size-int64(from)))
	var entries []Entry
	var length uint32
	flush := func() error {
		if len(entries) == 0 {
			return nil
		}
		frame := BeginFrame(nil, Frame{First: p.Seq + 1, Epoch: p.Epoch, Generation: p.Generation, Offset: p.Offset})
		for _, e := range entries {
			frame = AppendEntry(frame, e)
			p.Offset += uint64(e.Length)
		}
		p.Seq += uint64(len(entries))
		entries = entries[:0]
		_, err := index.Write(FinishFrame(frame, 0))
		return err
	}
	for off := int64(from); off < size; {
		n, err := log.ReadAt(buf[:min(int64(len(buf)), size-off)], off)
		if n == 0 && err != nil {
			return err
		}
		off += int64(n)
		for b := buf[:n]; len(b) > 0; {
			i := bytes.IndexByte(b, '\n')
			if i < 0 {
				length += uint32(len(b))
				break
			}
			entries = append(entries, Entry{Length: length + uint32(i) + 1, Kind: Counted})
			length, b = 0, b[i+1:]
			if len(entries) == MaxFrame {
				if err := flush(); err != nil {
					return err
				}
			}
		}
	}
	if length > 0 { // torn by a crash
		const end = wire.TruncatedMark + "\n"
		if _, err := log.Write([]byte(end)); err != nil {
			return err
		}
		entries = append(entries, Entry{Length: length + uint32(len(end)), Kind: Counted, Flags: wire.Truncated})
	}
	return flush()
}
