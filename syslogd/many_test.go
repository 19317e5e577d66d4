package syslogd

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"loggia/audit/event"
)

// many is a configuration of n files and n hosts.
func many(t testing.TB, n int) Config {
	var c Config
	for i := range n {
		f := toFile(t, fmt.Sprintf("file-%d", i), "daemon info", "kernel any")
		f.Match = []string{"", "error|fail.*(ssh|mgd)", "BGP_.*STATE"}[i%3]
		c.Files = append(c.Files, f)
		h := &Host{Place: fmt.Sprintf("host %d", i), Name: fmt.Sprintf("127.0.%d.%d", 1+i/250, 1+i%250), Port: 9, Selection: Selection{Rules: rules(t, "daemon info")}}
		c.Hosts = append(c.Hosts, h)
	}
	return c
}

// TestManyDestinations: hosts that nothing was sent to have nothing on the disk,
// and each destination gets what it is to get.
func TestManyDestinations(t *testing.T) {
	const n = 100
	dir := filepath.Join(t.TempDir(), "spool")
	w := startWith(t, many(t, n), func(o *Options) { o.SpoolDir = dir })
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		t.Errorf("%d spools before the first record", len(entries))
	}
	texts := []string{"BGP_X STATE", "fail of sshd", "neither"}
	for _, text := range texts {
		w.Log(event.Subject{PID: 1}, event.Entry{Process: "p", Facility: event.Daemon, Severity: event.Info, Text: text})
	}
	for i, d := range w.Statistics().Destinations {
		want := uint64(len(texts))
		if d.Kind == KindFile && i%3 > 0 {
			want = 1
		}
		if d.Selected != 3 || d.Sink.Accepted != want {
			t.Fatalf("%s %s: %+v", d.Kind, d.Name, d)
		}
		if d.Kind == KindFile && strings.Count(w.text(d.Name), "\n") != int(want) {
			t.Errorf("%s: %s", d.Name, w.text(d.Name))
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != n {
		t.Errorf("%d spools, %v", len(entries), err)
	}
}

// BenchmarkManyDestinations is a first commit of 7,000 files and 7,000 hosts, a
// commit that changes one of them, and records for all of them.
func BenchmarkManyDestinations(b *testing.B) {
	const n = 7000
	c := many(b, n)
	took := map[string]time.Duration{}
	for b.Loop() {
		w := startWith(b, Config{}, func(o *Options) { o.SpoolDir = filepath.Join(b.TempDir(), "spool") })
		step := func(name string, f func()) {
			began := time.Now()
			f()
			took[name] += time.Since(began)
		}
		step("first", func() { w.commit(c) })
		next := c
		next.Files = slices.Clone(c.Files)
		other := *c.Files[17]
		other.Size = 1 << 20
		next.Files[17] = &other
		step("one-leaf", func() { w.commit(next) })
		for _, name := range []string{"log", "log-again"} {
			entry := event.Entry{Facility: event.Daemon, Severity: event.Info, Text: name}
			step(name, func() { w.Log(event.Subject{}, entry) })
		}
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(entries)), "descriptors")
		step("close", w.close)
	}
	for name, d := range took {
		b.ReportMetric(float64(d.Milliseconds())/float64(b.N), name+"-ms")
	}
}
