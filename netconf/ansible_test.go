package netconf

import (
	"strings"
	"testing"
)

// What Ansible's modules for Junos send (collection junipernetworks.junos 4.1.0):
// each run locks, loads, validates, compares, commits and unlocks, and reports a
// change when the comparison is not one line end. The second run must not.
func TestAnsible(t *testing.T) {
	load := func(inside string) string {
		return `<nc:load-configuration xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" action="merge" format="xml"><nc:configuration>` + inside + "</nc:configuration></nc:load-configuration>"
	}
	const logging = `<nc:system><nc:syslog delete="delete"/><nc:syslog>` +
		"<nc:host><nc:name>192.0.2.9</nc:name><nc:contents><nc:name>any</nc:name><nc:any/></nc:contents></nc:host>" +
		"<nc:file><nc:name>messages</nc:name><nc:contents><nc:name>authorization</nc:name><nc:info/></nc:contents><nc:contents><nc:name>any</nc:name><nc:notice/></nc:contents></nc:file>" +
		"<nc:user><nc:name>op</nc:name><nc:contents><nc:name>any</nc:name><nc:emergency/></nc:contents></nc:user></nc:syslog></nc:system>"
	const user = `<system><login><user operation="merge" active="active"><name>u1</name><class>operator</class><full-name>U One</full-name></user></login></system>`
	const inactive = `<system><login><user operation="merge" inactive="inactive"><name>u1</name><class>operator</class></user></login></system>`
	const absent = `<system><login><user operation="delete"><name>u1</name></user></login></system>`
	const lines = `<load-configuration action="set" format="text"><configuration-set>set system host-name r2` + "\n" + `set system syslog file lines any any</configuration-set></load-configuration>`
	warned := loaded(failure("protocol", "operation-failed", "warning", "[edit system login user u1]", "statement not found", "login") + ok)
	b := newBox(t)
	for _, c := range []struct{ name, load, first, again string }{
		{"junos_config", lines, loaded(ok), loaded(ok)},
		{"junos_logging_global, replaced", load(logging), loaded(ok), loaded(ok)},
		{"junos_user", load(user), loaded(ok), loaded(ok)},
		{"junos_user, not active", load(inactive), loaded(ok), loaded(ok)},
		{"junos_user, absent", load(absent), loaded(ok), warned},
	} {
		for run, want := range []string{c.first, c.again} {
			replies := b.talk(b.options(everything()), "<rpc><lock><target><candidate/></target></lock></rpc>", "<rpc>"+c.load+"</rpc>",
				"<rpc><validate><source><candidate/></source></validate></rpc>", "<rpc>"+compareRPC+"</rpc>",
				"<rpc><commit-configuration><log>by Ansible</log></commit-configuration></rpc>", "<rpc><unlock><target><candidate/></target></unlock></rpc>")
			if len(replies) != 6 || replies[0] != ok || replies[1] != want || replies[2] != committed("commit-check-success") || replies[4] != committed("commit-success") || replies[5] != ok {
				t.Fatalf("%s, run %d: %s", c.name, run+1, strings.Join(replies, "\n"))
			}
			if same := replies[3] == diff(""); same != (run == 1) {
				t.Errorf("%s, run %d: %s", c.name, run+1, replies[3])
			}
		}
	}
}
