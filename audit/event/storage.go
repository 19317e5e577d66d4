package event

import (
	"fmt"
	"strconv"
	"time"
)

// StorageFull is the disk of the log files being used but for what is reserved.
type StorageFull struct {
	Free, Size uint64 // bytes
	Policy     string // overwrite-oldest, drop-new or halt

	// Of a repetition, before the archive with the record of the beginning goes:
	// what it has cost so far.
	Lasted   time.Duration // 0: it begins
	Dropped  uint64        // messages
	Archives uint64        // removed
	Freed    uint64        // bytes, by removing them
	Waiting  uint64        // messages for hosts that were overwritten
}

// Entry implements Event. SYSTEM_STORAGE_FULL is ours, syslog.critical.
func (e StorageFull) Entry() Entry {
	free, size := strconv.FormatUint(e.Free, 10), strconv.FormatUint(e.Size, 10)
	entry := Entry{Process: eventd, Tag: "SYSTEM_STORAGE_FULL", Facility: Syslog, Severity: Critical, Failed: true, Kept: true,
		Text:  "Log storage is full: " + free + " of " + size + " bytes free; overflow " + e.Policy + " begins",
		Attrs: []Attr{{"free", free}, {"size", size}, {"policy", e.Policy}}}
	if e.Lasted > 0 {
		dropped, lasted := strconv.FormatUint(e.Dropped, 10), e.Lasted.Round(time.Second).String()
		archives, freed := strconv.FormatUint(e.Archives, 10), strconv.FormatUint(e.Freed, 10)
		entry.Text = fmt.Sprintf("Log storage is full since %s: %s of %s bytes free; overflow %s goes on: %s messages dropped, %s archives of %s bytes removed so far",
			lasted, free, size, e.Policy, dropped, archives, freed)
		entry.Attrs = append(entry.Attrs, Attr{"dropped", dropped}, Attr{"archives", archives}, Attr{"freed", freed}, Attr{"duration", lasted})
		overwritten(&entry, e.Waiting)
	}
	return entry
}

// StorageResumed is the end of StorageFull, and what the time between has cost.
type StorageResumed struct {
	Free     uint64 // bytes
	Dropped  uint64 // messages
	Archives uint64 // removed
	Freed    uint64 // bytes, by removing them
	Waiting  uint64 // messages for hosts that were overwritten
	Lasted   time.Duration
}

// Entry implements Event. SYSTEM_STORAGE_RESUMED is ours, syslog.notice.
func (e StorageResumed) Entry() Entry {
	free, dropped := strconv.FormatUint(e.Free, 10), strconv.FormatUint(e.Dropped, 10)
	archives, freed := strconv.FormatUint(e.Archives, 10), strconv.FormatUint(e.Freed, 10)
	lasted := e.Lasted.Round(time.Second).String()
	entry := Entry{Process: eventd, Tag: "SYSTEM_STORAGE_RESUMED", Facility: Syslog, Severity: Notice,
		Text: fmt.Sprintf("Log storage has room again after %s: %s bytes free; %s messages dropped, %s archives of %s bytes removed",
			lasted, free, dropped, archives, freed),
		Attrs: []Attr{{"free", free}, {"dropped", dropped}, {"archives", archives}, {"freed", freed}, {"duration", lasted}}}
	overwritten(&entry, e.Waiting)
	return entry
}

// overwritten adds how many messages that waited for hosts have made room, if any.
func overwritten(e *Entry, waiting uint64) {
	if waiting > 0 {
		n := strconv.FormatUint(waiting, 10)
		e.Text += "; " + n + " messages that waited for hosts overwritten"
		e.Attrs = append(e.Attrs, Attr{"overwritten", n})
	}
}
