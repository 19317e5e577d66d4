package sink

import (
	"sync"
	"time"
)

// chunkSize is the unit in which a queue grows and shrinks, in bytes.
const chunkSize = 64 << 10

// recordCost is what a record counts in a queue beyond its text, in bytes, so
// that many empty lines are bounded too.
const recordCost = 16

// chunk is a piece of a queue: some records, copied from the batches they came
// in. Once taken from the queue it belongs to the taker.
type chunk struct {
	buf     []byte
	records []queued
	since   time.Time // when its first record was received
}

// queued is a record in a chunk.
type queued struct {
	end  uint32 // in buf
	made bool   // by the destination itself
}

// text returns record i, newline included.
func (c *chunk) text(i int) []byte {
	from := uint32(0)
	if i > 0 {
		from = c.records[i-1].end
	}
	return c.buf[from:c.records[i].end]
}

// cost returns what record i counts in the queue.
func (c *chunk) cost(i int) int { return len(c.text(i)) + recordCost }

// queue is a bounded queue of records in memory. Putting never waits: what
// finds no room is dropped and counted. A record counts until it is settled,
// not only until it is taken.
type queue struct {
	limit, reserve int // bytes; reserve is the part of limit for own records alone
	wake           chan struct{}

	mu       sync.Mutex // guards all below
	chunks   []*chunk
	free     []*chunk // for reuse
	bytes    int
	sending  int       // records that were taken and are not settled
	taken    time.Time // when the first record of about the oldest of these was received
	counters Counters
	closed   bool
}

// newQueue returns a queue of limit bytes, of which reserve are kept for own
// records.
func newQueue(limit, reserve int) *queue {
	return &queue{limit: limit, reserve: reserve, wake: make(chan struct{}, 1)}
}

// put copies the lines into the queue. repeated lines were folded before.
func (q *queue) put(l *Lines, repeated uint64) {
	q.mu.Lock()
	for i := range l.Lines {
		q.add(l.text(i), &l.Lines[i], l.Received)
	}
	q.counters.Accepted += repeated
	q.counters.Repeated += repeated
	q.mu.Unlock()
	q.signal()
}

// signal wakes who takes.
func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// add is put for one line. The lock is held.
func (q *queue) add(text []byte, line *Line, received time.Time) {
	if !line.made {
		q.counters.Accepted++
	}
	limit := q.limit
	if !line.Self {
		limit -= q.reserve
	}
	reason := QueueFull
	if q.closed {
		reason = Closed
	}
	if q.closed || q.bytes+len(text)+recordCost > limit {
		if !line.made {
			q.counters.Dropped[reason]++
		}
		return
	}
	c := q.tail(len(text), received)
	c.buf = append(c.buf, text...)
	c.records = append(c.records, queued{uint32(len(c.buf)), line.made})
	q.bytes += len(text) + recordCost
	if !line.made {
		q.counters.Waiting++
	}
}

// tail returns the chunk that takes n more bytes.
func (q *queue) tail(n int, received time.Time) *chunk {
	if len(q.chunks) > 0 {
		if c := q.chunks[len(q.chunks)-1]; len(c.buf)+n <= cap(c.buf) {
			return c
		}
	}
	var c *chunk
	if len(q.free) > 0 && n <= chunkSize {
		c = q.free[len(q.free)-1]
		q.free = q.free[:len(q.free)-1]
		c.buf, c.records = c.buf[:0], c.records[:0]
	} else {
		c = &chunk{buf: make([]byte, 0, max(n, q.grow()))}
	}
	c.since = received
	q.chunks = append(q.chunks, c)
	return c
}

// grow returns the size of a new chunk: small queues begin small.
func (q *queue) grow() int {
	if q.bytes < chunkSize/16 {
		return chunkSize / 16
	}
	return chunkSize
}

// take removes the oldest chunk from the queue; nil if there is none. Its
// records are settled by the taker, one after the other.
func (q *queue) take() *chunk {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.chunks) == 0 {
		return nil
	}
	c := q.chunks[0]
	q.chunks[0] = nil
	q.chunks = q.chunks[1:]
	if q.sending == 0 {
		q.taken = c.since
	}
	q.sending += len(c.records)
	return c
}

// delivered settles records from to to of a chunk.
func (q *queue) delivered(c *chunk, from, to int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.sending -= to - from
	for i := from; i < to; i++ {
		q.bytes -= c.cost(i)
		if c.records[i].made {
			q.counters.Made++
			continue
		}
		q.counters.Waiting--
		q.counters.Delivered++
	}
	q.recycle(c, to)
}

// lost settles records from to to of a chunk that were not delivered.
func (q *queue) lost(c *chunk, from, to int, reason Reason) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.sending -= to - from
	q.lose(c, from, to, reason)
	q.recycle(c, to)
}

func (q *queue) lose(c *chunk, from, to int, reason Reason) {
	for i := from; i < to; i++ {
		q.bytes -= c.cost(i)
		if !c.records[i].made {
			q.counters.Waiting--
			q.counters.Dropped[reason]++
		}
	}
}

// recycle keeps a chunk whose records are all settled, up to a few.
func (q *queue) recycle(c *chunk, settled int) {
	if settled == len(c.records) && cap(c.buf) == chunkSize && len(q.free) < 4 {
		q.free = append(q.free, c)
	}
}

// close drops what is left and refuses everything from now on.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	for _, c := range q.chunks {
		q.lose(c, 0, len(c.records), Closed)
	}
	q.chunks, q.free = nil, nil
}

// refuse makes the queue take nothing more; what is in it stays.
func (q *queue) refuse() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
}

// count returns the counters, the bytes waiting, and since when about the
// oldest record waits.
func (q *queue) count() (c Counters, bytes int, oldest time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.sending > 0:
		oldest = q.taken
	case len(q.chunks) > 0:
		oldest = q.chunks[0].since
	}
	return q.counters, q.bytes, oldest
}
