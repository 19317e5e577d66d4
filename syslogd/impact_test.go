package syslogd

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"loggia/syslogd/wire"
)

// tried submits texts and asks what next would make of them.
func tried(t *testing.T, now, next Config, texts ...string) Impact {
	t.Helper()
	w := start(t, now)
	for _, text := range texts {
		w.Submit(batch(wire.Origin{Kind: wire.UDP}, text))
	}
	r, err := Rehearse(next)
	if err != nil {
		t.Fatal(err)
	}
	return w.Impact(r, time.Time{})
}

func TestImpactComparesDestinationByDestination(t *testing.T) {
	now := Config{HostName: "box", Files: []*File{toFile(t, "all", "any notice"), toFile(t, "gone", "mail any"), toFile(t, "same", "cron any")}}
	next := Config{HostName: "box", Files: []*File{toFile(t, "all", "any warning"), toFile(t, "new", "any error"), toFile(t, "same", "cron any"), toFile(t, "info", "daemon any")}}
	x := tried(t, now, next,
		"<13>Nov 22 12:00:00 r1 app: notice one", "<13>Nov 22 12:00:01 r1 app: notice two", "<13>Nov 22 12:00:02 r1 app: notice three",
		"<12>Nov 22 12:00:03 r1 app: warning", "<11>Nov 22 12:00:04 r1 app: error", "<22>Nov 22 12:00:05 r1 app: mail info",
		"<78>Nov 22 12:00:06 r1 app: cron info", "<31>Nov 22 12:00:07 r1 app: daemon debug", "<15>Nov 22 12:00:08 r1 app: user debug")
	if x.Tried != 9 || x.Passed != 0 || x.Since.IsZero() || x.Nowhere != 2 {
		t.Errorf("%+v", x)
	}
	var got []string
	for _, e := range x.Effects {
		got = append(got, fmt.Sprintf("%s %v %v: %d %d +%d -%d", e.Name, e.Added, e.Removed, e.Before, e.After, e.More.Count, e.Fewer.Count))
	}
	want := []string{"all false false: 5 2 +0 -3", "new true false: 0 1 +1 -0", "same false false: 1 1 +0 -0", "info true false: 0 1 +1 -0", "gone false true: 1 0 +0 -1"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if e := x.Effects[0].Fewer.Examples; !slices.Equal(e, []string{"Nov 22 12:00:00 r1 app: notice one", "Nov 22 12:00:01 r1 app: notice two"}) {
		t.Errorf("%q", e)
	}
	if x.Unheard.Count != 4 || x.Heard.Count != 1 || !slices.Equal(x.Heard.Examples, []string{"Nov 22 12:00:07 r1 app: daemon debug"}) {
		t.Errorf("%+v %+v", x.Unheard, x.Heard)
	}
}

// Own records and the conditions of a sender are tried as they were received.
func TestImpactKnowsWhoSent(t *testing.T) {
	port := freePort(t)
	now := Config{HostName: "box", Inputs: Inputs{UDP: []Listen{local(port)}, TCP: []Listen{local(port)}}, Files: []*File{toFile(t, "all", "any any")}}
	w := start(t, now)
	send(t, "udp", fmt.Sprintf("127.0.0.1:%d", port), "<13>app: by udp")
	send(t, "tcp", fmt.Sprintf("127.0.0.1:%d", port), "<13>app: by tcp\n")
	w.has("all", "by udp")
	w.has("all", "by tcp")
	w.Submit(batch(wire.Origin{Kind: wire.Unix}, "<13>other: local"))
	next := Config{HostName: "box", Files: []*File{toFile(t, "apps", "any any"), toFile(t, "others", "any any")}}
	next.Files[0].Programs = []string{"app"}
	next.Files[1].HostMatch = "^box$"
	r, err := Rehearse(next)
	if err != nil {
		t.Fatal(err)
	}
	w.eventually(func() bool { return w.Impact(r, time.Time{}).Tried == 3 }, func() string { return fmt.Sprintf("%+v", w.Impact(r, time.Time{})) })
	x := w.Impact(r, time.Time{})
	if x.Effects[0].After != 2 || x.Effects[1].After != 1 {
		t.Errorf("%+v", x)
	}
	if later := w.Impact(r, time.Now().Add(time.Hour)); later.Tried != 0 || !later.Since.IsZero() {
		t.Errorf("%+v", later)
	}
}

// What is kept is bounded in bytes, and under any load reaches back as far as it
// says, by samples.
func TestRecentMessagesAreBoundedAndReachBack(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	var k recent
	b := batch(wire.Origin{Kind: wire.TCP}, "")
	text := "<13>Nov 22 12:00:00 r1 app: " + strings.Repeat("x", 200)
	b.Buf, b.Records = nil, nil
	var p wire.Parser
	for range 500 {
		at := len(b.Buf)
		b.Buf = append(b.Buf, text...)
		p.Parse(b, at, len(b.Buf))
	}
	received := uint64(0)
	for step := range 2 * int(recentSpan/time.Second) * 4 { // 2,000 messages a second for twice as long
		b.Received = now.Add(time.Duration(step) * 250 * time.Millisecond)
		k.keep(b)
		received += uint64(len(b.Records))
	}
	all, passed := k.snapshot(time.Time{})
	held := 0
	for _, p := range k.chunks {
		held += p.size()
	}
	if held > recentLimit+recentChunk {
		t.Errorf("%d bytes are held", held)
	}
	if reach := b.Received.Sub(all[0].Received); reach < recentSpan {
		t.Errorf("it reaches back %v", reach)
	}
	kept := uint64(0)
	for _, b := range all {
		for i := range b.Records {
			if got := string(b.Bytes(b.Records[i].Raw)); got != text {
				t.Fatalf("%q", got)
			}
			if got := string(b.Bytes(b.Records[i].App)); got != "app" {
				t.Fatalf("%q", got)
			}
		}
		kept += uint64(len(b.Records))
	}
	since := uint64(b.Received.Sub(all[0].Received)/(250*time.Millisecond)+1) * 500
	if kept+passed > since || kept+passed < since-500 {
		t.Errorf("%d kept and %d passed of %d since", kept, passed, since)
	}
	if _, later := k.snapshot(b.Received.Add(time.Hour)); later != 0 {
		t.Errorf("%d passed in the future", later)
	}
	// A clock that is set back stops nothing.
	b.Received = now.Add(-24 * time.Hour)
	before := k.passed.Load()
	k.keep(b)
	b.Received = b.Received.Add(time.Hour)
	k.keep(b)
	if k.passed.Load()-before >= 1000 {
		t.Error("nothing is kept when the clock is set back")
	}
}

// A quiet engine keeps everything.
func TestEverythingRecentIsKeptOfAFew(t *testing.T) {
	x := tried(t, Config{}, Config{Files: []*File{toFile(t, "all", "any any")}}, slices.Repeat([]string{"<13>app: one"}, 1000)...)
	if x.Tried != 1000 || x.Passed != 0 || x.Heard.Count != 1000 {
		t.Errorf("%+v", x)
	}
}
