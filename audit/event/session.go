package event

import "strconv"

// mgd is the process that Junos' user interface logs as.
const mgd = "mgd"

// Authenticated is a user who was let in, before the session starts.
type Authenticated struct{ Username, Class string }

// Entry implements Event. UI_AUTH_EVENT, authorization.info.
func (e Authenticated) Entry() Entry {
	return Entry{Process: mgd, Tag: "UI_AUTH_EVENT", Facility: Authorization, Severity: Info,
		Text:  "Authenticated user '" + e.Username + "' assigned to class 'j-" + e.Class + "'",
		Attrs: []Attr{{"username", e.Username}, {"authentication-level", "j-" + e.Class}}}
}

// Login is the start of a session. Connection is as in SSH_CONNECTION, empty
// on a local terminal; Mode is cli, netconf or junoscript.
type Login struct {
	Username, Class  string
	PID              int
	Connection, Mode string
}

// Entry implements Event. UI_LOGIN_EVENT, interactive-commands.info.
func (e Login) Entry() Entry {
	pid := strconv.Itoa(e.PID)
	return Entry{Process: mgd, Tag: "UI_LOGIN_EVENT", Facility: InteractiveCommands, Severity: Info,
		Text: "User '" + e.Username + "' login, class 'j-" + e.Class + "' [" + pid + "], ssh-connection '" +
			e.Connection + "', client-mode '" + e.Mode + "'",
		Attrs: []Attr{{"username", e.Username}, {"class-name", "j-" + e.Class}, {"local-peer", pid},
			{"ssh-connection", e.Connection}, {"client-mode", e.Mode}}}
}

// LoginRefused is a session that was not let in. Reason says why.
type LoginRefused struct {
	Username, Reason string
	UID              uint32
}

// Entry implements Event. UI_LOGIN_REFUSED is ours, authorization.notice.
func (e LoginRefused) Entry() Entry {
	uid := strconv.FormatUint(uint64(e.UID), 10)
	return Entry{Process: mgd, Tag: "UI_LOGIN_REFUSED", Facility: Authorization, Severity: Notice, Failed: true,
		Text:  "Login refused for user '" + e.Username + "' with uid " + uid + ": " + e.Reason,
		Attrs: []Attr{{"username", e.Username}, {"uid", uid}, {"reason", e.Reason}}}
}

// Logout is the end of a session.
type Logout struct{ Username string }

// Entry implements Event. UI_LOGOUT_EVENT, interactive-commands.info.
func (e Logout) Entry() Entry {
	return Entry{Process: mgd, Tag: "UI_LOGOUT_EVENT", Facility: InteractiveCommands, Severity: Info,
		Text: "User '" + e.Username + "' logout", Attrs: []Attr{{"username", e.Username}}}
}

// IdleTimeout is a session that ends because nobody pressed a key for so long.
type IdleTimeout struct{ Username string }

// Entry implements Event. UI_CLI_IDLE_TIMEOUT, authorization.notice.
func (e IdleTimeout) Entry() Entry {
	return Entry{Process: "cli", Tag: "UI_CLI_IDLE_TIMEOUT", Facility: Authorization, Severity: Notice,
		Text: "Idle timeout for user '" + e.Username + "' exceeded and session terminated", Attrs: []Attr{{"username", e.Username}}}
}

// CommandLine is a line that a user sent with Enter. Command is the line with
// every word in full and secrets hidden; the log shows a blank after it, as
// Junos' completion of the last word leaves one.
type CommandLine struct{ Username, Command string }

// Entry implements Event. UI_CMDLINE_READ_LINE, interactive-commands.info.
func (e CommandLine) Entry() Entry {
	return Entry{Process: mgd, Tag: "UI_CMDLINE_READ_LINE", Facility: InteractiveCommands, Severity: Info,
		Text:  "User '" + e.Username + "', command '" + e.Command + " '",
		Attrs: []Attr{{"username", e.Username}, {"command", e.Command + " "}}}
}

// AccessRefused is an attempt to read or change a file that was turned down.
type AccessRefused struct{ Username, Action, Filename, Reason string }

// Entry implements Event. UI_ACCESS_REFUSED is ours, authorization.notice.
func (e AccessRefused) Entry() Entry {
	return Entry{Process: mgd, Tag: "UI_ACCESS_REFUSED", Facility: Authorization, Severity: Notice, Failed: true,
		Text:  "User '" + e.Username + "' was refused to " + e.Action + " '" + e.Filename + "': " + e.Reason,
		Attrs: []Attr{{"username", e.Username}, {"action", e.Action}, {"filename", e.Filename}, {"reason", e.Reason}}}
}

// PasswordChanged is a commit that gave a login another password, or took it away.
type PasswordChanged struct {
	Username string // whose
	Removed  bool
	By       string // whose commit it was, a Subject.Actor
}

// Entry implements Event. UI_PASSWORD_CHANGED is ours, in the words that Junos
// logs, authorization.notice.
func (e PasswordChanged) Entry() Entry {
	action := "change"
	if e.Removed {
		action = "remove"
	}
	return Entry{Process: mgd, Tag: "UI_PASSWORD_CHANGED", Facility: Authorization, Severity: Notice,
		Text:  action + " user '" + e.Username + "' password" + byOr(e.By, withdrawn),
		Attrs: []Attr{{"username", e.Username}, {"action", action}, {"acting-user", e.By}}}
}
