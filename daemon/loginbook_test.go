package daemon

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"loggia/audit/event"
)

// newBook is a book of a run of the program that began at a second of 2026.
func newBook(t *testing.T, file string, began int) (b *loginBook, pass func(time.Duration)) {
	t.Helper()
	now := time.Date(2026, 11, 23, 8, 0, began, 0, time.UTC)
	b = &loginBook{file: file, run: now.UnixNano(), now: func() time.Time { return now }, alarm: func(err error) {
		if err != nil {
			t.Error(err)
		}
	}}
	return b, func(d time.Duration) { now = now.Add(d) }
}

// told is the history, a login a word: who, where, how long or how it ended.
func told(t *testing.T, b *loginBook) string {
	t.Helper()
	list, err := b.history()
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, l := range list {
		end := "crash"
		if l.Open {
			end = "open"
		} else if !l.Until.IsZero() {
			end = l.Until.Sub(l.Since).String()
		}
		all = append(all, fmt.Sprintf("%s@%s%s:%s", l.User, l.TTY, l.From, end))
	}
	return strings.Join(all, " ")
}

func TestLoginBook(t *testing.T) {
	file := filepath.Join(t.TempDir(), "logins")
	b, pass := newBook(t, file, 0)
	if got := told(t, b); got != "" {
		t.Error(got)
	}
	ann := b.enter(event.Subject{User: "ann", TTY: "ssh0", Remote: "192.0.2.1 40000 192.0.2.9 22"}, true)
	b.enter(event.Subject{User: "bob", TTY: "tty1"}, true) // at the same instant, and to its bitter end
	pass(90 * time.Minute)
	program := b.enter(event.Subject{User: "ann", PID: 9, Remote: "192.0.2.3 1 192.0.2.9 830"}, false)
	ann()
	if got, want := told(t, b), "ann@192.0.2.3:open bob@tty1:open ann@ssh0192.0.2.1:1h30m0s"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	program()
	for user, want := range map[string]string{"ann": "Last login: Mon Nov 23 09:00:00 2026 from 192.0.2.1\n", "bob": "Last login: Mon Nov 23 09:00:00 2026 on tty1\n", "eve": ""} {
		if got, err := b.greeting(user, time.FixedZone("", 3600)); got != want || err != nil {
			t.Errorf("%q %v, want %q", got, err, want)
		}
	}

	// The next run, after a power cut in the middle of a line.
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("{\"login\":17\n"); err != nil || f.Close() != nil {
		t.Fatal(err)
	}
	next, _ := newBook(t, file, 20)
	next.enter(event.Subject{User: "bob", TTY: "tty1"}, true)
	if got, want := told(t, next), "bob@tty1:open ann@192.0.2.3:0s bob@tty1:crash ann@ssh0192.0.2.1:1h30m0s"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestLoginBookIsBounded: a client that logs in all the time takes no more than its room, and keeps
// nobody from hearing when he was there last.
func TestLoginBookIsBounded(t *testing.T) {
	file := filepath.Join(t.TempDir(), "logins")
	b, pass := newBook(t, file, 0)
	b.enter(event.Subject{User: "rare", TTY: "tty1"}, true)()
	still := b.enter(event.Subject{User: "long", TTY: "tty2"}, true)
	poller := bookLine{Run: b.run, User: "poller", From: strings.Repeat("x", 1000), Logout: 1}
	for range 2*maxBook/1000 + 100 {
		pass(time.Second)
		poller.Login = b.now().UnixNano()
		if err := b.write(poller); err != nil {
			t.Fatal(err)
		}
	}
	still()
	info, err := os.Stat(file)
	if err != nil || info.Size() > maxBook+2000 {
		t.Fatal(info.Size(), err)
	}
	got := told(t, b)
	long := strings.Index(got, " long@tty2:")
	if long < 0 || !strings.HasSuffix(got, "s rare@tty1:0s") || strings.Contains(got[long:], "crash") {
		t.Errorf("…%s", got[max(0, len(got)-100):])
	}
	if text, err := b.greeting("rare", time.UTC); text == "" || err != nil {
		t.Error(text, err)
	}
}

func TestLoginBookThatCannotBeKept(t *testing.T) {
	b, _ := newBook(t, filepath.Join(t.TempDir(), "none", "logins"), 0)
	failed := 0
	b.alarm = func(err error) {
		if err != nil {
			failed++
		}
	}
	b.enter(event.Subject{User: "ann"}, true)()
	if failed != 2 {
		t.Error(failed)
	}
}
