package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"loggia/audit/event"
	"loggia/configtree"
)

// DefaultConfirm is how many minutes `commit confirmed` waits unless told.
const DefaultConfirm = 10

// maxConfirm is Junos' bound on those minutes.
const maxConfirm = 65535

func checkMinutes(n int) error {
	if n < 1 || n > maxConfirm {
		return fmt.Errorf("value %d is not within range (1..%d)", n, maxConfirm)
	}
	return nil
}

// confirmText is what the list of commits says for ever about such a commit.
func confirmText(minutes int) string {
	return fmt.Sprintf("commit confirmed, rollback in %dmins", minutes)
}

// newConfirmation returns what waits from now on for the confirmation of a
// revision. The first of several in a row decides what comes back.
func (t *transaction) newConfirmation(revision uint64) *pending {
	s := t.store
	now := s.now()
	wait := t.options.Timeout
	if wait == 0 {
		wait = time.Duration(t.options.Confirmed) * time.Minute
	}
	id, elapsed := s.boot()
	p := &pending{boot: elapsed + wait, bootID: id, tree: t.running.Tree}
	p.Pending = Pending{Kind: PendingRollback, By: t.by, Asked: now, Command: t.options.Command, Due: now.Add(wait),
		Minutes: t.options.Confirmed, Revision: revision, Target: t.running.Number, Persist: t.options.Persist, Bound: t.options.Bound}
	if first := s.waiting(PendingRollback); first != nil {
		p.Target, p.tree = first.Target, first.tree
	}
	return p
}

// confirmUnchanged is a commit without changes within the time to confirm: it
// confirms, or gives the time anew. No record, no change here either.
func (t *transaction) confirmUnchanged(ctx context.Context) error {
	s := t.store
	waiting := s.waiting(PendingRollback)
	switch {
	case waiting == nil:
		return nil
	case t.options.Confirmed == 0 || t.options.CheckOnly:
		return t.confirm(ctx)
	}
	p := t.newConfirmation(waiting.Revision)
	if err := s.recorder.RecordDurable(ctx, t.by, event.CommitConfirmedTimed{Username: t.by.User, Command: t.options.Command}); err != nil {
		return fmt.Errorf("audit trail: %w", err)
	}
	if err := s.disk.writePending(p); err != nil {
		return err
	}
	s.setPending(p)
	return nil
}

// confirm makes what waits for its confirmation stay, without a new revision.
func (t *transaction) confirm(ctx context.Context) error {
	s := t.store
	p := s.waiting(PendingRollback)
	if p == nil {
		return nil
	}
	if err := s.recorder.RecordDurable(ctx, t.by, event.CommitConfirmed{Username: t.by.User, Command: t.options.Command}); err != nil {
		return fmt.Errorf("audit trail: %w", err)
	}
	if err := s.disk.removePending(); err != nil {
		return errors.Join(err, s.disk.writePending(p)) // it waits on, whichever of the two failed
	}
	s.setPending(nil)
	t.confirmed = true
	return nil
}

// confirmedBy is what follows the commit point for what was pending before it
// and what is from now on.
func (t *transaction) confirmedBy(fresh *pending) {
	s := t.store
	old := s.waiting(PendingRollback)
	s.setPending(fresh)
	switch {
	case fresh != nil:
		s.record(t.by, event.CommitConfirmedTimed{Username: t.by.User, Command: t.options.Command})
		return
	case old == nil:
		return
	case t.reason != ReasonRollback:
		t.confirmed = true
		s.record(t.by, event.CommitConfirmed{Username: t.by.User, Command: t.options.Command})
	}
	// Its revision is not in force any more, so that the file says nothing by now.
	if err := s.disk.removePending(); err != nil {
		s.notice("%s: %v", pendingName, err)
	}
}

// rollbackUnconfirmed puts the configuration before an unconfirmed one in force
// again, if its time has run out. The error has been recorded.
func (s *Store) rollbackUnconfirmed(ctx context.Context) error {
	return s.rollbackPending(ctx, program(), func(p *pending) error {
		if s.left(p) > 0 {
			return errNotDue // it was confirmed meanwhile, and another waits
		}
		return nil
	})
}

// rollbackPending does so on behalf of by when that is right; nil when there is
// nothing that waits.
func (s *Store) rollbackPending(ctx context.Context, by event.Subject, right func(*pending) error) error {
	outcome, err := s.rollbackIf(ctx, by, right)
	if errors.Is(err, errNotDue) {
		err = nil
	}
	if outcome != nil && s.tell != nil {
		s.tell(outcome.Entry().Text + ".") // under no lock
	}
	return err
}

