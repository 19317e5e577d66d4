package event

// NetconfCommand is an RPC that a user sent. Command is its name with the
// arguments of an operational one; configuration is not repeated, because the
// records of the changes follow.
type NetconfCommand struct{ Username, Command string }

// Entry implements Event. UI_NETCONF_CMD, interactive-commands.info.
func (e NetconfCommand) Entry() Entry {
	return Entry{Process: mgd, Tag: "UI_NETCONF_CMD", Facility: InteractiveCommands, Severity: Info,
		Text:  "User '" + e.Username + "' used NETCONF client to run command '" + e.Command + "'",
		Attrs: []Attr{{"username", e.Username}, {"command", e.Command}}}
}

// LogStream is a channel over which a log is read as it is written: its opening,
// or with a Reason its end.
type LogStream struct {
	Username, Stream string
	Connection       string // as in SSH_CONNECTION; empty when local
	Reason           string // why it ended
}

// Entry implements Event. UI_LOG_STREAM is ours, authorization.info.
func (e LogStream) Entry() Entry {
	what := "began to receive"
	if e.Reason != "" {
		what = "ended receiving"
	}
	out := Entry{Process: mgd, Tag: "UI_LOG_STREAM", Facility: Authorization, Severity: Info,
		Text:  "User '" + e.Username + "' " + what + " log '" + e.Stream + "', ssh-connection '" + e.Connection + "'",
		Attrs: []Attr{{"username", e.Username}, {"stream", e.Stream}, {"ssh-connection", e.Connection}}}
	if e.Reason != "" {
		out.Text += ": " + e.Reason
		out.Attrs = append(out.Attrs, Attr{"reason", e.Reason})
	}
	return out
}
