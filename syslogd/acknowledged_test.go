package syslogd

import (
	"context"
	"fmt"
	"net"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// acknowledged returns how many bytes of text the other end's kernel has said it
// has, also of a connection that was reset.
func acknowledged(t *testing.T, c *net.TCPConn) (n uint64) {
	t.Helper()
	err := control(c, func(fd int) error {
		info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
		if err == nil {
			n = info.Bytes_acked - 1 // the SYN counts as one
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// ceaseless dials address and writes numbered lines of wordSize until it is told
// that nobody reads; it returns how many bytes were acknowledged by then.
func ceaseless(t *testing.T, address, who string) <-chan uint64 {
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	acked := make(chan uint64, 1)
	go func() {
		defer c.Close()
		for i, err := 0, error(nil); err == nil; i++ {
			_, err = fmt.Fprintf(c, wordLine, who, i)
		}
		acked <- acknowledged(t, c.(*net.TCPConn))
	}()
	return acked
}

const (
	wordLine = "<13>1 - h app - - - %s %08d\n"
	wordSize = uint64(len("<13>1 - h app - - - s0 00000000\n"))
)

// Whatever the kernel has told senders that it has is in the file when the program
// has ended, or the connection was closed by a commit, though they never paused:
// who was told so does not send it again.
func TestWhatIsAcknowledgedIsKept(t *testing.T) {
	for name, end := range map[string]func(w *world, after Config){
		"close":  func(w *world, _ Config) { w.close() },
		"commit": (*world).commit,
	} {
		t.Run(name, func(t *testing.T) {
			port := freePort(t)
			messages := toFile(t, "messages", "any any")
			after := Config{Files: []*File{messages}}
			before := after
			before.Inputs = Inputs{TCP: []Listen{local(port)}}
			w := start(t, before)
			var acked []<-chan uint64
			for i := range 4 {
				acked = append(acked, ceaseless(t, fmt.Sprintf("127.0.0.1:%d", port), fmt.Sprint("s", i)))
			}
			for i := range acked { // all are at it
				w.has("messages", fmt.Sprintf(" s%d %08d", i, 1000))
			}
			end(w, after)
			told := make([]uint64, len(acked))
			for i := range acked {
				told[i] = <-acked[i] / wordSize
			}
			if err := w.Close(context.Background()); err != nil {
				t.Fatal(err)
			}
			next, whole := make([]uint64, len(acked)), regexp.MustCompile(` s([0-3]) ([0-9]{8})\n$`)
			for line := range strings.Lines(w.text("messages")) {
				m := whole.FindStringSubmatch(line)
				if m == nil {
					continue // the last of a sender, of which a part was acknowledged
				}
				sender, n := m[1][0]-'0', m[2]
				if want := fmt.Sprintf("%08d", next[sender]); n != want {
					t.Fatalf("sender %d: %s where %s is due", sender, n, want)
				}
				next[sender]++
			}
			for i := range told {
				if next[i] < told[i] {
					t.Errorf("sender %d: the kernel had acknowledged %d messages, %d are in the file", i, told[i], next[i])
				}
			}
		})
	}
}

// Who connected before a listener ends is heard, however late it is accepted.
func TestWhoConnectedIsAccepted(t *testing.T) {
	port := freePort(t)
	w := start(t, Config{Inputs: Inputs{TCP: []Listen{local(port)}}, Files: []*File{toFile(t, "messages", "any any")}})
	conns := make([]net.Conn, 200)
	for i := range conns {
		c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := fmt.Fprintf(c, wordLine, "s0", i); err != nil {
			t.Fatal(err)
		}
		conns[i] = c
	}
	w.close()
	text := w.text("messages")
	for i, c := range conns {
		if acknowledged(t, c.(*net.TCPConn)) == wordSize && !strings.Contains(text, fmt.Sprintf(" s0 %08d\n", i)) {
			t.Errorf("connection %d: acknowledged and lost", i)
		}
	}
}

// From the moment that text is turned away, nothing more is acknowledged, and the
// end of the connection still gets through.
func TestTextTurnedAwayIsNotAcknowledged(t *testing.T) {
	from, to := ends(t)
	for i, text := range []string{"before", "behind"} {
		if i == 1 {
			if done, err := turnAwayText(to); !done || err != nil {
				t.Fatalf("turned away: %v, %v", done, err)
			}
		}
		if _, err := from.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	buf := make([]byte, 100)
	if n, err := to.Read(buf); err != nil || string(buf[:n]) != "before" {
		t.Errorf("read %q, %v", buf[:n], err)
	}
	if readable(to) {
		t.Error("there is more")
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	if n, err := from.Read(buf); n != 0 || err == nil {
		t.Errorf("the end: %q, %v", buf[:n], err)
	}
	if n := acknowledged(t, from); n != uint64(len("before")) {
		t.Errorf("%d bytes acknowledged", n)
	}
}

// ends returns the two ends of a connection.
func ends(t *testing.T) (from, to *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	other, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return c.(*net.TCPConn), other.(*net.TCPConn)
}
