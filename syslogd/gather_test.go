package syslogd

import (
	"testing"
	"time"
)

// TestGathering plays streams: each brings so many bytes so often, and is read
// when it has something and is not left alone.
func TestGathering(t *testing.T) {
	for _, c := range []struct {
		name  string
		bytes int
		every time.Duration
		reads [2]int // in a second, least and most
	}{
		{"a message now and then", 200, 100 * time.Millisecond, [2]int{10, 10}},
		{"at the edge", 200, 15 * time.Millisecond, [2]int{60, 67}},
		{"little and often", 200, 2 * time.Millisecond, [2]int{45, 70}},
		{"a batch and often", 5000, 5 * time.Millisecond, [2]int{45, 70}},
		{"much and often", 20_000, time.Millisecond, [2]int{900, 1000}},
		{"much", 256 << 10, 10 * time.Millisecond, [2]int{100, 100}},
	} {
		var g gathering
		start := time.Unix(1_700_000_000, 123)
		reads, came, alone := 0, 0, start
		for at := start; at.Before(start.Add(time.Second)); at = at.Add(time.Millisecond) {
			if at.Sub(start)%c.every == 0 {
				came += c.bytes
			}
			if came == 0 || at.Before(alone) {
				continue
			}
			rest := g.read(came, at)
			if rest < 0 || rest > gatherTime {
				t.Fatalf("%s: left alone for %v", c.name, rest)
			}
			came, alone = 0, at.Add(rest)
			reads++
		}
		if reads < c.reads[0] || reads > c.reads[1] {
			t.Errorf("%s: %d reads, want %v", c.name, reads, c.reads)
		}
	}
}

// TestGatheringEnds tells that a stream that was slow is not left alone when it
// brings much, has little to bring, or the clock is set.
func TestGatheringEnds(t *testing.T) {
	for _, c := range []struct {
		name  string
		bytes int
		after time.Duration
	}{
		{"much", gatherBytes, gatherTime},
		{"seldom", 100, time.Second},
		{"clock set back", 100, -time.Hour},
		{"clock set on", 100, time.Hour},
	} {
		var g gathering
		at, rest := time.Unix(1_700_000_000, 0), time.Duration(0)
		for n := 0; rest == 0; n++ {
			if at = at.Add(2 * time.Millisecond); n > 1000 {
				t.Fatal("it is never left alone")
			}
			rest = g.read(100, at)
		}
		if rest := g.read(c.bytes, at.Add(rest+c.after)); rest != 0 && c.name != "much" {
			t.Errorf("%s: left alone for %v", c.name, rest)
		}
		if c.name == "much" && g.slow {
			t.Error("much: still slow")
		}
	}
}
