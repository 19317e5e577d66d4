package netconf

import (
	"context"
	"strings"
	"testing"

	"loggia/op"
)

const configStart = `<configuration xmlns="http://xml.juniper.net/xnm/1.1/xnm" junos:commit-seconds="1795348800" junos:commit-localtime="2026-11-22 12:00:00 UTC" junos:commit-user="root">` + "\n"

func loaded(inside string) string {
	return "<load-configuration-results>\n" + inside + "</load-configuration-results>\n"
}

func diff(lines string) string {
	return "<configuration-information>\n<configuration-output>\n" + lines + "</configuration-output>\n</configuration-information>\n"
}

func committed(what string) string {
	return "<commit-results>\n<routing-engine junos:style=\"normal\">\n<name>re0</name>\n<" + what + "/>\n</routing-engine>\n</commit-results>\n<ok/>\n"
}

const compareXMLRPC = `<get-configuration compare="rollback" rollback="0" format="xml"/>`

const compareRPC = `<get-configuration compare="rollback" rollback="0" format="text"/>`

// Shapes of clients.md, section 2.
func TestReading(t *testing.T) {
	b := newBox(t)
	const hostName = "<configuration><system><host-name/></system></configuration>"
	for _, c := range []struct{ name, rpc, want string }{
		{"xml", "<get-configuration>" + hostName + "</get-configuration>",
			configStart + "        <system>\n            <host-name>r1</host-name>\n        </system>\n</configuration>\n"},
		{"set", `<get-configuration format="set">` + hostName + "</get-configuration>",
			"<configuration-set xmlns=\"http://xml.juniper.net/xnm/1.1/xnm\">\nset system host-name r1\n</configuration-set>\n"},
		{"text", `<get-configuration format="text">` + hostName + "</get-configuration>",
			"<configuration-text xmlns=\"http://xml.juniper.net/xnm/1.1/xnm\">\nsystem {\n    host-name r1;\n}\n</configuration-text>\n"},
		{"minified", `<get-configuration format="xml-minified" database="committed">` + hostName + "</get-configuration>",
			strings.TrimSuffix(configStart, "\n") + "<system><host-name>r1</host-name></system></configuration>"},
		{"get-config", "<get-config><source><running/></source><filter type=\"subtree\">" + hostName + "</filter></get-config>",
			"<data>\n" + configStart + "        <system>\n            <host-name>r1</host-name>\n        </system>\n</configuration>\n</data>\n"},
		{"get-config, nothing", "<get-config><source><candidate/></source><filter><configuration><system><ntp/></system></configuration></filter></get-config>", "<data>\n</data>\n"},
		{"no difference", compareRPC, diff("")},
		{"no difference as elements", compareXMLRPC, "<configuration/>\n"},
		{"unknown datastore", "<get-config><source><startup/></source></get-config>", failure("protocol", "bad-element", "error", "", "no such datastore: startup", "startup")},
		{"no source", "<get-config/>", failure("protocol", "missing-element", "error", "", "missing mandatory element: source", "source")},
		{"bad format", `<get-configuration format="yaml"/>`, "<rpc-error>\n<error-type>protocol</error-type>\n<error-tag>bad-attribute</error-tag>\n<error-severity>error</error-severity>\n<error-message>a format is text, set, xml or json</error-message>\n<error-info>\n<bad-element>get-configuration</bad-element>\n<bad-attribute>format</bad-attribute>\n</error-info>\n</rpc-error>\n"},
		{"xpath", "<get-config><source><running/></source><filter type=\"xpath\" select=\"/\"/></get-config>", "<rpc-error>\n<error-type>protocol</error-type>\n<error-tag>bad-attribute</error-tag>\n<error-severity>error</error-severity>\n<error-message>filters are subtrees; xpath is not supported</error-message>\n<error-info>\n<bad-element>filter</bad-element>\n<bad-attribute>type</bad-attribute>\n</error-info>\n</rpc-error>\n"},
		{"rollback that is not there", `<get-configuration compare="rollback" rollback="9"/>`, failure("protocol", "operation-failed", "error", "", "rollback 9: no such rollback", "")},
	} {
		if got := b.say(c.rpc); got != c.want {
			t.Errorf("%s:\n%s\nwant:\n%s", c.name, got, c.want)
		}
	}
	if got := b.say(`<get-configuration format="json"><configuration><system><host-name/></system></configuration></get-configuration>`); !strings.HasPrefix(got, "{\n") || !strings.Contains(got, `"host-name" : "r1"`) {
		t.Errorf("json: %s", got)
	}
}

