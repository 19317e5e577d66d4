package netconf

import (
	"bytes"
	"context"
	"io"
	"iter"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"loggia/audit/event"
	"loggia/configtree/schema"
	"loggia/configtree/store"
	"loggia/files"
	"loggia/netconf/frame"
	"loggia/op"
)

// noon is when everything in these tests happens.
var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// tape records the events that sessions make.
type tape struct {
	mu   sync.Mutex
	tags []string
}

func (r *tape) Record(_ event.Subject, events ...event.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range events {
		r.tags = append(r.tags, e.Entry().Text)
	}
}

func (r *tape) RecordDurable(_ context.Context, by event.Subject, e event.Event) error {
	r.Record(by, e)
	return nil
}

func (r *tape) text() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.tags, "\n")
}

const factory = `system {
    host-name r1;
    root-authentication {
        encrypted-password "$6$salt$hash";
    }
    syslog {
        file messages {
            any notice;
            authorization info;
        }
        host 192.0.2.9 {
            any any;
        }
    }
}
`

// box is a machine that sessions are opened on.
type box struct {
	t      testing.TB
	store  *store.Store
	tape   *tape
	events func(context.Context, Query) iter.Seq2[Event, error]
	pid    int
}

func newBox(t testing.TB) *box {
	t.Helper()
	root, err := schema.Load()
	if err != nil {
		t.Fatal(err)
	}
	b := &box{t: t, tape: &tape{}}
	b.store, err = store.Open(store.Options{Dir: t.TempDir(), Schema: root, Factory: []byte(factory), Recorder: b.tape, Version: "test",
		Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.store.Close(); err != nil {
			t.Error(err)
		}
	})
	if p := b.store.Start(context.Background()); len(p) > 0 {
		t.Fatal(p)
	}
	return b
}

// options are those of a session of a user with these rights.
func (b *box) options(class op.ClassDefinition) Options {
	b.t.Helper()
	compiled, problems := op.NewClass(class)
	if len(problems) > 0 {
		b.t.Fatal(problems)
	}
	root, err := files.New(files.Options{State: b.t.TempDir(), User: "ann"})
	if err != nil {
		b.t.Fatal(err)
	}
	b.pid++
	return Options{
		Env: op.Env{Store: b.store, Files: root, Recorder: b.tape, Now: func() time.Time { return noon }, Started: noon,
			Product: op.Product{Version: "0.1", Model: "loggia", Junos: "24.4R1.9"},
			Caller:  event.Subject{User: "ann", Class: class.Name, PID: 100 + b.pid}, Class: func() *op.Class { return compiled }},
		Junos:  "24.4R1",
		Events: b.events,
		Match: func(expression string) (func(string) bool, error) {
			e, err := regexp.Compile(expression)
			if err != nil {
				return nil, err
			}
			return e.MatchString, nil
		},
		Kill: func(id int) bool { return id == 7 },
	}
}

func everything() op.ClassDefinition {
	return op.ClassDefinition{Name: "super-user", Permissions: []string{"all"}}
}

// wire is a connection whose other side has said all it has to say.
type wire struct {
	io.Reader
	bytes.Buffer
}

func (w *wire) Read(b []byte) (int, error)  { return w.Reader.Read(b) }
func (w *wire) Write(b []byte) (int, error) { return w.Buffer.Write(b) }
func (w *wire) Close() error                { return nil }

// talk opens a session, says what the client says, and returns the replies
// without hello, one a string, without their start tags and delimiters.
func (b *box) talk(o Options, rpcs ...string) []string {
	b.t.Helper()
	w := &wire{Reader: strings.NewReader(strings.Join(rpcs, "\n]]>]]>\n"))}
	if err := Serve(context.Background(), w, o); err != nil {
		b.t.Error(err)
	}
	messages := strings.Split(strings.TrimSuffix(w.String(), "]]>]]>\n"), "]]>]]>\n")
	replies := messages[1:]
	for i, m := range replies {
		_, m, ok := strings.Cut(m, ">\n")
		end := "</rpc-reply>\n"
		if o.RFC {
			end = "</nc:rpc-reply>\n"
		}
		if !ok || !strings.HasSuffix(m, end) {
			b.t.Errorf("no reply: %s", replies[i])
		}
		replies[i] = strings.TrimSuffix(m, end)
	}
	return replies
}

// say is talk with the one rpc of a user who may do everything.
func (b *box) say(rpc string) string {
	b.t.Helper()
	replies := b.talk(b.options(everything()), "<rpc>"+rpc+"</rpc>")
	if len(replies) != 1 {
		b.t.Fatalf("%d replies: %q", len(replies), replies)
	}
	return replies[0]
}

const ok = "<ok/>\n"

