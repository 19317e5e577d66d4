package sink

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// TestFailureReason: failures that differ in what is new in every attempt are of
// one kind, others are not.
func TestFailureReason(t *testing.T) {
	from := func(port int) *net.TCPAddr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port} }
	op := func(op string, port int, err error) error {
		return &net.OpError{Op: op, Net: "tcp", Source: from(port), Addr: from(6514), Err: err}
	}
	errno := func(call string, e syscall.Errno) error { return os.NewSyscallError(call, e) }
	shaken := func(err error) error { return &handshakeError{err: err} }
	lookup := func(port int) error {
		return &net.DNSError{Name: "logs", Err: fmt.Sprintf("read udp 127.0.0.1:%d->127.0.0.53:53: i/o timeout", port), IsTimeout: true}
	}
	for i, kind := range [][]error{
		{op("dial", 1, errno("connect", syscall.ECONNREFUSED)), op("dial", 2, errno("connect", syscall.ECONNREFUSED))},
		{op("dial", 1, errno("connect", syscall.EHOSTUNREACH))},
		{op("dial", 1, os.ErrDeadlineExceeded), context.DeadlineExceeded},
		{op("dial", 1, lookup(1)), lookup(2)},
		{&net.DNSError{Name: "logs", Err: "no such host", IsNotFound: true}},
		{shaken(op("read", 1, errno("read", syscall.ECONNRESET))), shaken(op("read", 2, errno("read", syscall.ECONNRESET)))},
		{shaken(context.DeadlineExceeded)},
		{shaken(errors.New("logs: certificate signed by unknown authority"))},
		{shaken(errors.New("logs: is no permitted peer"))},
		{shaken(errors.New("logs: certificate has expired: current time 2026-11-22T10:00:00Z is after 2026-11-01T00:00:00Z")),
			shaken(errors.New("logs: certificate has expired: current time 2026-11-22T10:00:07Z is after 2026-11-01T00:00:00Z"))},
		{shaken(errors.New("tls: received record with version 4d54 when expecting version 303")),
			shaken(errors.New("tls: received record with version 4e20 when expecting version 303"))},
	} {
		for _, err := range kind {
			if got, want := failureReason(err), failureReason(kind[0]); got != want {
				t.Errorf("%d: %v is %q, not %q", i, err, got, want)
			}
		}
		for _, other := range []error{errors.New("x"), shaken(errors.New("x")), shaken(errno("read", syscall.EPIPE))} {
			if failureReason(kind[0]) == failureReason(other) {
				t.Errorf("%d: %v is like %v", i, kind[0], other)
			}
		}
	}
}

// TestOutage: each kind is told once, no more than so many in a minute, those that
// were not are counted, and a connection begins anew.
func TestOutage(t *testing.T) {
	var o outage
	now := time.Unix(1000, 0)
	tells := func(reason, want string) {
		t.Helper()
		more, ok := o.tells(failure{reason: reason}, now)
		if got := fmt.Sprint(ok, more); got != want {
			t.Errorf("%s: %s, want %s", reason, got, want)
		}
	}
	tells("a", "true")
	tells("a", "false")
	tells("b", "true")
	tells("a", "false")
	if text := o.ends(); text != "" {
		t.Error(text)
	}
	tells("a", "true")
	tells("c", "true")
	tells("d", "true") // the fifth of this minute
	tells("e", "false")
	tells("a", "false")
	tells("e", "false")
	now = now.Add(outagePause)
	tells("a", "true (2 more failures, for other reasons, are not on record)")
	tells("e", "true")
	tells("e", "false")
	for i := range 10 {
		tells(fmt.Sprint(i), fmt.Sprint(i < outageRecords-2))
	}
	if text := o.ends(); text != "7 more failures, for other reasons, are not on record" {
		t.Error(text)
	}
	for i := range 100 * outageKinds {
		now = now.Add(outagePause)
		tells(fmt.Sprint(i), "true")
	}
	if len(o.told) != outageKinds {
		t.Errorf("%d are remembered", len(o.told))
	}
	tells("0", "true") // forgotten long ago
}

// TestWhoComesBehindAnOutage: a server that is unreachable first and then somebody
// else is told as both, with what the other has shown; a second one, too.
func TestWhoComesBehindAnOutage(t *testing.T) {
	own, pool := certificate(t)
	to := newReceiver(t, &tls.Config{Certificates: []tls.Certificate{own}})
	var liars []*receiver
	var shown []string
	for range 2 {
		other, _ := certificate(t)
		liars = append(liars, newReceiver(t, &tls.Config{Certificates: []tls.Certificate{other}}))
		shown = append(shown, fingerprint(other.Certificate[0]))
	}
	c := spooled(t, t.TempDir(), to.peer.port())
	c.Network, c.TLS = "tls", &tls.Config{RootCAs: pool}
	c.FirstPause, c.LongPause = time.Millisecond, time.Millisecond
	var attempts atomic.Int64
	c.Dial = func(ctx context.Context, network, address string, source netip.Addr) (net.Conn, error) {
		ports := []uint16{0, 0, liars[0].peer.port(), liars[0].peer.port(), 0, liars[1].peer.port(), liars[0].peer.port(), to.peer.port()}
		port := ports[min(int(attempts.Add(1)), len(ports))-1]
		if port == 0 {
			return nil, &net.OpError{Op: "dial", Net: network, Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
		}
		return dial(ctx, network, fmt.Sprintf("127.0.0.1:%d", port), source)
	}
	var mu sync.Mutex
	var told []Channel
	c.Channel = func(ch Channel) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, ch)
	}
	r := remote(t, c)
	r.Write(batch(structured(0, 10)...))
	eventually(t, "all", to.last(9))
	mu.Lock()
	defer mu.Unlock()
	if len(told) < 4 || told[3].Change != Opened || told[3].Reason != "" {
		t.Fatalf("told %+v", told)
	}
	if f := told[0]; f.Change != Failed || !strings.Contains(f.Reason, "refused") || f.Fingerprint != "" {
		t.Errorf("told %+v", f)
	}
	for i, f := range told[1:3] {
		peer := fmt.Sprintf("127.0.0.1:%d", liars[i].peer.port())
		if f.Change != Failed || !strings.Contains(f.Reason, "unknown authority") || f.Subject != "CN=collector" ||
			f.Fingerprint != shown[i] || !strings.HasPrefix(f.Local, "127.0.0.1:") || f.Peer != peer {
			t.Errorf("told %+v", f)
		}
	}
}
