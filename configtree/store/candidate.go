package store

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	"loggia/audit/event"
	"loggia/configtree"
)

// Candidate is a configuration being edited: a base revision, a tree, and the
// log of the edits between the two. Its methods may be called concurrently.
type Candidate struct {
	store *Store
	state atomic.Pointer[state]

	mu      sync.Mutex // held to swap state, which log and records follow in order
	seq     uint64     // number of the newest entry
	cost    int        // statements that the log keeps in memory
	folded  uint64     // entries up to this one can no longer be undone
	journal journalFile
	ended   bool
}

// state is what a Candidate is at one moment. It never changes.
type state struct {
	base *Revision
	tree *configtree.Tree
	log  []entry
}

// Tree returns the candidate as it is now.
func (c *Candidate) Tree() *configtree.Tree { return c.state.Load().tree }

// Base returns the revision that the candidate was made from.
func (c *Candidate) Base() *Revision { return c.state.Load().base }

// Dirty reports whether the candidate differs from its base.
func (c *Candidate) Dirty() bool {
	now := c.state.Load()
	return !now.tree.Equal(now.base.Tree)
}

// edition is one change to the candidate on its way: how to make the new tree
// and what to record.
type edition struct {
	by     event.Subject
	action string            // of the records about leaves: set, replace
	first  event.Event       // recorded before the changes; may be nil
	whole  *configtree.Tree  // what the candidate becomes; if nil, what follows applies
	edits  []configtree.Edit // nil with whole
	cost   int               // statements that the log will keep
}

// Edit applies edits in order, all or none: with a problem that is more than a
// warning nothing changes and err holds the problems as Problems. A warning,
// such as the deletion of what is not there, skips its edit. Each change is
// recorded. Edits of other sessions that come in meanwhile are kept.
func (c *Candidate) Edit(ctx context.Context, by event.Subject, edits []configtree.Edit) (changes []configtree.Change, problems []configtree.Problem, err error) {
	return c.change(ctx, edition{by: by, action: "set", edits: slices.Clone(edits), cost: len(edits)})
}

// maxRaces is how often an edit starts over because another came first; then
// it keeps the others out.
const maxRaces = 3

// change computes the new tree without keeping others from the candidate, and
// swaps it in if the candidate is still what it was.
func (c *Candidate) change(ctx context.Context, ed edition) ([]configtree.Change, []configtree.Problem, error) {
	for range maxRaces {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		before := c.state.Load()
		d := ed.draft(before)
		if d.problems.fatal() {
			return nil, d.problems, d.problems
		}
		c.mu.Lock()
		if c.state.Load() == before {
			defer c.mu.Unlock()
			return c.swap(&ed, d)
		}
		c.mu.Unlock()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	d := ed.draft(c.state.Load())
	if d.problems.fatal() {
		return nil, d.problems, d.problems
	}
	return c.swap(&ed, d)
}

// draft is what an edition makes of a state.
type draft struct {
	before   *state
	after    *configtree.Tree
	changes  []configtree.Change
	problems Problems
}

func (ed *edition) draft(before *state) *draft {
	d := &draft{before: before, after: ed.whole}
	if ed.whole == nil {
		d.after, d.problems = applyAll(before.tree, ed.edits)
	}
	if !d.problems.fatal() {
		d.changes = configtree.Diff(before.tree, d.after)
	}
	return d
}

// maxCost bounds what the log of a candidate keeps in memory, in statements.
// Beyond it the log is folded into the tree it led to, and Undo cannot go back
// behind that.
const maxCost = 1 << 20

// entryCost is what an entry keeps besides its statements, in statements.
const entryCost = 4

// checkpoint is how many entries of edits share one tree to replay from: each
// tree that is kept holds on to a spine that the next edit replaced.
const checkpoint = 64

// swap makes a draft the candidate: journal, records, pointer. The caller holds mu.
func (c *Candidate) swap(ed *edition, d *draft) ([]configtree.Change, []configtree.Problem, error) {
	if c.ended {
		return nil, d.problems, ErrClosed
	}
	next := &state{base: d.before.base, tree: d.after, log: d.before.log}
	if len(d.changes) > 0 {
		e := entry{seq: c.seq + 1, by: ed.by, edits: ed.edits, cost: ed.cost + entryCost}
		if ed.edits == nil || e.seq%checkpoint == 0 {
			e.after = d.after
		}
		next.log = append(next.log, e)
		fold := c.cost+e.cost > maxCost
		if fold {
			next.log = []entry{{seq: e.seq, after: d.after, cost: wholeCost}}
		}
		if err := c.write(next, ed.whole != nil || fold); err != nil {
			return nil, d.problems, err
		}
		c.seq = e.seq
		c.cost += e.cost
		if fold {
			c.cost, c.folded = wholeCost, e.seq
		}
	}
	if ed.first != nil {
		c.store.record(ed.by, ed.first)
	}
	newAuditor(c.store.recorder, ed.by, ed.action).changes(d.changes)
	c.state.Store(next)
	return d.changes, d.problems, nil
}

// write puts the newest entry of next into the journal, or writes that anew.
// The caller holds mu.
func (c *Candidate) write(next *state, anew bool) error {
	if anew || c.journal.f == nil {
		return c.journal.rewrite(next.base.Number, needed(next))
	}
	frame, err := appendEntry(nil, &next.log[len(next.log)-1])
	if err != nil {
		return err
	}
	return c.journal.append(frame, false)
}

// needed returns the entries that lead from the base to the tree: those behind
// the last that gave the tree as a whole, and that one unless it gave the base.
func needed(now *state) []entry {
	for i, e := range slices.Backward(now.log) {
		if e.edits == nil && e.after.Equal(now.base.Tree) {
			return now.log[i+1:]
		}
		if e.edits == nil {
			return now.log[i:]
		}
	}
	return now.log
}

func (c *Candidate) close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	return c.journal.close()
}

