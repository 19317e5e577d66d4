package cli

import (
	"fmt"
	"strings"
	"testing"

	"loggia/configtree"
)

// TestLongLinesEnd: a line that is wrong, or not for the class, costs what its length
// costs. Were it the square of that, this would not end.
func TestLongLinesEnd(t *testing.T) {
	const words = 20000
	repeat := func(format string, n int) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(strings.ReplaceAll(format, "#", fmt.Sprint(i)))
		}
		return b.String()
	}
	lines := []struct{ line, shown string }{
		{"set " + strings.Repeat("system ", words), "set system system\n           ^"},
		{"set system syslog " + repeat("file f# any any ", words/4), "set system syslog file f0 any any file\n                                  ^"},
		{"set system syslog file f " + strings.Repeat("any notice ", words/2) + "any nothing", "any nothing\n"},
		{"set system syslog file f " + strings.Repeat("any notice ", words/2) + `"open`, `"open`},
		{"delete " + strings.Repeat("system ", words), "delete system system\n"},
		{"annotate " + strings.Repeat("system ", words), "annotate system system\n"},
		{"rename " + strings.Repeat("system ", words), "rename system system\n"},
		{"wildcard delete " + strings.Repeat("system ", words), "wildcard delete system system\n"},
		{"wildcard range set " + repeat("system[#] ", words), "wildcard range set system[0]\n"},
		{strings.Repeat("run ", words), "run run\n"},
		{strings.Repeat("top ", words), "top top\n"},
		{"show" + strings.Repeat(" | count", words), "| count |\n"},
		{strings.Repeat("bogus ", words), "bogus\n^"},
	}
	for _, flags := range [][]string{nil, {"configure", "system-control", "view"}} {
		l := newLab(t)
		for _, c := range lines {
			_, errs, status := l.batch("user", "configure private\n"+c.line+"\n", flags...)
			if status != 1 || !strings.Contains(errs, c.shown) {
				t.Errorf("%.40s… %v: status %d, %.300s", c.line, flags, status, errs)
			}
		}
	}
}

// TestLongRightLines: the same of lines that are right.
func TestLongRightLines(t *testing.T) {
	for _, flags := range [][]string{nil, {"configure", "system-control", "view"}} {
		l := newLab(t)
		l.must("configure private\nset system syslog file f "+strings.Repeat("any notice ", 20000)+"\ncommit\n"+
			"wildcard range set system syslog file f[1-2] "+strings.Repeat("any notice ", 5000)+"\ncommit\n", flags...)
	}
}

// TestFitting: whatever is wrong, a few walks find out how far it is right.
func TestFitting(t *testing.T) {
	words := make([]configtree.Word, 1000)
	for wrong := range len(words) + 1 {
		walks := 0
		_, n := fitting(words, func(some []configtree.Word) (configtree.Resolution, *configtree.Problem) {
			walks++
			if len(some) > wrong {
				return configtree.Resolution{}, &configtree.Problem{Word: wrong, Kind: configtree.Unknown}
			}
			return configtree.Resolution{}, nil
		})
		if n != wrong || walks > 3 {
			t.Errorf("word %d is wrong: %d fit, after %d walks", wrong, n, walks)
		}
	}
}
