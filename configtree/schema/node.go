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

	Presence    bool   // a container that may stand alone (`structured-data;`)
	UserOrdered bool   // list or leaf-list that keeps the order of entry
	Key         string // List: the name of its key leaf, "name" nearly everywhere
	KeyType     Type   // List: what the key may be. The key leaf is not among Children
	MaxElements int    // List, LeafList: 0 is unbounded
	Mandatory   bool
	Default     string // Leaf: as in YANG, documentation and decode only; never displayed
	Type        Type   // Leaf, LeafList

	Choice, Case string // YANG choice and case that the node belongs to; setting one case removes the others

	Musts       []Must // constraints, evaluated with this node as context
	MustMessage string // text shown when one fails

	// Presentation, from the extension module loggia-cli.
	NoKeyword    bool   // list entered and displayed by its key alone (`any notice;`)
	Oneliner     bool   // contents always on the statement's own line
	OnelinerPlus bool   // likewise while every child has at most one value
	Homogeneous  bool   // all entries in one pair of braces under the keyword
	Placeholder  string // `<file-name>` in ?
	Dynamic      string // schema path whose existing keys are offered by Tab
	Secret       bool   // displayed with ## SECRET-DATA, masked in records
	Permission   string // permission flag that sees it; with "-control" changes it
	Accepted     bool   // has no effect here: the commit says so once

	byName map[string]*Node
}

// Base is the fundamental type of a value.
type Base uint8

// The base types.
const (
	String        Base = iota
	Unsigned           // Ranges bound it
	Empty              // a leaf without a value (`world-readable;`)
	Enumeration        // Enums
	Address            // IPv4 or IPv6 address
	AddressOrName      // address or host name
	Prefix             // address/length
	Bytes              // a number with optional suffix k, m or g; Ranges bound the bytes; kept as typed
	TimeZone           // IANA zone name or GMT±n
	DateTime           // yyyy-mm-dd.hh:mm
)

// Type describes the values of a leaf, a leaf-list or a list key.
type Type struct {
	Base     Base
	Ranges   []Range // Unsigned, Bytes; empty is unbounded
	Lengths  []Range // String: length in characters
	Enums    []Enum
	Patterns []Pattern // String: all must match
	Units    string    // such as minutes, for help and errors
}

// Range is an inclusive interval.
type Range struct{ Min, Max uint64 }

// Enum is one word of an enumeration.
type Enum struct{ Name, Help string }

// Pattern is a restriction on a string: an anchored regular expression and
// what to say when it does not match.
type Pattern struct{ Expr, Message string }

// Child returns the child statement called name exactly, or nil.
func (n *Node) Child(name string) *Node { return n.byName[name] }

// Link completes a tree of nodes made by hand or decoded from the table: it sets Parent
// and the index by name. It must be called once, on the root, before use.
func (n *Node) Link() *Node {
	n.byName = make(map[string]*Node, len(n.Children))
	for _, c := range n.Children {
		c.Parent = n
		n.byName[c.Name] = c
		c.Link()
	}
	return n
}

// Must is one parsed `must` constraint.
type Must struct{ Expr string }
