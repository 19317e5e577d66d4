package syslogd

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"loggia/audit/event"
)

// storage watches the disk of the log directory for `[edit system syslog
// storage]`. It is the sink.Space of all files.
//
// The disk is measured each second, and sooner when the files have written half
// as many bytes as it had above the reserve (the other half is for indexes and
// whole blocks): so our own writing is stopped at the reserve, whatever the rate.
// What somebody else writes may take the reserve as well; for that there is the
// spare, a file of 256 KiB that is given up for the record of the failure.
//
//	ok ── 75 % ──▸ warning ── 90 % ──▸ alarm      each an alarm with its numbers
//	             only the reserve is free ──▸ full: the policy acts ──▸ resumed
//
// Each change is said once, the end of full with what was dropped and removed.
type storage struct {
	// Built once.
	gate     *gate
	spare    *spare
	measure  func() (disk, error)
	now      func() time.Time
	alarm    func(place string, err error)
	announce func(event.Event)
	together func(func())

	budget   atomic.Int64 // bytes that files may write before the disk is measured again
	refusing atomic.Bool  // nobody but this program itself may write
	yields   atomic.Bool  // what is oldest makes room

	mu     sync.Mutex // guards what follows; taken with the lock of a file held
	config Storage
	files  func() []yielding
	level  level
	looked time.Time // when the disk was measured last
	full   bool
	calm   time.Time // not resumed before
	since  time.Time // of full

	reminded time.Time // when the record of full was made last
	held     time.Time // since when it is the oldest archive that has it; zero: it is not
	dropped  atomic.Uint64
	removed  uint64       // archives
	freed    uint64       // bytes
	waiting  uint64       // records for hosts that were overwritten
	promised atomic.Int64 // bytes of freed that are somebody's own, and not written yet
}

// disk is what a file system says of itself.
type disk struct {
	size, free     uint64 // bytes that we could have, and that we can
	inodes, unused uint64 // files that there may be, and of them those not used; 0: it does not say
}

// used returns the percentage in use, rounded up as df does.
func (d disk) used() int {
	return max(percentUsed(d.size, d.free), percentUsed(d.inodes, d.unused))
}

func percentUsed(size, free uint64) int {
	if size == 0 {
		return 0
	}
	return int(math.Ceil(100 * (1 - float64(min(free, size))/float64(size))))
}

// above returns how many bytes are free above the percentage that is reserved;
// with all inodes but as many taken it is none.
func (d disk) above(reserve int) int64 {
	if d.inodes > 0 && d.unused < part(d.inodes, reserve) {
		return -1
	}
	return int64(d.free) - int64(part(d.size, reserve))
}

func part(of uint64, percent int) uint64 { return of / 100 * uint64(percent) }

func (d disk) String() string { return fmt.Sprintf("%d of %d bytes free", d.free, d.size) }

// level is how full the disk is.
type level uint8

const (
	levelOK level = iota
	levelWarning
	levelAlarm
)

// String returns ok, warning or alarm.
func (l level) String() string { return [...]string{"ok", "warning", "alarm"}[l] }

const (
	// storageEvery is how often the disk is measured when nothing is written.
	storageEvery = time.Second

	// refusedEvery is how often it is measured while messages are refused although
	// archives are to give way.
	refusedEvery = 20 * time.Millisecond

	// storageCalm is how long nothing may have had to give way, nor any write have
	// been refused by a disk that seems to have room, before full is over.
	storageCalm = 10 * time.Second

	// unwatched is the budget of a disk without reserve.
	unwatched = math.MaxInt64 / 2
)

func newStorage(e *Engine) *storage {
	s := &storage{gate: newGate(), now: e.now, alarm: e.o.Alarm, announce: e.o.Announce, together: e.together}
	s.measure = func() (disk, error) { return measureDisk(e.o.LogDir) }
	s.spare = &spare{dir: e.o.IndexDir}
	if s.announce == nil {
		s.announce = func(event.Event) {}
	}
	if d, err := s.measure(); err == nil && d.free < spareSize {
		s.spare.giveUp() // what follows is the start, which has things to say
	}
	s.budget.Store(unwatched)
	return s
}

// configure puts c in force for the files of the destinations.
func (s *storage) configure(c Storage, next *state) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if was := s.config.Place; was != "" && was != c.Place && s.level != levelOK {
		s.alarm(was, nil)
		s.level = levelOK
	}
	s.config, s.files = c, sync.OnceValue(func() []yielding { return yieldingFiles(next) })
	s.yields.Store(c.Overflow == OverwriteOldest)
	if s.full { // by another policy, perhaps
		s.calm = time.Time{}
		s.refuse(c.Overflow != OverwriteOldest)
	}
	s.look()
}

