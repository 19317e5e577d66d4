package logfile

import (
	"context"
	"errors"
	"io"
	"iter"
	"os"
	"slices"
)

// End returns the position of the newest line, to Follow from now on.
func (l *Log) End() (Position, error) {
	if l.Live != nil {
		p := l.Live.Published()
		return Position{l.Node, p.Epoch, p.Seq}, nil
	}
	f, p, err := l.openLive()
	if err != nil || f == nil {
		return Position{}, err
	}
	s := l.liveStream(f, p, 0)
	defer s.close()
	if s.index == nil {
		return Position{}, nil
	}
	if s.index.seek(s.size, func(Frame) bool { return true }) {
		for _, ok := s.index.next(); ok; _, ok = s.index.next() {
			continue
		}
	}
	return Position{l.Node, s.head.Epoch, max(s.index.seq, 1) - 1}, nil
}

// Follow iterates over the lines after from, the zero Position standing before
// the oldest, and then over what is being written, until ctx ends, which is the
// last error. When lines after from are gone, or from is of
// another node or unknown, a *GapError is yielded and the oldest line that
// there is comes next. A reader that is too slow meets a GapError too; it never
// slows the writer. Without Live, the iteration ends with the last line.
func (l *Log) Follow(ctx context.Context, from Position) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		w := walk{log: l, ctx: ctx, yield: yield}
		f := follower{walk: &w, pos: from}
		for f.catchUp() && f.tail() {
			continue
		}
	}
}

// follower is the state of one Follow.
type follower struct {
	*walk
	pos  Position // behind which we read on, while read is 0
	read uint64   // generation read to its end; 0: none yet, pos decides

	live  *stream
	point Point // up to where live was read
}

// catchUp reads the archives behind the place reached, and opens the live file.
func (f *follower) catchUp() bool {
	live, p, err := f.log.openLive()
	if err != nil {
		f.fail(err)
		return false
	}
	archives, err := f.log.archives(p.Generation)
	if err != nil {
		f.fail(errors.Join(err, closeIf(live)))
		return false
	}
	first, skip, seq := f.place(archives, p)
	for i := first; i < len(archives); i++ {
		a := &archives[i]
		f.noteGap(a.known, Head{a.label.Generation, a.label.Epoch, a.label.First})
		if !f.archive(a, skip) {
			break
		}
		skip = 0
		if a.known {
			f.read, f.pos = a.label.Generation, Position{f.log.Node, a.label.Epoch, f.last}
		}
	}
	if live == nil || f.done {
		f.fail(closeIf(live))
		return false
	}
	f.noteGap(p.First > 0, Head{p.Generation, p.Epoch, p.First})
	f.startLive(live, p, seq)
	return f.readTo(p, seq)
}

// noteGap tells of generations that are missing between what was read and h.
func (f *follower) noteGap(known bool, h Head) {
	if known && f.read > 0 && h.Generation > f.read+1 {
		f.fail(&GapError{From: f.pos, To: Position{f.log.Node, h.Epoch, h.First - 1}})
	}
}

// place finds where reading goes on: the archive to begin with
// (len(archives): the live file), how many of its lines to skip, and the number
// of the first line wanted from the live file.
func (f *follower) place(archives []archive, p Point) (first int, skip, seq uint64) {
	if f.read > 0 { // everything up to this generation was read
		first = slices.IndexFunc(archives, func(a archive) bool { return a.known && a.label.Generation > f.read })
		if first < 0 {
			first = len(archives)
		}
		return first, 0, p.First
	}
	if f.pos == (Position{}) {
		return 0, 0, p.First
	}
	if f.pos.Node == f.log.Node {
		ends := f.log.Live == nil || f.pos.Seq <= p.Seq // nobody has counted what nobody writes to
		if p.Epoch == f.pos.Epoch && p.First > 0 && f.pos.Seq+1 >= p.First && ends {
			return len(archives), 0, f.pos.Seq + 1
		}
		for i, a := range archives {
			if skip, ok := f.within(a, archives[i+1:], p); ok {
				return i, skip, p.First
			}
		}
	}
	to := Position{f.log.Node, p.Epoch, max(p.First, 1) - 1}
	if len(archives) > 0 && archives[0].known && archives[0].label.First > 0 {
		to.Epoch, to.Seq = archives[0].label.Epoch, archives[0].label.First-1
	}
	f.fail(&GapError{From: f.pos, To: to})
	return 0, 0, p.First
}

