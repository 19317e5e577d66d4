package cli

import (
	"context"

	"loggia/configtree"
	"loggia/configtree/store"
)

// A batch that ends with `commit check` rehearses: what it changed is to be undone, and that
// is no failure. What is changed behind the check nobody has asked to be forgotten.

// trial is what the last `commit check` found right.
type trial struct {
	candidate *store.Candidate // nil before any
	mark      store.Mark       // behind the last edit that was checked
	tree      *configtree.Tree
}

// tries notes that what is edited was checked, and is right.
func (s *Session) tries() {
	c := s.mode.candidate
	s.tried = trial{c, c.Mark(s.env.Caller), c.Tree()}
}

// undoBatch takes back what a batch has edited and not committed. undone is whether there was
// anything, asked whether all of it had been checked. Others may edit the same candidate, so
// that is asked of the edits, not of what they made.
func (s *Session) undoBatch(ctx context.Context) (undone, asked bool, err error) {
	if s.tried.candidate == s.shared {
		late, err := s.shared.Undo(ctx, s.tried.mark)
		if err != nil {
			return false, false, err
		}
		undone, asked = len(late) > 0, len(late) == 0
	}
	changes, err := s.shared.Undo(ctx, s.mark)
	return undone || len(changes) > 0, asked, err
}
