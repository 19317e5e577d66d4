package cli

import (
	"context"
	"runtime"
	"strings"
	"testing"

	"loggia/audit/event"
	"loggia/cli/terminal"
	"loggia/configtree/store"
)

// TestCtrlCDuringALoad: it is said whether something was loaded.
func TestCtrlCDuringALoad(t *testing.T) {
	l := newLab(t)
	m, hangUp := watched(t, l)
	m.Feed("configure\rload merge terminal\r")
	await(t, m, "[Type ^D")
	m.Feed("system {\r")
	await(t, m, "system {")
	m.Feed("\x03")
	await(t, m, "error: interrupted, nothing was loaded")
	hangUp()
	if l.store.Shared().Dirty() || strings.Contains(m.Text(), "load complete") {
		t.Errorf("something was loaded:\n%s", m.Text())
	}
}

// TestCtrlCBehindALoad: what was loaded is said, though Ctrl-C came before that.
func TestCtrlCBehindALoad(t *testing.T) {
	l := newLab(t)
	m := terminal.NewMemory(100, 40)
	s := New(l.options("user"))
	l.records.also = func(tag string) {
		if tag == "UI_CFG_AUDIT_SET" {
			m.Feed("\x03")
			for s.o.Screen.Say("") == nil { // until it is noticed
				runtime.Gosched()
			}
		}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Interact(context.Background(), m)
	}()
	m.Feed("configure\rload set terminal\rset system host-name x\r\x04")
	await(t, m, "load complete\n")
	m.EOF()
	<-done
	if !l.store.Shared().Dirty() {
		t.Errorf("nothing was loaded:\n%s", m.Text())
	}
}

// TestALockIsToldBeforeTheText: whoever may not load is not asked to type.
func TestALockIsToldBeforeTheText(t *testing.T) {
	l := newLab(t)
	ann := event.Subject{User: "ann", PID: 1, Client: "cli"}
	m, hangUp := watched(t, l)
	m.Feed("configure\r")
	await(t, m, "[edit]")
	lock, err := l.store.Exclusive(ann)
	if err != nil {
		t.Fatal(err)
	}
	m.Feed("load merge terminal\r")
	await(t, m, "configuration database locked by:")
	lock.Release()
	hangUp()
	if strings.Contains(m.Text(), "[Type ^D") {
		t.Errorf("it asked first:\n%s", m.Text())
	}
}

// TestAByteOrderMarkIsSkipped: some editors put one in front of a text.
func TestAByteOrderMarkIsSkipped(t *testing.T) {
	for _, row := range []struct{ command, text string }{
		{"load merge f", "system { host-name marked; }"},
		{"load merge json f", `{"configuration":{"system":{"host-name":"marked"}}}`},
		{"load merge f", "<configuration><system><host-name>marked</host-name></system></configuration>"},
		{"load set f", "set system host-name marked\n"},
	} {
		l := newLab(t)
		o := l.options("user")
		f, err := o.Env.Files.Create("f")
		if err != nil {
			t.Fatal(err)
		}
		if _, err = f.Write([]byte("\ufeff" + row.text)); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		got := l.typed(o, "configure\r"+row.command+"\rshow system host-name\r")
		if !strings.Contains(got, "load complete\n") || !strings.Contains(got, "host-name marked;") {
			t.Errorf("%s:\n%s", row.command, got)
		}
	}
}

// TestCtrlCDuringACommit: it is said that nothing was committed, and nothing was.
func TestCtrlCDuringACommit(t *testing.T) {
	for _, command := range []string{"commit", "commit check", "commit confirmed 5"} {
		l := newLab(t)
		m := terminal.NewMemory(100, 40)
		s := New(l.options("user"))
		l.refuse = func(store.Change) error {
			m.Feed("\x03")
			for s.o.Screen.Say("") == nil { // until it is noticed
				runtime.Gosched()
			}
			return nil
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			s.Interact(context.Background(), m)
		}()
		m.Feed("configure\rset system host-name x\r" + command + "\r")
		await(t, m, "error: interrupted, nothing was committed")
		m.EOF()
		<-done
		if l.store.Running().Tree.Root().Child("system").Child("host-name").Valid() || strings.Contains(m.Text(), "commit complete") {
			t.Errorf("%s: something was committed:\n%s", command, m.Text())
		}
	}
}

