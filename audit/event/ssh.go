package event

import (
	"net/netip"
	"strconv"
	"strings"
)

// sshd is the process that logins over the network are logged as. Lines without
// a tag are in the words of OpenSSH, which Junos logs and collectors know.
const sshd = "sshd"

// line makes an untagged line of sshd.
func line(s Severity, text string, attrs ...Attr) Entry {
	return Entry{Process: sshd, Facility: Authorization, Severity: s, Text: text, Attrs: attrs, Failed: s <= Error}
}

// origin is "ADDRESS port PORT".
func origin(a netip.AddrPort) string {
	return a.Addr().String() + " port " + strconv.Itoa(int(a.Port()))
}

// address is an address, or what stands for one in help.
func address(a netip.Addr) string {
	if !a.IsValid() {
		return "<address>"
	}
	return a.String()
}

// SSHLoginFailed is a login over the network that was not let in. It stands
// beside SSHAttempt, which says how it was tried.
type SSHLoginFailed struct {
	Username string
	From     netip.Addr
}

// Entry implements Event. SSHD_LOGIN_FAILED, authorization.notice (<37>).
func (e SSHLoginFailed) Entry() Entry {
	from := address(e.From)
	return Entry{Process: sshd, Tag: "SSHD_LOGIN_FAILED", Facility: Authorization, Severity: Notice, Failed: true,
		Text:  "Login failed for user '" + e.Username + "' from host '" + from + "'",
		Attrs: []Attr{{"username", e.Username}, {"source-address", from}}}
}

// SSHAttempt is the use of one method of authentication.
type SSHAttempt struct {
	Accepted bool
	Method   string // password, publickey, keyboard-interactive/pam
	Username string
	Unknown  bool // there is no such user
	From     netip.AddrPort
	Key      string // type and fingerprint, for publickey
	More     int    // further keys that were refused on the connection
	Reason   string // why a right answer was refused all the same
}

// Entry implements Event: authorization.info (<38>).
func (e SSHAttempt) Entry() Entry {
	text := "Failed " + e.Method + " for "
	if e.Accepted {
		text = "Accepted " + e.Method + " for "
	}
	if e.Unknown {
		text += "invalid user "
	}
	text += e.Username + " from " + origin(e.From) + " ssh2"
	attrs := []Attr{{"username", e.Username}, {"method", e.Method}, {"source-address", e.From.Addr().String()},
		{"source-port", strconv.Itoa(int(e.From.Port()))}}
	if e.Key != "" {
		text += ": " + e.Key
		attrs = append(attrs, Attr{"key", e.Key})
	}
	if e.More > 0 {
		text += " (and " + strconv.Itoa(e.More) + " more)"
	}
	if e.Reason != "" {
		text += " (" + e.Reason + ")"
		attrs = append(attrs, Attr{"reason", e.Reason})
	}
	entry := line(Info, text, attrs...)
	entry.Failed = !e.Accepted
	return entry
}

// SSHThreshold is that so many wrong passwords came in a row.
type SSHThreshold struct {
	Limit    int
	Username string
	From     netip.Addr
}

// Entry implements Event. SSHD_LOGIN_ATTEMPTS_THRESHOLD, authorization.notice
// (<37>), with the origin as FIA_AFL.1 wants it.
func (e SSHThreshold) Entry() Entry {
	limit := strconv.Itoa(e.Limit)
	return Entry{Process: sshd, Tag: "SSHD_LOGIN_ATTEMPTS_THRESHOLD", Facility: Authorization, Severity: Notice, Failed: true,
		Text:  "Threshold for unsuccessful authentication attempts (" + limit + ") reached by user '" + e.Username + "'",
		Attrs: []Attr{{"limit", limit}, {"username", e.Username}, {"source-address", address(e.From)}}}
}

// AccountLocked is a user who may not log in for some time.
type AccountLocked struct {
	Username string
	From     netip.Addr // of the last wrong password
}

// Entry implements Event. LIBJNX_LOGIN_ACCOUNT_LOCKED, authorization.notice.
func (e AccountLocked) Entry() Entry {
	return Entry{Process: sshd, Tag: "LIBJNX_LOGIN_ACCOUNT_LOCKED", Facility: Authorization, Severity: Notice, Failed: true,
		Text:  "Account for user '" + e.Username + "' has been locked out from logins",
		Attrs: []Attr{{"username", e.Username}, {"source-address", address(e.From)}}}
}

// AccountUnlocked is the end of it: the time is over, or somebody cleared it.
type AccountUnlocked struct {
	Username string // whose
	By       string // who cleared it, a Subject.Actor
}

// Entry implements Event. LIBJNX_LOGIN_ACCOUNT_UNLOCKED, authorization.notice.
func (e AccountUnlocked) Entry() Entry {
	return Entry{Process: sshd, Tag: "LIBJNX_LOGIN_ACCOUNT_UNLOCKED", Facility: Authorization, Severity: Notice,
		Text:  "Account for user '" + e.Username + "' has been unlocked for logins" + byOr(e.By, ": the lockout period is over"),
		Attrs: []Attr{{"username", e.Username}, {"acting-user", e.By}}}
}

