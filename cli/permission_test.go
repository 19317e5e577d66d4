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

// TestConfigurationModeHasOneDoor: who may not enter configuration mode one way does not get there, or do anything
// there, by another word for it; who may enter it another way does.
func TestConfigurationModeHasOneDoor(t *testing.T) {
	for _, c := range []struct{ deny, enter, line, want string }{
		{"configure", "configure", "", "command"},
		{"configure", "edit", "", "command"},
		{"configure", "edit system", "", "command"},
		{"configure", "configure private", "", "command"},
		{"configure$", "edit system", "", "command"},
		{"configure$", "configure", "", "command"},
		{"configure$", "configure private", "set system host-name x", ""},
		{"configure$", "configure exclusive", "save x", ""},
		{"configure exclusive", "configure", "rollback 0", ""},
		{"edit", "edit", "", "command"},
		{"edit", "configure", "edit system", ""},
	} {
		l := newLab(t)
		class, problems := op.NewClass(op.ClassDefinition{Permissions: []string{"all"}, DenyCommands: c.deny})
		if problems != nil {
			t.Fatal(problems)
		}
		l.class = func() *op.Class { return class }
		_, errs, _ := l.batch("user", c.enter+"\n"+c.line+"\nrollback 0\n")
		if got := errs == ""; got != (c.want == "") || !strings.Contains(errs, c.want) {
			t.Errorf("without %s, %s, %s: %q", c.deny, c.enter, c.line, errs)
		}
	}
}

// TestRulesOfALaterClass: a class that may no longer be in configuration mode does nothing there.
func TestRulesOfALaterClass(t *testing.T) {
	l := newLab(t)
	class := func(deny string) *op.Class {
		c, problems := op.NewClass(op.ClassDefinition{Permissions: []string{"all"}, DenyCommands: deny})
		if problems != nil {
			t.Fatal(problems)
		}
		return c
	}
	now := class("")
	l.class = func() *op.Class { return now }
	o := l.options("user")
	o.Screen = NewBatchScreen(&strings.Builder{}, NewLineSource("test", strings.NewReader("")))
	s := New(o)
	run := func(line string) error { return s.runLine(context.Background(), line) }
	if err := run("configure"); err != nil {
		t.Fatal(err)
	}
	now = class("configure")
	for _, line := range []string{"show", "set system host-name y", "save x", "load factory-default", "rollback 0", "commit", "undo", "update"} {
		if err := run(line); err == nil {
			t.Errorf("%s is still permitted", line)
		}
	}
	if err := run("exit"); err != nil {
		t.Error(err)
	}
}
