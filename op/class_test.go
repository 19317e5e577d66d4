package op_test

import (
	"strings"
	"testing"

	"loggia/configtree"
	"loggia/configtree/schema"
	"loggia/op"
)

func class(t *testing.T, d op.ClassDefinition) *op.Class {
	t.Helper()
	c, problems := op.NewClass(d)
	if problems != nil {
		t.Fatal(problems[0].Error())
	}
	return c
}

// TestCommandRules is the order of precedence: rules before flags, among
// expressions the longer match and then allow, among lists deny.
func TestCommandRules(t *testing.T) {
	view := []string{"view"}
	for _, c := range []struct {
		name  string
		d     op.ClassDefinition
		flag  string
		words string
		want  bool
	}{
		{"flag", op.ClassDefinition{Permissions: view}, "view", "show system users", true},
		{"no flag", op.ClassDefinition{Permissions: view}, "trace", "show log messages", false},
		{"no flag needed", op.ClassDefinition{}, "", "show version", true},
		{"allow adds", op.ClassDefinition{AllowCommands: "show log"}, "trace", "show log messages", true},
		{"allow adds no more", op.ClassDefinition{AllowCommands: "show log"}, "view", "show system users", false},
		{"allow exactly", op.ClassDefinition{AllowCommands: "show log$"}, "trace", "show log messages", false},
		{"allow with anchor", op.ClassDefinition{AllowCommands: "^show log"}, "trace", "show log messages", true},
		{"allow either", op.ClassDefinition{AllowCommands: "(show log.*)|(clear log)"}, "clear", "clear log messages", true},
		{"allow counts from the first word", op.ClassDefinition{AllowCommands: "clear log"}, "view", `file show clear\slog`, false},
		{"case does not matter", op.ClassDefinition{AllowCommands: "SHOW log"}, "trace", "show LOG", true},
		{"deny takes", op.ClassDefinition{Permissions: view, DenyCommands: "system users"}, "view", "show system users", false},
		{"deny takes from all", op.ClassDefinition{Permissions: []string{"all"}, DenyCommands: "show log audit"}, "trace", "show log audit", false},
		{"deny takes no more", op.ClassDefinition{Permissions: []string{"all"}, DenyCommands: "show log audit"}, "trace", "show log messages", true},
		{"deny anywhere", op.ClassDefinition{Permissions: []string{"all"}, DenyCommands: "audit"}, "trace", "show log audit", false},
		{"a draw is for allow", op.ClassDefinition{AllowCommands: "show log", DenyCommands: "show log"}, "trace", "show log audit", true},
		{"longer deny", op.ClassDefinition{AllowCommands: "show log", DenyCommands: "show log audit"}, "trace", "show log audit", false},
		{"longer allow", op.ClassDefinition{AllowCommands: "show log audit", DenyCommands: "show log"}, "trace", "show log audit", true},
		{"longer by what follows", op.ClassDefinition{AllowCommands: "show log.*", DenyCommands: "show log audit"}, "trace", "show log audit detail", true},
		{"longer allow alone", op.ClassDefinition{AllowCommands: "show log audit", DenyCommands: "show log"}, "trace", "show log messages", false},
		{"list allows", op.ClassDefinition{AllowCommandsRegexps: []string{"show log", "clear .*"}}, "clear", "clear log messages", true},
		{"list wants whole words", op.ClassDefinition{AllowCommandsRegexps: []string{"sho log"}}, "trace", "show log", false},
		{"list wants all its words", op.ClassDefinition{AllowCommandsRegexps: []string{"show log audit"}}, "trace", "show log", false},
		{"list exactly", op.ClassDefinition{AllowCommandsRegexps: []string{"show log$"}}, "trace", "show log audit", false},
		{"list exactly that", op.ClassDefinition{AllowCommandsRegexps: []string{"show log$"}}, "trace", "show log", true},
		{"list denies", op.ClassDefinition{Permissions: []string{"all"}, DenyCommandsRegexps: []string{"show log aud.*"}}, "trace", "show log audit", false},
		{"lists: deny wins, longer or not", op.ClassDefinition{AllowCommandsRegexps: []string{"show log audit"}, DenyCommandsRegexps: []string{"show"}}, "trace", "show log audit", false},
		{"additive is not for commands", op.ClassDefinition{Additive: true, AllowCommandsRegexps: []string{"show log"}, DenyCommandsRegexps: []string{"show log"}}, "trace", "show log", false},
	} {
		words := strings.Fields(c.words)
		for i := range words {
			words[i] = strings.ReplaceAll(words[i], `\s`, " ")
		}
		cl := class(t, c.d)
		if got := cl.Command(c.flag, words); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
		for n := range words {
			if c.want && !cl.MayCommand(c.flag, words[:n]) {
				t.Errorf("%s: does not get past %q", c.name, words[:n])
			}
		}
	}
}

