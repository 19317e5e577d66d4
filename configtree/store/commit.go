package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"loggia/audit/event"
	"loggia/configtree"
)

// CommitOptions says how to commit.
type CommitOptions struct {
	Comment   string
	CheckOnly bool          // stop after the check: `commit check`; not with Confirmed or At
	Confirmed int           // minutes after which the commit is undone unless confirmed, 0 if it is to stay
	Timeout   time.Duration // the exact time that Confirmed rounds up to minutes; 0 is Confirmed
	Persist   string        // with Confirmed: kept in Pending, for Confirms to ask for
	Bound     bool          // with Confirmed: undo it as well when the session ends before it confirms
	At        At            // when to commit, zero for now; not with Confirmed
	// Confirms is asked before the commit confirms, or puts off, what waits for its
	// confirmation; its error refuses the commit. May be nil.
	Confirms func(Pending) error
	Command  string            // as typed, without the comment; recorded
	Progress func(step string) // called at each step; may be nil; must not block
}

// Result is what a commit came to.
type Result struct {
	Revision  uint64 // that is in force now
	Empty     bool   // nothing had changed, no revision was made
	Confirmed bool   // what waited for its confirmation got it by this
	Scheduled bool   // it was checked and will be made later: see Store.Pending
	Warnings  []configtree.Problem

	// Checked is what a commit that only checks has checked; nil otherwise.
	Checked *configtree.Effective
}

// maxComment is Junos' bound on a commit comment, in bytes.
const maxComment = 512

// Errors about options, in the user's words.
var (
	errComment          = errors.New("commit comment longer than 512 bytes")
	errCheckOptions     = errors.New("'check' goes with neither 'confirmed' nor 'at'")
	errConfirmedAt      = errors.New("'confirmed' does not go with 'at'")
	errPrivateConfirmed = errors.New("'commit confirmed' is not possible in private mode")
	errConfirmedPrepare = errors.New("'confirmed' does not go with 'prepare'")
	errPrivatePrepare   = errors.New("'commit prepare' is not possible in private mode")
	errPrivateAt        = errors.New("'commit at' is not possible in private mode")
	errAtNothing        = errors.New("nothing has changed: there is nothing to commit later")
	errAtUnconfirmed    = errors.New("a confirmed commit is pending; confirm it first")
)

func (o *CommitOptions) check(private bool) error {
	at := !o.At.IsZero()
	switch {
	case len(o.Comment) > maxComment:
		return errComment
	case o.CheckOnly && (o.Confirmed != 0 || at):
		return errCheckOptions
	case o.Confirmed != 0 && o.At.Activate:
		return errConfirmedPrepare
	case o.Confirmed != 0 && at:
		return errConfirmedAt
	case o.Confirmed != 0 && private:
		return errPrivateConfirmed
	case at && private && o.At.Activate:
		return errPrivatePrepare
	case at && private:
		return errPrivateAt
	case o.Confirmed != 0:
		return checkMinutes(o.Confirmed)
	}
	return nil
}

// Commit makes the candidate the running configuration. It takes the candidate
// as it is when earlier commits have ended; edits that come in meanwhile stay
// uncommitted, on top. The error is a *CheckError when the configuration was
// refused, a *LockedError when another session holds the lock, a *PendingError
// when `commit at` waits, else it says what went wrong; in any case everything is
// as it was. Cancelling ctx counts until the commit point and not behind it.
func (c *Candidate) Commit(ctx context.Context, by event.Subject, o CommitOptions) (Result, error) {
	if err := o.check(c.private); err != nil {
		return Result{}, err
	}
	s := c.store
	s.record(by, event.Commit{Username: by.User, Command: o.Command, Comment: o.Comment})
	t := &transaction{store: s, from: c, by: by, options: o, reason: ReasonCommit}
	t.progress(event.StepLock)
	if err := s.lock(ctx); err != nil {
		t.abandon(err)
		return Result{}, err
	}
	defer s.unlock()
	defer s.heap.Settled()
	t.running = s.Running()
	err := t.admit()
	if err == nil {
		err = t.snapshot()
	}
	var result Result
	if err == nil {
		result, err = t.run(ctx)
	}
	if err != nil {
		t.abandon(err)
		return Result{}, err
	}
	result.Confirmed = t.confirmed
	return result, nil
}

// Check is Commit that stops before anything changes.
func (c *Candidate) Check(ctx context.Context, by event.Subject, o CommitOptions) (Result, error) {
	o.CheckOnly = true
	return c.Commit(ctx, by, o)
}

