package sink

import "time"

// Rotation says when a file is turned over by the clock. Its size is watched
// besides.
type Rotation uint8

// The rotations.
const (
	BySize Rotation = iota // not by the clock
	Hourly
	Daily
)

// String returns the configuration's word, "" for BySize.
func (r Rotation) String() string { return [...]string{"", "hourly", "daily"}[r] }

// next returns the first boundary after t: the full hour or midnight in t's
// location. A midnight that a change to summer time leaves out is the moment
// when the day begins.
func (r Rotation) next(t time.Time) time.Time {
	year, month, day := t.Date()
	if r == Daily {
		return time.Date(year, month, day+1, 0, 0, 0, 0, t.Location())
	}
	// By adding, not by time.Date: an hour that the change from summer time
	// repeats is two.
	past := time.Duration(t.Minute())*time.Minute + time.Duration(t.Second())*time.Second + time.Duration(t.Nanosecond())
	end := t.Add(time.Hour - past)
	if late := time.Duration(end.Minute()) * time.Minute; late > 0 && end.Add(-late).After(t) {
		end = end.Add(-late) // the clock was set by half an hour
	}
	return end
}

// Sync says when a file is forced to the disk.
type Sync uint8

// The times.
const (
	SyncNever    Sync = iota // when the kernel does: 30 s by default
	SyncInterval             // each second
	SyncAlways               // after each batch, before it counts as delivered
)

// String returns the configuration's word.
func (s Sync) String() string { return [...]string{"never", "interval", "always"}[s] }
