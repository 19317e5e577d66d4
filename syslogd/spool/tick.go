package spool

import (
	"os"
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
// waited for a whole interval, and to try a disk that takes nothing.
func (s *Spool) tick() {
	defer s.ticking.Done()
	s.retry()
	s.mu.Lock()
	files, current, late := s.sealed, s.current, s.settled < s.ticked
	s.sealed = nil
	if !s.unsynced || !late {
		current = nil
	}
	if current != nil {
		s.unsynced = false
	}
	s.mu.Unlock()
	var err error
	if late {
		err = datasync(append(files, current))
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
	defer s.mu.Unlock()
	s.timer, s.ticked = nil, s.last
	if s.settled < s.last || s.failing != nil || len(s.sealed) > 0 {
		s.arm()
	}
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

// retry tries a disk that takes nothing.
func (s *Spool) retry() {
	s.appending.Lock()
	defer s.appending.Unlock()
	if !s.failed {
		return
	}
	if err := s.savePending(); err != nil {
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
