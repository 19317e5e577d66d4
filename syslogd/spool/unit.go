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

// fits reports whether there is room for size bytes, and makes it if it may.
func (s *Spool) fits(size int64, own bool) bool {
	if size <= s.room {
		return true
	}
	s.publish()
	for {
		if room := s.available(own); size <= room {
			s.room = room
			if own {
				s.room = s.available(false)
			}
			return true
		}
		if s.policy.overflow != OverwriteOldest || !s.overwrite() {
			return false
		}
	}
}

// available returns how many bytes may be appended.
func (s *Spool) available(own bool) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	limit, used := s.policy.size, s.used
	if s.dir == "" || s.failed {
		limit, used = s.policy.memory, 0
		for _, u := range s.units {
			if u.chunk != nil {
				used += u.bytes
			}
		}
	}
	if !own && s.policy.overflow == DropNew {
		limit -= limit / reservePart
	}
	return limit - used
}

// overwrite drops the oldest unit that nobody reads at the moment, but for its
// own records, which stay as long as they take no more than their part of the
// spool. It is false when there is nothing to drop. While the disk takes nothing,
// room on it may be what is missing.
func (s *Spool) overwrite() bool {
	s.mu.Lock()
	i := s.victim()
	if i < 0 {
		s.mu.Unlock()
		return false
	}
	u := s.units[i]
	s.mu.Unlock()
	var own *unit
	if u.path != "" && !u.thinned {
		var err error
		if own, err = s.thin(u); err != nil { // no room for these either, or it does not read back
			own = nil
		}
	}
	s.mu.Lock()
	if i = slices.Index(s.units, u); i < 0 || u.first < s.read {
		s.mu.Unlock() // it is being read now: another one, then
		return own == nil || os.Remove(u.path+temporarySuffix) == nil
	}
	if own != nil && os.Rename(u.path+temporarySuffix, u.path) != nil {
		own = nil
	}
	if own != nil { // these are not lost
		u.left -= min(u.left, own.left)
		own.bytes = min(own.bytes, u.bytes)
		u.bytes -= own.bytes
	}
	s.drop(u, &s.counts.Overwritten)
	s.explained = max(s.explained, u.last)
	if own != nil {
		s.units[i] = own
		s.used += own.size - u.size
	} else {
		s.units = slices.Delete(s.units, i, i+1)
		s.removed(u)
	}
	for u.path != "" && len(s.front) > 0 && s.front[0].first <= u.last { // what else is in it is on disk
		s.evicted = max(s.evicted, s.front[0].last)
		s.dropChunk()
	}
	s.trim()
	s.mu.Unlock()
	if err := errors.Join(s.note(false), s.sweep()); err != nil {
		s.fail(err)
		return false
	}
	if s.failed && u.path != "" {
		if err := s.savePending(); err != nil {
			s.fail(err)
			return true
		}
		s.works()
	}
	return true
}

// victim is the unit to be overwritten: the oldest that has other than own
// records, unless own ones have more than their part. The lock is held.
func (s *Spool) victim() int {
	oldest, own := -1, int64(0)
	for i, u := range s.units {
		if u.open || u.first < s.read || u.settled() || u.chunk != nil && i == len(s.units)-1 {
			continue
		}
		if u.thinned {
			own += u.size
		} else if oldest < 0 {
			oldest = i
		}
	}
	if oldest >= 0 && own <= s.policy.size/reservePart {
		return oldest
	}
	return slices.IndexFunc(s.units, func(u *unit) bool { return u.thinned && !u.open && u.first >= s.read })
}

// thin writes, beside the segment of u, one with nothing but its own records; nil
// when there are none. None of u has been read.
func (s *Spool) thin(u *unit) (*unit, error) {
	b, err := os.ReadFile(u.path)
	if err != nil {
		return nil, err
	}
	b = b[min(len(segmentHead), len(b)):min(int64(len(b)), u.size)]
	own := &unit{first: u.first, last: u.last, path: u.path, thinned: true}
	text := []byte(segmentHead)
	var r Record
	for n := whole(b, s.table); n > 0; {
		k := readRecord(b, &r)
		if r.Flags&Own != 0 && r.Flags&(end|Uncounted) == 0 {
			text = append(text, b[:k]...)
			own.left++
			own.records++
			own.bytes += int64(k)
		}
		b, n = b[k:], n-k
	}
	if own.left == 0 {
		return nil, nil
	}
	own.size = int64(len(text))
	text = append(text, sealOf(own, s.table)...)
	temporary := u.path + temporarySuffix
	f, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil { // what it replaces may be on disk
		return nil, errors.Join(err, os.Remove(temporary))
	}
	return own, nil
}

// drop counts what is left of u as lost. The lock is held.
func (s *Spool) drop(u *unit, count *uint64) {
	*count += u.left
	s.counts.Waiting -= u.left
	s.queued -= u.bytes
	u.left, u.uncounted, u.bytes = 0, 0, 0
	if u.chunk != nil {
		if i := slices.Index(s.front, u.chunk); i >= 0 {
			s.front = slices.Delete(s.front, i, i+1)
			s.hold(-len(u.chunk.pub))
			u.chunk.gone = true
			s.recycle(u.chunk)
		}
	}
}
