package op

import (
	"strings"
	"testing"

	"loggia/audit/event"
	"loggia/configtree/format"
	"loggia/configtree/store"
)

// witness is an engine that repeats the configuration.
type witness struct{ engine }

func (witness) Explain(Message) Explanation {
	place := "system syslog file messages"
	return Explanation{Destinations: []Decision{
		{Name: "file messages", Place: place, Severity: "notice", Decided: "any notice", Selected: true, Conditions: []Condition{{Statement: `match "secret plan"`}}},
		{Name: "file open", Place: "system syslog file open", Severity: "info", Decided: "any any", Selected: true, Reached: true,
			Conditions: []Condition{{Statement: `match "a b"`, Holds: true}, {Statement: "program [ x y ]", Holds: true}}, Line: "as written"},
	}}
}

// TestWithheld: what commands say of the engine shows nobody statements that his class may not see.
func TestWithheld(t *testing.T) {
	env := newEnv(t)
	lines := "set system syslog file messages match \"secret plan\" match-strings [ u w ]\nset system syslog file open match \"a b\" match-strings [ u v ]\n"
	c, by := env.Store.Shared(), event.Subject{User: "user"}
	if _, _, err := c.Load(t.Context(), by, store.LoadSet, "test", format.Read(strings.NewReader(lines), "test", nil, format.SetLines, c.Tree().Schema())); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Commit(t.Context(), by, store.CommitOptions{Command: "commit"}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		d          ClassDefinition
		plan, open bool
	}{
		{ClassDefinition{Permissions: []string{"all"}}, true, true},
		{ClassDefinition{Permissions: []string{"view", "system"}}, true, true},
		{ClassDefinition{Permissions: []string{"view", "view-configuration"}}, true, true},
		{ClassDefinition{Permissions: []string{"view"}}, false, false},
		{ClassDefinition{Permissions: []string{"all"}, DenyConfiguration: "system syslog file messages"}, false, true},
		{ClassDefinition{Permissions: []string{"view"}, AllowConfiguration: "system syslog file open"}, false, true},
	} {
		class, problems := NewClass(c.d)
		if problems != nil {
			t.Fatal(problems)
		}
		env.Class = func() *Class { return class }
		for _, command := range []struct {
			words  string
			args   Args
			hidden []string
			shown  []string
		}{
			{"show system syslog explain", Args{"message": "x"}, []string{`match "secret plan"`, "any notice"}, []string{`match "a b"`, "program [ x y ]", "any any"}},
			{"show system syslog statistics", Args{"detail": ""}, []string{`match "secret plan"`, `[ "u" "w" ]`}, []string{`match "a b"`, `[ "u" "v" ]`}},
		} {
			env.Engine = witness{engine(Statistics{Expressions: []ExpressionStatistics{
				{Text: `match "secret plan"`}, {Text: `match "a b"`}, {Text: `match-strings [ "u" "v" ]`}, {Text: `match-strings [ "u" "w" ]`}}})}
			text, err := run(t, env, command.words, command.args)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range command.hidden {
				if strings.Contains(text, s) != c.plan {
					t.Errorf("%+v, %s: %s\n%s", c.d, command.words, s, text)
				}
			}
			for _, s := range command.shown {
				if strings.Contains(text, s) != c.open {
					t.Errorf("%+v, %s: %s\n%s", c.d, command.words, s, text)
				}
			}
			if !c.plan && !strings.Contains(text, accessDenied) {
				t.Errorf("%+v, %s:\n%s", c.d, command.words, text)
			}
		}
	}
}
