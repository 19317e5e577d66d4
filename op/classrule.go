package op

import (
	"errors"
	"slices"
	"strings"

	"loggia/configtree"
	"loggia/match"
)

// pattern is one side of the rules of a class: what allows, or what denies.
// There are two forms of it, which a class cannot mix (see ClassDefinition).
type pattern interface {
	// begin is the state before the first word.
	begin() state
	// longest is the length of the longest match in a text that matches, to tell
	// which of two is the more specific.
	longest(text string) int
}

// state is how far a pattern has come along the words of a command or of a
// statement's path. States are values.
type state interface {
	word(w string) state // goes on by a word
	wild() state         // goes on by any word
	open() bool          // words may follow that make it match
	sure() bool          // matches, whatever follows
	ends() bool          // matches if nothing follows
	// begun goes on by a word that begins with prefix, and needs quotes or does not: open means that
	// some such word may make it match, and with certain, sure that every such word does.
	begun(prefix string, quoted, certain bool) state
}

// anyWord stands for a word that is not known where a pattern has to match for
// certain: `.*` matches it, no name does.
const anyWord = "\u2039any\u203a"

// expression is the one form: a regular expression for the whole text. What
// allows has to match from the first word on, so that nobody can choose a name
// that lets them in; what denies may match anywhere.
type expression struct {
	e        *match.Expr
	anchored bool
}

func (x Expressions) newExpression(text string, anchored bool) (pattern, error) {
	e, err := x.compile(text)
	if err == nil && anchored {
		e, err = x.compile("^(" + text + ")")
	}
	if err != nil {
		return nil, err
	}
	return expression{e, anchored}, nil
}

var errNegated = errors.New("`!`: use the opposite statement to negate")

// Expressions are compiled expressions of classes, by text: many classes have the same.
// One goroutine at a time may use them.
type Expressions map[string]*match.Expr

func (x Expressions) compile(text string) (*match.Expr, error) {
	if strings.HasPrefix(text, "!") {
		return nil, errNegated
	}
	if e, ok := x[text]; ok {
		return e, nil
	}
	e, err := match.Compile(text, match.Options{IgnoreCase: true})
	if err == nil {
		x[text] = e
	}
	return e, err
}

func (x expression) begin() state { return &spelled{p: x.e.Begin(x.anchored)} }

func (x expression) longest(text string) int { return x.e.Longest(text, x.anchored) }

type spelled struct {
	p    match.Progress
	some bool // a word was read
}

func (s *spelled) gap() match.Progress {
	if s.some {
		return s.p.Text(" ")
	}
	return s.p
}

func (s *spelled) word(w string) state {
	return &spelled{s.gap().Text(configtree.Quote(w)), true}
}
func (s *spelled) wild() state { return &spelled{s.gap().Any(), true} }
func (s *spelled) open() bool  { return !s.p.Hopeless() }
func (s *spelled) sure() bool  { return s.p.Sure() }
func (s *spelled) ends() bool  { return s.p.Ends() }

// terms is the other form: lists of expressions of which each is for one word,
// and matches it whole. A list matches a path that begins with its words.
type terms []termList

type termList struct {
	words []*match.Expr
	heads []*match.Expr // of words that end in `.*`, what stands before that; nil of others
	exact bool          // $ at the end: nothing may follow
}

