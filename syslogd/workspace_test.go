package syslogd

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
)

// Senders to a file that is stalled, as many as are read at once, do not hold up
// those to another file, and lose nothing when it moves again.
func TestAStalledFileHoldsUpItsOwnSendersAlone(t *testing.T) {
	stalled, moving := &memory{block: make(chan struct{})}, &memory{}
	e := engineTo(t, to(stalled, Selection{Rules: rules(t, "daemon any")}), to(moving, Selection{Rules: rules(t, "user any")}))
	port := freePort(t)
	l, err := e.openListener(newEndpoint("tcp", local(port).Address), new(inputRules), nil)
	if err != nil {
		t.Fatal(err)
	}
	address := fmt.Sprintf("127.0.0.1:%d", port)
	for i := range streamReaders + 4 {
		send(t, "tcp", address, fmt.Sprintf("<27>a: stalled %d\n", i))
	}
	w := &world{t: t}
	w.eventually(func() bool { return len(e.streams.spaces.free) == 0 }, func() string { return "not all readers stall" })
	const others = 20
	for i := range others {
		send(t, "tcp", address, fmt.Sprintf("<13>b: moving %d\n", i))
	}
	w.eventually(func() bool { return len(moving.texts()) == others }, func() string { return strings.Join(moving.texts(), "\n") })
	close(stalled.block)
	w.eventually(func() bool { return len(stalled.texts()) == streamReaders+4 }, func() string { return strings.Join(stalled.texts(), "\n") })
	if err := l.retire(false); err != nil {
		t.Error(err)
	}
	e.running.Wait()
	if n := len(e.streams.spaces.extra); n != 0 {
		t.Errorf("%d extra readers are still counted", n)
	}
}

// However many senders are stalled, memory stays bounded, and finish gets
// through to the connections that wait for a reader.
func TestStalledReadersAreBounded(t *testing.T) {
	stalled := &memory{block: make(chan struct{})}
	e := engineTo(t, to(stalled, Selection{Rules: rules(t, "any any")}))
	port := freePort(t)
	l, err := e.openListener(newEndpoint("tcp", local(port).Address), new(inputRules), nil)
	if err != nil {
		t.Fatal(err)
	}
	const senders = streamReaders + stalledReaders + 10
	var conns []io.Closer
	for i := range senders {
		c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, c)
		if _, err := fmt.Fprintf(c, "<13>a: %d\n", i); err != nil {
			t.Fatal(err)
		}
	}
	ws := e.streams.spaces
	w := &world{t: t}
	w.eventually(func() bool { return len(ws.free) == 0 && len(ws.extra) == stalledReaders },
		func() string { return fmt.Sprintf("%d extra readers", len(ws.extra)) })
	close(stalled.block)
	w.eventually(func() bool { return len(stalled.texts()) == senders }, func() string { return fmt.Sprint(len(stalled.texts())) })
	for _, c := range conns {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := l.retire(false); err != nil {
		t.Error(err)
	}
	e.running.Wait()
}
