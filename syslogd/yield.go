package syslogd

import (
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"loggia/audit/event"
)

// reclaimer is a destination that can free space: a sink.File.
type reclaimer interface {
	Oldest(kept bool) (modified time.Time, ok bool)
	Reclaim(kept bool) (freed int64, err error)
}

// yielding is a file whose archives may give way.
type yielding struct {
	sink  reclaimer
	audit bool // its archives go last

	any    bool      // there is one
	oldest time.Time // when it was written last
}

// look finds out what y has to give, with what is to be kept or without.
func (y *yielding) look(kept bool) { y.oldest, y.any = y.sink.Oldest(kept) }

// held reports whether what is to be kept is the oldest that y has.
func (y *yielding) held() bool {
	first, any := y.sink.Oldest(true)
	y.look(false)
	return any && (!y.any || first.Before(y.oldest))
}

// yieldingFiles returns the files of s.
func yieldingFiles(s *state) []yielding {
	audit := map[string]bool{}
	for _, f := range s.config.Files {
		audit[f.Name] = keepsAudit(f.Rules)
	}
	var all []yielding
	for _, d := range s.destinations {
		if r, ok := d.sink.(reclaimer); ok {
			all = append(all, yielding{sink: r, audit: audit[d.id.name]})
		}
	}
	return all
}

// keepsAudit reports whether rules name what administrators do.
func keepsAudit(rules []Rule) bool {
	for _, r := range rules {
		if !r.Any && r.Level >= 0 && (r.Set.Has(event.ChangeLog) || r.Set.Has(event.InteractiveCommands)) {
			return true
		}
	}
	return false
}

// first returns the file whose archive is to go first, nil if none has any.
func first(all []yielding) (found *yielding) {
	for i := range all {
		y := &all[i]
		if y.any && (found == nil || found.audit && !y.audit || found.audit == y.audit && y.oldest.Before(found.oldest)) {
			found = y
		}
	}
	return found
}

// measureDisk asks the file system of a directory.
func measureDisk(dir string) (disk, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return disk{}, &os.PathError{Op: "statfs", Path: dir, Err: err}
	}
	block := uint64(st.Frsize)
	d := disk{size: (st.Blocks - st.Bfree + st.Bavail) * block, free: st.Bavail * block, inodes: st.Files, unused: st.Ffree}
	if d.size == 0 {
		return disk{}, errNoAnswer
	}
	return d, nil
}

// spareSize is how many bytes are kept allocated for the record of a failure.
const spareSize = 256 << 10

// spareName is a name that no log file, index or state can have.
const spareName = "..spare"

// spare is a file that takes up space until that is needed: others may fill the
// disk to the last byte. It stands in the index directory.
type spare struct {
	dir  string
	file *os.File // nil while given up
}

// take allocates the space, unless it has it. What cannot be had now is asked
// for again a second later.
func (s *spare) take() {
	if s.file != nil || s.dir == "" {
		return
	}
	file, err := os.OpenFile(filepath.Join(s.dir, spareName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return
	}
	if unix.Fallocate(int(file.Fd()), 0, 0, spareSize) != nil {
		s.file = file
		s.release()
		return
	}
	s.file = file
}

// giveUp gives up the space that an earlier run has left allocated.
func (s *spare) giveUp() {
	if s.dir != "" {
		_ = os.Truncate(filepath.Join(s.dir, spareName), 0) // there may be none
	}
}

// release gives the space up and reports whether there was any.
func (s *spare) release() bool {
	if s.file == nil {
		return false
	}
	err := s.file.Truncate(0)
	s.close()
	return err == nil
}

// close leaves the space allocated, for the next start.
func (s *spare) close() {
	if s.file != nil {
		_ = s.file.Close() // nothing was written
		s.file = nil
	}
}
