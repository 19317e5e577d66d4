package sink

import (
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestPeerThatReadsNothing: while the window of a peer is shut, and its kernel
// answers, the connection is not given up; once the peer reads, silence counts
// again.
func TestPeerThatReadsNothing(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	peer, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	sender := newTCP(&Remote{}, conn, true)
	timeout := func() (n int) {
		t.Helper()
		raw, err := conn.(syscall.Conn).SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		if e := raw.Control(func(fd uintptr) { n, err = unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT) }); e != nil || err != nil {
			t.Fatal(e, err)
		}
		return n
	}
	look := func(waits bool, want int) {
		t.Helper()
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for end := time.Now().Add(time.Minute); ; <-tick.C {
			again, err := sender.look()
			if err != nil {
				t.Fatal(err)
			}
			if again == waits && timeout() == want {
				return
			}
			if time.Now().After(end) {
				t.Fatalf("something waits: %v, timeout %d ms; want %v, %d", again, timeout(), waits, want)
			}
		}
	}
	look(false, userTimeout)

	written := make(chan int64, 1)
	go func() {
		n, err := io.Copy(conn, io.LimitReader(zeros{}, 64<<20)) // more than any buffers hold
		if err != nil {
			t.Error(err)
		}
		written <- n
	}()
	look(true, 0)

	if _, err := io.CopyN(io.Discard, peer, 64<<20); err != nil {
		t.Fatal(err)
	}
	<-written
	look(false, userTimeout)
}

// zeros is a stream without end.
type zeros struct{}

// Read implements io.Reader.
func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}
