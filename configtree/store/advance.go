package store

import (
	"loggia/configtree"
)

// advance applies the edits of a large load while the rest of it is being read, to the
// candidate as it was when that began. If it is still so at the end, what came of it holds.
type advance struct {
	before *state
	parts  chan []configtree.Edit
	ended  chan struct{} // closed when what follows is there

	after    *configtree.Tree
	problems Problems
}

// advancePart is how many edits it takes at a time, and maxAdvance how many such parts wait.
const (
	advancePart = 1024
	maxAdvance  = 64
)

func newAdvance(before *state) *advance {
	parts := make(chan []configtree.Edit, maxAdvance)
	a := &advance{before: before, parts: parts, ended: make(chan struct{})}
	go func() {
		defer close(a.ended)
		r := replay{before.tree.Batch()}
		for edits := range parts {
			a.problems = append(a.problems, r.edits(edits)...)
		}
		a.after = r.batch.Tree()
	}()
	return a
}

// ahead hands the edits that were read since it was last asked to the advance, in parts;
// the first come when the load turns out to be large. They are not changed any more.
func (ed *edition) ahead(all bool) {
	n := len(ed.edits)
	switch {
	case ed.begin == nil || n < largeLoad:
		return
	case ed.advance == nil:
		ed.advance = newAdvance(ed.begin())
	case !all && n-ed.advanced < advancePart:
		return
	}
	ed.advance.parts <- ed.edits[ed.advanced:n:n]
	ed.advanced = n
}

// arrive ends the advance: all has been read, or nobody wants to know any more.
func (ed *edition) arrive() {
	if a := ed.advance; a != nil && a.parts != nil {
		close(a.parts)
		<-a.ended
		a.parts = nil
	}
}

// stray gives the advance up: what has been read means something else than it says.
func (ed *edition) stray() {
	ed.arrive()
	ed.begin, ed.advance = nil, nil
}
