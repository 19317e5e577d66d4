package cli

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"loggia/configtree"
	"loggia/configtree/store"
)

func TestSplitCommands(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"a; b", []string{"a", "b"}},
		{"a", []string{"a"}},
		{"", []string{""}},
		{"a;", []string{"a", ""}},
		{`set x "a;b"; c`, []string{`set x "a;b"`, "c"}},
		{`set x "a\";b"; c`, []string{`set x "a\";b"`, "c"}},
		{`set x a\; c`, []string{`set x a\`, "c"}},
		{`set x "open; c`, []string{`set x "open; c`}},
	} {
		if got := splitCommands(c.text); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", c.text, got)
		}
	}
}

func TestLineSource(t *testing.T) {
	long := strings.Repeat("x", maxLine+1)
	s := NewLineSource("f", strings.NewReader("\uFEFFa\r\n\nb\n"+long+"\nc"))
	for i, want := range []string{"a", "", "b", "", "c"} {
		line, n, err := s.Next()
		if line != want || n != i+1 || errors.Is(err, errLongLine) != (i == 3) {
			t.Errorf("line %d: %q %d %v", i, line, n, err)
		}
	}
	if _, _, err := s.Next(); err != io.EOF {
		t.Error(err)
	}
}

func TestTextEndsAtControlDOrTheEnd(t *testing.T) {
	for _, c := range []struct{ in, text, rest string }{
		{"a\nb\n\x04\nc\n", "a\nb\n", "c"},
		{"a\nb\x04\nc\n", "a\nb\n", "c"},
		{"a\nb\n", "a\nb\n", ""},
		{"\x04\nc\n", "", "c"},
		{"", "", ""},
	} {
		s := NewLineSource("f", strings.NewReader(c.in))
		text, err := io.ReadAll(iotest.OneByteReader(s.Text()))
		if err != nil || string(text) != c.text {
			t.Errorf("%q: %q %v", c.in, text, err)
		}
		if rest, _, _ := s.Next(); rest != c.rest {
			t.Errorf("%q: then %q", c.in, rest)
		}
	}
}

func TestTextFromTheCommandLine(t *testing.T) {
	s := NewListSource("-c", "load set terminal; set system host-name x; \x04; show version")
	if _, _, err := s.Next(); err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(s.Text())
	next, n, _ := s.Next()
	if err != nil || string(text) != "set system host-name x\n" || next != "show version" || n != 4 {
		t.Errorf("%q %v, then %q %d", text, err, next, n)
	}
}

func TestABatchUndoesItsOwnEditsAlone(t *testing.T) {
	l := newLab(t)
	o := l.options("colleague")
	s := New(o)
	o.Batch = true
	out, errs, status := l.run("user", &interrupted{
		Source: NewListSource("-c", "configure; set system host-name x; delete system syslog file audit; bogus"),
		before: map[int]func(){3: func() {
			s.enterConfiguration(l.store.Shared())
			if err := s.runLine(context.Background(), "set system domain-name example.net"); err != nil {
				t.Error(err)
			}
		}},
	}, false)
	if status != 1 || !strings.HasPrefix(errs, "-c:4: unknown command.\n") {
		t.Errorf("status %d, %s%s", status, out, errs)
	}
	system := l.store.Shared().Tree().Root().Child("system")
	if system.Child("host-name").Valid() || !system.Child("syslog").Entry("file", "audit").Valid() {
		t.Error("the batch's edits are still there")
	}
	if system.Child("domain-name").Value() != "example.net" {
		t.Error("the colleague's edit is gone")
	}
	if _, errs, status := l.batch("user", "configure\n"); status != 1 || errs != "stdin:1: error: configuration database modified\nthere are uncommitted changes of colleague, last at 2026-11-22 10:00:00 UTC\n"+discardHint+"\n" {
		t.Errorf("status %d, %s", status, errs)
	}
	l.must("request system configuration discard-changes\nconfigure\nset system host-name x\ncommit\n")
	if system := l.store.Running().Tree.Root().Child("system"); system.Child("domain-name").Valid() {
		t.Error("the colleague's edit was committed")
	}
}

// interrupted is a source that lets something happen before a command.
type interrupted struct {
	Source
	before map[int]func()
	n      int
}

func (i *interrupted) Next() (string, int, error) {
	if i.n++; i.before[i.n] != nil {
		i.before[i.n]()
	}
	return i.Source.Next()
}

func TestABatchThatLeftNothingBehindLooksAgain(t *testing.T) {
	l := newLab(t)
	colleague := New(l.options("colleague"))
	_, errs, status := l.run("user", &interrupted{
		Source: NewListSource("-c", "configure; set system host-name x; commit and-quit; configure"),
		before: map[int]func(){4: func() {
			colleague.enterConfiguration(l.store.Shared())
			if err := colleague.runLine(context.Background(), "set system domain-name example.net"); err != nil {
				t.Error(err)
			}
		}},
	}, false)
	if status != 1 || errs != "-c:4: error: configuration database modified\nthere are uncommitted changes of colleague, last at 2026-11-22 10:00:00 UTC\n"+discardHint+"\n" {
		t.Errorf("status %d, %s", status, errs)
	}
}

func TestKeepGoing(t *testing.T) {
	l := newLab(t)
	out, errs, status := l.run("user", NewListSource("-c", "bogus; show cli directory; configure; set system host-name x; nix; commit"), true)
	if status != 1 || !strings.Contains(out, "/var/home/user\n") || !strings.Contains(out, "commit complete") || strings.Count(errs, "unknown command.") != 2 {
		t.Errorf("status %d, %s%s", status, out, errs)
	}
	if l.store.Running().Tree.Root().Child("system").Child("host-name").Value() != "x" {
		t.Error("not committed")
	}
}

func TestASourceThatFailsEndsTheBatch(t *testing.T) {
	l := newLab(t)
	in := io.MultiReader(strings.NewReader("show cli directory\n"), iotest.ErrReader(errors.New("tape torn")))
	_, errs, status := l.run("user", NewLineSource("stdin", in), true)
	if status != 1 || errs != "stdin:2: error: tape torn\n" {
		t.Errorf("status %d, %s", status, errs)
	}
}

func TestALineThatIsTooLongIsNotRunInPieces(t *testing.T) {
	l := newLab(t)
	in := strings.Repeat("x", maxLine) + "; show version\nshow cli directory\n"
	out, errs, status := l.run("user", NewLineSource("stdin", strings.NewReader(in)), true)
	if status != 1 || !strings.HasPrefix(errs, "stdin:1: error: line is longer than") || out != "Current directory: /var/home/user\n" {
		t.Errorf("status %d, %s%s", status, out, errs)
	}
}

func TestAnInterruptedBatchUndoesItsEdits(t *testing.T) {
	l := newLab(t)
	o := l.options("user")
	var out, errs strings.Builder
	ctx, stop := context.WithCancel(context.Background())
	source := &interrupted{Source: NewListSource("-c", "configure; set system host-name x; show version"), before: map[int]func(){3: stop}}
	o.Batch, o.Screen = true, NewBatchScreen(&out, source)
	if status := New(o).RunBatch(ctx, Batch{Source: source, Output: &out, Errors: &errs}); status != 1 || l.store.Shared().Dirty() {
		t.Errorf("status %d, %s", status, errs.String())
	}
}

func TestAFailedCommitNamesThePlace(t *testing.T) {
	l := newLab(t)
	l.refuse = func(c store.Change) error {
		n, _ := c.Next.At(mustPath(t, l, "system syslog file messages"))
		return &configtree.Problem{Path: n.Path(), Err: errors.New("open messages: no space left on device"), Kind: configtree.Environment}
	}
	out, errs, status := l.batch("user", "configure\nset system host-name x\ncommit\n")
	want := `[edit system syslog]
  'file messages'
    open messages: no space left on device
stdin:3: error: configuration check-out failed
stdin: warning: uncommitted changes of this batch were undone
`
	if status != 1 || errs != want {
		t.Errorf("status %d, %s%s", status, out, errs)
	}
}

func mustPath(t *testing.T, l *lab, words string) configtree.Path {
	t.Helper()
	s := New(l.options("user"))
	ws, _ := splitLine(words)
	res, p := configtree.Resolve(s.schema(), configtree.Find, nil, ws)
	if p != nil {
		t.Fatal(p)
	}
	return res.Path
}

func TestMessageSaysEachErrorOnce(t *testing.T) {
	plain := errors.New("a")
	warning := &configtree.Problem{Err: errors.New("statement not found"), Warning: true}
	for _, c := range []struct {
		err  error
		want string
	}{
		{plain, "error: a"},
		{printed("error: load failed (1 errors)"), "error: load failed (1 errors)"},
		{errors.Join(plain, errors.New("b")), "error: a\nerror: b"},
		{errors.Join(plain, errors.Join(plain)), "error: a"},
		{warning, "warning: statement not found"},
		{store.Problems{*warning, {Err: plain}}, "warning: statement not found\nerror: a"},
		{&configtree.Problem{Err: plain, File: "f", Line: 2, Col: 3}, "error: f:2:(3) a"},
	} {
		if got := message(c.err); got != c.want {
			t.Errorf("%#v: %q", c.err, got)
		}
	}
}

// TestABatchPutsNothingBack: what it discarded itself does not come back at its end.
func TestABatchPutsNothingBack(t *testing.T) {
	for _, discard := range []string{"request system configuration discard-changes\nconfigure", "configure\nrollback 0"} {
		l := newLab(t)
		_, errs, status := l.batch("user", "configure\nset system host-name q1\ncommit at reboot\nclear system commit\n"+discard+"\nshow | compare\n")
		if status != 0 || errs != "" || l.store.Shared().Dirty() {
			t.Errorf("%s: status %d, %s", discard, status, errs)
		}
	}
}

// TestACommitOfNothingSaysSo: it threatens with no rollback and promises none.
func TestACommitOfNothingSaysSo(t *testing.T) {
	const nothing = "stdin:2: warning: nothing has changed: "
	for _, c := range []struct{ command, out, errs string }{
		{"commit", "commit complete\n", ""},
		{"commit comment why", nothing + "no revision keeps the comment\ncommit complete\n", ""},
		{"commit confirmed 1", nothing + "there is nothing to roll back\ncommit complete\n", ""},
		{"commit at reboot comment why", "", "stdin:2: error: nothing has changed: there is nothing to commit later\n"},
		{"commit check", "configuration check succeeds\n", ""},
	} {
		l := newLab(t)
		out, errs, _ := l.batch("user", "configure\n"+c.command+"\n")
		if out != "Entering configuration mode\n"+c.out || errs != c.errs {
			t.Errorf("%s: %s%s", c.command, out, errs)
		}
		if _, waits := l.store.Pending(); waits {
			t.Errorf("%s: something waits", c.command)
		}
	}
	l := newLab(t)
	if out := l.must("configure\nset system host-name x\ncommit confirmed 5\ncommit confirmed 7\n"); strings.Count(out, "automatically rolled back in") != 2 {
		t.Errorf("put off: %s", out)
	}
}
