package store

import "loggia/configtree"

// Conflict is a statement that two sessions changed, each in another way.
type Conflict struct{ Path configtree.Path }

// Merge takes over what changed between base and mine if theirs has not moved on;
// else everything that changed is a conflict.
func Merge(base, mine, theirs *configtree.Tree) (*configtree.Tree, []Conflict) {
	if theirs.Equal(base) {
		return mine, nil
	}
	var all []Conflict
	for _, c := range configtree.Diff(base, mine) {
		all = append(all, Conflict{c.Path})
	}
	return theirs, all
}
