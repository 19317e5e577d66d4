package schema

import (
	"fmt"
	"slices"
	"strings"
)

// Want is what a Cursor expects next.
type Want uint8

// What can be wanted.
const (
	WantStatement Want = iota // a child statement of Node, or the key of a nokeyword list among them
	WantKey                   // the key of the list Node
	WantValue                 // a value of the leaf or leaf-list Node
)

// Cursor is a point in the grammar. Cursor{Node: root} is [edit]. Cursors are
// values: a walk keeps as many as it likes.
type Cursor struct {
	Node *Node
	Want Want

	// given is the child of Node that this line set last. It settles its
	// choice, and it lets the walk leave a oneliner for what surrounds it.
	given *Node
}

// StepKind tells what a word was.
type StepKind uint8

// The kinds of steps.
const (
	Keyword StepKind = iota
	Key
	Value
)

// Step is one word taken.
type Step struct {
	Kind StepKind
	Node *Node  // node entered: the child for Keyword; the list for Key, nokeyword lists too; the leaf or leaf-list for Value
	Word string // in full: abbreviations resolved; keys and values as typed, secrets as they are kept
	Up   int    // how many levels the walk left before matching; the caller's path loses as many
	Next Cursor // where the walk goes on: after an empty leaf or a leaf's value back at its parent, after a value of a leaf-list still wanting one
}

// MatchErrorKind tells why a word was refused.
type MatchErrorKind uint8

// The reasons.
const (
	Unknown   MatchErrorKind = iota // no such word here
	Ambiguous                       // short for several words
	Invalid                         // a key or value that its type refuses
)

// MatchError is a word that the grammar refuses.
type MatchError struct {
	Kind       MatchErrorKind
	Word       string
	Text       string      // what the user reads
	Candidates []Candidate // Unknown: everything possible here. Ambiguous: what the word is short for
}

// Error returns Text.
func (e *MatchError) Error() string { return e.Text }

// Match takes one unquoted word. An exact match beats an abbreviation, and a
// keyword beats a key that reads the same; keywords and the words of
// enumerations may be abbreviated while that is unambiguous among all of them.
// The error is a *MatchError.
//
// When the word fits nothing here and the line has already put something into
// a oneliner or nokeyword entry, the word may belong to what surrounds it, as
// `port` does in `host h any any port 514`. Step.Up then says how far the walk
// went out. A caller that is inside such an entry from the start (`edit system
// syslog archive`) has to refuse steps that lead out of where it began.
func (c Cursor) Match(word string) (Step, error) { return c.match(word, false) }

// MatchQuoted takes a word that stood in quotes: nothing is abbreviated, and a
// key is preferred to a keyword that reads the same.
func (c Cursor) MatchQuoted(word string) (Step, error) { return c.match(word, true) }

func (c Cursor) match(word string, quoted bool) (Step, error) {
	switch c.Want {
	case WantKey:
		return c.matchTyped(&c.Node.KeyType, Key, word, quoted)
	case WantValue:
		return c.matchTyped(&c.Node.Type, Value, word, quoted)
	}
	for at, up, ok := c, 0, true; ok; up++ {
		step, n := at.statement(word, quoted)
		if n == 1 {
			step.Up = up
			return step, nil
		}
		if n > 1 {
			return Step{}, ambiguous(word, at.own(word))
		}
		at, ok = at.out()
	}
	return Step{}, c.unknown(word)
}

// out returns the cursor around a oneliner or nokeyword entry that this line
// has put something into, and false where there is no such way.
func (c Cursor) out() (Cursor, bool) {
	n := c.Node
	if c.Want != WantStatement || c.given == nil || n.Parent == nil || !n.Oneliner && !n.OnelinerPlus && !n.NoKeyword {
		return Cursor{}, false
	}
	return Cursor{Node: n.Parent, given: n}, true
}

// open reports whether child may still be given here: the line has not just
// settled the choice that it belongs to.
func (c Cursor) open(child *Node) bool {
	return c.given == nil || child.Choice == "" || child.Choice != c.given.Choice
}

