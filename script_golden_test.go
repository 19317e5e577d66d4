package loggia

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/rogpeppe/go-internal/txtar"
)

// exits runs a program that must end with a given status.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits STATUS PROGRAM [ARGUMENT]...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var status *exec.ExitError
	if errors.As(err, &status) {
		got = status.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

// golden compares what the last command printed with a file of the script.
func golden(ts *testscript.TestScript, neg bool, args []string, stream string) {
	s, clean := of(ts), of(ts).normalize
	if len(args) == 2 && args[0] == "-exactly" {
		args, clean = args[1:], func(text string) string { return text }
	}
	if neg || len(args) != 1 {
		ts.Fatalf("usage: prints [-exactly] FILE, complains [-exactly] FILE")
	}
	s.compare(ts, args[0], clean(ts.ReadFile(stream)), clean(ts.ReadFile(args[0])))
}

// compare compares what was seen with the file of the script that says what to expect.
func (s *script) compare(ts *testscript.TestScript, name, got, want string) {
	switch {
	case *update:
		s.goldens[name] = got
	case got != want:
		ts.Fatalf("%s (- expected, + seen):\n%s", name, cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")))
	}
}

// rewrite puts the new goldens into the script.
func (s *script) rewrite() error {
	a, err := txtar.ParseFile(s.source)
	if err != nil {
		return err
	}
	changed := false
	for i := range a.Files {
		if text, ok := s.goldens[a.Files[i].Name]; ok {
			changed = changed || text != string(a.Files[i].Data)
			a.Files[i].Data = []byte(text)
		}
	}
	if !changed {
		return nil
	}
	return os.WriteFile(s.source, txtar.Format(a), 0o666)
}

// replacements put fixed words where every run differs.
var replacements = []struct {
	expr *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|[+-]\d\d:\d\d)`), "2026-01-01T00:00:00.000$1"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)`), "2026-01-01T00:00:00$1"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d`), "2026-01-01 00:00:00"},
	{regexp.MustCompile(`\bre0-\d{10}-`), "re0-1767225600-"},
	{regexp.MustCompile(`\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d \d\d:\d\d:\d\d\.\d{3} \d{4}\b`), "Jan  1 00:00:00.000 2026"},
	{regexp.MustCompile(`\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d \d\d:\d\d(:\d\d)?\b`), "Jan  1 00:00:00"},
	{regexp.MustCompile(`\b(mgd|eventd|newsyslog|sshd)\[\d+\]`), "$1[100]"},
	{regexp.MustCompile(`\b(mgd|eventd|newsyslog|sshd) \d+ `), "$1 100 "},
	{regexp.MustCompile(`(class '[\w-]+') \[\d+\]`), "$1 [100]"},
	{regexp.MustCompile(`\blocal-peer="\d+"`), `local-peer="100"`},
	{regexp.MustCompile(`\(pid \d+\)`), "(pid 100)"},
	{regexp.MustCompile(`\((?:\d+[wd])*\s*\d\d:\d\d:\d\d ago\)`), "(00:00:00 ago)"},
	{regexp.MustCompile(`, idle \d\d:\d\d:\d\d`), ""},
	{regexp.MustCompile(`(?m)^[ \d]\d:\d\d[AP]M  up .*, (\d+ users?), load averages: .*$`), "12:00PM  up 1 day, $1, load averages: 0.00, 0.00, 0.00"},
	{regexp.MustCompile(`[ \d]\d:\d\d[AP]M\b`), "12:00PM"},
	{regexp.MustCompile(`\bSize: \d+`), "Size: 100"},
	{regexp.MustCompile(`will be rolled back in [1-5] minutes?`), "will be rolled back in 5 minutes"}, // of `commit confirmed 5`
	{regexp.MustCompile(`(?m)[ \t]+$`), ""},
}

// names are the words that stand for this machine and this user.
func names() (host, name string) {
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	host, _, _ = strings.Cut(host, ".")
	me, err := user.Current()
	if err != nil {
		return host, strconv.Itoa(os.Getuid())
	}
	return host, me.Username
}

// notTheUser are words with `root` that do not mean who runs the tests.
var notTheUser = []string{"root-authentication", "change user 'root' password", `username="root" action="change"`, "root via other", "root adm", "by root,"}

// inColumn replaces an expression by a word; in a column, which blanks follow,
// the next one begins where it did.
func inColumn(text, expr, word string) string {
	return regexp.MustCompile(`\b`+expr+`\b( {2,})?`).ReplaceAllStringFunc(text, func(found string) string {
		if !strings.HasSuffix(found, "  ") {
			return word
		}
		return word + strings.Repeat(" ", max(2, len(found)-len(word)))
	})
}

// normalize makes what was printed comparable.
func (s *script) normalize(text string) string {
	text = strings.ReplaceAll(text, s.work, "$WORK")
	for port, name := range s.ports {
		text = regexp.MustCompile(`\b`+port+`\b`).ReplaceAllLiteralString(text, "$"+name)
	}
	for _, r := range replacements {
		text = r.expr.ReplaceAllString(text, r.with)
	}
	host, me := names()
	for i, phrase := range notTheUser {
		text = strings.ReplaceAll(text, phrase, fmt.Sprintf("\x00%d\x00", i))
	}
	text = inColumn(text, regexp.QuoteMeta(me), "user")
	text = inColumn(text, `pts/\d+`, "pts/0")
	text = regexp.MustCompile(`(^|[\s@"'])`+regexp.QuoteMeta(host)+`\b`).ReplaceAllString(text, "${1}host")
	for i, phrase := range notTheUser {
		text = strings.ReplaceAll(text, fmt.Sprintf("\x00%d\x00", i), phrase)
	}
	return strings.ReplaceAll(text, filepath.Join("home", me), "home/user")
}
