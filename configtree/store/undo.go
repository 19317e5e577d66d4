package store

import (
	"context"
	"errors"
	"slices"

	"loggia/audit/event"
	"loggia/configtree"
)

// Mark is a point in the log of a candidate, for one session.
type Mark struct {
	by  event.Subject
	seq uint64
}

// Mark returns the point from which Undo undoes what by does. Sessions are told
// apart by their whole Subject.
func (c *Candidate) Mark(by event.Subject) Mark {
	c.mu.Lock()
	defer c.mu.Unlock()
	return Mark{by, c.seq}
}

// ErrFolded is the error about edits that are too many to be undone one by one.
var ErrFolded = errors.New("the uncommitted changes are too many to be undone one by one; use rollback")

// Undo removes the uncommitted edits that the session of m has made since. Those
// of other sessions stay, whether they were made before, between or after; only
// one that makes no sense without an edit undone, such as the annotation of a
// statement that is gone, goes with it. What threw the uncommitted edits away, as
// `rollback 0` does, is no edit to undo: they are gone for good, whoever made them.
// It waits for a commit under way.
func (c *Candidate) Undo(ctx context.Context, m Mark) ([]configtree.Change, error) {
	if err := c.store.lock(ctx); err != nil {
		return nil, err
	}
	defer c.store.unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	if m.seq < c.folded {
		return nil, ErrFolded
	}
	base := c.state.Load().base.Tree
	return c.drop(ctx, m.by, func(e entry) bool {
		return e.seq > m.seq && e.by == m.by && !(e.whole() && e.after.Equal(base))
	})
}

// drop takes entries of a session out of the log. A disk that takes nothing does not
// keep what was undone in the candidate. The caller holds mu.
func (c *Candidate) drop(ctx context.Context, by event.Subject, mine func(entry) bool) ([]configtree.Change, error) {
	if err := c.refuse(by); err != nil {
		return nil, err
	}
	now := c.state.Load()
	first := slices.IndexFunc(now.log, mine)
	if first < 0 {
		return nil, nil
	}
	next := now.without(first, mine)
	changes := configtree.Diff(now.tree, next.tree)
	if opposed := now.opposed(first, mine, changes); len(opposed) > 0 {
		return nil, opposed
	}
	if err := (&draft{before: now, after: next.tree, changes: changes}).guarded(ctx); err != nil {
		return nil, err
	}
	if err := c.rewrite(next); err != nil { // the next edit tries again
		c.store.notice("uncommitted changes cannot be kept now: %v", err)
	}
	newAuditor(c.store.recorder, by, "set").leadingTo(next.tree).changes(changes)
	c.cost = cost(next.log)
	c.state.Store(next)
	return changes, nil
}

// maxUndone bounds how many edits that were undone can be redone.
const maxUndone = 200

// Errors of an undo and a redo that have nothing to work on.
var (
	ErrNothing   = errors.New("no uncommitted change of this session")
	ErrNotUndone = errors.New("nothing was undone since the last change of this session")
)

// undone is an entry that was undone, and the candidate without it.
type undone struct {
	entry
	under *configtree.Tree
}

// UndoLast takes back the last n uncommitted edits of a session, each as it was
// made: a line typed, a load. As with Undo those of others stay. Less than n are
// taken back when there are no more, and the error is ErrNothing when there is
// none. Where that would change what has come to be protected, but by one of these edits,
// nothing is taken back, and the error says so as Problems. RedoLast makes them again.
func (c *Candidate) UndoLast(ctx context.Context, by event.Subject, n int) ([]configtree.Change, error) {
	if err := c.store.lock(ctx); err != nil {
		return nil, err
	}
	defer c.store.unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	var last []entry // the newest first
	for _, e := range slices.Backward(c.state.Load().log) {
		if len(last) < n && e.by == by && e.seq > c.folded {
			last = append(last, e)
		}
	}
	if len(last) == 0 && c.folded > 0 {
		return nil, errors.Join(c.refuse(by), ErrFolded)
	}
	if len(last) == 0 {
		return nil, errors.Join(c.refuse(by), ErrNothing)
	}
	first := last[len(last)-1].seq
	changes, err := c.drop(ctx, by, func(e entry) bool { return e.seq >= first && e.by == by })
	if err == nil {
		under := c.state.Load().tree
		for _, e := range last {
			c.undone = append(c.undone, undone{e, under})
		}
		c.undone = slices.Delete(c.undone, 0, max(0, len(c.undone)-maxUndone))
	}
	return changes, err
}

