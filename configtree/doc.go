// Package configtree holds a configuration as a value.
//
// A Tree is what was typed: statements of the schema, some of them inactive,
// some annotated. It never changes; an edit makes another tree that shares all
// but the spine above the change with the one before:
//
//	t2, err := t.Edit(configtree.Edit{Op: configtree.Set, Path: path, Value: "5514"})
//
// so that rollback, compare, commit check and candidates are pointer work, and
// any number of sessions may read one tree at the same time. Bulk loads go
// through a Batch, which owns the nodes it has copied and copies each but once.
//
// An Effective is what holds: the tree without its inactive parts and with what
// its groups give; each statement knows the group it is from. Check looks at it
// before a commit, decoders read it through a Reader, which remembers what was
// consumed. Merge brings the changes of one tree into another.
//
// Words become edits in one place, Resolve, whoever sent them.
//
// Storage. A node has a slot for each statement it contains, in schema order. A
// slot holds a single node, or the elements of a list: sorted by key, and for a
// list that its user orders, a second time by a private rank. The elements stand
// in an ordered set (ordered.go) whose shape follows from its contents alone, so
// that every node and every part of a set has one hash, however it came about:
// an equal hash means an equal part, and whoever compares or checks skips it.
package configtree
