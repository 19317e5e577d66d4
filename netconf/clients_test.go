package netconf

import (
	"strings"
	"testing"

	"loggia/op"
)

// nothing is a reply without contents.
const nothing = ""

func output(inside string) string {
	return "<configuration-information>\n<configuration-output>\n" + inside + "</configuration-output>\n</configuration-information>\n"
}

// setHost is a load that gives the machine another name.
const setHost = `<load-configuration action="set"><configuration-set>set system host-name r2</configuration-set></load-configuration>`

// The whole configuration begins with the version, a part of it does not.
func TestVersion(t *testing.T) {
	b := newBox(t)
	const part = "<configuration><version/><system><host-name/></system></configuration>"
	for _, c := range []struct{ rpc, begin string }{
		{"<get-configuration/>", configStart + "        <version>24.4R1.9</version>\n        <system>\n"},
		{`<get-configuration format="text"/>`, "<configuration-text xmlns=\"" + configNamespace + "\">\nversion 24.4R1.9;\nsystem {\n"},
		{`<get-configuration format="set"/>`, "<configuration-set xmlns=\"" + configNamespace + "\">\nset version 24.4R1.9\nset system "},
		{`<get-configuration format="xml-minified"/>`, strings.TrimSuffix(configStart, "\n") + "<version>24.4R1.9</version><system>"},
		{"<get-config><source><running/></source></get-config>", "<data>\n" + configStart + "        <version>24.4R1.9</version>\n"},
		{"<get-configuration><configuration/></get-configuration>", configStart + "        <version>"},
		{"<get-configuration>" + part + "</get-configuration>", configStart + "        <version>24.4R1.9</version>\n        <system>\n            <host-name>r1</host-name>\n"},
		{"<get-configuration><configuration><system><host-name/></system></configuration></get-configuration>", configStart + "        <system>\n"},
		{"<get-configuration><configuration><version/></configuration></get-configuration>", configStart + "        <version>24.4R1.9</version>\n</configuration>\n"},
	} {
		if got := b.say(c.rpc); !strings.HasPrefix(got, c.begin) {
			t.Errorf("%s:\n%s", c.rpc, got)
		}
	}
	whole := b.say(`<get-configuration format="json"/>`)
	if !strings.Contains(whole, `"version" : "24.4R1.9"`) || strings.Contains(whole, "<") {
		t.Error(whole)
	}
	// What was read can be loaded again, and is no change (rule 6, and done-item 4).
	xml := strings.NewReplacer(configNamespace, "x", "junos:", "").Replace(b.say("<get-configuration/>"))
	if got := b.say(`<load-configuration action="override">` + xml + "</load-configuration>"); got != loaded(ok) {
		t.Error(got)
	}
	if got := b.say(compareRPC); got != diff("") {
		t.Error(got)
	}
}

