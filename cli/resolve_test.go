package cli

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestNamesForAddresses(t *testing.T) {
	asked := 0
	n := &names{known: map[string]string{}, ask: func(_ context.Context, address string) ([]string, error) {
		asked++
		if address == "192.0.2.1" || address == "2001:db8::1" {
			return []string{"gate.example.net."}, nil
		}
		return nil, errors.New("no such host")
	}}
	for line, want := range map[string]string{
		"from 192.0.2.1, to 192.0.2.1:514\n": "from gate, to gate:514\n",
		"[2001:db8::1]":                      "[gate]",
		"192.0.2.0/24 and 192.0.2.2":         "192.0.2.0/24 and 192.0.2.2",
		"10:20:30 1.2.3 x":                   "10:20:30 1.2.3 x",
	} {
		if got := string(n.line([]byte(line))); got != want {
			t.Errorf("%q: %q", line, got)
		}
	}
	if asked != 4 {
		t.Errorf("asked %d times", asked)
	}
	n.full, n.known = true, map[string]string{}
	if got := n.name("192.0.2.1"); got != "gate.example.net" {
		t.Error(got)
	}
}

func TestRefreshRunsUntilItIsInterrupted(t *testing.T) {
	l := newLab(t)
	ctx, cancel := context.WithCancel(context.Background())
	o := l.options("user")
	var out strings.Builder
	o.Screen = NewBatchScreen(&writerFunc{func(b []byte) {
		out.Write(b)
		if strings.Count(out.String(), "Current directory") == 2 {
			cancel()
		}
	}}, NewListSource("", ""))
	began := time.Now()
	err := New(o).runLine(ctx, "show cli directory | refresh 1")
	if !errors.Is(err, context.Canceled) || time.Since(began) < time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
	want := strings.Repeat("---(refreshed at 2026-11-22 10:00:00 UTC)---\nCurrent directory: /var/home/user\n", 2)
	if out.String() != want {
		t.Errorf("%s", out.String())
	}
	o.Batch = true
	if err := New(o).runLine(context.Background(), "show cli directory | refresh 1"); err == nil || !strings.Contains(err.Error(), "needs a terminal") {
		t.Errorf("a batch: %v", err)
	}
}

type writerFunc struct{ f func([]byte) }

func (w *writerFunc) Write(b []byte) (int, error) { w.f(b); return len(b), nil }
