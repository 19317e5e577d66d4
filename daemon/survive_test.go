package daemon

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"loggia/sshd"
	"loggia/sshd/attach"
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
	dial := func() *attach.Client {
		t.Helper()
		c, err := attach.Dial(ctx, local.Path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() }) // the session has ended by then
		return c
	}
	other := dial()
	var out, told strings.Builder
	if status, err := dial().Run(ctx, attach.Batch{Command: "break", Out: &out, Err: &told}); err == nil || status != 1 {
		t.Errorf("a session that broke off: %d, %v", status, err)
	}
	if told.String() != "error: internal error; this session ends\n" {
		t.Errorf("it was told %q", told.String())
	}
	if status, err := other.Run(ctx, attach.Batch{Command: "other", Out: &out, Err: &out}); err != nil || status != 7 {
		t.Errorf("another session: %d, %v", status, err)
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
