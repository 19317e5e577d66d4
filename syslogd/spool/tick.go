package spool

import (
	"errors"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// arm makes the timer run. The lock is held.
func (s *Spool) arm() {
	if s.timer != nil || s.closed || s.dir == "" {
		return
	}
	s.ticking.Add(1)
	s.timer = time.AfterFunc(s.o.SyncEvery, s.tick)
}

// tick is called by the timer while there is something to do: to sync what has
// waited for a whole interval, to try a disk that takes nothing, and to close the
// files when nothing was appended for an interval.
func (s *Spool) tick() {
	defer s.ticking.Done()
	s.retry()
	s.mu.Lock()
	files, current, late := s.sealed, s.current, s.settled < s.ticked
	s.sealed = nil
	sync := s.unsynced && late
	if sync {
		s.unsynced = false
	} else {
		current = nil
	}
	shut := ""
	if i := slices.IndexFunc(s.units, func(u *unit) bool { return u.open }); sync && current == nil && i >= 0 {
		shut = s.units[i].path
	}
	s.mu.Unlock()
	var err error
	if late {
		err = s.o.Syncer.sync(append(files, current), shut)
	}
	for _, f := range files {
		if e := f.Close(); err == nil {
			err = e
		}
	}
	if err != nil {
		s.appending.Lock()
		s.fail(err)
		s.appending.Unlock()
	}
	s.mu.Lock()
	quiet := s.ticked == s.last && s.failing == nil && len(s.sealed) == 0
	s.timer, s.ticked = nil, s.last
	if !quiet {
		s.arm()
	}
	s.mu.Unlock()
	if quiet {
		s.rest()
	}
}

// rest closes the files of a spool that nobody appends to, and gives its memory
// back: there may be thousands of them, and few that are busy. What they hold is on
// disk, or settled.
func (s *Spool) rest() {
	s.appending.Lock()
	s.mu.Lock()
	var files []*os.File
	if s.timer == nil && !s.closed { // nothing was appended since
		files = append(files, s.file)
		s.file, s.current, s.writes = nil, nil, 0
		s.leaveMemory()
	}
	s.mu.Unlock()
	s.appending.Unlock()
	s.noting.Lock()
	if files != nil {
		files = append(files, s.cursor)
		s.cursor, s.notes = nil, 0
	}
	s.noting.Unlock()
	for _, f := range files {
		if f == nil {
			continue
		}
		if err := f.Close(); err != nil && s.o.Fault != nil {
			s.o.Fault(err)
		}
	}
}

// syncShut puts a segment on disk that is not open at the moment.
func syncShut(path string) error {
	if path == "" {
		return nil
	}
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil // all of it is settled
	}
	if err != nil {
		return err
	}
	return errors.Join(datasync([]*os.File{f}), f.Close())
}

// datasync puts files on disk.
func datasync(files []*os.File) error {
	for _, f := range files {
		if f == nil {
			continue
		}
		raw, err := f.SyscallConn()
		if err != nil {
			return err
		}
		var synced error
		if err := raw.Control(func(fd uintptr) { synced = unix.Fdatasync(int(fd)) }); err != nil {
			return err
		}
		if synced != nil {
			return &os.PathError{Op: "sync", Path: f.Name(), Err: synced}
		}
	}
	return nil
}

// retry tries a disk that takes nothing, and mends a spool that was removed.
func (s *Spool) retry() {
	s.appending.Lock()
	defer s.appending.Unlock()
	var err error
	switch {
	case s.gone():
		err = s.renew()
	case !s.failed:
		return
	}
	if err == nil {
		err = s.begin() // it may have been the first record
	}
	if err == nil {
		err = s.savePending()
	}
	if err != nil {
		s.fail(err)
		return
	}
	s.works()
}

// fail notes that the disk takes nothing. The appender's lock is held.
func (s *Spool) fail(err error) {
	s.retryAt = time.Now().Add(s.o.SyncEvery)
	was := s.failed
	s.failed = true
	s.mu.Lock()
	s.failing = err
	s.arm()
	s.mu.Unlock()
	if !was && s.o.Fault != nil {
		s.o.Fault(err)
	}
}

// works notes that the disk takes records again. The appender's lock is held.
func (s *Spool) works() {
	if !s.failed {
		return
	}
	s.failed = false
	s.mu.Lock()
	s.failing = nil
	s.mu.Unlock()
	if s.o.Fault != nil {
		s.o.Fault(nil)
	}
}
