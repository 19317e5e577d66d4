package syslogd

import (
	"fmt"
	"testing"
)

// source returns the counts of one input, and whether it is listed.
func (w *world) counts(name string) (SourceStatistics, bool) {
	w.t.Helper()
	st := w.Statistics()
	for _, s := range st.Sources {
		if s.Received != s.Accepted+s.Refused[QueueFull] {
			w.t.Errorf("received is not accepted + refused: %+v", s)
		}
		if s.Name == name {
			return s, true
		}
	}
	return SourceStatistics{}, false
}

// A commit that removes an input, and one that brings it back, forget nothing
// of what came in.
func TestCountsOutliveTheirInput(t *testing.T) {
	port := freePort(t)
	quiet := Config{Files: []*File{toFile(t, "messages", "any any")}}
	listening := quiet
	listening.Inputs = Inputs{UDP: []Listen{local(port)}, TCP: []Listen{local(port)}}
	w := start(t, listening)
	address := fmt.Sprintf("127.0.0.1:%d", port)
	for round := range 3 {
		for _, network := range []string{"udp", "tcp"} {
			text := fmt.Sprintf("<13>%s round %d\n", network, round)
			send(t, network, address, text)
			w.has("messages", text[len("<13>"):len(text)-1])
			name := network + " " + address
			if s, ok := w.counts(name); !ok || s.Accepted != uint64(round+1) {
				t.Errorf("round %d: %s: %+v", round, name, s)
			}
		}
		w.commit(quiet)
		for _, network := range []string{"udp", "tcp"} {
			name := network + " " + address
			if s, ok := w.counts(name); !ok || s.Accepted != uint64(round+1) {
				t.Errorf("removed in round %d: %s: %+v", round, name, s)
			}
		}
		w.commit(listening)
	}
	if s, _ := w.counts("tcp " + address); s.Connected != 3 {
		t.Errorf("connected %d, want 3", s.Connected)
	}
}

// An input that never received anything leaves no row behind.
func TestAnInputWithoutCountsIsForgotten(t *testing.T) {
	port := freePort(t)
	w := start(t, Config{Inputs: Inputs{UDP: []Listen{local(port)}}})
	w.commit(Config{})
	if _, ok := w.counts(fmt.Sprintf("udp 127.0.0.1:%d", port)); ok {
		t.Error("a removed input without counts is listed")
	}
}
