package store

import (
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"loggia/audit/event"
	"loggia/configtree"
)

// Candidate is a configuration being edited: a base revision, a tree, and the
// log of the edits between the two. Its methods may be called concurrently.
type Candidate struct {
	// Built once.
	store   *Store
	private bool      // one session's own: no log on disk, merged when it is committed
	owner   Holder    // of a private one; its Path is not kept here
	at      placeMark // of a private one: where its session edits

	// Replaced by every edit.
	state atomic.Pointer[state]

	mu      sync.Mutex // held to swap state, which log and records follow in order
	seq     uint64     // number of the newest entry
	cost    int        // statements that the log keeps in memory
	folded  uint64     // entries up to this one can no longer be undone
	undone  []undone   // by UndoLast, the last last; see RedoLast
	lock    *Lock      // of the shared candidate; nil when nobody keeps the others out
	journal journalFile
	ended   bool

	refusedFor *disputes // what the last commit of a private one was refused for; nil when it was not
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

// Editor is a user whose edits are uncommitted.
type Editor struct {
	User string
	Last time.Time // when the newest of them was made; zero when that is not known
}

// Editors returns the users whose edits are uncommitted, by name. Those whose edits
// were folded are not known any more.
func (c *Candidate) Editors() []Editor {
	last := map[string]time.Time{}
	for _, e := range needed(c.state.Load()) {
		if e.by.User != "" {
			last[e.by.User] = e.at
		}
	}
	var list []Editor
	for _, user := range slices.Sorted(maps.Keys(last)) {
		list = append(list, Editor{user, last[user]})
	}
	return list
}

// edition is one change to the candidate on its way: how to make the new tree
// and what to record.
type edition struct {
	by     event.Subject
	action string            // of the records about leaves: set, replace
	first  event.Event       // recorded before the changes; may be nil
	whole  *configtree.Tree  // what the candidate becomes; if nil, what follows applies
	edits  []configtree.Edit // nil with whole; those that advance has not
	cost   int               // statements that the log will keep

	each    []Command     // edits are theirs; see EditEach
	count   int           // edits that were read
	begin   func() *state // where an advance begins; nil for none
	advance *advance      // has the edits; nil before there are many

	partial bool              // leaves out edits that cannot be made
	strict  bool              // what is not there cannot be deleted
	compare bool              // with whole: keeps what differs as edits, if that leads there
	keeps   bool              // with whole: what is protected stays, unless
	freed   []configtree.Edit // these take the protection away
	base    *Revision         // with whole, in a private candidate: what is in force
	redo    bool              // leaves alone what can be redone
	under   *configtree.Tree  // with redo: what it was undone from; what came to be protected since refuses it
}

// Edit applies edits in order, all or none: with a problem that is more than a
// warning nothing changes and err holds the problems as Problems. A warning,
// such as the deletion of what is not there, skips its edit. Each change is
// recorded. Edits of other sessions that come in meanwhile are kept.
func (c *Candidate) Edit(ctx context.Context, by event.Subject, edits []configtree.Edit) (changes []configtree.Change, problems []configtree.Problem, err error) {
	ed := edition{by: by, action: "set", edits: slices.Clone(edits), cost: len(edits)}
	if problems := ed.hash(c.store); len(problems) > 0 {
		return nil, problems, problems
	}
	return c.change(ctx, ed)
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
		if d.refused(&ed) {
			return nil, d.problems, d.problems
		}
		if err := d.guarded(ctx); err != nil {
			return nil, d.problems, err
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
	if d.refused(&ed) {
		return nil, d.problems, d.problems
	}
	if err := d.guarded(ctx); err != nil {
		return nil, d.problems, err
	}
	return c.swap(&ed, d)
}

// draft is what an edition makes of a state.
type draft struct {
	before   *state
	after    *configtree.Tree
	edits    []configtree.Edit     // that lead there, nil when it is given whole
	bundle   *bundle               // has them, where they are many that were made in advance
	steps    [][]configtree.Change // what each command of the edition changed
	changes  []configtree.Change
	problems Problems
	opposed  bool // by what is protected
	compared bool // the edits are the changes
}

// refused reports whether nothing can come of the draft.
func (d *draft) refused(ed *edition) bool {
	return d.problems.fatal() && !ed.partial || ed.each != nil && len(d.problems) > 0 || d.opposed
}

func (ed *edition) draft(before *state) *draft {
	d := &draft{before: before, after: ed.whole, edits: ed.edits}
	if ed.under != nil {
		if d.problems = ed.opposed(before.tree); len(d.problems) > 0 {
			d.opposed = true
			return d
		}
	}
	switch {
	case ed.whole == nil:
		ed.apply(d)
	case ed.keeps:
		from, refused := applyAll(before.tree, ed.freed)
		kept, warnings := from.Keep(ed.whole)
		d.after, d.problems = kept, append(refused, warnings...)
	}
	if d.refused(ed) {
		return d
	}
	d.changes = configtree.Diff(before.tree, d.after)
	// What protection has left out is not to happen when that goes, nor with an undo of it.
	d.compared = ed.compare || ed.each == nil && ed.whole == nil && slices.ContainsFunc(d.problems, func(p configtree.Problem) bool { return p.Kind == configtree.Protected })
	if d.compared {
		d.edits, d.bundle = editsFor(before.tree, d.after, d.changes), nil
	}
	return d
}

// apply makes the edits.
func (ed *edition) apply(d *draft) {
	if a := ed.advance; a != nil && a.before == d.before {
		d.problems, d.after, d.bundle = slices.Clone(a.problems), a.after, &a.bundle
		return
	}
	if err := ed.stray(d.before.tree.Schema()); err != nil {
		d.problems, d.after = Problems{{Err: err}}, d.before.tree
		return
	}
	d.edits = ed.edits
	r := replay{d.before.tree.Batch()}
	if ed.each != nil {
		d.problems, d.steps = r.each(d.before.tree, ed.edits, ed.each)
		d.after = r.batch.Tree()
		return
	}
	if !ed.partial && !ed.strict {
		d.problems = r.edits(ed.edits)
		d.after = r.batch.Tree()
		return
	}
	d.edits = make([]configtree.Edit, 0, len(ed.edits))
	for i := range ed.edits {
		problems, kept := problemsOf(r.batch.Apply(ed.edits[i])), true
		for _, p := range problems {
			guarded := p.Kind == configtree.Protected // what is not protected may be gone
			p.Warning = p.Warning && (guarded || !ed.strict)
			d.problems, kept = append(d.problems, p), kept && guarded
		}
		if kept {
			d.edits = append(d.edits, ed.edits[i])
		}
	}
	d.after = r.batch.Tree()
}

// maxCost bounds what the log of a candidate keeps, in statements.
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
	if err := c.refuse(ed.by); err != nil {
		return nil, d.problems, err
	}
	next := &state{base: d.before.base, tree: d.after, log: d.before.log}
	if c.private && ed.base != nil {
		next.base = ed.base
	}
	if d.changed() {
		entries := d.entries(ed, entry{seq: c.seq, by: ed.by, at: c.store.now()})
		var parts [][]byte
		if len(entries) == 1 {
			var err error
			if parts, err = d.pack(&entries[0]); err != nil {
				return nil, d.problems, err
			}
		}
		next.log = append(next.log, entries...)
		last, added := entries[len(entries)-1], cost(entries)
		fold := c.cost+added > maxCost
		if fold {
			next.log = []entry{{seq: last.seq, at: last.at, after: d.after, cost: wholeCost}}
		}
		if err := c.write(next, len(entries), parts, d.edits == nil || fold); err != nil {
			return nil, d.problems, err
		}
		c.seq = last.seq
		c.cost += added
		if !ed.redo {
			c.forgetUndone(ed.by)
		}
		if fold {
			c.cost, c.folded = wholeCost, last.seq
		}
	}
	newAuditor(c.store.recorder, ed.by, ed.action).edition(ed, d)
	c.state.Store(next)
	return d.changes, d.problems, nil
}

// entries are the entries that a draft adds to a log: like e, which is numbered as the last
// before them.
func (d *draft) entries(ed *edition, e entry) []entry {
	if ed.each != nil {
		return d.entryEach(ed, e)
	}
	e.seq++
	e.edits, e.cost = d.edits, ed.cost+entryCost
	if d.compared && !e.whole() {
		e.cost = len(e.edits) + entryCost
	}
	if e.whole() || e.seq%checkpoint == 0 {
		e.after = d.after
	}
	return []entry{e}
}

// write puts the newest entries of next, n of them, into the journal, or writes that anew.
// parts are the edits of the one there is if it is packed. The caller holds mu.
func (c *Candidate) write(next *state, n int, parts [][]byte, anew bool) error {
	if !c.kept() {
		return nil
	}
	if anew || c.journal.f == nil {
		return c.journal.rewrite(next.base.Number, needed(next))
	}
	newest := next.log[len(next.log)-n:]
	if parts != nil {
		return c.journal.append(false, newest[0].frame(parts)...)
	}
	var frames []byte
	for i := range newest {
		var err error
		if frames, err = appendEntry(frames, &newest[i]); err != nil {
			return err
		}
	}
	return c.journal.append(false, frames)
}

// needed returns the entries that lead from the base to the tree: those behind
// the last that gave the tree as a whole, and that one unless it gave the base.
func needed(now *state) []entry {
	for i, e := range slices.Backward(now.log) {
		if e.whole() && e.after.Equal(now.base.Tree) {
			return now.log[i+1:]
		}
		if e.whole() {
			return now.log[i:]
		}
	}
	return now.log
}

// kept reports whether the log is on disk too. What a private candidate holds,
// and what is edited under the lock, ends with its session, and with the
// program. The caller holds mu.
func (c *Candidate) kept() bool { return !c.private && c.lock == nil }

// rewrite writes the journal anew, for a state. The caller holds mu.
func (c *Candidate) rewrite(now *state) error {
	switch {
	case c.private:
		return nil
	case c.lock != nil:
		return c.journal.rewrite(now.base.Number, nil)
	}
	return c.journal.rewrite(now.base.Number, needed(now))
}

func (c *Candidate) close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	return c.journal.close()
}

