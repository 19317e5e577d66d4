package event

import "strings"

// HostChannel is a connection to a log server: its beginning, its end, or that it
// could not be made, with both ends (FTP_ITC.1, FCS_TLSC_EXT.1). There is one
// for each change: attempts that fail one after the other are told once for each
// reason, and for each certificate that is refused.
type HostChannel struct {
	State       ChannelState
	Host        string // as configured
	Transport   string // tcp or tls
	Local, Peer string // address and port of both ends
	Subject     string // of the certificate that the server has shown, also of one that was refused
	Fingerprint string // of that, RFC 5425's
	Reason      string // why it ended or failed; of one that opened: failures without a record
}

// Entry implements Event. EVENTD_HOST_CHANNEL_OPENED, _CLOSED and _FAILED are ours,
// authorization.info, and authorization.warning for a failure.
func (e HostChannel) Entry() Entry {
	words := [...]struct{ tag, word string }{{"EVENTD_HOST_CHANNEL_OPENED", "opened"}, {"EVENTD_HOST_CHANNEL_CLOSED", "closed"},
		{"EVENTD_HOST_CHANNEL_FAILED", "failed"}}[e.State]
	var b strings.Builder
	b.WriteString("Connection to log server " + e.Host + " by " + e.Transport)
	if e.Local != "" {
		b.WriteString(" from " + e.Local)
	}
	b.WriteString(" to " + e.Peer + " " + words.word)
	for _, part := range []string{e.Subject, e.Fingerprint} {
		if part != "" {
			b.WriteString(", " + part)
		}
	}
	if e.Reason != "" {
		b.WriteString(": " + e.Reason)
	}
	entry := Entry{Process: eventd, Tag: words.tag, Facility: Authorization, Severity: Info, Text: b.String(),
		Attrs: []Attr{{"host", e.Host}, {"transport", e.Transport}, {"local", e.Local}, {"peer", e.Peer},
			{"subject", e.Subject}, {"fingerprint", e.Fingerprint}, {"reason", e.Reason}}}
	if e.State == ChannelFailed {
		entry.Severity, entry.Failed = Warning, true
	}
	return entry
}

// SpoolCleared is that messages which waited for a log server were thrown away.
type SpoolCleared struct{ Username, Host, Count string }

// Entry implements Event. EVENTD_SPOOL_CLEARED is ours, authorization.warning.
func (e SpoolCleared) Entry() Entry {
	return Entry{Process: eventd, Tag: "EVENTD_SPOOL_CLEARED", Facility: Authorization, Severity: Warning,
		Text:  "User '" + e.Username + "' cleared the spool of " + e.Host + ": " + e.Count + " messages are lost",
		Attrs: []Attr{{"username", e.Username}, {"host", e.Host}, {"count", e.Count}}}
}

// MessageLoop is that a message which this machine had sent to a log server came
// back, and is not sent on again.
type MessageLoop struct{ Source string }

// Entry implements Event. EVENTD_LOOP is ours, daemon.warning.
func (e MessageLoop) Entry() Entry {
	return Entry{Process: eventd, Tag: "EVENTD_LOOP", Facility: Daemon, Severity: Warning,
		Text:  "Messages that were sent from here come back from " + e.Source + ": they are not sent to any host again",
		Attrs: []Attr{{"source", e.Source}}}
}
