package store

import (
	"context"

	"loggia/configtree"
)

// Try checks a configuration that is in no candidate as `commit check` checks
// one, the subsystems' part included, and changes nothing: `test configuration`.
// The warnings come without an error; a *CheckError has everything that is wrong.
func (s *Store) Try(ctx context.Context, tree *configtree.Tree) ([]configtree.Problem, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.unlock()
	e := tree.Expand()
	problems := Problems(e.Check(nil))
	if problems.fatal() {
		return nil, &CheckError{problems}
	}
	ready, found, err := s.prepare(ctx, Change{Next: e, Reason: ReasonCheck})
	problems = append(problems, found...)
	switch {
	case problems.fatal():
		return nil, &CheckError{problems}
	case err != nil:
		return nil, err
	}
	ready.abort()
	return problems, nil
}
