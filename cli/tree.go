package cli

import (
	"context"
	"slices"
	"strings"

	"loggia/configtree"
	"loggia/op"
)

// rest says what follows the parameters of a command: another whole command.
type rest uint8

const (
	restNone          rest = iota
	restOperational        // run show version
	restConfiguration      // top set …, up 2 show
)

// verb is a command of the session, or of a pipe, with what it does.
type verb struct {
	op.Grammar
	rest rest
	run  func(ctx context.Context, s *Session, c *call) error

	edit     configtree.Op // what a Statement parameter is resolved for
	level    bool          // the Statement must lead to a level, not to a value
	anything bool          // a value may be anything, also a secret of the configuration
	pattern  bool          // the last word of the Statement is an expression
	ranges   bool          // words of the Statement may stand for several: f[0-3]
	shows    bool          // the answer is configuration: | display and | compare may follow
	steps    bool          // tells its steps: | display detail may follow
	changes  bool          // a failure is on record, though no permission says that it changes something
	atPrompt bool          // makes no sense behind run

	// What a value, right by itself, has against the arguments before it; nil when it has nothing.
	fits func(args op.Args, name, value string) error

	// Which class may run it, where Permission does not say it all.
	always     bool                        // any class, whatever its rules about commands
	configures bool                        // only one that may be in configuration mode
	editing    bool                        // whatever its rules about commands: the statement decides
	needs      func(words []string) string // the flag, by what was typed

	// Of pipes; none for no-more.
	filter  filterMaker
	byLine  bool // the filter looks at each line alone
	display func(s *Session, c *call, shown *configuration) (op.Result, error)
	encode  func(s *Session, answer op.Result) op.Result
}

// node is a word in the tree of commands. It is built once and never changes.
type node struct {
	word, help string
	children   []*node // sorted by word
	verb       *verb   // the command that ends here, if one does
}

// newTree arranges verbs by their words. The help texts of words that lead to
// commands but are none themselves ("show") come from groups.
func newTree(verbs []*verb) *node {
	root := &node{}
	for _, v := range verbs {
		n := root
		words := strings.Fields(v.Words)
		for i, w := range words {
			n = n.child(w)
			if n.help == "" {
				n.help = groups[strings.Join(words[:i+1], " ")]
			}
		}
		n.verb, n.help = v, v.Help
	}
	return root
}

func (n *node) child(word string) *node {
	i, ok := slices.BinarySearchFunc(n.children, word, func(c *node, w string) int { return strings.Compare(c.word, w) })
	if !ok {
		n.children = slices.Insert(n.children, i, &node{word: word})
	}
	return n.children[i]
}
