package event

import "time"

// PowerAction is how the machine stops running.
type PowerAction uint8

// The ways.
const (
	Reboot PowerAction = iota
	Halt
	PowerOff
)

// String is the word of the command that asks for it.
func (a PowerAction) String() string { return [...]string{"reboot", "halt", "power-off"}[a] }

// PowerRequest is a user who has the machine stop, or start anew. It is on record
// before that begins.
type PowerRequest struct {
	Username string
	Action   PowerAction
	At       time.Time // zero: at once
	Message  string    // to the users
}

// Entry implements Event. UI_REBOOT_EVENT, interactive-commands.notice.
func (e PowerRequest) Entry() Entry {
	action := [...]string{"rebooted", "halted", "powered off"}[e.Action]
	text, at := "System "+action+" by '"+e.Username+"'", ""
	if !e.At.IsZero() {
		at = e.At.Format(time.RFC3339)
		text += " at " + at
	}
	if e.Message != "" {
		text += ": " + e.Message
	}
	return Entry{Process: mgd, Tag: "UI_REBOOT_EVENT", Facility: InteractiveCommands, Severity: Notice, Text: text,
		Attrs: []Attr{{"action", action}, {"username", e.Username}, {"time", at}, {"message", e.Message}}}
}

// PowerCleared is a user who cancelled a reboot, or another end, that waited for its time.
type PowerCleared struct {
	Username  string
	Action    PowerAction
	Requester string // who had asked for it; empty when that is not known
}

// Entry implements Event. UI_REBOOT_CLEARED is ours, interactive-commands.notice.
func (e PowerCleared) Entry() Entry {
	text := "User '" + e.Username + "' cancelled a " + e.Action.String()
	if e.Requester != "" {
		text += " that '" + e.Requester + "' had requested"
	}
	return Entry{Process: mgd, Tag: "UI_REBOOT_CLEARED", Facility: InteractiveCommands, Severity: Notice, Text: text,
		Attrs: []Attr{{"username", e.Username}, {"action", e.Action.String()}, {"requester", e.Requester}}}
}
