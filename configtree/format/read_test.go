package format

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

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
		{"groups are not known", "apply-groups a;\n", `
terminal:1:(12) syntax error: apply-groups
  [edit]
    'apply-groups ...;'
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
		{"protection", "protect: system { host-name x; }\n", `
[edit]
  'system'
    warning: protection is not supported; ignored
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
		{Text, "system { root-authentication { protect: ssh-rsa \"ssh-rsa HUSH\"; } }"},
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

// edits lists what a load asks for, one line each.
func edits(t *testing.T, s Syntax, at configtree.Path, text string) string {
	t.Helper()
	var b strings.Builder
	for e, p := range Read(strings.NewReader(text), "f", at, s, loadSchema(t)) {
		if p != nil {
			t.Fatal(p)
		}
		b.WriteString(e.Op.String() + " " + e.Path.String())
		if e.Value != "" {
			b.WriteString(" = " + Quote(e.Value))
		}
		b.WriteString("\n")
	}
	return b.String()
}

func TestEdits(t *testing.T) {
	root := loadSchema(t)
	for _, test := range []struct {
		name   string
		syntax Syntax
		at     string
		text   string
		want   string
	}{
		{"leaf", Text, "", "system { host-name x; }", "set system host-name = x\n"},
		{"below a level", Text, "system syslog", "file a;", "set system syslog file a\n"},
		{"below a level", SetLines, "system syslog", "set file a\n", "set system syslog file a\n"},
		{"in one statement", Text, "", "system syslog file a any notice;", "set system syslog file a any notice\n"},
		{"oneliner", Text, "system syslog", "archive size 1m files 3 world-readable;",
			"set system syslog archive size = 1m\nset system syslog archive files = 3\nset system syslog archive world-readable\n"},
		{"oneliner with braces", Text, "system syslog", "time-format { year; millisecond; }",
			"set system syslog time-format\nset system syslog time-format year\nset system syslog time-format millisecond\n"},
		{"homogeneous with braces and without", Text, "system syslog", "console { any info; } console daemon error;",
			"set system syslog console any info\nset system syslog console daemon error\n"},
		{"facility with braces", Text, "system syslog file a", "any { notice; }", "set system syslog file a any notice\n"},
		{"leaf-list", Text, "system login class a", "permissions [ view clear ]; permissions shell; permissions [ admin ];",
			"set system login class a permissions view\nset system login class a permissions clear\n" +
				"set system login class a permissions shell\nset system login class a permissions admin\n"},
		{"brackets without blanks", Text, "system login class a", "permissions [view clear];",
			"set system login class a permissions view\nset system login class a permissions clear\n"},
		{"inactive", Text, "system", "inactive: host-name x; inactive: syslog { file a; } inactive: login class b permissions [ view ];",
			"set system host-name = x\ndeactivate system host-name\nset system syslog file a\ndeactivate system syslog\n" +
				"set system login class b permissions view\ndeactivate system login\n"},
		{"active", Text, "system", "active: host-name x;", "set system host-name = x\nactivate system host-name\n"},
		{"replace", Text, "system", "replace: host-name x; replace: syslog { file a; } login { replace: class b { permissions [ view ]; } }",
			"replace system host-name\nset system host-name = x\nreplace system syslog\nset system syslog file a\n" +
				"replace system login class b\nset system login class b\nset system login class b permissions view\n"},
		{"replace a leaf-list", Text, "system login class b", "replace: permissions [ view clear ];",
			"replace system login class b permissions\nset system login class b permissions view\nset system login class b permissions clear\n"},
		{"replace by nothing that is inactive", Text, "system", "replace: inactive: syslog { file a; }",
			"replace system syslog\nset system syslog file a\ndeactivate system syslog\n"},
		{"delete", Text, "system", "delete: host-name; delete: syslog; login { delete: class b; delete: user; class c { delete: permissions view; } }",
			"delete system host-name\ndelete system syslog\ndelete system login class b\ndelete system login user\n" +
				"set system login class c\ndelete system login class c permissions view\n"},
		{"delete by value", Text, "system", "delete: host-name x;", "delete system host-name = x\n"},
		{"comments", Text, "system", "# no\n## no; {\n/* of the host */ host-name /* not this */ x; # /* nor this */\n/* of b */ /* twice */ syslog { file b; /* of none */ }",
			"set system host-name = x\nannotate system host-name = \"of the host\"\nset system syslog file b\nannotate system syslog = \"of b\\ntwice\"\n"},
		{"a comment belongs to one statement", Text, "system", "/* a */ ; host-name x;", "set system host-name = x\n"},
		{"quoted words are no tags", Text, "system syslog", "file \"inactive:\";", "set system syslog file inactive:\n"},
		{"commands", SetLines, "", "# no\n\nset system host-name x # no\r\n  delete system syslog\ndeactivate system login\nactivate system login\nannotate system login \"a */ b\"",
			"set system host-name = x\ndelete system syslog\ndeactivate system login\nactivate system login\nannotate system login = \"a * / b\"\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var level configtree.Path
			if test.at != "" {
				level = path(t, root, test.at)
			}
			if d := cmp.Diff(test.want, edits(t, test.syntax, level, test.text)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestEditsKnowTheirPlace(t *testing.T) {
	root := loadSchema(t)
	for s, text := range map[Syntax]string{
		Text:     "\nsystem {\n  host-name\n   x;\n}\n",
		SetLines: "\n\n  set system host-name x\n",
	} {
		for e, p := range Read(strings.NewReader(text), "f", nil, s, root) {
			if p != nil || e.File != "f" || e.Line != 3 || e.Col != 2 {
				t.Errorf("%+v %v", e, p)
			}
		}
	}
}

func TestReadStopsWhenNoMoreIsWanted(t *testing.T) {
	root := loadSchema(t)
	for s, text := range map[Syntax]string{
		Text:     "system { syslog { archive size 1m files 3; bad { } file a { any any; } worse; } }",
		SetLines: "set system syslog archive size 1m files 3\nbad\nset system syslog file a\nworse\n",
	} {
		total := 0
		for range Read(strings.NewReader(text), "f", nil, s, root) {
			total++
		}
		for stop := 1; stop < total; stop++ {
			n := 0
			for range Read(strings.NewReader(text), "f", nil, s, root) {
				if n++; n == stop {
					break
				}
			}
			if n != stop {
				t.Errorf("%d of %d", n, stop)
			}
		}
	}
}

func TestReadReportsTheReader(t *testing.T) {
	root := loadSchema(t)
	broken := errors.New("connection lost")
	for s, text := range map[Syntax]string{Text: "system { host-name x; ", SetLines: "set system host-name x\n"} {
		r := io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken))
		var sets, failures int
		for _, p := range Read(r, "f", nil, s, root) {
			switch {
			case p == nil:
				sets++
			case errors.Is(p.Err, broken) && p.Kind == configtree.Environment && p.Line > 0:
				failures++
			default:
				t.Errorf("%v", p)
			}
		}
		if sets != 1 || failures != 1 {
			t.Errorf("%d edits, %d failures", sets, failures)
		}
	}
}

// TestReadInPieces: where the reads of the input end changes nothing.
func TestReadInPieces(t *testing.T) {
	root := loadSchema(t)
	in := strings.TrimPrefix(shown, "\n") + "/* x */ system { host-name \"a\\x1b\\\"\"; bad {}}"
	list := func(r io.Reader) string {
		var b strings.Builder
		for e, p := range Read(r, "f", nil, Text, root) {
			b.WriteString(e.Path.String() + "|" + e.Value + "|")
			if p != nil {
				b.WriteString(p.Error())
			}
		}
		return b.String()
	}
	whole := list(strings.NewReader(in))
	if d := cmp.Diff(whole, list(iotest.OneByteReader(strings.NewReader(in)))); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(whole, list(iotest.DataErrReader(strings.NewReader(in)))); d != "" {
		t.Error(d)
	}
}

// nothing returns neither bytes nor an error.
type nothing struct{}

func (nothing) Read([]byte) (int, error) { return 0, nil }

func TestReadGivesUpOnAReaderWithoutProgress(t *testing.T) {
	for _, s := range []Syntax{Text, SetLines} {
		for _, p := range Read(nothing{}, "f", nil, s, loadSchema(t)) {
			if p == nil || !errors.Is(p.Err, io.ErrNoProgress) {
				t.Errorf("%v", p)
			}
		}
	}
}

func TestReadBounds(t *testing.T) {
	long := strings.Repeat("x", maxToken+1)
	for _, test := range []struct {
		name, text, want string
		syntax           Syntax
	}{
		{"word", "system { host-name " + long + "; time-zone UTC; }", "word longer than 65536 bytes", Text},
		{"quoted", "system { host-name \"" + long + "\"; time-zone UTC; }", "word longer than 65536 bytes", Text},
		{"escapes", "system { host-name \"" + strings.Repeat(`\\`, maxToken+1) + "\"; time-zone UTC; }", "word longer than 65536 bytes", Text},
		{"comment", "/*" + long + "*/ system { time-zone UTC; }", "word longer than 65536 bytes", Text},
		{"statement", "system { login { class a permissions [" + strings.Repeat(" view", maxWords) + " ]; } time-zone UTC; }", "statement of more than 65536 words", Text},
		{"word", "set system host-name " + long + "\nset system time-zone UTC", "word longer than 65536 bytes", SetLines},
		{"line", "set system host-name " + strings.Repeat("x ", maxLine) + "\nset system time-zone UTC", "line longer than 262144 bytes", SetLines},
	} {
		got, all := apply(configtree.New(loadSchema(t)), test.syntax, test.text)
		var errs []string
		for _, p := range all {
			if !p.Warning {
				errs = append(errs, errors.Unwrap(p.Err).Error())
			}
		}
		if len(errs) != 1 || errs[0] != test.want {
			t.Errorf("%s: %q, want %s", test.name, errs, test.want)
		}
		if text(t, got, Options{}) != "system {\n    time-zone UTC;\n}\n" {
			t.Errorf("%s: what follows is lost", test.name)
		}
	}
}

func TestDetect(t *testing.T) {
	for _, test := range []struct {
		text string
		want Syntax
	}{
		{"", Text},
		{"# only\n", Text},
		{"/* only", Text},
		{"system {\n", Text},
		{"set system host-name x\n", SetLines},
		{"  \r\n# c\n/* set a */ delete system\r\n", SetLines},
		{"deactivate system", SetLines},
		{"set {\n", Text},
		{"set x;\n", Text},
		{"set\n", Text},
		{"version 1;\n", Text},
		{"settle down\n", Text},
	} {
		if got := Detect([]byte(test.text)); got != test.want {
			t.Errorf("Detect(%q) = %d", test.text, got)
		}
	}
}