// transaction is one commit under way.
type transaction struct {
	store   *Store
	from    *Candidate // whose edits are committed; nil for a rollback that nobody asked for
	by      event.Subject
	options CommitOptions
	reason  Reason

	running *Revision        // what is in force before
	tree    *configtree.Tree // what is committed
	done    uint64           // the newest edit of the candidate that is part of it

	warnings  Problems
	number    uint64   // of the new revision, 0 until it is taken
	fresh     *pending // what waits for confirmation from the commit point on
	confirmed bool     // something pending was confirmed
}

// admit refuses a commit that must wait for others.
func (t *transaction) admit() error {
	if err := t.from.Usable(t.by); err != nil {
		return err
	}
	if h, ok := t.store.locked(); ok && h.By != t.by {
		return &LockedError{h} // a private candidate is committed past the shared one too
	}
	if p := t.store.waiting(PendingRollback); p != nil && t.options.Confirms != nil {
		if err := t.options.Confirms(p.Pending); err != nil {
			return err
		}
	}
	if t.options.CheckOnly {
		return nil
	}
	if p := t.store.waiting(PendingCommit); p != nil {
		return &PendingError{p.Pending}
	}
	if !t.options.At.IsZero() && t.store.waiting(PendingRollback) != nil {
		return errAtUnconfirmed
	}
	if at := t.options.At; !at.IsZero() && !at.Reboot && !at.Activate && at.Time.Sub(t.store.now()) <= minAhead {
		return errAtSoon
	}
	return nil
}

// snapshot takes the candidate as it is; of a private one what it makes of what
// is in force.
func (t *transaction) snapshot() error {
	now := t.from.state.Load()
	t.done = now.last()
	if !t.from.private {
		t.tree = now.tree
		return nil
	}
	merge := t.from.insisted
	if t.options.CheckOnly {
		merge = t.from.merged
	}
	var err error
	t.tree, err = merge(now, t.running)
	return err
}

func (t *transaction) progress(step event.Step) {
	t.store.record(t.by, event.CommitProgress{Step: step})
	if t.options.Progress != nil {
		t.options.Progress(string(step))
	}
}

// abandon records that nothing changed.
func (t *transaction) abandon(cause error) {
	if check, ok := errors.AsType[*CheckError](cause); ok {
		newAuditor(t.store.recorder, t.by, "").refused(check.Problems)
	}
	if conflict, ok := errors.AsType[*ConflictError](cause); ok {
		newAuditor(t.store.recorder, t.by, "").refused(conflict.Problems())
	}
	if t.options.CheckOnly {
		return
	}
	if t.number != 0 {
		if err := t.store.abandonFile(t.number); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.store.notice("abandoned revision %d: %v", t.number, err)
		}
		t.store.wakePruner()
	}
	e := event.CommitAbandoned{Revision: t.number, Reason: cause.Error()}
	if t.running != nil {
		e.Running = t.running.Number
	}
	t.store.record(t.by, e)
}

func (t *transaction) run(ctx context.Context) (Result, error) {
	unchanged := t.tree.Equal(t.running.Tree) && (t.store.waits == nil || !t.store.waits())
	if unchanged && !t.options.At.IsZero() {
		return Result{}, errAtNothing
	}
	if unchanged && !t.options.CheckOnly {
		return t.runUnchanged(ctx)
	}
	next, ready, err := t.prepare(ctx)
	if err != nil {
		return Result{}, err
	}
	result := Result{Revision: t.running.Number, Empty: unchanged, Warnings: t.warnings}
	switch {
	case t.options.CheckOnly:
		ready.abort()
		result.Checked = next.Effective
		return result, t.confirm(ctx)
	case !t.options.At.IsZero():
		ready.abort()
		result.Scheduled = true
		return result, t.schedule(ctx)
	}
	if err := t.take(ctx, next); err != nil {
		ready.abort()
		return Result{}, err
	}
	t.activate(next, ready)
	return Result{Revision: next.Number, Warnings: t.warnings}, nil
}

// runUnchanged ends a commit that changes nothing: no revision, but it confirms.
func (t *transaction) runUnchanged(ctx context.Context) (Result, error) {
	if t.reason == ReasonRollback {
		t.confirmedBy(nil) // what is in force is what should come back
	} else if err := t.confirmUnchanged(ctx); err != nil {
		return Result{}, err
	}
	t.rebase(t.running)
	t.complete()
	return Result{Revision: t.running.Number, Empty: true}, nil
}

