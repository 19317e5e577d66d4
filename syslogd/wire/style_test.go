package wire

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"loggia/audit/event"
)

func format(s Style, b *Batch, r *Record) string {
	var c Stamps
	return string(s.Append(nil, b, r, &c))
}

// plainStyle is a file without format statements.
func plainStyle() Style { return Style{FacilityOverride: -1, HostName: "gw"} }

func with(change func(*Style)) Style {
	s := plainStyle()
	change(&s)
	return s
}

// commit is an own record as junos-cli.md, 9.2 shows it.
var commit = event.Entry{
	Process: "mgd", Tag: "UI_COMMIT", Facility: event.InteractiveCommands, Severity: event.Notice,
	Text:  "User 'admin' requested 'commit' operation (comment: first)",
	Attrs: []event.Attr{{Name: "username", Value: "admin"}, {Name: "message", Value: `a "b" [c] d\`}},
}

func ownRecord(e event.Entry) (*Batch, *Record) {
	b := &Batch{Received: received}
	AppendEntry(b, e, 4163, "gw")
	return b, &b.Records[0]
}

func TestStylesOfAnOwnRecord(t *testing.T) {
	structured := func(s *Style) { s.Structured = true }
	const sd = `[loggia@32473 username="admin" message="a \"b\" [c\] d\\"]`
	for _, c := range []struct {
		name  string
		style Style
		want  string
	}{
		{"standard", plainStyle(), "Nov 22 14:30:00 gw mgd[4163]: UI_COMMIT: User 'admin' requested 'commit' operation (comment: first)"},
		{"explicit", with(func(s *Style) { s.ExplicitPriority = true }), "Nov 22 14:30:00 gw mgd[4163]: %INTERACT-5-UI_COMMIT: User 'admin' requested 'commit' operation (comment: first)"},
		{"year", with(func(s *Style) { s.Year = true }), "Nov 22 14:30:00 2026 gw mgd[4163]: UI_COMMIT: User 'admin' requested 'commit' operation (comment: first)"},
		{"millisecond", with(func(s *Style) { s.Millisecond = true }), "Nov 22 14:30:00.250 gw mgd[4163]: UI_COMMIT: User 'admin' requested 'commit' operation (comment: first)"},
		{"both", with(func(s *Style) { s.Year, s.Millisecond = true, true }), "Nov 22 14:30:00.250 2026 gw mgd[4163]: UI_COMMIT: User 'admin' requested 'commit' operation (comment: first)"},
		{"zone", with(func(s *Style) { s.Zone = berlin }), "Nov 22 15:30:00 gw mgd[4163]: UI_COMMIT: User 'admin' requested 'commit' operation (comment: first)"},
		{"prefix", with(func(s *Style) { s.Prefix = "M120" }), "Nov 22 14:30:00 gw M120: mgd[4163]: UI_COMMIT: User 'admin' requested 'commit' operation (comment: first)"},
		{"hostile prefix", with(func(s *Style) { s.Prefix = "a\nb" }), "Nov 22 14:30:00 gw a#012b: mgd[4163]: UI_COMMIT: User 'admin' requested 'commit' operation (comment: first)"},
		{"no host", with(func(s *Style) { s.ExcludeHostname = true }), "Nov 22 14:30:00 mgd[4163]: UI_COMMIT: User 'admin' requested 'commit' operation (comment: first)"},
		{"remote", with(func(s *Style) { s.PRI = true }), "<189>Nov 22 14:30:00 gw mgd[4163]: UI_COMMIT: User 'admin' requested 'commit' operation (comment: first)"},
		{"override", with(func(s *Style) { s.PRI, s.ExplicitPriority, s.FacilityOverride = true, true, 16 }),
			"<133>Nov 22 14:30:00 gw mgd[4163]: %INTERACT-5-UI_COMMIT: User 'admin' requested 'commit' operation (comment: first)"},
		{"structured", with(structured), "<189>1 2026-11-22T14:30:00.250Z gw mgd 4163 UI_COMMIT " + sd + " User 'admin' requested 'commit' operation (comment: first)"},
		{"brief", with(func(s *Style) { s.Structured, s.Brief = true, true }), "<189>1 2026-11-22T14:30:00.250Z gw mgd 4163 UI_COMMIT " + sd},
		{"structured zone", with(func(s *Style) { s.Structured, s.Brief, s.Zone = true, true, berlin }), "<189>1 2026-11-22T15:30:00.250+01:00 gw mgd 4163 UI_COMMIT " + sd},
		{"structured override", with(func(s *Style) { s.Structured, s.Brief, s.FacilityOverride = true, true, 0 }), "<5>1 2026-11-22T14:30:00.250Z gw mgd 4163 UI_COMMIT " + sd},
		{"structured no host", with(func(s *Style) { s.Structured, s.Brief, s.ExcludeHostname = true, true, true }), "<189>1 2026-11-22T14:30:00.250Z - mgd 4163 UI_COMMIT " + sd},
		{"structured prefix", with(func(s *Style) { s.Structured, s.Prefix = true, "M120" }), "<189>1 2026-11-22T14:30:00.250Z gw mgd 4163 UI_COMMIT " + sd + " M120: User 'admin' requested 'commit' operation (comment: first)"},
	} {
		b, r := ownRecord(commit)
		if got := format(c.style, b, r); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

func TestEngineEntries(t *testing.T) {
	explicit := with(func(s *Style) { s.ExplicitPriority = true })
	structured := with(func(s *Style) { s.Structured = true })
	for _, c := range []struct {
		event event.Event
		style Style
		pid   int
		want  string
	}{
		{event.Repeated{N: 6, Facility: event.Daemon, Severity: event.Info}, plainStyle(), 0, "Nov 22 14:30:00 gw last message repeated 6 times"},
		{event.Repeated{N: 6, Facility: event.Daemon, Severity: event.Info}, explicit, 0, "Nov 22 14:30:00 gw last message repeated 6 times"},
		{event.Repeated{N: 6, Facility: event.Daemon, Severity: event.Info}, structured, 0, "<30>1 2026-11-22T14:30:00.250Z gw - - - - last message repeated 6 times"},
		{event.LogTurnedOver{SizeKiB: 128}, plainStyle(), 36050, "Nov 22 14:30:00 gw newsyslog[36050]: logfile turned over due to size>128K"},
		{event.LogCleared{}, plainStyle(), 12, "Nov 22 14:30:00 gw clear-log[12]: logfile cleared"},
		{event.LogCleared{}, explicit, 12, "Nov 22 14:30:00 gw clear-log[12]: %SYSLOG-6: logfile cleared"},
	} {
		b := &Batch{Received: received}
		AppendEntry(b, c.event.Entry(), c.pid, "")
		if got := format(c.style, b, &b.Records[0]); got != c.want {
			t.Errorf("\n got %s\nwant %s", got, c.want)
		}
	}
}

// TestRelay: what comes in either form leaves in either form.
func TestRelay(t *testing.T) {
	const tag3164 = "<30>Nov 22 12:00:00 r1 sshd[9]: hello"
	const tag5424 = `<30>1 2026-11-22T12:00:00.123456+01:00 r1 sshd 9 ID47 [x@1 a="b"] hello`
	const junos = `<189>1 2026-11-22T12:00:00.123Z r1 mgd 9 UI_COMMIT [junos@2636 a="b"] User`
	for _, c := range []struct{ in, standard, structured string }{
		{tag3164, "Nov 22 12:00:00 r1 sshd[9]: hello", "<30>1 2026-11-22T12:00:00.000Z r1 sshd 9 - - hello"},
		{tag5424, "Nov 22 11:00:00 r1 sshd[9]: hello", tag5424},
		{junos, "Nov 22 12:00:00 r1 mgd[9]: UI_COMMIT: User", junos},
		{strings.TrimSuffix(junos, " User"), `Nov 22 12:00:00 r1 mgd[9]: UI_COMMIT: [junos@2636 a="b"]`, strings.TrimSuffix(junos, " User")},
		{"<13>2026-11-22T12:00:00.123456789Z r1 t: m", "Nov 22 12:00:00 r1 t: m", "<13>1 2026-11-22T12:00:00.123Z r1 t - - - m"},
		{"<13>2026-11-22T12:00:00.123456Z r1 t: m", "Nov 22 12:00:00 r1 t: m", "<13>1 2026-11-22T12:00:00.123456Z r1 t - - - m"},
		{"just text", "Nov 22 14:30:00 192.0.2.9 just text", "<13>1 2026-11-22T14:30:00.250Z 192.0.2.9 - - - - just text"},
		{`<13>1 - h - - - [loggia@32473 node="1" seq="2"]`, "Nov 22 14:30:00 h ", `<13>1 2026-11-22T14:30:00.250Z h - - - [loggia@32473 node="1" seq="2"]`},
		{`<13>1 - h - - - [a][loggia@32473 node="1" seq="2" node="3" seq="4"][b]`, "Nov 22 14:30:00 h [a][b]", `<13>1 2026-11-22T14:30:00.250Z h - - - [a][loggia@32473 node="1" seq="2" node="3" seq="4"][b]`},
		{`<13>1 - h - - - [loggia@32473 node="1" seq="2" username="a"]`, `Nov 22 14:30:00 h [loggia@32473 node="1" seq="2" username="a"]`, `<13>1 2026-11-22T14:30:00.250Z h - - - [loggia@32473 node="1" seq="2" username="a"]`},
		{"<13>1 - - - - - -", "Nov 22 14:30:00 192.0.2.9 ", "<13>1 2026-11-22T14:30:00.250Z 192.0.2.9 - - - -"},
		{"<13>1 9999-01-01T00:00:00Z h - - - - x", "Nov 22 14:30:00 h x", "<13>1 2026-11-22T14:30:00.250Z h - - - - x"},
		{"<13>1 2026-11-22T12:00:00.5+02:00 h  - - - x", "Nov 22 10:00:00 h x", "<13>1 2026-11-22T12:00:00.5+02:00 h - - - - x"}, // damaged elsewhere
		{"<13>1 2026-11-22T12:00:00 h a - - - x", "Nov 22 12:00:00 h a: x", "<13>1 2026-11-22T12:00:00.000Z h a - - - x"},
		{"<13>Nov 22 12:00:00 r1 té[9]: m", "Nov 22 12:00:00 r1 té[9]: m", "<13>1 2026-11-22T12:00:00.000Z r1 t?? 9 - - m"},
		{"<13>Nov 22 12:00:00 r1 " + strings.Repeat("a", 50) + ": m", "Nov 22 12:00:00 r1 " + strings.Repeat("a", 50) + ": m", "<13>1 2026-11-22T12:00:00.000Z r1 " + strings.Repeat("a", 48) + " - - - m"},
		{"<13>1 - h\x01 a p m - t", "Nov 22 14:30:00 h? a[p]: t", "<13>1 2026-11-22T14:30:00.250Z h? a p m - t"},
		{"<13>1 - h a p m [x] \xEF\xBB\xBFé", "Nov 22 14:30:00 h a[p]: é", "<13>1 2026-11-22T14:30:00.250Z h a p m [x] é"},
	} {
		b := udp(c.in)
		r := parsed(b, nil)
		if got := format(plainStyle(), b, r); got != c.standard {
			t.Errorf("%q as standard\n got %q\nwant %q", c.in, got, c.standard)
		}
		if got := format(with(func(s *Style) { s.Structured = true }), b, r); got != c.structured {
			t.Errorf("%q structured\n got %q\nwant %q", c.in, got, c.structured)
		}
	}
	b := udp("<13>1 - h a p m [x] \xEF\xBB\xBFa\nb")
	raw := with(func(s *Style) { s.Structured, s.RawControl = true, true })
	if got, want := format(raw, b, parsed(b, nil)), "<13>1 2026-11-22T14:30:00.250Z h a p m [x] \xEF\xBB\xBFa\nb"; got != want {
		t.Errorf("raw: got %q, want %q", got, want)
	}
}

// Brief leaves the text out where the rest says what happened, and nowhere else.
func TestBriefKeepsTextThatIsAllThereIs(t *testing.T) {
	brief := with(func(s *Style) { s.Structured, s.Brief = true, true })
	for _, c := range []struct{ in, want string }{
		{"<13>Nov 22 12:00:00 h sshd[1]: Failed password", "<13>1 2026-11-22T12:00:00.000Z h sshd 1 - - Failed password"},
		{"just text", "<13>1 2026-11-22T14:30:00.250Z 192.0.2.9 - - - - just text"},
		{`<13>1 - h a p - [x@1 a="b"] text`, `<13>1 2026-11-22T14:30:00.250Z h a p - [x@1 a="b"] text`},
		{"<13>1 - h a p LOGIN - text", "<13>1 2026-11-22T14:30:00.250Z h a p LOGIN - text"},
		{`<13>1 - h a p LOGIN [loggia@32473 node="1" seq="2"] text`, `<13>1 2026-11-22T14:30:00.250Z h a p LOGIN [loggia@32473 node="1" seq="2"] text`},
		{`<13>1 - h a p ID47 [x@1 a="b"] text`, `<13>1 2026-11-22T14:30:00.250Z h a p ID47 [x@1 a="b"]`},
		{"<45>1 - h eventd 9 SYSTEM_OPERATIONAL - System is operational", "<45>1 2026-11-22T14:30:00.250Z h eventd 9 SYSTEM_OPERATIONAL -"},
	} {
		b := udp(c.in)
		if got := format(brief, b, parsed(b, nil)); got != c.want {
			t.Errorf("%q\n got %q\nwant %q", c.in, got, c.want)
		}
	}
	b := &Batch{Received: received}
	AppendEntry(b, event.Repeated{N: 6, Facility: event.Daemon, Severity: event.Info}.Entry(), 0, "")
	if got, want := format(brief, b, &b.Records[0]), "<30>1 2026-11-22T14:30:00.250Z gw - - - - last message repeated 6 times"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestCopiedInOnePiece: messages that stand in the buffer as they are written
// come out like those that do not.
func TestCopiedInOnePiece(t *testing.T) {
	for _, c := range []struct {
		in, want string
		whole    bool
	}{
		{"<13>Nov 22 12:00:00 h t[1]: m\x01", "h t[1]: m#001", true},
		{"<13>Nov 22 12:00:00 h t: m", "h t: m", true},
		{"<13>Nov 22 12:00:00 h t:m", "h t: m", false},
		{"<13>Nov 22 12:00:00 h t[1] m", "h t[1]: m", false},
		{"<13>Nov 22 12:00:00 h t:", "h t: ", false},
		{"<13>Nov 22 12:00:00 h : t: m", "h t: m", false},
		{"<13>Nov 22 12:00:00 h m", "h m", false},
		{"<13>Nov 22 12:00:00 t[1]: m", "192.0.2.9 t[1]: m", false},
	} {
		b := udp(c.in)
		r := parsed(b, nil)
		if _, whole := inOneWriting(b, r); whole != c.whole {
			t.Errorf("%q: in one writing: %v", c.in, whole)
		}
		if got := format(plainStyle(), b, r); got != "Nov 22 12:00:00 "+c.want {
			t.Errorf("%q: got %q, want %q", c.in, got, c.want)
		}
	}
}

func TestExplicitPriorityOfOthers(t *testing.T) {
	style := with(func(s *Style) { s.ExplicitPriority, s.ExcludeHostname = true, true })
	for _, c := range []struct{ in, want string }{
		{"<30>Nov 22 12:00:00 r1 sshd[9]: hello", "sshd[9]: %DAEMON-6: hello"},
		{"<30>Nov 22 12:00:00 r1 hello", "%DAEMON-6: hello"},
		{"<86>Nov 22 12:00:00 r1 sshd: x", "sshd: %AUTHPRIV-6: x"},
		{"<190>Nov 22 12:00:00 r1 f[5]: %INTERACT-6-UI_X: y", "f[5]: %INTERACT-6-UI_X: y"},
		{"<190>Nov 22 12:00:00 r1 f[5]: %DAEMON-6: y", "f[5]: %DAEMON-6: y"},
		{"<189>45: Nov 22 12:00:00: %SYS-5-CONFIG_I: y", "%SYS-5-CONFIG_I: y"},
		{"<190>Nov 22 12:00:00 r1 f: %d-done", "f: %LOCAL7-6: %d-done"},
		{"<190>1 2026-11-22T12:00:00Z r1 f - UI_X - y", "f: %LOCAL7-6-UI_X: y"},
	} {
		b := udp(c.in)
		if got := format(style, b, parsed(b, nil)); got != "Nov 22 12:00:00 "+c.want {
			t.Errorf("%q\n got %s\nwant %s", c.in, got, c.want)
		}
	}
}

func TestHostOfOrigin(t *testing.T) {
	for _, c := range []struct {
		origin Origin
		want   string
	}{
		{Origin{Kind: UDP, Peer: netip.MustParseAddrPort("192.0.2.1:9")}, "192.0.2.1"},
		{Origin{Kind: TCP, Peer: netip.MustParseAddrPort("[::ffff:192.0.2.1]:9")}, "192.0.2.1"},
		{Origin{Kind: TCP, Peer: netip.MustParseAddrPort("[2001:db8::7]:9")}, "2001:db8::7"},
		{Origin{Kind: Unix, PID: 5}, "gw"},
	} {
		b := udp("<13>t: m")
		b.Origin = c.origin
		if got, want := format(plainStyle(), b, parsed(b, nil)), "Nov 22 14:30:00 "+c.want+" t: m"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	b := unix("<13>t: m")
	if got, want := format(Style{FacilityOverride: -1}, b, parsed(b, nil)), "Nov 22 14:30:00 - t: m"; got != want {
		t.Errorf("without a name of our own: got %s, want %s", got, want)
	}
}

func TestControlBytesAreShown(t *testing.T) {
	in := "a\nb\x1b[2Jc\x00d\te\x7ff\x85\xc2\x85é#012"
	b := udp("<13>t: " + in)
	want := "a#012b#033[2Jc#000d\te#177f\x85\xc2\x85é#012"
	if got := format(plainStyle(), b, parsed(b, nil)); !strings.HasSuffix(got, " t: "+want) {
		t.Errorf("got %q", got)
	}
	for n := range 20 { // at every place of the eight bytes looked at together
		for c := range 256 {
			text := strings.Repeat("x", n) + string([]byte{byte(c)}) + "yy"
			got := string(AppendEscaped(nil, []byte(text)))
			want := text
			if c < 32 && c != '\t' || c == 127 {
				want = text[:n] + "#" + string([]byte{'0' + byte(c>>6), '0' + byte(c>>3&7), '0' + byte(c&7)}) + "yy"
			}
			if got != want {
				t.Fatalf("%q: got %q, want %q", text, got, want)
			}
		}
	}
}

func TestTruncatedIsMarkedOnce(t *testing.T) {
	structured := with(func(s *Style) { s.Structured = true })
	for _, c := range []struct{ in, standard, structured string }{
		{"<13>Nov 22 12:00:00 r t: m", "Nov 22 12:00:00 r t: m [truncated]", `<13>1 2026-11-22T12:00:00.000Z r t - - [loggia@32473 truncated="yes"] m`},
		{"<13>Nov 22 12:00:00 r t: m [truncated]", "Nov 22 12:00:00 r t: m [truncated]", `<13>1 2026-11-22T12:00:00.000Z r t - - [loggia@32473 truncated="yes"] m [truncated]`},
		{`<13>1 2026-11-22T12:00:00Z r t - - [x a="b"] m`, "Nov 22 12:00:00 r t: m [truncated]", `<13>1 2026-11-22T12:00:00Z r t - - [x a="b"][loggia@32473 truncated="yes"] m`},
		{`<13>1 2026-11-22T12:00:00Z r t - - [x a="[loggia@32473"][loggia@32473 b="c"][y] m`, "Nov 22 12:00:00 r t: m [truncated]",
			`<13>1 2026-11-22T12:00:00Z r t - - [x a="[loggia@32473"][loggia@32473 truncated="yes" b="c"][y] m`},
		{`<13>1 2026-11-22T12:00:00Z r t - - [loggia@32473 truncated="yes"] m`, "Nov 22 12:00:00 r t: m [truncated]",
			`<13>1 2026-11-22T12:00:00Z r t - - [loggia@32473 truncated="yes"] m`},
	} {
		b := udp(c.in)
		r := parsed(b, nil)
		r.Flags |= Truncated
		if got := format(plainStyle(), b, r); got != c.standard {
			t.Errorf("%s\n got %s\nwant %s", c.in, got, c.standard)
		}
		if got := format(structured, b, r); got != c.structured {
			t.Errorf("%s\n got %s\nwant %s", c.in, got, c.structured)
		}
	}
}

// TestStampsAgreeWithTime compares the cache with package time, over zones with
// odd offsets, both changes of clocks and instants before 1970.
func TestStampsAgreeWithTime(t *testing.T) {
	var c Stamps
	start := time.Date(2026, 10, 24, 22, 59, 58, 999e6, time.UTC)
	for _, zone := range []*time.Location{time.UTC, berlin, mustZone("Asia/Kathmandu"), mustZone("Australia/Lord_Howe"), mustZone("America/St_Johns")} {
		s := Style{Zone: zone, Year: true, Millisecond: true}
		for i := range 600 {
			at := start.Add(time.Duration(i) * 977 * time.Second)
			if i%2 == 1 {
				at = at.AddDate(-60, 0, 0)
			}
			if got, want := string(c.appendBSD(nil, at.UnixNano(), &s)), at.In(zone).Format("Jan _2 15:04:05.000 2006"); got != want {
				t.Fatalf("%s: got %s, want %s", zone, got, want)
			}
			if got, want := string(c.appendISO(nil, at.UnixNano(), &s)), at.In(zone).Format("2006-01-02T15:04:05.000Z07:00"); got != want {
				t.Fatalf("%s: got %s, want %s", zone, got, want)
			}
		}
	}
}

func TestIdentity(t *testing.T) {
	id := func(in string, change func(*Batch)) uint64 {
		b := udp(in)
		r := parsed(b, nil)
		if change != nil {
			change(b)
		}
		return Identity(b, r)
	}
	const base = "<13>Nov 22 12:00:00 h t[1]: m"
	if id(base, nil) != id("<13>Nov 22 12:00:07 h t[1]: m", nil) {
		t.Error("the time makes a difference")
	}
	for _, other := range []string{
		"<14>Nov 22 12:00:00 h t[1]: m", "<21>Nov 22 12:00:00 h t[1]: m", "<13>Nov 22 12:00:00 i t[1]: m", "<13>Nov 22 12:00:00 h u[1]: m",
		"<13>Nov 22 12:00:00 h t[2]: m", "<13>Nov 22 12:00:00 h t[1]: n", "<13>Nov 22 12:00:00 h t: m", "<13>Nov 22 12:00:00 m t[1]: h",
	} {
		if id(base, nil) == id(other, nil) {
			t.Errorf("%s is taken for %s", other, base)
		}
	}
	if id(base, nil) == id(base, func(b *Batch) { b.Records[0].Form = Own }) {
		t.Error("a forged line is taken for our own")
	}
	data := func(sd string) uint64 {
		return id("<14>1 2026-11-22T12:00:00Z fw RT_FLOW - RT_FLOW_SESSION_CREATE "+sd, nil)
	}
	const flow = `[junos@2636.1.1.1.2.129 source-address="10.1.1.1"]`
	for _, same := range []string{
		flow + `[meta sequenceId="2"]`, `[meta sequenceId="3" sysUpTime="9"]` + flow, flow + `[timeQuality tzKnown="1" isSynced="0"]`,
		`[loggia@32473 node="a" seq="2"]` + flow, `[loggia@32473 node="b" seq="3" node="a" seq="7"]` + flow + `[meta sequenceId="2"]`,
	} {
		if data(flow+`[meta sequenceId="1"]`) != data(same) {
			t.Errorf("a count makes a difference: %s", same)
		}
	}
	for _, other := range []string{
		`[junos@2636.1.1.1.2.129 source-address="10.1.1.2"]`, "-", flow + "[x]", flow + `[loggia@32473 node="a" seq="2" username="x"]`, flow + `[metadata a="b"]`,
	} {
		if data(flow) == data(other) || data(flow+`[meta sequenceId="1"]`) == data(other+`[meta sequenceId="1"]`) {
			t.Errorf("%s is taken for %s", other, flow)
		}
	}
	const nohost = "<13>t: m"
	peer := func(b *Batch) { b.Origin.Peer = netip.MustParseAddrPort("192.0.2.10:514") }
	if id(nohost, nil) == id(nohost, peer) {
		t.Error("two peers are taken for one")
	}
}
