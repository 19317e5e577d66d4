package syslogd

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"loggia/audit/event"
	"loggia/syslogd/sink"
	"loggia/syslogd/wire"
)

// memory is a destination that keeps what it gets.
type memory struct {
	mu     sync.Mutex
	lines  []string
	counts sink.Counters
	block  chan struct{} // Write waits for it when it is not nil
	closed bool
}

func (m *memory) Style() *wire.Style { return &wire.Style{FacilityOverride: -1} }

func (m *memory) Write(l *sink.Lines) {
	if m.block != nil {
		<-m.block
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	from := uint32(0)
	for _, line := range l.Lines {
		m.lines = append(m.lines, strings.TrimSuffix(string(l.Buf[from:line.End]), "\n"))
		from = line.End
	}
	m.counts.Accepted += uint64(len(l.Lines))
	m.counts.Delivered += uint64(len(l.Lines))
}

func (m *memory) Counters() sink.Counters {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.counts
}

func (m *memory) Close(context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	return nil
}

func (m *memory) texts() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.lines)
}

// plain shows the message and nothing else that changes.
var plain = wire.Style{FacilityOverride: -1, HostName: "box"}

// engineTo returns an engine whose table has these routes, and no sockets.
func engineTo(t testing.TB, routes ...route) *Engine {
	t.Helper()
	e := New(Options{})
	known := new(table).compiled()
	for _, r := range routes {
		if r.compile(known); r.err != nil {
			t.Fatal(r.err)
		}
	}
	e.table.Store(newTable(routes, settings{maxMessage: DefaultMaxMessageSize, host: "box", zone: time.UTC}, nil))
	return e
}

// ready is what a destination of that selection and style wants.
func ready(s Selection, style wire.Style, fold bool) *wanted {
	w := &wanted{spec: screenSpec{options: sink.ScreenOptions{Style: style}}, selection: &s, fold: fold}
	w.compile(new(table).compiled())
	return w
}

func to(m *memory, s Selection) route {
	d := &destination{sink: m, account: new(account)}
	d.account.open(d)
	return route{d, ready(s, plain, false)}
}

// rules reads lines such as `any notice`, `authorization info`.
func rules(t testing.TB, lines ...string) []Rule {
	t.Helper()
	var all []Rule
	for _, l := range lines {
		word, sev, _ := strings.Cut(l, " ")
		set, ok := event.Named(word)
		level, ok2 := event.Level(sev)
		if !ok || !ok2 {
			t.Fatalf("bad rule %q", l)
		}
		all = append(all, Rule{Set: set, Any: word == "any", Level: level})
	}
	return all
}

// batch parses messages that come from origin.
func batch(origin wire.Origin, messages ...string) *wire.Batch {
	b := &wire.Batch{Received: time.Date(2026, 11, 22, 14, 15, 16, 0, time.UTC), Origin: origin}
	var ends []int
	for _, m := range messages {
		b.Buf = append(b.Buf, m...)
		ends = append(ends, len(b.Buf))
	}
	var p wire.Parser
	at := 0
	for _, end := range ends {
		p.Parse(b, at, end)
		at = end
	}
	return b
}

func TestSpecificLineOverridesAny(t *testing.T) {
	for _, c := range []struct {
		rules string
		f     event.Facility
		want  int
	}{
		{"any notice", event.Mail, 5},
		{"any any", event.Local7, 7},
		{"any any", event.ChangeLog, 7},
		{"any notice, authorization info", event.Authorization, 6},
		{"any notice, authorization info", event.AuthPriv, 6},
		{"any notice, authorization info", event.Daemon, 5},
		{"authorization error, any info", event.Authorization, 3}, // downwards, in whatever order
		{"any info, change-log none", event.ChangeLog, -1},
		{"change-log none, any info", event.ChangeLog, -1},
		{"any none, daemon any", event.Daemon, 7},
		{"any none, daemon any", event.User, -1},
		{"daemon any", event.User, -1},
		{"interactive-commands any", event.Local7, -1}, // the same number on the wire, not the same facility
		{"interactive-commands any", event.InteractiveCommands, 7},
		{"local7 any", event.InteractiveCommands, -1},
		{"any emergency", event.Kernel, 0},
	} {
		got := int(passes(rules(t, strings.Split(c.rules, ", ")...))[c.f]) - 1
		if got != c.want {
			t.Errorf("%s: facility %d passes to %d, want %d", c.rules, c.f, got, c.want)
		}
	}
}

