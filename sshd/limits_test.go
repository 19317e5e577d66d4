package sshd

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/sys/unix"
)

// One that runs out of descriptors cannot accept for a moment. That must not
// end the door, and with it the engine.
func TestNoDescriptorsIsNoEnd(t *testing.T) {
	l := &Local{Path: filepath.Join(t.TempDir(), "s"), Admit: func(Peer) error { return nil },
		Handle: func(context.Context, Peer, *Channel) int { return 7 }}
	if err := l.Listen(); err != nil {
		t.Fatal(err)
	}
	waiting, err := net.Dial("unix", l.Path) // in the backlog: accepting it needs a descriptor
	if err != nil {
		t.Fatal(err)
	}
	defer waiting.Close()
	restore := exhaust(t)
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- l.Serve(ctx) }()
	select {
	case err := <-served:
		t.Fatalf("serving ended: %v", err)
	case <-time.After(2 * acceptPause): // nothing is to happen
	}
	restore()
	greeting := make([]byte, len("SSH-"))
	if _, err := waiting.Read(greeting); err != nil || string(greeting) != "SSH-" {
		t.Errorf("%q, %v", greeting, err)
	}
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
}

// exhaust uses up this process's descriptors until restore is called.
func exhaust(t *testing.T) (restore func()) {
	t.Helper()
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	low := unix.Rlimit{Cur: 64, Max: limit.Max}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &low); err != nil {
		t.Fatal(err)
	}
	var held []*os.File
	for {
		f, err := os.Open(os.DevNull)
		if err != nil {
			break
		}
		held = append(held, f)
	}
	return func() {
		for _, f := range held {
			f.Close()
		}
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
			t.Error(err)
		}
	}
}

func TestAConnectionHasSoManySessions(t *testing.T) {
	path := serve(t, &Local{Handle: func(ctx context.Context, _ Peer, _ *Channel) int { <-ctx.Done(); return 0 }})
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	sc, channels, requests, err := ssh.NewClientConn(conn, "local", &ssh.ClientConfig{HostKeyCallback: ssh.InsecureIgnoreHostKey()})
	if err != nil {
		t.Fatal(err)
	}
	c := ssh.NewClient(sc, channels, requests)
	defer c.Close()
	var first *ssh.Session
	for i := range maxSessions {
		s, err := c.NewSession()
		if err != nil {
			t.Fatalf("session %d: %v", i+1, err)
		}
		if first == nil {
			first = s
		}
	}
	if _, err := c.NewSession(); err == nil || !strings.Contains(err.Error(), "too many sessions") {
		t.Errorf("one session too many: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(patience); ; {
		_, err := c.NewSession()
		if err == nil {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("after one was closed: %v", err)
		}
	}
}

func TestALongPathIsNamed(t *testing.T) {
	l := &Local{Path: filepath.Join(t.TempDir(), strings.Repeat("d", 100), "s")}
	if err := l.Listen(); err == nil || !strings.Contains(err.Error(), "shorter path") {
		t.Error(err)
	}
}
