package sink

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"slices"
	"time"

	"loggia/audit/event"
	"loggia/syslogd/logfile"
)

// found is what the directories hold of a log besides its live file.
type found struct {
	live, index bool                     // there is a live file, an index of it
	waiting     []uint64                 // generations turned over and not compressed
	labels      map[uint64]logfile.Label // of the archives, by generation
}

// start is the way from the directories to a file that can be written: it mends
// what a crash left, in the order in which the steps of rotation and archiving
// happen.
func (f *File) start() error {
	have, err := f.scan()
	if err != nil {
		return err
	}
	old, known, err := readState(f.index, f.name)
	if err != nil {
		return err
	}
	f.counters = old.counters
	f.archives.kept.Store(old.kept)
	f.newest = old.head.Epoch
	last, closed := f.lastClosed(&have)
	for _, l := range have.labels {
		f.newest = max(f.newest, l.Epoch)
	}
	f.newest = max(f.newest, last.Epoch)
	head, keep := f.chooseHead(&have, old, known, last, closed)
	if have.index && !keep {
		if err := remove(f.index, f.name); err != nil {
			return err
		}
	}
	f.newest = max(f.newest, head.Epoch)
	f.created = !have.live
	if err := f.open(head); err != nil {
		return err
	}
	f.checked = f.now()
	if f.saved = old; f.point.Offset == 0 && !known {
		f.saved = state{head: f.head()} // there is nothing to remember of it yet
	}
	f.saveState()
	for _, generation := range have.waiting {
		l := logfile.Label{Generation: generation}
		if generation == last.Generation {
			l = last
		} else if h, ok := f.indexHead(logfile.WaitingName(f.name, generation)); ok {
			l.Epoch, l.First = h.Epoch, h.First
		}
		f.archives.add(l)
	}
	return nil
}

// scan lists the directories and removes what has no use: partial archives,
// waiting files that are archived already, and indexes without archive.
func (f *File) scan() (found, error) {
	have := found{labels: map[uint64]logfile.Label{}}
	names, err := f.cabinet.textsOf(f.name)
	if err != nil {
		return have, err
	}
	waiting := map[uint64]bool{}
	for _, name := range names {
		switch part, n := logfile.ParseName(f.name, name); part {
		case logfile.LiveFile:
			have.live = true
		case logfile.Partial:
			err = errors.Join(err, remove(f.root, name))
		case logfile.Waiting:
			waiting[n] = true
		case logfile.Archive:
			if l, ok := f.archives.label(name); ok {
				have.labels[l.Generation] = l
			}
		}
	}
	for n := range waiting {
		if _, archived := have.labels[n]; archived {
			err = errors.Join(err, remove(f.root, logfile.WaitingName(f.name, n)))
			delete(waiting, n)
		}
	}
	have.waiting = slices.Sorted(maps.Keys(waiting))
	indexes, e := f.cabinet.indexesOf(f.name)
	err = errors.Join(err, e)
	for _, name := range indexes {
		part, n := logfile.ParseName(f.name, name)
		have.index = have.index || part == logfile.LiveFile
		if _, archived := have.labels[n]; part == logfile.Waiting && !archived && !waiting[n] {
			err = errors.Join(err, remove(f.index, name))
		}
	}
	return have, err
}

// list returns the names in a directory.
func list(root *directory) ([]string, error) {
	dir, err := root.Open(".")
	if err != nil {
		return nil, err
	}
	names, err := dir.Readdirnames(-1)
	return names, errors.Join(err, dir.Close())
}

// lastClosed returns what is known of the newest file that was turned over. If
// it waits, its index is completed first; a crash may have happened before the
// index was renamed behind its file.
func (f *File) lastClosed(have *found) (last logfile.Label, ok bool) {
	for _, l := range have.labels {
		if l.Generation >= last.Generation {
			last, ok = l, true
		}
	}
	if len(have.waiting) == 0 || have.waiting[len(have.waiting)-1] < last.Generation {
		return last, ok
	}
	generation := have.waiting[len(have.waiting)-1]
	name := logfile.WaitingName(f.name, generation)
	if h, ok := f.indexHead(f.name); have.index && ok && h.Generation == generation {
		f.cacheFailed(f.index.Rename(f.name, name))
		have.index = false
	}
	h, ok := f.indexHead(name)
	if !ok {
		h = logfile.Head{Generation: generation, Epoch: last.Epoch, First: last.First + last.Lines}
	}
	if h.First == 0 {
		return logfile.Label{Generation: generation}, true
	}
	p, err := f.recoverFile(name, name, h)
	f.cacheFailed(err)
	return logfile.Label{Generation: generation, Epoch: p.Epoch, First: p.First, Lines: p.Seq + 1 - p.First, Size: p.Offset}, true
}