func failure(kind, tag, severity, path, message, bad string) string {
	s := "<rpc-error>\n<error-type>" + kind + "</error-type>\n<error-tag>" + tag + "</error-tag>\n<error-severity>" + severity + "</error-severity>\n"
	if path != "" {
		s += "<error-path>" + path + "</error-path>\n"
	}
	s += "<error-message>" + message + "</error-message>\n"
	if bad != "" {
		s += "<error-info>\n<bad-element>" + bad + "</bad-element>\n</error-info>\n"
	}
	return s + "</rpc-error>\n"
}

// The hello comes first, unprompted, in the form that all clients take.
func TestHello(t *testing.T) {
	b := newBox(t)
	w := &wire{Reader: strings.NewReader("")}
	if err := Serve(context.Background(), w, b.options(everything())); err != nil {
		t.Error(err)
	}
	want := `<hello xmlns="urn:ietf:params:xml:ns:netconf:base:1.0">
<capabilities>
<capability>urn:ietf:params:netconf:base:1.0</capability>
`
	if got := w.String(); !strings.HasPrefix(got, want) || !strings.HasSuffix(got, "</capabilities>\n<session-id>101</session-id>\n</hello>\n]]>]]>\n") ||
		strings.Contains(got, "base:1.1") {
		t.Error(got)
	}
}

// With rfc-compliant the elements of NETCONF have the prefix nc:, as Junos has it,
// and those of others have none.
func TestPrefix(t *testing.T) {
	b := newBox(t)
	o := b.options(everything())
	o.RFC = true
	w := &wire{Reader: strings.NewReader(`<rpc message-id="1" xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><get-config><source><running/></source><filter>` +
		`<configuration><system><host-name/></system></configuration></filter></get-config></rpc>` +
		`<nc:rpc xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0"><nc:unlock><nc:target><nc:candidate/></nc:target></nc:unlock></nc:rpc><rpc><commit/></rpc>` +
		`<rpc><load-configuration action="set"><configuration-set>delete system time-zone</configuration-set></load-configuration></rpc>`)}
	if err := Serve(context.Background(), w, o); err != nil {
		t.Error(err)
	}
	start := func(attributes string) string {
		return `<nc:rpc-reply xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" xmlns:junos="http://xml.juniper.net/junos/24.4R1/junos"` + attributes + ">\n"
	}
	const end = "</nc:rpc-reply>\n]]>]]>\n"
	failure := func(text string) string { return strings.NewReplacer("</", "</nc:", "<", "<nc:").Replace(text) }
	hello, replies, _ := strings.Cut(w.String(), "]]>]]>\n")
	if !strings.HasPrefix(hello, "<nc:hello xmlns:nc=\"urn:ietf:params:xml:ns:netconf:base:1.0\">\n<nc:capabilities>\n<nc:capability>urn:ietf:params:netconf:base:1.0</nc:capability>\n") ||
		!strings.HasSuffix(hello, "</nc:capabilities>\n<nc:session-id>101</nc:session-id>\n</nc:hello>\n") {
		t.Error(hello)
	}
	want := start(` message-id="1"`) + "<nc:data>\n" + configStart + "        <system>\n            <host-name>r1</host-name>\n        </system>\n</configuration>\n</nc:data>\n" + end +
		start("") + failure("<rpc-error>\n<error-type>protocol</error-type>\n<error-tag>operation-failed</error-tag>\n<error-severity>error</error-severity>\n<error-message>the configuration is not locked by this session</error-message>\n</rpc-error>\n") + end +
		start("") + "<nc:ok/>\n" + end +
		start("") + "<load-configuration-results>\n" + failure("<rpc-error>\n<error-type>protocol</error-type>\n<error-tag>operation-failed</error-tag>\n<error-severity>warning</error-severity>\n<error-path>[edit system time-zone]</error-path>\n<error-message>statement not found</error-message>\n<error-info>\n<bad-element>time-zone</bad-element>\n</error-info>\n</rpc-error>\n") +
		"</load-configuration-results>\n" + end
	if replies != want {
		t.Errorf("%s\nwant:\n%s", replies, want)
	}
}

