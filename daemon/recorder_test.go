package daemon

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"loggia/audit"
	"loggia/audit/event"
	"loggia/syslogd"
)

// logged is a recorder with a trail and an engine that logs to one file.
type logged struct {
	*recorder
	t     *testing.T
	dir   string
	tells chan error
}

func newLogged(t *testing.T) *logged {
	t.Helper()
	l := &logged{t: t, dir: t.TempDir(), tells: make(chan error, 10)}
	trail, _, err := audit.Open(filepath.Join(l.dir, "audit"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	engine := syslogd.New(syslogd.Options{LogDir: l.dir, IndexDir: t.TempDir()})
	set, _ := event.Named("any")
	everything := syslogd.Selection{Rules: []syslogd.Rule{{Set: set, Any: true, Level: int(event.Debug)}}}
	if err := engine.Start(syslogd.Config{Files: []syslogd.File{{Place: "file", Name: "messages", Selection: everything}}}); err != nil {
		t.Fatal(err)
	}
	l.recorder = &recorder{trail: trail, engine: engine, failed: func(err error) { l.tells <- err }}
	t.Cleanup(func() {
		if err := errors.Join(engine.Close(context.Background()), trail.Close()); err != nil {
			t.Error(err)
		}
	})
	return l
}

func (l *logged) text() string {
	l.t.Helper()
	b, err := os.ReadFile(filepath.Join(l.dir, "messages"))
	if err != nil {
		l.t.Fatal(err)
	}
	return string(b)
}

func (l *logged) has(texts ...string) {
	l.t.Helper()
	all := l.text()
	for _, text := range texts {
		if !strings.Contains(all, text) {
			l.t.Errorf("no %q in\n%s", text, all)
		}
	}
}

// Without a trail no durable record, so no commit; but what happens is logged,
// with an alarm, and the trail says later that it has a gap.
func TestATrailThatFails(t *testing.T) {
	l := newLogged(t)
	l.begin()
	trail := filepath.Join(l.dir, "audit")
	if err := os.RemoveAll(trail); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	if err := l.RecordDurable(ctx, itself(), event.Operational{Version: "1"}); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("durable without a disk: %v", err)
	}
	l.Record(itself(), event.AbnormalShutdown{})
	if err := <-l.tells; err == nil {
		t.Error("the alarm was cleared and not set")
	}
	l.has("System is operational", "audit trail open ", "System abnormally shut down")
	if err := os.Mkdir(trail, 0o700); err != nil {
		t.Fatal(err)
	}
	for l.RecordDurable(ctx, itself(), event.Operational{Version: "2"}) != nil {
		continue
	}
	if err := <-l.tells; err != nil {
		t.Errorf("the alarm was set again: %v", err)
	}
	l.has("audit trail works again")
	if err := l.RecordDurable(ctx, itself(), event.Operational{Version: "3"}); err != nil {
		t.Fatal(err)
	}
	var gap bool
	for r, err := range audit.Read(trail) {
		if err != nil {
			t.Fatal(err)
		}
		gap = gap || strings.Contains(r.Entry.Text, "events are not in the audit trail")
	}
	if !gap {
		t.Error("the trail does not tell of its gap")
	}
}

// What is recorded before the engine runs is logged when it does, in order.
func TestEarlyRecordsAreLoggedLater(t *testing.T) {
	l := newLogged(t)
	l.Record(itself(), event.AbnormalShutdown{})
	l.Record(itself(), event.Operational{Version: "1"})
	if text := l.text(); text != "" {
		t.Fatalf("logged too early: %s", text)
	}
	l.begin()
	text := l.text()
	if a, b := strings.Index(text, "abnormally"), strings.Index(text, "operational"); a < 0 || b < a {
		t.Errorf("%d, %d:\n%s", a, b, text)
	}
}

// A command of any length leaves room in a small log for what came before it.
func TestALongCommandDoesNotFillTheLog(t *testing.T) {
	l := newLogged(t)
	l.begin()
	l.Record(itself(), event.CommandLine{Username: "ann", Command: "set " + strings.Repeat("x", 1<<20)})
	if err := l.engine.Flush("messages"); err != nil {
		t.Fatal(err)
	}
	if l.has("[cut, 1048603 bytes in all]"); len(l.text()) > 10<<10 {
		t.Errorf("%d bytes are logged", len(l.text()))
	}
}
