package daemon

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"loggia/sshd"
)

// A panic in one session ends that session, says where it was, and no other.
func TestSessionsSurviveEachOther(t *testing.T) {
	l := newLogged(t)
	l.begin()
	d := &Daemon{recorder: l.recorder, owner: uint32(os.Getuid())}
	d.system.Store(&system{zone: time.UTC})
	var empty []int
	local := &sshd.Local{Path: filepath.Join(t.TempDir(), "sock"), Admit: func(sshd.Peer) error { return nil },
		Handle: d.surviving(func(_ context.Context, _ sshd.Peer, ch *sshd.Channel) int {
			if ch.Command == "break" {
				return empty[len(ch.Command)]
			}
			return 7
		})}
	if err := local.Listen(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- local.Serve(ctx) }()
	conn, err := net.Dial("unix", local.Path)
	if err != nil {
		t.Fatal(err)
	}
	sc, channels, requests, err := ssh.NewClientConn(conn, "", &ssh.ClientConfig{HostKeyCallback: ssh.InsecureIgnoreHostKey()})
	if err != nil {
		t.Fatal(err)
	}
	client := ssh.NewClient(sc, channels, requests)
	run := func(command string) error {
		s, err := client.NewSession()
		if err != nil {
			return err
		}
		return s.Run(command)
	}
	var missing *ssh.ExitMissingError
	if err := run("break"); !errors.As(err, &missing) {
		t.Errorf("a session that broke off: %v", err)
	}
	var status *ssh.ExitError
	if err := run("other"); !errors.As(err, &status) || status.ExitStatus() != 7 {
		t.Errorf("another session: %v", err)
	}
	if err := client.Close(); err != nil {
		t.Error(err)
	}
	cancel()
	if err := <-served; err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := l.engine.Flush("messages"); err != nil {
		t.Error(err)
	}
	l.has("SYSTEM_FAULT: a session broke off at daemon/survive_test.go:", "index out of range [5] with length 0")
}