// TestCompareAsElements: what the comparison answers as XML can be loaded, and does the same again.
func TestCompareAsElements(t *testing.T) {
	b := newBox(t)
	load := `<load-configuration action="set"><configuration-set>set system host-name r2
delete system syslog file messages
set system syslog host 192.0.2.1 any any</configuration-set></load-configuration>`
	if got := b.say(load); got != loaded(ok) {
		t.Fatal(got)
	}
	text, elements := b.say(compareRPC), b.say(compareXMLRPC)
	for _, part := range []string{"<configuration>\n", `<host-name operation="create">r2</host-name>`, `<file operation="delete">`, `<host operation="create" insert="after"`} {
		if !strings.Contains(elements, part) {
			t.Errorf("no %s in\n%s", part, elements)
		}
	}
	b.say("<discard-changes/>")
	if got := b.say("<load-configuration>" + elements + "</load-configuration>"); got != loaded(ok) {
		t.Error(got)
	}
	if got := b.say(compareRPC); got != text {
		t.Errorf("%s\nwant\n%s", got, text)
	}
}

// RFC 6241, section 6.
func TestFilters(t *testing.T) {
	b := newBox(t)
	for _, c := range []struct{ name, filter, want string }{
		{"all", "<configuration/>", "set system host-name r1\nset system root-authentication encrypted-password \"$6$salt$hash\"\nset system syslog host 192.0.2.9 any any\nset system syslog file messages any notice\nset system syslog file messages authorization info\n"},
		{"key", "<configuration><system><syslog><file><name>messages</name></file></syslog></system></configuration>", "set system syslog file messages any notice\nset system syslog file messages authorization info\n"},
		{"key and part", "<configuration><system><syslog><file><name>messages</name><contents><name>any</name></contents></file></syslog></system></configuration>", "set system syslog file messages any notice\n"},
		{"other key", "<configuration><system><syslog><file><name>nope</name></file></syslog></system></configuration>", ""},
		{"white space is no match", "<configuration><system>\n<syslog>\n<host>\n</host></syslog></system></configuration>", "set system syslog host 192.0.2.9 any any\n"},
		{"content", "<configuration><system><host-name>r1</host-name></system></configuration>", "set system host-name r1\nset system root-authentication encrypted-password \"$6$salt$hash\"\nset system syslog host 192.0.2.9 any any\nset system syslog file messages any notice\nset system syslog file messages authorization info\n"},
		{"content and part", "<configuration><system><host-name>r1</host-name><syslog><host/></syslog></system></configuration>", "set system host-name r1\nset system syslog host 192.0.2.9 any any\n"},
		{"other content", "<configuration><system><host-name>r2</host-name></system></configuration>", ""},
		{"prefixes", `<nc:configuration xmlns:nc="x"><nc:system><nc:host-name/></nc:system></nc:configuration>`, "set system host-name r1\n"},
		{"unknown", "<configuration><nosuch/></configuration>", ""},
		{"two parts", "<configuration><system><syslog><host/></syslog></system><system><host-name/></system></configuration>", "set system host-name r1\nset system syslog host 192.0.2.9 any any\n"},
	} {
		want := c.want
		if want != "" {
			want = "<configuration-set xmlns=\"http://xml.juniper.net/xnm/1.1/xnm\">\n" + want + "</configuration-set>\n"
		}
		got := b.say(`<get-configuration format="set">` + c.filter + "</get-configuration>")
		got = strings.Replace(got, "set version 24.4R1.9\n", "", 1)
		if got != want {
			t.Errorf("%s:\n%s\nwant:\n%s", c.name, got, want)
		}
	}
}

