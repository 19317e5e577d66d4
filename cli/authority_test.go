package cli

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"loggia/configtree"
	"loggia/op"
)

// agreeable is a batch that says yes to every question.
type agreeable struct{ Screen }

func (agreeable) Ask(context.Context, string, bool) (bool, error) { return true, nil }

// statementsOf is a configuration as one line for each thing that can be changed
// on its own, with where it stands: values, empty levels, marks.
func statementsOf(root configtree.Node) map[string]configtree.Node {
	all := map[string]configtree.Node{}
	var each func(n configtree.Node)
	each = func(n configtree.Node) {
		for c := range n.Children() {
			line := c.Path().String()
			if c.Empty() || c.Schema().Presence {
				all[line+" = "+c.Value()] = c
			}
			if mark := fmt.Sprint(c.Inactive(), c.Protected(), c.Comment()); mark != "false false" {
				all[line+" is "+mark] = c
			}
			each(c)
		}
	}
	each(root)
	return all
}

// differing returns the statements that only one of two configurations has. A
// level that lost its contents is still there.
func differing(from, to source) map[string]configtree.Node {
	list := map[string]configtree.Node{}
	for _, side := range [][2]source{{from, to}, {to, from}} {
		other := statementsOf(side[1].Root())
		for line, n := range statementsOf(side[0].Root()) {
			_, both := other[line]
			if _, there := side[1].At(n.Path()); there && n.Empty() && n.Value() == "" && strings.HasSuffix(line, " = ") {
				both = true
			}
			if !both {
				list[line] = n
			}
		}
	}
	return list
}

// chance makes classes and lines.
type chance struct{ *rand.Rand }

func (c chance) one(of ...string) string { return of[c.IntN(len(of))] }

func (c chance) class() op.ClassDefinition {
	d := op.ClassDefinition{Name: "some", Permissions: []string{"configure", "view"}}
	for range c.IntN(4) {
		d.Permissions = append(d.Permissions, c.one("system-control", "admin-control", "control", "all", "rollback", "view-configuration", "edit"))
	}
	expr := func() string {
		return c.one("system syslog", "system syslog file a", "system login", "^system login", "system host-name", "(system syslog file [ab])|(groups)",
			".*", "system .*", "system syslog file a$", "any notice", "groups g", "apply-groups", "system syslog file .* any")
	}
	if c.IntN(2) == 0 {
		for _, side := range []*string{&d.AllowConfiguration, &d.DenyConfiguration} {
			if c.IntN(2) == 0 {
				*side = expr()
			}
		}
		return d
	}
	d.Additive = c.IntN(2) == 0
	for _, side := range []*[]string{&d.AllowConfigurationRegexps, &d.DenyConfigurationRegexps} {
		for range c.IntN(3) {
			*side = append(*side, strings.ReplaceAll(strings.Trim(expr(), "^"), "(system syslog file [ab])|(groups)", "system syslog file [ab]"))
		}
	}
	return d
}

func (c chance) statement() string {
	file, user := c.one("a", "b", "f1"), c.one("alice", "bob")
	return c.one("system host-name h"+file, "system syslog file "+file+" any notice", "system syslog file "+file+` match "`+user+`"`,
		"system syslog file "+file, "system syslog", "system", "system login", "system login user "+user, "system login user "+user+" class operator",
		"system login user "+user+" full-name a", "system login announcement a", "groups g system login user "+user+" class super-user",
		"groups g system syslog file <*> any any", "groups g system host-name g", "groups g", "apply-groups g", "system apply-groups g",
		"system syslog apply-groups g", "system syslog apply-groups-except g", "system syslog user "+user+" any notice")
}

func (c chance) line() string {
	file, other := c.one("a", "b"), c.one("c", "alice", "f1")
	where := c.statement()
	switch c.IntN(16) {
	case 0, 1, 2:
		return "set " + where
	case 3, 4:
		return "delete " + where
	case 5:
		return c.one("deactivate ", "activate ", "protect ", "unprotect ") + where
	case 6:
		return "annotate " + where + ` "` + file + `"`
	case 7:
		return c.one("rename", "copy") + " system syslog file " + file + " to " + other
	case 8:
		return c.one("rename", "copy") + " system login user alice to " + other
	case 9:
		return c.one("replace pattern "+file+" with "+other, "replace pattern alice with bob", "wildcard delete system syslog file "+file,
			"wildcard delete system .*", "wildcard range set system syslog file f[0-2] any any")
	case 10:
		return c.one("rollback", "rollback 1", "rollback 2", "load factory-default", "undo", "redo", "top", "edit system syslog", "rollback rescue")
	case 11:
		return "load set terminal\nset " + where + "\ndelete " + c.statement() + "\n\x04"
	case 12:
		return c.one("load merge terminal", "load override terminal", "load update terminal", "load merge terminal partial", "load override terminal partial") +
			"\nsystem { host-name " + file + "; syslog { file " + other + " { any any; } } login { user " + other + " { class operator; } } }\n\x04"
	case 13:
		return "load replace terminal\nsystem { replace: syslog { file " + file + " { any any; } } }\n\x04"
	case 14:
		return "load patch terminal\n[edit system]\n-  host-name here;\n+  host-name there;\n\x04"
	}
	return "delete"
}

// FuzzNothingGetsPast: whatever a class may do, and whichever command is tried,
// every statement that differs afterwards is one that the class may change, as
// typed and as it holds.
func FuzzNothingGetsPast(f *testing.F) {
	for seed := range uint64(150) {
		f.Add(seed)
	}
	l := newLab(f)
	l.must("configure\nset system host-name here\nset system syslog file a any any\nset system login user alice class operator uid 2000\ncommit\n" +
		"set system host-name there\nset system syslog file b any notice\nset groups g system login user mallory class super-user\ncommit\nset system login user alice full-name Alice\ncommit\n" +
		"run request system configuration rescue save")
	options := l.options("user")
	f.Fuzz(func(t *testing.T, seed uint64) {
		c := chance{rand.New(rand.NewPCG(seed, 1))}
		d := c.class()
		class, problems := op.NewClass(d)
		if problems != nil {
			t.Fatal(problems[0].Error())
		}
		o := options
		o.Env.Caller.PID = int(seed%1e9) + 10_000 // nobody else's edits are to be undone
		o.Env.Class = func() *op.Class { return class }
		candidate := l.store.Shared()
		if err := candidate.Rollback(context.Background(), options.Env.Caller, 0); err != nil {
			t.Fatal(err)
		}
		s := New(o)
		s.mode = &configMode{candidate: candidate}
		for range 12 {
			line := c.line()
			before := candidate.Tree()
			source := NewLineSource("test", strings.NewReader(line))
			s.o.Screen = agreeable{NewBatchScreen(&strings.Builder{}, source)}
			command, _, err := source.Next()
			if err != nil {
				t.Fatal(err)
			}
			_ = s.runLine(context.Background(), command) // refused or not
			after := candidate.Tree()
			typed, holding := differing(before, after), differing(before.Expand(), after.Expand())
			for _, list := range []map[string]configtree.Node{typed, holding} {
				for what, n := range list {
					if !class.Changes(n.Path(), n.Value()) {
						t.Fatalf("%+v\n%s\nchanged %s", d, line, what)
					}
				}
			}
			if view := class.View(after); !class.SeesAll() {
				for _, n := range statementsOf(view.Root()) {
					if n.Empty() && !class.Sees(n.Path(), n.Value()) {
						t.Fatalf("%+v shows %s", d, n.Path())
					}
				}
			}
		}
	})
}
