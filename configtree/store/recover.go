package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"loggia/audit/event"
	"loggia/configtree"
)

const activeName = "active"

func activeTarget(n uint64) string { return commitDir + "/" + revisionName(n) }

// recover brings the directory into order and finds out what is in force.
func (s *Store) recover(factory []byte) error {
	found, err := s.tidy()
	if err != nil {
		return err
	}
	j := s.readJournal()
	s.next = max(found.last, j.last()) + 1
	recorded, err := s.findRunning(found, factory)
	if err != nil {
		return err
	}
	running := s.Running()
	if err := s.abandonInterrupted(found, running.Number); err != nil {
		return err
	}
	s.history = s.findHistory(found, running.Meta, rollbacksKept(running.Effective))
	if !recorded {
		finished := j.base != running.Number && j.ended != running.Number && j.marks(running.Number)
		if finished {
			s.notice("the commit of revision %d was interrupted after it took force; it is the running configuration", running.Number)
		}
		s.record(program(), event.ConfigurationFound{Revision: running.Number, Hash: running.Meta.Hash, Finished: finished})
	}
	if err := s.recoverPending(); err != nil {
		return err
	}
	s.shared, err = s.restoreCandidate(j)
	return err
}

// tidy makes the folders, lists the revisions and removes what was being
// written when the program ended.
func (s *Store) tidy() (scan, error) {
	if err := s.disk.mkdir(commitDir); err != nil {
		return scan{}, err
	}
	found, err := s.disk.scanCommits()
	if err != nil {
		return found, err
	}
	for i, name := range found.temporary {
		found.temporary[i] = commitDir + "/" + name
	}
	for _, name := range append(found.temporary, activeName+".tmp", journalName+".tmp", pendingName+".tmp", scheduledName+".tmp", rescueName+".tmp") {
		if _, err := s.disk.root.Lstat(name); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err := s.disk.remove(name); err != nil {
			return found, err
		}
	}
	slices.SortFunc(found.revisions, func(a, b uint64) int { return cmp.Compare(b, a) })
	return found, nil
}

// readActive returns the revision that the link `active` leads to.
func (d *disk) readActive() (uint64, error) {
	target, err := d.root.Readlink(activeName)
	if err != nil {
		return 0, err
	}
	base, ok := strings.CutPrefix(target, commitDir+"/")
	base, conf := strings.CutSuffix(base, ".conf")
	n, err := strconv.ParseUint(base, 10, 64)
	if !ok || !conf || err != nil || n == 0 || n > maxNumber || activeTarget(n) != target {
		return 0, fmt.Errorf("%s leads to %q", activeName, target)
	}
	return n, nil
}

// findRunning loads the active revision, or what comes closest to it. recorded
// says that what was found has been put on record.
func (s *Store) findRunning(found scan, factory []byte) (recorded bool, err error) {
	active, err := s.disk.readActive()
	s.next = max(s.next, active+1)
	if err == nil {
		var running *Revision
		if running, err = s.loadRevision(active); err == nil {
			s.running.Store(running)
			return false, nil
		}
	}
	if errors.Is(err, fs.ErrNotExist) && active == 0 && s.neverCommitted(found) {
		return false, s.commitFactory(factory, "factory default")
	}
	return true, s.fallBack(found, active, err, factory)
}

// neverCommitted reports whether there is no sign of a commit: nothing at all,
// or what first starts left that were cut short.
func (s *Store) neverCommitted(found scan) bool {
	for name := range found.others {
		if strings.HasSuffix(name, damaged) {
			return false
		}
	}
	return !slices.ContainsFunc(found.revisions, func(n uint64) bool {
		m, err := s.disk.readMeta(n)
		return err != nil || m.Parent != 0
	})
}

// loadRevision reads a revision in order to run it. What this program does not
// know in it is left out, loudly: better most of a configuration than another.
func (s *Store) loadRevision(n uint64) (*Revision, error) {
	tree, m, problems, err := s.disk.readRevision(n, s.schema)
	if err != nil {
		return nil, err
	}
	for i := range problems[:min(len(problems), maxParseNotes)] {
		s.notice("revision %d: left out: %v", n, &problems[i])
		s.record(program(), configurationError(&problems[i]))
	}
	return &Revision{Number: n, Tree: tree, Effective: tree.Expand(), Meta: m}, nil
}