// Everything that is loaded in one form or another comes to the same.
func TestLoading(t *testing.T) {
	for _, c := range []struct{ name, rpc, reply, diff string }{
		{"xml", `<load-configuration action="merge"><configuration><system><host-name>r2</host-name></system></configuration></load-configuration>`, loaded(ok), "[edit system]\n-  host-name r1;\n+  host-name r2;\n"},
		{"no action, prefixes", `<nc:load-configuration xmlns:nc="x"><nc:configuration><system><host-name>r2</host-name></system></nc:configuration></nc:load-configuration>`, loaded(ok), "[edit system]\n-  host-name r1;\n+  host-name r2;\n"},
		{"text", `<load-configuration format="text"><configuration-text>system { host-name r2; }</configuration-text></load-configuration>`, loaded(ok), "[edit system]\n-  host-name r1;\n+  host-name r2;\n"},
		{"set", "<load-configuration action=\"set\" format=\"text\"><configuration-set>\nset system host-name r2\n</configuration-set></load-configuration>", loaded(ok), "[edit system]\n-  host-name r1;\n+  host-name r2;\n"},
		{"json", `<load-configuration format="json"><configuration-json>{"configuration":{"system":{"host-name":"r2"}}}</configuration-json></load-configuration>`, loaded(ok), "[edit system]\n-  host-name r1;\n+  host-name r2;\n"},
		{"edit-config", `<edit-config><target><candidate/></target><config><configuration><system><host-name>r2</host-name></system></configuration></config></edit-config>`, ok, "[edit system]\n-  host-name r1;\n+  host-name r2;\n"},
		{"edit-config text", `<edit-config><target><candidate/></target><config-text><configuration-text>system { host-name r2; }</configuration-text></config-text></edit-config>`, ok, "[edit system]\n-  host-name r1;\n+  host-name r2;\n"},
		{"operation", `<edit-config><target><candidate/></target><config><configuration><system><host-name nc:operation="delete" xmlns:nc="x"/></system></configuration></config></edit-config>`, ok, "[edit system]\n-  host-name r1;\n"},
		{"delete and make anew is no change", `<load-configuration><configuration><system><syslog><host delete="delete"><name>192.0.2.9</name></host><host><name>192.0.2.9</name><contents><name>any</name><any/></contents></host></syslog></system></configuration></load-configuration>`, loaded(ok), ""},
		{"delete what is not there", `<load-configuration action="set"><configuration-set>delete system syslog file nope</configuration-set></load-configuration>`,
			loaded(failure("protocol", "operation-failed", "warning", "[edit system syslog file nope]", "statement not found", "file") + ok), ""},
		{"unknown statement", `<load-configuration action="set"><configuration-set>set system nosuch x</configuration-set></load-configuration>`,
			loaded(failure("protocol", "operation-failed", "error", "[edit system]", "syntax error", "nosuch")), ""},
		{"nothing of a bad load", `<load-configuration format="text"><configuration-text>system { host-name r2; nosuch; }</configuration-text></load-configuration>`,
			loaded(failure("protocol", "operation-failed", "error", "[edit system]", "syntax error", "nosuch")), ""},
		{"rollback", `<load-configuration rollback="0"/>`, loaded(ok), ""},
		{"no such rollback", `<load-configuration rollback="50"/>`, failure("application", "invalid-value", "error", "", "a rollback is a number from 0 to 49", "rollback"), ""},
		{"no rescue", `<load-configuration rescue="rescue"/>`, loaded(failure("protocol", "operation-failed", "error", "", "no rescue configuration: rescue.conf does not exist", "")), ""},
		{"no configuration", `<load-configuration/>`, failure("protocol", "missing-element", "error", "", "missing mandatory element: configuration", "configuration"), ""},
		{"running", `<edit-config><target><running/></target><config/></edit-config>`, failure("protocol", "operation-not-supported", "error", "", "only the candidate can be edited; commit puts it in force", ""), ""},
		{"test-only", `<edit-config><target><candidate/></target><test-option>test-only</test-option><config><configuration><system><host-name>r2</host-name></system></configuration></config></edit-config>`, ok, ""},
		{"copy-config", `<copy-config><target><candidate/></target><source><running/></source></copy-config>`, ok, ""},
		{"delete-config", `<delete-config><target><running/></target></delete-config>`, failure("protocol", "operation-not-supported", "error", "", "the running configuration cannot be deleted", ""), ""},
	} {
		b := newBox(t)
		if got := b.say(c.rpc); got != c.reply {
			t.Errorf("%s:\n%s\nwant:\n%s", c.name, got, c.reply)
		}
		if got := b.say(compareRPC); got != diff(c.diff) {
			t.Errorf("%s: compare\n%s", c.name, got)
		}
	}
}

