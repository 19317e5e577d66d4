package event

import (
	"fmt"
	"strconv"
	"time"
)

// Repeated stands for N lines equal to the one before it, which a destination
// did not write. It comes from no process and keeps the priority of the lines.
type Repeated struct {
	N        int
	Facility Facility
	Severity Severity
}

// Entry implements Event.
func (r Repeated) Entry() Entry {
	return Entry{Facility: r.Facility, Severity: r.Severity, Text: fmt.Sprintf("last message repeated %d times", r.N)}
}

// LogTurnedOver is the first line of a file that a rotation began.
type LogTurnedOver struct {
	SizeKiB int64 // the archive size that was reached
}

// Entry implements Event.
func (l LogTurnedOver) Entry() Entry {
	return Entry{Process: "newsyslog", Facility: Syslog, Severity: Info,
		Text: fmt.Sprintf("logfile turned over due to size>%dK", l.SizeKiB)}
}

// LogTurnedOverByClock is the first line of a file that begins at a full hour or
// at midnight.
type LogTurnedOverByClock struct{}

// Entry implements Event.
func (LogTurnedOverByClock) Entry() Entry {
	return Entry{Process: "newsyslog", Facility: Syslog, Severity: Info, Text: "logfile turned over"}
}

// LogMadeRoom is the first line of a file whose predecessor went to make room.
type LogMadeRoom struct{ Lines uint64 } // that it had

// Entry implements Event.
func (l LogMadeRoom) Entry() Entry {
	return Entry{Process: "newsyslog", Facility: Syslog, Severity: Info,
		Text: fmt.Sprintf("logfile turned over because the disk is full: %d lines before made room", l.Lines)}
}

// LogCleared is the first line of a file that `clear log` emptied.
type LogCleared struct{ Username string } // who did it

// Entry implements Event.
func (e LogCleared) Entry() Entry {
	return Entry{Process: "clear-log", Facility: Syslog, Severity: Info, Text: "logfile cleared" + by(e.Username),
		Attrs: []Attr{{"username", e.Username}}}
}

// MessagesLost are messages that an input or a destination has lost since it
// last said so.
type MessagesLost struct {
	Where   string // `file messages`, `udp *:514`
	Count   uint64
	Reasons string // `queue-full 12, no-space 3`
	Since   time.Duration
}

// Entry implements Event. SYSTEM_MESSAGES_LOST is ours, syslog.error.
func (e MessagesLost) Entry() Entry {
	n, since := strconv.FormatUint(e.Count, 10), e.Since.Round(time.Second).String()
	return Entry{Process: eventd, Tag: "SYSTEM_MESSAGES_LOST", Facility: Syslog, Severity: Error, Failed: true,
		Text:  e.Where + " lost " + n + " messages in " + since + ": " + e.Reasons,
		Attrs: []Attr{{"where", e.Where}, {"count", n}, {"reasons", e.Reasons}, {"interval", since}}}
}

// SocketRenewed is a local socket that was bound again.
type SocketRenewed struct{ Path string }

// Entry implements Event. SYSTEM_SOCKET_RENEWED is ours, syslog.warning.
func (e SocketRenewed) Entry() Entry {
	return Entry{Process: eventd, Tag: "SYSTEM_SOCKET_RENEWED", Facility: Syslog, Severity: Warning,
		Text: "The socket " + e.Path + " was removed or replaced, and was bound again", Attrs: []Attr{{"path", e.Path}}}
}

// StatisticsCleared is a user who set the counters of messages to zero.
type StatisticsCleared struct{ Username string }

// Entry implements Event. SYSTEM_STATISTICS_CLEARED is ours, syslog.notice.
func (e StatisticsCleared) Entry() Entry {
	return Entry{Process: eventd, Tag: "SYSTEM_STATISTICS_CLEARED", Facility: Syslog, Severity: Notice,
		Text: "User '" + e.Username + "' cleared the message statistics", Attrs: []Attr{{"username", e.Username}}}
}

// MessagesSuppressed are messages that a source sent beyond its rate-limit in
// one go: they were not accepted.
type MessagesSuppressed struct {
	Source       string // address, `uid 1000` or `pid 17`
	Count        uint64
	Limit        int // messages a second
	Since, Until time.Time
}

// Entry implements Event. SYSTEM_RATE_LIMITED is ours, syslog.warning.
func (e MessagesSuppressed) Entry() Entry {
	n, limit := strconv.FormatUint(e.Count, 10), strconv.Itoa(e.Limit)
	since, until := e.Since.UTC().Format(time.RFC3339), e.Until.UTC().Format(time.RFC3339)
	return Entry{Process: eventd, Tag: "SYSTEM_RATE_LIMITED", Facility: Syslog, Severity: Warning, Failed: true,
		Text:  n + " messages from " + e.Source + " suppressed between " + since + " and " + until + ": more than " + limit + " a second",
		Attrs: []Attr{{"source", e.Source}, {"count", n}, {"limit", limit}, {"since", since}, {"until", until}}}
}
