package cli

import (
	"iter"
	"slices"
	"strings"

	"loggia/cli/terminal"
	"loggia/configtree"
	"loggia/op"
)

// assistant answers ?, Space, Tab and Enter with the walk that also runs the
// line, stopped before the word at the cursor.
type assistant struct{ s *Session }

// partial is a line up to the cursor: the walk of its whole words and the word
// that is being typed.
type partial struct {
	walk    *walk
	word    string
	at      int      // byte offset of word
	literal bool     // the cursor is in an open quote or a comment
	quoted  bool     // the word stands in quotes
	failure *failure // of a word before
}

// begin walks the whole words of text. The word that text ends in, if it does
// not end in a blank, is left to the caller.
func (a assistant) begin(text string) partial {
	p := partial{walk: a.s.newWalk(), at: len(text)}
	words, bad := splitLine(text)
	if bad != nil && bad.open || inComment(text, words) {
		p.literal = true
		return p
	}
	if n := len(words); bad == nil && n > 0 && !strings.HasSuffix(text, " ") {
		last := words[n-1]
		words = words[:n-1]
		p.word, p.at, p.quoted = last.Text, last.Col, last.Quoted
	}
	for _, w := range words {
		if p.failure = p.walk.accept(w); p.failure != nil {
			return p
		}
	}
	if p.failure = p.walk.here().mistake(); p.failure == nil && bad != nil {
		p.failure, p.word = bad.failure(), text[bad.col:]
	}
	return p
}

// inComment reports whether text ends in a comment: then another letter
// changes no word.
func inComment(text string, words []configtree.Word) bool {
	if !strings.Contains(text, "#") {
		return false
	}
	more, _ := splitLine(text + "x")
	n := len(words)
	return len(more) == n && (n == 0 || more[n-1].Text == words[n-1].Text)
}

func refuse(f *failure) terminal.Advice {
	if len(f.list) > 0 {
		return terminal.RefuseListing(f.col, f.text+"\n"+listHead, printable(listed(f.list)))
	}
	return terminal.Refuse(f.col, f.message())
}

// printable makes lines fit for a terminal.
func printable(lines iter.Seq[string]) iter.Seq[string] {
	return func(yield func(string) bool) {
		for l := range lines {
			if !yield(terminal.PrintableString(l)) {
				return
			}
		}
	}
}

// Help implements terminal.Assistant.
func (a assistant) Help(line string, pos int) terminal.Advice {
	p := a.begin(line[:pos])
	switch {
	case p.literal:
		return terminal.Literal()
	case p.failure != nil:
		return refuse(p.failure)
	}
	list := p.walk.candidates(p.word)
	if nothing(list) {
		return refuse(&failure{col: p.at, text: p.walk.here().syntaxError()})
	}
	return terminal.Listing(listHead, printable(listed(list)))
}

// nothing reports whether list has no candidate.
func nothing(list []candidate) bool {
	for _, c := range list {
		if c.keys == nil {
			return false
		}
		if _, n := c.upTo(1); n > 0 {
			return false
		}
	}
	return true
}

// Space implements terminal.Assistant.
func (a assistant) Space(line string, pos int) terminal.Advice {
	p := a.begin(line[:pos])
	if p.word == "" || p.literal || p.quoted || !a.s.settings.completeOnSpace {
		return terminal.Literal()
	}
	return p.finishWord(false)
}

// Tab implements terminal.Assistant.
func (a assistant) Tab(line string, pos int) terminal.Advice {
	p := a.begin(line[:pos])
	switch {
	case p.literal || p.quoted:
		return terminal.Advice{}
	case p.word == "":
		return a.Help(line, pos)
	}
	return p.finishWord(true)
}

// Enter implements terminal.Assistant: the last word is completed as Space
// would do it; what is wrong shows when the line runs.
func (a assistant) Enter(line string) terminal.Advice {
	p := a.begin(line)
	if p.word == "" || p.literal || p.quoted || p.failure != nil {
		return terminal.Advice{}
	}
	list := p.walk.candidates(p.word)
	if c, ok, _ := pick(withoutKeys(list), p.word); ok && !exists(list, p.word) {
		return terminal.Replace(p.at, c.name+" ")
	}
	return terminal.Advice{}
}

// exists reports whether a name that exists is exactly word.
func exists(list []candidate, word string) bool {
	return slices.ContainsFunc(list, func(c candidate) bool {
		c = c.first() // of those that begin with word, it comes first
		return c.key && c.name == word
	})
}

// withoutKeys leaves out the names that exist, which only Tab completes.
func withoutKeys(list []candidate) []candidate {
	var out []candidate
	for _, c := range list {
		if !c.key {
			out = append(out, c)
		}
	}
	return out
}

// finishWord completes the word at the cursor, or says what is wrong with it.
func (p partial) finishWord(tab bool) terminal.Advice {
	if p.failure != nil {
		return refuse(p.failure)
	}
	list := p.walk.candidates(p.word)
	names := list
	if !tab && !exists(list, p.word) {
		names = withoutKeys(list)
	}
	c, ok, several := pick(names, p.word)
	if ok {
		return terminal.Replace(p.at, c.typed()+blankBehind(c))
	}
	ambiguous := len(several) > 0
	if tab && ambiguous {
		if common := commonPrefix(several, p.word); len(common) > len(p.word) {
			return terminal.Replace(p.at, common)
		}
	}
	if ambiguous && (tab || !takesValue(list)) {
		return refuse(&failure{col: p.at, text: "'" + p.word + "' is ambiguous.", list: several})
	}
	if f := p.acceptable(); f != nil {
		return refuse(f)
	}
	return terminal.Replace(p.at, p.word+" ")
}

// blankBehind is what ends a completed word: nothing behind a directory, whose
// name goes on.
func blankBehind(c candidate) string {
	if strings.HasSuffix(c.name, "/") {
		return ""
	}
	return " "
}

// takesValue reports whether any value of a kind may stand here.
func takesValue(list []candidate) bool {
	for _, c := range list {
		if c.placeholder {
			return true
		}
	}
	return false
}

// acceptable tries the word as a value.
func (p partial) acceptable() *failure {
	if f := p.walk.accept(configtree.Word{Text: p.word, Col: p.at}); f != nil {
		return f
	}
	return p.walk.here().mistake()
}

// commonPrefix returns what all names begin with, which is word at least.
func commonPrefix(list []candidate, word string) string {
	prefix, any := "", false
	add := func(name string) {
		if !any {
			prefix, any = name, true
		}
		for !strings.HasPrefix(name, prefix) {
			prefix = prefix[:len(prefix)-1]
		}
	}
	for _, c := range list {
		if c.keys == nil {
			add(c.name)
			continue
		}
		// They are sorted: the next that begins otherwise comes behind all that begin so.
		for from, more := "", true; more && len(prefix) > len(word) || !any; {
			next, ok := first(c.keys(from))
			if !ok {
				break
			}
			add(next.name)
			from, more = op.Successor(prefix)
		}
	}
	return prefix
}

// first is the first of some candidates.
func first(all iter.Seq[candidate]) (candidate, bool) {
	for c := range all {
		return c, true
	}
	return candidate{}, false
}
