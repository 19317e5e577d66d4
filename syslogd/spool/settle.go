package spool

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// Sent is a record that was read and waits for its outcome.
type Sent struct {
	Seq   uint64
	End   uint64 // the caller's: where in a stream it ends
	Size  uint32 // of its text, bytes
	Flags Flags
}

// Settle tells the outcome of the oldest records that were read and are not
// settled, in the order they were read. It is the reader's goroutine that calls
// it.
func (s *Spool) Settle(sent []Sent, how Outcome) error {
	if len(sent) == 0 {
		return nil
	}
	s.mu.Lock()
	at := 0
	for i := range sent {
		for at < len(s.units) && s.units[at].last < sent[i].Seq {
			s.drop(s.units[at], &s.counts.Damaged) // what of it was not read, cannot be
			at++
		}
		if at == len(s.units) || s.units[at].first > sent[i].Seq {
			continue // it was cleared meanwhile
		}
		s.settle(s.units[at], &sent[i], how)
	}
	s.settled = max(s.settled, sent[len(sent)-1].Seq)
	s.trim()
	s.mu.Unlock()
	return errors.Join(s.note(false), s.sweep())
}

// settle counts one record of u. The lock is held.
func (s *Spool) settle(u *unit, r *Sent, how Outcome) {
	size := min(int64(r.Size)+headerSize, u.bytes)
	u.bytes -= size
	s.queued -= size
	if r.Flags&Uncounted != 0 && r.Seq >= s.ours {
		u.uncounted--
		s.counts.Made++
		return
	}
	if u.left == 0 {
		return
	}
	u.left--
	s.counts.Waiting--
	s.counts.Settled[how]++
}

// Exhausted tells that all that was read is settled: what the reader has passed
// and is left cannot be read.
func (s *Spool) Exhausted(r *Reader) error {
	s.mu.Lock()
	if r.next <= s.last || s.counts.Waiting == 0 {
		s.mu.Unlock()
		return nil
	}
	for _, u := range s.units {
		s.drop(u, &s.counts.Damaged)
	}
	s.settled = s.last
	s.trim()
	s.mu.Unlock()
	return errors.Join(s.note(false), s.sweep())
}

// Clear drops everything that waits and returns how many records that were.
func (s *Spool) Clear() (uint64, error) {
	s.appending.Lock()
	defer s.appending.Unlock()
	err := s.seal()
	if err != nil {
		s.fail(err)
	}
	s.mu.Lock()
	before := s.counts.Cleared
	for _, u := range s.units {
		s.drop(u, &s.counts.Cleared)
	}
	n := s.counts.Cleared - before
	s.settled = s.last
	s.trim()
	s.mu.Unlock()
	return n, errors.Join(err, s.note(false), s.sweep())
}

// begin makes the cursor before the first record is given a number: a spool that
// never had one has no files, nor a directory.
func (s *Spool) begin() error {
	s.mu.Lock()
	begun := s.begun
	s.mu.Unlock()
	if begun || s.dir == "" {
		return nil
	}
	if err := os.Mkdir(s.dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		if err = os.MkdirAll(s.dir, 0o700); err != nil {
			return err
		}
	}
	boot := s.o.Syncer.boot()
	s.mu.Lock()
	s.boot, s.begun = boot, true
	s.mu.Unlock()
	err := s.note(false)
	if err != nil {
		s.mu.Lock()
		s.begun = false // once more with the next record
		s.mu.Unlock()
	}
	return err
}

// note writes the cursor if it has moved.
func (s *Spool) note(closed bool) error {
	s.noting.Lock()
	defer s.noting.Unlock()
	s.mu.Lock()
	c, begun := cursor{settled: s.settled, reserved: s.reserved, boot: s.boot, closed: closed, told: true, explained: s.explained}, s.begun
	s.mu.Unlock()
	if c == s.noted || !begun {
		return nil
	}
	if s.cursor == nil {
		f, err := os.OpenFile(filepath.Join(s.dir, cursorName), os.O_RDWR|os.O_CREATE, 0o600)
		if errors.Is(err, os.ErrNotExist) {
			return nil // the directory was removed: gone is looked for soon, and at the end
		}
		if err != nil {
			return err
		}
		s.cursor = f
	}
	_, err := s.cursor.WriteAt(c.encode(), 0)
	if err == nil {
		s.noted = c
	}
	if s.notes++; s.notes >= busy {
		return err
	}
	f := s.cursor
	s.cursor = nil
	return errors.Join(err, f.Close())
}

