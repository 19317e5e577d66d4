package sink

import (
	"bytes"
	"errors"
	"io"
	"os"
	"time"

	"github.com/klauspost/compress/gzip"

	"loggia/syslogd/logfile"
)

func partialName(name string, generation uint64) string {
	return logfile.WaitingName(name, generation) + ".gz"
}

// errAbandoned is a file that was removed while it was being compressed.
var errAbandoned = errors.New("removed while it was being compressed")

// compress is step 1. It completes l. What it has written when it fails takes
// no space.
func (a *archiver) compress(l *logfile.Label) (err error) {
	from, err := a.root.Open(logfile.WaitingName(a.name, l.Generation))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	perm, group := a.mode()
	to, err := a.root.OpenFile(partialName(a.name, l.Generation), os.O_RDWR|os.O_CREATE|os.O_TRUNC, perm)
	if err != nil {
		return err
	}
	defer func() {
		if err = errors.Join(err, to.Close()); err != nil {
			err = errors.Join(err, remove(a.root, partialName(a.name, l.Generation)))
		}
	}()
	a.step("compress")
	if err := setMode(to, perm, group); err != nil {
		return err
	}
	z, err := gzip.NewWriterLevel(to, gzip.BestSpeed)
	if err != nil {
		return err
	}
	z.Extra, z.Name = l.Extra(), a.name
	info, err := from.Stat()
	if err != nil {
		return err
	}
	z.ModTime = info.ModTime()
	count := lineCounter{stop: func() error { return a.abandoned(l.Generation) }, w: z}
	if _, err := io.CopyBuffer(&count, onlyReader{from}, make([]byte, 64<<10)); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	if l.Lines != count.lines || l.Size != count.size { // it was found at the start
		l.Lines, l.Size = count.lines, count.size
		const extraAt = 12 // RFC 1952, 2.3: fixed header and XLEN
		if _, err := to.WriteAt(l.Extra(), extraAt); err != nil {
			return err
		}
	}
	if err := a.root.Chtimes(partialName(a.name, l.Generation), info.ModTime()); err != nil { // `retain` goes by it
		return err
	}
	a.step("sync")
	if !a.careful.Load() && a.young(l.Generation) {
		return nil
	}
	return to.Sync()
}

// writeback is how long the kernel may keep what was written in memory
// (vm.dirty_expire_centisecs).
const writeback = 30 * time.Second

// young reports whether even the first line of the file is so new that the text
// itself may not be on the disk yet. Its archive need not be safer than it was,
// and a sync for each of many small files would hold up the writer, who creates
// files in the same journal.
func (a *archiver) young(generation uint64) bool {
	index, err := a.index.Open(logfile.WaitingName(a.name, generation))
	if err != nil {
		return false
	}
	defer index.Close()
	f, ok := logfile.FirstFrame(index)
	age := a.now().Sub(time.Unix(0, f.Received))
	return ok && age >= 0 && age < writeback
}

// abandoned returns why the file is not to be compressed any further.
func (a *archiver) abandoned(generation uint64) error {
	if err := a.ctx.Err(); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.waiting) == 0 || a.waiting[0].Generation != generation {
		return errAbandoned
	}
	return nil
}

// onlyReader hides WriteTo, which would copy with its own buffer and notice no
// deadline.
type onlyReader struct{ io.Reader }

// lineCounter counts the lines that pass.
type lineCounter struct {
	stop        func() error // not to go on, and why
	w           io.Writer
	lines, size uint64
}

// Write implements io.Writer.
func (c *lineCounter) Write(b []byte) (int, error) {
	if err := c.stop(); err != nil {
		return 0, err
	}
	c.size += uint64(len(b))
	c.lines += uint64(bytes.Count(b, []byte{'\n'})) // a file that was turned over ends in one
	return c.w.Write(b)
}
