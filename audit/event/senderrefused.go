package event

import (
	"strconv"
	"time"
)

// Refusal says why an input did not let a sender in.
type Refusal uint8

// The reasons.
const (
	RefusedSeveral       Refusal = iota // of several senders, each for its own reason
	RefusedMessages                     // messages: allow-source does not name the sender
	RefusedConnections                  // connections: the same
	RefusedByLimit                      // connections: its connection-limit is reached
	RefusedByTotal                      // connections: there are as many as there may be in all
	RefusedUnserviceable                // connections: the system refused them
	RefusedTLS                          // connections: they begin with TLS, which this input does not speak
)

// SenderRefused is a sender that an input did not let in, with how often since the
// last record of it.
type SenderRefused struct {
	Source, Input string // address; `udp *:514`, empty of several
	Why           Refusal
	Count         uint64 // messages or connections
	Since, Until  time.Time
}

// Entry implements Event. SYSTEM_SENDER_REFUSED is ours, authorization.warning.
func (e SenderRefused) Entry() Entry {
	words := [...]struct{ what, why string }{{"messages and connections", "more senders are refused than are told apart"},
		{"messages", "not in allow-source"}, {"connections", "not in allow-source"}, {"connections", "connection-limit"},
		{"connections", "too many connections in all"}, {"connections", "the system refused them"},
		{"connections", "TLS, where messages are expected in clear"}}[e.Why]
	n := strconv.FormatUint(e.Count, 10)
	since, until := e.Since.UTC().Format(time.RFC3339), e.Until.UTC().Format(time.RFC3339)
	text := n + " " + words.what + " from " + e.Source
	if e.Input != "" {
		text += " to " + e.Input
	}
	return Entry{Process: eventd, Tag: "SYSTEM_SENDER_REFUSED", Facility: Authorization, Severity: Warning, Failed: true,
		Text:  text + " refused between " + since + " and " + until + ": " + words.why,
		Attrs: []Attr{{"source", e.Source}, {"input", e.Input}, {"count", n}, {"reason", words.why}, {"since", since}, {"until", until}}}
}
