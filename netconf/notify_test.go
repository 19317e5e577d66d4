package netconf

import (
	"context"
	"io"
	"iter"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"loggia/audit/event"
	"loggia/op"
)

func TestSubscriptionsAreChecked(t *testing.T) {
	b := newBox(t)
	for in, want := range map[string]string{
		"<stream>x</stream>":                          failure("application", "invalid-value", "error", "", "no such stream: x", "stream"),
		"<stopTime>2026-11-22T12:00:00Z</stopTime>":   failure("protocol", "missing-element", "error", "", "missing mandatory element: startTime", "startTime"),
		"<startTime>noon</startTime>":                 failure("protocol", "bad-element", "error", "", "startTime is a time such as 2026-11-22T14:15:16Z", "startTime"),
		"<startTime>2027-01-01T00:00:00Z</startTime>": failure("protocol", "bad-element", "error", "", "startTime is in the future", "startTime"),
		"<startTime>2026-11-22T11:00:00Z</startTime><stopTime>2026-11-22T10:00:00Z</stopTime>": failure("protocol", "bad-element", "error", "", "stopTime is before startTime", "stopTime"),
	} {
		if got := b.say("<create-subscription>" + in + "</create-subscription>"); got != want {
			t.Errorf("%s:\n%s", in, got)
		}
	}
}

// TestReplayIsReadingTheLog: to hear what happens now needs no permission, as RFC 6470
// has it for everybody; what happened before needs the one for `show log`.
func TestReplayIsReadingTheLog(t *testing.T) {
	b := newBox(t)
	for _, c := range []struct {
		class       op.ClassDefinition
		live, since bool
	}{
		{op.ClassDefinition{Permissions: []string{"view"}}, true, false},
		{op.ClassDefinition{Permissions: []string{"view", "trace"}}, true, true},
		{op.ClassDefinition{Permissions: []string{"all"}, DenyCommands: "show log"}, true, false},
	} {
		for in, want := range map[string]bool{"": c.live, "<startTime>2026-11-22T11:00:00Z</startTime>": c.since} {
			o := b.options(c.class)
			o.Notifications = func(context.Context, time.Time) iter.Seq2[Notification, error] {
				return func(func(Notification, error) bool) {}
			}
			got := strings.Join(b.talk(o, "<rpc><create-subscription>"+in+"</create-subscription></rpc>"), "")
			if ok := strings.Contains(got, "<ok/>"); ok != want || ok == strings.Contains(got, "access-denied") {
				t.Errorf("%+v, %q:\n%s", c.class, in, got)
			}
		}
	}
}

// Notifications of RFC 6470 come between replies, each a message of its own.
func TestNotifications(t *testing.T) {
	b := newBox(t)
	o := b.options(everything())
	by := event.Subject{User: "bob", Client: client, PID: 42, Remote: "192.0.2.1 1000 192.0.2.2 830"}
	news := make(chan Notification)
	o.Notifications = func(ctx context.Context, _ time.Time) iter.Seq2[Notification, error] {
		return func(yield func(Notification, error) bool) {
			for {
				select {
				case <-ctx.Done():
					return
				case n := <-news:
					if !yield(n, nil) {
						return
					}
				}
			}
		}
	}
	in, client := io.Pipe()
	w := &wire{Reader: in}
	synctest.Test(t, func(t *testing.T) {
		in, client = io.Pipe()
		w.Reader, news = in, make(chan Notification)
		ended := make(chan error, 1)
		go func() { ended <- Serve(context.Background(), w, o) }()
		send := func(text string) {
			if _, err := io.WriteString(client, text); err != nil {
				t.Error(err)
			}
			synctest.Wait()
		}
		send("<rpc><create-subscription><filter><netconf-config-change><changed-by><username>bob</username></changed-by></netconf-config-change><netconf-session-start/></filter></create-subscription></rpc>")
		for _, e := range []event.Event{event.CommitCompleted{}, event.Login{}, event.Logout{}, event.CommandLine{}} {
			news <- Notification{Time: noon, By: by, Entry: e.Entry()}
		}
		other := by
		other.User = "eve"
		news <- Notification{Time: noon, By: other, Entry: event.CommitCompleted{}.Entry()}
		synctest.Wait()
		send("<rpc><create-subscription/></rpc>")
		send("<rpc><close-session/></rpc>")
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	const start = "<notification xmlns=\"urn:ietf:params:xml:ns:netconf:notification:1.0\">\n<eventTime>2026-11-22T12:00:00.000Z</eventTime>\n"
	const who = "<username>bob</username>\n<session-id>42</session-id>\n<source-host>192.0.2.1</source-host>\n"
	want := "<ok/>\n</rpc-reply>\n]]>]]>\n" +
		start + "<netconf-config-change xmlns=\"urn:ietf:params:xml:ns:yang:ietf-netconf-notifications\">\n<changed-by>\n" + who + "</changed-by>\n<datastore>running</datastore>\n</netconf-config-change>\n</notification>\n]]>]]>\n" +
		start + "<netconf-session-start xmlns=\"urn:ietf:params:xml:ns:yang:ietf-netconf-notifications\">\n" + who + "</netconf-session-start>\n</notification>\n]]>]]>\n" +
		"<rpc-reply"
	if got := w.String(); !strings.Contains(got, want) || !strings.Contains(got, "this session has a subscription") {
		t.Error(got)
	}
}
