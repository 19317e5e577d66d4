package daemon

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"loggia/audit"
)

// TestTheEndRecordsItsChannels: at an orderly stop the end of each connection to a log
// server is in the files and in the trail, with both ends, before they are closed. A
// server that takes nothing does not keep it out.
func TestTheEndRecordsItsChannels(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	opened := make(chan net.Addr, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			return // closed above
		}
		opened <- c.RemoteAddr()
		_, _ = io.Copy(io.Discard, c) // until the daemon ends it
		c.Close()
	}()
	dir := t.TempDir()
	d, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	put(t, d, fmt.Sprintf("set system syslog host 127.0.0.1 any any\nset system syslog host 127.0.0.1 port %d\nset system syslog host 127.0.0.1 transport tcp\n"+
		"set system syslog host 127.0.0.2 any any\nset system syslog host 127.0.0.2 port 9\nset system syslog host 127.0.0.2 transport tcp\n", l.Addr().(*net.TCPAddr).Port))
	ours := <-opened
	messages := filepath.Join(dir, "log", "messages")
	text := func() string {
		b, err := os.ReadFile(messages)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for deadline := time.Now().Add(time.Minute); !strings.Contains(text(), "EVENTD_HOST_CHANNEL_OPENED"); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(text())
		}
	}
	if err := d.Close("test", time.Minute); err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("Connection to log server 127.0.0.1 by tcp from %v to %v closed: closed in order", ours, l.Addr())
	if all := text(); strings.Count(all, "EVENTD_HOST_CHANNEL_CLOSED: "+want) != 1 {
		t.Errorf("no %q in\n%s", want, all)
	}
	n := 0
	for r, err := range audit.Read(filepath.Join(dir, "audit")) {
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(r.Entry.Text, want) {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d records in the trail", n)
	}
}
