package netconf

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"loggia/op"
)

// journal is a log with five events; one that is followed then waits.
func journal(ctx context.Context, q Query) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		if q.Stream != "messages" {
			yield(Event{}, errors.New("could not resolve file: "+q.Stream))
			return
		}
		for i, tag := range []string{"UI_COMMIT", "UI_COMMIT_COMPLETED", "", "UI_COMMIT", ""} {
			e := Event{Position: fmt.Sprintf("n.1.%d", i+1), Tag: tag, Process: "mgd", Host: "r1", Time: noon.Add(time.Duration(i) * time.Minute),
				Facility: "local7", Severity: "notice", Parameters: []string{"username=ann"}}
			e.Line = fmt.Sprintf("line %d <%s>", i+1, tag)
			if q.Now || q.After >= e.Position || e.Time.Before(q.Since) {
				continue
			}
			if i == 2 && !yield(Event{Lost: true, From: "n.1.2", To: "n.1.2"}, nil) || !yield(e, nil) {
				return
			}
		}
		if q.Follow && yield(Event{Idle: true, Position: "n.1.5"}, nil) {
			<-ctx.Done()
			yield(Event{}, ctx.Err())
		}
	}
}

func TestEvents(t *testing.T) {
	b := newBox(t)
	b.events = journal
	const (
		gap = "[events after n.1.2 up to n.1.2 are lost]\n"
		all = "line 1 &lt;UI_COMMIT&gt;\nline 2 &lt;UI_COMMIT_COMPLETED&gt;\n" + gap + "line 3 &lt;&gt;\nline 4 &lt;UI_COMMIT&gt;\nline 5 &lt;&gt;\n"
	)
	lines := func(text string) string {
		return "<syslog-events>\n<syslog>\n" + text + "</syslog>\n</syslog-events>\n"
	}
	for _, c := range []struct{ name, in, want string }{
		{"recorded", "<recorded/>", lines(all)},
		{"up to now", "<current-time/>", lines(all)},
		{"event", "<event>UI_COMMIT</event><recorded/>", lines("line 1 &lt;UI_COMMIT&gt;\n" + gap + "line 4 &lt;UI_COMMIT&gt;\n")},
		{"count", "<count>2</count>", lines("line 1 &lt;UI_COMMIT&gt;\nline 2 &lt;UI_COMMIT_COMPLETED&gt;\n")},
		{"text", "<text-pattern>line [12] </text-pattern><recorded/>", lines("line 1 &lt;UI_COMMIT&gt;\nline 2 &lt;UI_COMMIT_COMPLETED&gt;\n" + gap)},
		{"no such process", "<process>sshd</process><recorded/>", lines(gap)},
		{"host and priority", "<host>r1</host><priority>local7.notice</priority><parameter>^username=a</parameter><count>1</count>", lines("line 1 &lt;UI_COMMIT&gt;\n")},
		{"one of several priorities", "<priority>kernel.error</priority><priority>local7.notice</priority><count>1</count>", lines("line 1 &lt;UI_COMMIT&gt;\n")},
		{"facility and severity", "<priority>local7</priority><priority>daemon</priority><priority>NOTICE</priority><priority>error</priority><count>1</count>", lines("line 1 &lt;UI_COMMIT&gt;\n")},
		{"facility and another severity", "<priority>local7</priority><priority>error</priority><recorded/>", lines(gap)},
		{"other pair", "<priority>local7.error</priority><recorded/>", lines(gap)},
		{"other priority", "<priority>kernel</priority><recorded/>", lines(gap)},
		{"other parameter", "<parameter>=root$</parameter><recorded/>", lines(gap)},
		{"page", "<start-count>4</start-count><end-count>4</end-count>", lines(gap + "line 4 &lt;UI_COMMIT&gt;\n")},
		{"number", "<total-events/>", "<syslog-events>\n" + gap + "<total-events>5</total-events>\n</syslog-events>\n"},
		{"since", "<start-time>2026-11-22 12:03:00</start-time><recorded/>", lines("line 4 &lt;UI_COMMIT&gt;\nline 5 &lt;&gt;\n")},
		{"until", "<stop-time>2026-11-22T11:00:00Z</stop-time>", lines("")},
		{"reverse", "<reverse/><start-time>2026-11-22 12:03:00</start-time>", lines("line 5 &lt;&gt;\nline 4 &lt;UI_COMMIT&gt;\n")},
		{"positions", `<l:position xmlns:l="x">n.1.3</l:position><recorded/>`, "<syslog-events xmlns:loggia=\"urn:loggia:syslog-events\">\n" +
			"<loggia:event position=\"n.1.4\">line 4 &lt;UI_COMMIT&gt;</loggia:event>\n<loggia:event position=\"n.1.5\">line 5 &lt;&gt;</loggia:event>\n</syslog-events>\n"},
		{"gap in positions", `<position>n.1.1</position><count>2</count>`, "<syslog-events xmlns:loggia=\"urn:loggia:syslog-events\">\n" +
			"<loggia:event position=\"n.1.2\">line 2 &lt;UI_COMMIT_COMPLETED&gt;</loggia:event>\n<loggia:lost after=\"n.1.2\" to=\"n.1.2\"/>\n<loggia:event position=\"n.1.3\">line 3 &lt;&gt;</loggia:event>\n</syslog-events>\n"},
		{"bad time", "<start-time>noon</start-time>", failure("application", "invalid-value", "error", "", "start-time is a time such as 2026-11-22 14:15:16 or 2026-11-22T14:15:16Z", "start-time")},
		{"bad number", "<count>-1</count>", failure("application", "invalid-value", "error", "", "count is a number", "count")},
		{"bad expression", "<text-pattern>(</text-pattern>", failure("application", "invalid-value", "error", "", "error parsing regexp: missing closing ): `(`", "text-pattern")},
		{"unknown", "<nosuch/>", failure("protocol", "unknown-element", "error", "", "syntax error", "nosuch")},
	} {
		if got := b.say("<get-syslog-events><stream>messages</stream>" + c.in + "</get-syslog-events>"); got != c.want {
			t.Errorf("%s:\n%s\nwant:\n%s", c.name, got, c.want)
		}
	}
	if got := b.say("<get-syslog-events/>"); got != failure("protocol", "missing-element", "error", "", "missing mandatory element: stream", "stream") {
		t.Errorf("no stream: %s", got)
	}
	if got := b.say("<get-syslog-events><stream>x</stream><recorded/></get-syslog-events>"); got != "<syslog-events>\n<syslog>\n</syslog>\n<error-message>could not resolve file: x</error-message>\n</syslog-events>\n" {
		t.Errorf("no log: %s", got)
	}
	denied := strings.Join(b.talk(b.options(op.ClassDefinition{Name: "reader", Permissions: []string{"view"}}), "<rpc><get-syslog-events><stream>messages</stream></get-syslog-events></rpc>"), "")
	for class, want := range map[*op.ClassDefinition]string{
		{Permissions: []string{"trace"}}: "<syslog-events>", {Permissions: []string{"all"}, DenyCommands: "show log messages"}: "access-denied",
		{Permissions: []string{"all"}, DenyCommands: "show log audit"}: "<syslog-events>",
	} {
		got := strings.Join(b.talk(b.options(*class), "<rpc><get-syslog-events><stream>messages</stream><recorded/></get-syslog-events></rpc>"), "")
		if !strings.Contains(got, want) {
			t.Errorf("%+v:\n%s", *class, got)
		}
	}
	if denied != failure("protocol", "access-denied", "error", "", "permission denied", "get-syslog-events") {
		t.Errorf("without the permission trace: %s", denied)
	}
}

