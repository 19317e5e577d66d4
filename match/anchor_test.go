package match

import (
	"bytes"
	"math/rand/v2"
	"regexp"
	"regexp/syntax"
	"strings"
	"testing"
)

// randomText makes text of words, some of which fold to others outside of ASCII,
// with few newlines or many.
func randomText(rng *rand.Rand, words []string) []byte {
	var text []byte
	spread := 1 + rng.IntN(30)
	for range rng.IntN(400) {
		w := words[rng.IntN(len(words))]
		switch rng.IntN(4) {
		case 0:
			w = strings.ToUpper(w)
		case 1:
			w = strings.NewReplacer("s", "ſ", "k", "\u212a").Replace(w)
		case 2:
			w = w[:rng.IntN(len(w)+1)]
		}
		if text = append(text, w...); rng.IntN(spread) == 0 {
			text = append(text, "\n"...)
		}
	}
	return text
}

// randomExpr makes an expression that both this package and regexp know.
func randomExpr(rng *rand.Rand, words []string) string {
	word := func() string {
		w := words[rng.IntN(len(words))]
		if from := rng.IntN(len(w)); rng.IntN(2) == 0 {
			w = w[from : from+1+rng.IntN(len(w)-from)]
		}
		if rng.IntN(3) == 0 {
			w = strings.ToUpper(w)
		}
		return regexp.QuoteMeta(strings.ToValidUTF8(w, "."))
	}
	var b strings.Builder
	for i := range 1 + rng.IntN(3) {
		if i > 0 {
			b.WriteByte('|')
		}
		for range 1 + rng.IntN(2) {
			switch rng.IntN(9) {
			case 0:
				b.WriteString([]string{".*", ".", "[a-f]", "[^k]", "[0-9]+", "^", "$", "k*", "(s|kk)"}[rng.IntN(9)])
			case 1:
				b.WriteString("(" + word() + "|" + word() + ")")
			case 2:
				b.WriteString("(" + word() + "){1,3}")
			default:
				b.WriteString(word())
			}
		}
	}
	return b.String()
}

// A scanner finds in block after block what regexp finds line by line.
func TestScannerAgreesWithRegexp(t *testing.T) {
	words := []string{"_", "ks", "sk", "kernel", "task", "oops", "x_y", "UI_AUTH", "sshd[", "]: ", " ", "disk", "10.0.0.1", "é", "grün", "\xc5", "\xe2\x84", "\x00", "\r",
		"Straße", "ab", "abab", "q", "a message that is longer than what the search compares, by far", "link", "skill"}
	rng := rand.New(rand.NewPCG(11, 12))
	hits := 0
	for range 250 {
		expr, fold := randomExpr(rng, words), rng.IntN(4) > 0
		e, err := Compile(expr, Options{IgnoreCase: fold})
		if err != nil {
			t.Fatalf("%q: %v", expr, err)
		}
		flags := "(?s)"
		if fold {
			flags = "(?si)"
		}
		std := regexp.MustCompile(flags + expr)
		s := e.Scanner()
		for range 4 {
			block := randomText(rng, words)
			var want []byte
			for line := range bytes.Lines(block) {
				if std.Match(bytes.TrimSuffix(line, []byte("\n"))) {
					want = append(want, line...)
					hits++
				}
			}
			if got := s.Keep(nil, block, true); !bytes.Equal(got, want) {
				t.Fatalf("%s%s on %q:\n got %q\nwant %q", flags, expr, block, got, want)
			}
		}
	}
	if hits == 0 {
		t.Error("nothing ever matched")
	}
}

func parsed(t *testing.T, expr string) *syntax.Regexp {
	t.Helper()
	tree, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func TestAnchorsChooseWhatIsRare(t *testing.T) {
	for _, c := range []struct {
		word, text string
		want       string // the bytes looked for; "" if another search is better
	}{
		{"UI_AUTH", strings.Repeat("a uniform hour, iterated UI. ", 400), "_"},
		{"quick", strings.Repeat("the fox did it, under a hedge of thyme ", 400), "qQ"},
		{"kiss", strings.Repeat("k s K S a message but no such letter ", 400), "iI"},
		{"ks", "no letter of which nothing outside of ASCII is the like", ""},
		{"aaa", strings.Repeat("ab", 4000), ""},
	} {
		a := newAnchors(newSampler(required(parsed(t, "(?i)"+c.word))))
		got := ""
		if a != nil && a.begin([]byte(c.text), 0.2) {
			for _, p := range a.places {
				got += string(p.char)
			}
		}
		if got != c.want {
			t.Errorf("%s: looks for %q, want %q", c.word, got, c.want)
		}
	}
}

// A choice that has become bad is given up with the next block.
func TestAnchorsNoticeThatTheTextIsAnother(t *testing.T) {
	s := compile(t, "x-ray", Options{IgnoreCase: true}).Scanner()
	rare, common := bytes.Repeat([]byte("arrayed rye, y\n"), 5000), bytes.Repeat([]byte("x-x-x-xx--\n"), 5000)
	s.Keep(nil, rare, true)
	if before := s.anchors.places[0].char; before != '-' && before != 'x' {
		t.Errorf("looks for %q", before)
	}
	s.Keep(nil, common, true)
	s.Keep(nil, common, true)
	if after := s.anchors.places[0].char; after == '-' || after == 'x' {
		t.Errorf("still looks for %q, which is everywhere", after)
	}
}