func TestRoutesByFacilityAndSeverity(t *testing.T) {
	var all, auth, none memory
	e := engineTo(t,
		to(&all, Selection{Rules: rules(t, "any notice")}),
		to(&auth, Selection{Rules: rules(t, "authorization info")}),
		to(&none, Selection{}))
	e.Submit(batch(wire.Origin{Kind: wire.TCP},
		"<13>a: user notice", "<14>b: user info", "<38>c: auth info", "<80>d: authpriv emergency"))
	if got := all.texts(); len(got) != 2 || !strings.Contains(got[0], "user notice") || !strings.Contains(got[1], "authpriv") {
		t.Errorf("any notice got %q", got)
	}
	if got := auth.texts(); len(got) != 2 || !strings.Contains(got[0], "auth info") || !strings.Contains(got[1], "authpriv") {
		t.Errorf("authorization info got %q", got)
	}
	if got := none.texts(); len(got) != 0 {
		t.Errorf("a destination without rules got %q", got)
	}
}

func TestMatchAndMatchStringsAreAlternatives(t *testing.T) {
	const up, down, odd = "<13>a: Link UP on xe-0", "<13>a: link down on xe-0", "<13>a: something else"
	for _, c := range []struct {
		name    string
		s       Selection
		want    []string
		dropped uint64
	}{
		{"expression ignores case", Selection{Match: "link (up|lost)"}, []string{up}, 2},
		{"strings ignore case", Selection{MatchStrings: []string{"DOWN", "nothing"}}, []string{down}, 2},
		{"either suffices", Selection{Match: "up", MatchStrings: []string{"down"}}, []string{up, down}, 1},
		{"negation", Selection{Match: "!link"}, []string{odd}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			var m memory
			c.s.Rules = rules(t, "any any")
			r := to(&m, c.s)
			e := engineTo(t, r)
			e.Submit(batch(wire.Origin{Kind: wire.TCP}, up, down, odd))
			got := m.texts()
			if len(got) != len(c.want) {
				t.Fatalf("got %q, want %d lines", got, len(c.want))
			}
			for i, w := range c.want {
				if !strings.HasSuffix(got[i], strings.TrimPrefix(w, "<13>")) {
					t.Errorf("line %d is %q, want %q", i, got[i], w)
				}
			}
			if n := r.dest.snapshot(); n.Filtered != c.dropped || n.Selected != 3 {
				t.Errorf("selected %d, filtered %d; want 3, %d", n.Selected, n.Filtered, c.dropped)
			}
		})
	}
}

func TestMatchSeesTheTag(t *testing.T) {
	var m memory
	e := engineTo(t, to(&m, Selection{Rules: rules(t, "any any"), Match: "^UI_COMMIT: User"}))
	e.Log(event.Subject{}, event.Entry{Process: "mgd", Tag: "UI_COMMIT", Facility: event.InteractiveCommands, Severity: event.Notice, Text: "User 'a' requested"})
	if got := m.texts(); len(got) != 1 {
		t.Errorf("got %q", got)
	}
}

// Junos' own example keeps the messages of snmpd apart by its name. A `^` stands
// for the process or for what it says.
func TestMatchSeesTheProcess(t *testing.T) {
	const old, structured, bare = "<13>Nov 22 14:15:16 h snmpd[7]: link down", `<13>1 - h snmpd 7 ID47 [x@1 a="b"] link down`, "<13>snmp link down"
	for _, c := range []struct {
		match string
		want  string // o, s, b: which of the three
	}{
		{"SNMPD", "os"},
		{"!(.*snmpd.*)", "b"},
		{`snmpd\[7\]: (ID47: )?link`, "os"},
		{"^snmpd", "os"},
		{"^(ID47: )?link", "os"},
		{"!^link", "sb"},
		{"^h ", ""},
		{"!^(snmpd|snmp)", ""},
		{"down$", "osb"},
	} {
		got := ""
		for i, message := range []string{old, structured, bare} {
			var m memory
			e := engineTo(t, to(&m, Selection{Rules: rules(t, "any any"), Match: c.match}))
			e.Submit(batch(sentBy("10.0.0.7"), message))
			if len(m.texts()) == 1 {
				got += "osb"[i : i+1]
			}
		}
		if got != c.want {
			t.Errorf("match %q: %q, want %q", c.match, got, c.want)
		}
	}
}

