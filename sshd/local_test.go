package sshd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"loggia/sshd/attach"
)

// serve runs a Local until the test ends.
func serve(t *testing.T, l *Local) string {
	t.Helper()
	l.Path = filepath.Join(t.TempDir(), "loggia.sock")
	if l.Admit == nil {
		l.Admit = func(Peer) error { return nil }
	}
	if err := l.Listen(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- l.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(l.Path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("socket is left: %v", err)
		}
	})
	return l.Path
}

func dial(t *testing.T, path string) *attach.Client {
	t.Helper()
	c, err := attach.Dial(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestABatchCarriesCommandsOutputErrorsAndStatus(t *testing.T) {
	path := serve(t, &Local{Handle: func(_ context.Context, p Peer, ch *Channel) int {
		in := []byte(ch.Command)
		if !ch.Exec {
			var err error
			if in, err = io.ReadAll(ch); err != nil {
				t.Error(err)
			}
		}
		fmt.Fprintf(ch, "uid=%d source=%s keep=%s in=%s", p.UID, ch.Env[attach.EnvSource], ch.Env[attach.EnvKeepGoing], in)
		fmt.Fprint(ch.Errors, "oops")
		return 3
	}})
	tests := []struct {
		b    attach.Batch
		want string
	}{
		{attach.Batch{Command: "a; b", Name: attach.SourceCommand}, "source= keep= in=a; b"},
		{attach.Batch{Command: "a", Name: "x", KeepGoing: true}, "source=x keep=1 in=a"},
		{attach.Batch{In: strings.NewReader("c\nd\n"), Name: "x.conf", KeepGoing: true}, "source=x.conf keep=1 in=c\nd\n"},
	}
	for _, tt := range tests {
		var out, errs bytes.Buffer
		tt.b.Out, tt.b.Err = &out, &errs
		status, err := dial(t, path).Run(context.Background(), tt.b)
		if err != nil || status != 3 || errs.String() != "oops" {
			t.Errorf("status %d, %v, %q", status, err, errs.String())
		}
		if want := fmt.Sprintf("uid=%d %s", os.Getuid(), tt.want); out.String() != want {
			t.Errorf("got  %q\nwant %q", out.String(), want)
		}
	}
}

// A batch may end before its input does, as with a failing line.
func TestABatchDoesNotWaitForItsInput(t *testing.T) {
	path := serve(t, &Local{Handle: func(context.Context, Peer, *Channel) int { return 1 }})
	never, w := io.Pipe()
	defer w.Close()
	status, err := dial(t, path).Run(context.Background(), attach.Batch{In: never, Name: "stdin", Out: io.Discard, Err: io.Discard})
	if status != 1 || err != nil {
		t.Errorf("%d, %v", status, err)
	}
}

func TestARefusedPeerIsToldWhy(t *testing.T) {
	path := serve(t, &Local{Admit: func(Peer) error { return errors.New("no login user with uid 7 is configured") }})
	_, err := attach.Dial(context.Background(), path)
	if err == nil || err.Error() != "no login user with uid 7 is configured" {
		t.Error(err)
	}
}

func TestALostConnectionIsNoEndOfInput(t *testing.T) {
	got := make(chan error, 1)
	path := serve(t, &Local{Handle: func(_ context.Context, _ Peer, ch *Channel) int {
		_, err := io.ReadAll(ch)
		got <- err
		return 0
	}})
	c := dial(t, path)
	never, w := io.Pipe()
	defer w.Close()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = c.Run(context.Background(), attach.Batch{In: never, Name: "stdin", Out: io.Discard, Err: io.Discard})
	}()
	if _, err := w.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	c.Close()
	if err := <-got; !errors.Is(err, ErrGone) {
		t.Errorf("read ended with %v", err)
	}
	<-ended
}

func TestServeEndsItsSessions(t *testing.T) {
	l := &Local{Path: filepath.Join(t.TempDir(), "s"), Admit: func(Peer) error { return nil }}
	in := make(chan struct{})
	l.Handle = func(ctx context.Context, _ Peer, _ *Channel) int { close(in); <-ctx.Done(); return 1 }
	if err := l.Listen(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- l.Serve(ctx) }()
	c := dial(t, l.Path)
	ended := make(chan error, 1)
	go func() {
		status, err := c.Run(context.Background(), attach.Batch{Command: "wait", Name: "-c", Out: io.Discard, Err: io.Discard})
		if err == nil && status != 0 {
			err = fmt.Errorf("status %d", status)
		}
		ended <- err
	}()
	<-in
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if err := <-ended; err == nil {
		t.Error("the client was not told that its session was cut off")
	}
}

// Who presses Ctrl-C is told that, and not that the other side is gone.
func TestRunIsInterrupted(t *testing.T) {
	in := make(chan struct{})
	path := serve(t, &Local{Handle: func(ctx context.Context, _ Peer, _ *Channel) int { close(in); <-ctx.Done(); return 1 }})
	ctx, cancel := context.WithCancel(context.Background())
	go func() { <-in; cancel() }()
	status, err := dial(t, path).Run(ctx, attach.Batch{Command: "wait", Name: "-c", Out: io.Discard, Err: io.Discard})
	if status != 1 || err == nil || err.Error() != "interrupted" {
		t.Errorf("status %d, error %v", status, err)
	}
}

// full is a disk that takes nothing.
type full struct{}

func (full) Write([]byte) (int, error) {
	return 0, &os.PathError{Op: "write", Path: "out", Err: syscall.ENOSPC}
}

// Output that cannot be written is told as that, and ends the batch, however much there is
// of it; a batch that is to keep going goes on.
func TestRunWithoutRoomForItsOutput(t *testing.T) {
	ended := make(chan error, 1)
	path := serve(t, &Local{Handle: func(ctx context.Context, _ Peer, ch *Channel) int {
		text := bytes.Repeat([]byte("text\n"), 1<<10)
		var err error
		for range 1 << 10 { // more than a channel holds
			if _, err = ch.Write(text); err != nil {
				break
			}
		}
		ended <- err
		return 0
	}})
	for _, goOn := range []bool{false, true} {
		status, err := dial(t, path).Run(context.Background(), attach.Batch{Command: "show", Name: "-c", KeepGoing: goOn, Out: full{}, Err: io.Discard})
		if status != 1 || err == nil || err.Error() != "write out: no space left on device" {
			t.Errorf("going on %t: status %d, error %v", goOn, status, err)
		}
		if err := <-ended; (err == nil) != goOn {
			t.Errorf("going on %t: the other side's write ended with %v", goOn, err)
		}
	}
}

// Probes, garbage and silence leave nothing behind.
func TestStrangersLeaveNothing(t *testing.T) {
	path := serve(t, &Local{Handle: func(context.Context, Peer, *Channel) int { return 0 }})
	before := runtime.NumGoroutine()
	for i := range 50 {
		conn, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		if i%2 == 0 {
			_, _ = conn.Write([]byte("GET / HTTP/1.0\r\n\r\n"))
		}
		conn.Close()
	}
	deadline := time.Now().Add(patience)
	for runtime.NumGoroutine() > before+2 {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
		runtime.Gosched()
	}
}

func TestDialWaitsForTheSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "late.sock")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := attach.Dial(ctx, path); err == nil {
		t.Error("dialled nothing")
	}
}
