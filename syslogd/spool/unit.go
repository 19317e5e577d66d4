package spool

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// unit is a run of records that is kept or dropped as a whole: a segment, or a
// chunk that is on no disk.
type unit struct {
	first, last     uint64
	left, uncounted uint64 // records that are not settled
	bytes           int64  // of these
	records         uint64 // that are in it; fewer than its numbers where some were dropped

	path  string // of a segment
	size  int64  // of it, as far as it may be read
	open  bool   // it is being written
	ended bool   // it was complete when it was opened

	roomMade bool // numbers were missing then, because room was made

	thinned bool // only own records are left in it

	chunk *chunk // else
}

func (u *unit) settled() bool { return u.left == 0 && u.uncounted == 0 }

// gaps reports whether numbers are missing.
func (u *unit) gaps() bool { return u.records != u.last-u.first+1 }

// chunk is a buffer of records, as encoded on disk.
type chunk struct {
	buf   []byte // the appender's
	saved bool   // it is on disk, too

	// Guarded by Spool.mu.
	pub         []byte // what may be read: the beginning of buf
	first, last uint64
	records     uint64
	pinned      bool // the reader is in it
	gone        bool // from Spool.front
}

const (
	segmentHead   = "loggia-spool  1\n"
	segmentSuffix = ".seg"

	temporarySuffix = ".tmp" // of a segment that is being written anew
)

func segmentName(first uint64) string { return fmt.Sprintf("%020d%s", first, segmentSuffix) }

// save writes a piece to the segment being written, after all that is in memory
// alone, and returns that segment; nil when the disk does not take it.
func (s *Spool) save(b []byte, p piece) *unit {
	if s.dir == "" || s.failed && time.Now().Before(s.retryAt) {
		return s.unsaved(p)
	}
	err := s.saveAll(b, p)
	if errors.Is(err, os.ErrNotExist) && s.gone() {
		if err = s.renew(); err == nil {
			err = s.saveAll(b, p)
		}
	}
	if err != nil {
		s.fail(err)
		return s.unsaved(p)
	}
	s.works()
	return s.segment
}

// saveAll writes what is in memory alone, and a piece.
func (s *Spool) saveAll(b []byte, p piece) error {
	err := s.begin()
	if err == nil {
		err = s.savePending()
	}
	if err == nil {
		err = s.write(b, p.first)
	}
	return err
}

// unsaved sees to it that the numbers of records that no segment holds are not
// given again.
func (s *Spool) unsaved(p piece) *unit {
	if s.dir == "" {
		return nil
	}
	s.mu.Lock()
	again := p.last >= s.reserved
	if again {
		s.reserved = p.last + reserveNumbers
	}
	s.mu.Unlock()
	if again {
		if err := errors.Join(s.begin(), s.note(false)); err != nil {
			s.fail(err)
		}
	}
	return nil
}

// reserveNumbers is how many numbers are set aside for records in memory.
const reserveNumbers = 1 << 16

// savePending writes the chunks that are in memory alone, oldest first.
func (s *Spool) savePending() error {
	for {
		s.mu.Lock()
		i := slices.IndexFunc(s.units, func(u *unit) bool { return u.chunk != nil })
		if i < 0 {
			s.mu.Unlock()
			return nil
		}
		u := s.units[i]
		b := u.chunk.pub
		s.mu.Unlock()
		if err := s.write(b, u.first); err != nil {
			return err
		}
		s.mu.Lock()
		u.chunk.saved = true
		seg := s.segment
		seg.size, seg.last = s.at, u.last
		seg.left += u.left
		seg.uncounted += u.uncounted
		seg.bytes += u.bytes
		seg.records += u.chunk.records
		s.units = slices.DeleteFunc(s.units, func(v *unit) bool { return v == u })
		s.trim()
		s.mu.Unlock()
	}
}

