package spool

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Damage is a run of bytes in a segment that holds no record.
type Damage struct {
	Segment       string // the file's name
	Bytes         int
	After, Before uint64 // numbers of the records around it; Before is 0 at the end of a segment
	Kept          string // where the bytes are kept; empty: nowhere
}

// String says it in words.
func (d Damage) String() string {
	text := fmt.Sprintf("%s: %d bytes hold no record, after record %d", d.Segment, d.Bytes, d.After)
	if d.Before > 0 {
		text += fmt.Sprintf(" and before %d", d.Before)
	}
	if d.Kept != "" {
		text += ", kept as " + d.Kept
	}
	return text
}

// Reader reads what is not settled, once and in order. There is one for a
// spool, and one goroutine uses it.
type Reader struct {
	s     *Spool
	next  uint64 // the number to read, or that behind it if there is none
	block []byte // records that were fetched

	chunk *chunk // that block is in; nil: from disk
	pos   int    // how much of it was fetched

	unit *unit // that file is of
	file *os.File
	off  int64
	buf  []byte
}

// Reader returns the reader, at the oldest record that is not settled.
func (s *Spool) Reader() *Reader {
	r := &Reader{s: s}
	r.Rewind()
	return r
}

// Rewind goes back to the oldest record that is not settled.
func (r *Reader) Rewind() {
	s := r.s
	s.mu.Lock()
	defer s.mu.Unlock()
	r.unpin()
	r.block, r.unit = nil, nil
	r.next = s.settled + 1
	s.read = r.next
}

// Close gives back what the reader holds.
func (r *Reader) Close() error {
	r.Rewind()
	return r.Rest()
}

// Rest gives back what the reader holds beyond its place in the queue. What comes
// next is read as before.
func (r *Reader) Rest() error {
	r.s.mu.Lock()
	r.unpin()
	r.s.mu.Unlock()
	r.block, r.unit, r.buf = nil, nil, nil
	f := r.file
	if r.file = nil; f == nil {
		return nil
	}
	return f.Close()
}

// Position is the number of the next record to be read, or less where there is none
// of that number.
func (r *Reader) Position() uint64 { return r.next }

// Reaches reports whether there is, or was, a record of that number or beyond.
func (s *Spool) Reaches(seq uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last >= seq
}

// Next reads the next record; it is false when there is none yet.
func (r *Reader) Next(rec *Record) bool {
	for {
		for len(r.block) > 0 {
			n := readRecord(r.block, rec)
			if n == 0 {
				r.block = nil // cannot be: it was checked, or never left memory
				break
			}
			r.block = r.block[n:]
			if rec.Flags&end != 0 || rec.Seq < r.next {
				continue
			}
			r.next = rec.Seq + 1
			return true
		}
		if !r.fetch() {
			return false
		}
	}
}

// fetch gets the next block, from memory if it is there.
func (r *Reader) fetch() bool {
	s := r.s
	for {
		s.mu.Lock()
		r.next = max(r.next, s.settled+1)
		if r.next > s.last {
			s.mu.Unlock()
			return false
		}
		if r.next > s.evicted {
			ok := r.memory()
			if ok {
				s.read = r.chunk.last + 1
			} else {
				r.next = s.last + 1 // it was dropped
			}
			s.mu.Unlock()
			return ok
		}
		r.unpin()
		u, size, last := r.segment()
		if u == nil { // only what was dropped has such numbers
			r.next = s.evicted + 1
			s.mu.Unlock()
			continue
		}
		s.read = max(s.read, last+1)
		s.mu.Unlock()
		if r.disk(u, size, last) {
			return true
		}
	}
}

// memory fetches from the first chunk that holds something to read. The lock is
// held.
func (r *Reader) memory() bool {
	for _, c := range r.s.front {
		if c.last < r.next {
			continue
		}
		if c != r.chunk {
			r.unpin()
			r.chunk, r.pos, c.pinned = c, 0, true
		}
		r.block, r.pos = c.pub[r.pos:], len(c.pub)
		return true
	}
	return false
}

// unpin leaves the chunk. The lock is held.
func (r *Reader) unpin() {
	if c := r.chunk; c != nil {
		r.chunk, r.block = nil, nil
		c.pinned = false
		r.s.recycle(c)
	}
}

// segment returns the segment to read. The lock is held.
func (r *Reader) segment() (u *unit, size int64, last uint64) {
	for _, u := range r.s.units {
		if u.path != "" && u.last >= r.next {
			return u, u.size, u.last
		}
	}
	return nil, 0, 0
}

// readSize is how much is read at a time.
const readSize = 256 << 10

// disk fetches from a segment, of which size bytes may be read and hold records
// up to last. It is false when there was nothing: next has moved on.
func (r *Reader) disk(u *unit, size int64, last uint64) bool {
	if err := r.turn(u); err != nil {
		r.s.damaged(Damage{Segment: filepath.Base(u.path), After: r.next - 1, Bytes: int(size)}, nil, 0)
		r.next = last + 1
		return false
	}
	want := readSize
	for {
		n := int(min(int64(want), size-r.off))
		if n <= 0 {
			r.next = max(r.next, last+1)
			return false
		}
		if cap(r.buf) < n {
			r.buf = make([]byte, n)
		}
		b := r.buf[:n]
		r.read(b)
		good := whole(b, r.s.table)
		if good > 0 {
			r.off += int64(good)
			r.block = b[:good]
			return true
		}
		if k := recordSize(b); k > n && r.off+int64(k) <= size {
			want = k // a record larger than the block
			continue
		}
		r.skip(u, size)
	}
}

// turn makes u the segment that is read.
func (r *Reader) turn(u *unit) error {
	if r.unit == u {
		return nil
	}
	f, err := os.Open(u.path)
	if err != nil {
		return err
	}
	if r.file != nil {
		err = r.file.Close()
	}
	r.unit, r.file, r.off = u, f, int64(len(segmentHead))
	return err
}

// sector is what a disk loses at a time.
const sector = 4096

// read reads b at the offset. What the disk does not give is zeros.
func (r *Reader) read(b []byte) {
	if _, err := r.file.ReadAt(b, r.off); err == nil || errors.Is(err, io.EOF) {
		return
	}
	for i := 0; i < len(b); i += sector {
		part := b[i:min(i+sector, len(b))]
		if n, err := r.file.ReadAt(part, r.off+int64(i)); err != nil {
			clear(part[n:])
		}
	}
}

// skip passes over what is no record, to the next that checks.
func (r *Reader) skip(u *unit, size int64) {
	rest := make([]byte, size-r.off)
	r.read(rest)
	n := seek(rest, 1, r.s.table)
	var next Record
	if n < 0 {
		n = len(rest)
	} else {
		readRecord(rest[n:], &next)
	}
	r.s.damaged(Damage{Segment: filepath.Base(u.path), After: r.next - 1, Before: next.Seq, Bytes: n}, rest[:n], r.off)
	r.off += int64(n)
}
