package cli

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"loggia/configtree"
	"loggia/configtree/format"
	"loggia/configtree/schema"
	"loggia/op"
)

// call is a command with its arguments, ready to run.
type call struct {
	verb     *verb
	args     op.Args
	out      *reply
	path     configtree.Resolution // of a Statement parameter
	given    bool                  // the Statement parameter was given
	typed    []configtree.Word     // words of the Statement, of commands that take ranges
	pattern  string                // the last word, of commands whose Statement ends in one
	password bool                  // the Statement ends in plain-text-password
	sub      *call                 // run, top, up: the command that follows
	pipes    []*call
	words    []string        // the line in full, secrets hidden
	relative configtree.Path // the edit level that path starts from
}

// failure is a word that does not fit, or a word that is missing.
type failure struct {
	col  int    // byte offset in the line
	end  bool   // the line ends too early; col is where the next word would begin
	text string // "syntax error."
	list []candidate
}

// walk follows the words of a line through the grammar. Its accept and
// candidates are all that Enter, Space, Tab and ? need.
type walk struct {
	s       *Session
	config  bool // in configuration mode (which decides the wording of errors)
	piped   bool // of a pipe
	level   configtree.Path
	tree    *node
	at      *node
	verb    *verb
	args    op.Args
	pending *op.Param         // option that waits for its value
	path    []configtree.Word // words of the Statement parameter
	sub     *walk
	stages  []*walk  // pipes before the present one
	pipe    *walk    // the present pipe
	words   []string // in full, quoted where they need it
	said    []string // the same, unquoted
}

func (s *Session) newWalk() *walk {
	s.refresh()
	return s.walkAs()
}

// walkAs begins a walk as the present class may take it.
func (s *Session) walkAs() *walk {
	if s.configuring() {
		return &walk{s: s, config: true, level: s.level(), tree: s.grammar.configuration}
	}
	return &walk{s: s, tree: s.grammar.operational}
}

// node returns the present place in the command tree.
func (w *walk) node() *node {
	if w.at == nil {
		return w.tree
	}
	return w.at
}

// here is the walk of the command that the line has come to.
func (w *walk) here() *walk {
	switch {
	case w.pipe != nil:
		return w.pipe.here()
	case w.sub != nil:
		return w.sub.here()
	}
	return w
}

// accept takes the next whole word.
func (w *walk) accept(word configtree.Word) *failure {
	if word.Text == "|" && !word.Quoted {
		return w.acceptPipe(word)
	}
	switch {
	case w.pipe != nil:
		return w.pipe.accept(word)
	case w.sub != nil:
		return w.sub.accept(word)
	case w.pending != nil && leftOut(w.pending, word.Text):
		w.pending = nil // the value was left out
	case w.pending != nil:
		return w.acceptValue(*w.pending, word)
	case w.inStatement():
		w.path = append(w.path, word)
		return nil
	}
	if !word.Quoted && !w.names(word.Text) {
		c, ok, several := pick(w.keywords(), word.Text)
		switch {
		case ok:
			w.acceptKeyword(c.name)
			if !w.permitted() {
				return w.unknown(word)
			}
			return nil
		case len(several) > 1:
			return w.ambiguous(word, several)
		}
	}
	if p := w.positional(); p != nil {
		if p.Kind == op.Statement {
			w.path = append(w.path, word)
			return nil
		}
		f := w.acceptValue(*p, word)
		if f != nil && w.takesRest() && !p.Required {
			return w.acceptRest(word)
		}
		return f
	}
	if w.takesRest() {
		return w.acceptRest(word)
	}
	return w.unknown(word)
}

// takesRest reports whether another command may follow the present one.
func (w *walk) takesRest() bool { return w.verb != nil && w.verb.rest != restNone }

// names reports whether a value is due and one that exists is called so, which
// then is no abbreviation of a flag.
func (w *walk) names(word string) bool {
	p := w.positional()
	return p != nil && p.Kind == op.Positional && word != "" &&
		slices.ContainsFunc(w.choices(*p, word), func(c candidate) bool { return c.first().name == word })
}

// maxPipes bounds the pipes of a line.
const maxPipes = 100

