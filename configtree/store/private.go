package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"loggia/audit/event"
	"loggia/configtree"
	"loggia/configtree/schema"
)

// Private makes a candidate for one session alone: `configure private`. It is
// refused by a *LockedError when another session has the lock, and by
// ErrSharedModified when the shared candidate has uncommitted edits, or a
// *PendingError when they wait for the time of their commit.
//
// Its Commit merges what the session changed into what is in force by then. Its
// Rollback and the loads that replace everything start from what is in force
// when they are made.
func (s *Store) Private(by event.Subject) (*Candidate, error) {
	shared := s.shared
	shared.mu.Lock()
	defer shared.mu.Unlock()
	switch {
	case shared.ended:
		return nil, ErrClosed
	case shared.lock != nil && shared.lock.by != by:
		return nil, &LockedError{shared.lock.Holder()}
	}
	if err := s.modified(ErrSharedModified); err != nil {
		return nil, err
	}
	c := &Candidate{store: s, private: true, owner: Holder{By: by, Since: s.now(), Private: true}}
	running := s.Running()
	c.state.Store(&state{base: running, tree: running.Tree})
	s.mu.Lock()
	defer s.mu.Unlock()
	s.privates = append(s.privates, c)
	return c, nil
}

// privateCandidates returns the private candidates there are.
func (s *Store) privateCandidates() []*Candidate {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.privates)
}

// privateInUse reports whether a session other than by has private edits.
func (s *Store) privateInUse(by event.Subject) bool {
	return slices.ContainsFunc(s.privateCandidates(), func(c *Candidate) bool { return c.owner.By != by && c.Dirty() })
}

// Private reports whether the candidate is one session's own.
func (c *Candidate) Private() bool { return c.private }

// At tells where the session of a private candidate edits, for the others.
func (c *Candidate) At(p configtree.Path) { c.at.set(p) }

// Discard ends a private candidate with all that is uncommitted in it. It
// reports whether there was something. The shared candidate stays as it is.
func (c *Candidate) Discard() (discarded bool) {
	if !c.private {
		return false
	}
	s := c.store
	s.mu.Lock()
	s.privates = slices.DeleteFunc(s.privates, func(p *Candidate) bool { return p == c })
	s.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	discarded = !c.ended && c.Dirty()
	c.ended = true
	return discarded
}

// ConflictError refuses a merge: the session and others changed the same
// statements, each in another way. Nothing changed.
type ConflictError struct {
	Base, Mine, Theirs *configtree.Tree // what both began with, and what each side has made of it

	Conflicts []configtree.Conflict
	Protected []configtree.Problem // what mine comes to that was protected meanwhile
	Again     bool                 // another commit puts mine in the place of theirs
}

// Error returns the last line that the user sees, without "error: ".
func (e *ConflictError) Error() string {
	text := "1 conflict with committed changes"
	if n := len(e.Conflicts) + len(e.Protected); n != 1 {
		text = fmt.Sprintf("%d conflicts with committed changes", n)
	}
	if e.Again {
		text += "; 'commit' again overrules them"
	}
	return text
}

// Problems returns the conflicts as problems that show mine and theirs, and behind them what
// is protected.
func (e *ConflictError) Problems() []configtree.Problem {
	all := make([]configtree.Problem, len(e.Conflicts), len(e.Conflicts)+len(e.Protected))
	for i := range e.Conflicts {
		c := &e.Conflicts[i]
		all[i] = configtree.Problem{Path: c.Path, Kind: configtree.Constraint,
			Err: fmt.Errorf("conflict: mine is %s, theirs is %s", side(c.Mine), side(c.Theirs))}
	}
	for _, p := range e.Protected {
		p.Warning = false // nothing is left out: all is refused
		all = append(all, p)
	}
	return all
}

// Unwrap returns the conflicts one by one, as problems.
func (e *ConflictError) Unwrap() []error { return Problems(e.Problems()).Unwrap() }

