package event

import (
	"fmt"
	"strconv"
)

// eventd is the process that Junos' syslog engine logs as.
const eventd = "eventd"

// Operational is the start of the program, and so of the audit functions.
type Operational struct{ Version string }

// Entry implements Event. SYSTEM_OPERATIONAL, syslog.notice (<45>).
func (e Operational) Entry() Entry {
	return Entry{Process: eventd, Tag: "SYSTEM_OPERATIONAL", Facility: Syslog, Severity: Notice,
		Text: "System is operational", Attrs: []Attr{{"version", e.Version}}}
}

// Shutdown is the orderly end of the program, and so of the audit functions.
type Shutdown struct{ Type, Username, Time, Message string }

// Entry implements Event. SYSTEM_SHUTDOWN, syslog.notice (<45>).
func (e Shutdown) Entry() Entry {
	return Entry{Process: eventd, Tag: "SYSTEM_SHUTDOWN", Facility: Syslog, Severity: Notice,
		Text:  "System " + e.Type + " by " + e.Username + " at " + e.Time + ": " + e.Message,
		Attrs: []Attr{{"type", e.Type}, {"username", e.Username}, {"time", e.Time}, {"message", e.Message}}}
}

// AbnormalShutdown is noticed at the next start: the program ended without a
// Shutdown record.
type AbnormalShutdown struct{}

// Entry implements Event. SYSTEM_ABNORMAL_SHUTDOWN, syslog.error.
func (AbnormalShutdown) Entry() Entry {
	return Entry{Process: eventd, Tag: "SYSTEM_ABNORMAL_SHUTDOWN", Facility: Syslog, Severity: Error, Failed: true,
		Text: "System abnormally shut down"}
}

// SoftwareChanged is the first start of another version of the program.
type SoftwareChanged struct{ Old, New string }

// Entry implements Event. SYSTEM_SOFTWARE_CHANGED is ours, authorization.notice.
func (e SoftwareChanged) Entry() Entry {
	return Entry{Process: mgd, Tag: "SYSTEM_SOFTWARE_CHANGED", Facility: Authorization, Severity: Notice,
		Text:  "Software version changed from '" + e.Old + "' to '" + e.New + "'",
		Attrs: []Attr{{"old-version", e.Old}, {"new-version", e.New}}}
}

// TrailRecovered is what opening the audit trail found to mend.
type TrailRecovered struct {
	Records uint64 // number of the last good record
	Torn    int64  // bytes of an incomplete record that were cut off
	Damaged string // segment that does not read back
}

// Entry implements Event. AUDIT_TRAIL_RECOVERED is ours, syslog.error.
func (e TrailRecovered) Entry() Entry {
	n, torn := strconv.FormatUint(e.Records, 10), strconv.FormatInt(e.Torn, 10)
	text := "Audit trail recovered after record " + n + ": " + torn + " bytes of an incomplete record cut off"
	if e.Damaged != "" {
		text = "Audit trail continues after record " + n + ": segment " + e.Damaged + " is damaged"
	}
	return Entry{Process: eventd, Tag: "AUDIT_TRAIL_RECOVERED", Facility: Syslog, Severity: Error, Failed: true, Text: text,
		Attrs: []Attr{{"records", n}, {"torn", torn}, {"segment", e.Damaged}}}
}

// TrailShortened is that the audit trail has lost whole records since the program ended.
type TrailShortened struct{ First, Last uint64 } // numbers of what is missing

// Entry implements Event. AUDIT_TRAIL_SHORTENED is ours, syslog.critical.
func (e TrailShortened) Entry() Entry {
	return Entry{Process: eventd, Tag: "AUDIT_TRAIL_SHORTENED", Facility: Syslog, Severity: Critical, Failed: true, Text: e.Error(),
		Attrs: []Attr{number("first", e.First), number("last", e.Last)}}
}

// Error returns what the alarm says as well.
func (e TrailShortened) Error() string {
	return fmt.Sprintf("Audit trail has lost records %d to %d: its files were removed, cut off or damaged", e.First, e.Last)
}

// AlarmSet is a part of the running configuration that does not work.
// AlarmCleared is its end.
type AlarmSet struct{ Place, Reason string }

// Entry implements Event. SYSTEM_ALARM_SET is ours, daemon.error.
func (e AlarmSet) Entry() Entry {
	return Entry{Process: eventd, Tag: "SYSTEM_ALARM_SET", Facility: Daemon, Severity: Error, Failed: true,
		Text: e.Place + " " + e.Reason, Attrs: []Attr{{"pathname", e.Place}, {"reason", e.Reason}}}
}

// AlarmCleared is a part of the running configuration that works again.
type AlarmCleared struct{ Place string }

// Entry implements Event. SYSTEM_ALARM_CLEARED is ours, daemon.notice.
func (e AlarmCleared) Entry() Entry {
	return Entry{Process: eventd, Tag: "SYSTEM_ALARM_CLEARED", Facility: Daemon, Severity: Notice,
		Text: e.Place + " works again", Attrs: []Attr{{"pathname", e.Place}}}
}

// Fault is something that went wrong once and has no end to wait for, such as a
// socket that could not be closed in order.
type Fault struct{ Reason string }

// Entry implements Event. SYSTEM_FAULT is ours, daemon.error.
func (e Fault) Entry() Entry {
	return Entry{Process: eventd, Tag: "SYSTEM_FAULT", Facility: Daemon, Severity: Error, Failed: true,
		Text: e.Reason, Attrs: []Attr{{"reason", e.Reason}}}
}
