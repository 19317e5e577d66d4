package spool

import (
	"hash/crc32"
	"os"
	"sync"
	"time"
)

// Overflow says what happens to a record that finds no room.
type Overflow uint8

// The policies.
const (
	DropNew         Overflow = iota // it is refused
	OverwriteOldest                 // the oldest segment makes room
)

// Options say what a spool is to be.
type Options struct {
	Dir       string // made if it is missing; empty: memory is all there is, and a restart begins anew
	Size      int64  // bound of the files, bytes; 0 is DefaultSize, at least minSize
	Overflow  Overflow
	Memory    int           // bound of what is in memory alone, bytes; 0 is DefaultMemory
	SyncEvery time.Duration // 0 is a second
	Syncer    *Syncer       // shared by many spools; nil: this one syncs by itself
	Front     *Front        // shared by many spools; nil: this one's own

	// Fault is told that the disk takes nothing, and with nil that it does again.
	// It must not call the spool. Nil: State alone tells.
	Fault func(error)

	// Damage is told of bytes that hold no record. It must not call the spool.
	Damage func(Damage)

	// Removed is told that somebody removed the files while they were in use, and
	// that they are made again; so many records were there alone. It must not call
	// the spool.
	Removed func(records uint64)

	// write stands for (*os.File).WriteAt in tests.
	write func(f *os.File, b []byte, at int64) (int, error)
}

// The sizes, bytes.
const (
	DefaultSize   = 1 << 30
	DefaultMemory = 16 << 20

	minSize     = 512 << 10
	mostSegment = 8 << 20
	firstChunk  = 4 << 10
	mostChunk   = 256 << 10
	reservePart = 8 // one in so many bytes is for own records alone
)

// Outcome is what became of a record that was read.
type Outcome uint8

// The outcomes. A caller that knows more of them counts from Delivered on.
const (
	Delivered   Outcome = iota
	NumOutcomes         = 4
)

// Meta is what is kept beside a text.
type Meta struct {
	Flags  Flags
	Number uint32
}

// Counts are numbers of records since the spool was opened. At any moment
//
//	Accepted = sum of Settled + Refused + Overwritten + Damaged + Cleared + Waiting
//
// Records marked Uncounted are only in Made, once they are settled.
type Counts struct {
	Accepted    uint64 // Put, and found at opening
	Refused     uint64 // no room
	Overwritten uint64 // made room for others
	Damaged     uint64 // could not be read again, or were gone at opening
	Cleared     uint64
	Waiting     uint64
	Settled     [NumOutcomes]uint64
	Made        uint64
}

// Spool is a queue on disk. See the package comment.
type Spool struct {
	// Built once.
	dir   string
	o     Options // less what Reconfigure changes
	wake  chan struct{}
	table *crc32.Table
	ours  uint64 // first number given by this process
	found uint64 // the last number of a record that was there, or settled, at opening

	appending sync.Mutex // guards what the appender needs; taken before mu
	policy    policy
	next      uint64   // the number to give next
	received  int64    // of the batch being appended
	tail      *chunk   // where records are encoded
	piece     piece    // encoded there and not yet published
	room      int64    // bytes that may be appended before anybody must look again
	segment   *unit    // being written; nil before the first record
	file      *os.File // nil while it is shut
	writes    int      // to file, since the spool rested
	at        int64    // where the next record goes in file
	failed    bool     // the disk takes nothing
	retryAt   time.Time

	mu        sync.Mutex // guards all below
	units     []*unit    // oldest first: segments, then chunks that are on no disk
	front     []*chunk   // in memory, oldest first; the newest of the records
	memory    int        // bytes in front
	free      [][]byte   // buffers for reuse
	evicted   uint64     // the last number that is on disk alone
	last      uint64     // the last number published
	settled   uint64
	read      uint64 // the reader has seen all before this
	used      int64  // bytes of files
	made      int64  // bytes of files that overwriting has freed, so far
	queued    int64  // bytes of records that wait
	counts    Counts
	begun     bool       // there is a cursor, or there must be
	boot      [16]byte   // once begun
	reserved  uint64     // in the cursor: no number from here on was given; 0: the segments tell
	explained uint64     // in the cursor: up to here, numbers that are nowhere were overwritten or left out
	failing   error      // why the disk takes nothing
	current   *os.File   // of the segment being written
	sealed    []*os.File // of complete segments that may not be on disk yet
	unsynced  bool       // current may have more than the disk
	ticked    uint64     // last at the tick before
	garbage   []string   // files of units that are gone
	kept      int64      // bytes of damaged/
	limit     int64      // policy.size
	timer     *time.Timer
	closed    bool
	oldest    oldest

	noting  sync.Mutex // guards the cursor's file; taken last
	cursor  *os.File   // nil while it is shut
	notes   int        // written since the spool rested
	noted   cursor
	ticking sync.WaitGroup
}

// policy is what Reconfigure may change.
type policy struct {
	size     int64
	overflow Overflow
	memory   int64
	segment  int64 // size at which a segment is complete
}

func (o *Options) policy() policy {
	p := policy{size: o.Size, overflow: o.Overflow, memory: int64(o.Memory)}
	if p.size <= 0 {
		p.size = DefaultSize
	}
	p.size = max(p.size, minSize)
	if p.memory <= 0 {
		p.memory = DefaultMemory
	}
	p.segment = min(p.size/16, mostSegment)
	return p
}

