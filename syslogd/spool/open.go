package spool

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Recovery is what opening a spool found.
type Recovery struct {
	Records uint64 // that wait
	Torn    int64  // bytes cut off: a record that was being written at the end
	After   uint64 // number of the record before them
	Forgot  bool   // the cursor did not read back: what was delivered is delivered again
	Skipped uint64 // numbers left out, because a power cut may have taken records that had them
	Missing uint64 // numbers that no record has: a segment was cut short, or is gone
	First   uint64 // of these
	Unsure  bool   // some of them may have been overwritten; else they are counted as damaged
	Foreign []string
}

// Clean reports whether there is nothing to say but Records.
func (r *Recovery) Clean() bool {
	return r.Torn == 0 && !r.Forgot && r.Skipped == 0 && r.Missing == 0 && len(r.Foreign) == 0
}

// String says it in words.
func (r *Recovery) String() string {
	parts := []string{fmt.Sprintf("%d records wait", r.Records)}
	if r.Torn > 0 {
		parts = append(parts, fmt.Sprintf("%d bytes of a record after record %d were torn and are cut off", r.Torn, r.After))
	}
	if r.Forgot {
		parts = append(parts, "the note of what was delivered is damaged, so some may be delivered again")
	}
	if r.Skipped > 0 {
		parts = append(parts, fmt.Sprintf("%d numbers are left out after a power cut", r.Skipped))
	}
	if r.Missing > 0 {
		text := fmt.Sprintf("%d records from record %d on are in no segment: they are lost", r.Missing, r.First)
		if r.Unsure {
			text += ", unless they were overwritten"
		}
		parts = append(parts, text)
	}
	if len(r.Foreign) > 0 {
		parts = append(parts, "not of this spool: "+strings.Join(r.Foreign, " "))
	}
	return strings.Join(parts, "; ")
}

// skipNumbers is how many numbers are left out after a power cut, more than are
// given between two syncs.
const skipNumbers = 1 << 24

// Open opens a spool, or makes it. What is damaged is no error: it is reported
// as far as it is known, the rest when it is read.
func Open(o Options) (*Spool, Recovery, error) {
	if o.write == nil {
		o.write = (*os.File).WriteAt
	}
	if o.SyncEvery <= 0 {
		o.SyncEvery = time.Second
	}
	if o.Syncer == nil {
		o.Syncer = new(Syncer)
	}
	if o.Front == nil {
		o.Front = new(Front)
	}
	s := &Spool{dir: o.Dir, o: o, wake: make(chan struct{}, 1), table: castagnoli(), policy: o.policy(), next: 1}
	s.limit = s.policy.size
	var found Recovery
	if o.Dir != "" {
		var err error
		if found, err = s.recover(); err != nil {
			return nil, found, errors.Join(err, s.closeFiles())
		}
	}
	s.ours = s.next
	s.last = s.next - 1
	s.evicted, s.ticked = s.last, s.last
	return s, found, nil
}

// recover reads the directory. Of a spool in which nothing waits, and which was
// closed in order, it leaves no file open.
func (s *Spool) recover() (found Recovery, err error) {
	if _, err := os.Stat(s.dir); errors.Is(err, os.ErrNotExist) {
		s.reserved = s.next
		return found, os.MkdirAll(filepath.Dir(s.dir), 0o700) // its own is made for the first record
	}
	c, known, err := readCursor(s.dir)
	if errors.Is(err, errCursor) {
		found.Forgot, err = true, nil
	}
	if err != nil {
		return found, err
	}
	paths, foreign, err := segments(s.dir)
	if err != nil {
		return found, err
	}
	found.Foreign = foreign
	if s.begun = len(paths) > 0 || found.Forgot || known && !c.closed; s.begun {
		s.boot = s.o.Syncer.boot()
	}
	s.settled, s.explained = c.settled, c.explained
	gap := gaps{sure: known && c.told && (c.closed || c.boot == s.o.Syncer.boot()), explained: c.explained, found: &found}
	last := c.settled
	for _, path := range paths {
		u, torn, err := s.readUnit(path)
		if err != nil {
			return found, err
		}
		gap.between(last, u.first)
		last, gap.whole = max(last, u.last), !u.roomMade
		if torn > 0 {
			found.Torn, found.After = found.Torn+torn, u.last
		}
		s.used += u.size
		if u.settled() {
			s.removed(u)
			continue
		}
		s.units = append(s.units, u)
		s.counts.Accepted += u.left
		s.counts.Waiting += u.left
		s.queued += u.bytes
	}
	if c.closed {
		gap.whole = false
		gap.between(last, c.reserved)
	}
	s.lose(&gap)
	s.found = last
	s.next = max(last+1, c.reserved)
	if known && !c.closed && c.boot != s.boot {
		s.next += skipNumbers
		found.Skipped = skipNumbers
	}
	if len(s.units) > 0 && !known {
		s.settled = s.units[0].first - 1
	}
	if s.next > last+1 {
		s.explained = s.next - 1
	}
	found.Records = s.counts.Waiting
	s.reserved = s.next
	return found, errors.Join(s.sweep(), s.note(false), s.weigh())
}

