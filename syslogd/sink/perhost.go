package sink

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"loggia/syslogd/wire"
)

// PerHostDir is the directory, in the log directory and in that of the indexes,
// in which each sender has one of its own.
const PerHostDir = "per-host"

const (
	// maxOpenSenders bounds the files that a PerHost has open. Each has up to five
	// descriptors: two directories, the text, its index and its state.
	maxOpenSenders = 48

	// maxSenders bounds the directories. A sender chooses its host name, so it
	// could make any number of them.
	maxSenders = 1 << 17

	// pendingKeep is the memory in bytes that the buffer of an open sender keeps.
	pendingKeep = 16 << 10

	// sweepEvery is how often archives of senders that are not open are looked at
	// for their age.
	sweepEvery = time.Hour
)

// PerHost is `file NAME { per-host; }`: a File for each host that lines show, at
// LOGDIR/per-host/HOST/NAME, each with its own archives. A batch is sorted by
// host first, so that a file is written once for it. The files written last stay
// open; a sender whose file is not open takes no memory at all.
type PerHost struct {
	// Built once.
	config      FileConfig
	root, index *directory // LOGDIR/per-host and its index
	limit       int        // maxSenders
	most        int        // maxOpenSenders

	// Replaced by Reconfigure; Style reads it without the lock.
	style atomic.Pointer[wire.Style]

	mu       sync.Mutex // guards all below; held while files are written
	open     map[string]*senderFile
	newest   *senderFile // the list of those open, by when they were written
	oldest   *senderFile
	touched  []*senderFile // with lines of the batch at hand
	name     []byte        // scratch
	senders  int           // directories
	closed   bool
	swept    time.Time
	counters Counters // but for what open files count
	alarm    alarm    // of opening
	many     alarm    // of senders beyond the limit
	queue    []Alarm

	shelf shelf
}

// senderFile is the open file of a sender.
type senderFile struct {
	name         string
	file         *File
	base         Counters // when it was opened
	pending      Lines
	newer, older *senderFile
}

// NewPerHost prepares to write one file for each sender. Files are opened when
// there is something to write. The error names the directory.
func NewPerHost(c FileConfig) (*PerHost, error) {
	p := &PerHost{config: c, limit: maxSenders, most: maxOpenSenders, open: map[string]*senderFile{}}
	if c.Now == nil {
		p.config.Now = time.Now
	}
	if c.Report == nil {
		p.config.Report = func(Alarm) {}
	}
	group := admGroup()
	p.config.group, p.config.Cabinet = &group, nil // each sender has a directory of its own
	p.config.Dir, p.config.IndexDir = filepath.Join(c.Dir, PerHostDir), filepath.Join(c.IndexDir, PerHostDir)
	p.alarm = alarm{place: c.Place + " per-host", queue: &p.queue}
	p.many = alarm{place: c.Place + " per-host senders", queue: &p.queue}
	p.style.Store(&c.Style)
	var err error
	if p.root, err = makeDirectory(p.config.Dir, 0o755); err != nil {
		return nil, err
	}
	if p.index, err = makeDirectory(p.config.IndexDir, 0o700); err != nil {
		return nil, errors.Join(err, p.root.Close())
	}
	if p.senders, err = p.count(); err != nil {
		return nil, errors.Join(err, p.root.Close(), p.index.Close())
	}
	return p, nil
}

// makeDirectory opens a directory, and makes it if it is not there.
func makeDirectory(path string, perm fs.FileMode) (*directory, error) {
	if err := os.Mkdir(path, perm); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return openDirectory(path, perm)
}

// count returns how many senders have a directory.
func (p *PerHost) count() (int, error) {
	names, err := list(p.root)
	return len(names), err
}

// Style implements Destination.
func (p *PerHost) Style() *wire.Style { return p.style.Load() }

