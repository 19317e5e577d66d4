package configtree

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"loggia/configtree/schema"
)

// Secrets are the secrets of configurations, as they are kept and in clear where that is known,
// to keep them out of records of what may be anything: expressions, comments.
type Secrets []string

// SecretsOf returns the secrets of configurations. What is no secret is not visited.
func SecretsOf(trees ...*Tree) Secrets {
	g := gatherer{below: map[*schema.Node]bool{}}
	for i, t := range trees {
		if !slices.Contains(trees[:i], t) {
			g.statement(t.Root())
		}
	}
	slices.Sort(g.found)
	return slices.Compact(g.found)
}

// Betrayed reports whether a word tells of a secret: it is, or has in it,
// a secret or a good part of one, or matches one as an expression, or is written like one. What a hash was
// made of cannot be known.
func (s Secrets) Betrayed(word string) bool {
	text := literal(word)
	if hashed().MatchString(text) {
		return true
	}
	expr := telling(word)
	return slices.ContainsFunc(s, func(secret string) bool { return sharesSecret(text, secret, expr) })
}

// hashed is how hashes of passwords, and secrets in Junos' notation, are written.
var hashed = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\$(1|5|6|8|9|y|2[aby]|sha1)\$.`) })

// literal is what an expression finds at least, as far as that is easily told: without
// anchors, and without the backslashes before what has a meaning.
func literal(expr string) string {
	expr = strings.TrimSuffix(strings.TrimPrefix(expr, "^"), "$")
	var b strings.Builder
	for i := 0; i < len(expr); i++ {
		if expr[i] == '\\' && i+1 < len(expr) && strings.IndexByte(`\.+*?()|[]{}^$&`, expr[i+1]) >= 0 {
			i++
		}
		b.WriteByte(expr[i])
	}
	return b.String()
}

// enoughOfSecret is how many characters of a secret tell of it.
const enoughOfSecret = 4

// telling compiles an expression that has enough characters of its own to tell of
// what it matches; nil for others, and for what is none.
func telling(word string) *regexp.Regexp {
	own := 0
	for _, c := range word {
		if c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
			own++
		}
	}
	if own < enoughOfSecret {
		return nil
	}
	expr, err := CompileName(word)
	if err != nil {
		return nil
	}
	return expr
}

// sharesSecret reports whether a text, or what expr finds, is too much of a secret.
func sharesSecret(text, secret string, expr *regexp.Regexp) bool {
	const long = 8 // as much of a hash is no accident
	enough := enoughOfSecret
	if len(secret) > 2*long {
		enough = long
	}
	switch {
	case text == secret:
		return true
	case len(secret) >= enoughOfSecret && strings.Contains(text, secret), len(text) >= enough && strings.Contains(secret, text):
		return true
	case expr == nil:
		return false
	}
	found := expr.FindString(secret)
	return len(found) >= min(enough, len(secret))
}

// gatherer gathers secrets.
type gatherer struct {
	below map[*schema.Node]bool // whether there can be one at or below a statement
	found Secrets
}

func (g *gatherer) statement(n Node) {
	s := n.Schema()
	if !g.possible(s) {
		return
	}
	if s.Secret {
		for _, text := range []string{n.Key(), n.Value(), s.Type.Plain(n.Value())} {
			if text != "" {
				g.found = append(g.found, text)
			}
		}
	}
	for c := range n.Children() {
		g.statement(c)
	}
}

func (g *gatherer) possible(s *schema.Node) bool {
	may, known := g.below[s]
	if !known {
		may = s.Secret || slices.ContainsFunc(s.Children, g.possible)
		g.below[s] = may
	}
	return may
}
