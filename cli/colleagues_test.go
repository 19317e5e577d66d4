package cli

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	"loggia/audit/event"
	"loggia/op"
)

// colleague is another session, which runs the lines it is given.
func (l *lab) colleague(lines ...string) *Session {
	l.t.Helper()
	o := l.options("colleague")
	o.Env.Caller = event.Subject{User: "colleague", PID: 1234, TTY: "p0", Client: "cli"}
	var out strings.Builder
	o.Screen = NewBatchScreen(&out, NewListSource("", ""))
	s := New(o)
	for _, line := range lines {
		if err := s.runLine(context.Background(), line); err != nil {
			l.t.Fatalf("%s: %v\n%s", line, err, out.String())
		}
	}
	return s
}

func TestTheLockOfAnother(t *testing.T) {
	l := newLab(t)
	colleague := l.colleague("configure exclusive", "edit system syslog")
	const locked = `configuration database locked by:
  colleague terminal p0 (pid 1234) on since 2026-11-22 10:00:00 UTC
      exclusive [edit system syslog]
`
	for _, c := range []struct{ commands, want string }{
		{"configure exclusive\n", "stdin:1: error: " + locked},
		{"configure private\n", "stdin:1: error: " + locked},
		{"configure\nset system host-name x\n", "stdin:2: error: " + locked},
		{"configure\nset system host-name x\ncommit\n", "stdin:2: error: " + locked},
	} {
		if _, errs, status := l.batch("user", c.commands); status != 1 || errs != c.want {
			t.Errorf("%q: status %d\n%s\nwant\n%s", c.commands, status, errs, c.want)
		}
	}
	l.sessions = append(l.sessions, op.Session{Subject: colleague.env.Caller, Since: l.now.Add(-90 * time.Minute)})
	_, errs, _ := l.batch("user", "configure exclusive\n")
	if since := "on since 2026-11-22 08:30:00 UTC"; !strings.Contains(errs, since) { // as status has it
		t.Errorf("%s\nlacks %s", errs, since)
	}
	colleague.end()
	l.must("configure exclusive\nset system host-name x\ncommit\n")
}

func TestASessionThatEndsTakesItsLockAndItsEditsAlong(t *testing.T) {
	for _, how := range []string{"exclusive", "private"} {
		l := newLab(t)
		l.typed(l.options("user"), "configure "+how+"\r", "set system host-name lost\r")
		if l.store.Shared().Dirty() || len(l.store.Holders()) > 0 {
			t.Errorf("%s: something is left", how)
		}
	}
}

func TestPrivateEditsThatConflict(t *testing.T) {
	l := newLab(t)
	colleague := l.colleague("configure private", "set system host-name theirs")
	mine := l.colleague("configure private", "set system host-name mine", "set system domain-name example.net")
	if err := colleague.runLine(context.Background(), "commit"); err != nil {
		t.Fatal(err)
	}
	err := mine.runLine(context.Background(), "commit")
	if err == nil || !strings.HasPrefix(err.Error(), "[edit system]\n  'host-name'\n") || !strings.HasSuffix(err.Error(), "\nerror: 1 conflict with committed changes; 'commit' again overrules them") {
		t.Errorf("%v", err)
	}
	if err := mine.runLine(context.Background(), "delete system host-name"); err != nil {
		t.Fatal(err)
	}
	if got := l.store.Running().Tree.Root().Child("system").Child("host-name").Value(); got != "theirs" {
		t.Errorf("host-name %s", got)
	}
}

// TestReminder: everybody in configuration mode is reminded of a confirmed commit
// that waits, until it is confirmed.
func TestReminder(t *testing.T) {
	l := newLab(t)
	mine := l.colleague("configure", "set system host-name x", "commit confirmed 7")
	other := l.colleague()
	if got := other.reminder(); got != "" {
		t.Errorf("in operational mode %q", got)
	}
	for _, s := range []*Session{mine, l.colleague("configure private")} {
		if got := s.reminder(); !regexp.MustCompile(`^# commit confirmed will be rolled back in [1-7] minutes?\n$`).MatchString(got) {
			t.Errorf("reminded by %q", got)
		}
	}
	if err := mine.runLine(context.Background(), "commit"); err != nil {
		t.Fatal(err)
	}
	if got := mine.reminder(); got != "" {
		t.Errorf("when it is confirmed %q", got)
	}
}

func TestExclusiveOverUncommittedEdits(t *testing.T) {
	l := newLab(t)
	l.colleague("configure", "set system host-name x")
	left := "there are uncommitted changes of colleague, last at 2026-11-22 10:00:00 UTC\n" + discardHint + "\n"
	for commands, want := range map[string]string{
		"configure exclusive\n": "stdin:1: error: configuration database modified\n" + left,
		"configure private\n":   "stdin:1: error: shared configuration database modified\n" + left,
	} {
		if _, errs, status := l.batch("user", commands); status != 1 || errs != want {
			t.Errorf("%q: status %d %s", commands, status, errs)
		}
	}
}

// TestALaterCommitSaysWhoseChangesItTakes: those of others, when it is not made at once.
func TestALaterCommitSaysWhoseChangesItTakes(t *testing.T) {
	l := newLab(t)
	m, hangUp := watched(t, l)
	m.Feed("configure\rset system host-name mine\rcommit at 23:15\r")
	await(t, m, "commit at will be executed")
	m.Feed("clear system commit\rconfigure\r")
	await(t, m, "changes of user")
	l.colleague("configure", "set system time-zone UTC")
	m.Feed("commit check\rcommit at 23:45\r")
	await(t, m, "executed at 2026-11-22 23:45")
	hangUp()
	want := `# commit at 23:45
warning: this commits changes of colleague, last at 2026-11-22 10:00:00 UTC
configuration check succeeds
commit at will be executed at 2026-11-22 23:45:00 UTC
`
	if got := trimRows(m.Text()); !strings.Contains(got, want) || strings.Count(got, "this commits changes") != 1 {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
