package event

// CommandRefused is a command that the login class of its user does not permit.
// Command is what was typed in full, secrets hidden.
type CommandRefused struct{ Username, Command string }

// Entry implements Event. UI_COMMAND_REFUSED is ours, authorization.notice.
func (e CommandRefused) Entry() Entry {
	return Entry{Process: mgd, Tag: "UI_COMMAND_REFUSED", Facility: Authorization, Severity: Notice, Failed: true,
		Text:  "User '" + e.Username + "' was refused the command '" + e.Command + "': permission denied",
		Attrs: []Attr{{"username", e.Username}, {"command", e.Command}}}
}

// CommandFailed is a command that should have changed something, and did not, or not
// all of it. Command is as in CommandLine or NetconfCommand, and Reason has no secrets.
type CommandFailed struct{ Username, Command, Reason string }

// Entry implements Event. UI_COMMAND_FAILED is ours, interactive-commands.notice: the
// outcome that FAU_GEN.1.2 wants.
func (e CommandFailed) Entry() Entry {
	return Entry{Process: mgd, Tag: "UI_COMMAND_FAILED", Facility: InteractiveCommands, Severity: Notice, Failed: true,
		Text:  "User '" + e.Username + "', command '" + e.Command + "' failed: " + e.Reason,
		Attrs: []Attr{{"username", e.Username}, {"command", e.Command}, {"reason", e.Reason}}}
}

// ChangeRefused is a change of the configuration that the login class of its
// user does not permit. Path is the first statement that it is about.
type ChangeRefused struct{ Username, Path string }

// Entry implements Event. UI_CHANGE_REFUSED is ours, authorization.notice.
func (e ChangeRefused) Entry() Entry {
	path := "[" + e.Path + "]"
	return Entry{Process: mgd, Tag: "UI_CHANGE_REFUSED", Facility: Authorization, Severity: Notice, Failed: true,
		Text:  "User '" + e.Username + "' was refused to change " + path + ": permission denied",
		Attrs: []Attr{{"username", e.Username}, {"pathname", path}}}
}
