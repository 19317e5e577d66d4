package sshd

import (
	"bytes"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// wire is a TCP connection that overhears how the client calls itself, because
// the library keeps that to itself when nothing comes of the connection; that
// paces a client which has not logged in; and that ends one which takes nothing
// any more.
type wire struct {
	net.Conn
	// Of the goroutine that reads.
	overheard overheard
	before    int // bytes that came before the login

	flooded  atomic.Bool // more than maxBefore came
	version  atomic.Pointer[string]
	open     atomic.Bool   // the login is over: writes have their own deadline
	paced    atomic.Bool   // the first keys are agreed upon
	wrote    chan struct{} // signalled after a write; nil: no pace
	lastRead atomic.Int64  // unix nanoseconds

	held sync.Mutex // while a password is checked: nothing is read meanwhile
}

// The library reads ahead of what it answers, and when it gives up before a login
// it never takes what it has read ahead: with more than 16 packets its reader
// would wait for ever, and be kept with all it holds. So what comes between the
// first keys and the login is handed over in parts that hold no more packets than
// there is room for, and the next part only after an answer, or a pause in which
// the end would have shown. No client asks for a second thing before it has the
// answer to the first.
const (
	pacePart  = 224 // bytes; the smallest packet has 28
	pacePause = 10 * time.Millisecond
)

// pace waits for the answer to what was read, and returns where to read to.
func (w *wire) pace(b []byte) []byte {
	if w.wrote == nil || w.open.Load() {
		return b
	}
	b = b[:min(len(b), pacePart)] // also of a read that is under way when the pace begins
	if !w.paced.Load() {
		return b
	}
	w.held.Lock()
	w.held.Unlock() //lint:ignore SA2001 it only waits
	t := time.NewTimer(pacePause)
	defer t.Stop()
	select {
	case <-w.wrote:
	case <-t.C:
	}
	return b
}

// maxBefore bounds what is read of a client before it has logged in: twenty keys
// with their signatures are a fifth of it. Else a client could keep the processor
// busy with packets that mean nothing.
const maxBefore = 256 << 10

var errTooMuch = fmt.Errorf("more than %d KiB before authentication", maxBefore>>10)

// stallTime is how long a write may make no progress.
const stallTime = 5 * time.Minute

// Read implements net.Conn.
func (w *wire) Read(b []byte) (int, error) {
	n, err := w.Conn.Read(w.pace(b))
	if n > 0 {
		w.lastRead.Store(time.Now().UnixNano())
		if w.wrote != nil && !w.open.Load() {
			if w.before += n; w.before > maxBefore {
				w.flooded.Store(true)
				return 0, errTooMuch
			}
		}
		if !w.overheard.done {
			w.overheard.add(b[:n])
			if v := w.overheard.version; v != "" && w.version.Load() == nil {
				w.version.Store(&v)
			}
		}
	}
	return n, err
}

// Write implements net.Conn.
func (w *wire) Write(b []byte) (int, error) {
	if w.open.Load() {
		if err := w.Conn.SetWriteDeadline(time.Now().Add(stallTime)); err != nil {
			return 0, err
		}
	}
	n, err := w.Conn.Write(b)
	if w.wrote != nil {
		select {
		case w.wrote <- struct{}{}:
		default: // one signal is enough
		}
	}
	return n, err
}

// clientVersion is what the client calls itself, without what could disturb a
// log; empty before it has said so.
func (w *wire) clientVersion() string {
	if v := w.version.Load(); v != nil {
		return *v
	}
	return ""
}

// maxOverheard bounds what is kept of a client that says nothing sensible.
const maxOverheard = 512

// overheard finds the version in the first bytes of a client (RFC 4253, 4.2).
type overheard struct {
	buf     []byte
	version string
	done    bool
}

func (o *overheard) add(b []byte) {
	o.buf = append(o.buf, b[:min(len(b), maxOverheard-len(o.buf))]...)
	for {
		end := bytes.IndexByte(o.buf, '\n')
		if end < 0 {
			if len(o.buf) >= maxOverheard {
				o.buf, o.done = nil, true
			}
			return
		}
		text := strings.TrimRight(string(o.buf[:end]), "\r")
		o.buf = o.buf[end+1:]
		if strings.HasPrefix(text, "SSH-") {
			o.version, o.done, o.buf = printable(text, 255), true, nil
			return
		}
	}
}

// printable is text of a client that may stand in a log line: bounded, with a
// question mark for what is no printable ASCII.
func printable(text string, most int) string {
	text = text[:min(len(text), most)]
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, text)
}
