package match

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"regexp/syntax"
	"strings"
	"sync"
	"testing"
)

func compile(t testing.TB, expr string, o Options) *Expr {
	t.Helper()
	e, err := Compile(expr, o)
	if err != nil {
		t.Fatalf("%s: %v", expr, err)
	}
	return e
}

func TestMatch(t *testing.T) {
	fold := Options{IgnoreCase: true}
	for _, c := range []struct {
		expr, line string
		o          Options
		want       bool
	}{
		{"error", "an error here", Options{}, true},
		{"error", "an ERROR here", Options{}, false},
		{"error", "an ERROR here", fold, true},
		{"ERROR", "an error here", fold, true},
		{"!error", "an error here", fold, false},
		{"!error", "all is well", fold, true},
		{"!(a|b)", "ccc", Options{}, true},
		{`\!important`, "!important", Options{}, true},
		{"", "", Options{}, true},
		{"", "x", Options{}, true},
		{"error|fail.*(ssh|mgd)", "fail in mgd", fold, true},
		{"error|fail.*(ssh|mgd)", "mgd did fail", fold, false},
		{"error|fail.*(ssh|mgd)", "an Error", fold, true},
		{"^mgd", "mgd[1]", Options{}, true},
		{"^mgd", "a mgd[1]", Options{}, false},
		{"down$", "link down", Options{}, true},
		{"down$", "link down.", Options{}, false},
		{"^$", "", Options{}, true},
		{"^$", "a", Options{}, false},
		{"$^", "", Options{}, true},
		{"a^b", "a^b", Options{}, false},
		{"(^|x)a", "ba", Options{}, false},
		{"(^|x)a", "bxa", Options{}, true},
		{"a.c", "a\nc", Options{}, true},
		{"a.c", "aéc", Options{}, true},
		{"a.c", "a\xffc", Options{}, true},
		{"a..c", "aéc", Options{}, false},
		{"[^a]b", "\xffb", Options{}, true},
		{"[[:digit:]]+\\.[[:digit:]]{1,3}", "10.25", Options{}, true},
		{"ab{2,3}c", "abc", Options{}, false},
		{"ab{2,3}c", "abbbc", Options{}, true},
		{"(ab)+c", "xababc", Options{}, true},
		{"ssh", "ſſH", fold, true}, // Unicode folds ſ to s
		{"okay", "OKAY", fold, true},
		{"straße", "STRAßE", fold, true},
		{"grün|blau", "GRÜN", fold, true},
		{"grün|blau", "GRUN", fold, false},
		{"é", "É", fold, true},
		{"é", "É", Options{}, false},
		{"[a-f]{4}", "xxdeadxx", Options{}, true},
		{"x*", "", Options{}, true},
		{"ab|cd|ef", "..ef", Options{}, true},
		{"us(er|b)d?", "usb", Options{}, true},
		{"UI_COMMIT(_COMPLETED)?: ", "UI_COMMIT_COMPLETED: x", Options{}, true},
	} {
		e := compile(t, c.expr, c.o)
		for range 2 { // the second time on the built automaton
			if got := e.Match([]byte(c.line)); got != c.want {
				t.Errorf("%q on %q (%+v): %v", c.expr, c.line, c.o, got)
			}
		}
		if got := e.MatchString(c.line); got != c.want {
			t.Errorf("MatchString %q on %q: %v", c.expr, c.line, got)
		}
		if e.String() != c.expr {
			t.Errorf("String() = %q, want %q", e, c.expr)
		}
	}
}

