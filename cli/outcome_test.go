package cli

import (
	"slices"
	"strings"
	"testing"
)

// TestFailedChangesAreOnRecord: what should have changed something and failed says so,
// without secrets; what only shows does not.
func TestFailedChangesAreOnRecord(t *testing.T) {
	for _, tt := range []struct{ lines, want string }{
		{"file delete nosuch", "User 'user', command 'file delete nosuch' failed: "},
		{"configure\nrun file delete nosuch", "User 'user', command 'run file delete nosuch' failed: "},
		{"configure\nload merge nosuch", "User 'user', command 'load merge nosuch' failed: "},
		{"configure\nrollback 40", "User 'user', command 'rollback 40' failed: rollback 40: "},
		{"file show nosuch", ""},
		{"file delete", ""},
		{"exit", ""},
	} {
		l := newLab(t)
		l.run("user", NewLineSource("stdin", strings.NewReader(tt.lines+"\n")), false)
		got := slices.DeleteFunc(l.records.list, func(r string) bool { return !strings.HasPrefix(r, "UI_COMMAND_FAILED: ") })
		if tt.want == "" && len(got) != 0 || tt.want != "" && (len(got) != 1 || !strings.HasPrefix(got[0], "UI_COMMAND_FAILED: "+tt.want)) {
			t.Errorf("%q: %q", tt.lines, got)
		}
	}
}
