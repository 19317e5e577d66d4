package store

import (
	"io"
	"slices"
	"strconv"
	"strings"
)

// What a revision file is called when it is compressed, and when it is none.
const (
	compressed = ".conf.gz"
	abandoned  = ".abandoned" // its commit ended before the commit point
	damaged    = ".damaged"   // it did not read back
)

// scan is what the commit folder holds, by revision number.
type scan struct {
	revisions []uint64          // R.conf or R.conf.gz
	others    map[string]uint64 // R.abandoned and R.damaged, by name
	temporary []string          // names
	last      uint64            // highest number there is
}

// scanCommits reads the commit folder. Foreign names are left alone.
func (d *disk) scanCommits() (scan, error) {
	names, err := d.names(commitDir)
	found := scan{others: map[string]uint64{}}
	for _, name := range names {
		base, kind, _ := strings.Cut(name, ".")
		n, err := strconv.ParseUint(base, 10, 64)
		if err != nil || n == 0 || n > maxNumber || strconv.FormatUint(n, 10) != base {
			continue
		}
		found.last = max(found.last, n)
		switch {
		case kind == "conf", "."+kind == compressed:
			if !slices.Contains(found.revisions, n) {
				found.revisions = append(found.revisions, n)
			}
		case "."+kind == abandoned, "."+kind == damaged:
			found.others[name] = n
		case strings.HasSuffix(kind, ".tmp"):
			found.temporary = append(found.temporary, name)
		}
	}
	return found, err
}

func (s *Store) wakePruner() {
	select {
	case s.prunable <- struct{}{}:
	default: // it is awake already
	}
}

// pruneAlways is the goroutine that removes and compresses old revisions. It
// ends with Close.
func (s *Store) pruneAlways() {
	// What is in force is put into pages while nobody waits for the first commit.
	if err := s.text.write(io.Discard, s.Running().Tree.Root()); err != nil {
		s.notice("%v", err)
	}
	for range s.prunable {
		if err := s.prune(); err != nil {
			s.notice("old revisions: %v", err)
		}
		if err := s.compress(); err != nil {
			s.notice("old revisions: %v", err)
		}
	}
}

// prune removes every file of a revision that no rollback reaches. Only what
// has a lower number than the running revision goes: the highest number on disk
// keeps any from being used twice. Of abandoned revisions only the number
// counts; a damaged one stays for inspection as long as its contemporaries.
func (s *Store) prune() error {
	s.mu.Lock()
	keep := make(map[uint64]bool, len(s.history))
	for _, m := range s.history {
		keep[m.Revision] = true
	}
	if p := s.waiting(PendingRollback); p != nil {
		keep[p.Target] = true // it may be more commits ago than history goes back
	}
	running, oldest := s.history[0].Revision, s.history[len(s.history)-1].Revision
	s.mu.Unlock()
	found, err := s.disk.scanCommits()
	if err != nil {
		return err
	}
	for _, n := range found.revisions {
		if n < running && !keep[n] {
			if err := s.disk.removeRevision(n); err != nil {
				return err
			}
		}
	}
	for name, n := range found.others {
		if n < oldest || n < found.last && strings.HasSuffix(name, abandoned) {
			if err := s.disk.remove(commitDir + "/" + name); err != nil {
				return err
			}
		}
	}
	return nil
}
