package store

import (
	"loggia/configtree"
	"loggia/configtree/schema"
)

// advance applies the edits of a large load while the rest of it is being read, to the
// candidate as it was when that began. If it is still so at the end, what came of it holds.
// It keeps the edits as candidate.log has them: as they are, a million take 340 MB.
type advance struct {
	before *state
	parts  chan []configtree.Edit
	room   chan []configtree.Edit // parts that have been applied, for other edits
	ended  chan struct{}          // closed when what follows is there

	after    *configtree.Tree
	problems Problems
	bundle   bundle
	file     string // that the edits are of
	places   []placeInFile
	named    bool // all of them are about names and places, see auditor.edition
}

// placeInFile is where an edit stood.
type placeInFile struct{ line, col int32 }

// advancePart is how many edits it takes at a time, and maxAdvance how many such parts wait.
const (
	advancePart = 1024
	maxAdvance  = 16
)

func newAdvance(before *state) *advance {
	a := &advance{before: before, parts: make(chan []configtree.Edit, maxAdvance), room: make(chan []configtree.Edit, maxAdvance),
		ended: make(chan struct{}), named: true}
	go a.run(a.parts)
	return a
}

func (a *advance) run(parts <-chan []configtree.Edit) {
	defer close(a.ended)
	r := replay{a.before.tree.Batch()}
	for edits := range parts {
		a.problems = append(a.problems, r.edits(edits)...)
		a.bundle.add(edits)
		a.file = edits[0].File
		for i := range edits {
			a.places = append(a.places, placeInFile{int32(edits[i].Line), int32(edits[i].Col)})
			a.named = a.named && isNamed(&edits[i])
		}
		if cap(edits) == advancePart { // the first part is larger
			clear(edits)
			select {
			case a.room <- edits[:0]:
			default:
			}
		}
	}
	a.after = r.batch.Tree()
}

// take hands edits to the advance, and returns room for more.
func (a *advance) take(edits []configtree.Edit) []configtree.Edit {
	a.parts <- edits
	select {
	case room := <-a.room:
		return room
	default:
		return make([]configtree.Edit, 0, advancePart)
	}
}

// edits returns the edits that it has taken.
func (a *advance) edits(root *schema.Node) ([]configtree.Edit, error) {
	edits := make([]configtree.Edit, 0, len(a.places))
	for e, err := range a.bundle.edits(root) {
		if err != nil {
			return nil, err
		}
		at := a.places[len(edits)]
		e.File, e.Line, e.Col = a.file, int(at.line), int(at.col)
		edits = append(edits, e)
	}
	return edits, nil
}

// ahead hands the edits that were read since it was last asked to the advance, in parts;
// the first come when the load turns out to be large.
func (ed *edition) ahead(all bool) {
	switch {
	case ed.begin == nil || ed.count < largeLoad:
		return
	case ed.advance == nil:
		ed.advance = newAdvance(ed.begin())
	case len(ed.edits) == 0 || !all && len(ed.edits) < advancePart:
		return
	}
	ed.edits = ed.advance.take(ed.edits)
}

// arrive ends the advance: all has been read, or nobody wants to know any more.
func (ed *edition) arrive() {
	if a := ed.advance; a != nil && a.parts != nil {
		close(a.parts)
		<-a.ended
		a.parts = nil
	}
}

// stray gives the advance up, and takes back the edits that it has: what has been read
// means something else than it says, or is for another candidate.
func (ed *edition) stray(root *schema.Node) error {
	ed.arrive()
	ed.begin = nil
	a := ed.advance
	if a == nil {
		return nil
	}
	ed.advance = nil
	edits, err := a.edits(root)
	ed.edits = append(edits, ed.edits...)
	return err
}