// pipe is the server's side of a connection whose ends are closed one by one.
type pipe struct {
	io.Reader
	io.Writer
	closed chan struct{}
}

func (p pipe) Close() error {
	select {
	case <-p.closed:
	default:
		close(p.closed)
	}
	return nil
}

// An open reply stays open when the input ends, and ends at the next request.
func TestEventsAreFollowed(t *testing.T) {
	b := newBox(t)
	b.events = journal
	o := b.options(everything())
	synctest.Test(t, func(t *testing.T) {
		in, client := io.Pipe()
		server, out := io.Pipe()
		var heard strings.Builder
		listening := make(chan struct{})
		go func() {
			_, _ = io.Copy(&heard, server)
			close(listening)
		}()
		ended := make(chan error, 1)
		go func() {
			ended <- Serve(context.Background(), pipe{in, out, make(chan struct{})}, o)
			out.Close()
		}()
		send := func(text string) {
			if _, err := io.WriteString(client, text); err != nil {
				t.Error(err)
			}
			synctest.Wait()
		}
		send(`<rpc><get-syslog-events><stream>messages</stream><position>n.1.4</position></get-syslog-events></rpc>`)
		const open = "<loggia:event position=\"n.1.5\">line 5 &lt;&gt;</loggia:event>\n<loggia:at position=\"n.1.5\"/>\n"
		if got := heard.String(); !strings.HasSuffix(got, open) {
			t.Errorf("while the reply is open: %q", got)
		}
		send("<rpc><close-session/></rpc>")
		if err := <-ended; err != nil {
			t.Error(err)
		}
		<-listening
		if got := heard.String(); !strings.Contains(got, open+"</syslog-events>\n</rpc-reply>\n]]>]]>\n<rpc-reply") || !strings.HasSuffix(got, "<ok/>\n</rpc-reply>\n]]>]]>\n") {
			t.Errorf("in the end: %q", got)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		w := &wire{Reader: strings.NewReader(`<rpc><get-syslog-events><stream>messages</stream></get-syslog-events></rpc>`)}
		ended := make(chan error, 1)
		go func() { ended <- Serve(ctx, w, o) }()
		synctest.Wait()
		if got := w.String(); !strings.HasSuffix(got, "<syslog-events>\n<syslog>\n") {
			t.Errorf("after the end of the input: %q", got)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
