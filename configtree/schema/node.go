package schema

// Kind tells what a Node is.
type Kind uint8

// The kinds of nodes. A YANG choice is not a node: its leaves stand in the
// parent, marked with Choice and Case.
const (
	Container Kind = iota
	List
	Leaf
	LeafList
)

// Node is one statement of the schema. Nodes are immutable once linked.
type Node struct {
	Name        string
	Kind        Kind
	Description string  // help text, one line
	Parent      *Node   // nil for the root
	Children    []*Node // in schema order, which is display order

	Presence       bool   // a container that may stand alone (`structured-data;`)
	UserOrdered    bool   // list or leaf-list that keeps the order of entry
	Key            string // List: the name of its key leaf, "name" nearly everywhere
	KeyType        Type   // List: what the key may be. The key leaf is not among Children
	KeyDescription string // List: help text of the key
	MaxElements    int    // List, LeafList: 0 is unbounded
	Mandatory      bool
	Default        string // Leaf: as in YANG, documentation and decode only; never displayed
	Type           Type   // Leaf, LeafList

	Choice, Case     string   // YANG choice and case that the node belongs to; setting one case removes the others
	MandatoryChoices []string // Container, List: choices of which one case has to be set

	Musts       []Must // constraints, evaluated with this node as context
	MustMessage string // text shown when the first of Musts fails; each Must has its own Message

	// Presentation, from the extension module loggia-cli.
	NoKeyword    bool   // list entered and displayed by its key alone (`any notice;`)
	Oneliner     bool   // contents always on the statement's own line
	OnelinerPlus bool   // likewise while every child has at most one value
	Homogeneous  bool   // all entries in one pair of braces under the keyword
	Placeholder  string // `<file-name>` in ?: of the value, or of the key of a list
	Dynamic      string // schema path whose existing keys are offered by Tab
	Secret       bool   // value, or key of a list: displayed with ## SECRET-DATA, masked in records
	Permission   string // permission flag that sees it, inherited; with "-control" changes it
	Accepted     bool   // with everything below has no effect here: the commit says so once
	Unkept       bool   // leaf that is taken and not kept in a Tree, such as the version that the program writes itself

	// Groups is what the statement does for configuration groups, see GroupsRole.
	Groups GroupsRole
	// Origin is, of a statement below a group, the statement of the hierarchy
	// that it stands for; nil everywhere else.
	Origin *Node

	byName map[string]*Node
}

// NeedsContents reports whether the entries of a list are one statement with their
// contents: `any notice;` is one, `any;` is not, so that deleting the contents
// deletes the entry.
func (n *Node) NeedsContents() bool {
	return (n.NoKeyword || n.Oneliner) && len(n.MandatoryChoices) > 0
}

// Child returns the child statement called name exactly, or nil.
func (n *Node) Child(name string) *Node { return n.byName[name] }

// AcceptedAt returns the topmost statement, n or one above it, that marks n as
// accepted without effect, or nil if n is obeyed.
func (n *Node) AcceptedAt() *Node {
	var top *Node
	for ; n != nil; n = n.Parent {
		if n.Accepted {
			top = n
		}
	}
	return top
}

// Link completes a tree of nodes made by hand or decoded from the table: it
// sets Parent, the index by name, compiles patterns, and puts what is declared
// once for configuration groups wherever it belongs (see GroupsRole). It must be
// called once, on the root, before use. A pattern that is no regular expression
// matches nothing; the generator lets none pass.
func (n *Node) Link() *Node {
	n.repeatGroups()
	n.link(patterns{})
	n.fillGroups()
	return n
}

func (n *Node) link(p patterns) {
	p.compile(&n.Type)
	p.compile(&n.KeyType)
	n.index()
	for _, c := range n.Children {
		c.link(p)
	}
}

// index makes the children know their parent, and the parent their names.
func (n *Node) index() {
	if len(n.Children) > 0 {
		n.byName = make(map[string]*Node, len(n.Children))
	}
	for _, c := range n.Children {
		c.Parent = n
		n.byName[c.Name] = c
	}
}