func (w *walk) acceptPipe(word configtree.Word) *failure {
	if w.sub != nil {
		return w.sub.accept(word)
	}
	if f := w.finishCommand(word.Col); f != nil {
		return f
	}
	if w.verb.NoPipe {
		return w.unknown(word)
	}
	if w.pipe != nil {
		if f := w.pipe.finishCommand(word.Col); f != nil {
			return f
		}
		w.stages = append(w.stages, w.pipe)
	}
	if len(w.stages) == maxPipes {
		return &failure{col: word.Col, text: fmt.Sprintf("more than %d pipes.", maxPipes)}
	}
	tree := w.s.grammar.answerPipes
	switch {
	case w.pipe != nil && w.pipe.verb.Words == "compare":
	case w.pipe != nil && !w.pipe.verb.shows:
		tree = w.s.grammar.pipes
	case w.verb.shows:
		tree = w.s.grammar.shownPipes
	case w.verb.steps:
		tree = w.s.grammar.commitPipes
	}
	w.pipe = &walk{s: w.s, config: w.config, piped: true, tree: tree}
	return nil
}

// acceptKeyword takes a word of the tree, a flag or the word of an option.
func (w *walk) acceptKeyword(name string) {
	if w.verb != nil {
		if p := w.param(name); p != nil {
			w.words, w.said = append(w.words, name), append(w.said, name)
			if p.Kind == op.Option {
				w.pending = p
			}
			if p.Kind == op.Flag || p.Optional {
				w.args[name] = ""
			}
			return
		}
	}
	for _, c := range w.node().children {
		if c.word == name {
			w.at, w.verb = c, c.verb
			w.args = op.Args{}
			w.words, w.said = append(w.words, name), append(w.said, name)
		}
	}
}

// permitted reports whether the class may go on from here. A pipe is everybody's.
func (w *walk) permitted() bool {
	return w.piped || w.verb == nil || w.s.leadsTo(w.verb, w.said) ||
		!w.onlyVerb() && slices.ContainsFunc(w.node().children, func(c *node) bool { return w.s.reachable(c, w.said) })
}

// param returns the flag or option called name.
func (w *walk) param(name string) *op.Param {
	for i, p := range w.verb.Params {
		if p.Name == name && (p.Kind == op.Flag || p.Kind == op.Option) && !w.args.Has(name) {
			return &w.verb.Params[i]
		}
	}
	return nil
}

// leftOut reports whether the value of an option that may stand alone was left out
// before a word: a number where one is wanted is that value, if a wrong one.
func leftOut(p *op.Param, word string) bool {
	if !p.Optional || p.Type.Check(word) == nil {
		return false
	}
	return p.Type.Base != schema.Unsigned || strings.Trim(word, "0123456789") != ""
}

func (w *walk) acceptValue(p op.Param, word configtree.Word) *failure {
	value := word.Text
	if p.Only {
		c, ok, several := pick(w.choices(p, word.Text), word.Text)
		switch {
		case ok:
			value = c.name
		case len(several) > 1:
			return w.ambiguous(word, several)
		default:
			return w.unknown(word)
		}
	} else if err := p.Type.Check(value); err != nil {
		return &failure{col: word.Col, text: sentence(err.Error())}
	} else if w.verb != nil && w.verb.fits != nil {
		if err := w.verb.fits(w.args, p.Name, value); err != nil {
			return &failure{col: word.Col, text: sentence(err.Error())}
		}
	}
	w.args[p.Name], w.pending = value, nil
	w.words, w.said = append(w.words, w.kept(p, value)), append(w.said, value)
	if !w.permitted() {
		return w.unknown(word)
	}
	return nil
}

// kept is a value as the record and the history of the line have it: of what takes the place of
// a secret, nothing.
func (w *walk) kept(p op.Param, value string) string {
	if w.hides(&p, value) {
		return maskedSecret
	}
	return format.Quote(value)
}

// hides reports whether a value is kept out of the record and the history.
func (w *walk) hides(p *op.Param, value string) bool {
	return w.verb != nil && w.verb.anything && (p.Name == "with" && slices.Contains(w.words, maskedSecret) || w.betrays(value))
}

// betrays reports whether a value, which may be anything, tells of a secret of the configuration.
func (w *walk) betrays(value string) bool {
	return configtree.SecretsOf(w.s.env.Store.Running().Tree, w.s.tree()).Betrayed(value)
}

// acceptRest begins the command that follows run, top or up.
func (w *walk) acceptRest(word configtree.Word) *failure {
	if w.verb.rest == restOperational {
		w.sub = &walk{s: w.s, tree: w.s.grammar.run}
	} else {
		w.sub = &walk{s: w.s, config: true, level: w.s.levelAfter(w.verb, w.args), tree: w.s.grammar.after}
	}
	return w.sub.accept(word)
}

