package schema

// GroupsRole is what a statement does for configuration groups. The modules
// declare four such statements at the top, and Link puts them where they belong:
//
//	apply-groups [ a b ];       the leaf-lists stand in every container and list
//	system {                    entry, oneliners aside, in front of the rest
//	    apply-groups c;
//	    apply-flags omit;       what `show` does with the level; in a group as a whole, too
//	}
//	groups a {                  the list holds the hierarchy once more, without
//	    system { … }            groups, so that groups do not nest
//	}
//
// What stands below a group has nodes of its own, for a path knows where it is;
// their Origin leads to the statements they stand for. Types, patterns and texts
// are shared. Keys of lists may be wildcards there, and nothing is mandatory.
type GroupsRole uint8

// The roles.
const (
	NoGroupsRole  GroupsRole = iota
	DefinesGroups            // list: the groups, by name
	AppliesGroups            // leaf-list: names of the groups that are inherited from here on
	ExceptsGroups            // leaf-list: names of those that are not
	FlagsLevel               // leaf-list: words about the level, which nothing inherits
)

// fits reports whether a statement of this kind can have the role.
func (r GroupsRole) fits(k Kind) bool {
	switch r {
	case NoGroupsRole:
		return true
	case DefinesGroups:
		return k == List
	case AppliesGroups, ExceptsGroups, FlagsLevel:
		return k == LeafList
	}
	return false
}

// everywhere reports whether a statement with the role stands in every level.
func (r GroupsRole) everywhere() bool {
	return r == AppliesGroups || r == ExceptsGroups || r == FlagsLevel
}

// repeated reports whether n is a copy that repeatGroups made.
func (n *Node) repeated() bool {
	return n.Groups.everywhere() && n.Parent != nil && n.Parent.Parent != nil
}

// repeatGroups copies the leaf-lists of names from the root to every level.
func (n *Node) repeatGroups() {
	var names []*Node
	for _, c := range n.Children {
		if c.Groups.everywhere() {
			names = append(names, c)
		}
	}
	if len(names) == 0 {
		return
	}
	for _, c := range n.Children {
		if c.Groups == NoGroupsRole {
			c.receive(names)
		}
	}
}

func (n *Node) receive(names []*Node) {
	if n.Kind != Container && n.Kind != List || n.Oneliner {
		return
	}
	for _, c := range n.Children {
		c.receive(names)
	}
	all := make([]*Node, 0, len(names)+len(n.Children))
	for _, name := range names {
		c := *name
		c.Permission = n.Permission
		all = append(all, &c)
	}
	n.Children = append(all, n.Children...)
}

// fillGroups gives the lists of groups the hierarchy that they hold.
func (n *Node) fillGroups() {
	for _, groups := range n.Children {
		if groups.Groups != DefinesGroups {
			continue
		}
		slab := make([]Node, 0, n.size()-1)
		groups.Children = append(n.levelFlags(), n.contents(&slab)...)
		groups.index()
	}
}

// levelFlags copies what is said of levels, for a group as one.
func (n *Node) levelFlags() []*Node {
	var all []*Node
	for _, c := range n.Children {
		if c.Groups == FlagsLevel {
			twin := *c
			all = append(all, &twin)
		}
	}
	return all
}

// size counts the nodes of n that a group holds.
func (n *Node) size() int {
	count := 1
	for _, c := range n.Children {
		if c.Groups == NoGroupsRole {
			count += c.size()
		}
	}
	return count
}

// contents copies what stands below n into the slab, which is large enough.
func (n *Node) contents(slab *[]Node) []*Node {
	var all []*Node
	for _, c := range n.Children {
		if c.Groups != NoGroupsRole {
			continue
		}
		*slab = append(*slab, *c)
		twin := &(*slab)[len(*slab)-1]
		twin.Origin = c
		twin.Mandatory, twin.Musts, twin.MustMessage = false, nil, ""
		twin.KeyType.Wildcards = c.Kind == List
		twin.Children = c.contents(slab)
		twin.index()
		all = append(all, twin)
	}
	return all
}
