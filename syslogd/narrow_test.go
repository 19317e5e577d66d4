package syslogd

import (
	"net/netip"
	"strings"
	"testing"

	"loggia/audit/event"
	"loggia/syslogd/wire"
)

// sentBy is the origin of a datagram from an address.
func sentBy(address string) wire.Origin {
	return wire.Origin{Kind: wire.UDP, Peer: netip.AddrPortFrom(netip.MustParseAddr(address), 999)}
}

func prefixes(texts string) []netip.Prefix {
	var all []netip.Prefix
	for _, p := range strings.Fields(texts) {
		all = append(all, netip.MustParsePrefix(p))
	}
	return all
}

func TestSelectionBySender(t *testing.T) {
	local, kernel, self := wire.Origin{Kind: wire.Unix, UID: 1000}, wire.Origin{Kind: wire.Kern}, wire.Origin{Kind: wire.Self}
	for _, c := range []struct {
		from   string
		origin wire.Origin
		want   bool
	}{
		{"10.0.0.0/8", sentBy("10.1.2.3"), true},
		{"10.0.0.0/8", sentBy("::ffff:10.1.2.3"), true},
		{"::ffff:10.0.0.0/104", sentBy("10.1.2.3"), true},
		{"10.9.9.9/8", sentBy("10.1.2.3"), true}, // bits behind the length do not count
		{"10.0.0.0/8", sentBy("11.0.0.1"), false},
		{"10.0.0.0/8 11.0.0.1/32", sentBy("11.0.0.1"), true},
		{"fe80::/10", sentBy("fe80::1%eth0"), true},
		{"2001:db8::/32", sentBy("10.1.2.3"), false},
		{"0.0.0.0/0", sentBy("2001:db8::1"), false},
		{"10.0.0.0/8", local, false},
		{"127.0.0.1/32", local, true},
		{"::1/128", kernel, true},
		{"127.0.0.0/8", self, true},
		{"10.0.0.0/8", self, false},
		{"0.0.0.0/0", self, true},
	} {
		var m memory
		e := engineTo(t, to(&m, Selection{Rules: rules(t, "any any"), From: prefixes(c.from)}))
		e.Submit(batch(c.origin, "<13>Nov 22 14:15:16 web1 app: text"))
		if got := len(m.texts()) == 1; got != c.want {
			t.Errorf("from %s, message of %v: %v", c.from, c.origin, got)
		}
	}
}

func TestSelectionByProgramAndHost(t *testing.T) {
	const old, structured = "<13>Nov 22 14:15:16 Web1 CRON[7]: text", "<13>1 2026-11-22T14:15:16Z db1 postfix/smtpd 7 - - text"
	for _, c := range []struct {
		program, host, message string
		want                   bool
	}{
		{"cron", "", old, true},
		{"cro", "", old, false},
		{"sshd cron", "", old, true},
		{"sshd", "", old, false},
		{"postfix/*", "", structured, true},
		{"*SMTP*", "", structured, true},
		{"*z*", "", structured, false},
		{"", "^web[0-9]$", old, true},
		{"", "!web", old, false},
		{"", "!web", structured, true},
		{"", "^10\\.0\\.0\\.7$", "<13>no header", true}, // the sender's address stands for its name
		{"cron", "db", old, false},
		{"cron", "web", old, true},
	} {
		s := Selection{Rules: rules(t, "any any"), Programs: strings.Fields(c.program), HostMatch: c.host}
		var m memory
		e := engineTo(t, to(&m, s))
		e.Submit(batch(sentBy("10.0.0.7"), c.message))
		if got := len(m.texts()) == 1; got != c.want {
			t.Errorf("program %q hostname %q, %s: %v", c.program, c.host, c.message, got)
		}
	}
	var m memory
	e := engineTo(t, to(&m, Selection{Rules: rules(t, "any any"), HostMatch: "^box$"}))
	e.Log(event.Subject{}, event.LogCleared{}.Entry())
	if len(m.texts()) != 1 {
		t.Error("an own record is not of our own host")
	}
}