func TestCommits(t *testing.T) {
	b := newBox(t)
	const load = `<load-configuration action="set"><configuration-set>set system host-name r2</configuration-set></load-configuration>`
	for _, c := range []struct{ rpc, want string }{
		{"<validate><source><candidate/></source></validate>", committed("commit-check-success")},
		{load, loaded(ok)},
		{"<commit-configuration><check/></commit-configuration>", committed("commit-check-success")},
		{"<commit-configuration><log>why</log></commit-configuration>", committed("commit-success")},
		{compareRPC, diff("")},
		{"<commit-configuration><confirmed/><confirm-timeout>x</confirm-timeout></commit-configuration>", failure("application", "invalid-value", "error", "", "confirm-timeout is a number of minutes", "confirm-timeout")},
		{"<load-configuration rollback=\"1\"/>", loaded(ok)},
		{"<commit><confirmed/><confirm-timeout>30</confirm-timeout><persist>t</persist></commit>", committed("commit-success")},
		{"<commit/>", failure("application", "invalid-value", "error", "", "a confirmed commit is pending that has another persist-id", "persist-id")},
		{"<cancel-commit><persist-id>no</persist-id></cancel-commit>", failure("application", "invalid-value", "error", "", "a confirmed commit is pending that has another persist-id", "persist-id")},
		{"<cancel-commit><persist-id>t</persist-id></cancel-commit>", ok},
		{"<cancel-commit/>", failure("protocol", "operation-failed", "error", "", "no commit waits for its confirmation", "")},
	} {
		if got := b.say(c.rpc); got != c.want {
			t.Errorf("%s:\n%s\nwant:\n%s", c.rpc, got, c.want)
		}
	}
	if h := b.store.Running().Tree.Root().Child("system").Child("host-name").Value(); h != "r2" {
		t.Errorf("%s is in force", h)
	}
	if text := b.tape.text(); !strings.Contains(text, "User 'ann' used NETCONF client to run command 'commit-configuration'") ||
		!strings.Contains(text, "requested 'commit' operation (comment: why)") {
		t.Error(text)
	}
}

// An unconfirmed commit over NETCONF ends with its session (RFC 6241, 8.4.1).
func TestCommitEndsWithItsSession(t *testing.T) {
	b := newBox(t)
	b.talk(b.options(everything()), `<rpc><load-configuration action="set"><configuration-set>set system host-name r2</configuration-set></load-configuration></rpc>`,
		"<rpc><commit><confirmed/></commit></rpc>")
	if h := b.store.Running().Tree.Root().Child("system").Child("host-name").Value(); h != "r1" {
		t.Errorf("%s is in force", h)
	}
}

func TestLocks(t *testing.T) {
	b := newBox(t)
	o := b.options(everything())
	held, err := b.store.Exclusive(o.Env.Caller)
	if err != nil {
		t.Fatal(err)
	}
	const conflict = "<rpc-error>\n<error-type>protocol</error-type>\n<error-tag>lock-denied</error-tag>\n<error-severity>error</error-severity>\n<error-message>\nconfiguration database locked by:\n  ann (pid 101) on since 2026-11-22 12:00:00 UTC\n      exclusive [edit]\n</error-message>\n<error-info>\n<session-id>0</session-id>\n</error-info>\n</rpc-error>\n"
	for rpc, want := range map[string]string{
		"<lock><target><candidate/></target></lock>":     conflict,
		"<lock-configuration/>":                          conflict,
		"<unlock><target><candidate/></target></unlock>": failure("protocol", "operation-failed", "error", "", "the configuration is not locked by this session", ""),
		`<load-configuration action="set"><configuration-set>set system host-name r2</configuration-set></load-configuration>`: loaded(conflict),
	} {
		if got := b.say(rpc); got != want {
			t.Errorf("%s:\n%s", rpc, got)
		}
	}
	held.Release()
	// Whatever way a session ends, its lock and the edits under it end too.
	replies := b.talk(b.options(everything()), "<rpc><lock><target><candidate/></target></lock></rpc>",
		`<rpc><load-configuration action="set"><configuration-set>set system host-name r2</configuration-set></load-configuration></rpc>`)
	if strings.Join(replies, "") != ok+loaded(ok) {
		t.Errorf("%q", replies)
	}
	if got := b.say(compareRPC); got != diff("") {
		t.Errorf("after a session with the lock: %s", got)
	}
	replies = b.talk(b.options(everything()), "<rpc><open-configuration><private/></open-configuration></rpc>",
		`<rpc><load-configuration action="set"><configuration-set>set system host-name r3</configuration-set></load-configuration></rpc>`,
		"<rpc><commit-configuration/></rpc>", "<rpc><close-configuration/></rpc>")
	want := failure("protocol", "operation-failed", "warning", "", "uncommitted changes will be discarded on exit", "") + loaded(ok) + committed("commit-success") + ok
	if strings.Join(replies, "") != want {
		t.Errorf("%q", replies)
	}
}