// statement returns a step that word may be short for at this level, and how
// many there are: none, one, or several when it is ambiguous.
func (c Cursor) statement(word string, quoted bool) (Step, int) {
	child := c.Node.Child(word)
	keyword := child != nil && !child.NoKeyword && c.open(child)
	if keyword && !quoted {
		return c.enter(child), 1
	}
	for _, list := range c.Node.Children {
		if list.NoKeyword && list.KeyType.Check(word) == nil {
			return enterKey(list, word), 1
		}
	}
	if keyword {
		return c.enter(child), 1
	}
	if quoted || word == "" {
		return Step{}, 0
	}
	return c.abbreviated(word)
}

// abbreviated judges keywords and the keys of nokeyword lists together.
func (c Cursor) abbreviated(word string) (step Step, n int) {
	for _, child := range c.Node.Children {
		switch {
		case child.NoKeyword:
			for _, e := range child.KeyType.Enums {
				if strings.HasPrefix(e.Name, word) {
					step = enterKey(child, e.Name)
					n++
				}
			}
		case c.open(child) && !child.Unkept && strings.HasPrefix(child.Name, word):
			step = c.enter(child)
			n++
		}
	}
	return step, n
}

// enter is the step of a keyword.
func (c Cursor) enter(child *Node) Step {
	s := Step{Kind: Keyword, Node: child, Word: child.Name}
	switch {
	case child.Kind == Container:
		s.Next = Cursor{Node: child}
	case child.Kind == List:
		s.Next = Cursor{Node: child, Want: WantKey}
	case child.Kind == Leaf && child.Type.Base == Empty:
		s.Next = Cursor{Node: c.Node, given: child}
	default:
		s.Next = Cursor{Node: child, Want: WantValue}
	}
	return s
}

// enterKey is the step of a list key.
func enterKey(list *Node, word string) Step {
	return Step{Kind: Key, Node: list, Word: word, Next: Cursor{Node: list}}
}

// Complete reports whether the line may end here: no key, value or mandatory
// choice of what this line entered is missing (`file messages any` without a
// severity). After a value of a leaf-list the cursor still wants one; that
// enough were given is for the caller to know.
func (c Cursor) Complete() bool {
	if c.Want != WantStatement {
		return false
	}
	for _, choice := range c.Node.MandatoryChoices {
		if c.given == nil || c.given.Choice != choice {
			return false
		}
	}
	return true
}

// matchTyped matches a key or value against its type.
func (c Cursor) matchTyped(t *Type, kind StepKind, word string, quoted bool) (Step, error) {
	if t.Base == Enumeration {
		full, err := c.matchEnum(t, word, quoted)
		if err != nil {
			return Step{}, err
		}
		word = full
	} else if err := t.Check(word); err != nil {
		return Step{}, &MatchError{Kind: Invalid, Word: word, Text: err.Error()}
	}
	word = t.Keep(word)
	if kind == Key {
		return enterKey(c.Node, word), nil
	}
	s := Step{Kind: Value, Node: c.Node, Word: word, Next: c}
	if c.Node.Kind == Leaf {
		s.Next = Cursor{Node: c.Node.Parent, given: c.Node}
	}
	return s, nil
}

// matchEnum resolves a word of an enumeration.
func (c Cursor) matchEnum(t *Type, word string, quoted bool) (string, error) {
	if t.Check(word) == nil {
		return word, nil
	}
	var full []string
	for _, e := range t.Enums {
		if !quoted && word != "" && strings.HasPrefix(e.Name, word) {
			full = append(full, e.Name)
		}
	}
	switch len(full) {
	case 0:
		return "", c.unknown(word)
	case 1:
		return full[0], nil
	}
	return "", ambiguous(word, c.own(word))
}

func (c Cursor) unknown(word string) *MatchError {
	return &MatchError{Kind: Unknown, Word: word, Text: errSyntax.Error(), Candidates: c.Candidates("")}
}

func ambiguous(word string, cs []Candidate) *MatchError {
	cs = slices.DeleteFunc(cs, func(c Candidate) bool { return c.Placeholder })
	return &MatchError{Kind: Ambiguous, Word: word, Text: fmt.Sprintf("'%s' is ambiguous.", word), Candidates: cs}
}
