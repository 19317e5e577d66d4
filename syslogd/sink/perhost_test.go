package sink

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"loggia/audit/event"
	"loggia/syslogd/logfile"
	"loggia/syslogd/wire"
)

// house is a PerHost with its directories.
type house struct {
	*PerHost
	t        testing.TB
	dir, idx string
	alarms   chan Alarm
}

func newHouse(t testing.TB, o FileOptions, adjust func(*PerHost)) *house {
	h := &house{t: t, dir: t.TempDir(), idx: t.TempDir(), alarms: make(chan Alarm, 1000)}
	h.start(o, adjust)
	return h
}

func (h *house) start(o FileOptions, adjust func(*PerHost)) {
	h.t.Helper()
	if o.Style.HostName == "" {
		o.Style = wire.Style{HostName: "box", FacilityOverride: -1}
	}
	if o.Size == 0 {
		o.Size = 1 << 20
	}
	o.Files = max(o.Files, 1)
	var err error
	h.PerHost, err = NewPerHost(FileConfig{Dir: h.dir, IndexDir: h.idx, Name: "all", Place: "system syslog file all", FileOptions: o,
		Report: func(a Alarm) { h.alarms <- a }})
	if err != nil {
		h.t.Fatal(err)
	}
	if adjust != nil {
		adjust(h.PerHost)
	}
}

func (h *house) stop() {
	h.t.Helper()
	if err := h.Close(context.Background()); err != nil {
		h.t.Fatal(err)
	}
	c := h.Counters()
	if c.Accepted != c.Delivered+c.Repeated+c.Lost() {
		h.t.Errorf("counters do not add up: %+v", c)
	}
}

// text returns the lines of a sender, archives included, without those that the
// file made itself.
func (h *house) text(sender string) []string {
	h.t.Helper()
	log, err := logfile.Open(filepath.Join(h.dir, PerHostDir, sender), filepath.Join(h.idx, PerHostDir, sender), "all")
	if err != nil {
		h.t.Fatal(err)
	}
	defer log.Close()
	var lines []string
	for line, err := range log.All(context.Background()) {
		if err != nil {
			h.t.Fatal(err)
		}
		if line.Kind == 0 {
			lines = append(lines, string(line.Text))
		}
	}
	return lines
}

// from makes lines of hosts, as a file shows them.
func from(hostsAndTexts ...string) *Lines {
	l := &Lines{Received: time.Now()}
	for i := 0; i < len(hostsAndTexts); i += 2 {
		text := "Nov 22 14:00:00 " + hostsAndTexts[i] + " app: " + hostsAndTexts[i+1]
		sum := fnv.New64a()
		_, _ = sum.Write([]byte(text))
		l.append([]byte(text+"\n"), Line{Hash: sum.Sum64(), Facility: event.Daemon, Severity: event.Info})
	}
	return l
}

func TestSenderNames(t *testing.T) {
	seen := map[string]string{}
	for host, want := range map[string]string{
		"web1":                    "web1",
		"Web2.Example.NET":        "web2.example.net",
		"2001:db8::1":             "2001:db8::1",
		"::1":                     "::1",
		"10.0.0.1":                "10.0.0.1",
		"":                        "_-811c9dc5",
		".":                       "",
		"..":                      "",
		"../../etc/passwd":        "",
		".hidden":                 "",
		"-rf":                     "",
		"_overflow":               "",
		"a/b":                     "",
		"a\x00b":                  "",
		"h\xc3\xa9":               "",
		strings.Repeat("x", 64):   strings.Repeat("x", 64),
		strings.Repeat("x", 65):   "",
		strings.Repeat("x", 255):  "",
		strings.Repeat("/", 1000): "",
	} {
		got := SenderName(host)
		if want != "" && got != want {
			t.Errorf("%q: %q, want %q", host, got, want)
		}
		if want == "" && got[0] != '_' || got == overflowSender {
			t.Errorf("%q: %q could be a host's", host, got)
		}
		if len(got) > maxSenderName || got != filepath.Base(got) || got == ".." || strings.ContainsAny(got, "/\x00") {
			t.Errorf("%q: %q is no safe name", host, got)
		}
		if other, ok := seen[got]; ok {
			t.Errorf("%q and %q share %q", host, other, got)
		}
		seen[got] = host
	}
}

func TestPerHostKeepsSendersApart(t *testing.T) {
	h := newHouse(t, FileOptions{Files: 3}, func(p *PerHost) { p.most = 3 })
	want := map[string][]string{}
	for i := range 40 {
		var all []string
		for n := range 7 { // more than stay open, several times in a batch
			host, text := fmt.Sprintf("web%d", n*(i+1)%11), fmt.Sprintf("message %d.%d", i, n)
			all = append(all, host, text)
			want[host] = append(want[host], "Nov 22 14:00:00 "+host+" app: "+text)
		}
		h.Write(from(all...))
		if len(h.open) > 3 {
			t.Fatalf("%d files are open", len(h.open))
		}
	}
	for host, lines := range want {
		equal(t, host, h.text(host), lines)
	}
	if c := h.Counters(); c.Accepted != 280 || c.Delivered != 280 {
		t.Errorf("%+v", c)
	}
	h.stop()

	h.start(FileOptions{}, nil)
	if h.senders != 11 {
		t.Errorf("%d senders after a restart", h.senders)
	}
	h.Write(from("WEB1", "again"))
	equal(t, "after a restart", h.text("web1"), append(want["web1"], "Nov 22 14:00:00 WEB1 app: again"))
	if err := h.Clear("web1", "", true); err != nil {
		t.Fatal(err)
	}
	if err := h.Clear("../web1", "", true); err == nil {
		t.Error("cleared outside")
	}
	if err := h.Clear("web99", "", true); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("clear of nothing: %v", err)
	}
	equal(t, "after clear", h.text("web1"), nil)
	h.stop()
}