// syncCursor puts the cursor on disk.
func (s *Spool) syncCursor() error {
	s.noting.Lock()
	defer s.noting.Unlock()
	if s.cursor != nil {
		return s.o.Syncer.sync([]*os.File{s.cursor}, "")
	}
	if s.noted == (cursor{}) {
		return nil
	}
	return s.o.Syncer.sync(nil, filepath.Join(s.dir, cursorName))
}

// State is what a spool tells of itself.
type State struct {
	Counts
	Bytes   int64     // of the records that wait, with 32 for each
	Disk    int64     // of files
	Limit   int64     // of files
	Oldest  time.Time // when the oldest record that waits was received; zero: none waits
	Through uint64    // the last number that is settled
	Last    uint64    // the last number given
	Found   uint64    // the last number of a record that was there, or settled, when it was opened
	Failing error     // why the disk takes nothing
}

// oldest remembers when a record was received.
type oldest struct {
	seq      uint64
	received int64
}

// State returns a snapshot.
func (s *Spool) State() State {
	s.mu.Lock()
	st := State{Counts: s.counts, Bytes: s.queued, Disk: s.used, Through: s.settled, Last: s.last, Found: s.found, Failing: s.failing, Limit: s.limit}
	if s.queued == 0 || s.last <= s.settled {
		s.mu.Unlock()
		return st
	}
	known, found := s.oldest, s.oldest.seq == s.settled+1
	var path string
	if !found {
		known, found, path = s.look(s.settled + 1)
	}
	s.mu.Unlock()
	if !found && path != "" {
		known, found = first(path, st.Through+1)
	}
	if found {
		st.Oldest = time.Unix(0, known.received)
		s.mu.Lock()
		s.oldest = oldest{st.Through + 1, known.received}
		s.mu.Unlock()
	}
	return st
}

// look finds the first record from seq on in memory, or says which file it is
// in. The lock is held.
func (s *Spool) look(seq uint64) (known oldest, found bool, path string) {
	for _, u := range s.units {
		if u.path != "" && u.last >= seq && u.first <= s.evicted {
			return known, false, u.path
		}
	}
	for _, c := range s.front {
		if c.last >= seq {
			known, found = scan(c.pub, seq)
			return known, found, ""
		}
	}
	return known, false, ""
}

// first finds the first record from seq on in a file.
func first(path string, seq uint64) (oldest, bool) {
	b, err := os.ReadFile(path)
	if err != nil || len(b) < len(segmentHead) {
		return oldest{}, false // it was delivered meanwhile
	}
	return scan(b[len(segmentHead):], seq)
}

func scan(b []byte, seq uint64) (oldest, bool) {
	var r Record
	for {
		n := readRecord(b, &r)
		if n == 0 || r.Flags&end != 0 {
			return oldest{}, false
		}
		if r.Seq >= seq {
			return oldest{r.Seq, r.Received}, true
		}
		b = b[n:]
	}
}

// damagedDir is where bytes that hold no record are kept, most bytes of it.
const (
	damagedDir  = "damaged"
	mostDamaged = 16 << 20
)

// damaged keeps bytes that hold no record for a human, and tells of them.
func (s *Spool) damaged(d Damage, b []byte, at int64) {
	dir := filepath.Join(s.dir, damagedDir)
	s.mu.Lock()
	keep := len(b) > 0 && s.kept+int64(len(b)) <= mostDamaged
	if keep {
		s.kept += int64(len(b))
	}
	s.mu.Unlock()
	if keep {
		name := filepath.Join(damagedDir, strconv.FormatUint(d.After, 10)+"-"+strconv.FormatInt(at, 10))
		if err := os.MkdirAll(dir, 0o700); err == nil {
			if err = os.WriteFile(filepath.Join(s.dir, name), b, 0o600); err == nil {
				d.Kept = name
			}
		}
	}
	if s.o.Damage != nil {
		s.o.Damage(d)
	}
}

// Empty reports whether nothing waits.
func (s *Spool) Empty() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.settled >= s.last
}
