package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"loggia/audit/event"
)

// At says when a commit is to be made: now, if it is zero.
type At struct {
	Time     time.Time
	Reboot   bool // when the machine has started again
	Activate bool // when somebody says so, see Store.Activate
}

// IsZero reports whether the commit is to be made now.
func (a At) IsZero() bool { return a == At{} }

// minAhead is how far ahead `commit at` must be, Junos' bound.
const minAhead = time.Minute

var (
	errAtTime = errors.New("not a time: hh:mm[:ss], \"yyyy-mm-dd hh:mm[:ss]\" or reboot")
	errAtSoon = errors.New("the time must be more than one minute ahead")

	// ErrNotPrepared is the error of activating what nobody has prepared.
	ErrNotPrepared = errors.New("no commit is prepared")
)

// ParseAt reads what follows `commit at`: hh:mm[:ss] today, yyyy-mm-dd
// hh:mm[:ss], or reboot. now gives the day and the zone.
func ParseAt(text string, now time.Time) (At, error) {
	if text == "reboot" {
		return At{Reboot: true}, nil
	}
	if !strings.Contains(text, "-") {
		text = now.Format(time.DateOnly) + " " + text
	}
	for _, form := range []string{time.DateTime, "2006-01-02 15:04"} {
		at, err := time.ParseInLocation(form, text, now.Location())
		if err != nil {
			continue
		}
		if at.Sub(now) <= minAhead {
			return At{}, errAtSoon
		}
		return At{Time: at}, nil
	}
	return At{}, errAtTime
}

const scheduledName = "scheduled.conf"

// schedule puts the snapshot aside until its time. It has been checked.
func (t *transaction) schedule(ctx context.Context) error {
	s := t.store
	now := s.now()
	id, _ := s.boot()
	p := &pending{bootID: id, tree: t.tree, seq: t.done}
	p.Pending = Pending{Kind: PendingCommit, By: t.by, Asked: now, Command: t.options.Command, Comment: t.options.Comment,
		Due: t.options.At.Time, Reboot: t.options.At.Reboot, Prepared: t.options.At.Activate}
	m := Meta{Revision: t.running.Number, User: t.by.User, Client: t.by.Client, Comment: t.options.Comment, Time: now, Version: s.version}
	if err := s.writeConfig(".", scheduledName, &m, t.tree); err != nil {
		return err
	}
	p.hash = m.Hash
	if err := s.recorder.RecordDurable(ctx, t.by, event.CommitAt{Username: t.by.User, Command: t.options.Command}); err != nil {
		return errors.Join(fmt.Errorf("audit trail: %w", err), s.disk.remove(scheduledName))
	}
	if err := s.disk.writePending(p); err != nil {
		return errors.Join(err, s.unschedule())
	}
	s.setPending(p)
	return nil
}

// unschedule makes it durable that no commit waits.
func (s *Store) unschedule() error {
	if err := s.disk.removePending(); err != nil {
		return err
	}
	if err := s.disk.remove(scheduledName); err != nil {
		s.notice("%v", err) // the next start removes it
	}
	return nil
}

// ClearScheduled gives up a commit that waits for its time: `clear system
// commit`. It reports whether there was one. Its edits stay in the candidate.
func (s *Store) ClearScheduled(ctx context.Context, by event.Subject) (bool, error) {
	if err := s.lock(ctx); err != nil {
		return false, err
	}
	defer s.unlock()
	p := s.waiting(PendingCommit)
	if p == nil {
		return false, nil
	}
	if err := s.recorder.RecordDurable(ctx, by, event.CommitAtAbort{Username: by.User, Command: p.Command}); err != nil {
		return true, fmt.Errorf("audit trail: %w", err)
	}
	if err := s.unschedule(); err != nil {
		return true, errors.Join(err, s.disk.writePending(p))
	}
	s.setPending(nil)
	return true, nil
}

// Activate makes the commit that was prepared: `commit activate`. Of the options Comment, which
// goes before that of the preparation, Command and Progress count. If it fails the commit
// stays prepared. The error is ErrNotPrepared when there is none, else one of Commit.
func (s *Store) Activate(ctx context.Context, by event.Subject, o CommitOptions) (Result, error) {
	if err := o.check(false); err != nil {
		return Result{}, err
	}
	s.record(by, event.Commit{Username: by.User, Command: o.Command, Comment: o.Comment})
	t := &transaction{store: s, from: s.shared, by: by, options: o, reason: ReasonCommit}
	if err := s.lock(ctx); err != nil {
		t.abandon(err)
		return Result{}, err
	}
	defer s.unlock()
	defer s.heap.Settled()
	result, err := t.activatePrepared(ctx)
	if err != nil {
		t.abandon(err)
		return Result{}, err
	}
	return result, nil
}

// activatePrepared runs the commit that was prepared; the caller holds the token of committing.
func (t *transaction) activatePrepared(ctx context.Context) (Result, error) {
	s := t.store
	if err := s.shared.Usable(t.by); err != nil {
		return Result{}, err
	}
	p := s.waiting(PendingCommit)
	if p == nil || !p.Prepared {
		return Result{}, ErrNotPrepared
	}
	t.running, t.tree, t.done = s.Running(), p.tree, p.seq
	t.options.Comment = cmp.Or(t.options.Comment, p.Comment)
	result, err := t.run(ctx)
	if err != nil {
		return Result{}, err
	}
	s.setPending(nil)
	if err := s.unschedule(); err != nil {
		// A start finds it prepared again; to activate it then changes nothing.
		s.notice("%s: %v", pendingName, err)
	}
	return result, nil
}

// commitScheduled makes the commit that waits, if its time has come. It has one
// try: what stands in its way then is for people to clear.
func (s *Store) commitScheduled(ctx context.Context) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.unlock()
	p := s.waiting(PendingCommit)
	if p == nil || s.left(p) > 0 {
		return nil // it was cleared meanwhile
	}
	t := &transaction{store: s, from: s.shared, by: p.By, running: s.Running(), tree: p.tree, done: p.seq, reason: ReasonCommit,
		options: CommitOptions{Comment: p.Comment, Command: p.Command}}
	_, err := t.run(ctx)
	if err != nil {
		t.abandon(err)
		s.record(p.By, event.CommitAtFailed{Reason: err.Error()})
	} else {
		s.record(p.By, event.CommitAtCompleted{Command: p.Command})
	}
	s.setPending(nil)
	if gone := s.unschedule(); gone != nil {
		// The next start tries again; if it was made it finds nothing to change.
		s.notice("%s: %v", pendingName, gone)
		err = errors.Join(err, gone)
	}
	return err
}

// recoverScheduled takes up a commit that waits for its time.
func (s *Store) recoverScheduled(p *pending) error {
	m, text, err := s.disk.readConfig(scheduledName, s.Running().Number)
	if err == nil && m.Hash != p.hash {
		err = fmt.Errorf("%s: %w: it is not the one that was put off", scheduledName, errDamaged)
	}
	if err == nil {
		tree, problems := parse(text, scheduledName, s.schema)
		p.tree, err = tree, asError(problems)
	}
	if err != nil {
		s.notice("'%s' of %s is cleared: %v", p.Command, p.By.User, err)
		s.record(p.By, event.CommitAtFailed{Reason: err.Error()})
		return s.unschedule()
	}
	s.pending.Store(p)
	return nil
}
