package op

import (
	"slices"
	"testing"

	"loggia/configtree"
	"loggia/configtree/schema"
)

// TestEntries: what a class may of the entries of a list is the same whether it is asked for one
// by one or for many, and nothing it may is passed over.
func TestEntries(t *testing.T) {
	root, err := schema.Load()
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"", "a", "a b", "audit", "f", "f0", "f00", "f001", "f 0", "f01", "f01x", "F02", "f02", "f1", `f"0`, "fé", "fèx", "fö", "messages", "z", "\u00ff"}
	slices.Sort(names)
	system := root.Child("system")
	syslog := system.Child("syslog")
	at := configtree.Path{{Node: system}, {Node: syslog}}
	for _, d := range []ClassDefinition{
		{},
		{Permissions: []string{"all"}},
		{Permissions: []string{"system"}},
		{Permissions: []string{"configure"}, AllowConfiguration: "system syslog file f0.*"},
		{Permissions: []string{"configure"}, AllowConfiguration: "system syslog file (F01|fé|\"f 0\")"},
		{Permissions: []string{"configure"}, AllowConfiguration: "system syslog file m.*", AllowCommands: "x"},
		{Permissions: []string{"all"}, DenyConfiguration: "file f0"},
		{Permissions: []string{"all"}, DenyConfiguration: "system syslog file f0.*"},
		{Permissions: []string{"all"}, DenyConfiguration: "file"},
		{Permissions: []string{"all"}, DenyConfiguration: "x$"},
		{Permissions: []string{"all"}, DenyConfiguration: "system syslog", AllowConfiguration: "system syslog file f.* any"},
		{Permissions: []string{"all"}, DenyConfigurationRegexps: []string{"system syslog file f0.*", "system syslog .* a"}},
		{Permissions: []string{"all"}, DenyConfigurationRegexps: []string{"system syslog file f[0-9].*", "system syslog file a|m.*", `system syslog file z\.*`, "system syslog file (f|.*)"}},
		{Permissions: []string{"all"}, DenyConfigurationRegexps: []string{"system syslog file .*"}},
		{Permissions: []string{"configure"}, AllowConfigurationRegexps: []string{"system syslog file f0.*", "system syslog file a any"}},
		{Permissions: []string{"all"}, DenyConfigurationRegexps: []string{"system syslog file .*"}, AllowConfigurationRegexps: []string{"system syslog file f01$"}, Additive: true},
	} {
		class, problems := NewClass(d)
		if problems != nil {
			t.Fatal(problems)
		}
		for _, changes := range []bool{false, true} {
			one, many := class.MaySee, class.SeesEntries(at, syslog.Child("file"))
			if changes {
				one, many = class.MayChange, class.ChangesEntries(at, syslog.Child("file"))
			}
			for i, name := range names {
				want := one(at.Append(configtree.Step{Node: syslog.Child("file"), Key: name}), "")
				if name == "" {
					continue // no entry is called so
				}
				if many.May(name) != want {
					t.Errorf("%+v: %q: %v one by one", d, name, want)
				}
				if want {
					continue
				}
				next, quoted, ok := many.Beyond(name)
				for _, behind := range names[i:] {
					if (!ok || behind < next) && (!quoted || configtree.Quote(behind) == behind) && many.May(behind) {
						t.Errorf("%+v: from %q to %q, %v %v passes over %q", d, name, next, quoted, ok, behind)
					}
				}
			}
		}
	}
}

func TestSuccessor(t *testing.T) {
	for prefix, want := range map[string]string{"a": "b", "f0": "f1", "a\xff": "b", "": "", "\xff": ""} {
		if got, ok := Successor(prefix); got != want || ok != (want != "") {
			t.Errorf("%q: %q %v", prefix, got, ok)
		}
	}
}