func TestFlags(t *testing.T) {
	for _, c := range []struct {
		has, flag string
		want      bool
	}{
		{"view", "view", true}, {"view", "trace", false}, {"all", "shell", true}, {"", "", true}, {"", "view", false},
		{"system-control", "system", true}, {"system", "system-control", false}, {"control", "admin-control", true},
		{"control", "system", true}, {"control", "view", false}, {"all-control", "system-control", true},
		{"control", "shell", false}, {"all-control", "all", false}, {"control", "rollback", false},
	} {
		if got := class(t, op.ClassDefinition{Permissions: strings.Fields(c.has)}).May(c.flag); got != c.want {
			t.Errorf("%s has %s: %v", c.has, c.flag, got)
		}
	}
}

func TestPredefinedClasses(t *testing.T) {
	for name, flags := range map[string]string{
		"super-user": "all shell", "superuser": "all", "operator": "clear network reset trace view",
		"read-only": "view", "unauthorized": "",
	} {
		found := false
		for _, c := range op.PredefinedClasses() {
			if c.Name() != name {
				continue
			}
			found = true
			for _, f := range strings.Fields(flags) {
				if !c.May(f) {
					t.Errorf("%s has no %s", name, f)
				}
			}
			if c.May("configure") != strings.HasPrefix(name, "super") {
				t.Errorf("%s: configure %v", name, c.May("configure"))
			}
		}
		if !found {
			t.Errorf("there is no %s", name)
		}
	}
}

// TestBadRules: what cannot be used is named, and the class permits nothing.
func TestBadRules(t *testing.T) {
	for _, c := range []struct {
		d                      op.ClassDefinition
		statement, value, text string
	}{
		{op.ClassDefinition{AllowCommands: "(show"}, "allow-commands", "", "`(show`: missing closing )"},
		{op.ClassDefinition{DenyConfiguration: "a{300}"}, "deny-configuration", "", "repetition of 300, more than 255"},
		{op.ClassDefinition{DenyCommands: "!show"}, "deny-commands", "", "`!`: use the opposite statement to negate"},
		{op.ClassDefinition{DenyConfigurationRegexps: []string{"system", "system lo[gin"}}, "deny-configuration-regexps", "system lo[gin", "`[gin`: missing closing ]"},
		{op.ClassDefinition{AllowCommandsRegexps: []string{" "}}, "allow-commands-regexps", " ", "empty expression"},
	} {
		c.d.Permissions = []string{"all"}
		cl, problems := op.NewClass(c.d)
		if len(problems) != 1 || problems[0].Statement != c.statement || problems[0].Value != c.value || problems[0].Err.Error() != c.text {
			t.Errorf("%+v: %+v", c.d, problems)
		}
		if cl.May("view") || cl.Unlimited() {
			t.Errorf("%+v permits something", c.d)
		}
	}
}

