package op_test

import (
	"strings"
	"sync"
	"testing"

	"loggia/configtree"
	"loggia/configtree/format"
	"loggia/configtree/schema"
	"loggia/op"
)

// shared is one schema, so that trees can be compared.
var shared = sync.OnceValues(schema.Load)

// tree reads set lines.
func tree(t *testing.T, lines ...string) *configtree.Tree {
	t.Helper()
	root, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	b := configtree.New(root).Batch()
	for e, p := range format.Read(strings.NewReader(strings.Join(lines, "\n")), "test", nil, format.SetLines, root) {
		if p != nil {
			t.Fatal(p)
		}
		if err := b.Apply(e); err != nil {
			t.Fatal(err)
		}
	}
	return b.Tree()
}

func setLines(t *testing.T, tree *configtree.Tree) string {
	t.Helper()
	var b strings.Builder
	if err := format.Write(&b, tree.Root(), format.Options{Syntax: format.SetLines}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestRefuses judges what differs, not how it came about.
func TestRefuses(t *testing.T) {
	base := []string{"set system host-name a", "set system syslog file ops any any", "set system syslog file audit any any", "set system login user u class operator"}
	syslog := op.ClassDefinition{Permissions: []string{"configure", "system-control"}, DenyConfiguration: "^system syslog file audit"}
	grouped := []string{"set groups g system syslog file <*> match x", "set groups g system login user m class super-user"}
	for _, c := range []struct {
		name     string
		d        op.ClassDefinition
		from, to []string
		refused  string
	}{
		{"nothing", op.ClassDefinition{}, nil, nil, ""},
		{"own", syslog, nil, []string{"set system syslog file ops match y"}, ""},
		{"denied", syslog, nil, []string{"set system syslog file audit match y"}, "system syslog file audit match"},
		{"by flags", syslog, nil, []string{"delete system login user u"}, "system login user u class"},
		{"with what is above", syslog, nil, []string{"delete system syslog"}, "system syslog file audit any any"},
		{"by a mark above", syslog, nil, []string{"deactivate system syslog"}, "system syslog file audit any any"},
		{"by protecting", syslog, nil, []string{"protect system"}, "system login user u class"},
		{"by a comment", syslog, nil, []string{`annotate system syslog file audit "x"`}, "system syslog file audit"},
		{"by a copy", syslog, nil, []string{"copy system syslog file ops to audit2"}, "system syslog file audit2 any any"},
		{"by a new name", syslog, nil, []string{"rename system syslog file ops to audit2"}, "system syslog file audit2 any any"},
		{"by a group", syslog, grouped, []string{"set apply-groups g"}, "apply-groups g"},
		{"by a group that is hidden by what is there", syslog, append(grouped[:2:2], "set system login user m class operator"), []string{"set apply-groups g"}, "apply-groups g"},
		{"by keeping a group away", syslog, append(grouped[:2:2], "set system login user m class operator", "set apply-groups g"), []string{"set apply-groups-except g"}, "apply-groups-except g"},
		{"by no longer applying it", syslog, append(grouped[:2:2], "set system login user m class operator", "set apply-groups g"), []string{"delete apply-groups g"}, "apply-groups g"},
		{"by the order of groups", syslog, append(grouped[:2:2], "set groups e system syslog file ops match y", "set system login user m class operator", "set apply-groups [ e g ]"),
			[]string{"insert apply-groups g before e"}, "apply-groups g"},
		{"by a group of what it may", syslog, []string{"set groups e system syslog file ops match y"}, []string{"set apply-groups e"}, ""},
		{"by a group further in, hidden", op.ClassDefinition{Permissions: []string{"configure"}, AllowConfigurationRegexps: []string{"system apply-groups .*", "system syslog file .*"}},
			[]string{"set groups e system host-name e"}, []string{"set system apply-groups e"}, "system apply-groups e"},
		{"by a group, further in", syslog, grouped, []string{"set system syslog apply-groups g"}, "system syslog file audit match"},
		{"by a group, where it may", syslog, grouped, []string{"set system syslog file ops apply-groups g"}, ""},
		{"by what a group has", syslog, append([]string{"set groups h system host-name h", "set system syslog apply-groups h"}, grouped[:0]...),
			[]string{"set groups h system syslog file <*> match y"}, "system syslog file audit match"},
		{"what is in it alone", op.ClassDefinition{AllowConfiguration: "system syslog file ops any"}, nil, []string{"delete system syslog file ops"}, ""},
		{"with a comment that is not its own", op.ClassDefinition{AllowConfiguration: "system syslog file ops any"}, []string{`annotate system syslog file ops "x"`},
			[]string{"delete system syslog file ops"}, "system syslog file ops"},
		{"all", op.ClassDefinition{Permissions: []string{"all"}}, nil, []string{"delete system"}, ""},
		{"a value to a value", op.ClassDefinition{Permissions: []string{"configure"}, AllowConfigurationRegexps: []string{"system host-name b"}}, nil,
			[]string{"set system host-name b"}, "system host-name"},
	} {
		from := tree(t, append(base[:len(base):len(base)], c.from...)...)
		to := tree(t, append(append(base[:len(base):len(base)], c.from...), c.to...)...)
		p, refused := class(t, c.d).Refuses(from, to, configtree.Diff(from, to))
		if p.String() != c.refused || refused != (c.refused != "") {
			t.Errorf("%s: refused %v: %s", c.name, refused, p)
		}
	}
}

// TestView leaves out what is not seen, whatever marks it has.
func TestView(t *testing.T) {
	full := tree(t, "set system host-name a", "set system syslog file ops any any", "set system syslog file audit any any", "set system login user u class operator",
		`annotate system syslog "mine"`, "set groups g system login user m class super-user", "deactivate system login", "protect system")
	for _, c := range []struct {
		name string
		d    op.ClassDefinition
		want string
	}{
		{"one file", op.ClassDefinition{AllowConfiguration: "system syslog file ops"}, "set system syslog file ops any any\nprotect system\n"},
		{"all but", op.ClassDefinition{Permissions: []string{"all"}, DenyConfiguration: "(system login)|(system syslog)|groups"},
			"set system host-name a\nprotect system\n"},
		{"flags", op.ClassDefinition{Permissions: []string{"admin"}},
			"set groups g system login user m class super-user\nset system login user u class operator\ndeactivate system login\nprotect system\n"},
		{"nothing", op.ClassDefinition{Permissions: []string{"view"}}, ""},
	} {
		if got := setLines(t, class(t, c.d).View(full)); got != c.want {
			t.Errorf("%s:\n%s", c.name, got)
		}
	}
	if all := class(t, op.ClassDefinition{Permissions: []string{"all"}}); all.View(full) != full {
		t.Error("who sees everything gets a copy")
	}
}

// TestComparedHidesSecrets, also those of protected statements.
func TestComparedHidesSecrets(t *testing.T) {
	from := tree(t, "set system root-authentication encrypted-password $6$a$one", "protect system root-authentication")
	to := tree(t, "set system root-authentication encrypted-password $6$a$two", "protect system root-authentication")
	look := class(t, op.ClassDefinition{Permissions: []string{"view-configuration"}})
	key := "set system login user u authentication ssh-rsa \"ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQ a@b\"\n"
	for _, c := range []struct {
		from, to *configtree.Tree
		want     string
	}{
		{from, to, "[edit system root-authentication]\n-   encrypted-password /* SECRET-DATA */;\n+   encrypted-password /* SECRET-DATA */;\n"},
		{from, from, ""},
		{tree(t), tree(t, "set system services outbound-ssh client n secret abc"),
			"[edit]\n+  system {\n+      services {\n+          outbound-ssh {\n+              client n {\n+                  secret /* SECRET-DATA */;\n+              }\n+          }\n+      }\n+  }\n"},
		{tree(t, "set system login user u authentication no-public-keys"), tree(t, "set system login user u authentication no-public-keys", strings.TrimSpace(key)),
			"[edit system login user u authentication]\n+      ssh-rsa /* SECRET-DATA */;\n"},
		{tree(t, strings.TrimSpace(key)), tree(t, strings.TrimSpace(key)+" from 10.0.0.0/8"),
			"[edit system login user u authentication ssh-rsa /* SECRET-DATA */]\n+      from 10.0.0.0/8;\n"},
	} {
		var b strings.Builder
		if err := look.Compare(&b, c.from, c.to, nil); err != nil || b.String() != c.want {
			t.Errorf("%v: %q", err, b.String())
		}
	}
	var b strings.Builder
	if err := op.SuperUser().Compare(&b, from, to, nil); err != nil || !strings.Contains(b.String(), "$6$a$two") {
		t.Errorf("%v: who sees secrets sees %s", err, b.String())
	}
}
