package sink

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"sort"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"loggia/audit/event"
	"loggia/syslogd/logfile"
	"loggia/syslogd/wire"
)

// FileConfig says what a File is to be: `[edit system syslog file NAME]`.
type FileConfig struct {
	Dir      string // the log directory
	IndexDir string
	Name     string // in Dir; no path, no leading dot

	FileOptions

	Place  string           // the statement, for alarms
	Space  Space            // of the disk; nil: whatever there is
	Report func(Alarm)      // told what the file has to say about itself; nil: nobody. Called without locks
	Now    func() time.Time // nil: time.Now

	// Cabinet is Dir and IndexDir, open for many files; nil: this one opens them
	// for itself.
	Cabinet *Cabinet

	group *int // of the file, where there is no Cabinet; nil: it is looked up
}

// FileOptions are what Reconfigure may change while the file stays open.
type FileOptions struct {
	Size            int64 // bytes; a record that would make the file larger begins a new one. 0: no limit
	Files           int   // archives kept beside the live file
	WorldReadable   bool  // mode 0644 instead of 0640
	AllowDuplicates bool
	BinaryData      bool // no line of the file's own, on rotation and clear
	Rotation        Rotation
	Retain          time.Duration // archives older than this are removed; 0: by number alone
	Sync            Sync
	Audit           bool // administrators' records: the live file makes no room on a full disk
	Style           wire.Style
}

// File is a log file with its archives. It has one writer, itself: the lock is
// taken once for each batch.
type File struct {
	// Built once.
	dir, name, place string
	cabinet          *Cabinet
	lone             bool // cabinet is this file's own
	root, index      *directory
	report           func(Alarm)
	now              func() time.Time
	archives         archiver
	write            func(*os.File, []byte) (int, error) // tests fill the disk here
	force            func(*os.File) error                // to the disk
	space            Space
	step             func(string) // tests stop here as a crash would
	created          bool         // by this File, at the start

	// Replaced by Reconfigure; Style reads it without the lock.
	style atomic.Pointer[wire.Style]
	world atomic.Bool

	written atomic.Bool // since the cabinet last looked for a file to close

	ailing atomic.Bool // its alarm may end though nobody writes: Recover looks
	seat   int         // among the open files of the cabinet, guarded by its lock
	pub    publisher

	mu      sync.Mutex // guards all below
	options FileOptions
	closed  bool
	alarm   alarm // of the file
	turning alarm // of its rotation
	cache   alarm // of its index
	queue   []Alarm

	live     *os.File // nil while it cannot be opened, or is asleep
	asleep   bool     // closed by the cabinet until there is a line for it
	entered  bool     // among the open files of the cabinet
	fd       int      // of live
	identity fs.FileInfo
	records  bool     // the live file holds more than its first notice
	idx      *os.File // nil until it is needed
	idxSize  int64
	idxEnded bool // it could not be written: there is none until the next file
	point    logfile.Point
	newest   uint64    // greatest epoch used so far
	checked  time.Time // when the path was last compared with live
	turnAt   time.Time // when the clock asks for a new file; zero: not known yet
	failedAt time.Time // when rotation failed: it rests for a while
	openErr  error     // why live is nil
	erredAt  time.Time // when alarm was raised or confirmed last
	failing  bool      // nothing was written since
	refused  int64     // bytes that a full disk refused then, and has not taken since; 0: alarm ends with time
	easedAt  time.Time // when alarm ended before its time, because the disk had taken them
	credit   int64     // bytes that were freed for what is written next
	kept     Lines     // the newest line that a full disk must not cost; none yet: empty

	counters Counters
	dirty    bool  // counters changed since they were saved
	saved    state // what the disk knows, or need not

	fold   fold
	frame  []byte
	timer  *time.Timer // sums up repeated lines
	syncer *time.Timer // forces what was written to the disk
	syncs  sync.WaitGroup
	saver  *time.Timer // saves the counters
}

// checkEvery is how often the path is compared with the open file, and how long
// a failed rotation or opening rests.
const checkEvery = time.Second

