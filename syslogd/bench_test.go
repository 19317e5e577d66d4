package syslogd

import (
	"bytes"
	"fmt"
	"net"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"loggia/syslogd/sink"
	"loggia/syslogd/wire"
)

// null is a destination that counts and forgets.
type null struct {
	memory
	n uint64
}

func (d *null) Write(l *sink.Lines) { d.n += uint64(len(l.Lines)) }

// traffic is n messages of 200 bytes or so, RFC 3164 and 5424 in turn, each
// with the facility of its turn among five.
func traffic(n int) []string {
	facilities := []int{1, 3, 4, 9, 16}
	text := "Accepted publickey for operator from 192.0.2.17 port 50022 ssh2: ED25519 SHA256:abcdefghijklmnopqrstuvwxyz0123456789 session opened"
	var all []string
	for i := range n {
		pri := facilities[i%len(facilities)]*8 + 6
		if i%2 == 0 {
			all = append(all, fmt.Sprintf("<%d>Nov 22 14:15:%02d host%d sshd[%d]: %s", pri, i%60, i%7, 1000+i, text))
		} else {
			all = append(all, fmt.Sprintf("<%d>1 2026-11-22T14:15:%02d.%03dZ host%d sshd %d LOGIN - %s", pri, i%60, i%1000, i%7, 1000+i, text))
		}
	}
	return all
}

// BenchmarkRoute is Submit of a batch of 256 parsed records.
func BenchmarkRoute(b *testing.B) {
	for _, files := range []int{1, 5} {
		for _, selection := range []struct {
			name string
			s    func(i int) Selection
		}{
			{"any", func(int) Selection { return Selection{Rules: rules(b, "any any")} }},
			{"by-facility", func(i int) Selection {
				return Selection{Rules: rules(b, []string{"user", "daemon", "authorization", "cron", "local0"}[i]+" any")}
			}},
			{"match", func(i int) Selection {
				return Selection{Rules: rules(b, "any any"), Match: "error|fail.*(ssh|mgd)|SHA256:abc"}
			}},
		} {
			b.Run(fmt.Sprintf("files=%d/%s", files, selection.name), func(b *testing.B) {
				var routes []route
				for i := range files {
					routes = append(routes, route{dest: &destination{sink: &null{}}, wanted: ready(selection.s(i), plain, true)})
				}
				e := engineTo(b, routes...)
				bt := batch(wire.Origin{Kind: wire.TCP}, traffic(256)...)
				b.ReportAllocs()
				for b.Loop() {
					e.Submit(bt)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/256, "ns/msg")
			})
		}
	}
}

func TestSubmitAllocatesNothing(t *testing.T) {
	var routes []route
	for range 3 {
		routes = append(routes, route{&destination{sink: &null{}},
			ready(Selection{Rules: rules(t, "any any"), Match: "opened", MatchStrings: []string{"closed"}}, plain, true)})
	}
	e := engineTo(t, routes...)
	bt := batch(wire.Origin{Kind: wire.TCP}, traffic(256)...)
	e.Submit(bt)
	// A sync.Pool may forget a scratch (under -race it does so on purpose), so
	// a batch may allocate; a message may not.
	if n := testing.AllocsPerRun(50, func() { e.Submit(bt) }); n >= 64 {
		t.Errorf("%v allocations for 256 messages", n)
	}
}

// BenchmarkTCP is end to end: one connection over loopback, newline framing,
// into one file or five by facility.
func BenchmarkTCP(b *testing.B) {
	for _, octets := range []bool{false, true} {
		for _, files := range []int{1, 5} {
			b.Run(fmt.Sprintf("octets=%t/files=%d", octets, files), func(b *testing.B) { benchTCP(b, octets, files) })
		}
	}
}

func benchTCP(b *testing.B, octets bool, files int) {
	port := freePort(b)
	c := Config{Inputs: Inputs{TCP: []Listen{local(port)}}}
	for i := range files {
		word := []string{"user", "daemon", "authorization", "cron", "local0"}[i]
		if files == 1 {
			word = "any"
		}
		f := toFile(b, "f"+strconv.Itoa(i), word+" any")
		f.Archives = 1
		c.Files = append(c.Files, f)
	}
	w := start(b, c)
	const block = 1000
	var buf bytes.Buffer
	for _, m := range traffic(block) {
		if octets {
			fmt.Fprintf(&buf, "%d %s", len(m), m)
		} else {
			buf.WriteString(m + "\n")
		}
	}
	conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(buf.Len()))
	sent := uint64(0)
	for b.Loop() {
		if _, err := conn.Write(buf.Bytes()); err != nil {
			b.Fatal(err)
		}
		sent += block
	}
	if err := conn.Close(); err != nil {
		b.Fatal(err)
	}
	for w.Statistics().Sources[1].Accepted < sent {
		runtime.Gosched()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(sent), "ns/msg")
}

// BenchmarkDatagrams is end to end: one sender, one file.
func BenchmarkDatagrams(b *testing.B) {
	for _, network := range []string{"unix", "udp"} {
		b.Run(network, func(b *testing.B) {
			port := freePort(b)
			path := filepath.Join(b.TempDir(), "s")
			f := toFile(b, "messages", "any any")
			w := start(b, Config{Files: []*File{f}, Inputs: Inputs{UDP: []Listen{local(port)}, Unix: []UnixInput{{"unix", path}}}})
			dial := []string{"udp", fmt.Sprintf("127.0.0.1:%d", port)}
			if network == "unix" {
				dial = []string{"unixgram", path}
			}
			conn, err := net.Dial(dial[0], dial[1])
			if err != nil {
				b.Fatal(err)
			}
			var messages [][]byte
			for _, m := range traffic(256) {
				messages = append(messages, []byte(m))
			}
			sent := uint64(0)
			for b.Loop() {
				if _, err := conn.Write(messages[sent%256]); err != nil {
					b.Fatal(err)
				}
				sent++
			}
			if err := conn.Close(); err != nil {
				b.Fatal(err)
			}
			var s SourceStatistics
			for s.Received+s.KernelDrops < sent {
				for _, in := range w.Statistics().Sources {
					if strings.HasPrefix(in.Name, network) {
						s = in
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(sent), "ns/msg")
			b.ReportMetric(100*float64(sent-s.Accepted)/float64(sent), "%lost")
		})
	}
}