// Rollback makes the candidate what the running configuration was n commits
// ago; 0 discards all uncommitted edits, those of other sessions included. It
// waits for a commit under way. Protection is no matter: it goes back as well.
func (c *Candidate) Rollback(ctx context.Context, by event.Subject, n int) error {
	ed := edition{first: event.ConfigWhole{Username: by.User, Action: "rollback", Source: number(n)}}
	_, err := c.become(ctx, by, rollbackCommand(n), ed, func() (*configtree.Tree, error) {
		tree, _, err := c.store.Rollback(n)
		return tree, err
	})
	return err
}

// become makes the candidate a tree that the store has, by an edition that holds
// what is special about it. It waits for a commit under way.
func (c *Candidate) become(ctx context.Context, by event.Subject, command string, ed edition, get func() (*configtree.Tree, error)) ([]configtree.Problem, error) {
	if err := c.Usable(by); err != nil {
		return nil, err
	}
	s := c.store
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.unlock()
	tree, err := get()
	if err != nil {
		return nil, err
	}
	s.record(by, event.Load{Username: by.User, Command: command})
	ed.by, ed.action, ed.whole, ed.cost, ed.base = by, "set", tree, wholeCost, s.Running()
	_, problems, err := c.change(ctx, ed)
	return problems, err
}

