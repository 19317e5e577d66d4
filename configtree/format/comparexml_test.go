package format

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCompareXML(t *testing.T) {
	root := loadSchema(t)
	for _, test := range []struct{ name, from, to, at, want string }{
		{"nothing", base, base, "", ""},
		{"marks and an annotation that goes", base + `
annotate system syslog "old"
deactivate system login
protect system syslog host 172.22.0.4`, base + `
annotate system login "who may"
deactivate system syslog file messages`, "", `
<configuration>
        <system>
            <login active="active"/>
            <junos:comment>/* who may */</junos:comment>
            <login/>
            <junos:comment operation="delete"/>
            <syslog/>
            <syslog>
                <host unprotect="unprotect">
                    <name>172.22.0.4</name>
                </host>
                <file inactive="inactive">
                    <name>messages</name>
                </file>
            </syslog>
        </system>
</configuration>
`},
		{"the only leaf of an inactive level keeps it there", "set system login retry-options minimum-time 30\ndeactivate system login retry-options",
			"set system login retry-options minimum-time 40\ndeactivate system login retry-options", "", `
<configuration>
        <system>
            <login>
                <retry-options>
                    <minimum-time operation="merge">40</minimum-time>
                </retry-options>
            </login>
        </system>
</configuration>
`},
		{"likewise when it becomes inactive, further up", "set system login retry-options minimum-time 30",
			"set system login retry-options minimum-time 40\ndeactivate system login", "", `
<configuration>
        <system>
            <login inactive="inactive"/>
            <login>
                <retry-options>
                    <minimum-time operation="merge">40</minimum-time>
                </retry-options>
            </login>
        </system>
</configuration>
`},
		{"keys with quotes, and a level that goes", `set system services ssh
set system syslog user a any any`, `set system syslog user a any any match-strings [ "it's" b ]`, "", `
<configuration>
        <system>
            <services operation="delete"/>
            <syslog>
                <user>
                    <name>a</name>
                    <match-strings operation="create" insert="first">it's</match-strings>
                    <match-strings operation="create" insert="after" value="it's">b</match-strings>
                </user>
            </syslog>
        </system>
</configuration>
`},
		{"a level alone", base, base + "set system host-name x\nset system syslog file messages any any", "system syslog", `
<configuration>
        <system>
            <syslog>
                <file>
                    <name>messages</name>
                    <contents>
                        <name>any</name>
                        <notice operation="delete"/>
                        <any operation="create"/>
                    </contents>
                </file>
            </syslog>
        </system>
</configuration>
`},
		{"secrets are masked", "set system root-authentication encrypted-password $6$a$one",
			"set system root-authentication encrypted-password $6$a$two", "", `
<configuration>
        <system>
            <root-authentication>
                <encrypted-password operation="delete"/>
                <encrypted-password operation="create">/* SECRET-DATA */</encrypted-password>
            </root-authentication>
        </system>
</configuration>
`},
	} {
		from, to := tree(t, root, SetLines, test.from), tree(t, root, SetLines, test.to)
		var out strings.Builder
		if err := CompareXML(&out, from, to, path(t, root, test.at), Options{Mask: true}); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(strings.TrimPrefix(test.want, "\n"), out.String()); d != "" {
			t.Errorf("%s:\n%s", test.name, d)
		}
	}
}