func TestPerHostRotatesEachFile(t *testing.T) {
	h := newHouse(t, FileOptions{Size: 1000, Files: 4}, func(p *PerHost) { p.most = 2 })
	for i := range 200 {
		h.Write(from("a", fmt.Sprint("text ", i), "b", fmt.Sprint("text ", i), "c", fmt.Sprint("text ", i)))
	}
	h.stop()
	h.start(FileOptions{Size: 1000, Files: 4}, nil)
	for _, host := range []string{"a", "b", "c"} {
		h.Write(from(host, "last"))
		lines := h.text(host)
		if len(lines) < 80 || !strings.HasSuffix(lines[len(lines)-1], "last") || !strings.HasSuffix(lines[len(lines)-2], "text 199") {
			t.Errorf("%s: %d lines, the last %q", host, len(lines), lines[max(len(lines)-2, 0):])
		}
	}
	oldest, ok := h.Oldest(false)
	if !ok || oldest.After(time.Now()) {
		t.Errorf("oldest %v %v", oldest, ok)
	}
	total := 0
	for {
		freed, err := h.Reclaim(false)
		if err != nil {
			t.Fatal(err)
		}
		if freed == 0 {
			break
		}
		total++
	}
	if total < 10 || len(h.text("a")) == 0 {
		t.Errorf("%d archives removed, %d lines left of a", total, len(h.text("a")))
	}
	h.stop()
}

// TestTooManySenders tells that the number of directories is bounded, and that
// what comes beyond is kept and said.
func TestTooManySenders(t *testing.T) {
	h := newHouse(t, FileOptions{}, func(p *PerHost) { p.limit = 5 })
	for i := range 20 {
		h.Write(from(fmt.Sprint("host", i), "text"))
	}
	if got := len(h.text(overflowSender)); got != 15 {
		t.Errorf("%d lines in %s", got, overflowSender)
	}
	entries, err := os.ReadDir(filepath.Join(h.dir, PerHostDir))
	if err != nil || len(entries) != 6 {
		t.Errorf("%d directories, %v", len(entries), err)
	}
	if a := <-h.alarms; a.Err == nil || !strings.Contains(a.String(), "more than 5 senders") || len(h.alarms) != 0 {
		t.Errorf("alarm %v, and %d more", a, len(h.alarms))
	}
	h.stop()
}

func TestPerHostSurvivesRemovedDirectories(t *testing.T) {
	h := newHouse(t, FileOptions{}, func(p *PerHost) { p.most = 1 })
	h.Write(from("a", "1", "b", "1"))
	if err := os.RemoveAll(filepath.Join(h.dir, PerHostDir)); err != nil {
		t.Fatal(err)
	}
	h.Write(from("a", "2"))
	h.Write(from("b", "2"))
	equal(t, "a", h.text("a"), []string{"Nov 22 14:00:00 a app: 2"})
	equal(t, "b", h.text("b"), []string{"Nov 22 14:00:00 b app: 2"})
	h.stop()
}

func TestPerHostExpiresWhatSleeps(t *testing.T) {
	h := newHouse(t, FileOptions{Size: 300, Files: 50}, func(p *PerHost) { p.most = 1 })
	for i := range 30 {
		h.Write(from("a", fmt.Sprint(i)))
	}
	h.stop()
	old := time.Now().Add(-72 * time.Hour)
	archives, err := filepath.Glob(filepath.Join(h.dir, PerHostDir, "a", "all.*"))
	if err != nil || len(archives) == 0 {
		t.Fatal(archives, err)
	}
	for _, name := range archives {
		if err := os.Chtimes(name, old, old); err != nil {
			t.Fatal(err)
		}
	}
	h.start(FileOptions{Size: 300, Files: 50, Retain: 48 * time.Hour}, nil)
	h.Reopen()
	if left, _ := filepath.Glob(filepath.Join(h.dir, PerHostDir, "a", "all.*")); len(left) != 0 {
		t.Errorf("left %q", left)
	}
	h.stop()
}

// TestPerHostTakesNoMemoryForSleepers writes for many senders, and looks at what
// stays.
func TestPerHostTakesNoMemoryForSleepers(t *testing.T) {
	h := newHouse(t, FileOptions{}, func(p *PerHost) { p.most = 4 })
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	for i := range 50 {
		h.Write(from(fmt.Sprintf("early%d", i), "text"))
	}
	before := heap()
	const n = 500
	for i := range n {
		h.Write(from(fmt.Sprintf("host%d", i), "text"))
	}
	if grown := int64(heap()) - int64(before); grown > 300*n {
		t.Errorf("%d bytes for each of %d senders", grown/n, n)
	}
	h.stop()
}

func BenchmarkPerHost(b *testing.B) {
	for _, hosts := range []int{1, 40, 1000} {
		b.Run(fmt.Sprint(hosts, " hosts"), func(b *testing.B) {
			h := newHouse(b, FileOptions{Size: 1 << 30}, nil)
			var all []string
			for i := range 5000 {
				all = append(all, fmt.Sprint("host", i%hosts), "some text that a message has, of the usual length or nearly")
			}
			l := from(all...)
			l.Received = time.Now()
			h.Write(l)
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				h.Write(l)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*5000), "ns/msg")
			h.stop()
		})
	}
}
