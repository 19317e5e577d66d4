package cli

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"loggia/configtree"
	"loggia/configtree/store"
)

// TestManyProblems: a commit that finds very much wrong shows the first of it and how
// much more there is; the record of it says so too, and nothing is recorded by the thousand.
func TestManyProblems(t *testing.T) {
	const files = 1000
	l := newLab(t)
	l.refuse = func(c store.Change) error {
		var problems store.Problems
		for i := range files {
			path := configtree.Path{{Node: c.Next.Root().Schema().Child("system")}}
			problems = append(problems, configtree.Problem{Path: path, Err: fmt.Errorf("no %d", i)})
		}
		return problems
	}
	_, errs, status := l.batch("user", "configure\nset system host-name x\ncommit check\n")
	if status != 1 || strings.Count(errs, "    no ") != maxBlocks {
		t.Errorf("status %d\n%s", status, errs)
	}
	if want := fmt.Sprintf("    no 19\n... %d more errors\nstdin:3: error: ", files-maxBlocks); !strings.Contains(errs, want) {
		t.Errorf("no %q in\n%s", want, errs)
	}
	failed := 0
	for _, r := range l.records.list {
		if strings.HasPrefix(r, "UI_COMMAND_FAILED") && strings.Contains(r, fmt.Sprintf("no 0 (and %d more)", files-1)) {
			failed++
		}
	}
	if failed != 1 || len(l.records.list) > 200 {
		t.Errorf("%d records of the failure, %d in all", failed, len(l.records.list))
	}
}

// TestLoadOfGarbage: of a file that is no configuration the first errors are shown, and nothing
// is loaded; so it is for a test of it.
func TestLoadOfGarbage(t *testing.T) {
	for _, c := range []struct {
		command, line string
		lines         int
		last          string
	}{
		{"load set terminal", "bogus x", maxBlocks, "error: load failed (20 errors)"},
		{"load set terminal", "bogus x", maxBlocks + 1, "... 1 more error\nstdin:2: error: load failed (21 errors)"},
		{"load set terminal", "\x00\xff\"x", 5000, "... 980 more errors\nstdin:2: error: load failed (1000 errors or more)"},
		{"load merge terminal", "bogus;", 5000, "... 980 more errors\nstdin:2: error: load failed (1000 errors or more)"},
		{"load merge terminal partial", "bogus;", 5000, "... 980 more errors\nload complete (1000 errors or more)"},
		{"run test configuration terminal", "bogus;", 5000, "... 980 more errors\nstdin:2: error: configuration syntax error"},
	} {
		l := newLab(t)
		out, errs, _ := l.batch("user", "configure\n"+c.command+"\n"+strings.Repeat(c.line+"\n", c.lines)+"\x04\nshow | compare\n")
		shown := strings.TrimSuffix(errs, "\n")
		if strings.Contains(c.command, "partial") {
			shown = strings.TrimSuffix(out, "\n")
		}
		if !strings.HasSuffix(shown, c.last) || strings.Count(shown, "terminal:") != maxBlocks {
			t.Errorf("%s: %d errors are shown:\n%s", c.command, strings.Count(shown, "terminal:"), shown)
		}
		if text := l.store.Shared().Tree(); !text.Equal(l.store.Running().Tree) {
			t.Errorf("%s: something is loaded", c.command)
		}
	}
}

// TestConflictsShowBothSides: what I changed and what they changed, each against what both began with,
// and no more of it than can be read.
func TestConflictsShowBothSides(t *testing.T) {
	l := newLab(t)
	theirs := l.colleague("configure private", "delete system syslog file audit", "set system host-name theirs", "set system syslog file messages program p0")
	mine := l.colleague("configure private", "set system syslog file audit any any", "set system host-name mine", "delete system syslog file messages",
		"set system syslog user * any critical")
	if err := theirs.runLine(context.Background(), "commit"); err != nil {
		t.Fatal(err)
	}
	err := mine.runLine(context.Background(), "commit check")
	if err == nil {
		t.Fatal("no conflict")
	}
	for _, want := range []string{
		`[edit system]
  'host-name'
    conflict: mine is 'host-name mine', theirs is 'host-name theirs'
    mine:
      [edit system]
      +  host-name mine;
    theirs:
      [edit system]
      +  host-name theirs;
`, `[edit system syslog]
  'file audit'
    conflict: mine is 'file audit', theirs is deleted
    mine:
      [edit system syslog file audit]
      +     any any;
    theirs:
      [edit system syslog]
      -    file audit {
      -        interactive-commands any;
      -    }
`, `[edit system syslog]
  'file messages'
    conflict: mine is deleted, theirs is 'file messages'
    mine:
      [edit system syslog]
      -    file messages {
      -        any notice;
      -        authorization info;
      -    }
    theirs:
      [edit system syslog file messages]
      +    program p0;
`,
		"error: 3 conflicts with committed changes",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in\n%s", want, err)
		}
	}
	if strings.Contains(err.Error(), "critical") {
		t.Errorf("what nobody else touched is no conflict:\n%s", err)
	}
}

// TestFirstLines: lines come in any pieces.
func TestFirstLines(t *testing.T) {
	for _, size := range []int{1, 3, 100} {
		f := &firstLines{left: 2}
		text := "one\ntwo\nthree\nfour\n"
		for len(text) > 0 {
			n := min(size, len(text))
			if k, err := f.Write([]byte(text[:n])); k != n || err != nil {
				t.Fatal(k, err)
			}
			text = text[n:]
		}
		if got := f.text.String(); got != "one\ntwo\n" || f.over != 2 {
			t.Errorf("by %d: %q and %d more", size, got, f.over)
		}
	}
}

// TestWarningsOfABatch say where the command stands.
func TestWarningsOfABatch(t *testing.T) {
	l := newLab(t)
	out, _, _ := l.batch("user", "configure private\n\ndelete system syslog host nix\nset system host-name x\ncommit check\nexit\n")
	for _, want := range []string{
		"stdin:1: warning: uncommitted changes will be discarded on exit\n",
		"stdin:3: warning: statement not found\n",
		"stdin:6: warning: private edits will be discarded on exit\n",
	} {
		if !strings.Contains("\n"+out, "\n"+want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if got := placed("f:4: ", "[edit system]\n  'x'\n    warning: no\nno warning: here\n"); got != "[edit system]\n  'x'\n    f:4: warning: no\nno warning: here\n" {
		t.Errorf("placed %q", got)
	}
}
