package op_test

import (
	"strings"
	"testing"

	"loggia/op"
)

func TestLogName(t *testing.T) {
	for name, want := range map[string]string{
		"audit": "audit", "./audit": "audit", "/var/log/audit": "audit", "//var//log/./audit": "audit", "/var/log/../log/audit": "audit",
		"x/../audit": "audit", "per-host/web/audit": "per-host/web/audit", "/var/log/per-host/web/audit": "per-host/web/audit",
		"../../etc/passwd": "../../etc/passwd", "/etc/passwd": "/etc/passwd", "/var/log": "/var/log", "": "",
	} {
		if got := op.LogName(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// TestNoWayRoundADeniedLog: whatever a command calls the log, and whichever command it is.
func TestNoWayRoundADeniedLog(t *testing.T) {
	all := []string{"all"}
	one := op.ClassDefinition{Permissions: all, DenyCommands: "(show log audit)|(clear log audit)|(file show /var/log/kept)"}
	lists := op.ClassDefinition{Permissions: all, DenyCommandsRegexps: []string{"show log audit", "clear log audit", "file show /var/log/kept"}}
	for _, line := range []string{
		"show log audit", "show log ./audit", "show log /var/log/audit", "show log //var//log/../log/audit", "show log audit.0.gz", "show log /var/log/audit.12.gz",
		"monitor start audit", "monitor start /var/log/audit", "clear log /var/log/audit", "clear log audit all", "clear log all audit", "clear log all ./audit",
		"file show /var/log/audit", "file show ../../log/audit", "file show ~/../../log/audit.0.gz", "file checksum md5 /var/log/audit",
		"file copy /var/log/audit mine", "file delete /var/log/audit.0.gz", "file rename ../../log/audit mine", "file show /var/log//kept", "file show ../../log/kept",
		"file compare files mine /var/log/audit", "file compare files ../../log/audit.0.gz mine unified",
	} {
		for form, d := range map[string]op.ClassDefinition{"expression": one, "list": lists} {
			if class(t, d).Command("", strings.Fields(line)) {
				t.Errorf("%s: %s is permitted", form, line)
			}
		}
	}
	for _, line := range []string{
		"show log", "show log messages", "show log /var/log/messages.0.gz", "clear log messages all", "monitor start messages", "file show audit", "file show /var/log/messages",
		"file show ~/audit", "file copy audit /var/tmp/audit", "file list /var/log/", "show log audi", "show log kept",
	} {
		for form, d := range map[string]op.ClassDefinition{"expression": one, "list": lists, "trace": {Permissions: []string{"trace"}}} {
			if !class(t, d).Command("trace", strings.Fields(line)) {
				t.Errorf("%s: %s is refused", form, line)
			}
		}
	}
	for _, c := range op.PredefinedClasses() {
		if !c.ReadsLog("audit") || !c.ClearsLog("audit") {
			t.Errorf("a rule of %s denies a log", c.Name())
		}
	}
}

// TestNoWayIntoAnAllowedLog: what is allowed by name is not a way to something else.
func TestNoWayIntoAnAllowedLog(t *testing.T) {
	c := class(t, op.ClassDefinition{AllowCommands: "(show log (/var/log/)?messages)|(file show /var/tmp/)"})
	for line, want := range map[string]bool{
		"show log messages": true, "show log ./messages": true, "show log /var/log/messages": true, "file show /var/tmp/x": true,
		"show log /var/log/messages/../audit": false, "show log messages/../audit": false, "file show /var/tmp/../log/audit": false,
	} {
		if got := c.Command("trace", strings.Fields(line)); got != want {
			t.Errorf("%s: %v", line, got)
		}
	}
}
