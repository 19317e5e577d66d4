package format

import (
	"errors"
	"strings"
	"testing"

	"loggia/configtree"

	"github.com/google/go-cmp/cmp"
)

// problems reads text and returns what a load would show.
func problems(t *testing.T, s Syntax, text string) string {
	t.Helper()
	var b strings.Builder
	_, all := apply(configtree.New(loadSchema(t)), s, text)
	for _, p := range all {
		if p.File != "terminal" || p.Line < 1 || p.Col < 0 {
			t.Errorf("no place: %+v", p)
		}
		if err := Report(&b, p); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

func TestTextProblems(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"unknown statement with a block", `system {
    syslog {
        topologie default {
            a { b; }
        }
        source-address 10.0.0.1;
    }
}
`, `
terminal:3:(17) syntax error: topologie
  [edit system syslog]
    'topologie ... {'
      syntax error
terminal:5:(9) error recovery ignores input until this point: }
  [edit system syslog]
    '}'
      error recovery ignores input until this point
`},
		{"unknown statement", "system {\n    metric 65450;\n    host-name x;\n}\n", `
terminal:2:(10) syntax error: metric
  [edit system]
    'metric ...;'
      syntax error
`},
		{"a statement of other boxes", "protocols a;\n", `
terminal:1:(9) syntax error: protocols
  [edit]
    'protocols ...;'
      syntax error
`},
		{"no abbreviations", "system { host x; }\n", `
terminal:1:(13) syntax error: host
  [edit system]
    'host ...;'
      syntax error
[edit]
  'system'
    warning: statement has no contents; ignored
`},
		{"deep in one statement", "system syslog file messages any loud;\n", `
terminal:1:(36) syntax error: loud
  [edit system syslog file messages any]
    'loud;'
      syntax error
`},
		{"several problems, all found", "system { hostname a; tme-zone b; syslog { file; bad { } } }\n", `
terminal:1:(17) syntax error: hostname
  [edit system]
    'hostname ...;'
      syntax error
terminal:1:(29) syntax error: tme-zone
  [edit system]
    'tme-zone ...;'
      syntax error
terminal:1:(47) missing argument: ;
  [edit system syslog]
    'file;'
      missing argument
terminal:1:(51) syntax error: bad
  [edit system syslog]
    'bad {'
      syntax error
terminal:1:(55) error recovery ignores input until this point: }
  [edit system syslog]
    '}'
      error recovery ignores input until this point
[edit system]
  'syslog'
    warning: statement has no contents; ignored
[edit]
  'system'
    warning: statement has no contents; ignored
`},
		{"bad value", "system { syslog { host h { port 70000; } } }\n", `
terminal:1:(37) Value 70000 is not within range (1..65535) at '70000'
  [edit system syslog host h]
    'port 70000;'
      Value 70000 is not within range (1..65535)
`},
		{"an open string leaves no block empty", "system {\n    host-name \"abc;\n}\n", `
terminal:2:(19) unterminated quote
  [edit system]
    'host-name ...'
      unterminated quote
`},
		{"missing value", "system {\n    host-name;\n}\n", `
terminal:2:(14) missing argument: ;
  [edit system]
    'host-name;'
      missing argument
[edit]
  'system'
    warning: statement has no contents; ignored
`},
		{"missing semicolon", "system {\n    host-name x\n    time-zone UTC;\n}\n", `
terminal:3:(13) syntax error: time-zone
  [edit system]
    'host-name x time-zone ...;'
      syntax error, ';' is missing before it
[edit]
  'system'
    warning: statement has no contents; ignored
`},
		{"missing semicolon before a brace", "system {\n    host-name x\n}\n", `
terminal:3:(1) syntax error: }
  [edit system]
    'host-name x'
      syntax error, ';' is missing
[edit]
  'system'
    warning: statement has no contents; ignored
`},
		{"a brace too many", "system { host-name x; } }\nsystem { time-zone UTC; }\n", `
terminal:1:(25) syntax error: }
  [edit]
    '}'
      syntax error, no block is open here
`},
		{"a brace too few", "system {\n  syslog {\n    file a;\n  }\n", `
terminal:5:(0) syntax error: end of input
  [edit]
    'system {'
      syntax error, the block that began on line 1 is not closed
`},
		{"two braces too few", "system {\n  syslog {\n    file a;", `
terminal:3:(11) syntax error: end of input
  [edit system]
    'syslog {'
      syntax error, the block that began on line 2 is not closed
terminal:3:(11) syntax error: end of input
  [edit]
    'system {'
      syntax error, the block that began on line 1 is not closed
`},
		{"end inside what is skipped", "bad {\n x;\n", `
terminal:1:(3) syntax error: bad
  [edit]
    'bad {'
      syntax error
terminal:3:(0) syntax error: end of input
  [edit]
    '{'
      syntax error, the block that began on line 1 is not closed
`},
		{"end inside a statement", "system { host-name", `
terminal:1:(18) syntax error: end of input
  [edit system]
    'host-name'
      syntax error
terminal:1:(18) syntax error: end of input
  [edit]
    'system {'
      syntax error, the block that began on line 1 is not closed
`},
		{"a block without a statement", "{ a; }\nsystem { host-name x; }\n", `
terminal:1:(1) syntax error: {
  [edit]
    '{'
      syntax error
terminal:1:(6) error recovery ignores input until this point: }
  [edit]
    '}'
      error recovery ignores input until this point
`},
		{"a leaf with a block", "system { host-name x { y; } time-zone UTC; }\n", `
terminal:1:(22) syntax error: {
  [edit system]
    'host-name x {'
      syntax error
terminal:1:(27) error recovery ignores input until this point: }
  [edit system]
    '}'
      error recovery ignores input until this point
`},
		{"brackets", "system { login { class a { permissions [ view ; permissions ] ; permissions [ ]; idle-timeout [ 5 ]; } } }\n", `
terminal:1:(47) syntax error: ;
  [edit system login class a]
    'permissions [ view;'
      syntax error
terminal:1:(61) syntax error: ]
  [edit system login class a]
    'permissions ];'
      syntax error
terminal:1:(79) syntax error: ]
  [edit system login class a]
    'permissions [ ];'
      syntax error
terminal:1:(95) syntax error: [
  [edit system login class a]
    'idle-timeout [ ...;'
      syntax error
`},
		{"a quote that is not closed spoils its line alone", "system {\n    host-name \"x;\n    time-zone UTC;\n}\n", `
terminal:2:(17) unterminated quote
  [edit system]
    'host-name ...'
      unterminated quote
`},
		{"a quote that is not closed before a block", "system {\n    syslog {\n        file \"x {\n            any any;\n        }\n        file b;\n    }\n}\n", `
terminal:3:(17) unterminated quote
  [edit system syslog]
    'file ...'
      unterminated quote
terminal:5:(9) error recovery ignores input until this point: }
  [edit system syslog]
    '}'
      error recovery ignores input until this point
`},
		{"a comment that is not closed", "system { host-name x; }\n/* never\nends\n", `
terminal:2:(0) comment without end
  [edit]
    '/*'
      comment without end
`},
		{"contents missing", "system { syslog { } }\nsystem { syslog; login { } host-name x; }\n", `
[edit system]
  'syslog'
    warning: statement has no contents; ignored
[edit]
  'system'
    warning: statement has no contents; ignored
[edit system]
  'syslog'
    warning: statement has no contents; ignored
[edit system]
  'login'
    warning: statement has no contents; ignored
`},
		{"a facility without a level", "system { syslog { file a { any; } } }\n", `
terminal:1:(31) missing argument: ;
  [edit system syslog file a]
    'any;'
      missing argument
`},
		{"a tag alone", "inactive: ;\nreplace: { }\n", `
terminal:1:(11) syntax error: ;
  [edit]
    ';'
      syntax error
terminal:2:(10) syntax error: {
  [edit]
    '{'
      syntax error
terminal:2:(12) error recovery ignores input until this point: }
  [edit]
    '}'
      error recovery ignores input until this point
`},
		{"delete takes no block", "delete: system { host-name x; }\n", `
terminal:1:(16) syntax error: {
  [edit]
    'system {'
      syntax error
terminal:1:(31) error recovery ignores input until this point: }
  [edit]
    '}'
      error recovery ignores input until this point
`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if d := cmp.Diff(strings.TrimPrefix(test.want, "\n"), problems(t, Text, test.text)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestSetProblems(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"unknown word", "\nset system syslog file messages metric 65450\n", `
terminal:2:(32) syntax error: metric
  [edit system syslog file messages]
    'metric ...'
      syntax error
`},
		{"no command of a file", "replace pattern a with b\n", `
terminal:1:(0) unknown command: replace
  [edit]
    'replace ...'
      unknown command
`},
		{"wildcards that are wrong", "wildcard\nwildcard copy x\nwildcard delete\nwildcard delete system sislog x\nwildcard delete system syslog (\n" +
			"wildcard range\nwildcard range copy x\nwildcard range set system syslog file f[2-1]\nwildcard range set system syslog file f[1-2] any notise\n", `
terminal:1:(9) missing argument
  [edit]
    '...'
      missing argument
terminal:2:(9) syntax error: copy
  [edit]
    'copy ...'
      syntax error
terminal:3:(16) missing argument
  [edit]
    '...'
      missing argument
terminal:4:(23) syntax error: sislog
  [edit system]
    'sislog ...'
      syntax error
terminal:5:(30) missing closing ): (
  [edit]
    '( ...'
      missing closing )
terminal:6:(15) missing argument
  [edit]
    '...'
      missing argument
terminal:7:(15) syntax error: copy
  [edit]
    'copy ...'
      syntax error
terminal:8:(15) f[2-1]: a range stands for 1 to 10000 names: set
  [edit]
    'set ...'
      f[2-1]: a range stands for 1 to 10000 names
terminal:9:(49) syntax error: notise
  [edit system syslog file f1 any]
    'notise'
      syntax error
`},
		{"unknown command", "  sett system host-name x\n", `
terminal:1:(2) unknown command: sett
  [edit]
    'sett ...'
      unknown command
`},
		{"bad value", "set system syslog host h port 70000\n", `
terminal:1:(30) Value 70000 is not within range (1..65535) at '70000'
  [edit system syslog host h]
    'port 70000'
      Value 70000 is not within range (1..65535)
`},
		{"missing value", "set system host-name\nset system syslog file\nset\n", `
terminal:1:(21) missing argument
  [edit system]
    'host-name'
      missing argument
terminal:2:(23) missing argument
  [edit system syslog]
    'file'
      missing argument
terminal:3:(4) missing argument
  [edit]
    ''
      missing argument
`},
		{"quote", "set system host-name \"x\nset system time-zone UTC", `
terminal:1:(21) unterminated quote
  [edit]
    '...'
      unterminated quote
`},
		{"not there", "delete system host-name\n", "terminal:1:(0) warning: statement not found\n"},
		{"a level that is wrong, and what is below it", "edit system sislog\nset file a\nedit file b\nset c\nexit\nup\nexit\nset system nothing\n", `
terminal:1:(12) syntax error: sislog
  [edit system]
    'sislog'
      syntax error
terminal:7:(0) error recovery ignores input until this point: exit
  [edit]
    'exit ...'
      error recovery ignores input until this point
terminal:8:(11) syntax error: nothing
  [edit system]
    'nothing'
      syntax error
`},
		{"a level that is wrong, left by top", "edit system nothing\ntop set x\ntop edit system\nset z\ntop\nset y\n", `
terminal:1:(12) syntax error: nothing
  [edit system]
    'nothing'
      syntax error
terminal:2:(8) syntax error: x
  [edit]
    'x'
      syntax error
terminal:5:(0) error recovery ignores input until this point: top
  [edit]
    'top ...'
      error recovery ignores input until this point
terminal:6:(4) syntax error: y
  [edit]
    'y'
      syntax error
`},
		{"a list and a leaf are no levels", "edit system syslog file\ntop\nedit system host-name\n", `
terminal:1:(24) missing argument
  [edit]
    '...'
      missing argument
terminal:2:(0) error recovery ignores input until this point: top
  [edit]
    'top ...'
      error recovery ignores input until this point
terminal:3:(12) syntax error: host-name
  [edit]
    'host-name ...'
      syntax error
`},
		{"up by a wrong number, and exit with more", "up 0\nexit all\n", `
terminal:1:(3) syntax error: 0
  [edit]
    '0 ...'
      syntax error
terminal:2:(5) syntax error: all
  [edit]
    'all ...'
      syntax error
`},
		{"nothing to leave", "exit\n", "[edit]\n  'exit'\n    warning: already at the level where it began; ignored\n"},
		{"control characters of a word do not break the line", "set \"a\\nb\\x1b[0m\" c\n", `
terminal:1:(4) syntax error: "a\nb\x1b[0m"
  [edit]
    '"a\nb\x1b[0m" ...'
      syntax error
`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if d := cmp.Diff(strings.TrimPrefix(test.want, "\n"), problems(t, SetLines, test.text)); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestProblemsKeepSecrets: whatever goes wrong near a secret, it is not repeated.
func TestProblemsKeepSecrets(t *testing.T) {
	for _, test := range []struct {
		syntax Syntax
		text   string
	}{
		{SetLines, "set system root-authentication encrypted-password HUSH HUSH\n"},
		{SetLines, "set system root-authentication encrypted-pasword HUSH\n"},
		{SetLines, "set system root-authentication encrypted-password \"HUSH\n"},
		{SetLines, "set system root-authentication plain-text-pasword \"HUSH HUSH\" HUSH\n"},
		{SetLines, "set system root-authentication ssh-rsa \"HUSH\" HUSH\n"},
		{SetLines, "set system syslog archive archive-sites x password HUSH HUSH\n"},
		{SetLines, "set system syslog archive archive-sites x password " + strings.Repeat("HUSH", 100) + "\n"},
		{SetLines, "set sytem root-authentication encrypted-password HUSH\n"},
		{SetLines, "ste system root-authentication encrypted-password HUSH\n"},
		{Text, "system { root-authentication { encrypted-password HUSH HUSH; } }"},
		{Text, "system { root-authentication { encrypted-pasword HUSH; } }"},
		{Text, "system { root-authentication { encrypted-password \"HUSH; } }"},
		{Text, "system { root-authentication { encrypted-password HUSH } }"},
		{Text, "system { root-authentication { encrypted-password HUSH { } } }"},
		{Text, "system { root-authentication { encrypted-password HUSH"},
		{Text, "system { root-authentication encrypted-password HUSH\n host-name x; }"},
		{Text, "system { root-authentication { ssh-rsa \"HUSH\" HUSH; } }"},
		{Text, "system { root-authentication { ssh-rsa \"ssh-rsa HUSH\" { HUSH2; } } }"},
		{Text, "system { root-authentication { ssh-rsa \"ssh-rsa HUSH\" { "},
		{Text, "system { root-authentication { protect: ssh-rsa \"ssh-rsa HUSH\" x; } }"},
		{Text, "system { syslog { archive archive-sites x password " + strings.Repeat("HUSH", 100) + "; } }"},
		{Text, "sytem { root-authentication { encrypted-password HUSH; } }"},
		{Text, "system { root-authentication { encrypted-password " + strings.Repeat("HUSH", maxToken) + "; } }"},
	} {
		_, all := apply(configtree.New(loadSchema(t)), test.syntax, test.text)
		if len(all) == 0 {
			t.Errorf("%.80s: no problem", test.text)
		}
		var b strings.Builder
		for _, p := range all {
			if err := Report(&b, p); err != nil {
				t.Fatal(err)
			}
			b.WriteString(p.Error() + p.Token + p.Path.String())
			for err := p.Err; err != nil; err = errors.Unwrap(err) {
				b.WriteString(err.Error())
			}
		}
		if strings.Contains(strings.ReplaceAll(b.String(), "HUSH2", ""), "HUSH") {
			t.Errorf("%.80s:\n%s", test.text, b.String())
		}
	}
}
