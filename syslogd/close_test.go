package syslogd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"loggia/audit/event"
)

// A host that a commit has removed and that does not answer must not keep the
// inputs from being read empty when the program ends meanwhile.
func TestCloseRetiresInputsBesideARemovedHost(t *testing.T) {
	port, dir := freePort(t), t.TempDir()
	e := New(Options{LogDir: dir, IndexDir: dir, DrainTimeout: time.Minute})
	listening := Config{Inputs: Inputs{UDP: []Listen{local(port)}}}
	deaf := &Host{Place: "host", Name: "127.0.0.1", Port: freePort(t), Transport: TransportTCP, FacilityOverride: -1,
		Selection: Selection{Rules: rules(t, "any any")}}
	first := listening
	first.Hosts = []*Host{deaf}
	if err := e.Start(first); err != nil {
		t.Fatal(err)
	}
	e.Log(event.Subject{}, event.Operational{Version: "1"}.Entry())
	p, err := e.Prepare(listening)
	if err != nil {
		t.Fatal(err)
	}
	p.Apply()
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	if err := e.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("close: %v", err)
	}
	c, err := net.ListenPacket("udp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatalf("the input is still open: %v", err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	e.running.Wait() // nothing runs on
}

// An engine whose first configuration came by a commit retries what fails too.
func TestCommitWithoutStartIsTended(t *testing.T) {
	dir := t.TempDir()
	recovered := make(chan struct{})
	e := New(Options{LogDir: dir, IndexDir: dir, RetryFirst: time.Millisecond, RetryMost: time.Millisecond,
		Alarm: func(_ string, err error) {
			if err == nil {
				close(recovered)
			}
		}})
	defer e.Close(context.Background())
	path := filepath.Join(dir, "socket")
	blocker, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	p, err := e.prepare(Config{Inputs: Inputs{Unix: []UnixInput{{Place: "unix", Path: path}}}})
	if err != nil {
		t.Fatal(err)
	}
	p.Apply()
	if err := blocker.Close(); err != nil {
		t.Fatal(err)
	}
	<-recovered
}

// Who gets the last record of a change by the old routes is decided by what the
// new ones deliver, not by what they select.
func TestLogBothReachesWhoeverNewRoutesFilter(t *testing.T) {
	before := toFile(t, "messages", "any any")
	after := *before
	after.Match = "!operational"
	w := start(t, Config{Files: []*File{before}})
	w.commit(Config{Files: []*File{&after}})
	w.LogBoth(event.Subject{}, event.Operational{Version: "1"}.Entry())
	w.has("messages", "System is operational")
}

func TestTooManyDestinationsAreRefused(t *testing.T) {
	e := New(Options{})
	defer e.Close(context.Background())
	c := Config{Users: make([]User, maxDestinations+1)}
	for i := range c.Users {
		c.Users[i] = User{Place: fmt.Sprint("user ", i), Name: fmt.Sprint("u", i)}
	}
	// All is decided before anything is opened: so many destinations take a gigabyte
	// of the race detector.
	p := &Plan{engine: e, old: e.state, next: newState(c)}
	for i, choice := range p.chosen() {
		if refused := choice.err != nil; refused != (i == maxDestinations) {
			t.Fatalf("%s: %v", choice.place, choice.err)
		}
	}
}

// A destination that was removed has no alarm any more; one that was replaced
// under its name may have.
func TestRemovedDestinationsAreForgotten(t *testing.T) {
	dir := t.TempDir()
	forgotten := make(chan string, 10)
	e := New(Options{LogDir: dir, IndexDir: dir, Forget: func(place string) { forgotten <- place }})
	host := &Host{Place: "host", Name: "127.0.0.1", Port: freePort(t), FacilityOverride: -1, Transport: TransportTCP,
		Selection: Selection{Rules: rules(t, "any any")}}
	if err := e.Start(Config{Hosts: []*Host{host}, Files: []*File{toFile(t, "messages", "any any")}}); err != nil {
		t.Fatal(err)
	}
	anew := *host
	anew.Newline = true // another framing: the host is opened anew
	for _, c := range []Config{{Hosts: []*Host{&anew}}, {}} {
		p, err := e.Prepare(c)
		if err != nil {
			t.Fatal(err)
		}
		p.Apply()
	}
	if err := e.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	close(forgotten)
	var got []string
	for place := range forgotten {
		got = append(got, place)
	}
	if slices.Sort(got); !slices.Equal(got, []string{"file messages", "host"}) && !slices.Equal(got, []string{"file messages", "host", "host"}) {
		t.Errorf("forgotten: %q", got)
	}
}
