package cli

import (
	"context"
	"strings"
	"testing"

	"loggia/op"
)

// TestClassChangesUnderASession: a session has the class as it is by now, from
// its next command on, and follows no log that it may no longer read.
func TestClassChangesUnderASession(t *testing.T) {
	l := newLab(t)
	compiled := func(flags ...string) *op.Class {
		c, problems := op.NewClass(op.ClassDefinition{Name: "ours", Permissions: flags})
		if problems != nil {
			t.Fatal(problems)
		}
		return c
	}
	now := compiled("trace", "configure", "system-control")
	l.class = func() *op.Class { return now }
	o := l.options("user")
	o.Screen = NewBatchScreen(&strings.Builder{}, NewLineSource("test", strings.NewReader("")))
	s := New(o)
	run := func(line string) error { return s.runLine(context.Background(), line) }
	if err := run("monitor start messages"); err != nil {
		t.Fatal(err)
	}
	if len(s.monitors.byName) != 1 {
		t.Fatal("nothing is followed")
	}
	for _, line := range []string{"configure", "set system host-name x"} {
		if err := run(line); err != nil {
			t.Fatal(line, err)
		}
	}
	now = compiled("view")
	for _, line := range []string{"set system host-name y", "commit", "rollback 0", "load factory-default", "run show log messages", "delete system host-name"} {
		if err := run(line); err == nil {
			t.Errorf("%s is still permitted", line)
		}
	}
	if len(s.monitors.byName) != 0 {
		t.Error("a log is still followed")
	}
	if err := run("exit"); err != nil {
		t.Error(err)
	}
	if got := strings.Count(strings.Join(l.records.refusals(), "\n"), "UI_COMMAND_REFUSED"); got != 6 {
		t.Errorf("%d refusals are recorded:\n%s", got, strings.Join(l.records.refusals(), "\n"))
	}
}

// TestNobodyIsLockedIn: no rule keeps a session from ending.
func TestNobodyIsLockedIn(t *testing.T) {
	l := newLab(t)
	c, problems := op.NewClass(op.ClassDefinition{Permissions: []string{"all"}, DenyCommands: ".*"})
	if problems != nil {
		t.Fatal(problems)
	}
	l.class = func() *op.Class { return c }
	out, errs, status := l.batch("user", "exit\n")
	if status != 0 || out+errs != "" {
		t.Errorf("%q %q %d", out, errs, status)
	}
}
