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

// splitLine cuts a line into words. An unquoted | is a word of its own wherever
// it stands. bad is the quote that is not closed, or that touches other text, with
// the line's beginning up to there in out; nil when there is none.
//
// What # begins is a comment, but not in `show | display inheritance | except ##`, which
// Junos' users type: there it is what the verb of the filter is about.
func splitLine(line string) (out []configtree.Word, bad *badQuote) {
	out, bad = splitWords(line)
	i, n := strings.Index(line, inheritanceMark), len(out)
	if i < 0 || bad != nil || n < 2 || out[n-2].Quoted || out[n-2].Text != "|" || !takesPattern(out[n-1].Text) ||
		strings.TrimSpace(line[min(i, out[n-1].Col+len(out[n-1].Text)):i]) != "" {
		return out, bad
	}
	rest := i + len(inheritanceMark)
	out = append(out, configtree.Word{Text: inheritanceMark, Col: i})
	more, bad := splitLine(line[rest:])
	for _, w := range more {
		w.Col += rest
		out = append(out, w)
	}
	if bad != nil {
		bad.col += rest
	}
	return out, bad
}

// takesPattern reports whether word is, or begins, the verb of a filter that takes a pattern.
func takesPattern(word string) bool {
	return slices.ContainsFunc(pipeVerbs(), func(v *verb) bool {
		return strings.HasPrefix(v.Words, word) && len(v.Params) > 0 && v.Params[0].Name == patternName
	})
}

// inheritanceMark begins the comments of `display inheritance`.
const inheritanceMark = "##"

// splitWords is splitLine up to a comment.
func splitWords(line string) (out []configtree.Word, bad *badQuote) {
	for from := 0; ; {
		words, err := format.Words(line[from:])
		var glued *format.GluedError
		touching := errors.As(err, &glued)
		if touching && (line[from+glued.Col] == '|' || line[from+glued.Col-1] == '|') {
			out = appendParts(out, words, from)
			from += glued.Col
			continue
		}
		if n := len(words); err != nil && n > 0 {
			bad, words = &badQuote{col: from + words[n-1].Col, open: !touching}, words[:n-1]
		}
		return appendParts(out, words, from), bad
	}
}

// badQuote is a word that is wrong because of its quotes.
type badQuote struct {
	col  int  // where it begins
	open bool // it is not closed
}

func (b *badQuote) failure() *failure {
	if b.open {
		return &failure{col: b.col, text: "quote is not closed."}
	}
	return &failure{col: b.col, text: "syntax error."}
}

// appendParts appends words of the line from byte offset from on, cut at each |.
func appendParts(out, words []configtree.Word, from int) []configtree.Word {
	for _, w := range words {
		w.Col += from
		if w.Quoted || !strings.Contains(w.Text, "|") {
			out = append(out, w)
			continue
		}
		col := w.Col
		for i, part := range strings.Split(w.Text, "|") {
			if i > 0 {
				out = append(out, configtree.Word{Text: "|", Col: col - 1})
			}
			if part != "" {
				out = append(out, configtree.Word{Text: part, Col: col})
			}
			col += len(part) + 1
		}
	}
	return out
}

// parse walks a whole line. An empty line, and a comment, give a nil call.
func (s *Session) parse(line string) (*call, *walk, *failure) {
	s.refresh()
	c, w, f := s.parseAs(line)
	if f != nil {
		s.refusal(line, f)
	}
	return c, w, f
}

// parseAs is parse as the present class may go.
func (s *Session) parseAs(line string) (*call, *walk, *failure) {
	words, bad := splitLine(line)
	w := s.walkAs()
	for _, word := range words {
		if f := w.accept(word); f != nil {
			return nil, w, f
		}
	}
	switch {
	case bad != nil:
		if f := w.here().mistake(); f != nil {
			return nil, w, f
		}
		return nil, w, bad.failure()
	case len(words) == 0:
		return nil, w, nil
	}
	c, f := w.finish(len(strings.TrimRight(line, " ")) + 1)
	return c, w, f
}

// mistake is what is wrong with the path that was typed so far, nil if nothing is.
func (w *walk) mistake() *failure {
	if !w.inStatement() {
		return nil
	}
	if _, f := w.resolve(0); f != nil && !f.end {
		return f
	}
	return nil
}