// TestNarrowingsAreEvaluatedOnce tells that equal ones are one, that each holds
// for its own destination alone, and that what they turn away is counted.
func TestNarrowingsAreEvaluatedOnce(t *testing.T) {
	var a, b, c memory
	web := Selection{Rules: rules(t, "any any"), HostMatch: "web"}
	db := Selection{Rules: rules(t, "any any"), HostMatch: "db", Match: "text"}
	e := engineTo(t, to(&a, web), to(&b, web), to(&c, db))
	table := e.table.Load()
	if len(table.narrow) != 2 {
		t.Fatalf("%d narrowings", len(table.narrow))
	}
	e.Submit(batch(sentBy("10.0.0.1"), "<13>Nov 22 14:15:16 web1 a: text", "<13>Nov 22 14:15:16 db1 a: text", "<13>Nov 22 14:15:16 db1 a: other"))
	for i, m := range []*memory{&a, &b, &c} {
		if len(m.texts()) != 1 {
			t.Errorf("destination %d has %q", i, m.texts())
		}
		if n := table.legs[i].dest.filtered.Load(); n != 2 {
			t.Errorf("destination %d: %d filtered", i, n)
		}
	}
}

// TestOwnRecordsAreLeftOut tells that what others say in our name stays.
func TestOwnRecordsAreLeftOut(t *testing.T) {
	for _, from := range []string{"", "127.0.0.0/8"} {
		var without, with memory
		s := Selection{Rules: rules(t, "any any"), From: prefixes(from)}
		foreign := s
		foreign.Foreign = true
		e := engineTo(t, to(&without, foreign), to(&with, s))
		e.Log(event.Subject{}, event.LogCleared{}.Entry())
		e.Submit(batch(wire.Origin{Kind: wire.Unix}, "<29>Nov 22 14:15:16 mgd[1]: UI_COMMIT: text"))
		if w, o := with.texts(), without.texts(); len(w) != 2 || len(o) != 1 || !strings.Contains(o[0], "UI_COMMIT") {
			t.Errorf("from %q: %q and %q", from, w, o)
		}
	}
}

// TestOnlyOwnRecords tells that what others say in our name, whatever way it comes
// and under whatever facility, does not get in, and is counted as turned away.
func TestOnlyOwnRecords(t *testing.T) {
	for _, from := range []string{"", "127.0.0.0/8"} {
		var m memory
		e := engineTo(t, to(&m, Selection{Rules: rules(t, "any any"), From: prefixes(from), Own: true}))
		for _, o := range []wire.Origin{{Kind: wire.Unix}, {Kind: wire.Kern}, sentBy("127.0.0.1")} {
			e.Submit(batch(o, "<189>Nov 22 14:15:16 mgd[1]: UI_COMMIT: text", "<37>Nov 22 14:15:16 mgd[1]: UI_LOGIN_EVENT: text"))
		}
		e.Log(event.Subject{}, event.LogCleared{}.Entry())
		if got := m.texts(); len(got) != 1 || strings.Contains(got[0], "text") {
			t.Errorf("from %q: %q", from, got)
		}
		if n := e.table.Load().legs[0].dest.filtered.Load(); n != 6 {
			t.Errorf("from %q: %d filtered", from, n)
		}
	}
}

func TestBadNarrowingIsRefused(t *testing.T) {
	for _, s := range []Selection{{HostMatch: "web["}, {HostMatch: "a{999}"}, {Programs: []string{""}}, {From: []netip.Prefix{{}}}} {
		if _, err := s.narrow(); err == nil {
			t.Errorf("%+v is taken", s)
		}
	}
}

func TestLikeTakesPolynomialTime(t *testing.T) {
	pattern, text := strings.Repeat("*a", 60)+"b", []byte(strings.Repeat("a", 4000))
	if like(pattern, text) {
		t.Error("matches")
	}
}
