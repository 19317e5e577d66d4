package event

import "strconv"

// login is the process that logins at a console are logged as.
const login = "login"

// console makes an entry of login.
func console(tag string, s Severity, failed bool, text string, attrs ...Attr) Entry {
	return Entry{Process: login, Tag: tag, Facility: Authorization, Severity: s, Failed: failed, Text: text, Attrs: attrs}
}

// unnamed stands for a host or a terminal that has no name, as in Junos' records.
func unnamed(name string) string {
	if name == "" {
		return "[unknown]"
	}
	return name
}

// ConsoleLogin is who logged in at a console.
type ConsoleLogin struct{ Username, TTY string }

// Entry implements Event. LOGIN_INFORMATION, authorization.info.
func (e ConsoleLogin) Entry() Entry {
	return console("LOGIN_INFORMATION", Info, false, "User "+e.Username+" logged in from host [unknown] on device "+unnamed(e.TTY),
		Attr{"username", e.Username}, Attr{"hostname", "[unknown]"}, Attr{"tty-name", e.TTY})
}

// ConsoleRoot is root, who logged in at a console. It follows ConsoleLogin.
type ConsoleRoot struct{ Username, TTY string }

// Entry implements Event. LOGIN_ROOT, authorization.notice.
func (e ConsoleRoot) Entry() Entry {
	return console("LOGIN_ROOT", Notice, false, "User "+e.Username+" logged in as root from host [unknown] on device "+unnamed(e.TTY),
		Attr{"username", e.Username}, Attr{"hostname", "[unknown]"}, Attr{"tty-name", e.TTY})
}

// ConsolePassword is a wrong password at a console.
type ConsolePassword struct{ Username, TTY string }

// Entry implements Event. LOGIN_PAM_AUTHENTICATION_ERROR, authorization.notice.
func (e ConsolePassword) Entry() Entry {
	return console("LOGIN_PAM_AUTHENTICATION_ERROR", Notice, true, "Failed password for user "+e.Username,
		Attr{"username", e.Username}, Attr{"tty-name", e.TTY})
}

// ConsoleFailed is a login at a console that let nobody in. Its host is the
// terminal, as in Junos' records.
type ConsoleFailed struct{ Username, TTY string }

// Entry implements Event. LOGIN_FAILED, authorization.notice.
func (e ConsoleFailed) Entry() Entry {
	return console("LOGIN_FAILED", Notice, true, "Login failed for user "+e.Username+" from host "+unnamed(e.TTY),
		Attr{"username", e.Username}, Attr{"hostname", e.TTY})
}

// ConsoleLimit is that so many logins at a console failed in a row. It starts anew:
// the console is never locked.
type ConsoleLimit struct {
	Limit         int
	Username, TTY string
}

// Entry implements Event. LOGIN_FAILED_LIMIT, authorization.notice.
func (e ConsoleLimit) Entry() Entry {
	limit := strconv.Itoa(e.Limit)
	return console("LOGIN_FAILED_LIMIT", Notice, true, "Specified number of login failures ("+limit+") for user '"+e.Username+"' reached from '"+unnamed(e.TTY)+"'",
		Attr{"limit", limit}, Attr{"username", e.Username}, Attr{"remote-address", e.TTY})
}

// ConsoleRefused is the right password of somebody who may not log in.
type ConsoleRefused struct{ Username, TTY, Reason string }

// Entry implements Event. LOGIN_REFUSED, authorization.notice.
func (e ConsoleRefused) Entry() Entry {
	return console("LOGIN_REFUSED", Notice, true, "Login of user "+e.Username+" refused from host "+unnamed(e.TTY)+": "+e.Reason,
		Attr{"username", e.Username}, Attr{"hostname", e.TTY}, Attr{"reason", e.Reason})
}

// ConsoleExpired is a login at a console with a password that is too old, which
// lets in there: who changes it must get in.
type ConsoleExpired struct{ Username string }

// Entry implements Event. LOGIN_PASSWORD_EXPIRED, authorization.notice.
func (e ConsoleExpired) Entry() Entry {
	return console("LOGIN_PASSWORD_EXPIRED", Notice, false, "Password of user "+e.Username+" has expired", Attr{"username", e.Username})
}

// ConsoleTimeout is a login at a console that nobody finished.
type ConsoleTimeout struct{ TTY string }

// Entry implements Event. LOGIN_TIMED_OUT, authorization.info.
func (e ConsoleTimeout) Entry() Entry {
	return console("LOGIN_TIMED_OUT", Info, true, "Login from host "+unnamed(e.TTY)+" timed out", Attr{"hostname", e.TTY})
}

// ConsoleAborted is a login at a console that somebody left.
type ConsoleAborted struct{ TTY string }

// Entry implements Event. LOGIN_ABORTED, authorization.info.
func (e ConsoleAborted) Entry() Entry {
	return console("LOGIN_ABORTED", Info, true, "Client aborted login", Attr{"hostname", e.TTY})
}

// LockState is what happened to a session that can be locked.
type LockState uint8

// The states.
const (
	SessionLocked LockState = iota
	SessionUnlocked
	SessionUnlockFailed
)

// SessionLock is a session at a console that was locked because nobody pressed a key
// for so long, and each attempt to unlock it (FTA_SSL_EXT.1).
type SessionLock struct {
	State                 LockState
	Username, TTY, Reason string // the reason of a failure
}

// Entry implements Event. UI_SESSION_LOCKED, _UNLOCKED and _UNLOCK_FAILED are ours,
// authorization.notice.
func (e SessionLock) Entry() Entry {
	words := [...]struct{ tag, word string }{{"UI_SESSION_LOCKED", "locked after the idle timeout"}, {"UI_SESSION_UNLOCKED", "unlocked"},
		{"UI_SESSION_UNLOCK_FAILED", "not unlocked"}}[e.State]
	text := "Session of user '" + e.Username + "' on device " + unnamed(e.TTY) + " " + words.word
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	return Entry{Process: "cli", Tag: words.tag, Facility: Authorization, Severity: Notice, Failed: e.State == SessionUnlockFailed, Text: text,
		Attrs: []Attr{{"username", e.Username}, {"tty-name", e.TTY}, {"reason", e.Reason}}}
}

// SessionOwner is who stands behind a session of root, or of another user of the
// machine: whoever logged in to the machine and went over with sudo or su.
type SessionOwner struct {
	Username, Owner string
	OwnerUID        uint32
}

// Entry implements Event. UI_SESSION_OWNER is ours, authorization.notice.
func (e SessionOwner) Entry() Entry {
	uid := strconv.FormatUint(uint64(e.OwnerUID), 10)
	return Entry{Process: mgd, Tag: "UI_SESSION_OWNER", Facility: Authorization, Severity: Notice,
		Text:  "Session of user '" + e.Username + "' belongs to login user '" + e.Owner + "' with uid " + uid,
		Attrs: []Attr{{"username", e.Username}, {"login-user", e.Owner}, {"login-uid", uid}}}
}
