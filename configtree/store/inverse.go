package store

import (
	"loggia/configtree"
	"loggia/configtree/schema"
)

// editsFor returns edits that lead from one tree to another, of which changes is
// the comparison, or nil when these are no way, as protected statements can make
// it: then the tree has to be given whole.
func editsFor(from, to *configtree.Tree, changes []configtree.Change) []configtree.Edit {
	// What goes is deleted last: a container with other contents before and after
	// is never empty, and keeps its marks. What comes may have removed it already.
	w := wayTo{edits: []configtree.Edit{}, before: map[string]map[string]string{}}
	for i := range changes {
		w.change(&changes[i])
	}
	all := append(w.edits, w.gone...)
	if tree, _ := applyAll(from, all); !tree.Equal(to) {
		return nil
	}
	return all
}

// wayTo gathers the edits that make changes.
type wayTo struct {
	edits  []configtree.Edit
	gone   []configtree.Edit            // deletions
	before map[string]map[string]string // of user-ordered lists: who stands in front of whom
}

func (w *wayTo) add(op configtree.Op, p configtree.Path, value string) {
	w.edits = append(w.edits, configtree.Edit{Op: op, Path: p, Value: value})
}

func (w *wayTo) change(c *configtree.Change) {
	switch c.Kind {
	case configtree.Removed:
		w.gone = append(w.gone, configtree.Edit{Op: configtree.Delete, Path: c.Path})
	case configtree.Added:
		w.statement(c.New, c.Path)
		w.place(c.New, c.Path)
	case configtree.Moved:
		w.place(c.New, c.Path)
	case configtree.Modified:
		w.add(configtree.Set, c.Path, c.New.Value())
	case configtree.Activated:
		w.add(configtree.Activate, c.Path, "")
	case configtree.Deactivated:
		w.add(configtree.Deactivate, c.Path, "")
	case configtree.Commented:
		w.add(configtree.Annotate, c.Path, c.New.Comment())
	case configtree.BecameProtected:
		w.add(configtree.Protect, c.Path, "")
	case configtree.BecameUnprotected:
		w.add(configtree.Unprotect, c.Path, "")
	}
}

// statement makes a statement with all below it.
func (w *wayTo) statement(n configtree.Node, path configtree.Path) {
	if s := n.Schema(); s.Kind == schema.Leaf {
		w.add(configtree.Set, path, n.Value())
	} else if s.Kind != schema.Container || s.Presence {
		w.add(configtree.Set, path, "")
	}
	for c := range n.Children() {
		w.statement(c, path.Append(configtree.Step{Node: c.Schema(), Key: c.Key()}))
	}
	if n.Comment() != "" {
		w.add(configtree.Annotate, path, n.Comment())
	}
	if n.Inactive() {
		w.add(configtree.Deactivate, path, "")
	}
	if n.Protected() {
		w.add(configtree.Protect, path, "")
	}
}

// place puts an element of a user-ordered list where it stands. The changes come
// in the order of the list, so that who stands in front of it is in place.
func (w *wayTo) place(n configtree.Node, path configtree.Path) {
	s := n.Schema()
	if !s.UserOrdered {
		return
	}
	name := path.Parent().Append(configtree.Step{Node: s}).String()
	before, ok := w.before[name]
	if !ok {
		before = map[string]string{}
		last := ""
		for e := range n.Parent().Entries(s.Name) {
			before[e.Key()], last = last, e.Key()
		}
		w.before[name] = before
	}
	if last := before[n.Key()]; last != "" {
		w.add(configtree.InsertAfter, path, last)
		return
	}
	w.add(configtree.InsertBefore, path, "") // it is the first
}