// fallBack puts the newest valid revision before the lost one in force, or the
// factory default when there is none.
func (s *Store) fallBack(found scan, lost uint64, cause error, factory []byte) error {
	e := event.ConfigurationFound{Revision: s.next, Damaged: true, Lost: lost, Reason: cause.Error()}
	var running *Revision
	bad := []uint64{lost}
	for _, n := range found.revisions {
		if lost != 0 && n >= lost {
			continue
		}
		var err error
		if running, err = s.loadRevision(n); err == nil {
			e.Revision, e.Hash = n, running.Meta.Hash
			break
		}
		s.notice("revision %d cannot be used: %v", n, err)
		bad = append(bad, n)
	}
	s.noticeLoss(e)
	// No record, no change: the evidence is on disk before the link moves.
	if err := s.recorder.RecordDurable(context.Background(), program(), e); err != nil {
		return err
	}
	if running == nil {
		if err := s.commitFactory(factory, "factory default, no revision was valid"); err != nil {
			return err
		}
	} else {
		if err := s.disk.expandRevision(running.Number); err != nil {
			return err
		}
		if err := s.disk.point(activeName, activeTarget(running.Number)); err != nil {
			return err
		}
		s.running.Store(running)
	}
	for _, n := range bad {
		if err := s.setAside(found, n); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) noticeLoss(e event.ConfigurationFound) {
	lost := "the active configuration"
	if e.Lost != 0 {
		lost = fmt.Sprintf("revision %d", e.Lost)
	}
	s.notice("%s is lost (%s); revision %d is in force instead", lost, e.Reason, e.Revision)
}

// setAside renames a revision that did not read back, so that it is not tried
// again. For one that is missing an empty file keeps its number from being used
// twice.
func (s *Store) setAside(found scan, lost uint64) error {
	name := commitDir + "/" + strconv.FormatUint(lost, 10)
	switch {
	case lost == 0:
		return nil
	case slices.Contains(found.revisions, lost):
		from := name + ".conf"
		if !s.disk.exists(from) {
			from = name + compressed
		}
		if err := s.disk.rename(from, name+damaged); err != nil {
			return err
		}
	default:
		f, err := s.disk.create(name + damaged)
		if err != nil {
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	return s.disk.syncDir(commitDir)
}

// abandonInterrupted closes the books on commits that wrote a revision but did
// not reach their commit point. Lower numbers are history.
func (s *Store) abandonInterrupted(found scan, running uint64) error {
	for _, n := range found.revisions {
		if n <= running {
			break
		}
		if err := s.abandonFile(n); errors.Is(err, fs.ErrNotExist) {
			continue // it was set aside as damaged
		} else if err != nil {
			return err
		}
		s.notice("the commit of revision %d was interrupted before it took force; revision %d is the running configuration", n, running)
		s.record(program(), event.CommitAbandoned{Revision: n, Running: running, Reason: "interrupted before the commit point"})
	}
	return nil
}

// abandonFile marks a revision as one that never held. The file stays, empty,
// so that its number is not used again.
func (s *Store) abandonFile(n uint64) error {
	name := commitDir + "/" + strconv.FormatUint(n, 10)
	if err := s.disk.rename(name+".conf", name+abandoned); err != nil {
		return err
	}
	f, err := s.disk.create(name + abandoned)
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), s.disk.syncDir(commitDir))
}

// findHistory follows the parents of the running revision. Where one is
// damaged or missing it goes on with the next lower number. So many are kept.
func (s *Store) findHistory(found scan, m Meta, keep int) []Meta {
	history := []Meta{m}
	for len(history) <= keep && m.Revision > 0 {
		parent := m.Parent
		i := slices.IndexFunc(found.revisions, func(n uint64) bool { return n <= parent })
		if i < 0 {
			break
		}
		if n := found.revisions[i]; n != parent {
			s.notice("revision %d is missing; rollback goes on with revision %d", parent, n)
			parent = n
		}
		next, err := s.disk.readMeta(parent)
		if err != nil {
			s.notice("rollback: %v", err)
			m = Meta{Revision: parent, Parent: parent - 1}
			continue
		}
		history = append(history, next)
		m = next
	}
	return history
}

// commitFactory makes the factory default the running configuration.
func (s *Store) commitFactory(factory []byte, comment string) error {
	tree, problems := parse(factory, "factory default", s.schema)
	if len(problems) > 0 {
		return Problems(problems)
	}
	m := Meta{Comment: comment}
	return s.commitAlone(&m, tree)
}

// commitAlone makes a tree the running configuration in the name of the program
// while nothing obeys yet, and completes m.
func (s *Store) commitAlone(m *Meta, tree *configtree.Tree) error {
	by := program()
	m.Revision, m.User, m.Client, m.Time, m.Version = s.next, by.User, by.Client, s.now(), s.version
	s.next++
	if err := s.writeRevision(m, tree); err != nil {
		return err
	}
	if err := s.recorder.RecordDurable(context.Background(), by, intent(m)); err != nil {
		return err
	}
	if err := s.point(m.Revision, m.Parent); err != nil {
		return err
	}
	s.running.Store(&Revision{Number: m.Revision, Tree: tree, Effective: tree.Expand(), Meta: *m})
	s.record(by, event.CommitDone{Revision: m.Revision, Hash: m.Hash})
	return nil
}

func intent(m *Meta) event.CommitIntent {
	return event.CommitIntent{Revision: m.Revision, Parent: m.Parent, Hash: m.Hash, Username: m.User, Client: m.Client, Comment: m.Comment}
}

// readJournal reads candidate.log and tells what of it is lost.
func (s *Store) readJournal() *journal {
	data, err := s.disk.readFile(journalName, maxJournal)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			s.notice("uncommitted changes are lost: %v", err)
		}
		return new(journal)
	}
	j := decodeJournal(data, s.schema)
	if j.torn != nil {
		s.notice("%s: the last %d bytes are ignored: %v", journalName, j.ignored, j.torn)
	}
	for _, note := range j.notes {
		s.notice("%s: left out: %s", journalName, note)
	}
	return j
}