// calm is how long writing must go well before the file's alarm is taken back. That
// of a full disk goes as soon as the disk has taken as much as it refused, but once
// in this time: on a disk that is all but full, short batches succeed between long ones.
const calm = 10 * time.Second

// NewFile opens or creates the file, mends what a crash left, and starts
// compressing what waits. The error names the file.
func NewFile(c FileConfig) (*File, error) { return newFile(c, nil) }

func newFile(c FileConfig, adjust func(*File)) (*File, error) {
	if c.Name == "" || c.Name != filepath.Base(c.Name) || c.Name[0] == '.' {
		return nil, &fs.PathError{Op: "open", Path: c.Name, Err: fs.ErrInvalid}
	}
	f := &File{dir: c.Dir, name: c.Name, place: c.Place, report: c.Report, now: c.Now, options: c.FileOptions, cabinet: c.Cabinet,
		write: (*os.File).Write, force: datasync, space: c.Space, step: func(string) {}}
	if f.now == nil {
		f.now = time.Now
	}
	if f.space == nil {
		f.space = anySpace{}
	}
	if f.report == nil {
		f.report = func(Alarm) {}
	}
	f.alarm = alarm{place: c.Place, queue: &f.queue}
	f.turning = alarm{place: c.Place + " rotation", queue: &f.queue}
	f.cache = alarm{place: c.Place + " index", queue: &f.queue}
	style := c.Style
	f.style.Store(&style)
	f.world.Store(c.WorldReadable)
	if adjust != nil {
		adjust(f)
	}
	if err := f.settle(&c); err != nil {
		return nil, err
	}
	f.archives = archiver{cabinet: f.cabinet, root: f.root, index: f.index, name: c.Name, mode: f.mode, report: f.reportAll, now: f.now, step: f.step, files: c.Files, retain: c.Retain,
		closing: make(chan struct{})}
	f.archives.careful.Store(c.Sync != SyncNever)
	f.archives.alarm = alarm{place: c.Place + " archive", queue: &f.archives.queue}
	f.archives.ctx, f.archives.stop = context.WithCancel(context.Background())
	f.mu.Lock()
	defer f.unlock()
	if err := f.start(); err != nil {
		f.archives.stop()
		return nil, errors.Join(err, f.closeFiles(), f.leave())
	}
	return f, nil
}

// settle gives f its directories.
func (f *File) settle(c *FileConfig) (err error) {
	if f.cabinet == nil {
		group := c.group
		if group == nil {
			adm := admGroup()
			group = &adm
		}
		if f.cabinet, err = openCabinet(c.Dir, c.IndexDir, math.MaxInt, *group); err != nil {
			return err
		}
		f.lone = true
	}
	f.root, f.index = f.cabinet.root, f.cabinet.index
	return nil
}

// leave gives the directories back.
func (f *File) leave() error {
	if f.lone {
		return f.cabinet.Close()
	}
	return nil
}

// mode returns how files are to be created.
func (f *File) mode() (perm fs.FileMode, group int) {
	if f.world.Load() {
		return 0o644, f.cabinet.group
	}
	return 0o640, f.cabinet.group
}

// setMode gives an open file its mode in spite of the umask.
func setMode(f *os.File, perm fs.FileMode, group int) error {
	if err := f.Chmod(perm); err != nil {
		return err
	}
	if group < 0 {
		return nil
	}
	return f.Chown(-1, group)
}

// belongs reports whether a file is the group's, or may be anybody's.
func belongs(info fs.FileInfo, group int) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return group < 0 || ok && int(st.Gid) == group
}

// unlock gives back the lock and says what there is to say.
func (f *File) unlock() {
	queue := f.queue
	f.queue = nil
	f.mu.Unlock()
	f.reportAll(queue)
	f.reportAll(f.archives.said())
}

func (f *File) reportAll(queue []Alarm) {
	for _, e := range queue {
		f.report(e)
	}
}

