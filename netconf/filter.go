package netconf

import (
	"slices"

	"github.com/beevik/etree"

	"loggia/configtree"
	"loggia/configtree/schema"
)

// select returns what a subtree filter (RFC 6241, 6) leaves of a configuration.
// filter is the element <configuration>; one without contents selects all.
func selected(root configtree.Node, filter *etree.Element) (*configtree.Tree, error) {
	s := selection{batch: configtree.New(root.Schema()).Batch()}
	s.within(root, filter)
	return s.batch.Tree(), s.err
}

type selection struct {
	batch *configtree.Batch
	err   error // the first that copying gave
}

// within takes of n what the element f of a filter asks for.
func (s *selection) within(n configtree.Node, f *etree.Element) {
	wanted := f.ChildElements()
	if len(wanted) == 0 {
		s.copy(n)
		return
	}
	narrows := false // to less than all of n
	var matched []string
	for _, w := range wanted {
		switch value := text(w); {
		case value == "" || len(w.ChildElements()) > 0:
			narrows = true
		case !has(n, w.Tag, value):
			return // RFC 6241, 6.2.5: all content matches have to hold
		default:
			matched = append(matched, w.Tag)
		}
	}
	if !narrows {
		s.copy(n)
		return
	}
	if n.Schema().Kind == schema.List {
		s.edit(configtree.Edit{Op: configtree.Set, Path: n.Path()})
	}
	for _, w := range wanted {
		if slices.Contains(matched, w.Tag) {
			s.copy(n.Child(w.Tag)) // what matched is shown
			continue
		}
		for c := range children(n, w.Tag) {
			s.within(c, w)
		}
	}
}

// has reports whether a leaf, an element of a leaf-list or the key of n has a value.
func has(n configtree.Node, name, value string) bool {
	if sch := n.Schema(); sch.Kind == schema.List && name == sch.Key {
		return n.Key() == value
	}
	for c := range children(n, name) {
		if c.Value() == value {
			return true
		}
	}
	return false
}

// children yields the statements of n that have a name: the entries of a list,
// the elements of a leaf-list, or the one.
func children(n configtree.Node, name string) func(yield func(configtree.Node) bool) {
	return func(yield func(configtree.Node) bool) {
		sch := n.Schema().Child(name)
		switch {
		case sch == nil:
		case sch.Kind == schema.List || sch.Kind == schema.LeafList:
			n.Entries(name)(yield)
		default:
			if c := n.Child(name); c.Valid() {
				yield(c)
			}
		}
	}
}

// copy takes n with everything below it.
func (s *selection) copy(n configtree.Node) {
	if !n.Valid() {
		return
	}
	p := n.Path()
	switch sch := n.Schema(); {
	case len(p) == 0:
	case sch.Kind == schema.Leaf:
		s.edit(configtree.Edit{Op: configtree.Set, Path: p, Value: n.Value()})
	case sch.Kind != schema.Container || n.Empty():
		s.edit(configtree.Edit{Op: configtree.Set, Path: p})
	}
	for c := range n.Children() {
		s.copy(c)
	}
	if n.Comment() != "" {
		s.edit(configtree.Edit{Op: configtree.Annotate, Path: p, Value: n.Comment()})
	}
	if n.Inactive() {
		s.edit(configtree.Edit{Op: configtree.Deactivate, Path: p})
	}
	if n.Protected() {
		s.edit(configtree.Edit{Op: configtree.Protect, Path: p})
	}
}

func (s *selection) edit(e configtree.Edit) {
	if err := s.batch.Apply(e); err != nil && s.err == nil {
		s.err = err
	}
}
