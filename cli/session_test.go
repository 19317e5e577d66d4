package cli

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"loggia/audit/event"
	"loggia/cli/terminal"
	"loggia/op"
)

func TestWhatASessionRecords(t *testing.T) {
	l := newLab(t)
	l.records.list = nil
	l.batch("user", "configure\nset sys host x\ncommit and-quit\n")
	want := []string{
		"UI_AUTH_EVENT: Authenticated user 'user' assigned to class 'j-super-user'",
		"UI_LOGIN_EVENT: User 'user' login, class 'j-super-user' [4711], ssh-connection '', client-mode 'cli'",
		"UI_CMDLINE_READ_LINE: User 'user', command 'configure '",
		"UI_DBASE_LOGIN_EVENT: User 'user' entering configuration mode",
		"UI_CMDLINE_READ_LINE: User 'user', command 'set system host-name x '",
		`UI_CFG_AUDIT_SET: User 'user' set: [system host-name] unconfigured -- "x"`,
		"UI_CMDLINE_READ_LINE: User 'user', command 'commit and-quit '",
		"UI_COMMIT: User 'user' requested 'commit and-quit' operation (comment: none)",
		"UI_DBASE_LOGOUT_EVENT: User 'user' exiting configuration mode",
		"UI_LOGOUT_EVENT: User 'user' logout",
	}
	rest := l.records.list
	for _, w := range want {
		i := slices.Index(rest, w)
		if i < 0 {
			t.Fatalf("no record %q in order in\n%s", w, strings.Join(l.records.list, "\n"))
		}
		rest = rest[i+1:]
	}
}