// TestCtrlCBehindTheCommitPoint: what was done is said, though Ctrl-C came before that.
func TestCtrlCBehindTheCommitPoint(t *testing.T) {
	for _, c := range []struct{ before, command, tag, want string }{
		{"set system host-name x", "commit", "UI_COMMIT_COMPLETED", "commit complete\n"},
		{"set system host-name x", "commit confirmed 5", "UI_COMMIT_COMPLETED", "commit confirmed will be automatically rolled back in 5 minutes unless confirmed\ncommit complete\n"},
		{"set system host-name x", "rollback", "UI_CFG_AUDIT_OTHER", "load complete\n"},
	} {
		l := newLab(t)
		m := terminal.NewMemory(100, 40)
		s := New(l.options("user"))
		begun := false // of the session's goroutine
		l.records.also = func(tag string) {
			if begun = begun || tag == "UI_LOAD_EVENT" || tag == "UI_COMMIT"; !begun || tag != c.tag {
				return
			}
			m.Feed("\x03")
			for s.o.Screen.Say("") == nil { // until it is noticed
				runtime.Gosched()
			}
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			s.Interact(context.Background(), m)
		}()
		m.Feed("configure\r" + c.before + "\r" + c.command + "\r")
		await(t, m, c.want)
		m.EOF()
		<-done
	}
}

// TestABatchThatIsInterruptedSaysWhatCameOfACommit, on whichever side of the commit point that was.
func TestABatchThatIsInterruptedSaysWhatCameOfACommit(t *testing.T) {
	for _, c := range []struct{ tag, out, errs string }{
		{"UI_COMMIT_COMPLETED", "Entering configuration mode\ncommit complete\n", "stdin:3: error: interrupted\n"},
		{"UI_COMMIT", "Entering configuration mode\n",
			"stdin:3: error: interrupted, nothing was committed\nstdin: warning: uncommitted changes of this batch were undone\n"},
	} {
		l := newLab(t)
		ctx, cancel := context.WithCancel(context.Background())
		l.records.also = func(tag string) {
			if tag == c.tag {
				cancel()
			}
		}
		o := l.options("user")
		var out, errs strings.Builder
		source := NewLineSource("stdin", strings.NewReader("configure\nset system host-name x\ncommit\nset system host-name y\n"))
		o.Batch, o.Screen = true, NewBatchScreen(&out, source)
		status := New(o).RunBatch(ctx, Batch{Source: source, Output: &out, Errors: &errs})
		if status != 1 || out.String() != c.out || errs.String() != c.errs {
			t.Errorf("%s: status %d\n%s---\n%s", c.tag, status, out.String(), errs.String())
		}
		cancel()
	}
}

// TestAMistakeEndsNoText: what is pasted behind a mistake is still no command, and a line that is
// too long is no line that was never there.
func TestAMistakeEndsNoText(t *testing.T) {
	long := "set system host-name " + strings.Repeat("x", 70_000)
	for _, c := range []struct{ load, text, said string }{
		{"load merge terminal json", `{"configuration":{"system":{"host-name":"x",}}}` + "\rset system host-name y\r", "terminal:1:"},
		{"load merge terminal json", "[]\rset system host-name y\r", "terminal:1:"},
		{"load merge terminal", "system {\r host-nam x;\r }\rset system host-name y\r", "terminal:2:"},
		{"load set terminal", long + "\rset system host-name y\r", "line is longer than 65536 bytes"},
		{"load merge terminal", long + "\r", "line is longer than 65536 bytes"},
		{"test configuration terminal", "<configuration>\r" + long + "\r</configuration>\r", "line is longer than 65536 bytes"},
	} {
		l := newLab(t)
		m := terminal.NewMemory(100, 40)
		done := make(chan struct{})
		go func() {
			defer close(done)
			New(l.options("user")).Interact(context.Background(), m)
		}()
		then := "show cli\r"
		if strings.HasPrefix(c.load, "load") {
			m.Feed("configure\r")
			then = "run " + then
		}
		m.Feed(c.load + "\r")
		await(t, m, "[Type ^D")
		m.Feed(c.text + "\x04" + then)
		await(t, m, c.said)
		await(t, m, "CLI complete-on-space")
		m.EOF()
		<-done
		if shown := m.Text(); l.store.Shared().Dirty() || strings.Contains(shown, "load complete") || strings.Contains(shown, "configuration check succeeds") {
			t.Errorf("%s of %.60q:\n%.2000s", c.load, c.text, shown)
		}
	}
}
