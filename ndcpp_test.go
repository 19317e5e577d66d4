package loggia

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"loggia/audit/event"
)

// TestTheTableOfAuditableEventsIsTrue: a record in docs/ndcpp.md is one that the
// transcript or the Go test in its row compares.
func TestTheTableOfAuditableEventsIsTrue(t *testing.T) {
	read := func(name string) string {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	tests := map[string]string{}
	for _, dir := range []string{"daemon", "cli", "sshd"} {
		names, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			tests[dir] += read(name)
		}
	}
	rows := 0
	for line := range strings.Lines(read(filepath.Join("docs", "ndcpp.md"))) {
		cells := strings.Split(strings.TrimSpace(line), " | ")
		if len(cells) != 5 || !strings.HasPrefix(cells[2], "`") {
			continue
		}
		rows++
		record, test := strings.Trim(cells[2], "`"), strings.TrimSuffix(cells[4], " |")
		if !strings.HasPrefix(test, "Test") {
			script := read(filepath.Join(scripts, test+".txtar"))
			if !strings.Contains(script, record+"\n") {
				t.Errorf("%s: %s is not compared in %s", cells[0], record, test)
			}
			continue
		}
		if !strings.Contains(tests["daemon"]+tests["cli"]+tests["sshd"], "func "+test+"(") {
			t.Errorf("%s: there is no %s", cells[0], test)
		}
		if !strings.Contains("\n"+catalogued(), "\n"+record+"\n") {
			t.Errorf("%s: %s is no record", cells[0], record)
		}
	}
	if rows < 35 {
		t.Errorf("%d rows", rows)
	}
}

// catalogued are the records of the rows that Go tests provoke, by value, as the log
// shows them with words in the place of the times.
func catalogued() string {
	var text strings.Builder
	peer := netip.MustParseAddrPort("127.0.0.1:40000")
	for _, e := range []event.Event{
		event.TimeChanged{Origin: "another program of this machine"},
		event.TimeChanged{Username: "ann", Origin: "192.0.2.7 port 4000"},
		event.IdleTimeout{Username: "user"},
		event.SessionLock{Username: "op", TTY: "tty"},
		event.SessionLock{State: event.SessionUnlockFailed, Username: "op", TTY: "tty", Reason: "wrong password"},
		event.SessionLock{State: event.SessionUnlocked, Username: "op", TTY: "tty"},
		event.SSHFault{From: peer, Username: "op", Reason: "message authentication code incorrect"},
		event.SSHFault{From: peer, Username: "op", Reason: "oversized packet: ..."},
		event.SSHClosed{From: peer, Username: "op", Ours: true, Reason: "no new keys were agreed upon"},
	} {
		entry := e.Entry()
		const zero = "0001-01-01T00:00:00.000000Z"
		shown := strings.Replace(strings.Replace(entry.Text, zero, "OLD", 1), zero, "NEW", 1)
		text.WriteString(strings.TrimPrefix(entry.Tag+": "+shown, ": ") + "\n")
	}
	return text.String()
}