// at resolves a path, with the value of a leaf.
func at(t *testing.T, line string) (configtree.Path, string) {
	t.Helper()
	root, err := schema.Load()
	if err != nil {
		t.Fatal(err)
	}
	var words []configtree.Word
	for _, w := range strings.Fields(line) {
		words = append(words, configtree.Word{Text: strings.Trim(w, `"`), Quoted: w[0] == '"'})
	}
	res, p := configtree.Resolve(root, configtree.Set, nil, words)
	if p != nil && p.Kind != configtree.Missing {
		t.Fatal(line, p)
	}
	if len(res.Edits) > 0 {
		last := res.Edits[len(res.Edits)-1]
		return last.Path, last.Value
	}
	return res.Path, ""
}

// TestConfigurationRules: path is what is asked about; leads, whether the class
// may go there on the way to something.
func TestConfigurationRules(t *testing.T) {
	ops := op.ClassDefinition{Permissions: []string{"configure"}, AllowConfiguration: "system syslog file ops"}
	most := op.ClassDefinition{Permissions: []string{"all"}, DenyConfiguration: "(system login)|(system syslog file audit)"}
	lists := op.ClassDefinition{Permissions: []string{"configure", "view-configuration"}, AllowConfigurationRegexps: []string{"system syslog (file|host) op.*", "system host-name r.*"},
		DenyConfigurationRegexps: []string{"system syslog file ops2"}}
	additive := lists
	additive.Additive = true
	anchored := op.ClassDefinition{Permissions: []string{"all"}, DenyConfiguration: "^system login"}
	for _, c := range []struct {
		name           string
		d              op.ClassDefinition
		path           string
		changes, leads bool
	}{
		{"flags", op.ClassDefinition{Permissions: []string{"system-control"}}, "system syslog file a any notice", true, true},
		{"flags see", op.ClassDefinition{Permissions: []string{"system"}}, "system host-name x", false, false},
		{"flags elsewhere", op.ClassDefinition{Permissions: []string{"system-control"}}, "system login user x class read-only", false, false},
		{"edit", op.ClassDefinition{Permissions: []string{"edit"}}, "system login user x class read-only", true, true},
		{"allow", ops, "system syslog file ops any notice", true, true},
		{"allow, on the way", ops, "system syslog", false, true},
		{"allow, at the list", ops, "system syslog file", false, true},
		{"allow, more than the name", ops, "system syslog file opsy any notice", true, true},
		{"allow, elsewhere", ops, "system syslog file audit", false, false},
		{"allow, another leaf", ops, "system host-name x", false, false},
		{"allow, another level", ops, "system login", false, false},
		{"deny", most, "system login user x class super-user", false, false},
		{"deny, the level", most, "system login", false, false},
		{"deny, an entry", most, "system syslog file audit any any", false, false},
		{"deny, another entry", most, "system syslog file messages any any", true, true},
		{"deny, the level above", most, "system", true, true},
		{"deny, in a group", most, "groups g system login user x class super-user", false, false},
		{"deny from the beginning, in a group", anchored, "groups g system login user x class super-user", false, false},
		{"deny from the beginning, otherwise", anchored, "groups g system host-name x", true, true},
		{"lists", lists, "system syslog file ops any notice", true, true},
		{"lists, on the way", lists, "system syslog host", false, true},
		{"lists, denied", lists, "system syslog file ops2 any any", false, false},
		{"lists, elsewhere", lists, "system syslog file messages any any", false, false},
		{"lists, a value", lists, "system host-name r1", true, true},
		{"lists, another value", lists, "system host-name x1", false, false},
		{"lists, additive", additive, "system syslog file ops2 any any", true, true},
	} {
		cl := class(t, c.d)
		p, value := at(t, c.path)
		if got := cl.Changes(p, value); got != c.changes {
			t.Errorf("%s: changes %v", c.name, got)
		}
		if got := cl.MayChange(p, value); got != c.leads {
			t.Errorf("%s: leads %v", c.name, got)
		}
		if c.changes && !cl.Sees(p, value) {
			t.Errorf("%s: changes what it does not see", c.name)
		}
	}
}
