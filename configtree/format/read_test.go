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
			"set system syslog time-format year\nset system syslog time-format millisecond\n"},
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
				"delete system login class c permissions view\n"},
		{"delete in what need not be there", Text, "system syslog", "file a { delete: any; archive { delete: size; } } file b { archive { delete: size; files 3; } } file c { } file d { archive { } }",
			"delete system syslog file a any\ndelete system syslog file a archive size\n" +
				"delete system syslog file b archive size\nset system syslog file b archive files = 3\nset system syslog file c\nset system syslog file d archive\n"},
		{"delete by value", Text, "system", "delete: host-name x;", "delete system host-name = x\n"},
		{"comments", Text, "system", "# no\n## no; {\n/* of the host */ host-name /* not this */ x; # /* nor this */\n/* of b */ /* twice */ syslog { file b; /* of none */ }",
			"set system host-name = x\nannotate system host-name = \"of the host\"\nset system syslog file b\nannotate system syslog = \"of b\\ntwice\"\n"},
		{"a comment belongs to one statement", Text, "system", "/* a */ ; host-name x;", "set system host-name = x\n"},
		{"quoted words are no tags", Text, "system syslog", "file \"inactive:\";", "set system syslog file \"inactive:\"\n"},
		{"levels", SetLines, "", "edit system syslog\nset file a\nedit file b\nset any notice\nexit\nset file c\nup\nset host-name x\nexit\nset system host-name y",
			"set system syslog file a\nset system syslog file b any notice\nset system syslog file c\nset system host-name = x\nset system host-name = y\n"},
		{"up and top before a command", SetLines, "", "edit system syslog file a\nup 2 set host-name x\nset any notice\ntop delete system login\n" +
			"top edit system login class b\nset permissions view\nquit\nup edit file d\nset any any\nup 100\nset system host-name y",
			"set system host-name = x\nset system syslog file a any notice\ndelete system login\nset system login class b permissions view\n" +
				"set system syslog file d any any\nset system host-name = y\n"},
		{"levels below a level", SetLines, "system syslog", "edit file a\nset any notice\nexit\nset file b\ntop set system host-name x\nset file c\ntop\nset system host-name y",
			"set system syslog file a any notice\nset system syslog file b\nset system host-name = x\nset system syslog file c\nset system host-name = y\n"},
		{"ranges", SetLines, "system syslog", "wildcard range set file f[0-2,!1] any notice\nwildcard range deactivate file f[0,2]\nedit file f0\nup wildcard range delete file g[1]",
			"set system syslog file f0 any notice\nset system syslog file f2 any notice\ndeactivate system syslog file f0\ndeactivate system syslog file f2\n" +
				"delete system syslog file g1\n"},
		{"deletions by pattern", SetLines, "", "wildcard delete system syslog file \"^f .*\"\nedit system syslog\nwildcard delete .*",
			"delete-matching system syslog file = \"^f .*\"\ndelete-matching system syslog = .*\n"},
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