// SSHNegotiationFailed is a client that has nothing in common with us.
type SSHNegotiationFailed struct {
	From    netip.AddrPort
	What    string // cipher, MAC, key exchange method, host key type
	Offer   []string
	Version string // the client's
	More    string // how many the same happened to without a record, or empty
}

// Entry implements Event: authorization.error.
func (e SSHNegotiationFailed) Entry() Entry {
	offer := strings.Join(e.Offer, ",")
	return line(Error, "Unable to negotiate with "+origin(e.From)+": no matching "+e.What+" found. Their offer: "+offer+" [preauth]"+e.More,
		Attr{"source-address", e.From.Addr().String()}, Attr{"what", e.What}, Attr{"offer", offer}, Attr{"client", e.Version})
}

// SSHFault is a connection that broke the protocol, or did not come to a login.
type SSHFault struct {
	From     netip.AddrPort
	Username string // empty before the login
	Reason   string
	More     string
}

// Entry implements Event: authorization.error.
func (e SSHFault) Entry() Entry {
	text := "Connection from " + origin(e.From) + ": " + e.Reason
	if e.Username != "" {
		text = "Connection from user " + e.Username + " " + origin(e.From) + ": " + e.Reason
	} else {
		text += " [preauth]"
	}
	return line(Error, text+e.More, Attr{"source-address", e.From.Addr().String()}, Attr{"username", e.Username}, Attr{"reason", e.Reason})
}

// SSHRefused is a connection that was closed before a word was said.
type SSHRefused struct {
	From         netip.AddrPort
	Reason, More string
}

// Entry implements Event: authorization.notice.
func (e SSHRefused) Entry() Entry {
	entry := line(Notice, "drop connection from "+origin(e.From)+": "+e.Reason+e.More,
		Attr{"source-address", e.From.Addr().String()}, Attr{"reason", e.Reason})
	entry.Failed = true
	return entry
}

// SSHSuppressed is how often something happened to strangers that was not recorded
// each time.
type SSHSuppressed struct {
	Kind  string
	Count int
}

// Entry implements Event: authorization.notice.
func (e SSHSuppressed) Entry() Entry {
	n := strconv.Itoa(e.Count)
	return line(Notice, n+" more connections ended like that without a record: "+e.Kind, Attr{"count", n}, Attr{"reason", e.Kind})
}

// SSHClosed is the end of a connection.
type SSHClosed struct {
	From     netip.AddrPort
	Username string // empty before the login
	Ours     bool   // we ended it
	Reason   string // why; of the client, as in its disconnect message, or empty
	More     string
}

// Entry implements Event: authorization.info.
func (e SSHClosed) Entry() Entry {
	who := origin(e.From)
	if e.Username != "" {
		who = "user " + e.Username + " " + who
	}
	text := "Connection closed by " + who
	switch {
	case e.Ours:
		text = "Disconnecting " + who + ": " + e.Reason
	case e.Reason != "":
		text = "Disconnected from " + who // its words are in a record of their own
	}
	if e.Username == "" {
		text += " [preauth]"
	}
	return line(Info, text+e.More, Attr{"source-address", e.From.Addr().String()}, Attr{"username", e.Username}, Attr{"reason", e.Reason})
}

// SSHDisconnectReceived is a client that said goodbye, with its words.
type SSHDisconnectReceived struct {
	From   netip.AddrPort
	Code   uint32
	Reason string
}

// Entry implements Event: authorization.info.
func (e SSHDisconnectReceived) Entry() Entry {
	return line(Info, "Received disconnect from "+origin(e.From)+":"+strconv.FormatUint(uint64(e.Code), 10)+": "+e.Reason,
		Attr{"source-address", e.From.Addr().String()}, Attr{"reason", e.Reason})
}

// SSHEstablished are the algorithms of a connection on which somebody logged in.
type SSHEstablished struct {
	From                              netip.AddrPort
	Username, Client                  string
	KeyExchange, HostKey, Cipher, MAC string
}

// Entry implements Event: authorization.info.
func (e SSHEstablished) Entry() Entry {
	return line(Info, "Connection of user "+e.Username+" from "+origin(e.From)+" uses "+e.KeyExchange+", "+e.HostKey+", "+e.Cipher+
		ifAny(", ", e.MAC)+"; client "+e.Client, Attr{"username", e.Username}, Attr{"source-address", e.From.Addr().String()},
		Attr{"key-exchange", e.KeyExchange}, Attr{"host-key", e.HostKey}, Attr{"cipher", e.Cipher}, Attr{"mac", e.MAC}, Attr{"client", e.Client})
}

func ifAny(before, s string) string {
	if s == "" {
		return ""
	}
	return before + s
}

