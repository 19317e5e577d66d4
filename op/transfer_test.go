package op_test

import (
	"testing"

	"loggia/op"
)

// TestTransfers asks rules about commands that they name what sftp may do.
func TestTransfers(t *testing.T) {
	const home, log = "/var/home/op/notes", "/var/log/messages"
	for _, row := range []struct {
		deny, allow, action, name string
		want                      bool
	}{
		{"", "", "read", home, true},
		{"file", "", "read", home, false},
		{"file", "", "list", "/var/home/op", false},
		{"file", "", "delete", home, false},
		{"file", "file show", "read", home, false}, // it would be copied
		{"file", "(file show)|(file copy)", "read", home, true},
		{"file copy", "", "read", home, false},
		{"file copy", "", "write", home, false},
		{"file show", "", "write", home, true},
		{"file delete", "", "write", home, true},
		{"file delete", "", "delete", home, false},
		{"file delete", "", "rename", home, true},
		{"file rename", "", "rename", home, false},
		{"file show /var/log", "", "read", home, true},
		{"file show /var/log", "", "read", log, false},
		{"show log messages", "", "read", log, false},
		{"show log audit", "", "read", log, true},
	} {
		c := class(t, op.ClassDefinition{Permissions: []string{"view", "trace"}, DenyCommands: row.deny, AllowCommands: row.allow})
		if got := c.Transfers(row.action, row.name); got != row.want {
			t.Errorf("deny %q, allow %q: %s %s: %v", row.deny, row.allow, row.action, row.name, got)
		}
	}
}
