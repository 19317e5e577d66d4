package schema

import (
	"cmp"
	_ "embed" // the zones
	"slices"
	"strings"
)

// zones are the names of the IANA database, one a line, for help alone: what is
// accepted is decided by the database that the program runs with.
//
//go:embed zones.txt
var zones string

// Candidate is one line of help: a word that may come next, or a placeholder
// for one.
type Candidate struct {
	Name        string // the word, or <file-name>
	Help        string // with range and units
	Mark        byte   // '>' more below, '+' several values, ' ' anything else
	Placeholder bool   // Name stands for a value of the user's own
	Node        *Node  // the statement: the child for a keyword, the list for a key, the leaf or leaf-list for a value
}

// Candidates returns what may come next: the placeholder for a key or value of
// the user's own, whatever the prefix, then the words that begin with prefix in
// ASCII order. Keys that a configuration
// has are added by the caller, who finds the list in the placeholder's Node, or
// by its Dynamic path.
//
// Where a oneliner has nothing (more) to offer, what surrounds it is offered,
// as far as Match goes out.
func (c Cursor) Candidates(prefix string) []Candidate {
	for {
		if cs := c.own(prefix); len(cs) > 0 {
			return cs
		}
		out, ok := c.out()
		if !ok {
			return nil
		}
		c = out
	}
}

// own returns the candidates of this very level.
func (c Cursor) own(prefix string) []Candidate {
	var cs []Candidate
	switch c.Want {
	case WantKey:
		cs = typed(c.Node, &c.Node.KeyType, c.Node.KeyDescription)
	case WantValue:
		cs = typed(c.Node, &c.Node.Type, c.Node.Description)
	default:
		cs = c.statements()
	}
	cs = slices.DeleteFunc(cs, func(c Candidate) bool { return !c.Placeholder && !strings.HasPrefix(c.Name, prefix) })
	slices.SortStableFunc(cs, func(a, b Candidate) int {
		if a.Placeholder != b.Placeholder {
			if a.Placeholder {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.Name, b.Name)
	})
	return cs
}

func (c Cursor) statements() []Candidate {
	var cs []Candidate
	for _, child := range c.Node.Children {
		switch {
		case child.Unkept && child.Secret: // a password is asked for; this way is for programs
		case !c.open(child):
		case child.NoKeyword:
			cs = append(cs, typed(child, &child.KeyType, child.KeyDescription)...)
		default:
			cs = append(cs, Candidate{Name: child.Name, Help: child.Type.Help(child.Description), Mark: mark(child), Node: child})
		}
	}
	return cs
}

func mark(n *Node) byte {
	switch n.Kind {
	case Container, List:
		return '>'
	case LeafList:
		return '+'
	}
	return ' '
}

// typed returns the words of a type and, unless they are all there is, the
// placeholder for others.
func typed(n *Node, t *Type, description string) []Candidate {
	var cs []Candidate
	if t.Base != Enumeration {
		cs = append(cs, Candidate{Name: n.Placeholder, Help: t.Help(description), Mark: ' ', Placeholder: true, Node: n})
	}
	if t.Wildcards {
		cs = append(cs, Candidate{Name: "<*>", Help: wildcardHelp, Mark: ' ', Placeholder: true, Node: n})
	}
	for _, e := range t.Enums {
		cs = append(cs, Candidate{Name: e.Name, Help: e.Help, Mark: ' ', Node: n})
	}
	if t.Base == TimeZone {
		for zone := range strings.Lines(zones) {
			cs = append(cs, Candidate{Name: strings.TrimSuffix(zone, "\n"), Mark: ' ', Node: n})
		}
	}
	return cs
}