// Earlier configurations, the rescue configuration, groups and changes.
func TestEarlierConfigurations(t *testing.T) {
	b := newBox(t)
	const host = "<configuration><system><host-name/></system></configuration>"
	const committed2 = "<commit-configuration/>"
	for _, c := range []struct{ rpc, want string }{
		{"<get-rescue-information><format>text</format></get-rescue-information>", failure("protocol", "operation-failed", "error", "", "no rescue configuration: rescue.conf does not exist", "")},
		{"<request-delete-rescue-configuration/>", ok},
		{"<request-save-rescue-configuration/>", ok},
		{"<get-rescue-information><format>yaml</format></get-rescue-information>", failure("protocol", "bad-element", "error", "", "a format is text, xml or json", "format")},
		{setHost, loaded(ok)},
		{`<get-configuration changed="changed">` + host + "</get-configuration>",
			strings.NewReplacer("commit-seconds", "changed-seconds", "commit-localtime", "changed-localtime", ` junos:commit-user="root"`, "").Replace(strings.TrimSuffix(configStart, ">\n")) +
				" junos:changed=\"changed\">\n        <system junos:changed=\"changed\">\n            <host-name junos:changed=\"changed\">r2</host-name>\n        </system>\n</configuration>\n"},
		{committed2, committed("commit-success")},
		{`<get-configuration rollback="1" format="set">` + host + "</get-configuration>", "<configuration-set xmlns=\"" + configNamespace + "\">\nset system host-name r1\n</configuration-set>\n"},
		{`<get-configuration compare="rollback" rollback="1"/>`, output("[edit system]\n-  host-name r1;\n+  host-name r2;\n")},
		{"<get-rollback-information><rollback>1</rollback><compare>0</compare></get-rollback-information>",
			"<rollback-information>\n" + output("[edit system]\n-  host-name r1;\n+  host-name r2;\n") + "</rollback-information>\n"},
		{"<get-rollback-information/>", failure("protocol", "missing-element", "error", "", "missing mandatory element: rollback", "rollback")},
		{`<load-configuration rescue="rescue"/>`, loaded(ok)},
		{compareRPC, diff("[edit system]\n-  host-name r2;\n+  host-name r1;\n")},
		{"<discard-changes/>", ok},
		{"<request-delete-rescue-configuration/>", ok},
		{"<get-configuration><configuration><groups/></configuration></get-configuration>", nothing},
	} {
		if got := b.say(c.rpc); got != c.want {
			t.Errorf("%s:\n%s\nwant:\n%s", c.rpc, got, c.want)
		}
	}
	for rpc, want := range map[string]string{
		"<get-rollback-information><rollback>0</rollback></get-rollback-information>":                     "<rollback-information>\n<configuration-information>\n<configuration-output>\nversion 24.4R1.9;\nsystem {\n    host-name r2;\n",
		"<get-rollback-information><rollback>1</rollback><format>xml</format></get-rollback-information>": "<rollback-information>\n<configuration xmlns=",
		`<get-rollback-information format="json"><rollback>1</rollback></get-rollback-information>`:       "{\n",
		"<get-commit-revision-information><level>detail</level></get-commit-revision-information>":        "<commit-revision-information>\n<revision>re0-1795348800-2</revision>\n<user>ann</user>\n<client>netconf</client>\n<date-time junos:seconds=\"1795348800\">2026-11-22 12:00:00 UTC</date-time>\n",
		"<get-chassis-inventory/>":                                        "<chassis-inventory>\n<chassis junos:style=\"inventory\">\n<name>Chassis</name>\n",
		"<get-system-memory-information/>":                                "<system-memory-information>\n<system-memory-summary-information>\n<system-memory-total>",
		"<get-interface-information><terse/></get-interface-information>": "<interface-information>\n<physical-interface>\n<name>",
	} {
		if got := b.say(rpc); !strings.HasPrefix(got, want) {
			t.Errorf("%s:\n%s", rpc, got)
		}
	}
}

func TestGroups(t *testing.T) {
	b := newBox(t)
	if got := b.say(`<load-configuration action="set"><configuration-set>set groups g system syslog file g any any
set apply-groups g</configuration-set></load-configuration>`); got != loaded(ok) {
		t.Fatal(got)
	}
	const filter = "<configuration><system><syslog><file><name>g</name></file></syslog></system></configuration>"
	start := strings.NewReplacer("commit-seconds", "changed-seconds", "commit-localtime", "changed-localtime", ` junos:commit-user="root"`, "").Replace(configStart)
	const lines = "        <system>\n            <syslog>\n                <file%>\n                    <name>g</name>\n                    <contents%>\n" +
		"                        <name>any</name>\n                        <any%/>\n                    </contents>\n                </file>\n            </syslog>\n        </system>\n</configuration>\n"
	for rpc, want := range map[string]string{
		"<get-configuration>" + filter + "</get-configuration>":                                   nothing,
		`<get-configuration inherit="inherit">` + filter + "</get-configuration>":                 start + strings.ReplaceAll(lines, "%", ""),
		`<get-configuration inherit="inherit" groups="groups">` + filter + "</get-configuration>": start + strings.ReplaceAll(lines, "%", ` junos:group="g"`),
	} {
		if got := b.say(rpc); got != want {
			t.Errorf("%s:\n%s\nwant:\n%s", rpc, got, want)
		}
	}
	const defaults = "<configuration><system><syslog><log-rotate-frequency/></syslog></system></configuration>"
	got := b.say(`<get-configuration inherit="defaults" groups="groups">` + defaults + "</get-configuration>")
	if want := `<log-rotate-frequency junos:group="junos-defaults">15</log-rotate-frequency>`; !strings.Contains(got, want) {
		t.Errorf("no %s in\n%s", want, got)
	}
	if got := b.say(`<get-configuration inherit="inherit">` + defaults + "</get-configuration>"); got != nothing {
		t.Errorf("a default that nobody asked for:\n%s", got)
	}
}

