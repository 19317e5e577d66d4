package audit

import (
	"strings"
	"testing"
	"time"

	"loggia/audit/event"
)

// TestWhatIsGoneStaysAGap: after records that somebody knows of elsewhere, numbers go on.
func TestWhatIsGoneStaysAGap(t *testing.T) {
	dir := t.TempDir()
	put := func(known, first, last, seq uint64) {
		t.Helper()
		l, _, err := Open(dir, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		if f, e := l.Continue(known); f != first || e != last {
			t.Errorf("%d to %d are missing, want %d to %d", f, e, first, last)
		}
		r, err := l.Append(Record{Entry: event.Entry{Text: "x"}})
		if err != nil || r.Seq != seq {
			t.Errorf("number %d, %v", r.Seq, err)
		}
		if err := r.Durable(t.Context()); err != nil {
			t.Error(err)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
	put(0, 0, 0, 1)
	put(1, 0, 0, 2)
	put(9, 3, 9, 10)
	put(10, 0, 0, 11)
	var told []string
	for _, err := range Read(dir) {
		if err != nil {
			told = append(told, err.Error())
		}
	}
	if len(told) != 1 || !strings.Contains(told[0], "record 10 where 3 is due") {
		t.Errorf("read: %q", told)
	}
}