func TestASecretOnAMistypedLineIsKeptNowhere(t *testing.T) {
	const secret = "hunter2"
	lines := []string{
		"set system root-authentication encrypted-password hunter2 bogus",
		"set system root-authentication encrypted-pasword hunter2",
		"set system root-authentication hunter2",
		`set system root-authentication encrypted-password "hunter2`,
		`set system root-authentication encrypted-password a"hunter2`,
		"set system root-authentication encrypted-password #hunter2",
		"set system root-authentication encrypted-password hunter2 | bogus",
		"set system root-authentication encrypted-password [ hunter2",
		"set systm root-authentication encrypted-password hunter2",
		"top set system root-authentication encrypted-password hunter2 bogus",
		"run set system root-authentication encrypted-password hunter2",
		`set systm root-authentication encrypted-password "hunter2`,
		`set systm root-authentication encrypted-password hunter2 "x`,
		"set system root-authentication encrypted-password hunter2 # hunter2",
	}
	for _, line := range lines {
		l := newLab(t)
		_, errs, _ := l.batch("user", "configure\n"+line+"\n")
		if strings.Contains(errs, secret) {
			t.Errorf("%s: standard error: %s", line, errs)
		}
		screen := l.typed(l.options("user"), "configure\r", line+"\r", "run show cli history\r", "\x10\x10\x15")
		if n := strings.Count(screen, secret); n > strings.Count(line, secret) {
			t.Errorf("%s: shown again:\n%s", line, screen)
		}
		for _, r := range l.records.list {
			if strings.Contains(r, secret) {
				t.Errorf("%s: recorded: %s", line, r)
			}
		}
		valid := strings.HasSuffix(line, "# hunter2") // then it is in the candidate
		err := filepath.WalkDir(l.state, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !d.Type().IsRegular() {
				return err
			}
			data, err := os.ReadFile(path)
			if strings.Contains(string(data), secret) && !valid {
				t.Errorf("%s: kept in %s", line, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestShowableStopsAtTheWrongWord(t *testing.T) {
	l := newLab(t)
	s := New(l.options("user"))
	s.enterConfiguration(l.store.Shared())
	for _, c := range []struct {
		line, shown string
		at          int
	}{
		{"set sys bogus more", "set sys bogus", 8},
		{"bogus more", "bogus", 0},
		{"set system", "set system", -1},
		{"set system host-name", "set system host-name", 21},
		{"set system host-name # remark", "set system host-name", 21},
		{"set sys root enc x y", "set system root-authentication encrypted-password /* SECRET-DATA */ /* SECRET-DATA */", 68},
		{"show | match", "show | match", 13},
		{`set system host-name "a`, `set system host-name "a`, 21},
	} {
		_, w, f := s.parse(c.line)
		if f == nil {
			if c.at >= 0 {
				t.Errorf("%s: parses", c.line)
			}
			continue
		}
		if shown, at := w.showable(f, c.line); shown != c.shown || at != c.at {
			t.Errorf("%s: %q at %d", c.line, shown, at)
		}
	}
}

func TestAMistypedLineIsKeptWhole(t *testing.T) {
	l := newLab(t)
	s := New(l.options("user"))
	for _, c := range []struct {
		configuring bool
		line, kept  string
	}{
		{true, "set system sylsog file messages any notice", ""},
		{true, `set systm syslog file f match "link (up|down)"`, ""},
		{true, "sett system syslog file f01 any any", ""},
		{true, "set system syslog file messages any notise structured-data", ""},
		{true, "set system services shs root-login deny", ""},
		{true, "set systm services ssh root-login deny", ""},
		{true, "set systm syslog host 192.0.2.9 port 1514 # remark", "set systm syslog host 192.0.2.9 port 1514"},
		{true, `set systm syslog file f match "open`, ""},
		{true, "top set systm syslog file x any any", ""},
		{true, "run shwo log messages | last 5", ""},
		{true, "set systm login user bob authentication plain-text-password", ""},
		{true, "set systm root-authentication encrypted-password x y z", "set systm root-authentication encrypted-password /* SECRET-DATA */"},
		{true, "set systm root-authentication x", "set systm root-authentication /* SECRET-DATA */"},
		{true, "set systm root-auth enc x", "set systm root-auth /* SECRET-DATA */"},
		{true, "set system root-authentication encrypted-pasword x y", "set system root-authentication encrypted-pasword /* SECRET-DATA */"},
		{true, "set system root-authentication encrypted-pasword x; commit", "set system root-authentication encrypted-pasword /* SECRET-DATA */"},
		{true, "set system roto-authentication encrypted-password x", "set system roto-authentication encrypted-password /* SECRET-DATA */"},
		{true, "set system roto-authentication x", "set system roto-authentication /* SECRET-DATA */"},
		{true, `set systm root-authentication encrypted-password "x y`, "set systm root-authentication encrypted-password /* SECRET-DATA */"},
		{true, "set system root-authentication encrypted-password x y", "set system root-authentication encrypted-password /* SECRET-DATA */ /* SECRET-DATA */"},
		{true, "set system root-authentication encrypted-password x bogus", "set system root-authentication encrypted-password /* SECRET-DATA */ /* SECRET-DATA */"},
		{false, "show lgo messages | match error | last 5", ""},
		{false, "sohw log messages", ""},
		{false, "hunter2", "/* SECRET-DATA */"},
		{false, "hunter2 more", "/* SECRET-DATA */"},
		{false, "pign 192.0.2.1", ""},
		{false, "correct horse battery", "correct /* SECRET-DATA */"},
		{false, "show log messages | mtach error", ""},
	} {
		s.mode = nil
		if c.configuring {
			s.mode = &configMode{candidate: l.store.Shared()}
		}
		_, w, f := s.parse(c.line)
		if f == nil {
			t.Errorf("%s: parses", c.line)
			continue
		}
		want := c.kept
		if want == "" {
			want = c.line
		}
		if got := w.recallable(f, c.line); got != want {
			t.Errorf("%s: kept as\n%s", c.line, got)
		}
	}
}

func TestOtherEditorsAreListedOnEntry(t *testing.T) {
	l := newLab(t)
	l.sessions = []op.Session{
		{Subject: event.Subject{User: "root", PID: 1088, TTY: "p3"}, Since: l.now.Add(-time.Hour), LastKey: l.now.Add(-44 * time.Second), EditPath: "[edit system syslog]"},
		{Subject: event.Subject{User: "looker", PID: 7}, Since: l.now, LastKey: l.now},
	}
	got := trimRows(l.typed(l.options("user"), "configure\r"))
	want := `user@gate> configure
Entering configuration mode
Users currently editing the configuration:
  root terminal p3 (pid 1088) on since 2026-11-22 09:00:00 UTC, idle 00:00:44
      [edit system syslog]

[edit]
user@gate#`
	if got != want {
		t.Errorf("got:\n%s", got)
	}
}

func TestThePromptFollowsTheHostName(t *testing.T) {
	l := newLab(t)
	o := l.options("user")
	o.HostName = func() string { return l.store.Running().Tree.Root().Child("system").Child("host-name").Value() }
	got := trimRows(l.typed(o, "configure\rset system host-name new\rcommit and-quit\r"))
	if !strings.HasPrefix(got, "user> configure\n") || !strings.HasSuffix(got, "\n\nuser@new>") {
		t.Errorf("got:\n%s", got)
	}
}

func TestTheLastSessionIsToldThatLoggingStops(t *testing.T) {
	l := newLab(t)
	o := l.options("user")
	o.LastSession = func() bool { return true }
	if got := l.typed(o, "exit\r"); !strings.Contains(got, "\nLogging stops with this session.") {
		t.Errorf("got:\n%s", got)
	}
}

// watched runs a session at a terminal that stays open.
func watched(t *testing.T, l *lab) (m *terminal.Memory, hangUp func()) {
	t.Helper()
	m = terminal.NewMemory(100, 40)
	done := make(chan struct{})
	go func() {
		defer close(done)
		New(l.options("user")).Interact(context.Background(), m)
	}()
	return m, func() { m.EOF(); <-done }
}

func await(t *testing.T, m *terminal.Memory, text string) {
	t.Helper()
	if err := m.Await(text, enough); err != nil {
		t.Fatalf("%v: no %q in\n%s", err, text, m.Text())
	}
}

func TestMonitorShowsLinesAboveThePrompt(t *testing.T) {
	l := newLab(t)
	m, hangUp := watched(t, l)
	m.Feed("monitor start messages | match link\rmonitor list\r")
	await(t, m, "(Last changed")
	m.Feed("show ver")
	await(t, m, "> show ver")
	l.logs.news <- "gate a: link down"
	l.logs.news <- "gate a: something else"
	l.logs.news <- "gate a: LINK up"
	await(t, m, "LINK up")
	m.Feed("\rmonitor stop\rmonitor list\r")
	hangUp()
	want := `user@gate> monitor start messages | match link

user@gate> monitor list
monitor start "messages" (Last changed Nov 22 09:00:02) | match link

*** messages ***
gate a: link down
gate a: LINK up
user@gate> show version
`
	if got := trimRows(m.Text()); !strings.HasPrefix(got, want) || strings.Contains(got, "something else") || strings.Count(got, "monitor start \"") != 1 {
		t.Errorf("got:\n%s", got)
	}
}

// TestMonitorStartAgainTakesOtherPipes: lines that come behind it are filtered as it says, and
// those before it as was said then.
func TestMonitorStartAgainTakesOtherPipes(t *testing.T) {
	l := newLab(t)
	m, hangUp := watched(t, l)
	for _, step := range []struct{ line, listed, hidden, shown, as string }{
		{"monitor start messages | match one", "02) | match one", "two: hidden", "one: first", "one: first"},
		{"monitor start messages | except one | trim 2", "02) | except one | trim 2", "one: hidden", "two: second", "o: second"},
		{"monitor start messages", "02)\n", "", "one and two", "\none and two"},
	} {
		m.Feed(step.line + "\rmonitor list\r")
		await(t, m, step.listed)
		if step.hidden != "" {
			l.logs.news <- step.hidden
		}
		l.logs.news <- step.shown
		await(t, m, step.as)
	}
	hangUp()
	if got := m.Text(); strings.Contains(got, "hidden") || strings.Count(got, "*** messages ***") != 1 {
		t.Errorf("got:\n%s", got)
	}
}

func TestMonitorRefusesWhatIsNotThere(t *testing.T) {
	l := newLab(t)
	if got := l.typed(l.options("user"), "monitor start nix\r"); !strings.Contains(got, "error: could not resolve file: nix") {
		t.Errorf("got:\n%s", got)
	}
}

func TestMonitorInABatchFollowsUntilItIsStopped(t *testing.T) {
	l := newLab(t)
	source := NewListSource("-c", "monitor start messages | except two; monitor start messages | except two")
	o := l.options("user")
	var out, errs strings.Builder
	o.Batch, o.Screen = true, NewBatchScreen(&out, source)
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		l.logs.news <- "one"
		l.logs.news <- "two"
		l.logs.news <- "three"
		stop() // perhaps before the commands are over: which of them is named is open
	}()
	status := New(o).RunBatch(ctx, Batch{Source: source, Output: &out, Errors: &errs})
	if got, want := out.String(), "*** messages ***\none\nthree\n"; got != want || status != 1 || !regexp.MustCompile(`^-c(:[12])?: error: interrupted\n$`).MatchString(errs.String()) {
		t.Errorf("status %d, %q, %q", status, got, errs.String())
	}
}

func TestPagerStopsAndGoesOn(t *testing.T) {
	l := newLab(t)
	var many []string
	for i := range 5000 {
		many = append(many, "line "+string(rune('a'+i%26)))
	}
	l.logs.files["messages"] = many
	m, hangUp := watched(t, l)
	m.Feed("show log messages\r")
	await(t, m, "---(more")
	m.Feed("mLINE Z\r")
	await(t, m, "line z")
	m.Feed("q")
	m.Feed("show log messages | count\r")
	await(t, m, "Count: 5000 lines")
	m.Feed("show log messages\r")
	await(t, m, "---(more")
	m.Feed("\x03show cli directory\r")
	await(t, m, "/var/home/user")
	m.Feed("show log messages | no-more | last 1\r")
	hangUp()
	if got := m.Text(); strings.Contains(got, "error:") {
		t.Errorf("got:\n%s", got[max(0, len(got)-2000):])
	}
}

func TestAPasteOf5000LinesLosesNone(t *testing.T) {
	l := newLab(t)
	var paste strings.Builder
	paste.WriteString("configure\r")
	for i := range 5000 {
		paste.WriteString("set system syslog file messages match-strings s" + strings.Repeat("x", i%7) + "-" + time.Duration(i).String() + "\r")
	}
	l.typed(l.options("user"), paste.String())
	n := len(l.store.Shared().Tree().Root().Child("system").Child("syslog").Entry("file", "messages").Values("match-strings"))
	if n != 5000 {
		t.Errorf("%d of 5000 lines arrived", n)
	}
}
