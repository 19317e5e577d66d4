package sink

import (
	"errors"
	"slices"
	"time"

	"loggia/audit/event"
	"loggia/syslogd/logfile"
	"loggia/syslogd/wire"
)

// Space is the disk that files share: whoever watches it says what may still be
// written. Its methods are called with the lock of a file held, from many
// goroutines at once, and must not call back into a File but to Reclaim.
type Space interface {
	// Admit reports whether n bytes may be written. Own records may as long as
	// the disk takes them: what is reserved is for them.
	Admit(n int, own bool) bool

	// Full is told that the disk has refused a write. It reports whether there is
	// room now, so that the write is to be tried again.
	Full(own bool) bool

	// Refused is told how many lines were dropped because of Admit or Full.
	Refused(lines int)

	// Yields reports whether what is oldest makes room for what Admit refuses: who
	// frees as much as it writes may do so.
	Yields() bool

	// GaveWay is told what a writer has removed for that: files, records that waited
	// for a host, and the bytes that this has freed, which are the writer's own until
	// Spent says that they are used, or are not needed.
	GaveWay(files int, records uint64, freed int64)
	Spent(n int64)
}

// anySpace lets everything pass.
type anySpace struct{}

func (anySpace) Admit(int, bool) bool { return true }
func (anySpace) Full(bool) bool       { return false }
func (anySpace) Refused(int)          {}
func (anySpace) Yields() bool         { return false }

func (anySpace) GaveWay(int, uint64, int64) {}
func (anySpace) Spent(int64)                {}

// leastYield is how large, in bytes, a live file must be to be turned over so that it
// makes room: what came last stays in any case.
const leastYield = 64 << 10

// admits asks for room for n bytes. Where the oldest is to make room, and no archive
// is left that could, that is the live file itself.
func (f *File) admits(n int, own bool, received time.Time) bool {
	switch size := int64(n); {
	case f.credit >= size && !own:
	case f.space.Admit(n, own):
		return true
	case !f.yield(received) || f.credit < size:
		return false
	}
	f.credit -= int64(n)
	f.space.Spent(int64(n))
	return true
}

// yield turns the live file over, removes it, and reports whether that has freed
// anything. That of administrators' records stays, and that with the newest record
// that a full disk must not cost.
func (f *File) yield(received time.Time) bool {
	if !f.space.Yields() || f.options.Audit || !f.records || f.point.Offset < leastYield || f.resting(received) {
		return false
	}
	old := f.point
	if !f.turnOver(event.LogMadeRoom{Lines: old.Seq + 1 - old.First}, received) {
		return false
	}
	if f.archives.kept.Load() == old.Generation {
		f.keep(received)
	}
	freed, err := f.archives.reclaim(false)
	if err != nil {
		f.alarm.raise(err)
	}
	if freed > 0 {
		f.space.GaveWay(1, 0, freed)
		f.credit += freed
	}
	return freed > 0
}

// gaveAll is yield for a disk that takes nothing at all: what that frees is for what is
// being written.
func (f *File) gaveAll(received time.Time) bool {
	gave := f.yield(received)
	f.leaveCredit()
	return gave
}

// leaveCredit gives what was freed, and is not used, to everybody.
func (f *File) leaveCredit() {
	f.space.Spent(f.credit)
	f.credit = 0
}

// remember copies the newest line that a full disk must not cost.
func (f *File) remember(l *Lines, i, j int) {
	for k := j - 1; k >= i; k-- {
		if l.Lines[k].Flags&wire.Kept != 0 {
			f.kept.Buf = append(f.kept.Buf[:0], l.text(k)...)
			f.kept.Lines = append(f.kept.Lines[:0], l.Lines[k])
			f.kept.Lines[0].End, f.kept.Lines[0].made = uint32(len(f.kept.Buf)), true
			return
		}
	}
}

// keep writes that line into the live file, which has taken the place of the one that
// it was in.
func (f *File) keep(received time.Time) {
	if len(f.kept.Lines) == 0 || f.live == nil {
		return
	}
	f.kept.Received = received
	f.put(&f.kept, 0, 1)
}

// refuse counts lines that space does not admit. The disk's alarm is raised by
// whoever watches it.
func (f *File) refuse(lines []Line) {
	n := foreign(lines)
	f.counters.Dropped[NoSpace] += uint64(n)
	f.space.Refused(n)
}

// Oldest returns when the oldest closed file of the log was written last, be it
// an archive or one that waits to be compressed. The one with the newest record
// that a full disk must not cost (wire.Kept) counts only with kept. ok is false
// if there is none.
func (f *File) Oldest(kept bool) (modified time.Time, ok bool) {
	c, ok, _ := f.archives.oldest(kept) // what cannot be listed cannot give way
	return c.modified, ok
}

// Reclaim removes the file that Oldest tells of and returns the bytes that this
// has freed, 0 if there is none. It does not wait for who writes the file, and
// may be called while another file is being written.
func (f *File) Reclaim(kept bool) (freed int64, err error) { return f.archives.reclaim(kept) }

// oldest returns the closed file that was written first, and is not to be kept
// unless kept is set.
func (a *archiver) oldest(kept bool) (first closedFile, ok bool, err error) {
	all, err := a.finished(true)
	slices.SortFunc(all, closedFile.compare)
	for _, c := range all {
		if kept || !a.keeps(c) {
			return c, true, err
		}
	}
	return first, false, err
}

// keeps reports whether c holds the newest record that a full disk must not cost.
func (a *archiver) keeps(c closedFile) bool {
	generation := a.kept.Load()
	if generation == 0 || c.part == logfile.Unpacked {
		return false
	}
	if c.part == logfile.Waiting {
		return c.number == generation
	}
	l, ok := a.label(c.name)
	return ok && l.Generation == generation
}

// compare orders closed files by when they were written last.
func (c closedFile) compare(d closedFile) int {
	switch order := c.modified.Compare(d.modified); {
	case order != 0:
		return order
	case c.before(d):
		return -1
	case d.before(c):
		return 1
	}
	return 0
}

// before orders closed files of the same time: archives with high numbers are
// older, and what waits is younger than every archive.
func (c closedFile) before(d closedFile) bool {
	if (c.part == logfile.Waiting) != (d.part == logfile.Waiting) {
		return d.part == logfile.Waiting
	}
	if c.part == logfile.Waiting {
		return c.number < d.number
	}
	return c.number > d.number
}

func (a *archiver) reclaim(kept bool) (freed int64, err error) {
	a.disk.Lock()
	defer a.disk.Unlock()
	c, ok, err := a.oldest(kept)
	if !ok {
		return 0, err
	}
	if c.part != logfile.Waiting {
		return c.size, errors.Join(err, a.removeArchive(c.name))
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, l := range a.waiting {
		if l.Generation == c.number {
			a.waiting = append(a.waiting[:i], a.waiting[i+1:]...)
			break
		}
	}
	partial := partialName(a.name, c.number) // where it is being compressed: that ends with the next block
	if info, e := a.root.Lstat(partial); e == nil {
		c.size += info.Size()
	}
	return c.size, errors.Join(err, remove(a.root, c.name), remove(a.root, partial), remove(a.index, c.name))
}
