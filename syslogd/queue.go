package syslogd

import (
	"sync"
	"time"

	"loggia/syslogd/wire"
)

const (
	// udpQueue and unixQueue bound, in bytes, what a datagram input has read
	// and not yet routed.
	udpQueue  = 32 << 20
	unixQueue = 4 << 20

	// unixWait is how long a local sender may be kept waiting when the queue
	// is full.
	unixWait = 100 * time.Millisecond

	// datagramCost is what a datagram counts for beyond its bytes.
	datagramCost = 16

	// queueMuch is how many bytes are routed although the socket has more.
	queueMuch = 256 << 10

	// queueKeep is the memory in bytes that an empty queue side may keep.
	queueKeep = 1 << 20
)

// span is one datagram in a load: its bytes and whether it was cut.
type span struct {
	off, end uint32
	cut      bool
}

// group is a run of datagrams with one origin and one receive time.
type group struct {
	origin   wire.Origin
	received time.Time
	end      int // index behind the group's last span
}

// load is a number of datagrams, copied close together.
type load struct {
	buf    []byte
	spans  []span
	groups []group
}

func (l *load) size() int { return len(l.buf) + datagramCost*len(l.spans) }

// reset empties l, giving up memory that a burst has left behind.
func (l *load) reset() {
	if cap(l.buf) > queueKeep {
		*l = load{}
		return
	}
	l.buf, l.spans, l.groups = l.buf[:0], l.spans[:0], l.groups[:0]
}

func (l *load) add(data []byte, cut bool, origin wire.Origin, received time.Time) {
	off := uint32(len(l.buf))
	l.buf = append(l.buf, data...)
	l.spans = append(l.spans, span{off, uint32(len(l.buf)), cut})
	n := len(l.groups)
	if n == 0 || l.groups[n-1].origin != origin || !l.groups[n-1].received.Equal(received) {
		l.groups = append(l.groups, group{origin: origin, received: received})
		n++
	}
	l.groups[n-1].end = len(l.spans)
}

// queue stands between the goroutine that reads a datagram socket and the one
// that routes, so that a write that stalls does not let the kernel's buffer
// overflow. It has two sides: one fills while the other is routed.
type queue struct {
	limit int
	room  chan struct{} // capacity 1: the filling side was taken

	mu      sync.Mutex // guards what follows
	filling *load
	most    int // bytes that ever waited
	closed  bool
	ready   *sync.Cond // filling is not empty, or closed
}

func newQueue(limit int) *queue {
	q := &queue{limit: limit, room: make(chan struct{}, 1), filling: new(load)}
	q.ready = sync.NewCond(&q.mu)
	return q
}

// put appends as many of the datagrams from next on as there is room for, and
// returns how many those are. data returns datagram i. Who waits in take is told
// when there is much, else by rouse.
func (q *queue) put(next, n int, received time.Time, data func(i int) (data []byte, cut bool, origin wire.Origin)) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	put := 0
	for i := next; i < n; i++ {
		d, cut, origin := data(i)
		if q.filling.size()+len(d)+datagramCost > q.limit {
			break
		}
		q.filling.add(d, cut, origin, received)
		put++
	}
	size := q.filling.size()
	q.most = max(q.most, size)
	if size >= queueMuch || put < n-next {
		q.ready.Signal()
	}
	return put
}

// rouse tells who waits in take of what was put.
func (q *queue) rouse() {
	q.mu.Lock()
	waits := len(q.filling.spans) > 0
	q.mu.Unlock()
	if waits {
		q.ready.Signal()
	}
}

// wait returns true when there may be room again, false after d.
func (q *queue) wait(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-q.room:
		return true
	case <-timer.C:
		return false
	}
}

// take returns everything that waits, handing in the empty side for it. It
// blocks while nothing waits and returns nil when the queue is closed and empty.
func (q *queue) take(empty *load) *load {
	q.mu.Lock()
	for len(q.filling.spans) == 0 && !q.closed {
		q.ready.Wait()
	}
	full := q.filling
	if len(full.spans) == 0 {
		q.mu.Unlock()
		return nil
	}
	q.filling = empty
	q.mu.Unlock()
	select {
	case q.room <- struct{}{}:
	default:
	}
	return full
}

// waiting returns the bytes and datagrams that wait, and the most bytes that
// ever did.
func (q *queue) waiting() (bytes, datagrams, most int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.filling.size(), len(q.filling.spans), q.most
}

// close lets take return nil once everything is taken.
func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.ready.Signal()
}