// markJournal notes, durably, how far the log of a candidate goes into a new
// revision, for a start that finds the link moved and the log not.
func (c *Candidate) markJournal(running *Revision, m pointMark) error {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.kept() {
		return nil
	}
	c.journal.point = m
	var err error
	if c.journal.f == nil {
		err = c.journal.rewrite(running.Number, needed(c.state.Load()))
	} else {
		err = c.journal.append(true, appendPoint(nil, m))
	}
	if err != nil {
		c.journal.point = pointMark{}
	}
	return err
}

func (c *Candidate) unmarkJournal() {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.journal.point = pointMark{}
}

// last returns the number of the newest entry, 0 when there is none.
func (now *state) last() uint64 {
	if len(now.log) == 0 {
		return 0
	}
	return now.log[len(now.log)-1].seq
}

// rebase makes a revision that took force the base of the candidate. What was
// committed, the entries up to done, leaves the log; what the others edited is
// made again on top: a candidate is what its edits make of what is in force, so
// that an unconfirmed configuration does not live on in it. The error concerns
// the log on disk alone.
func (c *Candidate) rebase(base *Revision, done uint64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	marked := c.journal.point == pointMark{base.Number, done} && c.kept() && c.journal.f != nil && c.journal.size < goodJournal
	c.journal.point = pointMark{}
	c.refusedFor = nil
	now := c.state.Load()
	next := &state{base: base, tree: base.Tree}
	if !now.tree.Equal(now.base.Tree) {
		r := replay{base.Tree.Batch()}
		for _, e := range needed(now) {
			if e.seq <= done {
				continue
			}
			if r.entry(&e); !e.whole() {
				e.after = nil
			}
			next.log = append(next.log, e)
		}
		if next.tree = r.batch.Tree(); next.tree.Equal(base.Tree) {
			next.tree = base.Tree
		}
	}
	c.cost = cost(next.log)
	c.state.Store(next)
	if len(now.log) == 0 && base == now.base || c.ended {
		return nil // the journal says so already
	}
	if marked && c.journal.append(false, appendEnded(nil, base.Number)) == nil {
		return nil // it goes on behind the mark of the commit
	}
	return c.rewrite(next)
}