// finishCommand says what is missing when the line ends at column col.
func (w *walk) finishCommand(col int) *failure {
	switch {
	case w.pipe != nil:
		return w.pipe.finishCommand(col)
	case w.sub != nil:
		return w.sub.finishCommand(col)
	case w.verb == nil && w.at != nil && w.config:
		return missing(col)
	case w.verb == nil:
		return &failure{col: col, end: true, text: w.syntaxError()}
	case !w.piped && !w.inStatement() && !w.s.permits(w.verb, w.said):
		return &failure{col: col, end: true, text: w.syntaxError()}
	case w.pending != nil && !w.pending.Optional:
		return missing(col)
	}
	if p := w.positional(); p != nil && p.Required && !(p.Kind == op.Statement && w.inStatement()) {
		return missing(col)
	}
	for _, p := range w.verb.Params {
		if p.Kind == op.Option && p.Required && !w.args.Has(p.Name) {
			return missing(col)
		}
	}
	if w.verb.rest == restOperational {
		return missing(col)
	}
	return nil
}

// finish turns the walked line into a call.
func (w *walk) finish(col int) (*call, *failure) {
	if f := w.finishCommand(col); f != nil {
		return nil, f
	}
	c := &call{verb: w.verb, args: w.args, words: slices.Clone(w.words), relative: w.level}
	if w.inStatement() {
		res, f := w.resolve(col)
		if f != nil {
			return nil, f
		}
		if w.verb.pattern {
			if res, f = w.resolvePattern(col); f != nil {
				return nil, f
			}
		}
		if w.verb.level {
			if f := w.noLevel(res, col); f != nil {
				return nil, f
			}
		}
		if !w.s.permits(w.verb, append(slices.Clip(w.said), res.Words...)) {
			return nil, &failure{col: w.path[0].Col, text: w.syntaxError()}
		}
		c.path, c.given = res, true
		if last := len(res.Words) - 1; w.verb.anything && last >= 0 && w.betrays(res.Words[last]) {
			c.path.Secret = append(slices.Clip(res.Secret), last)
			res = c.path
		}
		_, c.password = w.asksPassword(w.path)
		if w.verb.ranges {
			c.typed = w.path
		}
		if w.verb.pattern {
			c.pattern = w.path[len(w.path)-1].Text
		}
		c.words = append(c.words, c.asTyped(res.String()))
	}
	if w.sub != nil {
		sub, f := w.sub.finish(col)
		if f != nil {
			return nil, f
		}
		c.sub = sub
		c.words = append(c.words, sub.words...)
	}
	for _, p := range w.allStages() {
		stage, f := p.finish(col)
		if f != nil {
			return nil, f
		}
		c.pipes = append(c.pipes, stage)
		c.words = append(append(c.words, "|"), stage.words...)
	}
	return c, nil
}

// allStages returns the pipes of the line in order.
func (w *walk) allStages() []*walk {
	if w.pipe == nil {
		return w.stages
	}
	return append(slices.Clone(w.stages), w.pipe)
}

// showable returns what of a line that does not parse may be shown and kept:
// nothing behind the wrong word, no secret before it, and not the word itself
// where a secret was due.
func (w *walk) showable(f *failure, line string) (shown string, col int) {
	sofar := strings.Join(w.sofar(), " ")
	if f.end { // a word is missing: what is there is right, a comment aside
		return sofar, len(sofar) + 1
	}
	before, bad := line[:f.col], firstWord(line[f.col:])
	if w.secretDue(bad) {
		bad = maskedSecret
	}
	if strings.Contains(sofar, maskedSecret) {
		before = w.s.masked(before)
	}
	return before + bad, len(before)
}

// masked is the beginning of a line with its words in full and secrets hidden, ready for
// another word.
func (s *Session) masked(text string) string {
	w := s.walkAs()
	words, _ := splitLine(text)
	for _, word := range words {
		if w.accept(word) != nil {
			break
		}
	}
	if text = strings.Join(w.sofar(), " "); text != "" {
		text += " "
	}
	return text
}

