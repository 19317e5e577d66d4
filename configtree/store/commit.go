package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"loggia/audit/event"
	"loggia/configtree"
)

// CommitOptions says how to commit.
type CommitOptions struct {
	Comment   string
	CheckOnly bool              // stop after the check: `commit check`
	Command   string            // as typed, without the comment; recorded
	Progress  func(step string) // called at each step; may be nil; must not block
}

// Result is what a commit came to.
type Result struct {
	Revision uint64 // that is in force now
	Empty    bool   // nothing had changed, no revision was made
	Warnings []configtree.Problem
}

// maxComment is Junos' bound on a commit comment, in bytes.
const maxComment = 512

var errComment = errors.New("commit comment longer than 512 bytes")

// Commit makes the candidate the running configuration. It takes the candidate
// as it is when earlier commits have ended; edits that come in meanwhile stay
// uncommitted, on top. The error is a *CheckError when the configuration was
// refused, else it says what went wrong; either way everything is as it was.
// Cancelling ctx counts until the commit point and not behind it.
func (c *Candidate) Commit(ctx context.Context, by event.Subject, o CommitOptions) (Result, error) {
	if len(o.Comment) > maxComment {
		return Result{}, errComment
	}
	s := c.store
	s.record(by, event.Commit{Username: by.User, Command: o.Command, Comment: o.Comment})
	t := &transaction{Candidate: c, by: by, options: o}
	t.progress(event.StepLock)
	if err := s.lock(ctx); err != nil {
		t.abandon(err)
		return Result{}, err
	}
	defer s.unlock()
	t.running, t.snapshot = s.Running(), c.state.Load()
	result, err := t.run(ctx)
	if err != nil {
		t.abandon(err)
		return Result{}, err
	}
	return result, nil
}

// Check is Commit that stops before anything changes.
func (c *Candidate) Check(ctx context.Context, by event.Subject, o CommitOptions) (Result, error) {
	o.CheckOnly = true
	return c.Commit(ctx, by, o)
}

// transaction is one commit under way.
type transaction struct {
	*Candidate
	by       event.Subject
	options  CommitOptions
	running  *Revision // what is in force before
	snapshot *state    // what is committed
	warnings Problems
	number   uint64 // of the new revision, 0 until it is taken
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
	unchanged := t.snapshot.tree.Equal(t.running.Tree)
	if unchanged && !t.options.CheckOnly {
		t.rebase(t.running)
		t.complete()
		return Result{Revision: t.running.Number, Empty: true}, nil
	}
	next, ready, err := t.prepare(ctx)
	if err != nil {
		return Result{}, err
	}
	if t.options.CheckOnly {
		ready.abort()
		return Result{Revision: t.running.Number, Empty: unchanged, Warnings: t.warnings}, nil
	}
	if err := t.take(ctx, next); err != nil {
		ready.abort()
		return Result{}, err
	}
	t.activate(next, ready)
	return Result{Revision: next.Number, Warnings: t.warnings}, nil
}

// prepare checks the new configuration and has the subsystems prepare for it.
func (t *transaction) prepare(ctx context.Context) (*Revision, plans, error) {
	s := t.store
	t.progress(event.StepExpand)
	next := &Revision{Number: s.next, Tree: t.snapshot.tree, Effective: t.snapshot.tree.Expand()}
	problems := Problems(next.Effective.Check(t.running.Effective))
	if problems.fatal() {
		return nil, nil, &CheckError{problems}
	}
	t.progress(event.StepCheck)
	change := Change{Next: next.Effective, Revision: s.next, Reason: ReasonCommit}
	if t.options.CheckOnly {
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
		Comment: t.options.Comment, Time: s.now(), Version: s.version}
	if err := s.writeRevision(&next.Meta, next.Tree); err != nil {
		return err
	}
	if err := s.recorder.RecordDurable(ctx, t.by, intent(&next.Meta)); err != nil {
		return fmt.Errorf("audit trail: %w", err)
	}
	if err := t.markJournal(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		t.unmarkJournal()
		return err
	}
	if err := t.point(); err != nil {
		t.unmarkJournal()
		return err
	}
	return nil
}

// markJournal notes, durably, how far the log of the candidate goes into the
// new revision, for a start that finds the link moved and the log not.
func (t *transaction) markJournal() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.journal.point = pointMark{t.number, t.snapshot.last()}
	if t.journal.f == nil {
		return t.journal.rewrite(t.running.Number, needed(t.state.Load()))
	}
	err := t.journal.append(appendPoint(nil, t.journal.point), true)
	if err != nil {
		t.journal.point = pointMark{}
	}
	return err
}

func (t *transaction) unmarkJournal() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.journal.point = pointMark{}
}

// last returns the number of the newest entry, 0 when there is none.
func (now *state) last() uint64 {
	if len(now.log) == 0 {
		return 0
	}
	return now.log[len(now.log)-1].seq
}

// point moves the link: the commit point. If the link moved and the directory
// does not sync, it is moved back; if that is impossible as well the new
// revision is in force, whatever the disk says.
func (t *transaction) point() error {
	s := t.store
	err := s.disk.point(activeName, activeTarget(t.number))
	if err == nil {
		return nil
	}
	if active, lost := s.disk.readActive(); lost != nil || active != t.number {
		return errors.Join(err, lost)
	}
	back := s.disk.point(activeName, activeTarget(t.running.Number))
	if active, lost := s.disk.readActive(); lost != nil || active != t.number {
		return errors.Join(err, back, lost)
	}
	s.notice("revision %d is in force, but may not survive a power cut: %v", t.number, err)
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
	s.mu.Lock()
	s.history = slices.Insert(s.history, 0, next.Meta)
	s.history = slices.Clip(s.history[:min(len(s.history), MaxRollbacks+1)])
	s.mu.Unlock()
	t.progress(event.StepWrapup)
	t.rebase(next)
	s.wakePruner()
	s.record(t.by, event.CommitDone{Revision: next.Number, Hash: next.Meta.Hash})
	t.complete()
}

func (t *transaction) complete() {
	t.progress(event.StepComplete)
	t.store.record(t.by, event.CommitCompleted{})
}

// rebase makes base the base of the candidate. What was committed leaves the
// log, what came in since stays on top.
func (t *transaction) rebase(base *Revision) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.journal.point = pointMark{}
	now, done := t.state.Load(), t.snapshot.last()
	next := &state{base: base, tree: now.tree}
	for _, e := range now.log {
		if e.seq > done {
			next.log = append(next.log, e)
		}
	}
	if now.tree.Equal(base.Tree) {
		next.tree = base.Tree
	}
	t.cost = cost(next.log)
	t.state.Store(next)
	if len(now.log) == 0 && base == now.base {
		return // the journal says so already
	}
	if err := t.journal.rewrite(base.Number, needed(next)); err != nil {
		// The mark before the commit point says the same; the next edit tries again.
		t.store.notice("%s: %v", journalName, err)
		t.warnings = append(t.warnings, configtree.Problem{
			Err: fmt.Errorf("%s: %w", journalName, err), Warning: true, Kind: configtree.Environment})
	}
}
