package daemon

import (
	"testing"
	"time"
)

// TestBroadcast is the layout of wall(1): the hour has no leading zero, the minute has.
func TestBroadcast(t *testing.T) {
	for hour, want := range map[int]string{
		5:  "\nBroadcast Message from root@gate\n        (no tty) at 5:01 UTC...\n\nGone.\n\n",
		17: "\nBroadcast Message from root@gate\n        (no tty) at 17:01 UTC...\n\nGone.\n\n",
	} {
		var told string
		s := newSessions()
		s.add(&live{})
		s.add(&live{print: func(text string) { told += text }})
		s.broadcast("gate", "Gone.", time.Date(2026, 11, 22, hour, 1, 2, 0, time.UTC))
		if told != want {
			t.Errorf("%q\nwant %q", told, want)
		}
	}
}
