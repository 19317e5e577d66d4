package sink

import (
	"context"
	"errors"
	"os"
	"time"

	"loggia/audit/event"
	"loggia/syslogd/logfile"
)

// rotate turns the file over: it waits under its generation to be compressed,
// and a new file begins with newsyslog's line. It reports whether the live file
// is new; if not, either writing goes on in the old one and rotation rests, or
// live is nil.
func (f *File) rotate(received time.Time) bool {
	return f.turnOver(event.LogTurnedOver{SizeKiB: f.options.Size / 1024}, received)
}

// turnOver is rotate, for the reason that the new file's first line tells.
func (f *File) turnOver(why event.Event, received time.Time) bool {
	old := f.point
	name := logfile.WaitingName(f.name, old.Generation)
	f.step("rename")
	if err := f.root.Rename(f.name, name); err != nil {
		f.turning.raise(err)
		f.failedAt = received
		return false
	}
	f.turning.clear()
	f.step("rename index")
	if err := f.index.Rename(f.name, name); err != nil {
		f.cacheFailed(errors.Join(err, remove(f.index, f.name)))
	}
	err := f.closeLive()
	f.step("create")
	err = errors.Join(err, f.open(logfile.Head{Generation: old.Generation + 1, Epoch: old.Epoch, First: old.Seq + 1}))
	if err != nil {
		f.alarm.raise(err)
	}
	f.step("state")
	f.saveLater() // the label of the file before says the same
	f.step("line")
	if f.live != nil {
		f.say(why.Entry(), received)
	}
	f.archives.add(logfile.Label{Generation: old.Generation, Epoch: old.Epoch, First: old.First,
		Lines: old.Seq + 1 - old.First, Size: old.Offset})
	return f.live != nil
}

// say writes the first line of a new file, unless it holds binary data.
func (f *File) say(e event.Entry, received time.Time) {
	if f.options.BinaryData {
		return
	}
	notice := Lines{Received: received}
	f.fold.space().writer.notice(&notice, e, f.Style())
	f.put(&notice, 0, 1)
	f.records = false
}

// Clear empties the file and, with all, removes its archives: `clear log NAME
// [all]`, for a user. The numbering begins anew in a new epoch, with a line that says
// so, and who did it, in the format of the file: unlike newsyslog's it is a record.
func (f *File) Clear(user string, all bool) error {
	f.mu.Lock()
	defer f.unlock()
	if f.closed {
		return os.ErrClosed
	}
	f.fold.pending = 0
	f.fold.forget()
	f.setTimer()
	err := f.closeLive()
	if all {
		err = errors.Join(err, f.archives.clear())
	}
	// A new file, not a truncated one: who reads the old one reads on undisturbed.
	err = errors.Join(err, remove(f.root, f.name), remove(f.index, f.name))
	now := f.now()
	if e := f.open(logfile.Head{Generation: f.point.Generation + 1, Epoch: f.newEpoch(), First: 1}); e != nil {
		f.alarm.raise(e)
		return errors.Join(err, e)
	}
	f.saveState()
	if !f.options.BinaryData {
		notice := Lines{Received: now}
		f.fold.space().writer.append(&notice, event.LogCleared{Username: user}.Entry(), os.Getpid(), "", f.Style())
		f.put(&notice, 0, 1)
		f.records = false
	}
	return err
}

// Reconfigure changes what may change while the file stays open. It cannot
// fail; what cannot be carried out raises the alarm.
func (f *File) Reconfigure(o FileOptions) {
	f.mu.Lock()
	defer f.unlock()
	if f.closed {
		return
	}
	if o.AllowDuplicates && f.fold.pending > 0 {
		f.store(f.fold.flush(f.now(), f.Style()))
		f.setTimer()
	}
	f.fold.forget()
	world := o.WorldReadable != f.options.WorldReadable
	f.options = o
	f.turnAt = time.Time{}
	f.archives.careful.Store(o.Sync != SyncNever)
	if o.Sync == SyncNever {
		f.stopSyncer()
	}
	if style := o.Style; style != *f.Style() {
		f.style.Store(&style)
	}
	f.world.Store(o.WorldReadable)
	if world {
		if err := f.chmodAll(); err != nil {
			f.alarm.raise(err)
		}
	}
	f.archives.keep(o.Files, o.Retain, f.now())
}

// chmodAll gives the live file and its archives the mode that is configured.
func (f *File) chmodAll() error {
	names, err := f.cabinet.textsOf(f.name)
	perm, _ := f.mode()
	for _, name := range names {
		if part, _ := logfile.ParseName(f.name, name); part != logfile.Foreign {
			err = errors.Join(err, ignoreMissing(f.root.Chmod(name, perm)))
		}
	}
	return err
}

// ignoreMissing drops the error of a file that was renamed or removed meanwhile.
func ignoreMissing(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// Flush returns the point up to which everything accepted so far can be read.
// Lines being folded stay folded.
func (f *File) Flush() logfile.Point {
	f.mu.Lock()
	defer f.unlock()
	return f.point
}

// Archived waits until nothing waits to be compressed, or ctx ends.
func (f *File) Archived(ctx context.Context) error { return f.archives.wait(ctx) }

// saveState writes the state record, if it has changed. It is a cache; an error
// is not repeated.
func (f *File) saveState() {
	f.dirty = false
	s := state{head: f.head(), counters: f.counters, kept: f.archives.kept.Load()}
	if s == f.saved {
		return
	}
	if err := f.writeState(&s); err != nil {
		f.cache.raise(err)
		return
	}
	f.saved = s
}

func (f *File) writeState(s *state) error {
	file, err := f.index.OpenFile("."+f.name, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	_, err = file.WriteAt(s.encode(), 0)
	return errors.Join(err, file.Close())
}

// saveLater saves the counters within a second.
func (f *File) saveLater() {
	if f.dirty {
		return
	}
	f.dirty = true
	f.saver = time.AfterFunc(time.Second, func() {
		f.mu.Lock()
		defer f.unlock()
		if !f.closed && f.dirty {
			f.saveState()
		}
	})
}

// Close implements Destination: it sums up repeated lines, saves the counters,
// and lets the archives be compressed until ctx ends.
func (f *File) Close(ctx context.Context) error {
	f.mu.Lock()
	if f.closed {
		f.mu.Unlock()
		return nil
	}
	if f.fold.pending > 0 {
		f.store(f.fold.flush(f.now(), f.Style()))
	}
	f.setTimer()
	f.leaveCredit()
	f.closed = true
	f.saveState()
	for _, a := range []*alarm{&f.alarm, &f.turning, &f.cache} {
		a.clear() // nobody is to wait for a file that is no more
	}
	err := f.closeFiles()
	ended := f.point
	ended.Generation++ // followers look for the next file, and learn that there is none
	f.pub.publish(ended)
	f.unlock()
	f.syncs.Wait()
	f.archives.close(ctx)
	return errors.Join(err, f.leave())
}

// Abandon closes a file that came to nothing: the commit that would have used
// it was not carried out. If it was created for that, it is removed.
func (f *File) Abandon() error {
	f.mu.Lock()
	unused := f.created && f.point.Offset == 0 && !f.closed
	var err error
	if unused {
		err = errors.Join(remove(f.root, f.name), remove(f.index, f.name), remove(f.index, "."+f.name))
	}
	f.mu.Unlock()
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // archives from before are not this commit's concern
	return errors.Join(err, f.Close(ctx))
}

// closeFiles closes what is open, and stops the timers.
func (f *File) closeFiles() error {
	if f.saver != nil {
		f.saver.Stop()
	}
	return f.closeLive()
}