// recoverFile makes a closed file and its index agree.
func (f *File) recoverFile(name, index string, h logfile.Head) (p logfile.Point, err error) {
	p = logfile.Point{Generation: h.Generation, Epoch: h.Epoch, First: h.First, Seq: h.First - 1}
	file, err := f.root.OpenFile(name, os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	idx, err := f.index.OpenFile(index, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, idx.Close()) }()
	info, err := file.Stat()
	if err != nil {
		return p, err
	}
	return logfile.Recover(file, idx, info.Size(), h)
}

// indexHead returns what an index says about its file.
func (f *File) indexHead(name string) (logfile.Head, bool) {
	idx, err := f.index.Open(name)
	if err != nil {
		return logfile.Head{}, false
	}
	defer idx.Close()
	return logfile.ReadHead(idx)
}

// chooseHead decides which generation the live file is, and which line comes
// first in it. keep is whether the index belongs to it.
func (f *File) chooseHead(have *found, old state, known bool, last logfile.Label, closed bool) (head logfile.Head, keep bool) {
	var h logfile.Head
	indexed, exists := false, have.live
	if have.index {
		h, indexed = f.indexHead(f.name)
	}
	newer := func(generation uint64) bool { return !closed || generation > last.Generation }
	switch {
	case exists && indexed && newer(h.Generation):
		return h, true
	case exists && known && newer(old.head.Generation):
		return old.head, false // the index is empty or lost
	case !exists && (indexed && newer(h.Generation) || known && newer(old.head.Generation)):
		// somebody removed the file
		return logfile.Head{Generation: max(h.Generation, old.head.Generation) + 1, Epoch: f.newEpoch(), First: 1}, false
	case closed && last.First > 0:
		// the crash was in the middle of a rotation
		return logfile.Head{Generation: last.Generation + 1, Epoch: last.Epoch, First: last.First + last.Lines}, false
	}
	return logfile.Head{Generation: last.Generation + 1, Epoch: f.newEpoch(), First: 1}, false
}

// newEpoch returns an epoch that was never used for this log.
func (f *File) newEpoch() uint64 {
	f.newest = max(f.newest+1, uint64(max(f.now().Unix(), 1)))
	return f.newest
}

// open opens or creates the live file, and completes its index. That of an empty
// file is made when there is a line to enter. On error, live is nil.
func (f *File) open(head logfile.Head) (err error) {
	f.turnAt = time.Time{}
	f.asleep, f.idxEnded, f.idxSize = false, false, 0
	f.point = logfile.Point{Generation: head.Generation, Epoch: head.Epoch, First: head.First, Seq: head.First - 1}
	defer func() {
		f.openErr = err
		if err != nil {
			f.openErr = errors.Join(err, f.closeLive())
		} else {
			f.cabinet.enter(f)
		}
		f.pub.publish(f.point)
	}()
	perm, group := f.mode()
	if f.live, err = f.root.OpenFile(f.name, os.O_RDWR|os.O_APPEND|os.O_CREATE, perm); err != nil {
		return err
	}
	f.fd = int(f.live.Fd())
	if f.identity, err = f.live.Stat(); err != nil {
		return err
	}
	if !f.identity.Mode().IsRegular() {
		return &fs.PathError{Op: "open", Path: f.name, Err: errors.New("not a regular file")}
	}
	if f.identity.Mode().Perm() != perm || f.identity.Size() == 0 && !belongs(f.identity, group) {
		if err = setMode(f.live, perm, group); err != nil {
			return err
		}
	}
	f.records = false
	if f.identity.Size() == 0 {
		if _, err := f.index.Lstat(f.name); errors.Is(err, fs.ErrNotExist) {
			return nil
		}
	}
	if err = f.openIndex(); err != nil {
		return err
	}
	if f.point, err = logfile.Recover(f.live, f.idx, f.identity.Size(), head); err != nil {
		return err
	}
	info, err := f.idx.Stat()
	if err != nil {
		return err
	}
	f.idxSize = info.Size()
	f.records = f.point.Offset > 0
	return nil
}