// RedoLast makes the last n edits that UndoLast took back once more, on top of
// what the candidate is by now. An edit of the same session in between forgets
// them. What can no longer be done is a problem, and then nothing changes; nor does it when
// it would change what came to be protected after the undo.
func (c *Candidate) RedoLast(ctx context.Context, by event.Subject, n int) ([]configtree.Change, error) {
	c.mu.Lock()
	var again []undone
	for _, e := range slices.Backward(c.undone) {
		if len(again) < n && e.by == by {
			again = append(again, e)
		}
	}
	c.mu.Unlock()
	if len(again) == 0 {
		return nil, errors.Join(c.Usable(by), ErrNotUndone)
	}
	var all []configtree.Change
	for _, e := range again {
		changes, err := c.redo(ctx, by, e)
		if err != nil {
			return all, err
		}
		all = append(all, changes...)
	}
	return all, nil
}

// redo makes one entry again.
func (c *Candidate) redo(ctx context.Context, by event.Subject, e undone) ([]configtree.Change, error) {
	edits, err := e.unpack(c.store.schema)
	if err != nil {
		return nil, err
	}
	ed := edition{by: by, action: "set", edits: edits, cost: e.cost - entryCost, redo: true, under: e.under}
	if e.whole() {
		ed.whole = e.after
	}
	changes, _, err := c.change(ctx, ed)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.undone = slices.DeleteFunc(c.undone, func(u undone) bool { return u.seq == e.seq && u.by == by })
	return changes, nil
}

// forgetUndone forgets what a session could redo. The caller holds mu.
func (c *Candidate) forgetUndone(by event.Subject) {
	c.undone = slices.DeleteFunc(c.undone, func(u undone) bool { return u.by == by })
}

// opposed is what has come to be protected since under has against making the edition.
func (ed *edition) opposed(now *configtree.Tree) Problems {
	to := ed.whole
	if to == nil {
		free := now.Unprotected(func(p configtree.Path) bool { return !ed.under.IsProtected(p) })
		if free == now {
			return nil // nothing has
		}
		to, _ = applyAll(free, ed.edits)
	}
	return protectedSince(ed.under, now, to)
}

func cost(log []entry) (sum int) {
	for i := range log {
		sum += log[i].cost
	}
	return sum
}

// opposed is what protection has against changes that leave out entries of the log, from
// entry first on. Marks that the entries themselves have set do not count.
func (now *state) opposed(first int, drop func(entry) bool, changes []configtree.Change) Problems {
	if len(now.tree.Opposed(changes)) == 0 {
		return nil
	}
	r, from := now.replayFrom(first)
	for i, e := range now.log[from:] {
		if from+i < first || !drop(e) {
			r.entry(&e)
			continue
		}
		if e.whole() {
			r.batch = e.after.Unprotected(func(configtree.Path) bool { return true }).Batch()
			continue
		}
		edits, err := e.unpack(r.batch.Schema())
		if err != nil {
			return Problems{{Err: err}}
		}
		r.edits(slices.DeleteFunc(slices.Clone(edits), func(e configtree.Edit) bool { return e.Op == configtree.Protect }))
	}
	others := r.batch.Tree()
	return now.tree.Unprotected(func(p configtree.Path) bool { return !others.IsProtected(p) }).Opposed(changes)
}
