package sink

import (
	"errors"
	"time"

	"loggia/syslogd/logfile"
)

// publish is steps 2 to 4.
func (a *archiver) publish(l logfile.Label) error {
	a.disk.Lock()
	defer a.disk.Unlock()
	partial, raw := partialName(a.name, l.Generation), logfile.WaitingName(a.name, l.Generation)
	a.mu.Lock()
	files := a.files
	wanted := files > 0 && len(a.waiting) > 0 && a.waiting[0].Generation == l.Generation
	a.mu.Unlock()
	if !wanted {
		return remove(a.root, partial) // cleared or beyond retention
	}
	if err := a.shift(files); err != nil {
		return err
	}
	a.step("archive")
	if err := a.root.Rename(partial, logfile.ArchiveName(a.name, 0)); err != nil {
		return err
	}
	if a.careful.Load() {
		if err := a.root.sync(); err != nil {
			return err
		}
	}
	a.step("remove")
	err := errors.Join(remove(a.root, raw), a.expire(a.now()))
	a.mu.Lock()
	if len(a.waiting) > 0 && a.waiting[0].Generation == l.Generation {
		a.waiting = a.waiting[1:]
	}
	a.mu.Unlock()
	return err
}

// shift is step 2: it makes archive 0 free, and drops what is beyond retention.
func (a *archiver) shift(files int) error {
	top := 0
	for top < logfile.MaxArchives && len(a.slot(top)) > 0 {
		top++
	}
	for n := files - 1; n < top; n++ {
		if err := a.removeSlot(n); err != nil {
			return err
		}
	}
	for n := min(top, files-1) - 1; n >= 0; n-- {
		for _, name := range a.slot(n) {
			to := logfile.ArchiveName(a.name, n+1)
			if name == unpackedName(a.name, n) {
				to = unpackedName(a.name, n+1)
			}
			a.step("shift")
			if err := a.root.Rename(name, to); err != nil {
				return err
			}
		}
	}
	return nil
}

// slot returns the files that have number n: the archive, and what somebody
// unpacked by hand.
func (a *archiver) slot(n int) []string {
	var found []string
	for _, name := range []string{logfile.ArchiveName(a.name, n), unpackedName(a.name, n)} {
		if _, err := a.root.Lstat(name); err == nil {
			found = append(found, name)
		}
	}
	return found
}

func unpackedName(name string, n int) string {
	archive := logfile.ArchiveName(name, n)
	return archive[:len(archive)-len(".gz")]
}

// drop removes the archives from number n on, and their indexes.
func (a *archiver) drop(n int) error {
	names, err := a.names()
	for _, name := range names {
		part, number := logfile.ParseName(a.name, name)
		if (part == logfile.Archive || part == logfile.Unpacked) && number >= uint64(n) {
			err = errors.Join(err, a.removeArchive(name))
		}
	}
	return err
}

// removeSlot removes what has number n.
func (a *archiver) removeSlot(n int) error {
	var err error
	for _, name := range a.slot(n) {
		err = errors.Join(err, a.removeArchive(name))
	}
	return err
}

// removeArchive removes an archive with its index.
func (a *archiver) removeArchive(name string) error {
	var err error
	if l, ok := a.label(name); ok {
		err = remove(a.index, logfile.WaitingName(a.name, l.Generation))
	}
	return errors.Join(err, remove(a.root, name))
}

// label reads the label of an archive.
func (a *archiver) label(name string) (logfile.Label, bool) {
	f, err := a.root.Open(name)
	if err != nil {
		return logfile.Label{}, false
	}
	defer f.Close()
	return logfile.ReadLabel(f)
}

// tidy is expire for who does not hold disk.
func (a *archiver) tidy(now time.Time) {
	a.disk.Lock()
	defer a.disk.Unlock()
	a.fail(a.expire(now))
}

// expire removes the archives whose last line is older than `retain`. disk is
// held.
func (a *archiver) expire(now time.Time) error {
	a.mu.Lock()
	retain := a.retain
	a.mu.Unlock()
	if retain <= 0 {
		return nil
	}
	all, err := a.finished(false)
	for _, c := range all {
		if c.modified.Before(now.Add(-retain)) {
			err = errors.Join(err, a.removeArchive(c.name))
		}
	}
	return err
}

// closedFile is a file of the log that is written no more.
type closedFile struct {
	name     string
	number   uint64 // generation or number
	part     logfile.Part
	size     int64
	modified time.Time // when its last line was written
}

// names lists what the log directory holds of the log, and perhaps of others.
func (a *archiver) names() ([]string, error) {
	if a.cabinet == nil {
		return list(a.root)
	}
	return a.cabinet.textsOf(a.name)
}

// finished lists the archives, with those that wait to be compressed if all is set.
func (a *archiver) finished(all bool) ([]closedFile, error) {
	names, err := a.names()
	var found []closedFile
	for _, name := range names {
		part, n := logfile.ParseName(a.name, name)
		if part != logfile.Archive && part != logfile.Unpacked && !(all && part == logfile.Waiting) {
			continue
		}
		info, e := a.root.Lstat(name)
		if e != nil {
			err = errors.Join(err, ignoreMissing(e))
			continue
		}
		found = append(found, closedFile{name, n, part, info.Size(), info.ModTime()})
	}
	return found, err
}
