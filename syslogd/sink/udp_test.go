package sink

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestUDP(t *testing.T) {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	o := tcpTo(c.LocalAddr().(*net.UDPAddr).AddrPort().Port())
	o.Network, o.Source = "udp", netip.MustParseAddr("127.0.0.2")
	r := remote(t, RemoteConfig{RemoteOptions: o})
	r.Write(batch("one", "two", strings.Repeat("é", 40000), "three"))
	b := make([]byte, 100000)
	var got []string
	for range 4 {
		c.SetReadDeadline(time.Now().Add(10 * time.Second))
		n, from, err := c.ReadFrom(b)
		if err != nil {
			t.Fatal(err)
		}
		if from.(*net.UDPAddr).AddrPort().Addr() != o.Source {
			t.Errorf("from %v", from)
		}
		got = append(got, string(b[:n]))
	}
	equal(t, "datagrams", got, []string{"one", "two", strings.Repeat("é", safeDatagram/2), "three"})
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c := r.Counters(); c.Delivered != 4 {
		t.Errorf("counters %+v", c)
	}
}

// TestSourceOfItsFamily: a source address holds for addresses of its own family, for
// the others the system chooses.
func TestSourceOfItsFamily(t *testing.T) {
	for _, c := range []struct{ listen, host, source, from string }{
		{"127.0.0.1", "127.0.0.1", "127.0.0.2", "127.0.0.2"},
		{"127.0.0.1", "127.0.0.1", "::ffff:127.0.0.2", "127.0.0.2"},
		{"127.0.0.1", "127.0.0.1", "::1", "127.0.0.1"},
		{"127.0.0.1", "::ffff:127.0.0.1", "127.0.0.2", "127.0.0.2"},
		{"127.0.0.1", "localhost", "127.0.0.2", "127.0.0.2"}, // whatever else it resolves to
		{"::1", "::1", "127.0.0.2", "::1"},
		{"::1", "::1", "::1", "::1"},
	} {
		at := net.JoinHostPort(c.listen, "0")
		tcp, err := net.Listen("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		defer tcp.Close()
		udp, err := net.ListenPacket("udp", at)
		if err != nil {
			t.Fatal(err)
		}
		defer udp.Close()
		for network, peer := range map[string]net.Addr{"tcp": tcp.Addr(), "udp": udp.LocalAddr()} {
			_, port, _ := net.SplitHostPort(peer.String())
			to := net.JoinHostPort(c.host, port)
			conn, err := dial(t.Context(), network, to, netip.MustParseAddr(c.source))
			if err != nil {
				t.Errorf("%s %+v: %v", network, c, err)
				continue
			}
			if from, _, _ := net.SplitHostPort(conn.LocalAddr().String()); from != c.from {
				t.Errorf("%s %+v: from %s", network, c, from)
			}
			conn.Close()
		}
	}
}

func TestHasFamily(t *testing.T) {
	v4, v6, mapped := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("::ffff:192.0.2.1")
	for _, c := range []struct {
		all    []netip.Addr
		source netip.Addr
		want   bool
	}{
		{[]netip.Addr{v4}, v4, true}, {[]netip.Addr{v4}, v6, false}, {[]netip.Addr{v6}, v4, false}, {[]netip.Addr{v6}, v6, true},
		{[]netip.Addr{v6, v4}, v4, true}, {[]netip.Addr{v4, v6}, v6, true}, // a name of both
		{[]netip.Addr{mapped}, v4, true}, {[]netip.Addr{mapped}, v6, false}, {[]netip.Addr{v4}, mapped, true}, {[]netip.Addr{v6}, mapped, false},
	} {
		if got := hasFamily(c.all, c.source); got != c.want {
			t.Errorf("%v from %v: %v", c.all, c.source, got)
		}
	}
}

// flaky is a datagram socket that answers with the given errors in turn.
type flaky struct {
	net.Conn
	errs []error
	sent []string
}

func (f *flaky) Write(b []byte) (int, error) {
	if len(f.errs) > 0 {
		err := f.errs[0]
		f.errs = f.errs[1:]
		if err != nil {
			return 0, err
		}
	}
	f.sent = append(f.sent, string(b))
	return len(b), nil
}

func (f *flaky) LocalAddr() net.Addr         { return &net.UDPAddr{} }
func (f *flaky) RemoteAddr() net.Addr        { return &net.UDPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 514} }
func (f *flaky) SetDeadline(time.Time) error { return nil }
func (f *flaky) Close() error                { return nil }