// What commit-configuration may bring (the table of clients.md, section 2).
func TestCommitOptions(t *testing.T) {
	for _, c := range []struct{ rpc, want string }{
		{`<commit-configuration detail="detail"><synchronize/><force-synchronize/><full/><log>x</log></commit-configuration>`, committed("commit-success")},
		{"<commit-configuration><confirmed/></commit-configuration>", committed("commit-success")},
		{"<commit-configuration><confirmed/><confirm-timeout>1</confirm-timeout></commit-configuration>", committed("commit-success")},
		{"<commit-configuration><confirm-timeout>1</confirm-timeout></commit-configuration>", failure("protocol", "missing-element", "error", "", "missing mandatory element: confirmed", "confirmed")},
		{"<commit-configuration><confirmed/><confirm-timeout>0</confirm-timeout></commit-configuration>", failure("application", "invalid-value", "error", "", "confirm-timeout is a number of minutes", "confirm-timeout")},
		{"<commit-configuration><confirmd/></commit-configuration>", failure("protocol", "unknown-element", "error", "", "syntax error", "confirmd")},
		{"<commit-configuration><check/><confirmed/></commit-configuration>", failure("protocol", "operation-failed", "error", "", "'check' goes with neither 'confirmed' nor 'at'", "")},
		{"<commit-configuration><at-time>23:59</at-time></commit-configuration>", committed("commit-success")},
		{"<commit-configuration><at-time>later</at-time></commit-configuration>", ""},
	} {
		b := newBox(t)
		if got := b.say(setHost); got != loaded(ok) {
			t.Fatal(got)
		}
		if got := b.say(c.rpc); got != c.want && (c.want != "" || !strings.Contains(got, "<bad-element>at-time</bad-element>")) {
			t.Errorf("%s:\n%s\nwant:\n%s", c.rpc, got, c.want)
		}
	}
}

// A commit that fails says what is wrong, each with its place, and then that it
// failed, all directly below the reply: there are clients that look nowhere else.
func TestCommitThatFails(t *testing.T) {
	b := newBox(t)
	if got := b.say(`<load-configuration action="set"><configuration-set>set system login user x uid 3000</configuration-set></load-configuration>`); got != loaded(ok) {
		t.Fatal(got)
	}
	want := failure("protocol", "operation-failed", "error", "[edit system login user x]", "Missing mandatory statement: 'class'", "x") +
		failure("protocol", "operation-failed", "error", "", "configuration check-out failed: (missing mandatory statements)", "")
	for _, rpc := range []string{"<commit-configuration/>", "<commit/>", "<commit-configuration><check/></commit-configuration>", "<validate><source><candidate/></source></validate>"} {
		if got := b.say(rpc); got != want {
			t.Errorf("%s:\n%s\nwant:\n%s", rpc, got, want)
		}
	}
	if got := b.say("<validate><source><running/></source></validate>"); got != ok {
		t.Error(got)
	}
}