// positional returns the value that is due, or nil.
func (w *walk) positional() *op.Param {
	if w.verb == nil {
		return nil
	}
	for i, p := range w.verb.Params {
		if (p.Kind == op.Positional || p.Kind == op.Statement) && !w.args.Has(p.Name) {
			return &w.verb.Params[i]
		}
	}
	return nil
}

func (w *walk) inStatement() bool { return len(w.path) > 0 }

// keywords are the plain words that may stand here.
func (w *walk) keywords() []candidate {
	var list []candidate
	for _, c := range w.node().children {
		if !w.onlyVerb() && (w.piped || w.s.reachable(c, w.said)) {
			list = append(list, candidate{name: c.word, help: c.help})
		}
	}
	if w.verb != nil {
		for _, p := range w.verb.Params {
			if (p.Kind == op.Flag || p.Kind == op.Option) && !w.args.Has(p.Name) {
				list = append(list, candidate{name: p.Name, help: p.Help})
			}
		}
	}
	return list
}

// onlyVerb reports that arguments were given, so that the longer commands of
// the same words are out of reach.
func (w *walk) onlyVerb() bool { return len(w.args) > 0 }

// choices are the values that exist of a parameter, at least those that begin with prefix, and that
// the class may use.
func (w *walk) choices(p op.Param, prefix string) []candidate {
	may := func(name string) bool {
		return w.piped || w.verb == nil || w.s.leadsTo(w.verb, append(slices.Clip(w.said), name))
	}
	var list []candidate
	if p.Choices != nil {
		for _, c := range p.Choices(&w.s.env, prefix) {
			if may(c.Name) {
				list = append(list, candidate{name: c.Name, help: c.Help, key: !p.Only})
			}
		}
	}
	if p.Names != nil {
		names, shown := p.Names(&w.s.env, prefix)
		list = append(list, existingNames(func(from string) iter.Seq[candidate] {
			return namedFrom(names, prefix, from, may, shown)
		}))
	}
	return list
}

// namedFrom yields those of the sorted names that begin with prefix, do not come before from, and may be seen.
func namedFrom(names []string, prefix, from string, may func(string) bool, shown func(string) op.Choice) iter.Seq[candidate] {
	return func(yield func(candidate) bool) {
		i, _ := slices.BinarySearch(names, max(prefix, from))
		for ; i < len(names) && strings.HasPrefix(names[i], prefix); i++ {
			if !may(names[i]) {
				continue
			}
			if c := shown(names[i]); !yield(candidate{name: c.Name, help: c.Help, key: true}) {
				return
			}
		}
	}
}

func (w *walk) ambiguous(word configtree.Word, several []candidate) *failure {
	return &failure{col: word.Col, text: "'" + word.Text + "' is ambiguous.", list: several}
}

func (w *walk) unknown(word configtree.Word) *failure {
	f := &failure{col: word.Col, text: w.syntaxError()}
	switch {
	case w.at == nil && !w.piped && !w.config && word.Text == "restart":
		f.text += noProcesses
	case w.at == nil || w.piped:
	case ofRouters(word.Text):
		f.text += noRouter
	case w.at.word == "configure" && slices.Contains([]string{"batch", "dynamic", "ephemeral"}, word.Text):
		f.text += noDatabase
	}
	return f
}

// noProcesses is said of the processes that a router has, and restarts one by one.
const noProcesses = "\nThis is one process, which follows each commit; the service manager of the machine restarts it."

// noDatabase is said of the databases that a router has besides the candidate.
const noDatabase = "\nThere is one configuration here: 'configure', 'configure exclusive' and 'configure private' change it."

// noRouter is said below a word that a router would know.
const noRouter = "\nThis machine is no router: 'help' says what it is for."

// ofRouters reports whether a word leads to what a router shows or is configured with. It is not
// part of the grammar, whoever asks.
func ofRouters(word string) bool {
	return slices.Contains([]string{"arp", "bgp", "bridge", "chassis", "class-of-service", "firewall", "forwarding-options", "interface",
		"interfaces", "isis", "lldp", "mpls", "ospf", "policy-options", "protocols", "route", "routing-instances", "routing-options", "vlans"}, word)
}

// syntaxError is the wording of junos-cli §2.3: an unknown first word is an
// unknown command; later the mode decides.
func (w *walk) syntaxError() string {
	switch {
	case w.at == nil && !w.piped:
		return "unknown command."
	case w.config:
		return "syntax error."
	default:
		return "syntax error, expecting <command>."
	}
}
