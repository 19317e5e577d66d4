package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// typed is a command line of a transcript, and whether it was refused.
type typed struct {
	line   string
	failed bool
}

var (
	promptLine  = regexp.MustCompile(`^(?:user@host)?[>#] (.*)$`)
	commandLine = regexp.MustCompile(`^(!|exits [1-9])?.*\bloggia .*-c ['"]([^'"]*)['"]`)
	batchLine   = regexp.MustCompile(`^(!|exits [1-9])?.*\bloggia .*-f (\S+)`)
	section     = regexp.MustCompile(`^-- (\S+) --$`)
	refusal     = regexp.MustCompile(`(?m)^ *\^$|^(syntax error|error:|warning: statement not found|unknown command|missing argument)|: error:|^command is not valid`)
)

// transcripts returns every command line that a transcript of testdata/script
// types, in sessions and with -c.
func transcripts(t *testing.T) []typed {
	files, err := filepath.Glob("../testdata/script/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(err, "no transcripts")
	}
	var all []typed
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, commands(strings.Split(string(data), "\n"))...)
	}
	return all
}

// commands returns the command lines of one transcript: those of its sessions, of
// -c, and of the batches that -f names, of which the last line is what fails.
func commands(lines []string) []typed {
	var all []typed
	batches := map[string]bool{} // by name: whether it fails
	batch := ""
	for i, line := range lines {
		if m := section.FindStringSubmatch(line); m != nil {
			batch = ""
			if _, ok := batches[m[1]]; ok {
				batch = m[1]
			}
			continue
		}
		if m := batchLine.FindStringSubmatch(line); m != nil {
			batches[m[2]] = m[1] != ""
		}
		if m := commandLine.FindStringSubmatch(line); m != nil {
			parts := strings.Split(m[2], ";")
			for j, c := range parts {
				all = append(all, typed{strings.TrimSpace(c), m[1] != "" && j == len(parts)-1})
			}
		}
		if m := promptLine.FindStringSubmatch(line); m != nil {
			answer := lines[i+1:]
			if next := slices.IndexFunc(answer, func(l string) bool { return promptLine.MatchString(l) || section.MatchString(l) }); next >= 0 {
				answer = answer[:next]
			}
			all = append(all, typed{m[1], refusal.MatchString(strings.Join(answer, "\n"))})
		} else if batch != "" {
			last := i+1 == len(lines) || lines[i+1] == "" || section.MatchString(lines[i+1])
			all = append(all, typed{line, batches[batch] && last})
		}
	}
	return all
}

var leading = regexp.MustCompile(`^(run|top|up( \d+)?) `)

// among says whether one of the command lines is a command of these words, also
// behind run, top and up, or has a pipe of them: one that did not fail, one that did.
func among(all []typed, words string, pipe bool) (good, bad bool) {
	for _, c := range all {
		parts := strings.Split(c.line, "|")
		if pipe {
			parts = parts[1:]
		} else {
			parts = []string{parts[0], leading.ReplaceAllString(parts[0], "")}
		}
		for _, p := range parts {
			if strings.HasPrefix(strings.TrimSpace(p)+" ", words+" ") {
				good, bad = good || !c.failed, bad || c.failed
			}
		}
	}
	return good, bad
}

// TestEveryCommandHasTranscripts: what a command does is shown where it
// succeeds and where it is refused.
func TestEveryCommandHasTranscripts(t *testing.T) {
	all := transcripts(t)
	g := theGrammar()
	check := func(root *node, pipe bool) {
		var each func(n *node)
		each = func(n *node) {
			if n.verb != nil {
				switch good, bad := among(all, n.verb.Words, pipe); {
				case !good && n.verb.Words != "set date": // it would set the clock of whoever runs the test
					t.Errorf("no transcript shows %q", n.verb.Words)
				case !bad:
					t.Errorf("no transcript shows %q refused", n.verb.Words)
				}
			}
			for _, c := range n.children {
				each(c)
			}
		}
		each(root)
	}
	check(g.operational, false)
	check(g.configuration, false)
	check(g.shownPipes, true)
	check(g.commitPipes, true)
	check(g.answerPipes, true)
}
