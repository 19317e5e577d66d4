package spool

import (
	"testing"
	"time"
)

// BenchmarkAppendAndDrain passes batches of 600 records of 208 bytes through a
// spool whose reader keeps pace, and through one whose reader reads from disk.
func BenchmarkAppendAndDrain(b *testing.B) {
	for _, bench := range []struct {
		name  string
		ahead int // batches that wait
	}{{"memory", 1}, {"disk", 100}} {
		b.Run(bench.name, func(b *testing.B) {
			s, _, err := Open(Options{Dir: b.TempDir()})
			if err != nil {
				b.Fatal(err)
			}
			r := s.Reader()
			const records = 600
			text := make([]byte, 208)
			sent := make([]Sent, 0, records)
			now := time.Now()
			put := func() {
				s.Begin(now)
				for range records {
					s.Put(text, Meta{})
				}
				s.End()
			}
			var rec Record
			take := func() {
				sent = sent[:0]
				for len(sent) < records && r.Next(&rec) {
					sent = append(sent, Sent{Seq: rec.Seq, Size: uint32(len(rec.Text))})
				}
				if err := s.Settle(sent, Delivered); err != nil {
					b.Fatal(err)
				}
			}
			for range bench.ahead {
				put()
			}
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				put()
				take()
				n++
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n*records), "ns/record")
			if err := r.Close(); err != nil {
				b.Fatal(err)
			}
			if err := s.Close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}
