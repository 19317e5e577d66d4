package syslogd

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const (
	burst  = 100 // messages
	bursts = 40
)

// costForms are the forms that messages come in: each has one length.
var costForms = [...]struct{ name, format string }{
	{"RFC 3164", "<13>Nov 22 14:15:16 web1 app[77]: text of message %06d"},
	{"RFC 5424", `<13>1 2026-11-22T14:15:16.5Z db1 sshd 77 ID [a@1 b="c"] text of message %06d`},
	{"without header", "<13>text without header %06d"},
}

// through sends bursts of one form to the engine and returns how many times
// anything in the process was allocated meanwhile, for each message. Each burst
// is in the file before the next is sent.
func (w *world) through(name string, send func()) float64 {
	w.t.Helper()
	fd, err := unix.Open(filepath.Join(w.dir, "log", "f"), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		w.t.Fatal(err)
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	size := func() int64 {
		if err := unix.Fstat(fd, &st); err != nil {
			w.t.Fatal(err)
		}
		return st.Size
	}
	// One burst tells how long the lines are.
	at, end := size(), time.Now().Add(30*time.Second)
	send()
	for last := at; ; last = size() {
		time.Sleep(20 * time.Millisecond)
		if n := size() - at; n > 0 && n%burst == 0 && n == last-at {
			break
		}
		if time.Now().After(end) {
			w.t.Fatalf("%s: %d bytes of %d messages came", name, size()-at, burst)
		}
	}
	step := size() - at
	at += step
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range bursts {
		send()
		at += step
		for end := time.Now().Add(30 * time.Second); size() < at; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				w.t.Fatalf("%s: a burst is not there: %d bytes of %d", name, size(), at)
			}
		}
	}
	runtime.ReadMemStats(&after)
	return float64(after.Mallocs-before.Mallocs) / (burst * bursts)
}

// TestNothingIsAllocatedFromSocketToFile: what is allocated is for a batch, or
// for each second, and not for a message.
func TestNothingIsAllocatedFromSocketToFile(t *testing.T) {
	v := newVault(t)
	v.make("server")
	peer := v.make("sender")
	udp, tcp, secure := freePort(t), freePort(t), freePort(t)
	path := filepath.Join(t.TempDir(), "s")
	w := start(t, Config{HostName: "box", Files: []*File{toFile(t, "f", "any any")}, Inputs: Inputs{
		UDP: []Listen{local(udp)}, TCP: []Listen{local(tcp)}, TLS: []TLSListen{v.listen(secure, peer)}, Unix: []UnixInput{{"unix", path}}}})
	dial := func(network, address string) net.Conn {
		c, err := net.Dial(network, address)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	lines := func(b *bytes.Buffer, m []byte) { b.Write(m); b.WriteByte('\n') }
	octets := func(b *bytes.Buffer, m []byte) { fmt.Fprintf(b, "%d %s", len(m), m) }
	for _, c := range []struct {
		name  string
		conn  net.Conn
		frame func(*bytes.Buffer, []byte) // nil: a datagram for each
	}{
		{"udp", dial("udp", fmt.Sprintf("127.0.0.1:%d", udp)), nil},
		{"unix", dial("unixgram", path), nil},
		{"tcp, newlines", dial("tcp", fmt.Sprintf("127.0.0.1:%d", tcp)), lines},
		{"tcp, octets", dial("tcp", fmt.Sprintf("127.0.0.1:%d", tcp)), octets},
		{"tls", v.dial(secure, "sender"), octets},
	} {
		t.Cleanup(func() { _ = c.conn.Close() })
		for _, form := range costForms {
			var block bytes.Buffer
			var single [][]byte
			for i := range burst {
				m := fmt.Appendf(nil, form.format, i)
				single = append(single, m)
				if c.frame != nil {
					c.frame(&block, m)
				}
			}
			send := func() {
				if c.frame != nil {
					write(t, c.conn, block.Bytes())
					return
				}
				for _, m := range single {
					write(t, c.conn, m)
				}
			}
			// The race detector makes a sync.Pool forget.
			if n := w.through(c.name, send); n > 0.5 && !raced {
				t.Errorf("%s by %s: %.2f allocations for a message", form.name, c.name, n)
			}
		}
	}
}

func write(t *testing.T, w io.Writer, b []byte) {
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
}