// SSHRekeyed is that a connection has new keys.
type SSHRekeyed struct {
	From     netip.AddrPort
	Username string
	Count    int // times since the last record
}

// Entry implements Event: authorization.info.
func (e SSHRekeyed) Entry() Entry {
	text := "Connection of user " + e.Username + " from " + origin(e.From) + ": new keys"
	if e.Count > 1 {
		text += ", " + strconv.Itoa(e.Count) + " times"
	}
	return line(Info, text, Attr{"username", e.Username}, Attr{"source-address", e.From.Addr().String()}, Attr{"count", strconv.Itoa(e.Count)})
}

// SSHSession is the start or the end of what runs on one channel.
type SSHSession struct {
	From     netip.AddrPort
	Username string
	What     string // shell on ssh0, command, subsystem 'sftp'
	ID       int    // channel
	Ended    bool
	Reason   string // of the end
}

// Entry implements Event: authorization.info.
func (e SSHSession) Entry() Entry {
	id := strconv.Itoa(e.ID)
	text := "Starting session: " + e.What + " for " + e.Username + " from " + origin(e.From) + " id " + id
	if e.Ended {
		text = "Close session: user " + e.Username + " from " + origin(e.From) + " id " + id + ": " + e.Reason
	}
	return line(Info, text, Attr{"username", e.Username}, Attr{"source-address", e.From.Addr().String()}, Attr{"session", e.What},
		Attr{"id", id}, Attr{"reason", e.Reason})
}

// SSHRequestRefused is something that a client asked for and does not get, such
// as forwarding.
type SSHRequestRefused struct {
	From           netip.AddrPort
	Username, What string
	More           string
}

// Entry implements Event: authorization.notice.
func (e SSHRequestRefused) Entry() Entry {
	entry := line(Notice, "refused "+e.What+" to user "+e.Username+" from "+origin(e.From)+e.More,
		Attr{"username", e.Username}, Attr{"source-address", e.From.Addr().String()}, Attr{"request", e.What})
	entry.Failed = true
	return entry
}

// HostKeyGenerated is a new host key; HostKeyDeleted is one that is destroyed.
// Username is a Subject.Actor: nobody's is made at its first use.
type HostKeyGenerated struct{ Username, Type, Fingerprint string }

// Entry implements Event. SSHD_HOST_KEY_GENERATED is ours, authorization.notice.
func (e HostKeyGenerated) Entry() Entry {
	return Entry{Process: sshd, Tag: "SSHD_HOST_KEY_GENERATED", Facility: Authorization, Severity: Notice,
		Text:  "Host key " + e.Type + " generated" + byOr(e.Username, " at its first use") + ": " + e.Fingerprint,
		Attrs: []Attr{{"username", e.Username}, {"type", e.Type}, {"fingerprint", e.Fingerprint}}}
}

// HostKeyDeleted is a host key that is destroyed.
type HostKeyDeleted struct{ Username, Type, Fingerprint string }

// Entry implements Event. SSHD_HOST_KEY_DELETED is ours, authorization.notice.
func (e HostKeyDeleted) Entry() Entry {
	return Entry{Process: sshd, Tag: "SSHD_HOST_KEY_DELETED", Facility: Authorization, Severity: Notice,
		Text:  "Host key " + e.Type + " deleted" + byOr(e.Username, " by the program") + ": " + e.Fingerprint,
		Attrs: []Attr{{"username", e.Username}, {"type", e.Type}, {"fingerprint", e.Fingerprint}}}
}

// UserKeyChanged is a public key that may log in, or no longer, since a commit
// (log-key-changes).
type UserKeyChanged struct {
	Username, Key string
	Removed       bool
	By            string // whose commit it was, a Subject.Actor
}

// Entry implements Event. SSHD_USER_KEY_CHANGED is ours, authorization.notice.
func (e UserKeyChanged) Entry() Entry {
	action := "added"
	if e.Removed {
		action = "removed"
	}
	return Entry{Process: sshd, Tag: "SSHD_USER_KEY_CHANGED", Facility: Authorization, Severity: Notice,
		Text:  "Key of user '" + e.Username + "' " + action + byOr(e.By, withdrawn) + ": " + e.Key,
		Attrs: []Attr{{"username", e.Username}, {"acting-user", e.By}, {"action", action}, {"key", e.Key}}}
}

// FileTransfer is what sftp did with a file.
type FileTransfer struct{ Username, Action, Filename string }

// Entry implements Event. UI_FILE_TRANSFER is ours, interactive-commands.info.
func (e FileTransfer) Entry() Entry {
	return Entry{Process: sshd, Tag: "UI_FILE_TRANSFER", Facility: InteractiveCommands, Severity: Info,
		Text:  "User '" + e.Username + "' " + e.Action + " '" + e.Filename + "'",
		Attrs: []Attr{{"username", e.Username}, {"action", e.Action}, {"filename", e.Filename}}}
}
