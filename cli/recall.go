package cli

import (
	"slices"
	"strings"

	"loggia/configtree"
	"loggia/configtree/schema"
	"loggia/op"
)

// vocabulary is what a word may be without saying anything of whoever typed it, and what a
// secret may stand behind.
type vocabulary struct {
	plain   map[string]bool // words of commands, names of statements, values that the schema lists
	secrets []string        // statements whose value is secret
	holders []string        // levels right above one of those
}

// newVocabulary collects the words of a schema and of command trees.
func newVocabulary(root *schema.Node, trees ...*node) *vocabulary {
	v := &vocabulary{plain: map[string]bool{plainText: true}, secrets: []string{plainText}}
	for _, t := range trees {
		v.commands(t)
	}
	v.statements(root)
	return v
}

func (v *vocabulary) commands(n *node) {
	for _, c := range n.children {
		v.plain[c.word] = true
		v.commands(c)
	}
	if n.verb != nil {
		for _, p := range n.verb.Params {
			v.plain[p.Name] = v.plain[p.Name] || p.Kind == op.Flag || p.Kind == op.Option
		}
	}
}

// statements leaves out the groups, which repeat all there is.
func (v *vocabulary) statements(n *schema.Node) {
	for _, c := range n.Children {
		if c.Origin != nil || c.Groups != 0 {
			continue
		}
		v.plain[c.Name] = true
		for _, e := range c.Type.Enums {
			v.plain[e.Name] = true
		}
		if c.Secret {
			v.secrets = append(v.secrets, c.Name)
			if n.Kind == schema.Container { // behind a list comes a key
				v.holders = append(v.holders, n.Name)
			}
		}
		v.statements(c)
	}
}

// means reports whether a word is one of names, or no word of ours and the beginning of
// one of them, or one with a slip of the fingers or two.
func (v *vocabulary) means(names []string, word string) bool {
	const beginning = 2
	return slices.ContainsFunc(names, func(name string) bool {
		return word == name || !v.plain[word] && (len(word) >= beginning && strings.HasPrefix(name, word) || near(word, name))
	})
}

// recallable is a line that does not parse as history keeps it: as it was typed, to be called
// back and mended. What could be a secret is masked, with all behind it: a value behind a
// statement that holds one, even one that is mistyped itself; any word that is none of
// ours behind the statement above; what stands where one was due; and a first word that is like
// no command, which may be a password typed at the wrong prompt.
func (w *walk) recallable(f *failure, line string) string {
	shown, at := w.showable(f, line)
	if f.end || strings.Contains(shown, maskedSecret) { // all of it, or behind a secret
		return w.unnamed(shown)
	}
	bad := shown[at:]
	rest := line[f.col+len(bad):]
	if strings.TrimSpace(rest) == "" {
		return w.unnamed(shown)
	}
	v := w.s.vocabulary()
	words, wrong := splitLine(rest)
	if wrong != nil { // a quote that is not closed, or touches other text: cut at blanks, as far as it matters
		words = nil
		at := 0
		for word := range strings.FieldsSeq(rest) {
			at += strings.Index(rest[at:], word)
			words = append(words, configtree.Word{Text: strings.Trim(word, `"`), Col: at})
			at += len(word)
		}
	}
	if first := w.here(); first.at == nil && !first.piped && !first.slip(bad) && !v.knowsOne(words) {
		return strings.TrimSuffix(w.unnamed(shown)+" ", maskedSecret+" ") + maskedSecret
	}
	before, _ := splitLine(line[:f.col])
	risk := v.risk(noRisk, append(before, configtree.Word{Text: strings.Trim(bad, `"`)})...)
	end := 0 // of what of the rest may be kept
	for i, word := range words {
		if risk == secretRisk || risk == holderRisk && !v.plain[word.Text] {
			return strings.TrimRight(shown+rest[:word.Col], " ") + " " + maskedSecret
		}
		risk = v.risk(risk, word)
		if end = len(rest); i+1 < len(words) {
			end = words[i+1].Col
		} else if wrong == nil {
			end = word.Col + wordLength(rest[word.Col:], word)
		}
	}
	return shown + strings.TrimRight(rest[:end], " ")
}

// wordLength is how long the word that text begins with is as it was typed.
func wordLength(text string, word configtree.Word) int {
	if word.Quoted {
		return len(firstWord(text))
	}
	return len(word.Text)
}

// The risks that the next word is a secret.
const (
	noRisk     = iota
	holderRisk // if it is none of our words
	secretRisk
)

// risk is the risk of what follows words.
func (v *vocabulary) risk(sofar int, words ...configtree.Word) int {
	for _, word := range words {
		switch {
		case v.means(v.secrets, word.Text):
			sofar = max(sofar, secretRisk)
		case v.means(v.holders, word.Text):
			sofar = max(sofar, holderRisk)
		}
	}
	return sofar
}

// slip reports whether a word is one of the commands but for a slip of the fingers or two.
func (w *walk) slip(word string) bool {
	return slices.ContainsFunc(w.node().children, func(c *node) bool { return near(word, c.word) })
}

// knowsOne reports whether one of the words is ours.
func (v *vocabulary) knowsOne(words []configtree.Word) bool {
	return slices.ContainsFunc(words, func(w configtree.Word) bool { return v.plain[w.Text] })
}

// vocabulary is that of the session, collected when a line first needs it.
func (s *Session) vocabulary() *vocabulary {
	if s.known == nil {
		s.known = newVocabulary(s.schema(), s.grammar.operational, s.grammar.configuration, s.grammar.answerPipes)
	}
	return s.known
}
