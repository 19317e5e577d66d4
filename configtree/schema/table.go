package schema

import (
	_ "embed" // the table
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
)

// The table begins with tableMagic. Then come the texts: their number, their
// lengths, and their bytes in one run; the rest refers to them by number. Then
// comes the root node. All numbers are unsigned varints. A node is
//
//	kind, name, description, flags       above the flags the role in groups
//	key, key description, key type       lists only
//	type                                 leaves and leaf-lists only
//	max-elements, default, placeholder, dynamic, permission, choice, case
//	mandatory choices, musts             a count, then texts; expression and message for a must
//	children                             a count, then nodes in schema order
//
// and a type is base, text, units, ranges, lengths (counts, then pairs), enums
// (a count, then word and help) and patterns (likewise).
const tableMagic = "loggia schema 1\n"

//go:embed schema.table
var table string

// Load decodes the embedded schema and returns the root of the whole hierarchy,
// an unnamed container with the statements of [edit] as its children. Each call
// builds a tree of its own: the program loads once and hands the tree on, for
// nodes are compared by identity. The tree is safe for concurrent use.
func Load() (*Node, error) {
	return Decode(table)
}

// Decode decodes a table that Encode made, and links the tree.
func Decode(data string) (*Node, error) {
	rest, ok := strings.CutPrefix(data, tableMagic)
	if !ok {
		return nil, errors.New("schema table: not a table of this version")
	}
	d := decoder{rest: rest}
	d.readTexts()
	root := d.node(0)
	if d.err == nil && d.rest != "" {
		d.fail("has %d bytes too many", len(d.rest))
	}
	if d.err != nil {
		return nil, d.err
	}
	return root.Link(), nil
}

// flags lists the fields that the flags of a node stand for, lowest bit first.
func (n *Node) flags() [10]*bool {
	return [...]*bool{&n.Presence, &n.UserOrdered, &n.Mandatory, &n.NoKeyword, &n.Oneliner,
		&n.OnelinerPlus, &n.Homogeneous, &n.Secret, &n.Accepted, &n.Unkept}
}

// maxDepth bounds how deep a table may nest.
const maxDepth = 64

type decoder struct {
	rest  string
	texts []string
	err   error
}

func (d *decoder) fail(format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf("schema table: "+format, args...)
	}
	d.rest = ""
}

func (d *decoder) number() uint64 {
	var n uint64
	for i := 0; i < len(d.rest) && i < binary.MaxVarintLen64; i++ {
		c := d.rest[i]
		n |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			d.rest = d.rest[i+1:]
			return n
		}
	}
	d.fail("ends early")
	return 0
}

// count reads how many things follow; each takes a byte at least.
func (d *decoder) count() int {
	n := d.number()
	if n > uint64(len(d.rest)) {
		d.fail("announces %d things in %d bytes", n, len(d.rest))
		return 0
	}
	return int(n)
}

func (d *decoder) readTexts() {
	d.texts = make([]string, d.count())
	lengths := make([]int, len(d.texts))
	for i := range lengths {
		lengths[i] = d.count()
	}
	for i, n := range lengths {
		if n > len(d.rest) {
			d.fail("ends within its texts")
			return
		}
		d.texts[i], d.rest = d.rest[:n], d.rest[n:]
	}
}

func (d *decoder) text() string {
	i := d.number()
	if i >= uint64(len(d.texts)) {
		d.fail("refers to text %d of %d", i, len(d.texts))
		return ""
	}
	return d.texts[i]
}

func (d *decoder) node(depth int) *Node {
	n := &Node{Kind: Kind(d.number())}
	if n.Kind > LeafList || depth > maxDepth {
		d.fail("has a node of kind %d at depth %d", n.Kind, depth)
		return n
	}
	n.Name, n.Description = d.text(), d.text()
	flags := d.number()
	fields := n.flags()
	for i, field := range fields {
		*field = flags>>i&1 == 1
	}
	n.Groups = GroupsRole(min(flags>>len(fields), math.MaxUint8))
	if !n.Groups.fits(n.Kind) || n.Groups != NoGroupsRole && depth != 1 {
		d.fail("has a node of kind %d with role %d at depth %d", n.Kind, n.Groups, depth)
		return n
	}
	switch n.Kind {
	case List:
		n.Key, n.KeyDescription = d.text(), d.text()
		d.readType(&n.KeyType)
	case Leaf, LeafList:
		d.readType(&n.Type)
	}
	n.MaxElements = int(d.number())
	n.Default, n.Placeholder, n.Dynamic, n.Permission = d.text(), d.text(), d.text(), d.text()
	n.Choice, n.Case = d.text(), d.text()
	for range d.count() {
		n.MandatoryChoices = append(n.MandatoryChoices, d.text())
	}
	d.readMusts(n)
	k := d.count()
	if k > 0 && n.Groups != NoGroupsRole {
		d.fail("has contents for what Link fills")
		return n
	}
	if k > 0 {
		n.Children = make([]*Node, k)
	}
	for i := range n.Children {
		n.Children[i] = d.node(depth + 1)
		if d.err != nil {
			return n
		}
	}
	return n
}

func (d *decoder) readMusts(n *Node) {
	for range d.count() {
		must, err := ParseMust(d.text(), d.text())
		if err != nil {
			d.fail("%w", err)
			return
		}
		n.Musts = append(n.Musts, must)
	}
	if len(n.Musts) > 0 {
		n.MustMessage = n.Musts[0].Message
	}
}

func (d *decoder) readType(t *Type) {
	t.Base = Base(d.number())
	if t.Base > Secret {
		d.fail("has a type of base %d", t.Base)
		return
	}
	t.Text = d.number() == 1
	t.Units = d.text()
	t.Ranges, t.Lengths = d.ranges(), d.ranges()
	if k := d.count(); k > 0 {
		t.Enums = make([]Enum, k)
	}
	for i := range t.Enums {
		t.Enums[i] = Enum{Name: d.text(), Help: d.text()}
	}
	for range d.count() {
		t.Patterns = append(t.Patterns, Pattern{Expr: d.text(), Message: d.text()})
	}
}

func (d *decoder) ranges() []Range {
	var rs []Range
	for range d.count() {
		rs = append(rs, Range{Min: d.number(), Max: d.number()})
	}
	return rs
}
