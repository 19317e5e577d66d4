package terminal

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestHistoryIsBounded(t *testing.T) {
	h := NewHistory(3)
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	for i, l := range []string{"one ", "", "two", "two", "three", "four"} {
		h.Add(l, at.Add(time.Duration(i)*time.Second))
	}
	var got []string
	for e := range h.All() {
		got = append(got, e.Time.Format("05")+" "+e.Line)
	}
	if s := strings.Join(got, "|"); s != "02 two|04 three|05 four" {
		t.Errorf("got %s", s)
	}
	long := NewHistory(1000)
	for i := range 100 {
		long.Add(fmt.Sprint(i)+strings.Repeat("x", 60_000), at)
	}
	size := 0
	for e := range long.All() {
		size += len(e.Line)
	}
	if size > maxHistory || size < maxHistory/2 {
		t.Errorf("%d bytes", size)
	}
}

func TestRingKeepsTheNewest(t *testing.T) {
	var r ring
	for i := range 10 {
		r.add(fmt.Sprintf("%d%s\nshort", i, strings.Repeat("x", 100_000)))
	}
	if r.lost != 15 || len(r.lines) != 5 || !strings.HasPrefix(r.lines[1], "8x") || r.lines[4] != "short\n" {
		t.Errorf("%d lost, %d kept", r.lost, len(r.lines))
	}
	r.add(strings.Repeat("日", maxNotices))
	if r.size > maxNotices || r.empty() {
		t.Errorf("%d bytes", r.size)
	}
}
