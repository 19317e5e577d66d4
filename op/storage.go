package op

import (
	"fmt"
	"strings"
	"time"
)

// Storage is what `show system storage` says of the disk of the logs beside how
// full it is: `[edit system syslog storage]`. Sizes are bytes.
type Storage struct {
	Logs, Indexes, Spools  uint64 // what they take
	Size, Free             uint64
	Reserve, Limit         uint64 // kept free, and what others may fill
	ReservePercent         int    // 0: there is no reserve, and no limit
	WarningPercent         int    // 0: no warning
	AlarmPercent           int    // 0: no alarm
	Overflow               string // overwrite-oldest, drop-new or halt
	State                  string // ok, warning, alarm or full
	Lasts                  time.Duration
	Dropped, Archives, Cut uint64 // while it is full: messages, archives removed, and their bytes
}

// text writes s below the table of file systems.
func (s *Storage) text(b *strings.Builder) {
	fmt.Fprintf(b, "\nLog storage: %s", s.State)
	if s.Lasts > 0 {
		fmt.Fprintf(b, " for %s, overflow %s: %d messages dropped, %d archives of %s removed", s.Lasts.Round(time.Second), s.Overflow, s.Dropped, s.Archives, human(s.Cut))
	}
	fmt.Fprintf(b, "\n  Held: %s: %s by logs, %s by their indexes, %s by spools\n", human(s.Logs+s.Indexes+s.Spools), human(s.Logs), human(s.Indexes), human(s.Spools))
	if s.ReservePercent > 0 {
		fmt.Fprintf(b, "  Limit: %s, then overflow %s; reserve: %s (%d%%)\n", human(s.Limit), s.Overflow, human(s.Reserve), s.ReservePercent)
	} else {
		b.WriteString("  Limit: none; reserve: none\n")
	}
	mark := func(percent int) string {
		if percent == 0 {
			return "none"
		}
		return fmt.Sprintf("%d%%", percent)
	}
	fmt.Fprintf(b, "  Warning: %s, alarm: %s\n", mark(s.WarningPercent), mark(s.AlarmPercent))
}

// element is s for programs; ours, Junos has none.
func (s *Storage) element() Element {
	bytes := func(name string, n uint64) Element { return amount(name, n, human(n)) }
	e := Group("log-storage", Leaf("storage-state", s.State), bytes("held-bytes", s.Logs+s.Indexes+s.Spools), bytes("log-bytes", s.Logs),
		bytes("index-bytes", s.Indexes), bytes("spool-bytes", s.Spools), bytes("reserve-bytes", s.Reserve), bytes("limit-bytes", s.Limit),
		count("reserve-percent", uint64(s.ReservePercent)), count("warning-percent", uint64(s.WarningPercent)), count("alarm-percent", uint64(s.AlarmPercent)),
		Leaf("overflow", s.Overflow))
	if s.Lasts > 0 {
		e.Children = append(e.Children, span("full-duration", s.Lasts, s.Lasts.Round(time.Second).String()),
			count("dropped-messages", s.Dropped), count("removed-archives", s.Archives), bytes("removed-bytes", s.Cut))
	}
	return e
}
