package cli

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"loggia/cli/terminal"
)

func TestAnIdleSessionIsWarnedAndEnds(t *testing.T) {
	l := newLab(t)
	o := l.options("user")
	synctest.Test(t, func(t *testing.T) {
		m := terminal.NewMemory(100, 40)
		m.Feed("set cli idle-timeout 6\r")
		done := make(chan struct{})
		go func() { defer close(done); New(o).Interact(t.Context(), m) }()
		start := time.Now()
		<-done
		if d := time.Since(start); d < 6*time.Minute || d > 6*time.Minute+5*time.Second {
			t.Errorf("ended after %v", d)
		}
		want := []string{
			"Warning: session will be closed in 5 minutes if there is no activity",
			"Warning: session will be closed in 1 minute if there is no activity",
			"Warning: session will be closed in 10 seconds if there is no activity",
			"Idle timeout exceeded: closing session",
		}
		var got []string
		for line := range strings.Lines(m.Text()) {
			if line = strings.TrimSpace(line); slices.Contains(want, line) {
				got = append(got, line)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("shown:\n%s", m.Text())
		}
	})
}

func TestTheConfigurationEndsIdleSessions(t *testing.T) {
	l := newLab(t)
	o := l.options("user")
	var limit atomic.Int64
	limit.Store(int64(time.Hour))
	o.IdleTimeout = func() time.Duration { return time.Duration(limit.Load()) }
	synctest.Test(t, func(t *testing.T) {
		m := terminal.NewMemory(100, 40)
		m.Feed("set cli idle-timeout 0\rset cli idle-timeout 61\rset cli idle-timeout 50\rshow cli\r")
		done := make(chan struct{})
		go func() { defer close(done); New(o).Interact(t.Context(), m) }()
		start := time.Now()
		await(t, m, "CLI idle-timeout set to 50 minutes")
		limit.Store(int64(3 * time.Minute)) // a commit reaches the session at once
		<-done
		if d := time.Since(start); d < 3*time.Minute || d > 3*time.Minute+5*time.Second {
			t.Errorf("ended after %v", d)
		}
		if n := strings.Count(m.Text(), "the configuration ends idle sessions after 60 minutes: it can only be less"); n != 2 {
			t.Errorf("refused %d times:\n%s", n, m.Text())
		}
		if !slices.Contains(l.records.list, "UI_CLI_IDLE_TIMEOUT: Idle timeout for user 'user' exceeded and session terminated") {
			t.Errorf("recorded: %q", l.records.list)
		}
	})
}

// A session that can be locked is locked in the place of its end, again and again,
// and its time begins anew when its user is there.
func TestAnIdleSessionIsLocked(t *testing.T) {
	l := newLab(t)
	o := l.options("user")
	o.IdleTimeout = func() time.Duration { return 2 * time.Minute }
	synctest.Test(t, func(t *testing.T) {
		m := terminal.NewMemory(100, 40)
		locked, open := make(chan struct{}), make(chan struct{})
		o.Lock = func(done <-chan struct{}) {
			locked <- struct{}{}
			select {
			case <-open:
			case <-done:
			}
		}
		ended := make(chan struct{})
		go func() { defer close(ended); New(o).Interact(t.Context(), m) }()
		m.Feed("show cl")
		for range 2 {
			start := time.Now()
			<-locked
			if d := time.Since(start); d < 2*time.Minute || d > 2*time.Minute+5*time.Second {
				t.Errorf("locked after %v", d)
			}
			time.Sleep(time.Hour) // nothing happens meanwhile
			m.Output()
			open <- struct{}{}
			synctest.Wait()
			if shown := m.Output(); shown != "user@gate> show cl" {
				t.Errorf("drawn again: %q", shown)
			}
		}
		m.Feed("i\r")
		await(t, m, "CLI idle-timeout set to 2 minutes")
		<-locked
		m.Hangup()
		<-ended
		for _, text := range []string{"Warning: session will be locked in 1 minute if there is no activity", "Idle timeout exceeded: locking session"} {
			if n := strings.Count(m.Text(), text); n != 3 {
				t.Errorf("%d times: %s\n%s", n, text, m.Text())
			}
		}
		n := 0
		for _, r := range l.records.list {
			if strings.HasPrefix(r, "UI_SESSION_LOCKED: Session of user 'user' on device ") {
				n++
			}
		}
		if n != 3 {
			t.Errorf("recorded: %q", l.records.list)
		}
	})
}

func TestASessionEndsWithItsContext(t *testing.T) {
	l := newLab(t)
	m := terminal.NewMemory(100, 40)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); New(l.options("user")).Interact(ctx, m) }()
	m.Feed("configure\rmonitor start messages\r")
	await(t, m, "[edit]")
	stop()
	<-done
	if got := l.records.list; got[len(got)-2] != "UI_DBASE_LOGOUT_EVENT: User 'user' exiting configuration mode" ||
		got[len(got)-1] != "UI_LOGOUT_EVENT: User 'user' logout" {
		t.Errorf("%q", got[len(got)-3:])
	}
}

func TestAHangUpLeavesTheSharedEdits(t *testing.T) {
	l := newLab(t)
	m := terminal.NewMemory(100, 40)
	done := make(chan struct{})
	go func() { defer close(done); New(l.options("user")).Interact(t.Context(), m) }()
	m.Feed("configure\rset system host-name x\r")
	await(t, m, "host-name x")
	for !l.store.Shared().Dirty() {
		await(t, m, "[edit]")
	}
	m.Hangup()
	<-done
	if !l.store.Shared().Dirty() {
		t.Error("the edit is gone")
	}
}

func TestOthersSeeWhatASessionDoes(t *testing.T) {
	l := newLab(t)
	o := l.options("user")
	var seen []string
	o.Activity = func(command, editPath string) { seen = append(seen, command+"@"+editPath) }
	var session, ended int
	o.Attached = func(func(string), func()) func() { session++; return func() { ended++ } }
	l.typed(o, "show cli directory\rconfigure\redit system\r")
	want := []string{
		"show cli directory@", "@", "configure@", "@[edit]", "edit system@[edit]", "@[edit system]",
	}
	if !slices.Equal(seen, want) || session != 1 || ended != 1 {
		t.Errorf("%q %d %d", seen, session, ended)
	}
}

func TestAFileCalledLikeAFlag(t *testing.T) {
	l := newLab(t)
	l.must("show configuration system syslog file messages | save r\nshow version | save d")
	out := l.must("configure\nedit system syslog file new\nload merge r relative\ntop show system syslog file new\ntop delete system syslog file new\ntop\nexit\nfile list d")
	if !strings.Contains(out, "load complete") || !strings.Contains(out, "any notice;") || !strings.HasSuffix(out, "\nd\n") {
		t.Errorf("%s", out)
	}
}

func TestWhatMustNotBreakALine(t *testing.T) {
	l := newLab(t)
	for line, want := range map[string]string{
		`set cli prompt "a\x1b[31m"`:                                    "error: prompt must not contain control characters",
		"configure\nset system host-name x\n" + `commit comment "a\nb"`: "error: commit comment must not contain control characters",
		"configure\nset system host-name x\n" + `commit comment "a\"b"`: `error: commit comment must not contain "`,
		"configure\nset system host-name x\n" + `commit check and-quit`: "error: check changes nothing: it does not go with and-quit",
	} {
		if _, errs, status := l.batch("user", line); status != 1 || !strings.Contains(errs, want) {
			t.Errorf("%s: %d %s", line, status, errs)
		}
	}
}
