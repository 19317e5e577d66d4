package cli

import (
	"strings"

	"loggia/cli/terminal"
	"loggia/configtree"
)

// assistant answers ?, Space, Tab and Enter with the walk that also runs the
// line, stopped before the word at the cursor.
type assistant struct{ s *Session }

// partial is a line up to the cursor: the walk of its whole words and the word
// that is being typed.
type partial struct {
	walk    *walk
	word    string
	at      int // byte offset of word
	quoted  bool
	failure *failure
	fault   int // byte offset of failure
}

// begin walks the whole words of text. The word that text ends in, if it does
// not end in a blank, is left to the caller.
func (a assistant) begin(text string) partial {
	p := partial{walk: a.s.newWalk(), at: len(text)}
	words, err := splitLine(text)
	if err != nil { // an open quote
		p.quoted = true
		return p
	}
	if n := len(words); n > 0 && !strings.HasSuffix(text, " ") {
		last := words[n-1]
		words = words[:n-1]
		p.word, p.at, p.quoted = last.Text, last.Col, last.Quoted
	}
	for _, w := range words {
		if p.failure = p.walk.accept(w); p.failure != nil {
			p.fault = p.failure.col
			return p
		}
	}
	return p
}

func (p partial) refuse(f *failure, at int) terminal.Advice {
	text := f.text + "\n"
	if len(f.list) > 0 {
		text += listing(f.list)
	}
	return terminal.Refuse(at, text)
}

// Help implements terminal.Assistant.
func (a assistant) Help(line string, pos int) terminal.Advice {
	p := a.begin(line[:pos])
	switch {
	case p.quoted:
		return terminal.Literal()
	case p.failure != nil:
		return p.refuse(p.failure, p.fault)
	}
	list := p.walk.candidates(p.word)
	if len(list) == 0 {
		if f := p.check(); f != nil {
			return p.refuse(f, p.at)
		}
		return p.refuse(&failure{text: p.walk.syntaxError()}, p.at)
	}
	return terminal.Show(listing(list))
}

// check resolves the path that was typed so far, for the error that is in it.
func (p partial) check() *failure {
	w := p.walk
	for w.sub != nil {
		w = w.sub
	}
	if w.pipe != nil || !w.inStatement() {
		return nil
	}
	if _, f := w.resolve(); f != nil && f.text != "missing argument." {
		return f
	}
	return nil
}

// Space implements terminal.Assistant.
func (a assistant) Space(line string, pos int) terminal.Advice {
	p := a.begin(line[:pos])
	if p.word == "" || p.quoted || strings.HasPrefix(strings.TrimSpace(line), "#") {
		return terminal.Literal()
	}
	if !a.s.settings.completeOnSpace {
		return terminal.Literal()
	}
	return a.finishWord(p, false)
}

// Tab implements terminal.Assistant.
func (a assistant) Tab(line string, pos int) terminal.Advice {
	p := a.begin(line[:pos])
	if p.quoted {
		return terminal.Advice{}
	}
	if p.word == "" {
		return a.Help(line, pos)
	}
	return a.finishWord(p, true)
}

// Enter implements terminal.Assistant: the last word is completed as Space
// would do it; what is wrong shows when the line runs.
func (a assistant) Enter(line string) terminal.Advice {
	p := a.begin(line)
	if p.word == "" || p.quoted || p.failure != nil || strings.HasPrefix(strings.TrimSpace(line), "#") {
		return terminal.Advice{}
	}
	if c, ok, _ := pick(without(p.walk.candidates(p.word), true), p.word); ok {
		return terminal.Replace(p.at, c.name+" ")
	}
	return terminal.Advice{}
}

// without leaves out the names that exist, which only Tab completes.
func without(list []candidate, keys bool) []candidate {
	var out []candidate
	for _, c := range list {
		if !(keys && c.key) {
			out = append(out, c)
		}
	}
	return out
}

// finishWord completes the word at the cursor, or says what is wrong with it.
func (a assistant) finishWord(p partial, tab bool) terminal.Advice {
	if p.failure != nil {
		return p.refuse(p.failure, p.fault)
	}
	list := p.walk.candidates(p.word)
	names := without(list, !tab)
	c, ok, several := pick(names, p.word)
	switch {
	case ok:
		return terminal.Replace(p.at, c.name+" ")
	case len(several) > 1 && tab:
		if common := commonPrefix(several); len(common) > len(p.word) {
			return terminal.Replace(p.at, common)
		}
		return p.refuse(&failure{text: "'" + p.word + "' is ambiguous.", list: several}, p.at)
	case len(several) > 1 && !takesValue(list):
		return p.refuse(&failure{text: "'" + p.word + "' is ambiguous.", list: several}, p.at)
	}
	if f := p.acceptable(); f != nil {
		return p.refuse(f, p.at)
	}
	return terminal.Replace(p.at, p.word+" ")
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
	return p.check()
}

func commonPrefix(list []candidate) string {
	prefix := list[0].name
	for _, c := range list[1:] {
		for !strings.HasPrefix(c.name, prefix) {
			prefix = prefix[:len(prefix)-1]
		}
	}
	return prefix
}
