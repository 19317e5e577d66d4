package daemon

import (
	"context"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"loggia/audit"
	"loggia/audit/event"
	"loggia/cli/terminal"
	"loggia/sshd"
)

// lockedConsole is a console that is locked, and what it gives the session to read.
type lockedConsole struct {
	*terminal.Memory
	lock *consoleLock
	done chan struct{} // closed to end the session
	free chan struct{} // closed when Lock has returned

	mu   sync.Mutex // guards what follows
	read string
	err  error
}

func lockConsole(t *testing.T, opens func(context.Context, string) bool) *lockedConsole {
	t.Helper()
	c := &lockedConsole{Memory: terminal.NewMemory(80, 24), done: make(chan struct{}), free: make(chan struct{})}
	c.lock = newConsoleLock(c.Memory, opens)
	if _, err := c.lock.Write([]byte("op@host> show secret")); err != nil {
		t.Fatal(err)
	}
	go func() {
		b := make([]byte, 64)
		for {
			n, err := c.lock.Read(b)
			c.mu.Lock()
			c.read, c.err = c.read+string(b[:n]), err
			c.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	go func() { defer close(c.free); c.lock.Lock(c.done) }()
	synctest.Wait()
	return c
}

func (c *lockedConsole) got() (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.read, c.err
}

func TestALockedConsoleShowsNothingAndAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := lockConsole(t, func(_ context.Context, password string) bool { return password == "right" })
		defer c.lock.Close()
		if _, err := c.lock.Write([]byte("a message for everybody\r\n")); err != nil {
			t.Fatal(err)
		}
		for _, keys := range []string{"wro", "ng\r", "\x03", "\x04", "\r"} {
			c.Feed(keys)
			synctest.Wait()
		}
		if s := c.Screen(); strings.Contains(s, "secret") || strings.Contains(s, "everybody") || strings.Contains(s, "wrong") || !strings.HasSuffix(s, "Password:") {
			t.Errorf("shown:\n%s", s)
		}
		select {
		case <-c.free:
			t.Error("it is open")
		default:
		}
		c.Feed("rigt\x7fht\rshow ver")
		<-c.free
		c.Feed("sion\r")
		synctest.Wait()
		if read, err := c.got(); read != "show version\r" || err != nil {
			t.Errorf("the session reads %q, %v", read, err)
		}
		if s := c.Screen(); strings.TrimSpace(s) != strings.TrimSpace(hiddenNote) {
			t.Errorf("shown:\n%s", s)
		}
	})
}

// What is typed behind the password belongs to the session, also when it
// came with the answer.
func TestWhatIsTypedBehindThePasswordIsInput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := lockConsole(t, func(_ context.Context, password string) bool { return password == "right" })
		defer c.lock.Close()
		c.Feed("wrong\rright\rshow version\r")
		<-c.free
		synctest.Wait()
		if read, err := c.got(); read != "show version\r" || err != nil {
			t.Errorf("the session reads %q, %v", read, err)
		}
	})
}

// Whoever takes the terminal of a locked console away, or ends its session, ends
// both: nobody is left who could open it.
func TestALockedConsoleEnds(t *testing.T) {
	for name, end := range map[string]func(c *lockedConsole){
		"hang-up":      func(c *lockedConsole) { c.Hangup() },
		"end of input": func(c *lockedConsole) { c.EOF() },
		"closed":       func(c *lockedConsole) { c.lock.Close() },
		"closed while an answer is put off": func(c *lockedConsole) {
			c.Feed("wrong\r")
			synctest.Wait()
			c.lock.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := lockConsole(t, func(ctx context.Context, _ string) bool { <-ctx.Done(); return false })
				defer c.lock.Close()
				end(c)
				synctest.Wait()
				if read, err := c.got(); read != "" || err == nil {
					t.Errorf("the session reads %q, %v", read, err)
				}
				close(c.done)
				<-c.free
			})
		})
	}
}

// Each attempt is on record, wrong ones are answered more and more slowly up to a
// bound, and the right password opens however many were wrong.
func TestAttemptsToUnlockAreRecordedAndPaced(t *testing.T) {
	password, err := sshd.ParsePassword("$6$rounds=1000$saltsalt$4GMtaIz3E1AdDi2SmCokEW0ehi.HdxNDcL3fGE1XXuzvo6kbx7UOloZKONqEk5H3JrQA4NOfU8BmqFPrpGqwA1")
	if err != nil {
		t.Fatal(err)
	}
	trail, _, err := audit.Open(filepath.Join(t.TempDir(), "audit"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer trail.Close()
	d := &Daemon{recorder: &recorder{trail: trail, failed: func(error) {}}} // records wait for an engine
	config := &sshd.Config{Retry: sshd.Retry{Tries: 3, Threshold: 2, Factor: 5 * time.Second}, Location: time.UTC,
		Users: map[string]*sshd.User{"op": {Name: "op", Password: password}}}
	d.logins.Store(&logins{config: config})
	synctest.Test(t, func(t *testing.T) {
		c := &consoleLogin{d: d, tty: "tty1"}
		var waited []time.Duration
		for range 5 {
			start := time.Now()
			if c.reenter(t.Context(), "op", "wrong") {
				t.Fatal("opened")
			}
			waited = append(waited, time.Since(start))
		}
		want := []time.Duration{0, 5 * time.Second, 10 * time.Second, 10 * time.Second, 10 * time.Second}
		for i := range want {
			if waited[i] != want[i] {
				t.Errorf("waited %v", waited)
				break
			}
		}
		if !c.reenter(t.Context(), "op", "correct horse") || c.reenter(t.Context(), "none", "correct horse") {
			t.Error("the wrong one opens")
		}
		failed := event.SessionLock{State: event.SessionUnlockFailed, Username: "op", TTY: "tty1", Reason: "wrong password"}.Entry().Text
		unlocked := "Session of user 'op' on device tty1 unlocked"
		var got []string
		for _, e := range d.recorder.early {
			got = append(got, e.entry.Text)
		}
		if len(got) != 7 || got[0] != failed || got[4] != failed || got[5] != unlocked {
			t.Errorf("recorded: %q", got)
		}
	})
}
