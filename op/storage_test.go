package op

import (
	"strings"
	"testing"
	"time"
)

func TestStorageTellsWhatTheLogsTake(t *testing.T) {
	full := Storage{Logs: 3 << 20, Indexes: 1 << 20, Spools: 4096, Size: 1 << 30, Free: 40 << 20, Reserve: 51 << 20, Limit: 1<<30 - 51<<20, ReservePercent: 5,
		WarningPercent: 75, AlarmPercent: 90, Overflow: "overwrite-oldest", State: "full", Lasts: 61 * time.Second, Dropped: 7, Archives: 3, Cut: 2 << 20}
	for name, tt := range map[string]struct {
		s    Storage
		text string
		xml  []string
	}{
		"full": {full, "\nLog storage: full for 1m1s, overflow overwrite-oldest: 7 messages dropped, 3 archives of 2.0M removed\n" +
			"  Held: 4.0M: 3.0M by logs, 1.0M by their indexes, 4.0K by spools\n" +
			"  Limit: 973M, then overflow overwrite-oldest; reserve: 51M (5%)\n" +
			"  Warning: 75%, alarm: 90%\n",
			[]string{"storage-state full", "held-bytes 4198400", "log-bytes 3145728", "index-bytes 1048576", "spool-bytes 4096", "reserve-bytes 53477376", "limit-bytes 1020264448",
				"reserve-percent 5", "warning-percent 75", "alarm-percent 90", "overflow overwrite-oldest", "full-duration 1m1s", "dropped-messages 7", "removed-archives 3", "removed-bytes 2097152"}},
		"unwatched": {Storage{Logs: 1000, State: "ok", Overflow: "drop-new"}, "\nLog storage: ok\n  Held: 1000B: 1000B by logs, 0B by their indexes, 0B by spools\n" +
			"  Limit: none; reserve: none\n  Warning: none, alarm: none\n",
			[]string{"storage-state ok", "held-bytes 1000", "log-bytes 1000", "index-bytes 0", "spool-bytes 0", "reserve-bytes 0", "limit-bytes 0",
				"reserve-percent 0", "warning-percent 0", "alarm-percent 0", "overflow drop-new"}},
	} {
		var b strings.Builder
		tt.s.text(&b)
		if b.String() != tt.text {
			t.Errorf("%s:\n%s\nwant:\n%s", name, b.String(), tt.text)
		}
		var got []string
		for _, c := range tt.s.element().Children {
			got = append(got, c.Name+" "+c.Text)
		}
		if strings.Join(got, "\n") != strings.Join(tt.xml, "\n") {
			t.Errorf("%s:\n%q\nwant:\n%q", name, got, tt.xml)
		}
	}
}