// Write implements Destination: what each sender has sent is written through to
// its file.
func (p *PerHost) Write(l *Lines) {
	p.mu.Lock()
	defer p.unlock()
	p.counters.Accepted += uint64(len(l.Lines))
	if p.closed {
		p.counters.Dropped[Closed] += uint64(len(l.Lines))
		return
	}
	style := p.Style()
	for i := range l.Lines {
		text := l.text(i)
		p.name = appendSender(p.name[:0], lineHost(text, style))
		s := p.sender(p.name, l)
		if s == nil {
			p.counters.Dropped[Unwritable]++
			continue
		}
		if len(s.pending.Lines) == 0 {
			s.pending.Received = l.Received
			p.touched = append(p.touched, s)
		}
		s.pending.append(text, l.Lines[i])
	}
	for _, s := range p.touched {
		s.flush()
	}
	p.touched = p.touched[:0]
}

// unlock gives back the lock and says what there is to say.
func (p *PerHost) unlock() {
	queue := p.queue
	p.queue = nil
	p.mu.Unlock()
	for _, a := range queue {
		p.config.Report(a)
	}
}

// flush writes what is pending.
func (s *senderFile) flush() {
	if len(s.pending.Lines) > 0 {
		s.file.Write(&s.pending)
	}
	s.pending.Reset()
	if cap(s.pending.Buf) > pendingKeep {
		s.pending = Lines{}
	}
}

// sender returns the open file of a sender, opening it if need be; nil if it
// cannot be opened.
func (p *PerHost) sender(name []byte, l *Lines) *senderFile {
	if p.newest != nil && p.newest.name == string(name) {
		return p.newest
	}
	s := p.open[string(name)]
	if s == nil {
		dir, err := p.directory(string(name))
		if s = p.open[dir]; s == nil && err == nil {
			s, err = p.wake(dir)
		}
		if err != nil {
			p.alarm.raise(err)
			return nil
		}
		p.alarm.clear()
	}
	p.unlink(s)
	p.link(s)
	return s
}

// directory makes the directories of a sender, and returns the name of that of
// all others when there are too many.
func (p *PerHost) directory(name string) (string, error) {
	if _, err := p.root.Lstat(name); errors.Is(err, fs.ErrNotExist) {
		if p.senders >= p.limit && name != overflowSender {
			p.many.raise(fmt.Errorf("more than %d senders: the others share %s", p.limit, filepath.Join(PerHostDir, overflowSender)))
			return p.directory(overflowSender)
		}
		if err := p.root.Mkdir(name, 0o755); err != nil {
			if errors.Is(err, fs.ErrNotExist) { // somebody removed all of it
				err = errors.Join(p.root.refresh(), p.index.refresh(), p.root.Mkdir(name, 0o755))
			}
			if err != nil {
				return name, err
			}
		}
		p.senders++
	}
	if err := p.index.Mkdir(name, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return name, err
	}
	return name, nil
}

// wake opens the file of a sender, in the place of the one that was written
// longest ago if there are enough.
func (p *PerHost) wake(name string) (*senderFile, error) {
	for len(p.open) >= p.most {
		p.sleep(p.tired())
	}
	c := p.config
	c.Dir, c.IndexDir = filepath.Join(c.Dir, name), filepath.Join(c.IndexDir, name)
	f, err := NewFile(c)
	if err != nil {
		return nil, err
	}
	s := &senderFile{name: name, file: f, base: f.Counters()}
	p.open[name] = s
	p.link(s)
	return s, nil
}

// tired returns whom to close: one of those written longest ago, if possible
// one that is not compressing.
func (p *PerHost) tired() *senderFile {
	s := p.oldest
	for range 8 {
		if s == nil || !s.file.archives.busy() {
			break
		}
		s = s.newer
	}
	if s == nil {
		return p.oldest
	}
	return s
}

// sleep closes the file of a sender. What it was compressing goes on when it is
// opened again.
func (p *PerHost) sleep(s *senderFile) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	p.finish(ctx, s)
}

func (p *PerHost) finish(ctx context.Context, s *senderFile) {
	s.flush()
	for i, t := range p.touched {
		if t == s {
			p.touched = append(p.touched[:i], p.touched[i+1:]...)
			break
		}
	}
	if err := s.file.Close(ctx); err != nil {
		p.alarm.raise(err)
	}
	p.counters = p.counters.plus(s.file.Counters().minus(s.base))
	p.unlink(s)
	delete(p.open, s.name)
}

