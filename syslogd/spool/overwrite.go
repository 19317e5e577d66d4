package spool

import (
	"errors"
	"os"
	"slices"
)

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
		s.made += u.size - own.size
	} else {
		s.units = slices.Delete(s.units, i, i+1)
		s.removed(u)
		s.made += u.size // of what was in memory alone nothing
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

// GiveWay overwrites what waits longest until n bytes of the disk are free, though
// the spool is not full: the disk is. It returns how many records that cost, and the
// bytes that are free, less than n when there is nothing more to overwrite.
func (s *Spool) GiveWay(n int64) (records uint64, freed int64) {
	s.appending.Lock()
	defer s.appending.Unlock()
	count := func() (uint64, int64) {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.counts.Overwritten, s.made
	}
	before, made := count()
	for freed < n {
		if !s.overwrite() && (!s.finish() || !s.overwrite()) {
			break
		}
		now, then := count()
		records, freed = now-before, then-made
	}
	return records, freed
}

// finish has the segment being written be one that may make room, if there is one:
// where the disk has no room for its end, without. The appender's lock is held.
func (s *Spool) finish() bool {
	u := s.segment
	if u == nil {
		return false
	}
	if s.seal() == nil {
		return true
	}
	f := s.file
	s.mu.Lock()
	u.open = false
	s.segment, s.file, s.current = nil, nil, nil
	s.mu.Unlock()
	if f != nil {
		if err := f.Close(); err != nil {
			s.fail(err)
		}
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
