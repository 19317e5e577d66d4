package syslogd

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"loggia/audit/event"
)

// A sender that speaks TLS to an input in clear is on record, and its keys are not
// in the log. Messages that only look a little like it are messages.
func TestTLSInClearIsRecorded(t *testing.T) {
	port := freePort(t)
	said := make(chan event.SenderRefused, 10)
	w := startWith(t, Config{Files: []*File{toFile(t, "f", "any any")}, Inputs: Inputs{TCP: []Listen{local(port)}}}, func(o *Options) {
		o.Announce = func(e event.Event) {
			if r, ok := e.(event.SenderRefused); ok {
				said <- r
			}
		}
	})
	address := fmt.Sprintf("127.0.0.1:%d", port)
	c, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true})
	if err == nil {
		c.Close()
		t.Fatal("somebody answered")
	}
	select {
	case r := <-said:
		if r.Why != event.RefusedTLS || r.Source != "127.0.0.1" || !strings.HasSuffix(r.Input, address) || r.Count != 1 {
			t.Errorf("%+v", r)
		}
	case <-time.After(patience):
		t.Fatal("nothing was recorded")
	}
	send(t, "tcp", address, "\x16\x03\x01 no handshake\n")
	w.has("f", "#026#003#001 no handshake\n")
	if n := w.sourceNamed("tcp " + address); n.Accepted != 1 || n.TurnedAway != 1 || n.Connections > 1 {
		t.Errorf("%+v", n)
	}
}

func TestRefusalsAreTimedAndBounded(t *testing.T) {
	rs := newRefusals(make(chan struct{}, 1))
	now := time.Unix(1e9, 0)
	key := func(n int) refusedKey {
		return refusedKey{netip.AddrFrom4([4]byte{10, 0, byte(n >> 8), byte(n)}), "udp *:514", event.RefusedMessages}
	}
	due := func(want ...string) {
		t.Helper()
		list, _ := rs.due(now, false)
		var got []string
		for _, e := range list {
			got = append(got, fmt.Sprint(e.Source, " ", e.Count))
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("due %q, want %q", got, want)
		}
	}
	rs.note(key(1), 3, now)
	due()
	rs.note(key(1), 4, now.Add(500*time.Millisecond))
	now = now.Add(refusedFirst)
	due("10.0.0.1 7")
	rs.note(key(1), 1, now)
	now = now.Add(refusedPause / 2)
	rs.note(key(1), 1, now)
	due()
	now = now.Add(refusedPause / 2)
	due("10.0.0.1 2")
	now = now.Add(refusedPause)
	if due(); len(rs.by) != 0 {
		t.Errorf("%d are remembered", len(rs.by))
	}
	for n := range 10 * maxRefused {
		rs.note(key(n), 1, now)
	}
	now = now.Add(refusedFirst)
	list, more := rs.due(now, false)
	total := uint64(0)
	for _, e := range list {
		total += e.Count
	}
	if len(list) != maxRefused+1 || total != 10*maxRefused || more {
		t.Errorf("%d records of %d, more %t", len(list), total, more)
	}
}

// TestRefusedSendersAreRecorded: whom allow-source, connection-limit or the number
// of all connections keeps out is named in the log.
func TestRefusedSendersAreRecorded(t *testing.T) {
	udp, tcp, few := freePort(t), freePort(t), freePort(t)
	said := make(chan event.SenderRefused, 100)
	elsewhere := []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	barred := local(udp)
	barred.Allow = elsewhere
	barredTCP := local(tcp)
	barredTCP.Allow = elsewhere
	w := startWith(t, Config{Files: []*File{toFile(t, "f", "any any")}, Inputs: Inputs{UDP: []Listen{barred}, TCP: []Listen{barredTCP, local(few)}, ConnectionLimit: 1}}, func(o *Options) {
		o.Announce = func(e event.Event) {
			if r, ok := e.(event.SenderRefused); ok {
				said <- r
			}
		}
	})
	send(t, "udp", fmt.Sprintf("127.0.0.1:%d", udp), "<14>not from here")
	dial := func(port uint16) {
		c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil && !errors.Is(err, syscall.ECONNRESET) { // who is refused may notice at once
			t.Fatal(err)
		}
		if err == nil {
			t.Cleanup(func() { c.Close() })
		}
	}
	dial(tcp)
	dial(few)
	w.eventually(func() bool { return w.sourceNamed(fmt.Sprintf("tcp 127.0.0.1:%d", few)).Connections == 1 }, func() string { return "no connection" })
	dial(few)
	got := map[event.Refusal]string{}
	for len(got) < 3 {
		select {
		case r := <-said:
			if r.Source != "127.0.0.1" || r.Count != 1 {
				t.Errorf("%+v", r)
			}
			got[r.Why] = r.Input
		case <-time.After(patience):
			t.Fatalf("recorded: %v", got)
		}
	}
	for why, port := range map[event.Refusal]uint16{event.RefusedMessages: udp, event.RefusedConnections: tcp, event.RefusedByLimit: few} {
		if !strings.HasSuffix(got[why], fmt.Sprintf(" 127.0.0.1:%d", port)) {
			t.Errorf("%d: %q", why, got[why])
		}
	}
}

// TestTooManyConnectionsAreRecorded: the number of connections in all keeps out
// whoever comes then, wherever, and names them with their number.
func TestTooManyConnectionsAreRecorded(t *testing.T) {
	const most, more = 4, 3
	one, other := freePort(t), freePort(t)
	said := make(chan event.SenderRefused, 100)
	w := startWith(t, Config{Files: []*File{toFile(t, "f", "any any")}, Inputs: Inputs{TCP: []Listen{local(one), local(other)}}}, func(o *Options) {
		o.MaxConnections = most
		o.Announce = func(e event.Event) {
			if r, ok := e.(event.SenderRefused); ok {
				said <- r
			}
		}
	})
	name := func(port uint16) string { return fmt.Sprintf("tcp 127.0.0.1:%d", port) }
	dial := func(port uint16) {
		c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil && !errors.Is(err, syscall.ECONNRESET) { // who is refused may notice at once
			t.Fatal(err)
		}
		if err == nil {
			t.Cleanup(func() { c.Close() })
		}
	}
	for range most {
		dial(one)
	}
	w.eventually(func() bool { return w.sourceNamed(name(one)).Connections == most }, func() string { return fmt.Sprintf("%+v", w.sourceNamed(name(one))) })
	for range more {
		dial(other)
	}
	w.eventually(func() bool { return w.sourceNamed(name(other)).TurnedAway == more }, func() string { return fmt.Sprintf("%+v", w.sourceNamed(name(other))) })
	for n := uint64(0); n < more; {
		select {
		case r := <-said:
			if n += r.Count; r.Why != event.RefusedByTotal || r.Source != "127.0.0.1" || r.Input != name(other) || n > more {
				t.Errorf("%+v", r)
			}
		case <-time.After(2 * patience):
			t.Fatalf("%d of %d are on record", n, more)
		}
	}
	if text := (event.SenderRefused{Source: "192.0.2.1", Input: name(other), Why: event.RefusedByTotal, Count: more}).Entry().Text; !strings.Contains(text, "3 connections from 192.0.2.1 to "+name(other)+" refused") || !strings.HasSuffix(text, "too many connections in all") {
		t.Error(text)
	}
}
