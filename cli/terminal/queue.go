package terminal

import (
	"bytes"
	"errors"
	"io"
	"sync"
	"time"
	"unicode/utf8"

	prompt "github.com/c-bata/go-prompt"
)

const (
	maxAhead     = 64 << 10              // bytes typed ahead
	sequenceWait = 50 * time.Millisecond // for the rest of an escape sequence
	pasteWait    = 50 * time.Millisecond // for the rest of a pasted line
	burstLen     = 8                     // bytes in one read that no finger types
	maxPlain     = 16 << 10              // bytes of a line that is taken whole
)

// queue holds what was typed and not yet used. One goroutine fills it, reading
// while output is written; one goroutine at a time takes keys from it.
type queue struct {
	mu   sync.Mutex // guards everything below
	cond *sync.Cond // any change

	buf      []byte
	taken    uint64    // bytes ever taken
	burstEnd uint64    // bytes below this position came in bursts
	crAt     time.Time // when a CR came as the last byte of a read; an LF may follow
	meta     bool      // Esc came alone; the next key belongs to it
	partial  time.Time // until when an incomplete key may still be completed
	pasted   bool      // the last line was taken whole
	again    []key     // given back: comes before everything typed

	end     error // no more will be typed: io.EOF, or why
	resized bool
	typed   time.Time // when something came last

	running   bool // a command runs: Ctrl-C is for it
	lent      bool // to a program that takes the keys as they are
	asked     bool // for something about the output of the command: Ctrl-C leaves the question
	stopped   bool // and was pressed
	interrupt func()
	leave     func() // tells a pager that waits for output of either
}

func newQueue() *queue {
	q := &queue{typed: time.Now()}
	q.cond = sync.NewCond(&q.mu)
	return q
}

// fill reads r until it ends. A full queue is not read for: the peer waits.
func (q *queue) fill(r io.Reader) {
	chunk := make([]byte, 8<<10)
	for {
		n, err := r.Read(chunk)
		q.put(chunk[:n])
		if err != nil {
			q.finish(err)
			return
		}
	}
}

func (q *queue) put(b []byte) {
	if len(b) == 0 {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.typed = time.Now()
	if b[0] == '\n' && !q.lent && q.typed.Sub(q.crAt) < sequenceWait {
		b = b[1:] // the second half of a CR LF that two reads have cut
	}
	q.crAt = time.Time{}
	if len(b) > 0 && b[len(b)-1] == '\r' {
		q.crAt = q.typed
	}
	if i := bytes.LastIndexByte(b, 0x03); i >= 0 && q.running && !q.lent && !q.asked {
		b = b[i+1:] // what was typed ahead goes with the command, as on any tty
		q.discard()
		q.stopped = true
		q.tell()
	}
	for len(q.buf)+len(b) > maxAhead && q.end == nil {
		q.cond.Wait()
	}
	q.buf = append(q.buf, b...)
	if len(b) >= burstLen {
		q.burstEnd = q.taken + uint64(len(q.buf))
	}
	q.partial = time.Time{}
	q.cond.Broadcast()
}

// finish says that nothing more will be typed. After io.EOF the keys that wait
// still count; after anything else they are dropped. The first reason stays,
// except that a hang-up may follow an end of input.
func (q *queue) finish(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	eof := err == io.EOF
	if q.end == nil || q.end == io.EOF && !eof {
		if !eof && !errors.Is(err, io.EOF) && !errors.Is(err, ErrStalled) {
			err = ErrHangup
		}
		q.end = err
	}
	if q.end != io.EOF {
		q.discard()
		q.tell()
	}
	q.cond.Broadcast()
}

// tell passes an interrupt or a hang-up on. The caller holds mu.
func (q *queue) tell() {
	if q.interrupt != nil {
		q.interrupt()
	}
	if q.leave != nil {
		q.leave()
	}
}

// onStop has f called at the next interrupt or hang-up, or now if there was
// one, until the returned function is called.
func (q *queue) onStop(f func()) (undo func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	before := q.leave
	q.leave = f
	if q.stopped || q.end != nil && q.end != io.EOF {
		f()
	}
	return func() {
		q.mu.Lock()
		q.leave = before
		q.mu.Unlock()
	}
}

func (q *queue) discard() {
	q.taken += uint64(len(q.buf))
	q.buf, q.again, q.partial, q.pasted, q.meta = q.buf[:0], nil, time.Time{}, false, false
}

// resize puts a keyResize before everything else.
func (q *queue) resize() {
	q.mu.Lock()
	q.resized = true
	q.cond.Broadcast()
	q.mu.Unlock()
}

// resume is resize, of somebody who is there again.
func (q *queue) resume() {
	q.mu.Lock()
	q.resized, q.typed = true, time.Now()
	q.cond.Broadcast()
	q.mu.Unlock()
}

// run says whether a command runs, and whom Ctrl-C is to tell.
func (q *queue) run(running bool, interrupt func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.running, q.stopped, q.interrupt = running, false, interrupt
	if running && q.end != nil && q.end != io.EOF {
		interrupt()
	}
}

// ask says whether a question is open about the output of the command that runs.
func (q *queue) ask(open bool) {
	q.mu.Lock()
	q.asked = open
	q.mu.Unlock()
}

// interrupted tells whether Ctrl-C has been pressed since the command began.
func (q *queue) interrupted() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.stopped
}

