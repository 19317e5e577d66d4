package cli

import (
	"errors"
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
	sub      *call                 // run, top, up: the command that follows
	pipes    []*call
	words    []string        // the line in full, secrets hidden
	relative configtree.Path // the edit level that path starts from
}

// failure is a word that does not fit, or a word that is missing.
type failure struct {
	col  int    // byte offset in the line
	text string // "syntax error."
	list []candidate
}

// maskedSecret stands for a secret in records and history.
const maskedSecret = "/* SECRET-DATA */"

// walk follows the words of a line through the grammar. Its accept and
// candidates are all that Enter, Space, Tab and ? need.
type walk struct {
	s       *Session
	config  bool // in configuration mode (which decides the wording of errors)
	level   configtree.Path
	tree    *node
	at      *node
	verb    *verb
	args    op.Args
	pending *op.Param         // option that waits for its value
	path    []configtree.Word // words of the Statement parameter
	sub     *walk
	stages  []*walk // pipes before the present one
	pipe    *walk   // the present pipe
	words   []string
	lastCol int
}

func (s *Session) newWalk() *walk {
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

// accept takes the next whole word.
func (w *walk) accept(word configtree.Word) *failure {
	w.lastCol = word.Col + len(word.Text)
	if word.Text == "|" && !word.Quoted {
		return w.acceptPipe(word)
	}
	switch {
	case w.pipe != nil:
		return w.pipe.accept(word)
	case w.sub != nil:
		return w.sub.accept(word)
	case w.pending != nil:
		return w.acceptValue(*w.pending, word)
	case w.inStatement():
		w.path = append(w.path, word)
		return nil
	}
	if !word.Quoted {
		c, ok, several := pick(w.keywords(), word.Text)
		switch {
		case ok:
			return w.acceptKeyword(c.name)
		case len(several) > 1:
			return w.ambiguous(word, several)
		}
	}
	if p := w.positional(); p != nil {
		if p.Kind == op.Statement {
			w.path = append(w.path, word)
			return nil
		}
		return w.acceptValue(*p, word)
	}
	if w.verb != nil && w.verb.rest != restNone {
		return w.acceptRest(word)
	}
	return w.unknown(word)
}

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
	w.pipe = &walk{s: w.s, config: w.config, level: w.level, tree: w.s.grammar.pipes}
	return nil
}

