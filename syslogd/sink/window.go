package sink

import (
	"loggia/syslogd/spool"
)

// window is what was read from the spool and is not settled: the end of the
// queue that is on its way.
type window struct {
	spool  *spool.Spool
	reader *spool.Reader
	sent   []spool.Sent // from head on, oldest first
	head   int
}

// add notes that a record is on its way; it ends at end in the stream.
func (w *window) add(rec *spool.Record, end uint64) {
	w.sent = append(w.sent, spool.Sent{Seq: rec.Seq, End: end, Size: uint32(len(rec.Text)), Flags: rec.Flags})
}

// rewind makes the oldest record that is not settled the next to be read.
func (w *window) rewind() {
	w.reader.Rewind()
	w.sent, w.head = w.sent[:0], 0
}

// rest gives memory and files back when there is nothing to do for now.
func (w *window) rest() error {
	if len(w.sent) == 0 {
		w.sent = nil
	}
	return w.reader.Rest()
}

// open is how many records are on their way.
func (w *window) open() int { return len(w.sent) - w.head }

// settle settles the n oldest.
func (w *window) settle(n int, how spool.Outcome) error {
	err := w.spool.Settle(w.sent[w.head:w.head+n], how)
	w.head += n
	switch {
	case w.head == len(w.sent):
		w.sent, w.head = w.sent[:0], 0
	case w.head > len(w.sent)/2 && w.head > 1024:
		w.sent = w.sent[:copy(w.sent, w.sent[w.head:])]
		w.head = 0
	}
	return err
}

// settleTo settles the records that end at acked or before, and reports
// whether there were any.
func (w *window) settleTo(acked uint64) (bool, error) {
	n := 0
	for w.head+n < len(w.sent) && w.sent[w.head+n].End <= acked {
		n++
	}
	if n == 0 {
		return false, nil
	}
	return true, w.settle(n, spool.Delivered)
}

// empty reports whether nothing waits, on its way or in the spool. The reader
// has found nothing more.
func (w *window) empty() (bool, error) {
	if w.open() > 0 {
		return false, nil
	}
	err := w.spool.Exhausted(w.reader)
	return w.spool.Empty(), err
}
