package store

import (
	"loggia/configtree"
	"loggia/configtree/schema"
)

// editsFor returns edits that lead from one tree to another, of which changes is
// the comparison, or nil when these are no way: the order of a user-ordered
// list, for instance, is given with the whole tree.
func editsFor(from, to *configtree.Tree, changes []configtree.Change) []configtree.Edit {
	// What goes is deleted last: a container with other contents before and after
	// is never empty, and keeps its marks. What comes may have removed it already.
	all, gone := []configtree.Edit{}, []configtree.Edit(nil)
	for i := range changes {
		switch c := &changes[i]; c.Kind {
		case configtree.Removed:
			gone = append(gone, configtree.Edit{Op: configtree.Delete, Path: c.Path})
		case configtree.Added:
			all = appendSets(all, c.New, c.Path)
		case configtree.Modified:
			all = append(all, configtree.Edit{Op: configtree.Set, Path: c.Path, Value: c.New.Value()})
		case configtree.Activated:
			all = append(all, configtree.Edit{Op: configtree.Activate, Path: c.Path})
		case configtree.Deactivated:
			all = append(all, configtree.Edit{Op: configtree.Deactivate, Path: c.Path})
		case configtree.Commented:
			all = append(all, configtree.Edit{Op: configtree.Annotate, Path: c.Path, Value: c.New.Comment()})
		}
	}
	all = append(all, gone...)
	if tree, _ := applyAll(from, all); !tree.Equal(to) {
		return nil
	}
	return all
}

// appendSets appends the edits that make a statement with all below it.
func appendSets(all []configtree.Edit, n configtree.Node, path configtree.Path) []configtree.Edit {
	if s := n.Schema(); s.Kind != schema.Container || s.Presence {
		e := configtree.Edit{Op: configtree.Set, Path: path}
		if s.Kind == schema.Leaf {
			e.Value = n.Value()
		}
		all = append(all, e)
	}
	for c := range n.Children() {
		all = appendSets(all, c, path.Append(configtree.Step{Node: c.Schema(), Key: c.Key()}))
	}
	if n.Comment() != "" {
		all = append(all, configtree.Edit{Op: configtree.Annotate, Path: path, Value: n.Comment()})
	}
	if n.Inactive() {
		all = append(all, configtree.Edit{Op: configtree.Deactivate, Path: path})
	}
	return all
}
