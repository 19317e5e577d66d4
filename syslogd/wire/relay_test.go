package wire

import (
	"testing"
	"time"
)

// relay parses a message as a relay does that has received it from 10.0.0.7,
// and returns what it sends on.
func relay(t *testing.T, s Style, message string) string {
	t.Helper()
	b := &Batch{Buf: []byte(message), Received: time.Date(2026, 11, 22, 14, 15, 20, 0, time.UTC), Origin: Origin{Kind: UDP}}
	p := Parser{Zone: time.UTC, HostName: "relay"}
	p.Parse(b, 0, len(b.Buf))
	var c Stamps
	return string(s.Append(nil, b, &b.Records[0], &c))
}

// TestRelayKeepsWhatTheFormatCanHold sends messages through relays of both
// formats: host, time, program, process and text stay the sender's, structured
// data as long as the format is RFC 5424's.
func TestRelayKeepsWhatTheFormatCanHold(t *testing.T) {
	old, structured := Style{PRI: true, FacilityOverride: -1}, Style{PRI: true, Structured: true, FacilityOverride: -1}
	for _, c := range []struct{ in, old, structured string }{
		{"<34>Nov 22 14:15:16 web1 sshd[77]: accepted key",
			"<34>Nov 22 14:15:16 web1 sshd[77]: accepted key",
			"<34>1 2026-11-22T14:15:16.000Z web1 sshd 77 - - accepted key"},
		{"<13>Nov  2 04:05:06 web1 app: text [with brackets]",
			"<13>Nov  2 04:05:06 web1 app: text [with brackets]",
			"<13>1 2026-11-02T04:05:06.000Z web1 app - - - text [with brackets]"},
		{`<165>1 2026-11-22T14:15:16.123456+02:00 db1.example.net evntslog 9 ID47 [exampleSDID@32473 iut="3" eventSource="A \"b\" \]"] text`,
			"<165>Nov 22 12:15:16 db1.example.net evntslog[9]: text",
			`<165>1 2026-11-22T14:15:16.123456+02:00 db1.example.net evntslog 9 ID47 [exampleSDID@32473 iut="3" eventSource="A \"b\" \]"] text`},
		{`<165>1 2026-11-22T14:15:16Z db1 app - - [a@1 x="1"][b@2 y="2"]`,
			`<165>Nov 22 14:15:16 db1 app: [a@1 x="1"][b@2 y="2"]`, // all that there is to read
			`<165>1 2026-11-22T14:15:16Z db1 app - - [a@1 x="1"][b@2 y="2"]`},
	} {
		if got := relay(t, old, c.in); got != c.old {
			t.Errorf("%s\nas RFC 3164: %s\nwant         %s", c.in, got, c.old)
		}
		if got := relay(t, structured, c.in); got != c.structured {
			t.Errorf("%s\nas RFC 5424: %s\nwant         %s", c.in, got, c.structured)
		}
		// What one relay has sent, another hands on unchanged, in either format.
		if got := relay(t, old, c.old); got != c.old {
			t.Errorf("%s\nthe second relay sends %s", c.old, got)
		}
		if got := relay(t, structured, c.structured); got != c.structured {
			t.Errorf("%s\nthe second relay sends %s", c.structured, got)
		}
	}
	// There and back: RFC 3164 to RFC 5424 and to RFC 3164 again.
	for _, in := range []string{
		"<34>Nov 22 14:15:16 web1 sshd[77]: accepted key",
		"<13>Nov  2 04:05:06 10.0.0.9 app: text [with brackets]",
	} {
		if got := relay(t, old, relay(t, structured, in)); got != in {
			t.Errorf("%s\ncomes back as %s", in, got)
		}
	}
}