// RFC 6241, 7.2: the operations, and the default operations.
func TestEditConfig(t *testing.T) {
	edit := func(options, inside string) string {
		return "<edit-config><target><candidate/></target>" + options + "<config><configuration><system>" + inside + "</system></configuration></config></edit-config>"
	}
	const none = "<default-operation>none</default-operation>"
	const file = "<name>messages</name>"
	missing := func(path, bad string) string {
		return failure("application", "data-missing", "error", path, "statement not found", bad)
	}
	const onError = "<error-option>continue-on-error</error-option>"
	for _, c := range []struct {
		name, rpc, want, diff string
		rfc                   bool
	}{
		{"merge", edit("", "<host-name>r2</host-name>"), ok, "[edit system]\n-  host-name r1;\n+  host-name r2;\n", false},
		{"replace a part", edit("", `<syslog><file operation="replace">`+file+"<contents><name>any</name><error/></contents></file></syslog>"), ok,
			"[edit system syslog file messages any]\n-     notice;\n+     error;\n[edit system syslog file messages]\n-     authorization info;\n", false},
		{"create", edit("", `<time-zone operation="create">UTC</time-zone>`), ok, "[edit system]\n+  time-zone UTC;\n", false},
		{"create what exists", edit("", `<host-name operation="create">r2</host-name>`), failure("application", "data-exists", "error", "[edit system]", "statement exists already", "host-name"), "", false},
		{"delete", edit("", `<host-name operation="delete"/>`), ok, "[edit system]\n-  host-name r1;\n", false},
		{"delete what is not there", edit("", `<host-name>r2</host-name><time-zone operation="delete"/>`), missing("[edit system time-zone]", "time-zone"), "", false},
		{"delete an entry that is not there", edit("", `<syslog><file operation="delete"><name>nope</name></file></syslog>`), missing("[edit system syslog file nope]", "file"), "", false},
		{"remove an entry that is not there", edit("", `<syslog><file operation="remove"><name>nope</name></file></syslog>`), ok, "", false},
		{"create an entry that exists", edit("", `<syslog><file operation="create"><name>messages</name></file></syslog>`),
			failure("application", "data-exists", "error", "[edit system syslog file messages]", "statement exists already", "file messages"), "", false},
		{"delete with a prefix", edit("", `<nc:time-zone xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" nc:operation="delete"/>`), missing("[edit system time-zone]", "time-zone"), "", false},
		{"the same by the book", edit("", `<host-name>r2</host-name><time-zone operation="delete"/>`), missing("[edit system time-zone]", "time-zone"), "", true},
		{"remove what is not there", edit("", `<time-zone operation="remove"/>`), ok, "", true},
		{"none", edit(none, "<host-name>r2</host-name>"), ok, "", false},
		{"none, with an operation within", edit(none, "<syslog><file>"+file+`<contents operation="delete"><name>any</name></contents></file></syslog>`), ok,
			"[edit system syslog file messages]\n-     any notice;\n", false},
		{"none, with a merge within", edit(none, `<syslog><file operation="merge"><name>new</name><contents><name>any</name><any/></contents></file></syslog>`), ok,
			"[edit system syslog]\n+    file new {\n+        any any;\n+    }\n", false},
		{"none, through what is not there", edit(none, `<syslog><file><name>new</name><contents operation="merge"><name>any</name><any/></contents></file></syslog>`),
			missing("[edit system syslog file new]", "file new"), "", false},
		{"unknown operation", edit("", `<host-name operation="nosuch">r2</host-name>`), failure("protocol", "operation-failed", "error", "[edit system]", "syntax error", "operation"), "", false},
		{"unknown default", edit("<default-operation>nosuch</default-operation>", ""), failure("application", "invalid-value", "error", "", "default-operation is merge, replace or none", "default-operation"), "", false},
		{"test-then-set", edit("<test-option>test-then-set</test-option>", "<host-name>r2</host-name>"), ok, "[edit system]\n-  host-name r1;\n+  host-name r2;\n", false},
		{"test-then-set that fails", edit("<test-option>test-then-set</test-option>", "<login><user><name>x</name><uid>3000</uid></user></login>"),
			failure("protocol", "operation-failed", "error", "[edit system login user x]", "Missing mandatory statement: 'class'", "x") +
				failure("protocol", "operation-failed", "error", "", "configuration check-out failed: (missing mandatory statements)", ""), "", false},
		{"continue-on-error", edit(onError, "<host-name>r2</host-name>"), ok, "[edit system]\n-  host-name r1;\n+  host-name r2;\n", false},
		{"continue-on-error, over what is not there", edit(onError, `<time-zone operation="delete"/><host-name>r2</host-name>`), missing("[edit system time-zone]", "time-zone"),
			"[edit system]\n-  host-name r1;\n+  host-name r2;\n", false},
		{"continue-on-error, over two errors", edit(onError, `<nosuch/><host-name operation="create">r3</host-name><time-zone>UTC</time-zone>`),
			failure("protocol", "operation-failed", "error", "[edit system]", "syntax error", "nosuch") +
				failure("application", "data-exists", "error", "[edit system]", "statement exists already", "host-name"),
			"[edit system]\n+  time-zone UTC;\n", false},
		{"stop-on-error", edit("<error-option>stop-on-error</error-option>", `<host-name>r2</host-name><time-zone operation="delete"/><domain-name>x</domain-name>`),
			missing("[edit system time-zone]", "time-zone"), "", false},
		{"test-only with an error", edit("<test-option>test-only</test-option>"+onError, `<host-name>r2</host-name><time-zone operation="delete"/>`),
			missing("[edit system time-zone]", "time-zone"), "", false},
		{"unknown error-option", edit("<error-option>nosuch</error-option>", ""), failure("application", "invalid-value", "error", "", "error-option is stop-on-error, continue-on-error or rollback-on-error", "error-option"), "", false},
		{"rollback-on-error", edit("<error-option>rollback-on-error</error-option>", "<host-name>r2</host-name><nosuch/>"), failure("protocol", "operation-failed", "error", "[edit system]", "syntax error", "nosuch"), "", false},
	} {
		b := newBox(t)
		o := b.options(everything())
		o.RFC = c.rfc
		got := strings.Join(b.talk(o, "<rpc>"+c.rpc+"</rpc>"), "")
		if c.rfc { // TestPrefix is about that
			got = strings.NewReplacer("<nc:", "<", "</nc:", "</").Replace(got)
		}
		if got != c.want {
			t.Errorf("%s:\n%s\nwant:\n%s", c.name, got, c.want)
		}
		if got := b.say(compareRPC); got != diff(c.diff) {
			t.Errorf("%s: compare\n%s", c.name, got)
		}
	}
	b := newBox(t)
	replace := strings.Replace(edit("<default-operation>replace</default-operation>", "<host-name>only</host-name>"), "\n", "", -1)
	if got := b.say(replace); got != ok {
		t.Error(got)
	}
	if got := b.say(`<get-configuration format="set"/>`); got != "<configuration-set xmlns=\""+configNamespace+"\">\nset version 24.4R1.9\nset system host-name only\n</configuration-set>\n" {
		t.Error(got)
	}
}

