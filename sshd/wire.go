package sshd

import (
	"bytes"
	"net"
	"strings"
	"sync/atomic"
	"time"
)

// wire is a TCP connection that overhears what the client says in the clear,
// its version and what it offers, because the library keeps that to itself; and
// that ends a client which takes nothing any more.
type wire struct {
	net.Conn
	overheard overheard // of the goroutine that reads

	version  atomic.Pointer[string]
	open     atomic.Bool  // the login is over: writes have their own deadline
	lastRead atomic.Int64 // unix nanoseconds
}

// stallTime is how long a write may make no progress.
const stallTime = 5 * time.Minute

// Read implements net.Conn.
func (w *wire) Read(b []byte) (int, error) {
	n, err := w.Conn.Read(b)
	if n > 0 {
		w.lastRead.Store(time.Now().UnixNano())
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
	return w.Conn.Write(b)
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
