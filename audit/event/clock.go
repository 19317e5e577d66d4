package event

import "time"

// stampLayout shows a time of the system in records: with its year and its zone,
// as FAU_GEN.1.2 wants it, and fine enough to see a step of a microsecond.
const stampLayout = "2006-01-02T15:04:05.000000Z07:00"

// TimeChanged is a jump of the system time, however it was made. The slow
// correction of a clock that runs fast or slow (slewing) is none.
type TimeChanged struct {
	Old, New time.Time // at the same instant, by the clock before and after
	Username string    // empty when it was not one of our sessions
	Origin   string    // where the change came from, in words
}

// Entry implements Event. SYSTEM_TIME_CHANGED is ours, authorization.notice, with
// both times and the origin as FPT_STM_EXT.1 wants them.
func (e TimeChanged) Entry() Entry {
	old, now := e.Old.Format(stampLayout), e.New.Format(stampLayout)
	return Entry{Process: mgd, Tag: "SYSTEM_TIME_CHANGED", Facility: Authorization, Severity: Notice,
		Text:  "System time changed from " + old + " to " + now + by(e.Username) + ", origin: " + e.Origin,
		Attrs: []Attr{{"old-time", old}, {"new-time", now}, {"username", e.Username}, {"origin", e.Origin}}}
}

// TimeChangeFailed is an attempt to set the system time that had no effect.
type TimeChangeFailed struct {
	Old, New         time.Time // what the clock showed, and what it should have been set to
	Username, Origin string
	Reason           string
}

// Entry implements Event. SYSTEM_TIME_CHANGE_FAILED is ours, authorization.notice.
func (e TimeChangeFailed) Entry() Entry {
	old, now := e.Old.Format(stampLayout), e.New.Format(stampLayout)
	return Entry{Process: mgd, Tag: "SYSTEM_TIME_CHANGE_FAILED", Facility: Authorization, Severity: Notice, Failed: true,
		Text:  "System time not changed from " + old + " to " + now + by(e.Username) + ", origin: " + e.Origin + ": " + e.Reason,
		Attrs: []Attr{{"old-time", old}, {"new-time", now}, {"username", e.Username}, {"origin", e.Origin}, {"reason", e.Reason}}}
}

// by names a user, if there is one.
func by(user string) string { return byOr(user, "") }

// byOr names the user who acted, and otherwise says what came about without one.
func byOr(user, alone string) string {
	if user == "" {
		return alone
	}
	return " by user '" + user + "'"
}

// withdrawn is in the records of a change that came with no commit of a user's.
const withdrawn = " by the program: a commit was not confirmed"

// TimeZoneChanged is a commit that shows the time in another zone.
type TimeZoneChanged struct{ Username, Old, New string } // Username is a Subject.Actor

// Entry implements Event. SYSTEM_TIME_ZONE_CHANGED is ours, authorization.notice.
func (e TimeZoneChanged) Entry() Entry {
	return Entry{Process: mgd, Tag: "SYSTEM_TIME_ZONE_CHANGED", Facility: Authorization, Severity: Notice,
		Text:  "Time zone changed from " + e.Old + " to " + e.New + byOr(e.Username, withdrawn),
		Attrs: []Attr{{"username", e.Username}, {"old-zone", e.Old}, {"new-zone", e.New}}}
}
