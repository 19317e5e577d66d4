package cli

import (
	"strings"
	"testing"
	"unicode/utf8"

	"loggia/cli/terminal"
)

// FuzzLine types anything: no line, finished or not, may upset the walk, and
// every answer of the assistant fits the line.
func FuzzLine(f *testing.F) {
	for _, line := range []string{
		"", " ", "#", "show", "sh ver", "configure", "set system host-name x", "top set system syslog file a any any",
		`set system syslog file messages match "a b`, `set x "a\"b" | match y`, "show | compare rollback 1", "up 2 show | display set relative",
		"run show log messages | last 5 | count", "|", "show||", "[ a b ]", "set system syslog file messages match-strings [ a b ]",
		"commit comment \"x\" and-quit", "set system root-authentication encrypted-password x y", "\x00\x1b[31m", "delete", "load merge terminal relative",
	} {
		f.Add(line, true)
		f.Add(line, false)
	}
	l := newLab(f)
	options := l.options("user")
	f.Fuzz(func(t *testing.T, line string, configuring bool) {
		s := New(options)
		if configuring {
			s.mode = &configMode{candidate: l.store.Shared()}
		}
		a := assistant{s}
		for _, advice := range []terminal.Advice{a.Help(line, len(line)), a.Space(line, len(line)), a.Tab(line, len(line)), a.Enter(line)} {
			if advice.Edit && (advice.From < 0 || advice.From > len(line)) {
				t.Errorf("%q: edit at %d", line, advice.From)
			}
			if advice.Note && advice.Caret > len(line)+1 {
				t.Errorf("%q: caret at %d", line, advice.Caret)
			}
		}
		c, w, failed := s.parse(line)
		if failed == nil {
			if c != nil && utf8.ValidString(line) && strings.ContainsAny(strings.Join(c.words, " "), "\n") && !strings.Contains(line, "\n") && !strings.Contains(line, `\n`) {
				t.Errorf("%q: record breaks its line: %q", line, c.words)
			}
			return
		}
		shown, at := w.showable(failed, line)
		if at < 0 || at > len(shown)+1 {
			t.Errorf("%q: caret at %d of %q", line, at, shown)
		}
		_ = batchMessage(&lineError{failed, shown, at})
	})
}