// newTerms compiles lists of terms that stand between blanks. On error, at is
// which list it is about.
func (x Expressions) newTerms(lists []string) (t terms, at int, err error) {
	for i, text := range lists {
		var l termList
		words := strings.Fields(text)
		if len(words) == 0 {
			return nil, i, errors.New("empty expression")
		}
		last := &words[len(words)-1]
		if body, ok := strings.CutSuffix(*last, "$"); ok && !strings.HasSuffix(body, `\`) {
			*last, l.exact = body, true
		}
		for _, w := range words {
			if _, err := x.compile(w); err != nil {
				return nil, i, err // in the words that were typed
			}
			e, err := x.compile("^(" + strings.TrimPrefix(w, "^") + ")$")
			if err != nil {
				return nil, i, err
			}
			head, err := x.newHead(w)
			if err != nil {
				return nil, i, err
			}
			l.words, l.heads = append(l.words, e), append(l.heads, head)
		}
		t = append(t, l)
	}
	return t, 0, nil
}

// newHead compiles what a term has before `.*` at its end; nil where that is not all there is to it.
func (x Expressions) newHead(term string) (*match.Expr, error) {
	head, ok := strings.CutSuffix(term, ".*")
	if !ok || strings.ContainsAny(head, `|\`) {
		return nil, nil
	}
	return x.compile("^(" + strings.TrimPrefix(head, "^") + ")")
}

func (t terms) begin() state {
	all := make([]int, len(t))
	for i := range all {
		all[i] = i
	}
	return &matched{t: t, alive: all}
}

// longest tells nothing: of lists, those that deny win, or those that allow.
func (t terms) longest(string) int { return 0 }

// matched is which lists match n words so far.
type matched struct {
	t     terms
	n     int
	alive []int
}

func (m *matched) next(fits func(*match.Expr) bool) state {
	to := &matched{t: m.t, n: m.n + 1}
	for _, i := range m.alive {
		l := &m.t[i]
		if m.n < len(l.words) && fits(l.words[m.n]) || m.n >= len(l.words) && !l.exact {
			to.alive = append(to.alive, i)
		}
	}
	return to
}

func (m *matched) word(w string) state {
	return m.next(func(e *match.Expr) bool { return e.MatchString(w) })
}
func (m *matched) wild() state { return m.next(func(*match.Expr) bool { return true }) }
func (m *matched) open() bool  { return len(m.alive) > 0 }

func (m *matched) sure() bool {
	return slices.ContainsFunc(m.alive, func(i int) bool { return m.n >= len(m.t[i].words) && !m.t[i].exact })
}

func (m *matched) ends() bool {
	return slices.ContainsFunc(m.alive, func(i int) bool { return m.n >= len(m.t[i].words) })
}

// rules are what a class adds to its flags, and takes from them, for commands
// or for the configuration. The zero value says nothing.
type rules struct {
	allow, deny pattern
	lists       bool // of the form with a term for each word
	allowWins   bool // among those
}

func (r *rules) none() bool { return r.allow == nil && r.deny == nil }

// verdict is what rules say.
type verdict uint8

const (
	silent verdict = iota // the flags decide
	allowed
	denied
)

// over is what rules say about texts of which any counts: a statement without
// and with its value. Where both sides match, of lists those that deny win
// unless regex-additive-logic turns it round; otherwise the longer match wins,
// and allow wins a draw.
func (r *rules) over(texts ...[]string) verdict {
	allow, deny := -1, -1
	for _, words := range texts {
		allow = max(allow, length(r.allow, words))
		deny = max(deny, length(r.deny, words))
	}
	switch {
	case allow < 0 && deny < 0:
		return silent
	case deny < 0:
		return allowed
	case allow < 0:
		return denied
	case r.lists && r.allowWins:
		return allowed
	case r.lists:
		return denied
	case r.longer(texts):
		return allowed
	}
	return denied
}

// longer reports whether what allows is at least as long as what denies.
func (r *rules) longer(texts [][]string) bool {
	allow, deny := -1, -1
	for _, words := range texts {
		text := line(words)
		allow, deny = max(allow, r.allow.longest(text)), max(deny, r.deny.longest(text))
	}
	return allow >= deny
}

// length is 0 when the pattern matches the words, else -1.
func length(p pattern, words []string) int {
	if p == nil || !matches(p, words) {
		return -1
	}
	return 0
}

func matches(p pattern, words []string) bool {
	if x, ok := p.(expression); ok {
		return x.e.MatchString(line(words))
	}
	s := p.begin()
	for _, w := range words {
		if s = s.word(w); !s.open() {
			return false
		}
	}
	return s.ends()
}

// line is words as they are typed.
func line(words []string) string {
	text := make([]byte, 0, 64)
	for i, w := range words {
		if i > 0 {
			text = append(text, ' ')
		}
		text = configtree.AppendQuote(text, w)
	}
	return string(text)
}

// prospect is what becomes of rules along words that are not all known.
type prospect struct {
	r           *rules
	allow, deny []state // one of each side that there is, and one more inside a group
}

func (r *rules) prospect() prospect { return prospect{r: r}.again() }

// again lets the rules begin anew here as well: what a group contains counts
// under its own path and under the one it stands for.
func (p prospect) again() prospect {
	if p.r.allow != nil {
		p.allow = append(slices.Clip(p.allow), p.r.allow.begin())
	}
	if p.r.deny != nil {
		p.deny = append(slices.Clip(p.deny), p.r.deny.begin())
	}
	return p
}

func each(states []state, step func(state) state) []state {
	to := make([]state, len(states))
	for i, s := range states {
		to[i] = step(s)
	}
	return to
}

func (p prospect) word(w string) prospect {
	step := func(s state) state { return s.word(w) }
	p.allow, p.deny = each(p.allow, step), each(p.deny, step)
	return p
}

// wild goes on by a word that is not known yet.
func (p prospect) wild() prospect {
	p.allow = each(p.allow, state.wild)
	p.deny = each(p.deny, func(s state) state { return s.word(anyWord) })
	return p
}

// may reports whether what stands here can be permitted if it ends here; flag
// is what the flags of the class say. It errs on the side of yes.
func (p prospect) may(flag bool) bool {
	return p.judged(slices.ContainsFunc(p.allow, state.ends), slices.ContainsFunc(p.deny, state.ends), flag)
}

// ever reports whether anything from here on can be permitted.
func (p prospect) ever(flag bool) bool {
	return p.judged(slices.ContainsFunc(p.allow, state.open), slices.ContainsFunc(p.deny, state.sure), flag)
}

func (p prospect) judged(allow, deny, flag bool) bool {
	if deny && p.r.lists && !p.r.allowWins {
		return false
	}
	return allow || flag && !deny
}