func TestUDPErrors(t *testing.T) {
	long := strings.Repeat("x", 3000)
	for _, c := range []struct {
		name    string
		errs    []error
		text    []string
		sent    []string
		dropped map[Reason]uint64
		dials   int
	}{
		{"refused once", []error{syscall.ECONNREFUSED}, []string{"a", "b"}, []string{"a", "b"}, nil, 1},
		{"refused for good", []error{syscall.ECONNREFUSED, syscall.ECONNREFUSED, syscall.ECONNREFUSED, syscall.ECONNREFUSED}, []string{"a", "b"},
			[]string{"b"}, map[Reason]uint64{Refused: 1}, 1},
		{"too large", []error{syscall.EMSGSIZE}, []string{long, "b"}, []string{long[:safeDatagram], "b"}, nil, 1},
		{"too large though cut", []error{syscall.EMSGSIZE, syscall.EMSGSIZE}, []string{long, "b"}, []string{"b"}, map[Reason]uint64{TooLarge: 1}, 1},
		{"device full", []error{syscall.ENOBUFS, syscall.ENOBUFS}, []string{"a"}, []string{"a"}, nil, 1},
		{"no route", []error{syscall.EHOSTUNREACH, syscall.ENETUNREACH}, []string{"a", "b"}, []string{"a", "b"}, nil, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				conn, dials := &flaky{errs: c.errs}, 0
				config := RemoteConfig{RemoteOptions: RemoteOptions{Network: "udp", Host: "192.0.2.1", Port: 514}}
				config.Dial = func(context.Context, string, string, netip.Addr) (net.Conn, error) {
					dials++
					return conn, nil
				}
				r := started(t, config)
				r.Write(batch(c.text...))
				time.Sleep(time.Minute)
				if err := r.Close(t.Context()); err != nil {
					t.Fatal(err)
				}
				equal(t, "datagrams", conn.sent, c.sent)
				counters := r.Counters()
				for reason, n := range c.dropped {
					if counters.Dropped[reason] != n {
						t.Errorf("counters %+v", counters)
					}
				}
				if dials != c.dials || counters.Delivered != uint64(len(c.sent)) {
					t.Errorf("%d dials, counters %+v", dials, counters)
				}
				checkCounters(t, r)
			})
		})
	}
}

// TestNamesAreResolvedAgain: a name is believed for a minute.
func TestNamesAreResolvedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, dials := &flaky{}, 0
		config := RemoteConfig{RemoteOptions: RemoteOptions{Network: "udp", Host: "logs.example.net", Port: 514}}
		config.Dial = func(_ context.Context, _, address string, _ netip.Addr) (net.Conn, error) {
			if address != "logs.example.net:514" {
				t.Errorf("dialled %s", address)
			}
			dials++
			return conn, nil
		}
		r := started(t, config)
		for range 10 {
			r.Write(batch("tick"))
			r.fold.forget()
			time.Sleep(20 * time.Second)
		}
		if err := r.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if dials != 2 || len(conn.sent) != 10 { // a third, once there is more to send
			t.Errorf("%d dials, %d sent", dials, len(conn.sent))
		}
	})
}

// shared is one of several sockets whose datagrams are noted together, in the order
// in which they were sent.
type shared struct {
	flaky
	to   string
	note func(to, text string)
}

func (s *shared) Write(b []byte) (int, error) {
	s.note(s.to, string(b))
	return len(b), nil
}

// TestDatagramsStayInOrder: a change of the target while datagrams are on their way
// costs none, repeats none, and none overtakes another.
func TestDatagramsStayInOrder(t *testing.T) {
	var r *Remote
	var sent, targets []string
	o := RemoteOptions{Network: "udp", Host: "192.0.2.1", Port: 514}
	all := make(chan struct{})
	note := func(to, text string) {
		if len(targets) == 0 || targets[len(targets)-1] != to {
			targets = append(targets, to)
		}
		if sent = append(sent, text); len(sent)%100 == 50 { // in the middle of a burst
			o.Port++
			r.Reconfigure(o)
		}
		if len(sent) == 1000 {
			close(all)
		}
	}
	config := RemoteConfig{RemoteOptions: o}
	config.Dial = func(_ context.Context, _, address string, _ netip.Addr) (net.Conn, error) {
		return &shared{to: address, note: note}, nil
	}
	r = remote(t, config)
	var want []string
	for i := range 100 {
		var some []string
		for j := range 10 {
			some = append(some, fmt.Sprint("datagram ", 10*i+j))
		}
		r.Write(batch(some...))
		want = append(want, some...)
	}
	<-all
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	equal(t, "datagrams", sent, want)
	if len(targets) != 11 {
		t.Errorf("targets %q", targets)
	}
	checkCounters(t, r)
}