// acceptKeyword takes a word of the tree, a flag or the word of an option.
func (w *walk) acceptKeyword(name string) *failure {
	if w.verb != nil {
		if p := w.param(name); p != nil {
			w.words = append(w.words, name)
			if p.Kind == op.Option {
				w.pending = p
				return nil
			}
			w.args[name] = ""
			return nil
		}
	}
	for _, c := range w.node().children {
		if c.word == name {
			w.at, w.verb = c, c.verb
			w.args = op.Args{}
			w.words = append(w.words, name)
		}
	}
	return nil
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

func (w *walk) acceptValue(p op.Param, word configtree.Word) *failure {
	value := word.Text
	if p.Only {
		c, ok, several := pick(w.choices(p), word.Text)
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
	}
	w.args[p.Name], w.pending = value, nil
	if p.Secret {
		value = maskedSecret
	} else {
		value = format.Quote(value)
	}
	w.words = append(w.words, value)
	return nil
}

// acceptRest begins the command that follows run, top or up.
func (w *walk) acceptRest(word configtree.Word) *failure {
	if w.verb.rest == restOperational {
		w.sub = &walk{s: w.s, config: w.config, tree: w.s.grammar.operational}
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
		if !w.onlyVerb() && c.permitted(w.s.may) {
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

func (w *walk) choices(p op.Param) []candidate {
	var list []candidate
	if p.Choices != nil {
		for _, c := range p.Choices(&w.s.env) {
			list = append(list, candidate{name: c.Name, help: c.Help, key: !p.Only})
		}
	}
	return list
}

func (w *walk) ambiguous(word configtree.Word, several []candidate) *failure {
	return &failure{col: word.Col, text: "'" + word.Text + "' is ambiguous.", list: several}
}

func (w *walk) unknown(word configtree.Word) *failure {
	return &failure{col: word.Col, text: w.syntaxError()}
}

// syntaxError is the wording of junos-cli §2.3: an unknown first word is an
// unknown command; later the mode decides.
func (w *walk) syntaxError() string {
	switch {
	case w.at == nil:
		return "unknown command."
	case w.config:
		return "syntax error."
	default:
		return "syntax error, expecting <command>."
	}
}

// resolveWords walks words of the Statement parameter through the schema.
func (w *walk) resolveWords(words []configtree.Word) (configtree.Resolution, *configtree.Problem) {
	o := configtree.Find
	switch w.verb.Words {
	case "set":
		o = configtree.Set
	case "delete":
		o = configtree.Delete
	}
	return configtree.Resolve(w.s.schema(), o, w.level, words)
}

// resolve walks the Statement parameter through the schema.
func (w *walk) resolve() (configtree.Resolution, *failure) {
	res, p := w.resolveWords(w.path)
	if p != nil {
		return res, w.statementFailure(p)
	}
	return res, nil
}

func (w *walk) statementFailure(p *configtree.Problem) *failure {
	f := &failure{col: w.lastCol}
	if p.Word < len(w.path) {
		f.col = w.path[p.Word].Col
	}
	switch p.Kind {
	case configtree.Ambiguous:
		f.text = "'" + p.Token + "' is ambiguous."
		if res, q := w.resolveWords(w.path[:p.Word]); q == nil {
			f.list = w.below(res, p.Token, true)
		}
	case configtree.Missing:
		f.text = "missing argument."
	case configtree.Unknown, configtree.Syntax:
		f.text = "syntax error."
	default:
		f.text = sentence(p.Err.Error())
	}
	return f
}

// finishCommand says what is missing when the line ends at column col.
func (w *walk) finishCommand(col int) *failure {
	switch {
	case w.pipe != nil:
		return w.pipe.finishCommand(col)
	case w.sub != nil:
		return w.sub.finishCommand(col)
	case w.verb == nil && w.at != nil && w.config:
		return &failure{col: col, text: "missing argument."}
	case w.verb == nil:
		return &failure{col: col, text: w.syntaxError()}
	case !w.s.may(w.verb.Permission):
		return &failure{col: col, text: w.syntaxError()}
	case w.pending != nil:
		return &failure{col: col, text: "missing argument."}
	}
	if p := w.positional(); p != nil && p.Required && !(p.Kind == op.Statement && w.inStatement()) {
		return &failure{col: col, text: "missing argument."}
	}
	if w.verb.rest == restOperational {
		return &failure{col: col, text: "missing argument."}
	}
	return nil
}

// finish turns the walked line into a call.
func (w *walk) finish(col int) (*call, *failure) {
	if f := w.finishCommand(col); f != nil {
		return nil, f
	}
	c := &call{verb: w.verb, args: w.args, words: w.words, relative: w.level}
	if w.inStatement() {
		res, f := w.resolve()
		if f != nil {
			return nil, f
		}
		c.path, c.given = res, true
		c.words = append(slices.Clone(c.words), res.String())
	}
	if w.sub != nil {
		sub, f := w.sub.finish(col)
		if f != nil {
			return nil, f
		}
		c.sub = sub
		c.words = append(slices.Clone(c.words), sub.words...)
	}
	for _, p := range append(slices.Clone(w.stages), w.pipe) {
		if p == nil {
			continue
		}
		stage, f := p.finish(col)
		if f != nil {
			return nil, f
		}
		c.pipes = append(c.pipes, stage)
		c.words = append(append(slices.Clone(c.words), "|"), stage.words...)
	}
	return c, nil
}

// sofar returns the words walked so far in full, with secrets hidden: what a
// record may show of a line that does not parse.
func (w *walk) sofar() []string {
	words := slices.Clone(w.words)
	if w.inStatement() {
		for n := len(w.path); n > 0; n-- {
			if res, p := w.resolveWords(w.path[:n]); p == nil || p.Kind == configtree.Missing {
				words = append(words, res.String())
				break
			}
		}
	}
	if w.sub != nil {
		words = append(words, w.sub.sofar()...)
	}
	for _, p := range append(slices.Clone(w.stages), w.pipe) {
		if p != nil {
			words = append(append(words, "|"), p.sofar()...)
		}
	}
	return words
}

// secretDue reports whether the word that failed stands where a secret, or a
// statement that holds one, was due.
func (w *walk) secretDue() bool {
	switch {
	case w.pipe != nil:
		return w.pipe.secretDue()
	case w.sub != nil:
		return w.sub.secretDue()
	case w.pending != nil:
		return w.pending.Secret
	case !w.inStatement():
		return false
	}
	for n := len(w.path) - 1; n >= 0; n-- {
		res, p := w.resolveWords(w.path[:n])
		if p != nil && p.Kind != configtree.Missing {
			continue
		}
		at := res.Next.Node
		return at != nil && (at.Secret || slices.ContainsFunc(at.Children, func(c *schema.Node) bool { return c.Secret }))
	}
	return false
}

// parse walks a whole line. An empty line, and a comment, give a nil call.
func (s *Session) parse(line string) (*call, *walk, *failure) {
	words, err := splitLine(line)
	w := s.newWalk()
	if err != nil {
		var p *configtree.Problem
		if errors.As(err, &p) {
			return nil, w, &failure{col: p.Col, text: sentence(p.Err.Error())}
		}
		return nil, w, &failure{col: len(line), text: sentence(err.Error())}
	}
	if len(words) == 0 {
		return nil, w, nil
	}
	for _, word := range words {
		if f := w.accept(word); f != nil {
			return nil, w, f
		}
	}
	c, f := w.finish(len(strings.TrimRight(line, " ")) + 1)
	return c, w, f
}

// sentence ends an error text with a full stop, as Junos ends those that
// follow a caret, unless it quotes a value at its end.
func sentence(text string) string {
	if strings.HasSuffix(text, ".") || strings.HasSuffix(text, "'") || strings.HasSuffix(text, ")") {
		return text
	}
	return text + "."
}
