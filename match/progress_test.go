package match

import (
	"regexp"
	"strings"
	"testing"
)

// TestProgress follows expressions through texts of which * is any text.
func TestProgress(t *testing.T) {
	for _, c := range []struct {
		expr, text           string
		anchored             bool
		sure, hopeless, ends bool
	}{
		{"show log", "show", true, false, false, false},
		{"show log", "show log", true, true, false, true},
		{"show log", "show version", true, false, true, false},
		{"show log", "request show log", true, false, true, false},
		{"show log", "request show log", false, true, false, true},
		{"show log$", "show log", true, false, false, true},
		{"show log$", "show log messages", true, false, true, false},
		{"^show", "a show", false, false, false, false},
		{"(show log)|(clear .*)", "clear", true, false, false, false},
		{"file ops any", "file * any", true, true, false, true},
		{"file ops$", "file *", true, false, false, true},
		{"file ops any", "file * none", true, true, false, true},
		{"file ops$", "file * x", true, false, true, false},
		{"file o$", "host *", true, false, true, false},
		{"SHOW", "show", true, true, false, true},
		{"", "x", true, true, false, true},
	} {
		e, err := Compile(c.expr, Options{IgnoreCase: true})
		if err != nil {
			t.Fatal(err)
		}
		p := e.Begin(c.anchored)
		for i, part := range strings.Split(c.text, "*") {
			if i > 0 {
				p = p.Any()
			}
			p = p.Text(part)
		}
		if p.Sure() != c.sure || p.Hopeless() != c.hopeless || p.Ends() != c.ends {
			t.Errorf("%q after %q: sure %v, hopeless %v, ends %v", c.expr, c.text, p.Sure(), p.Hopeless(), p.Ends())
		}
	}
}

// FuzzProgress: after a text, Ends agrees with Match, and Longest with the
// standard library.
func FuzzProgress(f *testing.F) {
	for _, s := range []string{"ab|abc$", "(a|b)*c", "^x.y", "a{2,3}", "$", "\\.", "[^a]b"} {
		f.Add(s, "abcabc")
		f.Add(s, "x\u00e9y")
	}
	f.Fuzz(func(t *testing.T, expr, text string) {
		e, err := Compile(expr, Options{})
		if err != nil || strings.HasPrefix(expr, "!") || len(text) > 200 {
			return
		}
		p := e.Begin(false).Text(text)
		if got, want := p.Ends(), e.MatchString(text); got != want {
			t.Fatalf("%q in %q: ends %v, matches %v", expr, text, got, want)
		}
		if p.Hopeless() && e.MatchString(text) {
			t.Fatalf("%q in %q is not hopeless", expr, text)
		}
		std, err := regexp.Compile("^(?:" + expr + ")")
		if err != nil || strings.ContainsAny(expr, "?\\^") {
			return // other flags, or lazy
		}
		std.Longest()
		want := -1
		if at := std.FindStringIndex(text); at != nil {
			want = at[1]
		}
		if got := e.Longest(text, true); got != want && !strings.ContainsAny(text+expr, "\n.") {
			t.Fatalf("%q in %q: longest %d, want %d", expr, text, got, want)
		}
		if (e.Longest(text, false) >= 0) != e.MatchString(text) {
			t.Fatalf("%q in %q: longest %d", expr, text, e.Longest(text, false))
		}
	})
}
