package sink

import (
	"errors"

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
	a.step("remove")
	err := remove(a.root, raw)
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
	dir, err := a.root.Open(".")
	if err != nil {
		return err
	}
	names, err := dir.Readdirnames(-1)
	err = errors.Join(err, dir.Close())
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
