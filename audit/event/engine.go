package event

import "fmt"

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

// LogCleared is the first line of a file that `clear log` emptied.
type LogCleared struct{}

// Entry implements Event.
func (LogCleared) Entry() Entry {
	return Entry{Process: "clear-log", Facility: Syslog, Severity: Info, Text: "logfile cleared"}
}