// prepare checks the new configuration and has the subsystems prepare for it.
func (t *transaction) prepare(ctx context.Context) (*Revision, plans, error) {
	s := t.store
	t.progress(event.StepExpand)
	next := &Revision{Number: s.next, Tree: t.tree, Effective: t.tree.Expand()}
	problems := Problems(next.Effective.Check(t.running.Effective))
	if problems.fatal() {
		return nil, nil, &CheckError{problems}
	}
	t.progress(event.StepCheck)
	change := Change{Next: next.Effective, Revision: s.next, Reason: t.reason, By: t.by}
	if t.options.CheckOnly || !t.options.At.IsZero() {
		change.Revision, change.Reason = 0, ReasonCheck
	}
	ready, found, err := s.prepare(ctx, change)
	problems = append(problems, found...)
	if problems.fatal() {
		return nil, nil, &CheckError{problems}
	}
	t.warnings = problems
	return next, ready, err
}

// take brings the new revision to the commit point: file, record, link. On
// error it is not in force.
func (t *transaction) take(ctx context.Context, next *Revision) error {
	s := t.store
	t.progress(event.StepRevision)
	if err := ctx.Err(); err != nil {
		return err
	}
	t.number = s.next
	s.next++
	next.Meta = Meta{Revision: t.number, Parent: t.running.Number, User: t.by.User, Client: t.by.Client,
		Comment: t.options.Comment, Time: s.now(), Version: s.version, Confirmed: t.options.Confirmed}
	if next.Meta.Confirmed > 0 {
		next.Meta.Log = confirmText(next.Meta.Confirmed)
		t.fresh = t.newConfirmation(t.number)
	}
	if err := s.writeRevision(&next.Meta, next.Tree); err != nil {
		return err
	}
	if err := s.recorder.RecordDurable(ctx, t.by, intent(&next.Meta)); err != nil {
		return fmt.Errorf("audit trail: %w", err)
	}
	if t.fresh != nil {
		if err := s.disk.writePending(s.waiting(PendingRollback), t.fresh); err != nil {
			return err
		}
	}
	if err := t.from.markJournal(t.running, pointMark{t.number, t.done}); err != nil {
		return err
	}
	err := ctx.Err()
	if err == nil {
		err = s.point(t.number, t.running.Number)
	}
	if err != nil {
		t.from.unmarkJournal()
	}
	return err
}

// point moves the link: the commit point. If the link moved and the directory
// does not sync, it is moved back to the revision before, if any; if that is impossible
// as well the new one is in force, whatever the disk says.
func (s *Store) point(number, before uint64) error {
	err := s.disk.point(activeName, activeTarget(number))
	if err == nil {
		return nil
	}
	if active, lost := s.disk.readActive(); lost != nil || active != number || before == 0 {
		return errors.Join(err, lost)
	}
	back := s.disk.point(activeName, activeTarget(before))
	if active, lost := s.disk.readActive(); lost != nil || active != number {
		return errors.Join(err, back, lost)
	}
	s.notice("revision %d is in force, but may not survive a power cut: %v", number, err)
	return nil
}

// activate is what follows the commit point. Nothing in it can fail.
func (t *transaction) activate(next *Revision, ready plans) {
	s := t.store
	t.progress(event.StepActivate)
	ready.apply()
	for i := range s.obeyed {
		s.obeyed[i] = next.Effective
	}
	s.running.Store(next)
	changed := newDelta(t.running.Tree, next.Tree)
	s.mu.Lock()
	s.history = remember(s.history, next.Meta, rollbacksKept(next.Effective))
	s.noteDelta(next.Number, changed)
	s.mu.Unlock()
	t.progress(event.StepWrapup)
	t.rebase(next)
	t.confirmedBy(t.fresh)
	s.wakePruner()
	s.record(t.by, event.CommitDone{Revision: next.Number, Hash: next.Meta.Hash})
	t.complete()
}

// remember puts a new revision in front of the history, which keeps so many before it.
func remember(history []Meta, m Meta, keep int) []Meta {
	history = slices.Insert(history, 0, m)
	return slices.Clip(history[:min(len(history), keep+1)])
}

func (t *transaction) complete() {
	t.progress(event.StepComplete)
	t.store.record(t.by, event.CommitCompleted{})
}

// rebase makes base the base of the candidates that follow what is in force:
// the shared one, and the one that was committed.
func (t *transaction) rebase(base *Revision) {
	done := uint64(0)
	if t.from == t.store.shared {
		done = t.done
	}
	t.warn(t.store.shared.rebase(base, done))
	if t.from != nil && t.from.private {
		t.warn(t.from.rebase(base, t.done))
	}
}

// warn tells that the log of a candidate was not written. The mark before the
// commit point says the same as that would, and the next edit tries again.
func (t *transaction) warn(err error) {
	if err == nil {
		return
	}
	err = fmt.Errorf("%s: %w", journalName, err)
	t.store.notice("%v", err)
	t.warnings = append(t.warnings, configtree.Problem{Err: err, Warning: true, Kind: configtree.Environment})
}
