package daemon

import (
	"testing"

	"loggia/files"
	"loggia/op"
)

// TestClassesThatCannotBe: the problem names the statement, and the class
// permits nothing.
func TestClassesThatCannotBe(t *testing.T) {
	for _, tt := range []struct{ lines, path, text string }{
		{`set system login class c allow-commands "(show"`, "system login class c allow-commands", "`(show`: missing closing )"},
		{`set system login class c deny-configuration-regexps [ "a b" "c [d" ]`, `system login class c deny-configuration-regexps "c [d"`, "`[d`: missing closing ]"},
		{"set system login class operator permissions all", "system login class operator", "'operator' is a predefined class name"},
	} {
		s := newReading(effective(t, tt.lines), new(known)).system()
		if len(s.problems) != 1 || s.problems[0].Path.String() != tt.path || s.problems[0].Err.Error() != tt.text {
			t.Errorf("%s: %v", tt.lines, s.problems)
		}
		if s.class("c").May("view") || s.class("operator").May("configure") {
			t.Errorf("%s: something is permitted", tt.lines)
		}
	}
}

// TestClassAsConfigured: every statement of a class has its effect.
func TestClassAsConfigured(t *testing.T) {
	s := newReading(effective(t, `
set system regex-additive-logic
set system login class a permissions [ view trace ]
set system login class a allow-commands "clear log"
set system login class a deny-commands "show log audit"
set system login class b allow-commands-regexps [ "clear log" "show log" ]
set system login class b deny-commands-regexps "show log audit"
set system login class c allow-configuration "system syslog"
set system login class c deny-configuration "system syslog file audit"
set system login class d allow-configuration-regexps "system syslog file audit"
set system login class d deny-configuration-regexps "system syslog"
set system login user u class a
set system login user v class gone
`), new(known)).system()
	// A class that is not there would lock its members out.
	if len(s.problems) != 1 || s.problems[0].Err.Error() != "class 'gone' is not defined" {
		t.Fatal(s.problems)
	}
	for _, tt := range []struct {
		class, flag string
		words       []string
		want        bool
	}{
		{"a", "clear", []string{"clear", "log", "x"}, true}, {"a", "trace", []string{"show", "log", "audit"}, false},
		{"a", "trace", []string{"show", "log", "x"}, true}, {"b", "clear", []string{"clear", "log", "x"}, true},
		{"b", "trace", []string{"show", "log", "audit"}, false}, {"b", "trace", []string{"show", "log", "x"}, true},
	} {
		if got := s.class(tt.class).Command(tt.flag, tt.words); got != tt.want {
			t.Errorf("%s: %v: %v", tt.class, tt.words, got)
		}
	}
	for _, tt := range []struct {
		class, line string
		want        bool
	}{
		{"c", "set system syslog file x any any", true}, {"c", "set system syslog file audit any any", false},
		{"d", "set system syslog file x any any", false}, {"d", "set system syslog file audit any any", true},
	} {
		e := effective(t, tt.line)
		for n := e.Root(); ; {
			last := n
			for c := range n.Children() {
				n = c
			}
			if n == last {
				if got := s.class(tt.class).Changes(n.Path(), n.Value()); got != tt.want {
					t.Errorf("%s: %s: %v", tt.class, n.Path(), got)
				}
				break
			}
		}
	}
	if s.classOf("u").Name() != "a" || s.classOf("v").Name() != nobody || s.classOf("w").Name() != nobody {
		t.Error("a login has another's class")
	}
}

// TestRightsToFiles: the configurations on disk hold all there is.
func TestRightsToFiles(t *testing.T) {
	for _, tt := range []struct {
		d    op.ClassDefinition
		want files.Rights
	}{
		{op.ClassDefinition{Permissions: []string{"all"}}, files.Rights{Logs: true, Delete: true, Config: true}},
		{op.ClassDefinition{Permissions: []string{"trace"}}, files.Rights{Logs: true}},
		{op.ClassDefinition{Permissions: []string{"view-configuration"}}, files.Rights{}},
		{op.ClassDefinition{Permissions: []string{"view-configuration", "secret"}}, files.Rights{Config: true}},
		{op.ClassDefinition{Permissions: []string{"all"}, DenyCommands: "show configuration"}, files.Rights{Logs: true, Delete: true}},
		{op.ClassDefinition{Permissions: []string{"all"}, DenyConfiguration: "system login"}, files.Rights{Logs: true, Delete: true}},
	} {
		c, problems := op.NewClass(tt.d)
		if problems != nil {
			t.Fatal(problems)
		}
		if got := rights(c); got != tt.want {
			t.Errorf("%+v: %+v", tt.d, got)
		}
	}
}
