package syslogd

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// docTable renders the rows as the package comment shows them.
func docTable() string {
	var b strings.Builder
	for _, p := range WaitingPlaces() {
		fmt.Fprintf(&b, "//\t%s\n", p.Place)
		for _, f := range [][2]string{{"bound", p.Bound}, {"full", p.Full}, {"counter", p.Counts},
			{"commit", p.Commit}, {"shutdown", p.Shutdown}, {"kill -9", p.Kill}} {
			fmt.Fprintf(&b, "//\t\t%-9s %s\n", f[0], f[1])
		}
	}
	return b.String()
}

func TestPackageCommentHasTheTable(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	if want := docTable(); !strings.Contains(string(doc), want) {
		t.Errorf("doc.go lacks the table of WaitingPlaces:\n%s", want)
	}
}

func TestEveryWaitingPlaceHasACounter(t *testing.T) {
	seen := make(map[string]bool)
	for _, p := range WaitingPlaces() {
		if p.Bound == "" || p.Full == "" || p.Counts == "" || p.Commit == "" || p.Shutdown == "" || p.Kill == "" {
			t.Errorf("%s: a column is empty", p.Place)
		}
		if seen[p.Place] {
			t.Errorf("%s is there twice", p.Place)
		}
		seen[p.Place] = true
		counted := Statistics{Sources: make([]SourceStatistics, 1), Destinations: make([]DestinationStatistics, 1)}
		if p.Count(&counted) != 0 {
			t.Errorf("%s counts something where there is nothing", p.Place)
		}
		fill(&counted)
		if p.Count(&counted) == 0 {
			t.Errorf("%s: no counter tells of it", p.Place)
		}
	}
}

// fill sets every counter.
func fill(s *Statistics) {
	src, dst := &s.Sources[0], &s.Destinations[0]
	src.Accepted, src.Truncated, src.KernelDrops, src.Waiting, src.Connections, src.Connected = 1, 1, 1, 1, 1, 1
	src.Refused[QueueFull] = 1
	dst.Selected = 1
	dst.Sink.Delivered, dst.Sink.Repeated, dst.Sink.Waiting = 1, 1, 1
}