func TestLiterals(t *testing.T) {
	for _, c := range []struct {
		words []string
		line  string
		want  bool
	}{
		{[]string{"UI_COMMIT"}, "mgd: ui_commit: x", true},
		{[]string{"a.c"}, "abc", false},
		{[]string{"a.c"}, "A.C", true},
		{[]string{"one", "two", "three"}, "it is TWO", true},
		{[]string{"one", "two", "three"}, "tw on thre", false},
		{[]string{"disk"}, "DISK FULL", true}, // K is U+212A
		{[]string{"!x"}, "!x", true},
		{nil, "anything", false},
	} {
		e, err := Literals(c.words, Options{IgnoreCase: true})
		if err != nil {
			t.Fatal(err)
		}
		if got := e.MatchString(c.line); got != c.want {
			t.Errorf("%q on %q: %v", c.words, c.line, got)
		}
	}
	many := make([]string, 200) // more than the skipping search takes
	for i := range many {
		many[i] = fmt.Sprintf("word%03d", i)
	}
	e, err := Literals(many, Options{})
	if err != nil || !e.MatchString("has word199 in it") || e.MatchString("has word200 in it") {
		t.Errorf("200 strings: %v", err)
	}
	for _, bad := range [][]string{{""}, {strings.Repeat("x", MaxLiterals+1)}} {
		if _, err := Literals(bad, Options{}); err == nil {
			t.Errorf("%.10q… was accepted", bad)
		}
	}
}