// openIndex opens or creates the index, unless it is open.
func (f *File) openIndex() (err error) {
	if f.idx == nil {
		f.idx, err = f.index.OpenFile(f.name, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	}
	return err
}

// head returns the identity of the live file.
func (f *File) head() logfile.Head {
	return logfile.Head{Generation: f.point.Generation, Epoch: f.point.Epoch, First: f.point.First}
}

// closeLive closes the live file and its index.
func (f *File) closeLive() error {
	f.cabinet.leave(f)
	f.asleep = false
	var err error
	if f.live != nil {
		err = errors.Join(f.secureLast(), f.live.Close())
	}
	if f.idx != nil {
		err = errors.Join(err, f.idx.Close())
	}
	f.live, f.idx = nil, nil
	return err
}

// sleep closes the file until there is a line for it. The lock is held, and the
// cabinet has taken it out of those open.
func (f *File) sleep() {
	if err := f.closeLive(); err != nil {
		f.failed(0, err, f.checked)
		f.alarm.raise(err)
	}
	f.asleep = true
}

// wake opens a file that was asleep, for a line that was received at that time.
// It goes on where it was, unless somebody has changed it.
func (f *File) wake(received time.Time) {
	f.check(received)
	if !f.asleep {
		return // it was not as we had left it, and is open
	}
	live, err := f.root.OpenFile(f.name, os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		f.openErr = err // with the next line it is tried again
		f.reopened(err)
		return
	}
	f.live, f.fd, f.asleep = live, int(live.Fd()), false
	f.cabinet.enter(f)
}

// check notices that the file was removed, moved, replaced or changed by
// somebody else, and goes on with what stands in its place, in a new epoch. A
// file that is asleep and as it was sleeps on.
func (f *File) check(now time.Time) {
	f.checked = now
	if err := f.cabinet.refresh(now); err != nil {
		f.reopened(err)
		return
	}
	if f.live == nil && !f.asleep {
		f.reopened(f.open(f.head()))
		return
	}
	info, err := f.root.Stat(f.name)
	if err == nil && os.SameFile(info, f.identity) && info.Size() == int64(f.point.Offset) {
		return
	}
	err = f.closeLive()
	head := logfile.Head{Generation: f.point.Generation + 1, Epoch: f.newEpoch(), First: 1}
	err = errors.Join(err, remove(f.index, f.name)) // it describes another text
	err = errors.Join(err, f.open(head))
	f.fold.forget()
	f.saveState()
	f.reopened(err)
}

// look is check that believes nothing that was seen just before.
func (f *File) look(now time.Time) {
	if err := f.cabinet.look(); err != nil {
		f.checked = now
		f.reopened(err)
		return
	}
	f.check(now)
}

// reopened notes an error of opening the file again. The alarm ends when
// writing goes well.
func (f *File) reopened(err error) {
	if err != nil {
		f.failed(1, err, f.checked)
		f.failing = false // nor was there anything to write
		f.ailing.Store(true)
		f.alarm.raise(err)
	}
}

// Recover tries, where the file could not be opened, to open it again, and takes
// the alarm back when that, or the last write, went well a while ago: nobody may
// be writing to it. It costs nothing where all is well.
func (f *File) Recover() {
	if !f.ailing.Load() {
		return
	}
	f.mu.Lock()
	defer f.unlock()
	if f.closed {
		return
	}
	now := f.now()
	if f.live == nil && !f.asleep {
		f.check(now)
	}
	if (f.live != nil || f.asleep) && !f.failing {
		f.settled(now)
	}
}

// failed notes an error of writing size bytes.
func (f *File) failed(size int64, err error, now time.Time) {
	f.erredAt, f.failing, f.refused = now, true, 0
	if diskFull(err) && (f.easedAt.IsZero() || now.Sub(f.easedAt) >= calm) {
		f.refused = size
	}
}

// wentWell notes that size bytes were written while the alarm is set. It ends at
// once when a full disk has taken as much as it refused: there is room again.
func (f *File) wentWell(size int64, now time.Time) {
	f.failing = false
	if f.refused > 0 && size >= f.refused {
		f.easedAt = now
		f.well()
		return
	}
	f.refused = max(f.refused-size, 0)
	f.ailing.Store(true)
	f.settled(now)
}

// settled takes the file's alarm back once things went well for a while.
func (f *File) settled(now time.Time) {
	if now.Sub(f.erredAt) >= calm {
		f.well()
	}
}

// well takes the file's alarm back.
func (f *File) well() {
	f.alarm.clear()
	f.refused = 0
	f.ailing.Store(false)
}

// lose gives up the open file after an error that may have left a torn line;
// opening it again completes the line.
func (f *File) lose(err error) {
	f.alarm.raise(err)
	f.openErr = errors.Join(err, f.closeLive())
}

// Reopen checks at once what Write checks every second: that the file is the
// one that stands under its name, and looks at the clock. For SIGHUP.
func (f *File) Reopen() {
	f.mu.Lock()
	defer f.unlock()
	if !f.closed {
		now := f.now()
		f.archives.tidy(now)
		f.look(now)
		if f.due(now) {
			f.turnOver(event.LogTurnedOverByClock{}, now)
		}
	}
}
