package logfile

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"time"

	"loggia/audit/event"
	"loggia/syslogd/wire"
)

// Log reads one log. It holds no file open but the two directories, so several
// iterations may run at once.
type Log struct {
	// Set before the first iteration, if at all.
	Node string // node-id for positions
	Live Live   // the writer; without it lines are read to the last newline, and Text to the end
	// Idle, if set, is called by Follow when it has yielded every line that there
	// is, before it waits for more.
	Idle func(reached Position)

	root, index *os.Root
	name        string
}

// Line is one line of a log.
type Line struct {
	Text     []byte   // without newline; valid until the next step of the iteration
	Position Position // Seq 0: unknown, as in archives that somebody else made
	Received time.Time
	Facility event.Facility
	Severity event.Severity
	Known    bool // Facility, Severity, Received and Flags are known
	Flags    wire.Flags
	Kind     Kind
}

// Open opens the log of that name in dir, whose indexes are in indexDir. The
// error is fs.ErrNotExist if there is neither a live file nor an archive of it.
func Open(dir, indexDir, name string) (*Log, error) {
	if name == "" || name != filepath.Base(name) || name[0] == '.' {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	index, err := os.OpenRoot(indexDir)
	if err != nil {
		return nil, errors.Join(err, root.Close())
	}
	l := &Log{root: root, index: index, name: name}
	info, err := root.Stat(name)
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	if errors.Is(err, fs.ErrNotExist) {
		if all, e := l.archives(1<<64 - 1); e == nil && len(all) > 0 {
			err = nil
		}
	}
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// Close gives the directories back.
func (l *Log) Close() error { return errors.Join(l.root.Close(), l.index.Close()) }

// All iterates over the whole log, oldest line first. An error that concerns
// one archive (damaged, unreadable) is yielded and the next archive follows; the
// end of ctx ends the iteration with its error.
func (l *Log) All(ctx context.Context) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		w := walk{log: l, ctx: ctx, yield: yield}
		live, p, err := l.openLive()
		if err != nil {
			w.fail(err)
			return
		}
		archives, err := l.archives(p.Generation)
		if err != nil {
			w.fail(err)
		}
		for i := range archives {
			if !w.archive(&archives[i], 0) {
				break
			}
		}
		if live != nil {
			w.live(live, p, 0, p.First)
		}
	}
}

// walk is the state of one iteration.
type walk struct {
	log   *Log
	ctx   context.Context
	yield func(Line, error) bool
	done  bool // yield said stop, or ctx ended
	count uint64
	last  uint64 // sequence number of the last line yielded
}

// fail yields err, unless it is nil, and reports whether to go on.
func (w *walk) fail(err error) bool {
	if err != nil && !w.done && !w.yield(Line{}, err) {
		w.done = true
	}
	return !w.done
}

// archive yields the lines of an archive behind the first skip. An archive that
// was overwritten since it was listed is passed over.
func (w *walk) archive(a *archive, skip uint64) bool {
	if w.done {
		return false
	}
	s, err := w.log.openArchive(a)
	if errors.Is(err, fs.ErrNotExist) {
		return true
	}
	if err != nil {
		return w.fail(err)
	}
	defer func() { w.fail(s.close()) }()
	w.lines(s, s.head.First, skip)
	if err := s.scan.err; err != nil && !errors.Is(err, io.EOF) {
		w.fail(&fs.PathError{Op: "read", Path: a.name(w.log.name), Err: err})
	}
	return !w.done
}

// live yields the lines of the live file from offset, where line seq begins,
// and closes it.
func (w *walk) live(f *os.File, p Point, offset int64, seq uint64) {
	s := w.log.liveStream(f, p, offset)
	defer func() { w.fail(s.close()) }()
	if w.done {
		return
	}
	if offset > 0 && s.index != nil {
		if !s.index.toOffset(s.size, uint64(offset)) {
			s.index = nil
		} else if seq == 0 {
			seq = s.index.seq
		}
	}
	w.lines(s, seq, 0)
	if err := s.scan.err; err != nil && !errors.Is(err, io.EOF) {
		w.fail(err)
	}
}

// toOffset places the cursor so that next returns the line at offset off.
func (c *cursor) toOffset(size int64, off uint64) bool {
	if !c.seek(size, func(f Frame) bool { return f.Offset <= off }) || !c.nextFrame() {
		return false
	}
	for c.off < off {
		if _, ok := c.next(); !ok {
			return false
		}
	}
	return c.off == off
}

// lines yields the lines of s behind the first skip, the first of all being
// number seq (0: unknown).
func (w *walk) lines(s *stream, seq, skip uint64) {
	for n := uint64(0); ; n++ {
		if w.count++; w.count&255 == 0 && w.ctx.Err() != nil {
			w.fail(w.ctx.Err())
			w.done = true
		}
		if w.done {
			return
		}
		raw, ok := s.scan.next()
		if !ok {
			return
		}
		line := Line{Text: raw.text}
		if s.known && seq > 0 {
			line.Position = Position{w.log.Node, s.head.Epoch, seq + n}
		}
		if uint64(len(raw.text))+1 < raw.length {
			line.Flags |= wire.Truncated
		}
		s.describe(&line, raw)
		if n < skip {
			continue
		}
		w.last = line.Position.Seq
		if !w.yield(line, nil) {
			w.done = true
		}
	}
}

// describe adds what the index knows. An index that disagrees with the text is
// not believed any further.
func (s *stream) describe(line *Line, raw rawLine) {
	if s.index == nil {
		return
	}
	e, ok := s.index.next()
	if !ok || uint64(e.Length) != raw.length || s.index.seq-1 != line.Position.Seq {
		s.index = nil
		return
	}
	line.Kind = e.Kind
	if e.Kind&Counted != 0 {
		return
	}
	line.Known = true
	line.Facility, line.Severity, line.Received = e.Facility, e.Severity, s.index.received()
	line.Flags |= e.Flags
}
