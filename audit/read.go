package audit

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// errTorn marks a frame that the file ends in the middle of.
var errTorn = errors.New("incomplete frame")

// Read yields every record of the trail in dir, oldest first. Where something
// does not read back, or a number is missing, it yields an error naming the
// segment and the offset in bytes, and goes on with the next segment.
func Read(dir string) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		names, err := segments(dir)
		if err != nil {
			yield(Record{}, err)
			return
		}
		var next uint64 = 1
		for _, name := range names {
			for r, err := range readSegment(filepath.Join(dir, name)) {
				if err != nil {
					if !yield(Record{}, err) {
						return
					}
					continue
				}
				if r.Seq != next && !yield(Record{}, fmt.Errorf("%s: record %d where %d is due", name, r.Seq, next)) {
					return
				}
				next = r.Seq + 1
				if !yield(r, nil) {
					return
				}
			}
		}
	}
}

// segments lists the segments of dir by number.
func segments(dir string) ([]string, error) {
	all, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range all {
		stem, ok := strings.CutSuffix(e.Name(), ".trail")
		if _, err := strconv.ParseUint(stem, 10, 64); ok && err == nil && len(stem) == 20 {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names, nil
}

// frameError says where in a segment reading stopped.
type frameError struct {
	path   string
	offset int64 // of the frame's first byte
	err    error
}

func (e *frameError) Error() string {
	return fmt.Sprintf("%s: offset %d: %v", filepath.Base(e.path), e.offset, e.err)
}
func (e *frameError) Unwrap() error { return e.err }

func readSegment(path string) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		f, err := os.Open(path)
		if err != nil {
			yield(Record{}, err)
			return
		}
		defer f.Close() // read only: nothing to lose
		in := bufio.NewReaderSize(f, 1<<16)
		var at int64
		for {
			r, n, err := readFrame(in)
			if err == io.EOF {
				return
			}
			if err != nil {
				yield(Record{}, &frameError{path, at, err})
				return
			}
			at += n
			if !yield(r, nil) {
				return
			}
		}
	}
}

// readFrame reads one frame and its size in bytes; io.EOF at a clean end.
func readFrame(in io.Reader) (Record, int64, error) {
	var head [4]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return Record{}, 0, torn(err)
	}
	n := binary.BigEndian.Uint32(head[:])
	if n == 0 || n > MaxRecord {
		return Record{}, 0, fmt.Errorf("%w: length %d", ErrMalformed, n)
	}
	body := make([]byte, n+4)
	if _, err := io.ReadFull(in, body); err != nil {
		return Record{}, 0, errTorn
	}
	if sum := binary.BigEndian.Uint32(body[n:]); sum != crc32.Checksum(body[:n], castagnoli()) {
		return Record{}, 0, fmt.Errorf("%w: checksum", ErrMalformed)
	}
	r, err := ParseRecord(body[:n])
	return r, int64(n) + 8, err
}

func torn(err error) error {
	if err == io.ErrUnexpectedEOF {
		return errTorn
	}
	return err
}

// recover finds the end of the trail and opens the last segment behind it.
func (l *Log) recover() (Recovery, error) {
	var rec Recovery
	names, err := segments(l.dir)
	if err != nil || len(names) == 0 {
		return rec, err
	}
	last := filepath.Join(l.dir, names[len(names)-1])
	first, err := strconv.ParseUint(strings.TrimSuffix(names[len(names)-1], ".trail"), 10, 64)
	if err != nil {
		return rec, err
	}
	rec.Records = first - 1
	var end int64
	var fault *frameError
	for r, err := range readSegment(last) {
		switch {
		case errors.As(err, &fault):
			end = fault.offset
		case err != nil:
			return rec, err
		default:
			rec.Records = r.Seq
		}
	}
	return l.reopen(last, fault, end, rec)
}

// reopen appends to the last segment, unless it is damaged: then the next
// record begins a new one and the damaged bytes are left alone.
func (l *Log) reopen(path string, fault *frameError, end int64, rec Recovery) (Recovery, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return rec, err
	}
	info, err := f.Stat()
	if err != nil {
		return rec, errors.Join(err, f.Close())
	}
	if fault != nil && fault.err != errTorn {
		rec.Damaged = filepath.Base(path)
		rec.Records++ // the damaged record keeps its number: the gap shows, and the name is new
		return rec, f.Close()
	}
	if fault != nil {
		rec.Torn = info.Size() - end
		if err := errors.Join(f.Truncate(end), f.Sync()); err != nil {
			return rec, errors.Join(err, f.Close())
		}
	} else {
		end = info.Size()
	}
	l.file, l.size = f, end
	return rec, nil
}