// watch measures the disk until the engine is closed.
func (s *storage) watch(e *Engine) {
	defer e.running.Done()
	tick := time.NewTicker(storageEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			s.mu.Lock()
			s.look()
			s.mu.Unlock()
		case <-e.done:
			s.gate.set(false)
			s.spare.close()
			return
		}
	}
}

// Admit implements sink.Space.
func (s *storage) Admit(n int, own bool) bool {
	if s.refusing.Load() && !own && !s.again() {
		return false
	}
	if s.budget.Add(-int64(n)) >= 0 || own {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.budget.Load() >= 0 {
		return true // somebody else has just looked
	}
	s.look()
	return !s.refusing.Load()
}

// again reports whether what was refused may be written by now: where archives
// give way, one that is being compressed is free when that is done.
func (s *storage) again() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.config.Overflow == OverwriteOldest && s.now().Sub(s.looked) >= refusedEvery {
		s.look()
	}
	return !s.refusing.Load()
}

// Full implements sink.Space.
func (s *storage) Full(own bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.measure()
	if err != nil {
		return false
	}
	s.begin(d)
	s.calm = s.now().Add(storageCalm)
	if s.config.Overflow == OverwriteOldest && s.giveWay(func(freed uint64) bool { return freed > 0 }) {
		return true
	}
	s.refuse(true)
	return own && s.spare.release()
}

// Refused implements sink.Space.
func (s *storage) Refused(lines int) { s.dropped.Add(uint64(lines)) }

// Yields implements sink.Space.
func (s *storage) Yields() bool { return s.yields.Load() }

// GaveWay implements sink.Space.
func (s *storage) GaveWay(files int, records uint64, freed int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.removed += uint64(files)
	s.waiting += records
	s.freed += uint64(freed)
	s.promised.Add(freed)
	s.calm = s.now().Add(storageCalm)
}

// Spent implements sink.Space.
func (s *storage) Spent(n int64) { s.promised.Add(-n) }

// look measures the disk and does what its state asks for. The lock is held.
func (s *storage) look() {
	s.looked = s.now()
	d, err := s.measure()
	if err != nil {
		s.budget.Store(unwatched) // the writers will tell
		return
	}
	room := d.above(s.config.Reserve) - s.promised.Load()
	switch {
	case s.config.Reserve == 0 && !s.full:
		room = unwatched
	case room <= 0:
		s.begin(d)
		made := s.makeRoom(&d)
		s.refuse(made <= 0)
		room = max(made, d.above(s.config.Reserve)-s.promised.Load())
	case s.full && !s.now().Before(s.calm) && room > int64(part(d.size, s.config.Reserve)/10):
		s.resume(d)
	case s.full && s.config.Overflow == OverwriteOldest:
		s.refuse(false)
	}
	s.budget.Store(ration(room))
	s.tell(d)
	if room > spareSize*4 {
		s.spare.take()
	}
}

// ration is how many bytes of text may be written before the disk is measured
// again, where room is left. The index of short lines is a tenth of their text,
// and each file ends in a block that it does not fill.
func ration(room int64) int64 {
	const last = 32 << 10 // not worth measuring for less
	return max(room/2, min(room, last), 0)
}

// makeRoom removes archives, if that is the policy, until a quarter more than
// the reserve is free, and measures the disk again. It returns how many bytes
// may be written now. What was removed counts even where it is not free yet,
// because somebody reads it.
func (s *storage) makeRoom(d *disk) int64 {
	if s.config.Overflow != OverwriteOldest {
		return 0
	}
	reserve := part(d.size, s.config.Reserve)
	target := reserve + reserve/4
	before, given := d.free, uint64(0)
	gave := s.giveWay(func(freed uint64) bool {
		given = freed
		return freed > 0 && before+freed >= target
	})
	if now, err := s.measure(); err == nil {
		*d = now
	}
	if !gave {
		return d.above(s.config.Reserve)
	}
	s.calm = s.now().Add(storageCalm)
	return int64(min(given, target))
}