// blank reports whether the journal holds nothing but what it begins with, that it
// continues revision base.
func (j *journal) blank(base uint64) bool {
	return j.base == base && len(j.entries) == 0 && len(j.points) == 0 && j.ended == 0 && j.torn == nil
}

// last returns the highest number of a revision that the journal speaks of.
func (j *journal) last() uint64 {
	last := j.base
	for _, m := range j.points {
		last = max(last, m.revision)
	}
	return min(last, maxNumber)
}

// marks reports whether a commit of the candidate made a revision, as far as the
// journal goes back.
func (j *journal) marks(revision uint64) bool {
	return slices.ContainsFunc(j.points, func(m pointMark) bool { return m.revision == revision })
}

// committed returns the number of the last entry that is part of one of the
// revisions that are history, 0 when none is known to be. Marks of others are
// those of commits that were abandoned.
func (j *journal) committed(history []Meta) (seq uint64) {
	for _, m := range history {
		for _, p := range j.points {
			if p.revision == m.Revision {
				seq = max(seq, p.seq)
			}
		}
	}
	return seq
}

// restoreCandidate makes the candidate from the running revision and the edits
// of the journal that are not part of it, and leaves a journal in good order.
func (s *Store) restoreCandidate(j *journal) (*Candidate, error) {
	running := s.Running()
	done := j.committed(s.history)
	if len(j.entries) > 0 && done == 0 && j.base != 0 && j.base != running.Number {
		s.notice("the uncommitted changes were made to revision %d", j.base)
	}
	r := replay{running.Tree.Batch()}
	var entries []entry
	for _, e := range j.entries {
		if e.seq <= done {
			continue
		}
		for _, p := range r.entry(&e) {
			if !p.Warning {
				s.notice("%s: left out: %v", journalName, &p)
			}
		}
		if _, err := e.pack(); err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	c := &Candidate{store: s, journal: journalFile{disk: s.disk}}
	c.state.Store(&state{base: running, tree: r.batch.Tree(), log: entries})
	c.seq = done // a log that cannot be written anew keeps its marks
	if c.cost = cost(entries); len(entries) > 0 {
		c.seq = entries[len(entries)-1].seq
	}
	if p := s.waiting(PendingCommit); p != nil {
		c.seq = max(c.seq, p.seq) // what is edited from now on is no part of it
	}
	var err error
	if j.blank(running.Number) { // it is on the disk already, and a start is not to wait for that again
		err = c.journal.open(int64(len(appendBase(nil, running.Number))))
	} else {
		err = c.journal.rewrite(running.Number, entries)
	}
	if diskFull(err) { // the old journal is still there; the next edit writes the new one
		s.notice("uncommitted changes cannot be kept now: %v", err)
		err = nil
	}
	return c, err
}

// diskFull tells an error that room on the disk mends: the program must start
// all the same, or nobody could make any.
func diskFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}