// within reports whether the line after pos is in a or would directly follow
// its last line, and how many lines of a come before it.
func (f *follower) within(a archive, later []archive, p Point) (skip uint64, ok bool) {
	if !a.known || a.label.Epoch != f.pos.Epoch || f.pos.Seq+1 < a.label.First {
		return 0, false
	}
	lines := a.label.Lines
	if lines == 0 { // not labelled yet: the next file says where this one ends
		next := Head{p.Generation, p.Epoch, p.First}
		if len(later) > 0 {
			next = Head{later[0].label.Generation, later[0].label.Epoch, later[0].label.First}
		}
		if next.Epoch != a.label.Epoch || next.First < a.label.First {
			return f.pos.Seq + 1 - a.label.First, true
		}
		lines = next.First - a.label.First
	}
	return f.pos.Seq + 1 - a.label.First, f.pos.Seq < a.label.First+lines
}

// startLive makes ready to read the live file from line seq, or as near before
// it as the index allows.
func (f *follower) startLive(live *os.File, p Point, seq uint64) {
	s := f.log.liveStream(live, p, 0)
	f.live, f.point = s, Point{Generation: p.Generation, Epoch: p.Epoch, First: p.First, Seq: max(p.First, 1) - 1}
	if seq <= p.First || s.index == nil {
		return
	}
	if s.index.toSeq(s.size, seq) {
		f.point.Seq, f.point.Offset = seq-1, s.index.off
		return
	}
	s.index.reset(0)
}

// toSeq places the cursor so that next returns line seq, or the first one that
// will be written if that is seq.
func (c *cursor) toSeq(size int64, seq uint64) bool {
	if !c.seek(size, func(f Frame) bool { return f.First <= seq }) || !c.nextFrame() {
		return false
	}
	for c.seq < seq {
		if _, ok := c.next(); !ok {
			return false
		}
	}
	return c.seq == seq
}

// readTo yields the live file's lines from the place reached up to p, without
// those before line from.
func (f *follower) readTo(p Point, from uint64) bool {
	f.live.scan.reset(io.NewSectionReader(f.live.file, int64(f.point.Offset), int64(p.Offset-f.point.Offset)))
	seq, skip := f.point.Seq+1, uint64(0)
	if from > seq {
		skip = from - seq
	}
	f.lines(f.live, seq, skip)
	if err := f.live.scan.err; err != nil && !errors.Is(err, io.EOF) {
		f.fail(err)
	}
	f.point = p
	f.pos = Position{f.log.Node, p.Epoch, p.Seq}
	if f.done || f.log.Live == nil {
		f.fail(f.live.close())
		return false
	}
	return true
}

// tail yields what is written to the live file until it is turned over, and
// then the rest of it.
func (f *follower) tail() bool {
	for {
		p := f.log.Live.Published()
		switch {
		case p.Generation != f.point.Generation:
			return f.finish()
		case p.Offset > f.point.Offset:
			if !f.readTo(p, 0) {
				return false
			}
			continue
		}
		if f.log.Idle != nil {
			f.log.Idle(f.pos)
		}
		select {
		case <-f.log.Live.Changed(p):
		case <-f.ctx.Done():
			f.fail(errors.Join(f.ctx.Err(), f.live.close()))
			return false
		}
	}
}

// finish yields the rest of a file that is complete: it was turned over.
func (f *follower) finish() bool {
	info, err := f.live.file.Stat()
	p := f.point
	if err == nil && uint64(info.Size()) > p.Offset {
		p.Offset = uint64(info.Size())
		if !f.readTo(p, 0) {
			return false
		}
		f.pos.Seq = max(p.Seq, f.last)
	}
	f.read = p.Generation
	return f.fail(errors.Join(err, f.live.close()))
}

func closeIf(f *os.File) error {
	if f == nil {
		return nil
	}
	return f.Close()
}
