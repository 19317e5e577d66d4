package wire

import (
	"fmt"
	"testing"
)

// same parses the messages with one parser, and each with a new one: what a
// parser remembers must not show.
func same(t *testing.T, messages ...string) {
	t.Helper()
	p := Parser{Zone: berlin}
	for i, m := range messages {
		warm, fresh := udp(m), udp(m)
		p.Parse(warm, 0, len(m))
		(&Parser{Zone: berlin}).Parse(fresh, 0, len(m))
		if warm.Records[0] != fresh.Records[0] {
			t.Errorf("message %d of %q: %+v, alone %+v", i, messages, warm.Records[0], fresh.Records[0])
		}
	}
}

func TestRememberedMinuteDoesNotShow(t *testing.T) {
	for _, next := range []string{
		"2026-11-22T14:30:59Z", "2026-11-22T14:30:60Z", "2026-11-22T14:30:5Z", "2026-11-22T14:30:0xZ", "2026-11-22T14:30:00",
		"2026-11-22T14:30:01.5Z", "2026-11-22T14:30:01.123456Z", "2026-11-22T14:30:01.1234567Z", "2026-11-22T14:30:01.Z", "2026-11-22T14:30:01,5Z",
		"2026-11-22T14:30:01.00000000000000000000000000000000001Z", "2026-11-22T14:31:01Z", "2026-11-22T15:30:01Z", "2026-10-22T14:30:01Z",
		"2026-11-22T14:30:01+01:00", "2026-11-22T14:30:01-01:00", "2026-11-22T14:30:01.25+01:00", "2026-11-22T14:30:01z", "2026-11-22t14:30:01Z",
		"2026-11-22T14:30-01Z", "2026-11-22T14:30:01Zx", "2026-11-22T14:30:01+0100", "1970-01-01T00:00:00Z", "1970-01-01T00:00:01Z", "1969-12-31T23:59:59Z",
	} {
		for _, first := range []string{"2026-11-22T14:30:00Z", "2026-11-22T14:30:07.25+01:00", "1970-01-01T00:00:30Z", next} {
			form := "<13>1 %s h a p m - t"
			same(t, fmt.Sprintf(form, first), fmt.Sprintf(form, next), "<13>1 "+next, "<13>1 "+next+" ", fmt.Sprintf(form, first))
		}
	}
}

func FuzzRememberedMinute(f *testing.F) {
	f.Add("2026-11-22T14:30:00Z", "2026-11-22T14:30:01.5Z h a p m - t")
	f.Add("2026-11-22T14:30:00.5+01:00", "2026-11-22T14:30:01.123456+01:00 h")
	f.Fuzz(func(t *testing.T, first, next string) {
		same(t, "<13>1 "+first+" h a p m - t", "<13>1 "+next, "<13>1 "+first+" h a p m - t")
	})
}