// Style implements Destination.
func (f *File) Style() *wire.Style { return f.style.Load() }

// Write implements Destination: it writes the lines through to the file. It
// allocates nothing for each line, and copies only what has repeated lines
// taken out.
func (f *File) Write(l *Lines) {
	if len(l.Lines) == 0 {
		return
	}
	f.mu.Lock()
	defer f.unlock()
	f.counters.Accepted += uint64(len(l.Lines))
	if f.closed {
		f.counters.Dropped[Closed] += uint64(len(l.Lines))
		return
	}
	f.saveLater()
	if !f.written.Load() {
		f.written.Store(true)
	}
	if d := l.Received.Sub(f.checked); !f.asleep && (d >= checkEvery || d < 0 || f.displaced()) {
		f.check(l.Received)
	}
	if !f.options.AllowDuplicates {
		out, repeated := f.fold.apply(l, f.Style())
		f.counters.Repeated += repeated
		l = out
		f.setTimer()
	}
	f.store(l)
}

// setTimer makes the timer run while lines are being folded, and only then.
func (f *File) setTimer() {
	switch {
	case f.fold.pending > 0 && f.timer == nil:
		f.timer = time.AfterFunc(f.fold.delay(), f.sumUp)
	case f.fold.pending == 0 && f.timer != nil:
		f.timer.Stop()
		f.timer = nil
	}
}

// sumUp is called by the timer while lines are being folded.
func (f *File) sumUp() {
	f.mu.Lock()
	defer f.unlock()
	f.timer = nil
	if !f.closed && f.fold.pending > 0 {
		f.store(f.fold.flush(f.now(), f.Style()))
	}
}

// store splits the lines at the rotations they cause, and writes each run.
func (f *File) store(l *Lines) {
	if f.asleep {
		f.wake(l.Received)
	}
	if f.due(l.Received) {
		f.turnOver(event.LogTurnedOverByClock{}, l.Received)
	}
	for i := 0; i < len(l.Lines); {
		if f.live == nil {
			f.drop(l.Lines[i:], f.openErr)
			return
		}
		j := f.fitting(l, i)
		if j == i {
			if !f.rotate(l.Received) {
				continue // the live file could not be opened again
			}
			j = max(f.fitting(l, i), i+1) // one record may be larger than size
		}
		f.put(l, i, j)
		i = j
	}
}

// fitting returns the index behind the last line, from i on, that fits into the
// live file. It is i if a rotation is due.
func (f *File) fitting(l *Lines, i int) int {
	if f.options.Size <= 0 || f.resting(l.Received) {
		return len(l.Lines)
	}
	end := int64(l.start(i)) + f.options.Size - int64(f.point.Offset)
	j := i + sort.Search(len(l.Lines)-i, func(k int) bool { return int64(l.Lines[i+k].End) > end })
	if j == i && !f.records {
		return i + 1
	}
	return j
}

// resting reports whether rotation failed just before now.
func (f *File) resting(now time.Time) bool {
	d := now.Sub(f.failedAt)
	return !f.failedAt.IsZero() && d >= 0 && d < checkEvery
}

// put writes lines i to j, as many as the disk takes.
func (f *File) put(l *Lines, i, j int) {
	own := l.Lines[i].Self || l.Lines[i].made
	size := int64(l.Lines[j-1].End - l.start(i))
	if !f.admits(int(size), own, l.Received) {
		f.refuse(l.Lines[i:j])
		return
	}
	for i < j {
		n, err := f.putOnce(l, i, j)
		if i += n; err == nil {
			continue
		}
		if f.live != nil && diskFull(err) && (f.space.Full(own) || f.gaveAll(l.Received)) {
			continue // there is room now
		}
		f.failed(int64(l.Lines[j-1].End-l.start(i)), err, l.Received)
		f.drop(l.Lines[i:j], err)
		return
	}
	if f.alarm.set {
		f.wentWell(size, l.Received)
	}
}