// link makes s the one written last.
func (p *PerHost) link(s *senderFile) {
	if p.newest == s {
		return
	}
	s.older, s.newer = p.newest, nil
	if p.newest != nil {
		p.newest.newer = s
	}
	p.newest = s
	if p.oldest == nil {
		p.oldest = s
	}
}

func (p *PerHost) unlink(s *senderFile) {
	if s.newer != nil {
		s.newer.older = s.older
	} else if p.newest == s {
		p.newest = s.older
	}
	if s.older != nil {
		s.older.newer = s.newer
	} else if p.oldest == s {
		p.oldest = s.newer
	}
	s.newer, s.older = nil, nil
}

// Counters implements Destination: the sum over all senders since the start.
func (p *PerHost) Counters() Counters {
	p.mu.Lock()
	defer p.mu.Unlock()
	sum := p.counters
	for _, s := range p.open {
		sum = sum.plus(s.file.Counters().minus(s.base))
	}
	return sum
}

// plus adds what the files of senders count; what they were handed is counted by
// PerHost itself.
func (c Counters) plus(d Counters) Counters {
	c.Delivered += d.Delivered
	c.Repeated += d.Repeated
	c.Made += d.Made
	for i := range c.Dropped {
		c.Dropped[i] += d.Dropped[i]
	}
	return c
}

func (c Counters) minus(d Counters) Counters {
	c.Delivered -= d.Delivered
	c.Repeated -= d.Repeated
	c.Made -= d.Made
	for i := range c.Dropped {
		c.Dropped[i] -= d.Dropped[i]
	}
	return c
}

// Reconfigure changes what may change while files stay open. A sender whose
// file is not open learns of it when it is opened.
func (p *PerHost) Reconfigure(o FileOptions) {
	p.mu.Lock()
	defer p.unlock()
	p.config.FileOptions = o
	p.style.Store(&o.Style)
	for _, s := range p.open {
		s.file.Reconfigure(o)
	}
	p.swept = time.Time{}
}

// Reopen looks at the open files as File.Reopen does and, the first time and,
// with `retain`, each hour, after the senders that are not open.
func (p *PerHost) Reopen() {
	if now := p.config.Now(); p.reopen(now) {
		p.sweep(now)
	}
}

// reopen is Reopen but for the senders that are not open. It reports whether
// their time has come.
func (p *PerHost) reopen(now time.Time) (sweep bool) {
	p.mu.Lock()
	defer p.unlock()
	if p.closed {
		return false
	}
	err := errors.Join(p.root.refresh(), p.index.refresh())
	for _, s := range p.open {
		s.file.Reopen()
	}
	n, e := p.count()
	if err = errors.Join(err, e); err == nil {
		p.senders = n
	}
	if p.senders < p.limit {
		p.many.clear()
	}
	if err != nil {
		p.alarm.raise(err)
	}
	if p.swept.IsZero() || p.config.Retain > 0 && now.Sub(p.swept) >= sweepEvery {
		p.swept = now
		return true
	}
	return false
}

// Clear empties the file of a sender, as File.Clear does. The error is
// fs.ErrNotExist if it has none.
func (p *PerHost) Clear(host, user string, all bool) error {
	p.mu.Lock()
	defer p.unlock()
	if p.closed {
		return os.ErrClosed
	}
	s := p.open[host]
	if s == nil {
		if _, err := p.root.Lstat(filepath.Join(host, p.config.Name)); err != nil {
			return err
		}
		var err error
		if s, err = p.wake(host); err != nil {
			return err
		}
	}
	return s.file.Clear(user, all)
}

// Close implements Destination.
func (p *PerHost) Close(ctx context.Context) error {
	p.mu.Lock()
	defer p.unlock()
	if p.closed {
		return nil
	}
	p.closed = true
	for p.oldest != nil {
		p.finish(ctx, p.oldest)
	}
	p.alarm.clear()
	p.many.clear()
	return errors.Join(p.root.Close(), p.index.Close())
}