// rollbackIf returns what came of it, nil when there was nothing to do.
func (s *Store) rollbackIf(ctx context.Context, by event.Subject, right func(*pending) error) (event.Event, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.unlock()
	p := s.waiting(PendingRollback)
	if p == nil {
		return nil, nil // it was confirmed meanwhile
	}
	if err := right(p); err != nil {
		return nil, err
	}
	s.record(by, event.Load{Username: by.User, Command: "rollback"})
	s.record(by, event.Commit{Username: by.User, Command: "commit"})
	t := &transaction{store: s, by: by, running: s.Running(), tree: p.tree, reason: ReasonRollback, options: CommitOptions{Command: "commit"}}
	var outcome event.Event = event.CommitNotConfirmed{}
	_, err := t.run(ctx)
	if err != nil {
		t.abandon(err)
		outcome = event.CommitRollbackFailed{Reason: err.Error()}
	}
	s.record(by, outcome)
	return outcome, err
}

// recoverPending takes up what was pending when the program ended. A
// confirmation that ran out meanwhile leads back before anything obeys the
// unconfirmed configuration.
func (s *Store) recoverPending() error {
	all, err := s.disk.readPending()
	running := s.Running()
	var p *pending
	for _, one := range all {
		if one.Kind == PendingCommit || one.Revision == running.Number {
			p = one
		}
	}
	if err != nil {
		s.notice("%v", err)
		if p == nil && running.Meta.Confirmed > 0 {
			// Something was pending, and this commit asked for it: it has its time again.
			p = &pending{Pending: Pending{By: event.Subject{User: running.Meta.User, Client: running.Meta.Client}, Asked: running.Meta.Time,
				Command: "commit confirmed", Due: s.now().Add(time.Duration(running.Meta.Confirmed) * time.Minute),
				Minutes: running.Meta.Confirmed, Revision: running.Number, Target: running.Meta.Parent}}
		}
	}
	if p != nil && p.Kind == PendingCommit {
		return s.recoverScheduled(p)
	}
	if _, err := s.disk.root.Lstat(scheduledName); err == nil {
		if err := s.disk.remove(scheduledName); err != nil { // its commit was cleared or made
			return err
		}
	}
	switch {
	case p != nil:
		return s.recoverConfirmation(p)
	case len(all) > 0 || err != nil:
		return s.disk.removePending()
	}
	return nil
}

func (s *Store) recoverConfirmation(p *pending) error {
	if p.tree = s.findTarget(p.Target); p.tree == nil {
		reason := fmt.Sprintf("revision %d and those before it cannot be read", p.Target)
		s.notice("commit confirmed: %s; revision %d stays in force", reason, p.Revision)
		s.record(program(), event.CommitRollbackFailed{Reason: reason})
		return s.disk.removePending()
	}
	left := s.left(p)
	if left <= 0 || p.Bound { // its session ended with the program
		err := s.rollbackBeforeStart(p)
		if err == nil {
			return nil
		}
		// The watcher tries again.
		s.notice("the commit of revision %d was not confirmed in time, and the one before it does not take force: %v", p.Revision, err)
	} else if id, elapsed := s.boot(); id != p.bootID {
		// The machine started again: from now on its new clock decides.
		p.boot, p.bootID, p.Due = elapsed+left, id, s.now().Add(left)
		if err := s.disk.writePending(p); err != nil {
			return err
		}
	}
	s.pending.Store(p)
	return nil
}

// findTarget reads a revision to come back to, or the newest before it that
// can be read; nil when there is none.
func (s *Store) findTarget(n uint64) *configtree.Tree {
	for _, m := range s.history {
		if m.Revision > n {
			continue
		}
		tree, _, problems, err := s.disk.readRevision(m.Revision, s.schema)
		if err == nil && len(problems) == 0 {
			return tree
		}
		s.notice("commit confirmed: revision %d cannot be put in force again: %v", m.Revision, errors.Join(err, asError(problems)))
	}
	return nil
}

func asError(p Problems) error {
	if len(p) == 0 {
		return nil
	}
	return p
}

// rollbackBeforeStart commits the target of a confirmation that ran out while
// nothing ran. Nothing obeys yet, so that nothing has to prepare: Start does.
func (s *Store) rollbackBeforeStart(p *pending) error {
	running := s.Running()
	if p.tree.Equal(running.Tree) {
		s.record(program(), event.CommitNotConfirmed{})
		return s.disk.removePending()
	}
	m := Meta{Parent: running.Number}
	if err := s.commitAlone(&m, p.tree); err != nil {
		return errors.Join(err, s.abandonAlone(&m))
	}
	s.history = remember(s.history, m, rollbacksKept(p.tree.Expand()))
	s.record(program(), event.CommitNotConfirmed{})
	s.notice("the commit of revision %d was not confirmed in time; the configuration before it is in force again, as revision %d", p.Revision, m.Revision)
	return s.disk.removePending()
}

// abandonAlone marks what commitAlone wrote in vain.
func (s *Store) abandonAlone(m *Meta) error {
	if m.Hash == "" {
		return nil // no file
	}
	s.record(program(), event.CommitAbandoned{Revision: m.Revision, Running: m.Parent, Reason: "the disk"})
	return s.abandonFile(m.Revision)
}