// putOnce writes lines i to j and returns how many of them are in the file.
func (f *File) putOnce(l *Lines, i, j int) (int, error) {
	lines, from := l.Lines[i:j], l.start(i)
	n, err := f.write(f.live, l.Buf[from:l.Lines[j-1].End])
	if err == nil {
		if err = f.secure(); err == nil {
			f.wrote(lines, from, l.Received)
			if lines[0].Self && l != &f.kept {
				f.remember(l, i, j)
			}
			return len(lines), nil
		}
		n = 0 // in the file, but not as safe as was asked for
	}
	whole := sort.Search(len(lines), func(k int) bool { return int(lines[k].End-from) > n })
	f.wrote(lines[:whole], from, l.Received)
	if err := f.live.Truncate(int64(f.point.Offset)); err != nil { // no torn line
		f.lose(err)
	}
	return whole, err
}

// wrote notes that lines, which begin at from in their buffer, are in the file.
func (f *File) wrote(lines []Line, from uint32, received time.Time) {
	if len(lines) == 0 {
		return
	}
	f.records = true
	made, kept := uint64(0), false
	for first := 0; first < len(lines); first += logfile.MaxFrame {
		part := lines[first:min(first+logfile.MaxFrame, len(lines))]
		start := len(f.frame)
		f.frame = logfile.BeginFrame(f.frame, logfile.Frame{First: f.point.Seq + 1, Epoch: f.point.Epoch,
			Generation: f.point.Generation, Offset: f.point.Offset, Received: received.UnixNano()})
		for i := range part {
			line := &part[i]
			if line.made {
				made++
			}
			kept = kept || line.Flags&wire.Kept != 0
			f.frame = logfile.AppendEntry(f.frame, logfile.Entry{Length: line.End - from, Facility: line.Facility,
				Severity: line.Severity, Flags: line.Flags, Kind: line.kind()})
			f.point.Offset += uint64(line.End - from)
			from = line.End
		}
		f.point.Seq += uint64(len(part))
		f.frame = logfile.FinishFrame(f.frame, start)
	}
	f.counters.Made += made
	f.counters.Delivered += uint64(len(lines)) - made
	f.writeIndex()
	f.pub.publish(f.point)
	if kept {
		f.archives.kept.Store(f.point.Generation)
		dirty := f.dirty
		f.saveState() // at once: after a kill the disk is still full
		f.dirty = dirty
	}
}

// writeIndex appends the finished frames to the index. An index that cannot be
// written ends there, until the next file: it is a cache.
func (f *File) writeIndex() {
	defer func() { f.frame = f.frame[:0] }()
	if f.idxEnded {
		return
	}
	err := f.openIndex()
	if err == nil {
		var n int
		if n, err = f.idx.Write(f.frame); err == nil {
			f.idxSize += int64(n)
			f.cache.clear()
			return
		}
	}
	f.cache.raise(err)
	if f.idx != nil {
		f.cacheFailed(errors.Join(f.idx.Truncate(f.idxSize), f.idx.Close()))
	}
	f.idx, f.idxEnded = nil, true
}

func (f *File) cacheFailed(err error) {
	if err != nil {
		f.cache.raise(err)
	}
}

// drop counts lines that cannot be written for the reason err.
func (f *File) drop(lines []Line, err error) {
	reason, n := reasonOf(err), foreign(lines)
	f.counters.Dropped[reason] += uint64(n)
	if reason == NoSpace {
		f.space.Refused(n)
	}
	if err != nil {
		f.alarm.raise(err)
	}
}

// foreign counts the lines that the file did not make itself.
func foreign(lines []Line) (n int) {
	for i := range lines {
		if !lines[i].made {
			n++
		}
	}
	return n
}

// diskFull tells an error that room on the disk mends, which a limit on the size
// of files is not.
func diskFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// reasonOf sorts an error of the file system.
func reasonOf(err error) Reason {
	for _, full := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG} {
		if errors.Is(err, full) {
			return NoSpace
		}
	}
	return Unwritable
}

// Counters implements Destination.
func (f *File) Counters() Counters {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.counters
}