// A structured message without text is shown, and matched, by its data.
func TestMatchSeesDataWithoutText(t *testing.T) {
	var m memory
	e := engineTo(t, to(&m, Selection{Rules: rules(t, "any any"), Match: `username="bob"`}))
	e.Submit(batch(sentBy("10.0.0.7"), `<13>1 - h mgd 7 UI_COMMIT [junos@2636 username="bob"]`, `<13>1 - - - - - [junos@2636 username="bob"]`))
	if n := len(m.texts()); n != 2 {
		t.Errorf("%d of 2 messages", n)
	}
}

func TestOutsideCannotSpeakForUsOrTheKernel(t *testing.T) {
	var own, kernel, user memory
	e := engineTo(t,
		to(&own, Selection{Rules: rules(t, "interactive-commands any", "change-log any")}),
		to(&kernel, Selection{Rules: rules(t, "kernel any")}),
		to(&user, Selection{Rules: rules(t, "user any")}))
	e.Submit(batch(wire.Origin{Kind: wire.Unix, UID: 0}, "<189>mgd[1]: UI_COMMIT: x", "<6>by root"))
	e.Submit(batch(wire.Origin{Kind: wire.Unix, UID: 1000}, "<6>by another"))
	forged := batch(wire.Origin{Kind: wire.UDP}, "<13>x")
	forged.Records[0].Facility = event.ChangeLog
	e.Submit(forged)
	if got := own.texts(); len(got) != 0 {
		t.Errorf("own facilities got %q from outside", got)
	}
	if got := kernel.texts(); len(got) != 1 || !strings.Contains(got[0], "by root") {
		t.Errorf("kernel got %q", got)
	}
	if got := user.texts(); len(got) != 1 || !strings.Contains(got[0], "by another") {
		t.Errorf("user got %q", got)
	}
	e.Log(event.Subject{}, event.Entry{Process: "mgd", Tag: "UI_COMMIT", Facility: event.InteractiveCommands, Text: "x"})
	if got := own.texts(); len(got) != 1 {
		t.Errorf("own record: got %q", got)
	}
}

func TestOrderIsKeptPastAFlush(t *testing.T) {
	var m memory
	e := engineTo(t, to(&m, Selection{Rules: rules(t, "any any")}), to(&memory{}, Selection{Rules: rules(t, "any any")}))
	var messages []string
	for i := range 40_000 { // far more than flushAt when formatted
		messages = append(messages, "<13>t: "+strings.Repeat("x", i%100)+" end")
	}
	e.Submit(batch(wire.Origin{Kind: wire.TCP}, messages...))
	got := m.texts()
	if len(got) != len(messages) {
		t.Fatalf("%d lines, want %d", len(got), len(messages))
	}
	for i := range got {
		if !strings.HasSuffix(got[i], messages[i][len("<13>"):]) {
			t.Fatalf("line %d is %q, want %q", i, got[i], messages[i])
		}
	}
}

func TestEqualStylesAndListsAreShared(t *testing.T) {
	any := Selection{Rules: rules(t, "any any")}
	e := engineTo(t, to(&memory{}, any), to(&memory{}, any), route{&destination{sink: &memory{}}, ready(any, wire.Style{Structured: true}, false)})
	tab := e.table.Load()
	if len(tab.styles) != 2 {
		t.Errorf("%d styles, want 2", len(tab.styles))
	}
	if &tab.routes[0][0][0] != &tab.routes[7][7][0] {
		t.Error("equal lists are not shared")
	}
}
