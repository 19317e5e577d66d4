package wire

import (
	"testing"
	"time"
)

func TestRememberedBSDMinuteDoesNotShow(t *testing.T) {
	for _, next := range []string{
		"Nov 22 14:30:59", "Nov 22 14:30:60", "Nov 22 14:30:5", "Nov 22 14:30:0x", "Nov 22 14:31:07", "Nov 22 13:30:07", "Nov 21 14:30:07", "Oct 22 14:30:07",
		"nov 22 14:30:07", "NOV 22 14:30:07", "Nov 22 14:30:07.5", "Nov 22 14:30:07.000", "Nov 22 14:30:07 2024", "Nov 22 14:30:07 2024:", "Nov 22 14:30:07 UTC:",
		"Nov 22 14:30:07 CST 1987", "Nov 22 14:30:07:", "Nov 22 14:30:07 ", "Nov 22 14:30:07  web1", "Nov  2 14:30:07", "Nov 2 14:30:07", "Nov 2 4:30:07.0", "Nov 02 14:30:07",
		"Nov 2 14:30:07.", "*Nov 22 14:30:07", ".Nov 22 14:30:07", "2024 Nov 22 14:30:07", "Nov 22 2024 14:30:07", "Feb 29 14:30:07", "2026-11-22 14:30", "Nov 22 14-30:07",
	} {
		for _, first := range []string{"Nov 22 14:30:07", "Nov  2 14:30:00", "Nov 2 4:30:07.0", next} {
			same(t, "<13>"+first+" web1 app[1]: t", "<13>"+next+" web1 app: t", "<13>"+next+" 10.0.0.1 app: t", "<13>"+next+" WEB1 app: t",
				"<13>"+next, "<13>"+next+" ", next+" Foo::Bar: t", "45: "+next+": %SYS-5-X: t", "<13>"+first+" web1 app[1]: t")
		}
	}
}

func TestRememberedBSDMinuteIsOfItsReceiptAndZone(t *testing.T) {
	const text = "<13>Jan  1 00:10:00 web1 app: t"
	p := Parser{Zone: berlin}
	for _, zone := range []*time.Location{berlin, time.UTC, nil, berlin} {
		for _, received := range []time.Time{
			time.Date(2026, 1, 1, 0, 11, 0, 0, time.UTC), time.Date(2025, 12, 31, 23, 30, 0, 0, time.UTC), time.Date(2024, 6, 1, 0, 0, 0, 0, time.UTC),
		} {
			p.Zone = zone
			warm, fresh := udp(text), udp(text)
			warm.Received, fresh.Received = received, received
			p.Parse(warm, 0, len(text))
			(&Parser{Zone: zone}).Parse(fresh, 0, len(text))
			if warm.Records[0] != fresh.Records[0] {
				t.Errorf("%v in %v: %+v, alone %+v", received, zone, warm.Records[0], fresh.Records[0])
			}
		}
	}
}

func FuzzRememberedBSDMinute(f *testing.F) {
	f.Add("Nov 22 14:30:00", "Nov 22 14:30:01 web1 app[17]: text")
	f.Add("Nov  2 14:30:00", "Nov  2 14:30:01.5 web1 Foo::Bar: text")
	f.Fuzz(func(t *testing.T, first, next string) {
		same(t, "<13>"+first+" web1 app: t", "<13>"+next, next, "<13>"+first+" web1 app: t")
	})
}
