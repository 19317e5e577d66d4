package sink

import (
	"errors"
	"time"

	"loggia/syslogd/logfile"
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
}

// anySpace lets everything pass.
type anySpace struct{}

func (anySpace) Admit(int, bool) bool { return true }
func (anySpace) Full(bool) bool       { return false }
func (anySpace) Refused(int)          {}

// refuse counts lines that space does not admit. The disk's alarm is raised by
// whoever watches it.
func (f *File) refuse(lines []Line) {
	n := foreign(lines)
	f.counters.Dropped[NoSpace] += uint64(n)
	f.space.Refused(n)
}

// Oldest returns when the oldest closed file of the log was written last, be it
// an archive or one that waits to be compressed. ok is false if there is none.
func (f *File) Oldest() (modified time.Time, ok bool) {
	c, ok, _ := f.archives.oldest() // what cannot be listed cannot give way
	return c.modified, ok
}

// Reclaim removes the oldest closed file of the log and returns the bytes that
// this has freed, 0 if there is none. It does not wait for who writes the file,
// and may be called while another file is being written.
func (f *File) Reclaim() (freed int64, err error) { return f.archives.reclaim() }

// oldest returns the closed file that was written first.
func (a *archiver) oldest() (first closedFile, ok bool, err error) {
	all, err := a.finished(true)
	for _, c := range all {
		if !ok || c.modified.Before(first.modified) || c.modified.Equal(first.modified) && c.before(first) {
			first, ok = c, true
		}
	}
	return first, ok, err
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

func (a *archiver) reclaim() (freed int64, err error) {
	a.disk.Lock()
	defer a.disk.Unlock()
	c, ok, err := a.oldest()
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
	return c.size, errors.Join(err, remove(a.root, c.name), remove(a.index, c.name))
}
