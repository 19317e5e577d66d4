package netconf

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/beevik/etree"

	"loggia/audit/event"
)

// Notification is a record that a subscription may be about.
type Notification struct {
	Time  time.Time
	By    event.Subject
	Entry event.Entry
	// Replayed says, instead of a record, that all that was asked for again has been
	// sent (RFC 5277, 2.1.1).
	Replayed bool
}

// Name spaces of RFC 5277 and RFC 6470.
const (
	notificationNamespace  = "urn:ietf:params:xml:ns:netconf:notification:1.0"
	notificationsNamespace = "urn:ietf:params:xml:ns:yang:ietf-netconf-notifications"
)

// subscription is a create-subscription taken apart.
type subscription struct {
	since, until time.Time
	filter       *etree.Element // nil for everything
}

// createSubscription begins to send notifications (RFC 5277, 2.1.1). Other
// requests are answered meanwhile.
func createSubscription(ctx context.Context, s *session, r *request) error {
	if s.subscribed {
		return &rpcError{tag: "operation-failed", message: "this session has a subscription"}
	}
	sub, err := s.subscription(r.op)
	if err != nil {
		return err
	}
	// What is over is read out of the log: who did what and when, of everybody.
	if !sub.since.IsZero() && !s.env.Class().Command("trace", []string{"show", "log"}) {
		return s.refused(r.op.Tag)
	}
	s.subscribed = true
	r.ok()
	ctx, cancel := context.WithCancel(ctx)
	s.unsubscribe = cancel
	s.after = func() { s.beside(func() { s.notify(ctx, sub) }) }
	return nil
}

func (s *session) subscription(e *etree.Element) (sub subscription, err error) {
	if stream := text(child(e, "stream")); stream != "" && stream != "NETCONF" {
		return sub, badValue("stream", "no such stream: "+stream)
	}
	for name, to := range map[string]*time.Time{"startTime": &sub.since, "stopTime": &sub.until} {
		if c := child(e, name); c != nil {
			if *to, err = time.Parse(time.RFC3339Nano, text(c)); err != nil {
				return sub, badElement(name, name+" is a time such as 2026-11-22T14:15:16Z")
			}
		}
	}
	switch {
	case !sub.until.IsZero() && sub.since.IsZero():
		return sub, missingElement("startTime")
	case !sub.until.IsZero() && sub.until.Before(sub.since):
		return sub, badElement("stopTime", "stopTime is before startTime")
	case sub.since.After(s.env.Now()):
		return sub, badElement("startTime", "startTime is in the future")
	}
	if sub.filter = child(e, "filter"); sub.filter != nil {
		if kind, ok := attribute(sub.filter, "type"); ok && kind != "subtree" {
			return sub, badAttribute("filter", "type", "filters are subtrees; xpath is not supported")
		}
	}
	return sub, nil
}

// notify sends what happens until ctx ends, or stopTime comes.
func (s *session) notify(ctx context.Context, sub subscription) {
	ended := !sub.until.IsZero() && !sub.until.After(s.env.Now()) // what was recorded is all that there will be
	if !sub.until.IsZero() && !ended {
		limited, cancel := context.WithDeadline(ctx, sub.until)
		defer cancel()
		ctx = limited
	}
	for n, err := range s.o.Notifications(ctx, sub.since) {
		switch {
		case ctx.Err() != nil || err != nil:
		case n.Replayed:
			s.send(s.env.Now(), "<replayComplete xmlns=\""+notificationNamespace+"\"/>\n")
		case sub.until.IsZero() || !n.Time.After(sub.until):
			if content := describe(&n); content != "" && sub.takes(content) {
				s.send(n.Time, content)
			}
		}
		if ctx.Err() != nil || ended && n.Replayed {
			break
		}
	}
	if !sub.until.IsZero() {
		s.send(s.env.Now(), "<notificationComplete xmlns=\""+notificationNamespace+"\"/>\n")
	}
}

// send sends one notification. An error shows at the next reply.
func (s *session) send(at time.Time, content string) {
	s.writing.Lock()
	defer s.writing.Unlock()
	_, _ = fmt.Fprintf(s.out, "<notification xmlns=\"%s\">\n<eventTime>%s</eventTime>\n%s</notification>\n",
		notificationNamespace, at.UTC().Format("2006-01-02T15:04:05.000Z"), content)
	_ = s.out.End()
}

// describe is what RFC 6470 says about a record, "" if it says nothing.
func describe(n *Notification) string {
	by := "<username>" + Escape(n.By.User) + "</username>\n"
	if n.By.Client == client {
		by += fmt.Sprintf("<session-id>%d</session-id>\n", n.By.PID)
	} else {
		by += "<session-id>0</session-id>\n"
	}
	if host, _, _ := strings.Cut(n.By.Remote, " "); host != "" {
		by += "<source-host>" + Escape(host) + "</source-host>\n"
	}
	what := ""
	switch n.Entry.Tag {
	case event.CommitCompleted{}.Entry().Tag:
		what = "<changed-by>\n" + by + "</changed-by>\n<datastore>running</datastore>\n"
		return notificationElement("netconf-config-change", what)
	case event.Login{}.Entry().Tag:
		what = "netconf-session-start"
	case event.Logout{}.Entry().Tag:
		what, by = "netconf-session-end", by+"<termination-reason>closed</termination-reason>\n"
	case event.CommitConfirmedTimed{}.Entry().Tag:
		return notificationElement("netconf-confirmed-commit", by+"<confirm-event>start</confirm-event>\n")
	case event.CommitConfirmed{}.Entry().Tag:
		return notificationElement("netconf-confirmed-commit", by+"<confirm-event>complete</confirm-event>\n")
	case event.CommitNotConfirmed{}.Entry().Tag:
		return notificationElement("netconf-confirmed-commit", "<confirm-event>timeout</confirm-event>\n")
	}
	if what == "" || n.By.Client != client {
		return ""
	}
	return notificationElement(what, by)
}

func notificationElement(name, inside string) string {
	return "<" + name + " xmlns=\"" + notificationsNamespace + "\">\n" + inside + "</" + name + ">\n"
}

// takes reports whether the filter lets a notification through: one of its
// elements has the name and whatever contents it asks for.
func (sub *subscription) takes(content string) bool {
	if sub.filter == nil {
		return true
	}
	m, err := parse([]byte(content), nil)
	if err != nil {
		return false
	}
	for _, f := range sub.filter.ChildElements() {
		if f.Tag == m.root.Tag && within(m.root, f) {
			return true
		}
	}
	return false
}

// within reports whether e has what the filter f asks for (RFC 6241, 6.2).
func within(e, f *etree.Element) bool {
	if want := text(f); want != "" && len(f.ChildElements()) == 0 {
		return text(e) == want
	}
	for _, c := range f.ChildElements() {
		found := false
		for _, d := range e.ChildElements() {
			found = found || d.Tag == c.Tag && within(d, c)
		}
		if !found {
			return false
		}
	}
	return true
}
