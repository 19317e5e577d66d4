package cli

import (
	"context"
	"runtime"
	"strings"
	"testing"

	"loggia/audit/event"
	"loggia/cli/terminal"
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
