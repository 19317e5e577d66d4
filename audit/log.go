package audit

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"sync"
	"time"

	"loggia/audit/event"
)

// segmentSize is the size, in bytes, at which a new segment is begun.
const segmentSize = 64 << 20

// pendingLimit bounds, in bytes, what may wait for the disk. Append waits above it: the
// trail never drops a record.
const pendingLimit = 8 << 20

// idleBuffers is how much memory, in bytes, the writer keeps when nothing has come for
// bufferRest.
const (
	idleBuffers = 1 << 20
	bufferRest  = time.Second
)

// retryPause is how long a write that failed rests before it is tried again.
const retryPause = time.Second

// errUnsynced marks an error after which nobody knows what is on the disk.
var errUnsynced = errors.New("records may be lost")

// ErrClosed is returned by Append after Close.
var ErrClosed = errors.New("audit trail is closed")

// Log is an open trail. It is safe for concurrent use.
type Log struct {
	// Built once.
	dir   string
	now   func() time.Time
	write func(*os.File, []byte) (int, error) // tests fill the disk here
	ended chan struct{}                       // closed by Close

	// Owned by the writer goroutine.
	file    *os.File
	size    int64 // of file, whole frames
	reserve reserve

	mu      sync.Mutex  // guards what follows
	changed *sync.Cond  // signals any change of it
	next    uint64      // number of the next record
	pending []byte      // frames that no write has taken yet
	last    uint64      // newest record in pending or written
	wanted  uint64      // newest record that somebody waits for
	durable uint64      // newest record known to be on disk
	written uint64      // newest record handed to the kernel
	err     error       // why the trail takes nothing at the moment
	asked   func(error) // what Reserve was given, until the writer has it
	due     bool        // the reserve is to be tried again
	rested  bool        // nothing has come for bufferRest
	closed  bool

	done chan struct{} // closed when the writer goroutine has ended
}

// Recovery tells what Open found.
type Recovery struct {
	Records uint64 // number of the last record in the trail, 0 for a new one
	Torn    int64  // bytes of an incomplete last frame that were cut off
	Damaged string // segment in which something else than a torn tail does not read; empty if none
}

// Open opens the trail in dir, which is made (0700) if it is missing. now is
// the clock that stamps records.
func Open(dir string, now func() time.Time) (*Log, Recovery, error) {
	return openLog(dir, now, (*os.File).Write)
}

func openLog(dir string, now func() time.Time, write func(*os.File, []byte) (int, error)) (*Log, Recovery, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, Recovery{}, err
	}
	l := &Log{dir: dir, now: now, write: write, reserve: reserve{allocate: allocate}, ended: make(chan struct{}), done: make(chan struct{})}
	l.changed = sync.NewCond(&l.mu)
	rec, err := l.recover()
	if err != nil {
		return nil, rec, err
	}
	l.next = rec.Records + 1
	l.last, l.written, l.durable = rec.Records, rec.Records, rec.Records
	go l.run()
	return l, rec, nil
}

// Continue has the next record numbered after known, which somebody kept elsewhere, where
// the trail ends before it: what is gone stays a gap. It reports the numbers that are
// missing, 0 and 0 for none, and must come before the first Append.
func (l *Log) Continue(known uint64) (first, last uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if known < l.next {
		return 0, 0
	}
	first = l.next
	l.next = known + 1
	l.last, l.written, l.durable, l.wanted = known, known, known, known
	return first, known
}

// Receipt stands for a record that Append has numbered.
type Receipt struct {
	log *Log
	Seq uint64
}

// Append numbers r, stamps it if Time is zero, and queues it for writing. While
// the disk refuses what was queued before, it queues nothing and returns that
// error. A full disk is tried again every second; a sync that failed ends the
// trail until the next Open.
func (l *Log) Append(r Record) (Receipt, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r.Time.IsZero() {
		r.Time = l.now()
	}
	return l.append(r)
}

// AppendAll is Append of what one subject did at this moment, in a row, without a word to
// the writer about each. It returns how many records were taken, all before the first that
// was refused, and why that was.
func (l *Log) AppendAll(by event.Subject, entries []event.Entry) (taken int, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := Record{Time: l.now(), Subject: by}
	for i := range entries {
		r.Entry = entries[i]
		if _, err := l.append(r); err != nil {
			return i, err
		}
	}
	return len(entries), nil
}

// append is Append of a record that has its time. The lock is held.
func (l *Log) append(r Record) (Receipt, error) {
	for len(l.pending) > pendingLimit && l.err == nil && !l.closed {
		l.changed.Wait()
	}
	if l.err != nil {
		return Receipt{}, l.err
	}
	if l.closed {
		return Receipt{}, ErrClosed
	}
	r.Seq = l.next
	at := len(l.pending)
	l.pending = append(l.pending, 0, 0, 0, 0)
	l.pending = r.AppendCanonical(l.pending)
	body := l.pending[at+4:]
	if len(body) > MaxRecord {
		l.pending = l.pending[:at]
		return Receipt{}, fmt.Errorf("audit record of %d bytes exceeds %d", len(body), MaxRecord)
	}
	binary.BigEndian.PutUint32(l.pending[at:], uint32(len(body)))
	l.pending = binary.BigEndian.AppendUint32(l.pending, crc32.Checksum(body, castagnoli()))
	l.next++
	l.last = r.Seq
	if at == 0 {
		l.changed.Broadcast() // the writer waits only when it has nothing to write
	}
	return Receipt{l, r.Seq}, nil
}