// What a class may not do is refused here as in the shell.
func TestClasses(t *testing.T) {
	b := newBox(t)
	class := op.ClassDefinition{Name: "ops", Permissions: []string{"view", "configure", "view-configuration"},
		AllowConfiguration: "system syslog file .*"}
	for _, c := range []struct{ rpc, want string }{
		{`<load-configuration action="set"><configuration-set>set system host-name r2</configuration-set></load-configuration>`,
			loaded(failure("protocol", "access-denied", "error", "[edit system]", "permission denied", "host-name"))},
		{`<load-configuration action="set"><configuration-set>set system syslog file a any any</configuration-set></load-configuration>`, loaded(ok)},
		{`<get-configuration format="set"><configuration><system><root-authentication/></system></configuration></get-configuration>`,
			"<configuration-set xmlns=\"http://xml.juniper.net/xnm/1.1/xnm\">\nset system root-authentication encrypted-password /* SECRET-DATA */\n</configuration-set>\n"},
		{"<request-save-rescue-configuration/>", failure("protocol", "access-denied", "error", "", "permission denied", "request-save-rescue-configuration")},
		{"<kill-session><session-id>7</session-id></kill-session>", failure("protocol", "access-denied", "error", "", "permission denied", "kill-session")},
	} {
		if got := strings.Join(b.talk(b.options(class), "<rpc>"+c.rpc+"</rpc>"), ""); got != c.want {
			t.Errorf("%s:\n%s\nwant:\n%s", c.rpc, got, c.want)
		}
	}
	reader := op.ClassDefinition{Name: "reader", Permissions: []string{"view"}}
	for _, rpc := range []string{"lock-configuration", "commit-configuration", "load-configuration", "discard-changes"} {
		if got := strings.Join(b.talk(b.options(reader), "<rpc><"+rpc+"/></rpc>"), ""); got != failure("protocol", "access-denied", "error", "", "permission denied", rpc) {
			t.Errorf("%s: %s", rpc, got)
		}
	}
}