// err is why no key will come: nil, io.EOF, ErrHangup, ErrClosed, ErrStalled.
func (q *queue) err() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.end
}

// idle is when the last byte came.
func (q *queue) idle() time.Time {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.typed
}

// unread gives a key back that is to be taken again.
func (q *queue) unread(k key) {
	q.mu.Lock()
	q.again = append([]key{k}, q.again...)
	q.mu.Unlock()
}

// pending tells whether a key waits that will come without delay, so that a
// burst is drawn once.
func (q *queue) pending() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.again) > 0 || len(q.buf) > 0 && q.buf[0] != 0x1b && q.end == nil && !q.resized &&
		utf8.FullRune(q.buf)
}

// key waits for the next key.
func (q *queue) key() key {
	q.mu.Lock()
	defer q.mu.Unlock()
	for {
		if k, ok := q.next(); ok {
			return k
		}
		q.cond.Wait()
	}
}

// next takes a key if there is one. The caller holds mu.
func (q *queue) next() (key, bool) {
	for {
		switch {
		case q.end != nil && q.end != io.EOF:
			return key{code: keyEnd}, true
		case q.stopped:
			return key{code: keyInterrupt}, true
		case q.resized:
			q.resized = false
			return key{code: keyResize}, true
		case len(q.again) > 0:
			k := q.again[0]
			q.again = q.again[1:]
			return k, true
		case len(q.buf) == 0 && q.end != nil:
			return key{code: keyEnd}, true
		case len(q.buf) == 0:
			return key{}, false
		}
		k, n := q.decode()
		if n == 0 {
			return key{}, false
		}
		k.burst = q.taken < q.burstEnd
		q.take(n)
		if k.code == prompt.Ignore {
			continue
		}
		return k, true
	}
}

// decode is decodeKey with the patience that incomplete keys need: 50 ms, then
// Esc counts as Esc, and anything else that has no end is dropped.
func (q *queue) decode() (k key, n int) {
	if q.meta && q.buf[0] != 0x1b {
		k, n = decodeEscape(append([]byte{0x1b}, q.buf[:min(len(q.buf), maxString)]...))
		if n > 0 {
			q.meta = false
			return k, n - 1
		}
	} else {
		k, n = decodeKey(q.buf)
	}
	if n > 0 {
		return k, n
	}
	if q.end == nil && q.partial.IsZero() {
		q.partial = time.Now().Add(sequenceWait)
		time.AfterFunc(sequenceWait, q.cond.Broadcast)
	}
	if q.end == nil && time.Now().Before(q.partial) {
		return key{}, 0
	}
	q.partial = time.Time{}
	switch {
	case q.buf[0] == 0x1b && len(q.buf) == 1:
		q.meta = true
		return key{code: prompt.Escape}, 1
	case q.buf[0] >= utf8.RuneSelf:
		return key{code: prompt.NotDefined, text: "\ufffd"}, 1
	}
	q.meta = false
	return key{code: prompt.Ignore}, len(q.buf)
}

// take removes n bytes. The caller holds mu.
func (q *queue) take(n int) {
	q.buf = q.buf[n:]
	q.taken += uint64(n)
	q.cond.Broadcast()
}

// wait waits until a key can be taken, or an incomplete one has come.
func (q *queue) wait() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.buf) == 0 && len(q.again) == 0 && q.end == nil && !q.stopped && !q.resized {
		q.cond.Wait()
	}
}

// line takes the rest of a line of plain text if its end is already there: the
// fast path of pastes and scripts, which neither draws nor completes word by
// word. Within a paste it waits a moment for a line that was cut by a read.
func (q *queue) line(literal bool) (string, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for waited := false; ; {
		if q.end != nil && q.end != io.EOF || q.stopped || q.resized || q.meta || len(q.again) > 0 {
			return "", false
		}
		n, plain := lineLen(q.buf, literal)
		if n > 0 {
			s := string(q.buf[:n])
			_, end := decodeKey(q.buf[n:])
			q.pasted = q.taken < q.burstEnd
			q.take(n + end)
			return s, true
		}
		if !plain || !q.pasted || waited || len(q.buf) == 0 || q.taken >= q.burstEnd {
			q.pasted = q.pasted && n == 0 // an empty line is a key, but no end of a paste
			return "", false
		}
		waited = q.await(len(q.buf), pasteWait)
	}
}

// await waits until more than n bytes are there; it reports true when the time
// has passed without. The caller holds mu.
func (q *queue) await(n int, d time.Duration) (late bool) {
	until := time.Now().Add(d)
	t := time.AfterFunc(d, q.cond.Broadcast)
	defer t.Stop()
	for len(q.buf) <= n && q.end == nil {
		if !time.Now().Before(until) {
			return true
		}
		q.cond.Wait()
	}
	return q.end != nil
}

// lineLen finds the end of a line that holds nothing but text. n < 0: there is
// none yet; plain tells whether there may be one later, or is, at once (n == 0). Literal lines (text that
// is being loaded) may hold TABs and question marks; elsewhere these ask.
func lineLen(b []byte, literal bool) (n int, plain bool) {
	ascii := true
	for i, c := range b {
		switch {
		case i == maxPlain:
			return -1, false
		case c == '\r' || c == '\n':
			if !ascii && !utf8.Valid(b[:i]) {
				return -1, false
			}
			return i, true
		case (c == '\t' || c == '?') && literal:
		case c < 0x20, c == 0x7f, c == '?':
			return -1, false
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return -1, true
}
