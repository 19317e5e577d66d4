package daemon

import (
	"context"
	"errors"
	"fmt"
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
	if err := engine.Start(syslogd.Config{Files: []*syslogd.File{{Place: "file", Name: "messages", Selection: everything, Size: 16 << 20}}}); err != nil {
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

// Events that are recorded together, more than go on at once, are in the trail, in the log
// and with those who read along, in their order; those for the trail alone are in that alone.
func TestManyRecordsTogether(t *testing.T) {
	l := newLogged(t)
	read, _ := l.tap()
	const n = maxBatch + maxBatch/2
	var events []event.Event
	for i := range n {
		events = append(events, event.CommandLine{Username: "ann", Command: fmt.Sprintf("command %d.", i)})
		if i%100 == 0 {
			events = append(events, event.CommitDone{Revision: uint64(i)})
		}
	}
	early := events[:7]
	l.Record(itself(), early...)
	l.begin()
	l.Record(itself(), events[7:]...)
	if err := l.RecordDurable(context.Background(), itself(), event.Operational{Version: "1"}); err != nil {
		t.Fatal(err)
	}
	if err := l.engine.Flush("messages"); err != nil {
		t.Fatal(err)
	}
	var trail []audit.Record
	for r, err := range audit.Read(filepath.Join(l.dir, "audit")) {
		if err != nil {
			t.Fatal(err)
		}
		trail = append(trail, r)
	}
	if len(trail) != len(events)+1 {
		t.Fatalf("%d records of %d in the trail", len(trail), len(events)+1)
	}
	text := l.text()
	for i, e := range events {
		want := e.Entry()
		if r := trail[i]; r.Seq != uint64(i+1) || r.Entry.Text != want.Text {
			t.Fatalf("record %d is %d %q, not %q", i, r.Seq, r.Entry.Text, want.Text)
		}
		if got := <-read; got.Entry.Text != want.Text {
			t.Fatalf("read along: %q, not %q", got.Entry.Text, want.Text)
		}
		at := strings.Index(text, want.Text)
		if want.Trail != (at < 0) {
			t.Fatalf("%q is at %d in the log", want.Text, at)
		}
		text = text[max(at, 0):]
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