// gaps finds numbers that are in no segment.
type gaps struct {
	sure      bool   // explained is what it was when the files were written last
	explained uint64 // up to here, they were overwritten or left out
	whole     bool   // the segment before has no gaps itself
	last      uint64 // of those that are missing
	found     *Recovery
}

// between looks at the numbers between last and first, neither of them among these.
func (g *gaps) between(last, first uint64) {
	from := last + 1
	if g.sure {
		from = max(from, g.explained+1)
	}
	switch n := first - min(first, from); {
	case n == 0:
	case g.sure:
		g.found.miss(from, n)
		g.last = first - 1
	case g.whole && n < skipNumbers: // so many as are left out after a power cut were never given
		g.found.miss(from, n)
		g.found.Unsure = true
	}
}

// miss notes that n numbers from first on are not there.
func (r *Recovery) miss(first, n uint64) {
	if r.Missing == 0 {
		r.First = first
	}
	r.Missing += n
}

// lose counts what is missing for sure, once.
func (s *Spool) lose(g *gaps) {
	if !g.sure || g.found.Missing == 0 {
		return
	}
	s.counts.Accepted += g.found.Missing
	s.counts.Damaged += g.found.Missing
	s.explained, s.begun = max(s.explained, g.last), true
}

// weigh adds up what is kept of damaged records.
func (s *Spool) weigh() error {
	entries, err := os.ReadDir(filepath.Join(s.dir, damagedDir))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			s.kept += info.Size()
		}
	}
	return err
}

// segments lists the segments in dir, oldest first, and what does not belong
// there.
func segments(dir string) (paths, foreign []string, err error) {
	entries, err := os.ReadDir(dir) // by name, which is by number
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		switch name := e.Name(); {
		case name == cursorName || name == damagedDir || strings.HasSuffix(name, temporarySuffix):
		case e.Type().IsRegular() && len(name) == 24 && strings.HasSuffix(name, segmentSuffix) && numberOf(name) > 0:
			paths = append(paths, filepath.Join(dir, name))
		default:
			foreign = append(foreign, name)
		}
	}
	return paths, foreign, nil
}

