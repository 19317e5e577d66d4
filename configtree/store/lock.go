package store

import (
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"loggia/audit/event"
	"loggia/configtree"
)

// Holder is a session that edits in a way which concerns the others.
type Holder struct {
	By        event.Subject
	Since     time.Time
	Path      configtree.Path // where it edits
	Exclusive bool            // it keeps the others from the shared candidate
	Private   bool            // it has a candidate of its own
}

// LockedError refuses an edit or a commit because another session holds the
// lock of the shared candidate.
type LockedError struct{ Holder Holder }

// Error returns the error on one line. A terminal shows "configuration database
// locked by:" and the holder below, as in the list of users.
func (e *LockedError) Error() string { return "configuration database locked by: " + e.Holder.By.User }

// Refusals of Junos, in its words.
var (
	// ErrModified refuses the lock of a candidate that has uncommitted edits.
	ErrModified = errors.New("configuration database modified")
	// ErrSharedModified refuses a private candidate beside a shared one that has
	// uncommitted edits.
	ErrSharedModified = errors.New("shared configuration database modified")
	// ErrPrivateInUse refuses an edit of the shared candidate beside a private one
	// that has uncommitted edits.
	//lint:ignore ST1005 the words are Junos', full stop included
	ErrPrivateInUse = errors.New("private edits in use. Try 'configure private' or 'configure exclusive'.")
	// ErrDiscarded is the error of what is done in a private candidate after
	// Discard.
	ErrDiscarded = errors.New("the private configuration is gone")
)

// placeMark is where a session edits; its owner sets it, others read it.
type placeMark struct {
	path atomic.Pointer[configtree.Path]
}

func (m *placeMark) set(p configtree.Path) {
	p = slices.Clone(p)
	m.path.Store(&p)
}

func (m *placeMark) get() configtree.Path {
	if p := m.path.Load(); p != nil {
		return *p
	}
	return nil
}

// Lock is the right of one session to be the only one who edits and commits the
// shared candidate: `configure exclusive`. It and the edits made under it end
// with the session, or with the program.
type Lock struct {
	candidate *Candidate
	by        event.Subject
	since     time.Time
	at        placeMark
}

// Exclusive takes the lock for a session. It is refused by a *LockedError when
// another has it, and as Modified says when there are uncommitted edits.
func (s *Store) Exclusive(by event.Subject) (*Lock, error) {
	c := s.shared
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return nil, ErrClosed
	}
	if c.lock != nil {
		return nil, &LockedError{c.lock.Holder()}
	}
	if err := s.modified(ErrModified); err != nil {
		return nil, err
	}
	now := c.state.Load()
	l := &Lock{candidate: c, by: by, since: s.now()}
	c.lock = l
	if err := c.clear(now); err != nil {
		c.lock = nil
		return nil, err
	}
	return l, nil
}

// Modified returns why somebody who wants to edit alone cannot: ErrModified when
// the shared candidate has uncommitted edits, a *PendingError when they wait for
// the time of their commit. Edits that are prepared, all of them, are in nobody's way: who
// is to activate them has to get there.
func (s *Store) Modified() error {
	if p := s.waiting(PendingCommit); p != nil && p.Prepared && s.shared.state.Load().last() <= p.seq {
		return nil
	}
	return s.modified(ErrModified)
}

// modified is Modified with other words for edits that nobody has committed.
func (s *Store) modified(by error) error {
	if !s.shared.Dirty() {
		return nil
	}
	if p := s.waiting(PendingCommit); p != nil {
		return &PendingError{p.Pending}
	}
	return by
}

// clear empties the log of a candidate that is as its base. The caller holds mu.
func (c *Candidate) clear(now *state) error {
	if len(now.log) > 0 {
		if err := c.rewrite(&state{base: now.base}); err != nil {
			return err
		}
	}
	c.state.Store(&state{base: now.base, tree: now.base.Tree})
	c.cost, c.undone = 0, nil
	return nil
}

// Holder returns who holds the lock and where.
func (l *Lock) Holder() Holder {
	return Holder{By: l.by, Since: l.since, Path: l.at.get(), Exclusive: true}
}

// At tells where the session edits, for those who are refused.
func (l *Lock) At(p configtree.Path) { l.at.set(p) }

// Release discards what is uncommitted and gives the lock back. It reports
// whether there was something to discard. Once released it does nothing.
func (l *Lock) Release() (discarded bool) {
	c := l.candidate
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lock != l {
		return false
	}
	now := c.state.Load()
	discarded = !now.tree.Equal(now.base.Tree)
	if discarded {
		c.store.record(l.by, event.Load{Username: l.by.User, Command: rollbackCommand(0)})
		c.store.record(l.by, event.ConfigWhole{Username: l.by.User, Action: "rollback", Source: number(0)})
		newAuditor(c.store.recorder, l.by, "set").leadingTo(now.base.Tree).changes(configtree.Diff(now.tree, now.base.Tree))
	}
	// Nothing of it is on disk, so that there is nothing to write.
	c.state.Store(&state{base: now.base, tree: now.base.Tree})
	c.cost, c.undone, c.lock = 0, nil, nil
	return discarded
}

// Usable says why a session may not edit or commit the candidate, nil if it may:
// what Edit, Load and Commit are refused with.
func (c *Candidate) Usable(by event.Subject) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.refuse(by)
}

// refuse is Usable for a caller who holds mu.
func (c *Candidate) refuse(by event.Subject) error {
	switch {
	case c.ended && c.private:
		return ErrDiscarded
	case c.ended:
		return ErrClosed
	case c.private:
		return nil
	case c.lock != nil && c.lock.by != by:
		return &LockedError{c.lock.Holder()}
	case c.lock == nil && c.store.privateInUse(by):
		return ErrPrivateInUse
	}
	return nil
}

// locked returns who holds the lock, if somebody does.
func (s *Store) locked() (Holder, bool) {
	s.shared.mu.Lock()
	defer s.shared.mu.Unlock()
	if s.shared.lock == nil {
		return Holder{}, false
	}
	return s.shared.lock.Holder(), true
}

// Holders returns the sessions that hold the lock or a private candidate, in
// the order in which they came.
func (s *Store) Holders() []Holder {
	var all []Holder
	if h, ok := s.locked(); ok {
		all = append(all, h)
	}
	for _, c := range s.privateCandidates() {
		h := c.owner
		h.Path = c.at.get()
		all = append(all, h)
	}
	slices.SortStableFunc(all, func(a, b Holder) int { return a.Since.Compare(b.Since) })
	return all
}

// Release ends what a session holds: the lock with the edits under it, private
// candidates, and what it could redo. Whatever way a session ends, this is to be
// called. What it edited in the shared candidate without the lock stays.
func (s *Store) Release(by event.Subject) {
	c := s.shared
	c.mu.Lock()
	l := c.lock
	c.forgetUndone(by)
	c.mu.Unlock()
	if l != nil && l.by == by {
		l.Release()
	}
	for _, p := range s.privateCandidates() {
		if p.owner.By == by {
			p.Discard()
		}
	}
	s.unbind(by)
}
