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
)

// segmentSize is the size, in bytes, at which a new segment is begun.
const segmentSize = 64 << 20

// pendingLimit bounds, in bytes, what may wait for the disk. Append waits above it: the
// trail never drops a record.
const pendingLimit = 8 << 20

// ErrClosed is returned by Append after Close.
var ErrClosed = errors.New("audit trail is closed")

// Log is an open trail. It is safe for concurrent use.
type Log struct {
	dir string
	now func() time.Time

	// Owned by the writer goroutine.
	file *os.File
	size int64

	mu      sync.Mutex // guards what follows
	changed *sync.Cond // signals any change of it
	next    uint64     // number of the next record
	pending []byte     // frames that no write has taken yet
	last    uint64     // newest record in pending or written
	wanted  uint64     // newest record that somebody waits for
	durable uint64     // newest record known to be on disk
	written uint64     // newest record handed to the kernel
	err     error      // first write or sync error; the trail takes nothing after it
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
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, Recovery{}, err
	}
	l := &Log{dir: dir, now: now, done: make(chan struct{})}
	l.changed = sync.NewCond(&l.mu)
	rec, err := l.recover()
	if err != nil {
		return nil, rec, err
	}
	l.next = rec.Records + 1
	l.last, l.written, l.durable = rec.Records, rec.Records, rec.Records
	go l.write()
	return l, rec, nil
}

// Receipt stands for a record that Append has numbered.
type Receipt struct {
	log *Log
	Seq uint64
}

// Append numbers r, stamps it if Time is zero, and queues it for writing. It
// returns the error that stopped the trail, if one did.
func (l *Log) Append(r Record) (Receipt, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.pending) > pendingLimit && l.err == nil && !l.closed {
		l.changed.Wait()
	}
	if l.err != nil {
		return Receipt{}, l.err
	}
	if l.closed {
		return Receipt{}, ErrClosed
	}
	if r.Time.IsZero() {
		r.Time = l.now()
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
	l.changed.Broadcast()
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
	l.wanted = max(l.wanted, r.Seq)
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
		l.changed.Broadcast()
	}
	l.mu.Unlock()
	<-l.done
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// write is the writer goroutine: it takes whatever is pending, writes it at
// once, and syncs when somebody waits.
func (l *Log) write() {
	defer close(l.done)
	var buf []byte
	for {
		l.mu.Lock()
		for len(l.pending) == 0 && l.wanted <= l.durable && !l.closed && l.err == nil {
			l.changed.Wait()
		}
		if l.err != nil || l.closed && len(l.pending) == 0 && l.durable == l.last {
			l.mu.Unlock()
			l.end()
			return
		}
		buf, l.pending = l.pending, buf[:0]
		first, last := l.written+1, l.last
		sync := l.wanted > l.durable || l.closed
		l.mu.Unlock()

		err := l.put(buf, first)
		if err == nil && sync {
			err = l.file.Sync()
		}

		l.mu.Lock()
		l.written = last
		if err != nil {
			l.err = fmt.Errorf("audit trail: %w", err)
		} else if sync {
			l.durable = last
		}
		l.changed.Broadcast()
		l.mu.Unlock()
	}
}

// put writes frames whose first record has number first, in a new segment when
// the present one is full or missing.
func (l *Log) put(frames []byte, first uint64) error {
	if len(frames) == 0 {
		return nil
	}
	if l.file == nil || l.size >= segmentSize {
		if err := l.begin(first); err != nil {
			return err
		}
	}
	n, err := l.file.Write(frames)
	l.size += int64(n)
	return err
}

// begin closes the present segment and starts the one of record first.
func (l *Log) begin(first uint64) error {
	if l.file != nil {
		if err := errors.Join(l.file.Sync(), l.file.Close()); err != nil {
			return err
		}
	}
	f, err := os.OpenFile(filepath.Join(l.dir, segmentName(first)), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	l.file, l.size = f, 0
	return syncDir(l.dir)
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