func TestCompileErrors(t *testing.T) {
	for _, c := range []struct{ expr, want string }{
		{"(ab", "`(ab`: missing closing )"},
		{"ab)", "`ab)`: unexpected )"},
		{"*a", "`*`: missing argument to repetition operator"},
		{"[a", "`[a`: missing closing ]"},
		{"[z-a]", "`z-a`: invalid character class range"},
		{`\d`, "`\\d`: invalid escape sequence"},
		{`a\`, "``: trailing backslash at end of expression"},
		{"!", "`!`: nothing to negate"},
		{"a{256}", "repetition of 256, more than 255"},
		{"a{2,300}", "repetition of 300, more than 255"},
		{"a{5,2}", "`{5,2}`: bounds in the wrong order"},
		{"a{1001}", "`{1001}`: repetition of more than 255, or of more than 1000 by nesting"},
		{"((a{9}){99}){99}", "`{99}`: repetition of more than 255, or of more than 1000 by nesting"},
		{"(abcdefghij){250}", "expression needs 3002 instructions, more than 2000"},
		{strings.Repeat("a", 1025), "expression has 1025 bytes, more than 1024"},
	} {
		_, err := Compile(c.expr, Options{})
		if err == nil {
			t.Errorf("%.20q was accepted", c.expr)
		} else if err.Error() != c.want {
			t.Errorf("%.20q: %v, want %s", c.expr, err, c.want)
		}
	}
	if e := compile(t, strings.Repeat("a", 1024), Options{}); e.Instructions() > MaxInstructions {
		t.Errorf("%d instructions", e.Instructions())
	}
}

// oracle is the same expression in the standard library.
func oracle(expr string, o Options) (*regexp.Regexp, error) {
	flags := syntax.ClassNL | syntax.DotNL | syntax.OneLine
	if o.IgnoreCase {
		flags |= syntax.FoldCase
	}
	tree, err := syntax.Parse(expr, flags)
	if err != nil {
		return nil, err
	}
	return regexp.Compile(tree.String())
}

func FuzzAgainstRegexp(f *testing.F) {
	for _, s := range [][2]string{
		{"error|fail.*(ssh|mgd)", "fail: the mgd"}, {"^a+b?[^c]$", "aab\xff"}, {"(a|ab)(c|bcd)", "abcd"},
		{"s|k", "ſK"}, {"a{2,5}$", "aaa"}, {"[é-ü]x", "öx"}, {"", ""}, {"(foo|fob)+\\.?", "fofob"}, {"\xef\xbf\xbd", "\xff"},
	} {
		f.Add(s[0], s[1], true)
		f.Add(s[0], s[1], false)
	}
	f.Fuzz(func(t *testing.T, expr, line string, fold bool) {
		o := Options{IgnoreCase: fold}
		e, err := Compile(expr, o)
		if err != nil {
			return
		}
		want, err := oracle(strings.TrimPrefix(expr, "!"), o)
		if err != nil {
			t.Fatalf("%q: only regexp refuses it: %v", expr, err)
		}
		negate := strings.HasPrefix(expr, "!")
		for _, l := range []string{line, "", line + line, expr} {
			if got := e.MatchString(l); got != (want.MatchString(l) != negate) {
				t.Errorf("%q on %q: got %v", expr, l, got)
			}
			a := e.automaton
			if s := a.current.Load().start; !s.stop && len(l) > 0 {
				class, n := a.alphabet.next([]byte(l))
				next, _ := a.extend(s, class)
				if got := a.follow(next, []byte(l[n:])); got != want.MatchString(l) {
					t.Errorf("following %q on %q: got %v", expr, l, got)
				}
			}
		}
	})
}

// TestAutomatonStaysBounded: (a|b)*a(a|b){12} has 2^13 states, more than a
// generation may hold.
func TestAutomatonStaysBounded(t *testing.T) {
	e := compile(t, "(x|y)*x(x|y){13}[0-9]", Options{})
	want := regexp.MustCompile("(x|y)*x(x|y){13}[0-9]")
	rnd := rand.New(rand.NewPCG(1, 2))
	line := make([]byte, 30000)
	for i := range line {
		line[i] = "xy"[rnd.IntN(2)]
	}
	for _, tail := range []string{"", "xyyyyyyyyyyyyy7", "z7"} {
		l := append(line, tail...)
		if got := e.Match(l); got != want.Match(l) {
			t.Errorf("tail %q: got %v", tail, got)
		}
	}
	if e.automaton.flushes.Load() == 0 {
		t.Error("the automaton was never emptied: the test does not reach its bound")
	}
	if n := len(e.automaton.current.Load().states); n > e.automaton.limit {
		t.Errorf("%d states, more than %d", n, e.automaton.limit)
	}
}

func TestConcurrentUse(t *testing.T) {
	e := compile(t, "(x|y)*x(x|y){10}[0-9]|err(or)?[0-9]+", Options{IgnoreCase: true})
	want := regexp.MustCompile("(?i)(x|y)*x(x|y){10}[0-9]|err(or)?[0-9]+")
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(g), 7))
			for range 50 {
				line := make([]byte, 200)
				for i := range line {
					line[i] = "xyXY1errorſ"[rnd.IntN(12)]
				}
				if e.Match(line) != want.Match(line) {
					t.Errorf("%q", line)
				}
			}
		})
	}
	all.Wait()
}

func TestMatchAllocatesNothing(t *testing.T) {
	e := compile(t, "error|fail.*(ssh|mgd)", Options{IgnoreCase: true})
	line := []byte(benchLine + " fail")
	e.Match(line)
	if n := testing.AllocsPerRun(100, func() { e.Match(line) }); n != 0 {
		t.Errorf("%v allocations a line", n)
	}
}

const benchLine = "Nov 22 12:00:00 host42.example.net app-worker[12345]: request 4711 from 192.0.2.77 took 12 ms, " +
	"status=200 bytes=5120 path=/api/v1/items/99 agent=probe/1.2 seq=000123456."

func BenchmarkMatch(b *testing.B) {
	hit := benchLine[:90] + " fail of the mgd " + benchLine[90:]
	for _, c := range []struct{ name, expr, line string }{
		{"S10/miss", "error|fail.*(ssh|mgd)", benchLine},
		{"S10/hit", "error|fail.*(ssh|mgd)", hit},
		{"literal/miss", "UI_COMMIT", benchLine},
		{"noLiteral/miss", "[0-9]{6}[a-z]", benchLine},
	} {
		for _, o := range []Options{{}, {IgnoreCase: true}} {
			name := c.name
			if o.IgnoreCase {
				name += "/fold"
			}
			e, line := compile(b, c.expr, o), []byte(c.line)
			std, err := oracle(c.expr, o)
			if err != nil {
				b.Fatal(err)
			}
			b.Run(name+"/match", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					e.Match(line)
				}
			})
			b.Run(name+"/automaton", func(b *testing.B) {
				for b.Loop() {
					e.automaton.match(line)
				}
			})
			b.Run(name+"/regexp", func(b *testing.B) {
				for b.Loop() {
					std.Match(line)
				}
			})
		}
	}
}
