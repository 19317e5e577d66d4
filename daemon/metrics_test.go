package daemon

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"loggia/op"
)

// readExposition reads the text format as its specification has it, with the
// rules of promtool besides: every family once, with HELP and TYPE in front of
// its samples, counters that end in _total, no sample twice.
func readExposition(t *testing.T, page string) map[string]float64 {
	t.Helper()
	if !strings.HasSuffix(page, "\n") {
		t.Error("the last line has no end")
	}
	values := map[string]float64{}
	help, kind := map[string]bool{}, map[string]string{}
	comment := regexp.MustCompile(`^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$`)
	sample := regexp.MustCompile(`^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\\\|\\n|\\")*",?)*)\})? (\S+)$`)
	family := ""
	for _, line := range strings.Split(strings.TrimSuffix(page, "\n"), "\n") {
		if m := comment.FindStringSubmatch(line); m != nil {
			if m[1] == "HELP" {
				if family = m[2]; help[family] {
					t.Errorf("%s is there twice", family)
				}
				help[family] = true
				continue
			}
			if m[2] != family || kind[family] != "" {
				t.Errorf("TYPE out of place: %s", line)
			}
			kind[family] = m[3]
			if (m[3] == "counter") != strings.HasSuffix(family, "_total") || m[3] != "counter" && m[3] != "gauge" {
				t.Errorf("%s is a %s", family, m[3])
			}
			continue
		}
		m := sample.FindStringSubmatch(line)
		if m == nil {
			t.Errorf("no sample: %q", line)
			continue
		}
		if m[1] != family || kind[family] == "" {
			t.Errorf("%q is not in its family", line)
		}
		n, err := strconv.ParseFloat(m[3], 64)
		if err != nil {
			t.Errorf("%q: %v", line, err)
		}
		key, _, _ := strings.Cut(line, "} ")
		if m[2] == "" {
			key = m[1]
		}
		if _, twice := values[key]; twice {
			t.Errorf("twice: %q", line)
		}
		values[key] = n
	}
	return values
}

func TestMetricsAreWellFormed(t *testing.T) {
	st := op.Statistics{
		Sources: []op.SourceStatistics{{Name: "unix /run/\"odd\"\\\nname\xff", Received: 7, Accepted: 5, Refused: []op.Reason{{Reason: "queue-full", Count: 2}},
			Anomalies: []op.Reason{{Reason: "no-priority", Count: 1}}}, {Name: "self"}},
		Destinations: []op.DestinationStatistics{{Name: "file messages", Accepted: 1 << 40, Delivered: 1<<40 - 1, Dropped: []op.Reason{{Reason: "no-space", Count: 1}}}, {Name: "user *"}},
		Expressions:  []op.ExpressionStatistics{{Text: `match "a|\"b\""`, Evaluated: 3, Cost: 150 * time.Nanosecond}},
	}
	var b bytes.Buffer
	if _, err := metricsOf(st, op.Storage{Logs: 10, Spools: 20, Limit: 1 << 50, State: "warning"}, 1, time.Unix(1700000000, 500e6), "1.0").WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	got := readExposition(t, b.String())
	for key, want := range map[string]float64{
		`loggia_build_info{version="1.0"`:       1,
		`loggia_start_time_seconds`:             1700000000.5,
		`loggia_storage_held_bytes{what="logs"`: 10, `loggia_storage_held_bytes{what="spools"`: 20, `loggia_storage_limit_bytes`: 1 << 50,
		`loggia_storage_state{state="warning"`: 1, `loggia_storage_state{state="ok"`: 0,
		`loggia_received_messages_total{source="unix /run/\"odd\"\\\nname` + "\uFFFD" + `"`: 7,
		`loggia_selected_messages_total{destination="file messages"`:                        1 << 40,
		`loggia_dropped_messages_total{destination="file messages",reason="no-space"`:       1,
		`loggia_expression_cost_seconds{statement="match \"a|\\\"b\\\"\""`:                  150e-9,
	} {
		if n, ok := got[key]; !ok || n != want {
			t.Errorf("%s: %v (%v), want %v", key, n, ok, want)
		}
	}
}

func newMetrics(t *testing.T) *metrics {
	m := &metrics{alarm: func(place string, err error) {
		if err != nil {
			t.Errorf("%s: %v", place, err)
		}
	}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "up 1") })
	m.page = mux
	t.Cleanup(m.close)
	return m
}

func metricsPort(t *testing.T) uint16 {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}()
	return l.Addr().(*net.TCPAddr).AddrPort().Port()
}

func ask(method, url string) (int, string, error) {
	req, err := http.NewRequest(method, url, nil)
	if err != nil {
		return 0, "", err
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}
	res, err := client.Do(req)
	if err != nil {
		return 0, "", err
	}
	body, err := io.ReadAll(res.Body)
	return res.StatusCode, string(body), errors.Join(err, res.Body.Close())
}

func TestMetricsServerChangesOver(t *testing.T) {
	m, port := newMetrics(t), metricsPort(t)
	commit := func(at netip.AddrPort) {
		t.Helper()
		p, err := m.prepare(context.Background(), at, false)
		if err != nil {
			t.Fatal(err)
		}
		p.Apply()
	}
	loop, all := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port), netip.AddrPortFrom(netip.IPv4Unspecified(), port)
	for _, at := range []netip.AddrPort{loop, loop, all, loop} {
		commit(at)
		if code, body, err := ask("GET", fmt.Sprintf("http://%s/metrics", loop)); err != nil || code != 200 || body != "up 1\n" {
			t.Fatalf("%s: %d %q %v", at, code, body, err)
		}
	}
	for path, want := range map[string]int{"/": 404, "/metrics/x": 404, "/debug/pprof/": 404} {
		if code, _, err := ask("GET", fmt.Sprintf("http://%s%s", loop, path)); err != nil || code != want {
			t.Errorf("%s: %d %v", path, code, err)
		}
	}
	if code, _, err := ask("POST", fmt.Sprintf("http://%s/metrics", loop)); err != nil || code != 405 {
		t.Errorf("POST: %d %v", code, err)
	}
	p, err := m.prepare(context.Background(), netip.AddrPortFrom(loop.Addr(), metricsPort(t)), false)
	if err != nil {
		t.Fatal(err)
	}
	p.Abort()
	if code, _, err := ask("GET", fmt.Sprintf("http://%s/metrics", loop)); err != nil || code != 200 {
		t.Errorf("after an abort: %d %v", code, err)
	}
	commit(netip.AddrPort{})
	if _, _, err := ask("GET", fmt.Sprintf("http://%s/metrics", loop)); err == nil {
		t.Error("still serves")
	}
}

func TestMetricsPortInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().(*net.TCPAddr).AddrPort()
	m := newMetrics(t)
	if _, err := m.prepare(context.Background(), at, false); err == nil {
		t.Error("a port in use is accepted")
	}
	var mu sync.Mutex
	var alarms []error
	works := make(chan struct{}, 1)
	m.alarm = func(_ string, err error) {
		mu.Lock()
		alarms = append(alarms, err)
		mu.Unlock()
		if err == nil {
			works <- struct{}{}
		}
	}
	p, err := m.prepare(context.Background(), at, true)
	if err != nil {
		t.Fatal(err)
	}
	p.Apply()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-works:
	case <-time.After(time.Minute):
		t.Fatal("the address is not tried again")
	}
	if code, _, err := ask("GET", fmt.Sprintf("http://%s/metrics", at)); err != nil || code != 200 {
		t.Errorf("%d %v", code, err)
	}
	if mu.Lock(); alarms[0] == nil {
		t.Error("no alarm")
	}
	mu.Unlock()
}
