package configtree

import (
	"slices"
	"strings"

	"loggia/configtree/schema"
)

// Step is one level of a Path.
type Step struct {
	// Node is the statement: a container, list, leaf or leaf-list.
	Node *schema.Node
	// Key is the key of a list entry or the value of a leaf-list element. It is
	// empty for containers and leaves, and for a list or leaf-list as a whole,
	// which only the last step of a path may name.
	Key string
}

// Path leads from the root of a configuration to a statement. The root itself
// has the empty path. Paths are values: whoever extends one uses Append.
type Path []Step

// Append returns p extended by s, without touching the array of p.
func (p Path) Append(s ...Step) Path {
	return append(p[:len(p):len(p)], s...)
}

// Parent returns the path one level up; the root is its own parent.
func (p Path) Parent() Path {
	return p[:max(0, len(p)-1)]
}

// Last returns the last step of p, and the zero Step for the root.
func (p Path) Last() Step {
	if len(p) == 0 {
		return Step{}
	}
	return p[len(p)-1]
}

// Equal reports whether p and q lead to the same place.
func (p Path) Equal(q Path) bool { return slices.Equal(p, q) }

// Within reports whether p is q or lies below it. A step of q that names a
// whole list has every entry of the list within.
func (p Path) Within(q Path) bool {
	if len(p) < len(q) {
		return false
	}
	for i, s := range q {
		if p[i].Node != s.Node || (s.Key != "" && p[i].Key != s.Key) {
			return false
		}
	}
	return true
}

// Words returns the statement as words: keywords and keys, unquoted. The entry
// of a list without keyword is its key alone.
func (p Path) Words() []string {
	words := make([]string, 0, 2*len(p))
	for _, s := range p {
		words = s.appendWords(words)
	}
	return words
}

func (s Step) appendWords(words []string) []string {
	if !s.Node.NoKeyword || s.Key == "" {
		words = append(words, s.Node.Name)
	}
	if s.Key != "" {
		words = append(words, s.Key)
	}
	return words
}

// String returns the path as the user types and reads it, keys in line and
// quoted where they need it: "system syslog file messages".
func (p Path) String() string {
	words := p.Words()
	for i, w := range words {
		words[i] = Quote(w)
	}
	return strings.Join(words, " ")
}

// SecretMark stands where a secret would stand.
const SecretMark = "/* SECRET-DATA */"

// Masked is String with SecretMark for every key that is secret. Errors, warnings and records
// name statements so, whoever reads them.
func (p Path) Masked() string {
	words := make([]string, 0, 2*len(p))
	for _, s := range p {
		at := len(words)
		words = s.appendWords(words)
		for i := at; i < len(words); i++ {
			words[i] = Quote(words[i])
		}
		if s.Node.Secret && s.Key != "" {
			words[len(words)-1] = SecretMark
		}
	}
	return strings.Join(words, " ")
}

// MaskedBanner is Banner with SecretMark for every key that is secret.
func (p Path) MaskedBanner() string {
	if len(p) == 0 {
		return "[edit]"
	}
	return "[edit " + p.Masked() + "]"
}

// String returns the step as the user types it: "file messages".
func (s Step) String() string { return Path{s}.String() }

// Masked is String with SecretMark for a key that is secret.
func (s Step) Masked() string { return Path{s}.Masked() }

// Banner returns the path as errors and the prompt show it: "[edit]",
// "[edit system syslog]".
func (p Path) Banner() string {
	if len(p) == 0 {
		return "[edit]"
	}
	return "[edit " + p.String() + "]"
}

// Cursor returns the point in the grammar where a walk goes on below p; root is
// where it goes on below the empty path, which knows no schema.
func (p Path) Cursor(root *schema.Node) schema.Cursor {
	if len(p) == 0 {
		return schema.Cursor{Node: root, Want: schema.WantStatement}
	}
	s := p.Last()
	switch {
	case s.Node.Kind == schema.List && s.Key == "":
		return schema.Cursor{Node: s.Node, Want: schema.WantKey}
	case s.Node.Kind == schema.Leaf, s.Node.Kind == schema.LeafList:
		return schema.Cursor{Node: s.Node, Want: schema.WantValue}
	}
	return schema.Cursor{Node: s.Node, Want: schema.WantStatement}
}
