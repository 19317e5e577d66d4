package sink

import (
	"errors"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"loggia/syslogd/logfile"
)

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
	if late := time.Duration(end.Minute()) * time.Minute; late > 0 {
		end = end.Add(time.Hour - late) // the clock was set by half an hour
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

// due reports whether the clock asks for a new file. One that holds nothing but
// its first notice is as good as new.
func (f *File) due(now time.Time) bool {
	if f.options.Rotation == BySize || f.live == nil && !f.asleep || f.resting(now) {
		return false
	}
	zone := f.options.Style.Zone
	if zone == nil {
		zone = time.UTC
	}
	if f.turnAt.IsZero() {
		f.turnAt = f.options.Rotation.next(f.began(now).In(zone))
	}
	if now.Before(f.turnAt) {
		return false
	}
	if !f.records {
		f.turnAt = f.options.Rotation.next(now.In(zone))
		return false
	}
	return true
}

// began returns when the live file was begun, as its index or else the file
// system knows it.
func (f *File) began(now time.Time) time.Time {
	if f.point.Offset == 0 {
		return now
	}
	if idx, err := f.index.Open(f.name); err == nil {
		defer idx.Close()
		if first, ok := logfile.FirstFrame(idx); ok && first.Received > 0 {
			return time.Unix(0, first.Received)
		}
	}
	return f.identity.ModTime()
}

// displaced reports whether the open file was removed, or changed by somebody
// else, since the last write. It costs a fifth of a microsecond and allocates
// nothing. A file that was moved is still a file: check notices it within a
// second, and what is written meanwhile is in the file that was moved.
func (f *File) displaced() bool {
	var now unix.Stat_t
	if f.live == nil || unix.Fstat(f.fd, &now) != nil {
		return false
	}
	return now.Nlink == 0 || now.Size != int64(f.point.Offset)
}

// syncEvery is how long SyncInterval leaves what was written to the kernel.
const syncEvery = time.Second

// datasync forces what was written to file to the disk.
func datasync(file *os.File) error {
	raw, err := file.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	if err := raw.Control(func(fd uintptr) { failed = unix.Fdatasync(int(fd)) }); err != nil {
		return err
	}
	if failed != nil {
		return &fs.PathError{Op: "sync", Path: file.Name(), Err: failed}
	}
	return nil
}

// secure does what `sync` asks for after a write.
func (f *File) secure() error {
	switch {
	case f.options.Sync == SyncAlways:
		return f.force(f.live)
	case f.options.Sync == SyncInterval && f.syncer == nil:
		f.syncs.Add(1)
		f.syncer = time.AfterFunc(syncEvery, f.sync)
	}
	return nil
}

// secureLast forces what was written to the disk before live is closed.
func (f *File) secureLast() error {
	if f.syncer == nil {
		return nil
	}
	f.stopSyncer()
	return f.force(f.live)
}

// stopSyncer gives up the timer.
func (f *File) stopSyncer() {
	if f.syncer != nil && f.syncer.Stop() {
		f.syncs.Done()
	}
	f.syncer = nil
}

// sync is called by the timer. The lock is not held while the disk works, so
// that nobody waits for it; who closes the file meanwhile has synced it.
func (f *File) sync() {
	defer f.syncs.Done()
	f.mu.Lock()
	f.syncer = nil
	file := f.live
	if f.closed {
		file = nil
	}
	f.mu.Unlock()
	if file == nil {
		return
	}
	if err := f.force(file); err != nil && !errors.Is(err, os.ErrClosed) {
		f.mu.Lock()
		f.failed(0, err, f.now())
		f.alarm.raise(err)
		f.unlock()
	}
}