// RFC 6022.
func TestMonitoring(t *testing.T) {
	b := newBox(t)
	o := b.options(everything())
	o.Env.Sessions = func() []op.Session {
		return []op.Session{{Subject: o.Env.Caller, Since: noon}, {Subject: o.Env.Caller, Since: noon}}[:1]
	}
	get := func(filter string) string {
		return strings.Join(b.talk(o, "<rpc><get><filter>"+filter+"</filter></get></rpc>"), "")
	}
	const state = `<netconf-state xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring">`
	for filter, want := range map[string]string{
		"<netconf-state><schemas><schema><identifier>loggia-syslog</identifier><version/></schema></schemas></netconf-state>": "<data>\n" + state +
			"\n<schemas>\n<schema>\n<identifier>loggia-syslog</identifier>\n<version>2026-11-22</version>\n</schema>\n</schemas>\n</netconf-state>\n</data>\n",
		"<netconf-state><datastores/></netconf-state>": "<data>\n" + state +
			"\n<datastores>\n<datastore>\n<name>candidate</name>\n</datastore>\n<datastore>\n<name>running</name>\n</datastore>\n</datastores>\n</netconf-state>\n</data>\n",
		"<netconf-state><sessions><session><username>nobody</username></session></sessions></netconf-state>": "<data>\n</data>\n",
		"<nosuch/>": "<data>\n</data>\n",
	} {
		if got := get(filter); got != want {
			t.Errorf("%s:\n%s", filter, got)
		}
	}
	o.Env.Sessions = func() []op.Session { return nil }
	if got := b.say("<get-schema><identifier>loggia-syslog</identifier><format>ncm:yang</format></get-schema>"); !strings.HasPrefix(got, `<data xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring">`+"\nmodule loggia-syslog {\n") || !strings.HasSuffix(got, "}\n</data>\n") {
		t.Error(got)
	}
	if got := b.say("<get-schema><identifier>ietf-nothing</identifier></get-schema>"); got != failure("application", "invalid-value", "error", "", "there is no such schema", "identifier") {
		t.Error(got)
	}
}

// What is refused is on record, with the user.
func TestRefusalsAreRecorded(t *testing.T) {
	b := newBox(t)
	class := op.ClassDefinition{Name: "ops", Permissions: []string{"view", "configure", "view-configuration"}}
	b.talk(b.options(class), "<rpc>"+setHost+"</rpc>", "<rpc><request-save-rescue-configuration/></rpc>", "<rpc><get-syslog-events><stream>messages</stream></get-syslog-events></rpc>")
	for _, want := range []string{"User 'ann' was refused to change [system host-name]: permission denied",
		"User 'ann' was refused the command 'request-save-rescue-configuration': permission denied",
		"User 'ann' was refused the command 'get-syslog-events': permission denied"} {
		if !strings.Contains(b.tape.text(), want) {
			t.Errorf("no %q in\n%s", want, b.tape.text())
		}
	}
}