// firstWord is the word that text begins with, its quotes included; of a quote that is not
// closed, or touches other text, what stands before the first blank.
func firstWord(text string) string {
	word, _, _ := strings.Cut(text, " ")
	if !strings.HasPrefix(text, `"`) {
		return word
	}
	for end := 1; end < len(text); end++ {
		switch {
		case text[end] == '\\':
			end++
		case text[end] == '"' && (end+1 == len(text) || text[end+1] == ' '):
			return text[:end+1]
		case text[end] == '"':
			return word
		}
	}
	return word
}

// sofar returns the words walked so far in full, with secrets hidden: what a
// record may show of a line that does not parse.
func (w *walk) sofar() []string {
	words := slices.Clone(w.words)
	if w.inStatement() {
		if res, fits := fitting(w.path, w.resolveSoFar); fits > 0 {
			words = append(words, res.String())
		}
	}
	if w.sub != nil {
		words = append(words, w.sub.sofar()...)
	}
	for _, p := range w.allStages() {
		words = append(append(words, "|"), p.sofar()...)
	}
	return words
}

// fitting resolves as many of the first words as fit, and returns their number, -1
// when not even none do. A word that is wrong is wrong in every longer line, unless it
// is the last, which may be an expression.
func fitting(words []configtree.Word, resolve func([]configtree.Word) (configtree.Resolution, *configtree.Problem)) (configtree.Resolution, int) {
	for n := len(words); n >= 0; {
		res, p := resolve(words[:n])
		if p == nil || p.Kind == configtree.Missing {
			return res, n
		}
		n = min(n-1, p.Word+1)
	}
	return configtree.Resolution{}, -1
}

// secretDue reports whether bad, the word that failed, stands where a secret, or a
// statement that holds one, was due.
func (w *walk) secretDue(bad string) bool {
	switch {
	case w.pipe != nil:
		return w.pipe.secretDue(bad)
	case w.sub != nil:
		return w.sub.secretDue(bad)
	case w.pending != nil:
		return w.hides(w.pending, strings.Trim(bad, `"`))
	case !w.inStatement():
		return false
	}
	res, fits := fitting(w.path[:len(w.path)-1], w.resolveWords)
	if fits < 0 {
		return false
	}
	at := res.Next.Node
	if at == nil || at.Secret {
		return at != nil
	}
	return slices.ContainsFunc(at.Children, func(c *schema.Node) bool { return c.Secret }) && !mistyped(bad, at)
}

// resembles reports whether an unknown first word may be kept: it begins like a
// command, and has only what commands consist of.
func (w *walk) resembles(word string) bool {
	const enough = 2
	return strings.Trim(word, "abcdefghijklmnopqrstuvwxyz-") == "" && slices.ContainsFunc(w.node().children, func(c *node) bool {
		return strings.HasPrefix(c.word, word[:min(enough, len(word))])
	})
}

// mistyped reports whether a word is a statement of n but for two slips of the
// fingers, and so no secret in the wrong place: a secret with a digit in it, or
// one that only begins like a statement, is none.
func mistyped(word string, n *schema.Node) bool {
	return slices.ContainsFunc(n.Children, func(c *schema.Node) bool { return near(word, c.Name) }) ||
		passwordAt(n) != nil && near(word, plainText)
}

// near reports whether a word is a name but for two slips of the fingers.
func near(word, name string) bool {
	const shortest, slips = 4, 2
	return len(word) >= shortest && strings.Trim(word, "abcdefghijklmnopqrstuvwxyz-") == "" &&
		max(len(word), len(name))-min(len(word), len(name)) <= slips && distance(word, name) <= slips
}

// distance is how many characters must be put in, taken out or changed to make
// one word of the other (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0] // of the row above, one to the left
		row[0] = i + 1
		for j := range len(b) {
			change := before
			if a[i] != b[j] {
				change++
			}
			before = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// sentence ends an error text with a full stop, as Junos ends those that
// follow a caret, unless it quotes a value at its end.
func sentence(text string) string {
	if strings.HasSuffix(text, ".") || strings.HasSuffix(text, "'") || strings.HasSuffix(text, ")") {
		return text
	}
	return text + "."
}