// write appends b, which begins with the record first, to the segment.
func (s *Spool) write(b []byte, first uint64) error {
	if s.segment == nil || s.at > int64(len(segmentHead)) && s.at+int64(len(b)) > s.policy.segment {
		if err := s.rotate(first); err != nil {
			return err
		}
	}
	if err := s.reopen(); err != nil {
		return err
	}
	n, err := s.o.write(s.file, b, s.at)
	if err != nil {
		return err // what is there of it is written over, or cut off as torn
	}
	s.at += int64(n)
	s.mu.Lock()
	s.used += int64(n)
	s.unsynced = true
	s.mu.Unlock()
	if s.writes++; s.writes < busy {
		return s.shut()
	}
	return nil
}

// busy is how many writes in one interval keep a file open. There may be
// thousands of spools, few of which are.
const busy = 8

// shut closes the segment being written until it is written again.
func (s *Spool) shut() error {
	f := s.file
	s.mu.Lock()
	s.file, s.current = nil, nil
	s.mu.Unlock()
	return f.Close()
}

// reopen opens the segment being written again, where it was shut.
func (s *Spool) reopen() error {
	if s.file != nil {
		return nil
	}
	f, err := os.OpenFile(s.segment.path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	s.file = f
	s.mu.Lock()
	s.current = f
	s.mu.Unlock()
	return nil
}

// rotate completes the segment and begins one with the record first.
func (s *Spool) rotate(first uint64) error {
	if err := s.seal(); err != nil {
		return err
	}
	path := filepath.Join(s.dir, segmentName(first))
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if _, err := s.o.write(f, []byte(segmentHead), 0); err != nil {
		return errors.Join(err, f.Close(), os.Remove(path))
	}
	u := &unit{first: first, last: first - 1, path: path, size: int64(len(segmentHead)), open: true}
	s.segment, s.file, s.at = u, f, u.size
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.units, func(u *unit) bool { return u.chunk != nil })
	if i < 0 {
		i = len(s.units)
	}
	s.units = slices.Insert(s.units, i, u)
	s.used += u.size
	s.current = f
	return nil
}

// seal completes the segment being written, if there is one.
func (s *Spool) seal() error {
	if s.segment == nil {
		return nil
	}
	if err := s.reopen(); err != nil {
		return err
	}
	u := s.segment
	if _, err := s.o.write(s.file, sealOf(u, s.table), s.at); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	u.open = false
	s.sealed = append(s.sealed, s.file)
	s.segment, s.file, s.current = nil, nil, nil
	s.trim()
	return nil
}

// sealSize is the size of the record that ends a segment.
const sealSize = headerSize + 9

func sealOf(u *unit, t *crc32.Table) []byte {
	text := make([]byte, 0, 9)
	text = binary.LittleEndian.AppendUint64(text, u.records)
	gaps := byte(0)
	if u.gaps() {
		gaps = 1
	}
	return appendRecord(nil, &Record{Text: append(text, gaps), Seq: u.last, Flags: end}, t)
}

// trim drops the units that are settled, and the chunks that nobody needs. The
// lock is held.
func (s *Spool) trim() {
	newest := len(s.units) - 1
	if newest < 0 {
		return
	}
	keep := s.units[newest]
	s.units = slices.DeleteFunc(s.units, func(u *unit) bool {
		if !u.settled() || u.open || u == keep && u.chunk != nil {
			return false
		}
		s.removed(u)
		return true
	})
	for len(s.front) > 1 && s.front[0].last <= s.settled {
		s.dropChunk()
	}
}

// removed notes that a unit is gone. The lock is held: its file is removed by
// whoever has time for it.
func (s *Spool) removed(u *unit) {
	if u.path != "" {
		s.used -= u.size
		s.garbage = append(s.garbage, u.path)
	}
}

// sweep removes the files of units that are gone.
func (s *Spool) sweep() error {
	s.mu.Lock()
	paths := s.garbage
	s.garbage = nil
	s.mu.Unlock()
	var all error
	for _, p := range paths {
		if err := os.Remove(p); err != nil && !errors.Is(err, os.ErrNotExist) {
			all = errors.Join(all, err)
		}
	}
	return all
}
