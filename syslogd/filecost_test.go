package syslogd

import (
	"fmt"
	"testing"
	"time"

	"loggia/syslogd/sink"
	"loggia/syslogd/wire"
)

// fileEngine is an engine that writes everything to one file, narrowed as far as
// it can be, below a watched disk.
func fileEngine(t testing.TB, fold bool) *world {
	t.Helper()
	f := toFile(t, "all", "any any")
	f.From, f.Programs, f.HostMatch = prefixes("10.0.0.0/8 127.0.0.0/8"), []string{"sshd", "app*"}, "^(web|db)"
	f.AllowDuplicates = !fold
	return start(t, Config{HostName: "box", Files: []*File{f},
		Storage: Storage{Place: "system syslog storage", Reserve: 1}})
}

// TestFilePathAllocatesNothing follows a batch from its buffer to the file, with
// every form, every origin, and with repetitions folded: nothing is allocated.
func TestFilePathAllocatesNothing(t *testing.T) {
	forms := map[string]string{
		"RFC 3164":         "<13>Nov 22 14:15:16 web1 app[%d]: text of a message %d",
		"RFC 5424":         `<13>1 2026-11-22T14:15:16.5Z db1 sshd %d - [a@1 b="c"] text of a message %d`,
		"without header":   "text %d of a message %d",
		"cisco":            "<13>%d: web1: Nov 22 14:15:16.123: app: message %d",
		"the same message": "<13>Nov 22 14:15:16 web1 app: text of a message",
	}
	origins := map[string]wire.Origin{"udp": sentBy("10.0.0.1"), "unix": {Kind: wire.Unix, UID: 1000}, "kernel": {Kind: wire.Kern}}
	for _, fold := range []bool{false, true} {
		w := fileEngine(t, fold)
		for form, text := range forms {
			for origin, from := range origins {
				var messages []string
				for i := range 100 {
					if form == "the same message" {
						messages = append(messages, text)
					} else {
						messages = append(messages, fmt.Sprintf(text, i, i))
					}
				}
				b := batch(from, messages...)
				b.Received = time.Now()
				records := len(b.Records)
				var p wire.Parser
				ends := make([]int, 0, records)
				for i := range b.Records {
					ends = append(ends, int(b.Records[i].Raw.Off+b.Records[i].Raw.Len))
				}
				step := func() {
					b.Records = b.Records[:0]
					at := 0
					for _, end := range ends {
						p.Parse(b, at, end)
						at = end
					}
					w.Submit(b)
				}
				// Once in a second a file is looked at, and its counters are saved: that is
				// work for each file. Under the race detector pools lose what they hold at
				// random: that is work for each batch. One for each message would be 100.
				if n := testing.AllocsPerRun(100, step); n > float64(records)/4 {
					t.Errorf("%s from %s, folded %v: %v allocations for %d messages", form, origin, fold, n, records)
				}
			}
		}
		w.close()
	}
}

// BenchmarkFile is the way from a buffer of unparsed messages to the file.
func BenchmarkFile(b *testing.B) {
	for _, fold := range []bool{false, true} {
		b.Run(fmt.Sprintf("fold=%v", fold), func(b *testing.B) {
			w := fileEngine(b, fold)
			var messages []string
			for i := range 1000 {
				messages = append(messages, fmt.Sprintf("<13>Nov 22 14:15:16 web1 app[%d]: the text of a message of usual length, with a number %d and more words", i, i))
			}
			bt := batch(sentBy("10.0.0.1"), messages...)
			bt.Received = time.Now()
			b.ReportAllocs()
			for b.Loop() {
				w.Submit(bt)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(messages)), "ns/msg")
			if n := w.Statistics().Destinations[0].Sink.Dropped[sink.NoSpace]; n > 0 {
				b.Fatalf("%d messages dropped", n)
			}
		})
	}
}
