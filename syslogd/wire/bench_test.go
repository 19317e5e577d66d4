package wire

import (
	"fmt"
	"syscall"
	"testing"
	"time"
)

// benchMessages are what the scenarios send: short lines of services in both
// formats, some with structured data.
var benchMessages = []struct{ name, text string }{
	{"rfc3164", "<30>Nov 22 14:30:%02d web17 nginx[4711]: 192.0.2.77 GET /api/v1/items/99 200 5120 0.012 agent=probe/1.2 trace=5f3c9a seq=000123456."},
	{"rfc5424", "<30>1 2026-11-22T14:30:%02d.123456Z web17 nginx 4711 access - 192.0.2.77 GET /api/v1/items/99 200 5120 0.012 agent=probe/1.2 trace=5f3c9a seq=000123456."},
	{"rfc5424sd", `<30>1 2026-11-22T14:30:%02d.123456+01:00 web17 nginx 4711 access [timeQuality tzKnown="1" isSynced="1" syncAccuracy="500"][meta@1 id="77"] 192.0.2.77 GET /api/v1/items/99 200 5120 0.012 seq=000123456.`},
}

// batchOf makes a batch of n messages a buffer long, and their ends.
func batchOf(text string, n int) (*Batch, []int) {
	b := udp("")
	b.Received = time.Date(2026, 11, 22, 14, 30, 59, 0, time.UTC)
	var ends []int
	for i := range n {
		b.Buf = fmt.Appendf(b.Buf, text, i%60)
		ends = append(ends, len(b.Buf))
	}
	return b, ends
}

// run calls step for b.N messages, a batch of 512 at a time.
func run(b *testing.B, text string, step func(*Batch, int, int)) {
	batch, ends := batchOf(text, 512)
	b.ReportAllocs()
	b.SetBytes(int64(len(batch.Buf) / len(ends)))
	b.ResetTimer()
	start := cpuTime(b)
	defer func() { b.ReportMetric(float64(cpuTime(b)-start)/float64(b.N), "cpu-ns/op") }()
	for n := 0; n < b.N; {
		batch.Records = batch.Records[:0]
		from := 0
		for _, end := range ends {
			step(batch, from, end)
			from = end
			if n++; n == b.N {
				break
			}
		}
	}
}

// cpuTime is what the process has used. Unlike the wall clock it does not count
// what else runs on the machine.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkParse(b *testing.B) {
	for _, m := range benchMessages {
		b.Run(m.name, func(b *testing.B) {
			p := Parser{Zone: berlin}
			run(b, m.text, p.Parse)
		})
	}
}

func BenchmarkParseAndFormat(b *testing.B) {
	styles := []struct {
		name  string
		style Style
	}{
		{"standard", with(func(s *Style) { s.Zone = berlin })},
		{"structured", with(func(s *Style) { s.Zone, s.Structured = berlin, true })},
	}
	for _, m := range benchMessages {
		for _, s := range styles {
			b.Run(m.name+"/"+s.name, func(b *testing.B) {
				p := Parser{Zone: berlin}
				var c Stamps
				out := make([]byte, 0, 4096)
				run(b, m.text, func(batch *Batch, from, end int) {
					p.Parse(batch, from, end)
					out = s.style.Append(out[:0], batch, &batch.Records[len(batch.Records)-1], &c)
				})
			})
		}
	}
}

func BenchmarkIdentity(b *testing.B) {
	batch, _ := batchOf(benchMessages[0].text, 1)
	r := parsed(batch, berlin)
	b.ReportAllocs()
	for b.Loop() {
		Identity(batch, r)
	}
}

func TestParseAndFormatAllocateNothing(t *testing.T) {
	for _, m := range benchMessages {
		batch, ends := batchOf(m.text, 1)
		p := Parser{Zone: berlin}
		s := with(func(s *Style) { s.Zone, s.Prefix = berlin, "a prefix that is longer than a small buffer on the stack" })
		var c Stamps
		out := make([]byte, 0, 4096)
		step := func() {
			batch.Records = batch.Records[:0]
			p.Parse(batch, 0, ends[0])
			s.Structured = !s.Structured
			out = s.Append(out[:0], batch, &batch.Records[0], &c)
			Identity(batch, &batch.Records[0])
		}
		step()
		if n := testing.AllocsPerRun(100, step); n != 0 {
			t.Errorf("%s: %v allocations a message", m.name, n)
		}
	}
}
