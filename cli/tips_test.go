package cli

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestTipsAboutKeys: the keys do what the tips say. Those with a command are run by
// testdata/script/tips.txtar.
func TestTipsAboutKeys(t *testing.T) {
	shown := map[string]struct{ keys, want string }{
		"?":             {"show ver?\x03", "Possible completions:\n  version              Show"},
		"Ctrl-R":        {"show cli directory\rshow version\r\x12direc\r", "> show cli directory\nCurrent directory: /var/home/user\n\nuser@gate> show version\n(?s:.*)> show cli directory\nCurrent"},
		"Esc-/":         {"show cli directory\rshow version\rshow c\x1b/\r", "(?s:show version.*)> show cli directory\nCurrent"},
		"Esc-.":         {"show log messages\rfile show \x1b.\x03", "> file show messages"},
		"Ctrl-W Ctrl-Y": {"show version\x17\x03show \x19\r", "(?s:\\^C.*)> show version\nHostname"},
		"h":             {"", ""}, // TestPagerHelp of the terminal
	}
	for _, one := range tips() {
		if one.mode != atKeys {
			continue
		}
		c, ok := shown[one.try]
		if !ok {
			t.Errorf("no test presses %s", one.try)
			continue
		}
		l := newLab(t)
		if got := trimRows(l.typed(l.options("user"), c.keys)); !regexp.MustCompile(c.want).MatchString(got) {
			t.Errorf("%s: no %q in\n%s", one.try, c.want, got)
		}
	}
}

// TestTipsAreForWhoCanFollow: the clock goes through all tips but those about what the class may
// not do, of which none is shown when it is asked for either.
func TestTipsAreForWhoCanFollow(t *testing.T) {
	forbidden := regexp.MustCompile(`\n    (#|> (configure|show log|monitor|show configuration system|sh conf|request)) `)
	l := newLab(t)
	seen, viewed := map[string]bool{}, map[string]bool{}
	for range tips() {
		l.now = l.now.Add(time.Second)
		seen[l.must("help tip cli\n")] = true
		viewed[l.must("help tip cli\n", "view")] = true
	}
	if len(seen) != len(tips()) {
		t.Errorf("%d tips of %d", len(seen), len(tips()))
	}
	for text := range seen {
		if viewed[text] == forbidden.MatchString(text) {
			t.Errorf("shown to who may only view: %v\n%s", viewed[text], text)
		}
	}
	for i, one := range tips() {
		_, errs, status := l.batch("user", "help tip cli "+strconv.Itoa(i+1)+"\n", "view")
		if refused := status == 1 && strings.Contains(errs, "what you may not do"); refused != forbidden.MatchString("\n    "+string(one.mode)+" "+one.try) {
			t.Errorf("%s: status %d %s", one.try, status, errs)
		}
	}
}
