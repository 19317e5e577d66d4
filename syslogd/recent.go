package syslogd

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"loggia/syslogd/wire"
)

const (
	// recentLimit bounds, in bytes, the messages that are kept to try a candidate
	// on: their text, recordCost for each, and batchCost for each batch.
	recentLimit = 4 << 20
	recentChunk = 128 << 10
	recordCost  = 80
	batchCost   = 112

	// recentSpan is how far back they reach, at least, once so much time has
	// passed. On a busy machine they are samples, then: after the first recentBurst
	// bytes no more is kept than fits into recentLimit in that time.
	recentSpan  = 15 * time.Minute
	recentBurst = 1 << 20
	recentRate  = recentLimit - recentBurst - recentChunk // in recentSpan

	// recentLeast is how much must be allowed before the next sample is taken: a
	// few messages in a row say more than single ones.
	recentLeast = 4 << 10
)

// recent holds copies of messages that came in last, for Engine.Impact alone. It
// costs a look at the clock of a batch; only what is kept is touched.
type recent struct {
	next   atomic.Int64  // receive time (ns since 1970) from which a batch may be kept
	passed atomic.Uint64 // messages that were not kept

	mu      sync.Mutex // guards what follows
	chunks  []*recentPart
	allowed int       // bytes that may be kept now
	since   time.Time // that allowed holds for
}

// recentPart is a part of what is kept; the oldest is used again.
type recentPart struct {
	buf     []byte
	records []wire.Record // spans of buf
	batches []keptBatch
}

func (p *recentPart) size() int {
	return len(p.buf) + recordCost*len(p.records) + batchCost*len(p.batches)
}

// keptBatch says of a run of records in a part what their batch said.
type keptBatch struct {
	received time.Time
	origin   wire.Origin
	end      int    // index behind its last record
	passed   uint64 // messages not kept before it, since the start
}

// keep copies what of b may be kept. The records have their facilities.
func (k *recent) keep(b *wire.Batch) {
	now := b.Received.UnixNano()
	if next := k.next.Load(); now < next && next-now < int64(recentSpan) { // else the clock was set back
		k.passed.Add(uint64(len(b.Records)))
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.refill(b.Received)
	passed, n := k.passed.Load(), 0
	for n < len(b.Records) && k.allowed > 0 {
		n += k.copy(b, n, passed)
	}
	k.passed.Add(uint64(len(b.Records) - n))
	if k.allowed <= 0 {
		k.next.Store(now + int64(time.Duration(recentLeast-k.allowed)*recentSpan/recentRate))
	}
}

// refill allows more as time passes.
func (k *recent) refill(now time.Time) {
	passed := now.Sub(k.since)
	k.since = now
	switch {
	case passed <= 0:
	case passed >= recentSpan:
		k.allowed = recentBurst
	default:
		k.allowed = min(k.allowed+int(recentRate*int64(passed)/int64(recentSpan)), recentBurst)
	}
}

// copy keeps records of b from index from on, as many as fit into a part, and
// returns how many.
func (k *recent) copy(b *wire.Batch, from int, passed uint64) int {
	p := k.part()
	n := 0
	for from+n < len(b.Records) && k.allowed > 0 && p.size() < recentChunk {
		r := b.Records[from+n]
		before := len(p.buf)
		p.buf = appendRecord(p.buf, b, &r)
		p.records = append(p.records, r)
		k.allowed -= len(p.buf) - before + recordCost
		n++
	}
	k.allowed -= batchCost
	p.batches = append(p.batches, keptBatch{b.Received, b.Origin, len(p.records), passed})
	return n
}

// part returns one that has room.
func (k *recent) part() *recentPart {
	if n := len(k.chunks); n > 0 {
		if p := k.chunks[n-1]; p.size() < recentChunk {
			return p
		}
	}
	p := new(recentPart)
	if len(k.chunks) >= recentLimit/recentChunk {
		p = k.chunks[0]
		if cap(p.buf) > 2*recentChunk { // of a message much larger than a part
			p = new(recentPart)
		}
		p.buf, p.records, p.batches = p.buf[:0], p.records[:0], p.batches[:0]
		k.chunks = append(k.chunks[:0], k.chunks[1:]...)
	}
	k.chunks = append(k.chunks, p)
	return p
}

// appendRecord appends the text of r to buf and makes the spans of r say where
// it is there.
func appendRecord(buf []byte, b *wire.Batch, r *wire.Record) []byte {
	spans := [...]*wire.Span{&r.Raw, &r.Stamp, &r.Host, &r.App, &r.ProcID, &r.MsgID, &r.SD, &r.Msg}
	lo, hi := r.Raw.Off, r.Raw.Off+r.Raw.Len
	for _, s := range spans {
		if s.Len > 0 {
			lo, hi = min(lo, s.Off), max(hi, s.Off+s.Len)
		}
	}
	at := uint32(len(buf))
	buf = append(buf, b.Buf[lo:hi]...)
	for _, s := range spans {
		if s.Len == 0 {
			*s = wire.Span{}
			continue
		}
		s.Off = s.Off - lo + at
	}
	return buf
}

// snapshot copies what came in at or after since, oldest first, and returns how
// many messages were not kept in that time. A copy keeps nobody waiting while it
// is worked on.
func (k *recent) snapshot(since time.Time) (all []*wire.Batch, passed uint64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	end := k.passed.Load()
	for _, p := range k.chunks {
		buf, records, from := slices.Clone(p.buf), slices.Clone(p.records), 0
		for _, b := range p.batches {
			if !b.received.Before(since) && b.end > from {
				if len(all) == 0 {
					passed = end - b.passed
				}
				all = append(all, &wire.Batch{Buf: buf, Records: records[from:b.end], Received: b.received, Origin: b.origin})
			}
			from = b.end
		}
	}
	return all, passed
}