// begin notes that the disk is full.
func (s *storage) begin(d disk) {
	if s.full {
		return
	}
	s.full, s.since, s.reminded = true, s.now(), s.now()
	s.removed, s.freed, s.waiting = 0, 0, 0
	s.dropped.Store(0)
	s.announce(event.StorageFull{Free: d.free, Size: d.size, Policy: s.config.Overflow.String()})
}

// resume ends full.
func (s *storage) resume(d disk) {
	s.full = false
	s.refuse(false)
	s.announce(event.StorageResumed{Free: d.free, Dropped: s.dropped.Load(), Archives: s.removed, Freed: s.freed, Waiting: s.waiting, Lasted: s.now().Sub(s.since)})
}

// refuse lets nobody write but this program, or everybody again.
func (s *storage) refuse(on bool) {
	s.refusing.Store(on)
	if shut := on && s.config.Overflow == Halt; shut != s.gate.shut.Load() {
		s.gate.set(shut)
	}
}

// slackPercent is how far below a mark the use must fall before its alarm ends.
const slackPercent = 2

// tell raises or ends the alarm of the use.
func (s *storage) tell(d disk) {
	c, used, was := &s.config, d.used(), s.level
	over := func(mark int, held bool) bool {
		if held {
			mark -= slackPercent
		}
		return mark > 0 && used >= mark
	}
	switch {
	case over(c.Alarm, was == levelAlarm):
		s.level = levelAlarm
	case over(c.Warning, was != levelOK):
		s.level = levelWarning
	default:
		s.level = levelOK
	}
	switch {
	case s.level == was:
	case s.level == levelAlarm:
		s.alarm(c.Place, fmt.Errorf("alarm: %d%% of the log storage is used (alarm at %d%%): %s", used, c.Alarm, d))
	case s.level == levelWarning:
		s.alarm(c.Place, fmt.Errorf("warning: %d%% of the log storage is used (warning at %d%%): %s", used, c.Warning, d))
	default:
		s.alarm(c.Place, nil)
	}
}

// giveWay removes archives, the oldest first, until enough is true of the bytes
// that this has freed, and reports whether it removed any. Archives of files
// that keep the audit facilities by name go last.
func (s *storage) giveWay(enough func(freed uint64) bool) (gave bool) {
	s.together(func() {
		var freed uint64
		gave = s.giveWayOneByOne(&freed, enough, false)
		if s.holds() && !gave {
			gave = s.giveWayOneByOne(&freed, enough, true)
		}
	})
	return gave
}

// holds sees to it that who reads a log learns that the disk was full. The
// archive with the newest record of that stays while there are others; when its
// turn comes the record is made again, with what it has cost so far, so that the
// next may go. It returns true when a file had time enough to get the record, and
// is not to have it, it seems.
func (s *storage) holds() (over bool) {
	now := s.now()
	if s.held.IsZero() && now.Sub(s.reminded) < remindEvery {
		return false
	}
	if !slices.ContainsFunc(s.files(), func(y yielding) bool { return y.held() }) {
		s.held = time.Time{}
		return false
	}
	switch again := now.Sub(s.reminded); {
	case s.held.IsZero() && again >= remindEvery:
		s.held = now
		s.remind()
	case again >= storageCalm:
		over = !s.held.IsZero()
		s.remind()
	}
	return over
}

// remindEvery is how often the record of full may be made again.
const remindEvery = time.Second

// remind makes the record of full again.
func (s *storage) remind() {
	s.reminded = s.now()
	d, err := s.measure()
	if err != nil {
		return
	}
	s.announce(event.StorageFull{Free: d.free, Size: d.size, Policy: s.config.Overflow.String(),
		Lasted: max(s.now().Sub(s.since), 1), Dropped: s.dropped.Load(), Archives: s.removed, Freed: s.freed, Waiting: s.waiting})
}

func (s *storage) giveWayOneByOne(freed *uint64, enough func(freed uint64) bool, kept bool) (gave bool) {
	files := s.files()
	for i := range files {
		files[i].look(kept)
	}
	for !enough(*freed) {
		y := first(files)
		if y == nil {
			return gave
		}
		n, err := y.sink.Reclaim(kept)
		if err != nil {
			s.alarm(s.config.Place+" overflow", err)
		}
		if n <= 0 {
			y.any = false
			continue
		}
		gave = true
		*freed += uint64(n)
		s.removed++
		s.freed += uint64(n)
		y.look(kept)
	}
	return gave
}

// errNoAnswer is a file system that does not say how large it is.
var errNoAnswer = errors.New("the file system does not say how large it is")
