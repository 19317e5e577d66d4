package store

import (
	"slices"

	"loggia/configtree"
)

// replay applies entries in a row.
type replay struct{ batch *configtree.Batch }

// entry applies e and returns what could not be applied.
func (r *replay) entry(e *entry) Problems {
	if e.whole() {
		r.batch = e.after.Batch()
		return nil
	}
	edits, err := e.unpack(r.batch.Schema())
	if err != nil {
		return Problems{{Err: err}}
	}
	return r.edits(edits)
}

func (r *replay) edits(edits []configtree.Edit) (problems Problems) {
	for i := range edits {
		problems = append(problems, problemsOf(r.batch.Apply(edits[i]))...)
	}
	return problems
}

// applyAll applies edits and returns the tree and what could not be applied.
func applyAll(tree *configtree.Tree, edits []configtree.Edit) (*configtree.Tree, Problems) {
	r := replay{tree.Batch()}
	problems := r.edits(edits)
	return r.batch.Tree(), problems
}

// replayFrom begins a replay of the log that is to come to entry first: with which entry.
func (now *state) replayFrom(first int) (replay, int) {
	for from := first; from > 0; from-- {
		if after := now.log[from-1].after; after != nil {
			return replay{after.Batch()}, from
		}
	}
	return replay{now.base.Tree.Batch()}, 0
}

// without replays the log from entry first on, leaving out what drop says.
func (now *state) without(first int, drop func(entry) bool) *state {
	next := &state{base: now.base, log: slices.Clone(now.log[:first])}
	r, from := now.replayFrom(first)
	for i, e := range now.log[from:] {
		again := from+i >= first
		if again && drop(e) {
			continue
		}
		r.entry(&e)
		if !e.whole() {
			e.after = nil
		}
		if again {
			next.log = append(next.log, e)
		}
	}
	next.tree = r.batch.Tree()
	return next
}
