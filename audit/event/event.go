// Package event is the catalogue of everything that loggia records about
// itself: one Go type for each event, with its tag, facility, severity, text and
// structured-data attributes. Tags, texts and attribute names are Junos', so
// that collectors, parsers and auditors recognise them:
//
//	mgd[4163]: UI_COMMIT: User 'admin' requested 'commit' operation (comment: first)
//	<189>1 … mgd 4163 UI_COMMIT [loggia@32473 username="admin" command="commit" message="first"] User …
//
// It is the only home of these texts. The rest of the program makes a value
// (event.Commit{…}) and hands it to a recorder with the Subject who caused it;
// the recorder appends it to the audit trail and sends it through the engine.
package event

import (
	"slices"
	"strconv"
	"strings"
)

// Event is one thing that happened. Entry is called once, when it is recorded.
type Event interface {
	Entry() Entry
}

// Entry is an event rendered for the log.
type Entry struct {
	Process  string   // process name, Junos': mgd, sshd, eventd, newsyslog
	Tag      string   // such as UI_COMMIT; empty for a free-form line
	Facility Facility //
	Severity Severity //
	Text     string   // English text, without tag
	Attrs    []Attr   // structured-data parameters, in order
	Failed   bool     // the outcome that an audit record states
	Trail    bool     // for the audit trail alone, not for syslog
	Kept     bool     // a full disk must not cost a log file the newest of these
}

// Attr is one structured-data parameter (RFC 5424, 6.3.3).
type Attr struct{ Name, Value string }

// maxPart bounds the text of an entry and each value of its attributes. What is
// longer holds what a user typed or sent, who could otherwise push what they did
// before out of a small log with a few lines.
const maxPart = 8 << 10

// Bounded returns the entry with a text and values of a length that a log takes.
// What was longer says at its end how many bytes it had.
func (e Entry) Bounded() Entry {
	e.Text = bounded(e.Text)
	for i, a := range e.Attrs {
		if len(a.Value) > maxPart {
			e.Attrs = slices.Clone(e.Attrs)
			e.Attrs[i].Value = bounded(a.Value)
		}
	}
	return e
}

func bounded(s string) string {
	if len(s) <= maxPart {
		return s
	}
	// A character that is cut in two is left out.
	return strings.ToValidUTF8(s[:maxPart], "") + " [cut, " + strconv.Itoa(len(s)) + " bytes in all]"
}

// Subject is who caused an event: FAU_GEN.2 asks for an identity in each record.
type Subject struct {
	User   string // account name; "root" for what the program does by itself
	Class  string // login class, without the prefix "j-" that the log shows
	PID    int    // process id of the session, 0 if none
	Client string // cli, netconf, junoscript, other
	Remote string // "10.0.0.132 57238 10.0.0.1 22" as in SSH_CONNECTION; empty when local
	TTY    string // terminal name such as pts/0; empty without one
}

// Actor is the name for records that say who acted: empty for the program itself.
func (s Subject) Actor() string {
	if s.User == "root" && s.Client == "other" && s.Remote == "" && s.TTY == "" {
		return ""
	}
	return s.User
}
