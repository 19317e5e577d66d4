package spool

import (
	"errors"
	"os"
)

// gone reports whether somebody has removed the directory, or the segment being
// written, under the spool: what is written to a file that is open would be nowhere.
// The appender's lock is held.
func (s *Spool) gone() bool {
	s.mu.Lock()
	begun := s.begun
	s.mu.Unlock()
	if !begun {
		return false
	}
	path := s.dir
	if s.segment != nil {
		path = s.segment.path
	}
	_, err := os.Stat(path)
	return errors.Is(err, os.ErrNotExist)
}

// renew begins anew after gone: what is in memory is to be written again, and what
// was in removed files alone is lost, which is told once. The appender's lock is
// held; begin and savePending are due.
func (s *Spool) renew() error {
	err := s.forget()
	s.mu.Lock()
	var before, after, kept uint64
	s.queued, s.used = 0, 0
	var there, back, rest []*unit // on disk, of memory to be written again, and never written
	for _, u := range s.units {
		before += u.left
		if u.chunk != nil {
			rest = append(rest, u)
			continue
		}
		u.open = false
		if _, err := os.Stat(u.path); err == nil {
			there, kept = append(there, u), u.last
			s.used += u.size
		}
	}
	for _, c := range s.front {
		if c.saved && c.last > kept {
			c.saved = false
			back = append(back, s.again(c, kept))
		}
	}
	s.units = append(append(there, back...), rest...)
	for _, u := range s.units {
		after += u.left
		s.queued += u.bytes
	}
	lost := before - min(before, after)
	s.counts.Damaged += lost
	s.counts.Waiting -= lost
	s.begun = false
	s.mu.Unlock()
	if s.o.Removed != nil {
		s.o.Removed(lost)
	}
	return err
}

// forget closes the files that are open. Both the appender's lock and no other are
// held.
func (s *Spool) forget() error {
	f := s.file
	s.segment, s.file = nil, nil
	s.noting.Lock()
	c := s.cursor
	s.cursor, s.noted = nil, cursor{}
	s.noting.Unlock()
	s.mu.Lock()
	s.current = nil
	s.mu.Unlock()
	var err error
	for _, f := range []*os.File{f, c} {
		if f != nil {
			err = errors.Join(err, f.Close())
		}
	}
	return err
}

// again makes a unit of a chunk: what of it is behind kept, and not settled. The
// lock is held.
func (s *Spool) again(c *chunk, kept uint64) *unit {
	u := &unit{first: max(c.first, kept+1), last: c.last, records: c.records, chunk: c}
	var r Record
	for b := c.pub; len(b) > 0; {
		n := readRecord(b, &r)
		if b = b[n:]; n == 0 {
			break // cannot be: it was encoded here
		}
		if r.Seq <= max(kept, s.settled) {
			continue
		}
		u.bytes += int64(n)
		if r.Flags&Uncounted != 0 {
			u.uncounted++
		} else {
			u.left++
		}
	}
	return u
}