// side says in few words what a statement is on one side of a conflict.
func side(n configtree.Node) string {
	if !n.Valid() {
		return "deleted"
	}
	text := configtree.Step{Node: n.Schema(), Key: n.Key()}.String()
	if s := n.Schema(); s.Kind == schema.Leaf && !s.Secret && n.Value() != "" {
		text += " " + configtree.Quote(n.Value())
	} else if s.Secret {
		text = s.Name + " " + configtree.SecretMark
	}
	if n.Inactive() {
		text = "inactive: " + text
	}
	if n.Comment() != "" {
		text = fmt.Sprintf("/* %s */ %s", n.Comment(), text)
	}
	return "'" + text + "'"
}

// disputes are the conflicts that a commit was refused for.
type disputes struct {
	with  *Revision // what was in force
	about []string  // kind and path of each, sorted
}

func newDisputes(with *Revision, conflicts []configtree.Conflict) *disputes {
	d := &disputes{with: with}
	for i := range conflicts {
		d.about = append(d.about, conflicts[i].Kind.String()+" "+conflicts[i].Path.String())
	}
	slices.Sort(d.about)
	return d
}

// knew reports whether a commit was refused for all of these conflicts.
func (d *disputes) knew(these *disputes) bool {
	return d != nil && d.with == these.with && !slices.ContainsFunc(these.about, func(one string) bool {
		_, found := slices.BinarySearch(d.about, one)
		return !found
	})
}

// insisted is merged for a commit: the first is refused for its conflicts, and the
// next, while nobody committed anything else, has mine hold in each of them. That
// is how Junos commits a private configuration. What is protected is not overruled.
func (c *Candidate) insisted(now *state, running *Revision) (*configtree.Tree, error) {
	tree, err := c.merged(now, running)
	conflict, ok := errors.AsType[*ConflictError](err)
	if !ok || len(conflict.Protected) > 0 {
		return tree, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	these := newDisputes(running, conflict.Conflicts)
	if c.refusedFor.knew(these) {
		return configtree.Overrule(now.base.Tree, now.tree, running.Tree), nil
	}
	c.refusedFor = these
	conflict.Again = true
	return nil, conflict
}

// merged returns what the session of a private candidate changed, applied to
// what is in force.
func (c *Candidate) merged(now *state, running *Revision) (*configtree.Tree, error) {
	if now.base == running {
		return now.tree, nil
	}
	base := now.base.Tree
	tree, conflicts := configtree.Merge(base, now.tree, running.Tree)
	if len(conflicts) > 0 {
		tree = configtree.Overrule(base, now.tree, running.Tree)
	}
	protected := protectedSince(base, running.Tree, tree)
	if len(conflicts)+len(protected) == 0 {
		return tree, nil
	}
	conflicts = slices.DeleteFunc(conflicts, func(c configtree.Conflict) bool { // said already
		return slices.ContainsFunc(protected, func(p configtree.Problem) bool { return p.Path.Within(c.Path) || c.Path.Within(p.Path) })
	})
	return nil, &ConflictError{Base: base, Mine: now.tree, Theirs: running.Tree, Conflicts: conflicts, Protected: protected}
}

// protectedSince is what protection that came about after base has against going from a
// tree to another. What base has protected too stood in the way of every edit of it already.
func protectedSince(base, from, to *configtree.Tree) []configtree.Problem {
	guard := from.Unprotected(base.IsProtected)
	return guard.Opposed(configtree.Diff(from, to))
}

// Update brings what others committed into a private candidate: `update`. The
// error is a *ConflictError when the same statements were changed here. It waits
// for a commit under way. In the shared candidate there is nothing to do.
func (c *Candidate) Update(ctx context.Context, by event.Subject) ([]configtree.Change, error) {
	if err := c.Usable(by); err != nil || !c.private {
		return nil, err
	}
	s := c.store
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	now, running := c.state.Load(), s.Running()
	tree, err := c.merged(now, running)
	if err != nil {
		return nil, err
	}
	s.record(by, event.ConfigWhole{Username: by.User, Action: "update", Source: fmt.Sprintf("revision %d", running.Number)})
	c.state.Store(&state{base: running, tree: tree, log: now.log})
	return configtree.Diff(now.tree, tree), nil
}
