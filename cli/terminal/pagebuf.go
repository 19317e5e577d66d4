package terminal

import (
	"bytes"
	"sync"
	"time"
)

const (
	maxPaged   = 4 << 20               // bytes kept ahead of what is shown, and as many behind
	maxListed  = 8 << 10               // bytes ahead of what is shown of a list that can be asked for more: the first page waits for them
	totalWait  = 30 * time.Millisecond // for output that is about to end, so that its size is known
	maxOneLine = 64 << 10              // bytes of a line; a longer one is cut into several
)

// pageBuffer stands between a command, which writes, and a pager, which reads
// by line number and may go back.
type pageBuffer struct {
	mu   sync.Mutex // guards everything below
	cond *sync.Cond

	limit  int      // of ahead
	lines  [][]byte // printable, without the newline
	first  int      // number of lines[0]
	ahead  int      // bytes at and after mark
	behind int      // bytes before mark
	mark   int      // number of the first line that was not yet shown
	part   []byte   // the line that is being written, as it came
	ended  bool
	stop   error // what Write is to return
}

func newPageBuffer(limit int) *pageBuffer {
	b := &pageBuffer{limit: limit}
	b.cond = sync.NewCond(&b.mu)
	return b
}

// Write takes the output of a command; it waits when the reader is far behind.
func (b *pageBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for rest := p; len(rest) > 0; {
		for b.ahead > b.limit && b.stop == nil {
			b.cond.Broadcast() // who reads may be waiting for what came so far
			b.cond.Wait()
		}
		if b.stop != nil {
			return len(p) - len(rest), b.stop
		}
		n := bytes.IndexByte(rest, '\n')
		if n < 0 {
			b.part = append(b.part, rest...)
			if len(b.part) > maxOneLine {
				b.add()
			}
			break
		}
		b.part = append(b.part, rest[:n]...)
		b.add()
		rest = rest[n+1:]
	}
	b.cond.Broadcast()
	return len(p), nil
}

// add moves part to the lines.
func (b *pageBuffer) add() {
	line := Printable(nil, b.part)
	b.part = b.part[:0]
	b.lines = append(b.lines, line)
	b.ahead += len(line) + 1
}

// end says that the command has written everything.
func (b *pageBuffer) end() {
	b.mu.Lock()
	if len(b.part) > 0 {
		b.add()
	}
	b.ended = true
	b.cond.Broadcast()
	b.mu.Unlock()
}

// leave makes Write fail with err: the reader has gone.
func (b *pageBuffer) leave(err error) {
	b.mu.Lock()
	if b.stop == nil {
		b.stop = err
	}
	b.cond.Broadcast()
	b.mu.Unlock()
}

// line waits for line i; ok is false when the output has no such line.
func (b *pageBuffer) line(i int) (line []byte, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i >= b.first+len(b.lines) && !b.ended && b.stop == nil {
		b.cond.Wait()
	}
	if i < b.first || i >= b.first+len(b.lines) {
		return nil, false
	}
	return b.lines[i-b.first], true
}

// shown says that lines before n were shown, so that the oldest of them may go.
func (b *pageBuffer) shown(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for ; b.mark < n && b.mark < b.first+len(b.lines); b.mark++ {
		l := len(b.lines[b.mark-b.first]) + 1
		b.ahead -= l
		b.behind += l
	}
	drop := 0
	for b.behind > maxPaged && b.first+drop < b.mark {
		b.behind -= len(b.lines[drop]) + 1
		b.lines[drop] = nil
		drop++
	}
	b.lines = b.lines[drop:]
	b.first += drop
	b.cond.Broadcast()
}

// start is the number of the oldest line that is kept.
func (b *pageBuffer) start() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.first
}

// total is the number of lines, once the command has ended. It waits a moment
// for one that is about to.
func (b *pageBuffer) total() (n int, known bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	until := time.Now().Add(totalWait)
	t := time.AfterFunc(totalWait, b.cond.Broadcast)
	defer t.Stop()
	for !b.ended && b.stop == nil && b.ahead <= b.limit && time.Now().Before(until) {
		b.cond.Wait()
	}
	return b.first + len(b.lines), b.ended
}
