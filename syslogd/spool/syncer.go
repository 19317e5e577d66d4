package spool

import (
	"errors"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Syncer puts what many spools have written on disk. One of those who ask does it
// for all that ask meanwhile: a few files are synced one after the other, for many
// the file system is synced as a whole, once, which takes as long as a few of
// them. The zero value is ready; its methods are safe for concurrent use.
type Syncer struct {
	mu      sync.Mutex // guards what follows
	waiting []*syncing
	working bool // somebody syncs

	once sync.Once
	id   [16]byte // of this boot of the machine, once asked for
}

// boot tells this boot of the machine from the others.
func (s *Syncer) boot() [16]byte {
	s.once.Do(func() { s.id = bootID() })
	return s.id
}

// syncing is what one spool asks for.
type syncing struct {
	files []*os.File // nil ones are left out
	path  string     // a file that is not open at the moment; empty: none
	told  chan told
}

// told is the answer: the sync is done, or is to be done by who gets this.
type told struct {
	lead bool
	err  error
}

// fewSyncs is how many spools are synced one by one.
const fewSyncs = 32

// gatherSyncs is how long to wait for others while more than fewSyncs keep coming:
// each time that the file system is synced costs as much, for one or for thousands.
const gatherSyncs = 5 * time.Millisecond

// sync returns when the files, and the one at path, are on disk.
func (s *Syncer) sync(files []*os.File, path string) error {
	r := &syncing{files: files, path: path, told: make(chan told, 1)}
	s.mu.Lock()
	s.waiting = append(s.waiting, r)
	lead := !s.working
	s.working = true
	s.mu.Unlock()
	if !lead {
		if t := <-r.told; !t.lead {
			return t.err
		}
	}
	return s.lead(r)
}

// lead syncs for all that wait, mine among them, and hands over to one of those
// who have come meanwhile.
func (s *Syncer) lead(mine *syncing) (err error) {
	all := s.gather()
	done := syncFew
	if len(all) > fewSyncs {
		done = syncMany(all)
	}
	for _, r := range all {
		if e := done(r); r == mine {
			err = e
		} else {
			r.told <- told{err: e}
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.working = len(s.waiting) > 0; s.working {
		s.waiting[0].told <- told{lead: true}
	}
	return err
}

// gather takes those that wait, all of them where many come at once.
func (s *Syncer) gather() []*syncing {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n := 0; n < len(s.waiting) && len(s.waiting) > fewSyncs; {
		n = len(s.waiting)
		s.mu.Unlock()
		time.Sleep(gatherSyncs)
		s.mu.Lock()
	}
	all := s.waiting
	s.waiting = nil
	return all
}

// syncFew syncs what one spool asks for.
func syncFew(r *syncing) error { return errors.Join(datasync(r.files), syncShut(r.path)) }

// syncMany syncs the file system of all, and returns what answers each of them:
// files on another one are synced by themselves.
func syncMany(all []*syncing) func(*syncing) error {
	for _, r := range all {
		f, opened := r.any()
		if f == nil {
			continue
		}
		on, err := device(f)
		if err != nil {
			continue // that is told to who asks for it
		}
		err = syncfs(f)
		if opened {
			err = errors.Join(err, f.Close())
		}
		return func(r *syncing) error {
			if r.elsewhere(on) {
				return syncFew(r)
			}
			return err
		}
	}
	return syncFew // there is nothing to sync
}

// any returns a file of r; opened says that it is to be closed.
func (r *syncing) any() (f *os.File, opened bool) {
	for _, f := range r.files {
		if f != nil {
			return f, false
		}
	}
	if r.path == "" {
		return nil, false
	}
	f, err := os.Open(r.path)
	if err != nil {
		return nil, false // all of it is settled, or syncFew tells
	}
	return f, true
}

// elsewhere reports whether some of r is not known to be on that device.
func (r *syncing) elsewhere(on uint64) bool {
	for _, f := range r.files {
		if f == nil {
			continue
		}
		if at, err := device(f); err != nil || at != on {
			return true
		}
	}
	if r.path == "" {
		return false
	}
	var st syscall.Stat_t
	return syscall.Stat(r.path, &st) != nil || st.Dev != on
}

// device returns the file system that f is on.
func device(f *os.File) (uint64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, errors.ErrUnsupported
	}
	return st.Dev, nil
}

// syncfs puts on disk all that the file system of f has.
func syncfs(f *os.File) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var synced error
	if err := raw.Control(func(fd uintptr) { synced = unix.Syncfs(int(fd)) }); err != nil {
		return err
	}
	if synced != nil {
		return &os.PathError{Op: "sync", Path: f.Name(), Err: synced}
	}
	return nil
}