// numberOf is the number of the first record of a segment, by its name.
func numberOf(path string) uint64 {
	n, err := strconv.ParseUint(strings.TrimSuffix(filepath.Base(path), segmentSuffix), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// readUnit finds out what is in a segment, and cuts off what is torn at the end
// of one that is not complete.
func (s *Spool) readUnit(path string) (u *unit, torn int64, err error) {
	u, torn, err = s.lookUnit(path)
	if err != nil || u.ended {
		return u, 0, err
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if torn > 0 {
		if err := f.Truncate(u.size); err != nil {
			return nil, 0, err
		}
	}
	if _, err := f.WriteAt(sealOf(u, s.table), u.size); err != nil && !errors.Is(err, syscall.ENOSPC) {
		return nil, 0, err
	}
	return u, torn, nil // without its end, for want of room, it is read whole again at the next start
}

// lookUnit finds out what is in a segment. One that is complete says so at its
// end; another is read.
func (s *Spool) lookUnit(path string) (u *unit, torn int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	u = &unit{first: numberOf(path), path: path, size: info.Size()}
	u.last = u.first - 1
	u.ended = s.sealedUnit(f, u)
	if u.ended && s.settled < u.first {
		u.left, u.bytes = u.records, u.size-int64(len(segmentHead))
		return u, 0, nil
	}
	b := make([]byte, info.Size())
	if _, err := f.ReadAt(b, 0); err != nil && len(b) > 0 {
		return nil, 0, err
	}
	good := s.count(b, u)
	if !u.ended {
		torn = u.size - int64(good)
		u.size = int64(good)
	}
	return u, torn, nil
}

// sealedUnit reads the end of a segment that is complete into u.
func (s *Spool) sealedUnit(f *os.File, u *unit) bool {
	var b [sealSize]byte
	if u.size < int64(len(segmentHead)+sealSize) {
		return false
	}
	if _, err := f.ReadAt(b[:], u.size-sealSize); err != nil {
		return false
	}
	var r Record
	if readRecord(b[:], &r) != sealSize || r.Flags&end == 0 || !checks(b[:], s.table) || r.Seq < u.first-1 {
		return false
	}
	u.last, u.records, u.roomMade = r.Seq, binary.LittleEndian.Uint64(r.Text), r.Text[len(r.Text)-1] != 0
	return true
}

// count reads all of a segment into u: what it holds, and what of it is not
// settled. It returns where the last record ends. Damage before that is passed
// over: whoever reads it reports it. Numbers that are missing there count as
// left, for they were records.
func (s *Spool) count(b []byte, u *unit) (good int) {
	good = min(len(segmentHead), len(b))
	u.records, u.left, u.bytes = 0, 0, 0
	var r Record
	previous, damaged := u.first-1, false
	for at := good; ; {
		n := whole(b[at:], s.table)
		for part := b[at : at+n]; len(part) > 0; {
			part = part[readRecord(part, &r):]
			if r.Flags&end != 0 {
				continue
			}
			if damaged && r.Seq > previous+1 {
				u.records += r.Seq - previous - 1
				u.left += unsettled(previous+1, r.Seq-1, s.settled)
			}
			damaged, previous = false, r.Seq
			u.last = max(u.last, r.Seq)
			u.records++
			if r.Seq > s.settled {
				u.left++
				u.bytes += int64(headerSize + len(r.Text))
			}
			good = at + n - len(part)
		}
		if at = seek(b, at+n, s.table); at < 0 {
			return good
		}
		damaged = true
	}
}

// unsettled counts the numbers from first to last that are not settled.
func unsettled(first, last, settled uint64) uint64 {
	if first = max(first, settled+1); first > last {
		return 0
	}
	return last - first + 1
}

// Close waits for nothing: what is not settled is kept for the next Open.
func (s *Spool) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	if s.timer != nil && s.timer.Stop() {
		s.ticking.Done()
	}
	s.mu.Unlock()
	s.ticking.Wait() // a tick may be waiting for what is locked next
	defer s.leaveFront()
	s.appending.Lock()
	defer s.appending.Unlock()
	if s.dir == "" {
		return nil
	}
	var err error
	if s.gone() {
		err = errors.Join(s.renew(), s.begin())
	}
	err = errors.Join(err, s.savePending(), s.seal())
	s.mu.Lock()
	s.trim()
	files := s.sealed
	s.sealed, s.reserved = nil, s.next
	s.mu.Unlock()
	if len(files) > 0 {
		err = errors.Join(err, s.o.Syncer.sync(files, ""))
	}
	err = errors.Join(err, s.sweep(), s.note(true), s.syncCursor())
	s.mu.Lock()
	s.sealed = append(s.sealed, files...)
	s.mu.Unlock()
	return errors.Join(err, s.closeFiles())
}

func (s *Spool) closeFiles() error {
	var err error
	for _, f := range slices.Concat(s.sealed, []*os.File{s.file, s.cursor}) {
		if f != nil {
			err = errors.Join(err, f.Close())
		}
	}
	s.sealed, s.file, s.cursor = nil, nil, nil
	return err
}

// Look says what waits in a spool that nobody has open, without changing it:
// records, about, and bytes of files.
func Look(dir string) (records uint64, bytes int64, err error) {
	c, _, err := readCursor(dir)
	if err != nil && !errors.Is(err, errCursor) {
		return 0, 0, err
	}
	paths, _, err := segments(dir)
	if err != nil {
		return 0, 0, err
	}
	s := &Spool{table: castagnoli(), settled: c.settled}
	for _, path := range paths {
		u, _, err := s.lookUnit(path)
		if err != nil {
			return records, bytes, err
		}
		records += u.left
		bytes += u.size
	}
	return records, bytes, nil
}