// TestDeniedCommands: what a rule keeps from the shell cannot be had by an RPC that comes to the same.
func TestDeniedCommands(t *testing.T) {
	b := newBox(t)
	denied := func(rpc string) string {
		return failure("protocol", "access-denied", "error", "", "permission denied", rpc)
	}
	running, candidate := "<get-config><source><running/></source></get-config>", "<get-config><source><candidate/></source></get-config>"
	for _, c := range []struct {
		deny, rpc string
		denied    bool
	}{
		{"show configuration", running, true},
		{"show configuration", candidate, false}, // it is there to be edited
		{"show configuration", `<get-configuration database="committed"/>`, true},
		{"show configuration", `<get-configuration rollback="0"/>`, true},
		{"show system rollback", `<get-configuration rollback="0"/>`, true},
		{"show system rollback", `<get-configuration/>`, false},
		{"(show configuration)|(configure)", candidate, true},
		{"(show configuration)|(configure)", "<get-configuration/>", true},
		{"configure", "<lock-configuration/>", true},
		{"configure exclusive", "<lock><target><candidate/></target></lock>", true},
		{"configure exclusive", "<lock-configuration/>", true},
		{"configure exclusive", "<open-configuration><exclusive/></open-configuration>", true},
		{"configure exclusive", "<open-configuration><private/></open-configuration>", false},
		{"configure exclusive", "<discard-changes/>", false},
		{"configure private", "<open-configuration><private/></open-configuration>", true},
		{"configure$", "<open-configuration><private/></open-configuration>", false},
		{"configure$", "<discard-changes/>", true},
		{"commit$", "<commit-configuration/>", true},
		{"commit$", "<commit-configuration><check/></commit-configuration>", false},
		{"commit", "<commit/>", true},
		{"commit", "<validate><source><candidate/></source></validate>", true},
		{"commit confirmed", "<commit><confirmed/></commit>", true},
		{"commit confirmed", "<commit-configuration><confirmed/></commit-configuration>", true},
		{"commit confirmed", "<commit/>", false},
		{"rollback", "<discard-changes/>", true},
		{"rollback", `<load-configuration rollback="0"/>`, true},
		{"rollback rescue", `<load-configuration rescue="rescue"/>`, true},
		{"rollback 1", `<load-configuration rollback="0"/>`, false},
		{"load override", `<load-configuration action="override" format="text"><configuration-text>system { host-name x; }</configuration-text></load-configuration>`, true},
		{"load override", `<load-configuration action="merge" format="text"><configuration-text>system { host-name x; }</configuration-text></load-configuration>`, false},
	} {
		class := op.ClassDefinition{Name: "most", Permissions: []string{"all"}, DenyCommands: c.deny}
		got := strings.Join(b.talk(b.options(class), "<rpc>"+c.rpc+"</rpc>"), "")
		name, _, _ := strings.Cut(strings.TrimRight(c.rpc[1:], "/>"), ">")
		name, _, _ = strings.Cut(name, " ")
		if (got == denied(name)) != c.denied {
			t.Errorf("without %s, %s:\n%s", c.deny, c.rpc, got)
		}
	}
	class := op.ClassDefinition{Name: "most", Permissions: []string{"all"}, DenyCommands: "show configuration"}
	if got := strings.Join(b.talk(b.options(class), "<rpc><get><filter><configuration><system/></configuration></filter></get></rpc>"), ""); strings.Contains(got, "<syslog>") || !strings.Contains(got, "<data>") {
		t.Errorf("get: %s", got)
	}
	editor := op.ClassDefinition{Name: "editor", Permissions: []string{"configure", "control", "view-configuration"}}
	for _, rpc := range []string{`<load-configuration rollback="1"/>`, `<load-configuration rescue="rescue"/>`} {
		if got := strings.Join(b.talk(b.options(editor), "<rpc>"+rpc+"</rpc>"), ""); got != denied("load-configuration") {
			t.Errorf("without the flag rollback, %s: %s", rpc, got)
		}
	}
	b.talk(b.options(everything()), "<rpc><discard-changes/></rpc>")
	forced := op.ClassDefinition{Name: "forced", Permissions: []string{"all"}, DenyCommands: "configure$"}
	if got := strings.Join(b.talk(b.options(forced), "<rpc><open-configuration><private/></open-configuration></rpc>",
		"<rpc><discard-changes/></rpc>", "<rpc>"+candidate+"</rpc>"), ""); strings.Contains(got, "denied") {
		t.Errorf("a candidate of its own: %s", got)
	}
}

func TestCommand(t *testing.T) {
	b := newBox(t)
	o := b.options(everything())
	o.Command = func(ctx context.Context, line string, answer func(context.Context, op.Result) error) error {
		if line != "show version" {
			return &rpcError{message: "unknown command."}
		}
		return answer(ctx, op.Text("two < three\n"))
	}
	for _, c := range []struct{ rpc, want string }{
		{"<command>\nshow version\n</command>", "<output>\ntwo &lt; three\n</output>\n"},
		{`<command format="text">show version</command>`, "<output>\ntwo &lt; three\n</output>\n"},
		{`<command format="yaml">show version</command>`, "<rpc-error>\n<error-type>protocol</error-type>\n<error-tag>bad-attribute</error-tag>\n<error-severity>error</error-severity>\n<error-message>a format is text, xml, json or set</error-message>\n<error-info>\n<bad-element>command</bad-element>\n<bad-attribute>format</bad-attribute>\n</error-info>\n</rpc-error>\n"},
		{"<command>bogus</command>", failure("protocol", "operation-failed", "error", "", "unknown command.", "")},
		{"<nosuch-rpc/>", failure("protocol", "operation-not-supported", "error", "", "syntax error, expecting &lt;rpc&gt; or &lt;/rpc&gt;", "nosuch-rpc")},
		{"<get-software-information><nosuch/></get-software-information>", failure("protocol", "operation-failed", "error", "", "syntax error", "nosuch")},
	} {
		if got := strings.Join(b.talk(o, "<rpc>"+c.rpc+"</rpc>"), ""); got != c.want {
			t.Errorf("%s:\n%s\nwant:\n%s", c.rpc, got, c.want)
		}
	}
}
