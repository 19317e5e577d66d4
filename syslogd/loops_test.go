package syslogd

import (
	"strings"
	"sync"
	"testing"
	"time"

	"loggia/audit/event"
	"loggia/syslogd/wire"
)

// TestMessagesThatComeBackAreNotSentOn sends a message, lets its copy come back
// again and again, and another after it.
func TestMessagesThatComeBackAreNotSentOn(t *testing.T) {
	port, next := received(t)
	var mu sync.Mutex
	var told []event.Event
	e := New(Options{LogDir: t.TempDir(), IndexDir: t.TempDir(), SpoolDir: t.TempDir(), Node: "0123456789abcdef",
		Report:   func(place string, err error) { t.Errorf("%s: %v", place, err) },
		Announce: func(ev event.Event) { mu.Lock(); defer mu.Unlock(); told = append(told, ev) }})
	c := Config{HostName: "box", Hosts: []*Host{{Place: "host", Name: "127.0.0.1", Port: port, Selection: Selection{Rules: rules(t, "any any")},
		Layout: Layout{Structured: true}, FacilityOverride: -1}}}
	if err := e.Start(c); err != nil {
		t.Fatal(err)
	}
	defer e.Close(t.Context())
	send := func(text string) {
		var p wire.Parser
		b := wire.Batch{Buf: []byte(text), Received: time.Now(), Origin: wire.Origin{Kind: wire.UDP}}
		p.Parse(&b, 0, len(b.Buf))
		e.Submit(&b)
	}
	send("<13>1 2026-11-22T10:00:00Z h app - - - round")
	copied := next()
	if !strings.Contains(copied, `[loggia@32473 node="0123456789abcdef" seq="`) {
		t.Fatalf("sent %q", copied)
	}
	for range 3 {
		send(strings.Replace(copied, `node="0`, `node="fedcba9876543210" seq="5" node="0`, 1))
	}
	send("<13>1 2026-11-22T10:00:00Z h app - - - another")
	if got := next(); !strings.HasSuffix(got, "another") {
		t.Errorf("sent %q", got)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(told) != 1 || told[0] != (event.MessageLoop{Source: "this machine"}) {
		t.Errorf("told %v", told)
	}
}
