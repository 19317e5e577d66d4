package event

import "strings"

// ChannelState is what happened to a channel.
type ChannelState uint8

// What happens to a channel.
const (
	ChannelOpened ChannelState = iota
	ChannelClosed
	ChannelFailed // it never came about
)

// InputChannel is an encrypted connection by which messages come in: its
// beginning, its end, or that it did not come about (FTP_ITC.1, FCS_TLSS_EXT.1).
type InputChannel struct {
	State       ChannelState
	Input       string // `tls *:6514`
	Local, Peer string // address and port of both ends
	Name        string // name that the certificate bears which the peer has shown, also of one that was refused; empty without one
	Certificate string // that: subject, serial number and fingerprint
	Protocol    string // version and cipher suite, as far as they were agreed upon
	Reason      string // why it failed, or ended otherwise than in order
}

// Entry implements Event. SYSTEM_TLS_INPUT_OPENED, _CLOSED and _FAILED are ours,
// authorization.info, and authorization.warning for a failure.
func (e InputChannel) Entry() Entry {
	words := [...]struct{ tag, word string }{{"SYSTEM_TLS_INPUT_OPENED", "opened"}, {"SYSTEM_TLS_INPUT_CLOSED", "closed"},
		{"SYSTEM_TLS_INPUT_FAILED", "failed"}}[e.State]
	var b strings.Builder
	b.WriteString("TLS connection from " + e.Peer + " to " + e.Local + " " + words.word)
	if e.Name != "" {
		b.WriteString(", peer " + e.Name)
	}
	for _, part := range []string{e.Certificate, e.Protocol} {
		if part != "" {
			b.WriteString(", " + part)
		}
	}
	if e.Reason != "" {
		b.WriteString(": " + e.Reason)
	}
	entry := Entry{Process: eventd, Tag: words.tag, Facility: Authorization, Severity: Info, Text: b.String(),
		Attrs: []Attr{{"input", e.Input}, {"local", e.Local}, {"peer", e.Peer}, {"name", e.Name},
			{"certificate", e.Certificate}, {"protocol", e.Protocol}, {"reason", e.Reason}}}
	if e.State == ChannelFailed {
		entry.Severity, entry.Failed = Warning, true
	}
	return entry
}
