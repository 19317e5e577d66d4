package logfile

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"slices"
)

// Last iterates over the last n lines of the log, oldest first. It reads the
// files from their ends, and only those that hold these lines. Errors are as
// with All.
func (l *Log) Last(ctx context.Context, n uint64) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		w := walk{log: l, ctx: ctx, yield: yield}
		live, p, err := l.openLive()
		if err != nil {
			w.fail(err)
			return
		}
		var offset int64
		var have uint64
		if live != nil {
			if offset, have, err = tailOffset(live, int64(p.Offset), n); err != nil {
				w.fail(errors.Join(err, live.Close()))
				return
			}
		}
		if have < n {
			w.lastArchived(p.Generation, n-have)
		}
		if live == nil {
			return
		}
		seq := uint64(0)
		if p.Seq >= have && p.First > 0 && l.Live != nil {
			seq = p.Seq - have + 1
		}
		if offset == 0 {
			seq = p.First
		}
		w.live(live, p, offset, seq)
	}
}

// lastArchived yields the last n lines of the archives before generation.
func (w *walk) lastArchived(generation, n uint64) {
	archives, err := w.log.archives(generation)
	if err != nil {
		w.fail(err)
		return
	}
	from, skip := len(archives), uint64(0)
	for i := range slices.Backward(archives) {
		lines, err := w.log.countLines(w.ctx, &archives[i])
		if errors.Is(err, fs.ErrNotExist) {
			break
		}
		if err != nil && !w.fail(err) {
			return
		}
		from = i
		if lines >= n {
			skip = lines - n
			break
		}
		n -= lines
	}
	for i := from; i < len(archives); i++ {
		if !w.archive(&archives[i], skip) {
			return
		}
		skip = 0
	}
}

// countLines returns the number of lines of an archive: what its label says,
// else by reading it.
func (l *Log) countLines(ctx context.Context, a *archive) (uint64, error) {
	if a.label.Lines > 0 {
		return a.label.Lines, nil
	}
	s, err := l.openArchive(a)
	if err != nil {
		return 0, err
	}
	defer s.close()
	for n := uint64(0); ; n++ {
		if n&255 == 0 && ctx.Err() != nil {
			return n, ctx.Err()
		}
		if _, ok := s.scan.next(); !ok {
			if errors.Is(s.scan.err, io.EOF) {
				return n, nil
			}
			return n, s.scan.err
		}
	}
}
