package event

// CallHome is a connection that this machine opened to a server which then logs
// in here: its beginning, its end, or that nothing came of it. Failures that
// repeat are told once.
type CallHome struct {
	State       ChannelState
	Client      string // of [edit system services outbound-ssh]
	Server      string // as configured, with its port
	Local, Peer string // address and port of both ends
	Username    string // who logged in over it
	Reason      string // why it ended or failed
}

// Entry implements Event. SSHD_CALL_HOME_OPENED, _CLOSED and _FAILED are ours,
// authorization.info, and authorization.warning for a failure.
func (e CallHome) Entry() Entry {
	words := [...]struct{ tag, word string }{{"SSHD_CALL_HOME_OPENED", "opened"}, {"SSHD_CALL_HOME_CLOSED", "closed"}, {"SSHD_CALL_HOME_FAILED", "failed"}}[e.State]
	text := "Call of outbound-ssh client " + e.Client + " to " + e.Server + " " + words.word
	if e.Local != "" {
		text += ", from " + e.Local + " to " + e.Peer
	}
	if e.Username != "" {
		text += ", user '" + e.Username + "'"
	}
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	entry := Entry{Process: sshd, Tag: words.tag, Facility: Authorization, Severity: Info, Text: text,
		Attrs: []Attr{{"client", e.Client}, {"server", e.Server}, {"local", e.Local}, {"peer", e.Peer}, {"username", e.Username}, {"reason", e.Reason}}}
	if e.State == ChannelFailed {
		entry.Severity, entry.Failed = Warning, true
	}
	return entry
}