// Durable waits until the record, and all before it, are on disk. One fsync
// serves everybody who waits at that moment.
func (r Receipt) Durable(ctx context.Context) error {
	l := r.log
	stop := context.AfterFunc(ctx, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.changed.Broadcast()
	})
	defer stop()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wanted = max(l.wanted, min(r.Seq, l.last))
	l.changed.Broadcast()
	for l.durable < r.Seq {
		switch {
		case l.err != nil:
			return l.err
		case ctx.Err() != nil:
			return ctx.Err()
		}
		l.changed.Wait()
	}
	return nil
}

// Last returns the number of the newest record.
func (l *Log) Last() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}

// Close makes everything durable and closes the trail.
func (l *Log) Close() error {
	l.mu.Lock()
	if !l.closed {
		l.closed = true
		close(l.ended)
		l.changed.Broadcast()
	}
	l.mu.Unlock()
	<-l.done
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// run is the writer goroutine: it takes whatever is pending, writes it at
// once, and syncs when somebody waits.
func (l *Log) run() {
	defer close(l.done)
	var buf []byte
	rest := time.AfterFunc(bufferRest, l.giveBack)
	defer rest.Stop()
	for {
		l.mu.Lock()
		for len(l.pending) == 0 && l.wanted <= l.durable && !l.closed && l.err == nil && !l.due && l.asked == nil {
			switch large := cap(buf)+cap(l.pending) > idleBuffers; {
			case large && l.rested:
				buf, l.pending = nil, nil
			case large:
				rest.Reset(bufferRest)
			}
			l.rested = false
			l.changed.Wait()
		}
		rest.Stop()
		l.rested = false
		if l.err != nil || l.closed && len(l.pending) == 0 && l.durable == l.last {
			l.mu.Unlock()
			l.end()
			return
		}
		if l.asked != nil {
			l.reserve.told, l.asked = l.asked, nil
		}
		if l.due {
			l.due, l.reserve.resting = false, false
		}
		buf, l.pending = l.pending, buf[:0]
		first, last := l.written+1, l.last
		sync := l.wanted > l.durable || l.closed
		l.mu.Unlock()

		err := l.putAll(buf, first)
		if err == nil {
			l.keep()
		}
		if err == nil && sync {
			err = l.file.Sync()
		}

		l.mu.Lock()
		l.written = last
		l.err = wrap(err)
		if err == nil && sync {
			l.durable = last
		}
		l.changed.Broadcast()
		l.mu.Unlock()
	}
}

// giveBack has the writer give back its buffers. It is called by its timer: between the
// records of a large load they are needed again at once.
func (l *Log) giveBack() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rested = true
	l.changed.Broadcast()
}

// putAll writes frames whose first record has number first. What a full disk refuses
// waits here; its error is one that nothing mends.
func (l *Log) putAll(frames []byte, first uint64) error {
	for {
		size, n, err := l.put(frames, first)
		if err == nil {
			return nil
		}
		frames, first = frames[size:], first+n
		if !l.rest(err) {
			return err
		}
	}
}

func wrap(err error) error {
	if err != nil {
		err = fmt.Errorf("audit trail: %w", err)
	}
	return err
}

// rest tells everybody of a write that failed, takes back the part of it that
// was written, and waits. It reports whether to try again.
func (l *Log) rest(err error) bool {
	l.mu.Lock()
	l.err = wrap(err)
	l.changed.Broadcast()
	l.mu.Unlock()
	if errors.Is(err, errUnsynced) || l.file != nil && l.file.Truncate(l.size) != nil {
		return false // the next Open finds the end
	}
	l.reserve.end = l.size
	timer := time.NewTimer(retryPause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-l.ended:
		return false
	}
}

// put writes frames whose first record has number first, in a new segment when
// the present one is full or missing. It returns how many bytes, and records, are
// there now.
func (l *Log) put(frames []byte, first uint64) (size int, records uint64, err error) {
	if len(frames) == 0 {
		return 0, 0, nil
	}
	if l.file == nil || l.size >= segmentSize {
		if err := l.begin(first); err != nil && (l.file == nil || !full(err)) {
			return 0, 0, err
		}
	}
	written, err := l.write(l.file, frames)
	size, records = whole(frames[:written])
	l.size += int64(size)
	return size, records, err
}

// begin starts the segment of record first, with its reserve, and closes the
// present one, which goes on where the disk has no room for another.
func (l *Log) begin(first uint64) error {
	path := filepath.Join(l.dir, segmentName(first))
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	end := int64(0)
	if l.reserve.told != nil {
		if err = l.reserve.allocate(f, 0, reserveSize); err == nil {
			end = reserveSize
		}
	}
	if !full(err) || l.file == nil {
		err = syncDir(l.dir)
	}
	if err != nil {
		return errors.Join(err, f.Close(), os.Remove(path))
	}
	if l.file != nil {
		err := errors.Join(l.file.Truncate(l.size), l.file.Sync(), l.file.Close()) // less its reserve
		l.file = nil
		if err != nil {
			return errors.Join(fmt.Errorf("%w: %w", errUnsynced, err), f.Close())
		}
	}
	l.file, l.size, l.reserve.end = f, 0, end
	return nil
}

func (l *Log) end() {
	if l.file == nil {
		return
	}
	if err := l.file.Close(); err != nil {
		l.mu.Lock()
		if l.err == nil {
			l.err = fmt.Errorf("audit trail: %w", err)
		}
		l.mu.Unlock()
	}
}

func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

func segmentName(first uint64) string { return fmt.Sprintf("%020d.trail", first) }

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