// clients.md, rules 3, 7, 9, 12 and 15.
func TestReplies(t *testing.T) {
	const start = `<rpc-reply xmlns="urn:ietf:params:xml:ns:netconf:base:1.0" xmlns:junos="http://xml.juniper.net/junos/24.4R1/junos"`
	b := newBox(t)
	for _, c := range []struct{ name, in, want string }{
		{"attributes come back", `<rpc message-id="urn:uuid:1&quot;2" a:b='c' xmlns:a="x"><close-session/></rpc>`,
			start + ` message-id="urn:uuid:1&#34;2" a:b="c" xmlns:a="x">` + "\n<ok/>\n</rpc-reply>\n"},
		{"prefixes", `<nc:rpc xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" message-id="1"><nc:close-session/></nc:rpc>`,
			start + ` xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" message-id="1">` + "\n<ok/>\n</rpc-reply>\n"},
		{"no hello, no id, no delimiter", `<rpc><close-session/></rpc>`, start + ">\n<ok/>\n</rpc-reply>\n"},
		{"nothing there", `<rpc><get-configuration><configuration><system><ntp/></system></configuration></get-configuration></rpc>`, start + ">\n</rpc-reply>\n"},
		{"hello is no request", `<hello><capabilities/></hello>]]>]]><rpc><close-session/></rpc>`, start + ">\n<ok/>\n</rpc-reply>\n"},
		{"no rpc", `<foo/>`, start + ">\n" + failure("rpc", "unknown-element", "error", "", "expecting &lt;rpc&gt;", "foo") + "</rpc-reply>\n"},
		{"empty", `<rpc/>`, start + ">\n" + failure("protocol", "missing-element", "error", "", "missing mandatory element: rpc", "rpc") + "</rpc-reply>\n"},
		{"broken", `<rpc><a></b></rpc>]]>]]>`, start + ">\n" + failure("rpc", "malformed-message", "error", "", "&lt;/b&gt; closes &lt;a&gt;", "") + "</rpc-reply>\n"},
	} {
		w := &wire{Reader: strings.NewReader(c.in)}
		if err := Serve(context.Background(), w, b.options(everything())); err != nil {
			t.Error(err)
		}
		_, got, _ := strings.Cut(w.String(), "]]>]]>\n")
		if got != c.want+"]]>]]>\n" {
			t.Errorf("%s:\n%s", c.name, got)
		}
	}
}

// Large requests of all sessions share a budget: what there is no memory for is
// refused, and the session goes on.
func TestBudget(t *testing.T) {
	b := newBox(t)
	o := b.options(everything())
	o.Budget = frame.NewBudget(1 << 20)
	load := func(bytes int) string {
		return `<load-configuration action="set"><configuration-set>` + strings.Repeat("#\n", bytes/2) + "</configuration-set></load-configuration>"
	}
	file := "<file><name>f</name><contents><name>any</name><any/></contents></file>\n"
	edit := func(n int) string {
		return "<load-configuration><configuration><system><syslog>" + strings.Repeat(file, n) + "</syslog></system></configuration></load-configuration>"
	}
	busy := failure("rpc", "resource-denied", "error", "", "other sessions are sending too much at the moment; try again", "")
	var in, want strings.Builder
	say := func(id, rpc, reply string) {
		in.WriteString(`<rpc message-id="` + id + `">` + rpc + "</rpc>]]>]]>\n")
		want.WriteString(id + "\n" + reply)
	}
	say("1", load(2<<20), busy)
	say("2", load(900<<10), loaded(ok))
	say("3", "<get-config><source>"+strings.Repeat("<a/>", 9000)+"</source></get-config>", busy)
	say("4", edit((1<<20+1<<18)/len(file)), busy)
	say("5", edit(1), loaded(ok))
	w := &wire{Reader: strings.NewReader(in.String())}
	if err := Serve(context.Background(), w, o); err != nil {
		t.Error(err)
	}
	var got strings.Builder
	for m := range strings.SplitSeq(w.String(), "]]>]]>\n") {
		if head, inside, ok := strings.Cut(strings.TrimSuffix(m, "</rpc-reply>\n"), ">\n"); ok && strings.Contains(head, "message-id") {
			_, id, _ := strings.Cut(head, `message-id="`)
			got.WriteString(strings.TrimSuffix(id, `"`) + "\n" + inside)
		}
	}
	if got.String() != want.String() {
		t.Errorf("%s\nwant:\n%s", got.String(), want.String())
	}
	if left := (&frame.Loan{From: o.Budget}); left.Hold(1<<20) != nil {
		t.Error("a session that is over keeps memory")
	}
}

// Chunks are used once both sides have offered them (RFC 6242, 4.1).
func TestChunks(t *testing.T) {
	b := newBox(t)
	for _, c := range []struct {
		offer bool
		hello string
		want  string
	}{
		{true, "urn:ietf:params:netconf:base:1.1", "\n#135\n"},
		{true, "urn:ietf:params:netconf:base:1.0", "<rpc-reply"},
		{false, "urn:ietf:params:netconf:base:1.1", "<rpc-reply"},
	} {
		o := b.options(everything())
		o.Chunks = c.offer
		rpc := "<rpc><close-session/></rpc>"
		if strings.HasPrefix(c.want, "\n#") {
			rpc = "\n#27\n" + rpc + "\n##\n"
		}
		w := &wire{Reader: strings.NewReader("<hello><capabilities><capability>" + c.hello + "</capability></capabilities></hello>]]>]]>" + rpc)}
		if err := Serve(context.Background(), w, o); err != nil {
			t.Error(err)
		}
		if _, got, _ := strings.Cut(w.String(), "]]>]]>\n"); !strings.HasPrefix(got, c.want) {
			t.Errorf("%+v: %q", c, got)
		}
	}
}