// piece is what was encoded into the tail and is not yet published.
type piece struct {
	from        int // in the tail's buffer
	first, last uint64
	counted     uint64
	uncounted   uint64
}

// Begin starts a batch of records that were received at that time. Nobody else
// appends until End.
func (s *Spool) Begin(received time.Time) {
	s.appending.Lock()
	s.received = received.UnixNano()
	s.room = s.available(false)
}

// Put appends a record to the batch, and reports whether there was room for it.
func (s *Spool) Put(text []byte, m Meta) bool {
	size := int64(headerSize + len(text))
	if len(text) > MaxText || !s.fits(size, m.Flags&Own != 0) {
		s.refuse(m)
		return false
	}
	s.room -= size
	c := s.chunkFor(int(size))
	if s.piece.first == 0 {
		s.piece = piece{from: len(c.buf), first: s.next}
	}
	r := Record{Text: text, Seq: s.next, Received: s.received, Number: m.Number, Flags: m.Flags}
	c.buf = appendRecord(c.buf, &r, s.table)
	s.piece.last = s.next
	s.next++
	if m.Flags&Uncounted != 0 {
		s.piece.uncounted++
	} else {
		s.piece.counted++
	}
	return true
}

// End publishes the batch: it is written when End returns, or the disk takes
// nothing and it waits in memory.
func (s *Spool) End() {
	s.publish()
	s.appending.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Wake tells, perhaps too often, that something was appended.
func (s *Spool) Wake() <-chan struct{} { return s.wake }

func (s *Spool) refuse(m Meta) {
	if m.Flags&Uncounted != 0 {
		return
	}
	s.mu.Lock()
	s.counts.Accepted++
	s.counts.Refused++
	s.mu.Unlock()
}

// chunkFor returns the tail with room for n more bytes, or a new one.
func (s *Spool) chunkFor(n int) *chunk {
	if c := s.tail; c != nil && len(c.buf)+n <= mostChunk {
		return c
	}
	s.publish()
	s.tail = &chunk{buf: s.buffer(n), saved: true}
	return s.tail
}

// buffer returns an empty buffer, for n bytes and perhaps more.
func (s *Spool) buffer(n int) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.free) > 0 && n <= mostChunk {
		b := s.free[len(s.free)-1]
		s.free = s.free[:len(s.free)-1]
		return b
	}
	grown := firstChunk
	if s.memory > mostChunk/4 {
		grown = mostChunk
	}
	return make([]byte, 0, max(n, grown))
}

// publish writes the piece and lets the reader have it.
func (s *Spool) publish() {
	p := s.piece
	if p.first == 0 {
		return
	}
	s.piece = piece{}
	into := s.save(s.tail.buf[p.from:], p)
	c := s.tail
	switch {
	case into != nil:
		c.saved = true // and what stood in it before
	case c.saved && p.from > 0: // from here on in memory alone, and apart
		c = &chunk{buf: append(s.buffer(len(c.buf)-p.from), c.buf[p.from:]...)}
		s.tail.buf = s.tail.buf[:p.from]
		s.tail = c
	default:
		c.saved = false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if into == nil {
		into = s.unitOf(c, p.first)
	} else {
		into.size = s.at
	}
	n := int64(len(c.buf) - len(c.pub))
	into.last = p.last
	into.left += p.counted
	into.uncounted += p.uncounted
	into.bytes += n
	into.records += p.counted + p.uncounted
	s.last = p.last
	s.queued += n
	s.counts.Accepted += p.counted
	s.counts.Waiting += p.counted
	s.show(c, p)
	s.arm()
}

// unitOf returns the unit of a chunk that is on no disk. The lock is held.
func (s *Spool) unitOf(c *chunk, first uint64) *unit {
	if n := len(s.units); n > 0 && s.units[n-1].chunk == c {
		return s.units[n-1]
	}
	u := &unit{first: first, chunk: c}
	s.units = append(s.units, u)
	return u
}

// show adds what was encoded into c to what the reader sees. The lock is held.
func (s *Spool) show(c *chunk, p piece) {
	if c.first == 0 {
		c.first = p.first
		s.front = append(s.front, c)
	}
	s.hold(len(c.buf) - len(c.pub))
	c.pub, c.last = c.buf, p.last
	c.records += p.counted + p.uncounted
	s.narrow(s.crowded)
}

// dropChunk takes the oldest chunk out of memory. The lock is held.
func (s *Spool) dropChunk() {
	c := s.front[0]
	s.front[0] = nil
	s.front = s.front[1:]
	s.hold(-len(c.pub))
	c.gone = true
	s.recycle(c)
}

// recycle keeps the buffer of a chunk that nobody needs. The lock is held.
func (s *Spool) recycle(c *chunk) {
	if c.gone && !c.pinned && cap(c.buf) >= mostChunk/2 && cap(c.buf) <= 2*mostChunk && len(s.free) < 4 {
		s.free = append(s.free, c.buf[:0])
	}
}

// Reconfigure changes bounds and policy; Dir stays.
func (s *Spool) Reconfigure(o Options) {
	s.appending.Lock()
	defer s.appending.Unlock()
	s.policy = o.policy()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limit = s.policy.size
}
