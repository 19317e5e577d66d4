package cli

import (
	"strings"
	"testing"
)

// TestSecretKeysAreNotTold: who has not the flag `secret` reads the key of a list that is a secret in
// no error and no warning, and others do not see it where somebody edits.
func TestSecretKeysAreNotTold(t *testing.T) {
	const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMHD3T//avnvKHtZcVAzN9TeQ3CCHwsJj8QVcA4LrHlF root@vm"
	const at = `system root-authentication ssh-ed25519 "` + key + `"`
	const shown = "system root-authentication ssh-ed25519 " + maskedSecret
	l := newLab(t)
	l.must("configure\nset " + at + "\ncommit\n")
	for _, c := range []struct{ flags, line, want string }{
		{"configure view view-configuration", "load factory-default", "permission denied: " + shown + "\n"},
		{"configure admin-control", "protect " + at + "\ndelete " + at, "[" + shown + "] is protected, '" + shown + "' cannot be deleted\n"},
		{"configure admin-control", "delete " + at + " bogus", "syntax error.\ndelete " + shown + " " + maskedSecret + "\n" + strings.Repeat(" ", len("delete "+shown+" ")) + "^\n"},
		{"configure admin-control", "protect " + at + "\nrename " + at + ` to "` + key + `"`, "'" + shown + "' cannot be renamed\n"},
		{"configure admin-control", "rename " + at + ` to "` + key + `"`, "'ssh-ed25519 " + maskedSecret + "' already exists\n"},
		{"configure view", "set " + at + " from 192.0.2.1", "syntax error.\nset system\n    ^\n"},
	} {
		out, errs, _ := l.batch("user", "configure\n"+c.line+"\n", strings.Fields(c.flags)...)
		if all := out + errs; strings.Contains(all, "AAAA") || !strings.Contains(all, c.want) {
			t.Errorf("%s:\n%s\nwant\n%s", c.line, all, c.want)
		}
	}
	s := l.colleague("configure", "edit "+at)
	if got := s.place(); got != "[edit "+shown+"]" {
		t.Errorf("others see %s", got)
	}
}
