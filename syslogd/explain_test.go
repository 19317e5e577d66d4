package syslogd

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"loggia/audit/event"
	"loggia/syslogd/wire"
)

// Explain says of random messages and configurations what routing them does.
func TestExplainAgreesWithRouting(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	pick := func(list ...string) string { return list[random.IntN(len(list))] }
	for range 300 {
		var routes []route
		var sinks []*memory
		for range 1 + random.IntN(4) {
			s := Selection{Rules: rules(t, pick("any", "mail")+" "+pick("any", "notice", "none"), pick("local1", "any", "kernel")+" "+pick("error", "any", "none"))}
			if random.IntN(2) == 0 {
				s.Match = pick("fail", "!fail", "^x")
			}
			if random.IntN(3) == 0 {
				s.MatchStrings = []string{pick("lost", "fail")}
			}
			if random.IntN(3) == 0 {
				s.Programs = []string{pick("app", "s*")}
			}
			if random.IntN(3) == 0 {
				s.From = []netip.Prefix{netip.MustParsePrefix(pick("10.0.0.0/8", "0.0.0.0/0"))}
			}
			if random.IntN(3) == 0 {
				s.HostMatch = pick("r[12]", "!r1")
			}
			m := &memory{}
			sinks = append(sinks, m)
			r := to(m, s)
			var err error
			if r.narrow, err = s.narrow(); err != nil {
				t.Fatal(err)
			}
			routes = append(routes, r)
		}
		e := engineTo(t, routes...)
		origin := wire.Origin{Kind: wire.UDP, Peer: netip.MustParseAddrPort(pick("10.1.1.1:514", "192.0.2.1:9"))}
		if random.IntN(3) == 0 {
			origin = wire.Origin{Kind: wire.Unix, UID: 1000}
		}
		text := fmt.Sprintf("<%d>Nov 22 14:15:16 %s %s: %s", random.IntN(192), pick("r1", "r2", "10.9.9.9"), pick("app", "sshd[3]"), pick("x fail", "lost", "all is well"))
		if random.IntN(4) == 0 {
			text = pick("bare words", "<13>fail", "<999>lost", "<14>1 2026-11-22T14:15:16Z r1 app - - - fail")
		}
		x := e.Routing().Explain([]byte(text), origin, time.Date(2026, 11, 22, 14, 15, 16, 0, time.UTC))
		e.Submit(batch(origin, text))
		for i, d := range x.Destinations {
			var want []string
			if d.Reached {
				want = []string{d.Line}
			}
			if got := sinks[i].texts(); !slices.Equal(got, want) {
				t.Fatalf("%q from %+v to %+v:\n got %q\nsaid %+v", text, origin, routes[i].selection, got, d)
			}
			if d.Selected && !d.Reached && !slices.ContainsFunc(d.Conditions, func(c Condition) bool { return !c.Holds }) {
				t.Errorf("%q: no condition says why: %+v", text, d)
			}
		}
	}
}

func TestExplainSaysWhatWasFoundAndWhatDecides(t *testing.T) {
	c := Config{HostName: "box", MaxMessageSize: 60, Files: []*File{toFile(t, "auth", "any notice", "authorization info"), toFile(t, "mail", "mail any")}}
	for i := range c.Files[0].Rules {
		c.Files[0].Rules[i].Text = []string{"any notice", "authorization info"}[i]
	}
	r, err := Rehearse(c)
	if err != nil {
		t.Fatal(err)
	}
	local := wire.Origin{Kind: wire.Unix, UID: 1000}
	x := r.Explain([]byte("<6>sshd: "+strings.Repeat("é", 40)), local, time.Now())
	if x.Sent != event.Kernel || x.Record.Facility != event.User || x.Record.Flags&wire.Truncated == 0 || x.Host != "box" ||
		!slices.Equal(x.Anomalies, []Anomaly{NoTimestamp}) {
		t.Errorf("%+v %+v", x, x.Record)
	}
	x = r.Explain([]byte("<38>Nov 22 14:15:16 r1 sshd[1]: hello"), wire.Origin{Kind: wire.UDP, Peer: netip.MustParseAddrPort("192.0.2.1:514")}, time.Now())
	auth, mail := x.Destinations[0], x.Destinations[1]
	if !auth.Reached || auth.Decided.Text != "authorization info" || auth.Overridden.Text != "any notice" || auth.Line != "Nov 22 14:15:16 r1 sshd[1]: hello" {
		t.Errorf("%+v", auth)
	}
	if mail.Reached || mail.Decided != nil {
		t.Errorf("%+v", mail)
	}
	if _, err := Rehearse(Config{Files: []*File{{Place: "file x", Name: "x", Selection: Selection{Match: "("}}}}); err == nil {
		t.Error("a bad expression compiles")
	}
}

// What no input would take goes nowhere, and what one of several would not is said.
func TestExplainSaysWhoIsNotListenedTo(t *testing.T) {
	udp, tcp := local(freePort(t)), local(freePort(t))
	udp.Allow = prefixes("10.0.0.0/8")
	c := Config{Files: []*File{toFile(t, "f", "any any")}, Inputs: Inputs{UDP: []Listen{udp}, TCP: []Listen{tcp}}}
	w := start(t, c)
	explain := func(from string) string {
		origin := wire.Origin{Kind: wire.Unix, UID: 1000}
		if from != "" {
			origin = sentBy(from)
		}
		x := w.Routing().Explain([]byte("<13>a: b"), origin, time.Now())
		return fmt.Sprint(x.Barred, x.Refused, x.Destinations[0].Reached)
	}
	name := "udp " + udp.Address.String()
	for from, want := range map[string]string{"": "[] false true", "10.1.1.1": "[] false true", "192.0.2.1": "[" + name + "] false true"} {
		if got := explain(from); got != want {
			t.Errorf("from %q: %s, want %s", from, got, want)
		}
	}
	c.Inputs.TCP = nil
	w.commit(c)
	if got, want := explain("192.0.2.1"), "["+name+"] true false"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestAnomalies(t *testing.T) {
	for text, want := range map[string]string{
		"<13>Nov 22 14:15:16 r1 app: fine":                    "",
		"<13>1 2026-11-22T14:15:16Z r1 app - - - fine":        "",
		"<13>1 - - - - - - fine":                              "",
		"<13>app: no stamp":                                   "no-timestamp",
		"<13>Nov 32 14:15:16 r1 app: bad stamp":               "no-timestamp",
		"Nov 22 14:15:16 r1 app: none":                        "no-priority",
		"<192>Nov 22 14:15:16 r1 app: too great":              "no-priority no-header",
		"words":                                               "no-priority no-header",
		"<13>1 yesterday r1 app - - - bad stamp":              "bad-timestamp",
		"<13>1 2026-11-22T14:15:16Z r1 app - - [x y=] bad sd": "bad-header",
	} {
		b := batch(wire.Origin{Kind: wire.UDP}, text)
		var got []string
		for a := range Anomaly(NumAnomalies) {
			if anomalies(&b.Records[0])>>a&1 == 1 {
				got = append(got, a.String())
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