// Rollback makes the candidate what the running configuration was n commits
// ago; 0 discards all uncommitted edits, those of other sessions included. It
// waits for a commit under way.
func (c *Candidate) Rollback(ctx context.Context, by event.Subject, n int) error {
	if err := c.store.lock(ctx); err != nil {
		return err
	}
	defer c.store.unlock()
	tree, _, err := c.store.Rollback(n)
	if err != nil {
		return err
	}
	c.store.record(by, event.Load{Username: by.User, Command: rollbackCommand(n)})
	ed := edition{by: by, action: "set", whole: tree, cost: wholeCost,
		first: event.ConfigWhole{Username: by.User, Action: "rollback", Source: number(n)}}
	_, _, err = c.change(ctx, ed)
	return err
}

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
// statement that is gone, goes with it. It waits for a commit under way.
func (c *Candidate) Undo(ctx context.Context, m Mark) ([]configtree.Change, error) {
	if err := c.store.lock(ctx); err != nil {
		return nil, err
	}
	defer c.store.unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return nil, ErrClosed
	}
	now := c.state.Load()
	mine := func(e entry) bool { return e.seq > m.seq && e.by == m.by }
	if m.seq < c.folded {
		return nil, ErrFolded
	}
	first := slices.IndexFunc(now.log, mine)
	if first < 0 {
		return nil, nil
	}
	next := now.without(first, mine)
	changes := configtree.Diff(now.tree, next.tree)
	if err := c.journal.rewrite(next.base.Number, needed(next)); err != nil {
		return nil, err
	}
	newAuditor(c.store.recorder, m.by, "set").changes(changes)
	c.cost = cost(next.log)
	c.state.Store(next)
	return changes, nil
}

func cost(log []entry) (sum int) {
	for i := range log {
		sum += log[i].cost
	}
	return sum
}

// without replays the log from entry first on, leaving out what drop says.
func (now *state) without(first int, drop func(entry) bool) *state {
	next := &state{base: now.base, log: slices.Clone(now.log[:first])}
	r := replay{now.base.Tree.Batch()}
	from := first
	for ; from > 0; from-- {
		if after := now.log[from-1].after; after != nil {
			r.batch = after.Batch()
			break
		}
	}
	for i, e := range now.log[from:] {
		again := from+i >= first
		if again && drop(e) {
			continue
		}
		r.entry(&e)
		if e.edits != nil {
			e.after = nil
		}
		if again {
			next.log = append(next.log, e)
		}
	}
	next.tree = r.batch.Tree()
	return next
}

// replay applies entries in a row.
type replay struct{ batch *configtree.Batch }

// entry applies e and returns what could not be applied.
func (r *replay) entry(e *entry) Problems {
	if e.edits == nil {
		r.batch = e.after.Batch()
		return nil
	}
	return r.edits(e.edits)
}

func (r *replay) edits(edits []configtree.Edit) (problems Problems) {
	for i := range edits {
		if p := asProblem(r.batch.Apply(edits[i])); p != nil {
			problems = append(problems, *p)
		}
	}
	return problems
}

// applyAll applies edits and returns the tree and what could not be applied.
func applyAll(tree *configtree.Tree, edits []configtree.Edit) (*configtree.Tree, Problems) {
	r := replay{tree.Batch()}
	problems := r.edits(edits)
	return r.batch.Tree(), problems
}
