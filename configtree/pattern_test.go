package configtree

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

func TestMatchEntries(t *testing.T) {
	root := load(t)
	tree := build(t, root, "set system syslog host r1", "set system syslog host r2", "set system syslog host x", "set system syslog file m any any daemon info match x",
		"set system syslog file m match-strings [ ab cd ]", `set system login user u authentication ssh-rsa "ssh-rsa AAAA"`)
	for _, c := range []struct{ at, expr, want string }{
		{"system syslog host", "^r", "system syslog host r1|system syslog host r2"},
		{"system syslog host", ".*", "system syslog host r1|system syslog host r2|system syslog host x"},
		{"system syslog file m match-strings", "a", "system syslog file m match-strings ab"},
		{"system syslog file m", "a", "system syslog file m any|system syslog file m daemon|system syslog file m match|system syslog file m match-strings"},
		{"system syslog", "^(file|host)$", "system syslog host|system syslog file"},
		{"", "s", "system"},
		{"system login user u authentication ssh-rsa", ".", ""},
		{"system syslog file z", ".", ""},
		{"system syslog file z match-strings", ".", ""},
	} {
		var got []string
		for _, p := range tree.MatchEntries(path(t, root, c.at), regexp.MustCompile(c.expr).MatchString) {
			got = append(got, p.String())
			if _, err := tree.Edit(Edit{Op: Delete, Path: p}); err != nil {
				t.Errorf("%s: %v", p, err)
			}
		}
		if strings.Join(got, "|") != c.want {
			t.Errorf("%s %s: %s\nwant %s", c.at, c.expr, got, c.want)
		}
	}
}

// TestDeleteMatching: what matches goes, unless something of it is protected; that nothing does is a warning.
func TestDeleteMatching(t *testing.T) {
	root := load(t)
	base := []string{"set system syslog file fa any any", "set system syslog file fb any any", "set system syslog file g any any", "set system host-name f"}
	for _, c := range []struct{ before, at, expr, want, problem string }{
		{"", "system syslog file", "^f", "set system host-name f|set system syslog file g any any", ""},
		{"", "system", "s", "", ""},
		{"", "", ".", "", ""},
		{"protect system syslog file fa", "system syslog file", "f|g", "set system host-name f|set system syslog file fa any any|protect system syslog file fa",
			"warning: [system syslog file fa] is protected, 'system syslog file fa' cannot be deleted"},
		{"", "system syslog file", "x", "as it was", "warning: statement not found"},
		{"", "system syslog host", "x", "as it was", "warning: statement not found"},
		{"", "system syslog file", "(", "as it was", "missing closing )"},
	} {
		tree := build(t, root, base...)
		if c.before != "" {
			tree = change(t, tree, c.before)
		}
		next, err := tree.Edit(Edit{Op: DeleteMatching, Path: path(t, root, c.at), Value: c.expr})
		if got := fmt.Sprint(err); got != c.problem && (err != nil || c.problem != "") {
			t.Errorf("%s %s: %v", c.at, c.expr, err)
		}
		want := tree
		if c.want != "as it was" {
			want = New(root)
			for line := range strings.SplitSeq(c.want, "|") {
				if line != "" {
					want = change(t, want, line)
				}
			}
		}
		if !next.Equal(want) {
			t.Errorf("%s %s: %v", c.at, c.expr, kinds(Diff(want, next)))
		}
	}
}

func TestReplacePattern(t *testing.T) {
	root := load(t)
	base := []string{"set system host-name r1", "set system syslog host r1 log-prefix r1 match-strings [ r1 x ] port 514", "set system syslog host r2 any any",
		"set system syslog file r1 any any", "set groups g system syslog host <r1*> port 514", "set system root-authentication encrypted-password $6$r1$r1"}
	for _, c := range []struct {
		at, from, to string
		limit        int
		want         string // edits
		problems     string
	}{
		{"", "r1", "q", 0, `rename groups g system syslog host <r1*> = <q*>|set system host-name = q|set system syslog host r1 log-prefix = q|` +
			`rename system syslog host r1 match-strings r1 = q|rename system syslog host r1 = q|rename system syslog file r1 = q`, ""},
		{"system syslog", "r1", "q", 2, `set system syslog host r1 log-prefix = q|rename system syslog host r1 match-strings r1 = q`, ""},
		{"system syslog host", "r(.)", "s$1", 0, `set system syslog host r1 log-prefix = s1|rename system syslog host r1 match-strings r1 = s1|rename system syslog host r1 = s1|rename system syslog host r2 = s2`, ""},
		{"system syslog host r1", "r1", "q", 0, `set system syslog host r1 log-prefix = q|rename system syslog host r1 match-strings r1 = q`, ""},
		{"system syslog file r1", "r1", "q", 0, "", ""},
		{"system syslog host r1 port", "514", "5514", 0, "set system syslog host r1 port = 5514", ""},
		{"system syslog", "514", "99999", 0, "", "[edit system syslog host r1 port] Value 99999 is not within range (1..65535)"},
		{"system syslog file", "r1", "a/b", 0, "", "[edit system syslog file r1] Must not contain '/', % or a space"},
		{"system syslog host r1 match-strings", "^x$", "", 0, "", "[edit system syslog host r1 match-strings x] Length 0 is not within range (1..1024)"},
		{"system syslog file z", "r", "q", 0, "", ""},
		{"system login", "r", "q", 0, "", ""},
		{"", "nothing", "q", 0, "", ""},
	} {
		tree := build(t, root, base...)
		re := regexp.MustCompile(c.from)
		edits, problems := tree.ReplacePattern(path(t, root, c.at), func(text string) (string, bool) {
			return re.ReplaceAllString(text, c.to), re.MatchString(text)
		}, c.limit)
		if got := strings.ReplaceAll(joined(edits), "; ", "|"); got != c.want {
			t.Errorf("%s %s: %s\nwant %s", c.at, c.from, got, c.want)
		}
		if got := report(problems); got != c.problems {
			t.Errorf("%s %s: %s\nwant %s", c.at, c.from, got, c.problems)
		}
		b := tree.Batch()
		mustApply(b, edits...)
		if c.from == "r1" && c.limit == 0 && c.at == "" && strings.Contains(strings.ReplaceAll(lines(b.Tree().Root()), "$6$r1$r1", ""), "r1") {
			t.Errorf("after all:\n%s", lines(b.Tree().Root()))
		}
	}
}
