package sink

import (
	"bufio"
	"context"
	"io"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"loggia/syslogd/wire"
)

// conforms is what every Destination owes its caller.
func conforms(t *testing.T, d Destination, received func() []string) {
	t.Helper()
	if d.Style() == nil {
		t.Fatal("no style")
	}
	d.Write(&Lines{})
	if c := d.Counters(); c != (Counters{}) {
		t.Errorf("an empty batch counts: %+v", c)
	}
	// Many writers; each one's lines stay in order. The batch is the caller's
	// again once Write returns.
	const writers, rounds = 4, 50
	var all sync.WaitGroup
	for n := range writers {
		all.Go(func() {
			var l Lines
			for i := range rounds {
				l.Reset()
				for k := range 3 {
					l.append([]byte{byte('a' + n), byte('0' + i/10), byte('0' + i%10), byte('0' + k), '\n'},
						Line{Hash: uint64(n<<20 | i<<4 | k + 1)})
				}
				d.Write(&l)
				for i := range l.Buf {
					l.Buf[i] = 'X'
				}
			}
		})
	}
	all.Wait()
	repeated := same(10, "Nov 22 14:00:00 host app: same")
	d.Write(repeated)
	checkCounters(t, d)
	if err := d.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(t.Context()); err != nil {
		t.Errorf("second close: %v", err)
	}
	d.Write(batch("late"))
	c := d.Counters()
	const lines = writers * rounds * 3
	if c.Accepted != lines+10+1 || c.Delivered != lines+1 || c.Repeated != 9 || c.Made != 1 || c.Dropped[Closed] != 1 || c.Waiting != 0 {
		t.Errorf("counters %+v", c)
	}
	got := received()
	if len(got) != lines+2 || !strings.HasSuffix(got[len(got)-1], "last message repeated 9 times") {
		t.Fatalf("%d lines, last %q", len(got), got[len(got)-1])
	}
	for n := range writers {
		own := slices.DeleteFunc(slices.Clone(got[:lines]), func(s string) bool { return s[0] != byte('a'+n) })
		if len(own) != rounds*3 || !slices.IsSorted(own) {
			t.Errorf("writer %d: %d lines, sorted %v", n, len(own), slices.IsSorted(own))
		}
	}
}

func TestDestinations(t *testing.T) {
	style := wire.Style{HostName: "host", FacilityOverride: -1}
	t.Run("file", func(t *testing.T) {
		w := newWorld(t)
		conforms(t, w.open(FileOptions{Style: style}), func() []string { return w.all(nil) })
	})
	t.Run("rotating file", func(t *testing.T) {
		w := newWorld(t)
		f := w.open(FileOptions{Style: style, Size: 200, Files: 100})
		f.options.BinaryData = true // no lines of its own, which would be counted
		conforms(t, f, func() []string { return w.all(nil) })
	})
	t.Run("tcp", func(t *testing.T) {
		p := newPeer(t)
		o := tcpTo(p.port())
		o.Style = style
		r := remote(t, RemoteConfig{RemoteOptions: o})
		conn := p.accept()
		conforms(t, r, func() []string {
			text, err := io.ReadAll(bufio.NewReader(conn))
			if err != nil {
				t.Fatal(err)
			}
			return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
		})
	})
	t.Run("terminals", func(t *testing.T) {
		shown := &tty{}
		conforms(t, NewTerminals("u", shown.write, ScreenOptions{Style: style}), func() []string {
			for i, s := range shown.lines {
				shown.lines[i] = strings.TrimPrefix(s, "u: ")
			}
			return shown.lines
		})
	})
	t.Run("console", func(t *testing.T) {
		var text strings.Builder
		conforms(t, NewConsole(func() (io.Writer, error) { return &text, nil }, ScreenOptions{Style: style}), func() []string {
			return strings.Split(strings.TrimSuffix(text.String(), "\r\n"), "\r\n")
		})
	})
}

// benchmarkLines is a batch like those that a busy input makes: 600 lines of
// about 100 bytes.
func benchmarkLines() *Lines { return batch(numbered(0, 600, 74)...) }

func benchmarkFile(b *testing.B, o FileOptions, l *Lines) {
	w := newWorld(b)
	f := w.open(o)
	b.SetBytes(int64(len(l.Buf)))
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		f.Write(l)
		n++
	}
	b.ReportMetric(float64(n*len(l.Lines))/b.Elapsed().Seconds(), "lines/s")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := f.Close(ctx); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkFileWrite(b *testing.B) {
	b.Run("allow-duplicates", func(b *testing.B) {
		benchmarkFile(b, FileOptions{Size: 1 << 30, Files: 2, AllowDuplicates: true}, benchmarkLines())
	})
	b.Run("repeat-check", func(b *testing.B) {
		benchmarkFile(b, FileOptions{Size: 1 << 30, Files: 2}, benchmarkLines())
	})
	b.Run("half-repeated", func(b *testing.B) {
		l := benchmarkLines()
		for i := range l.Lines {
			l.Lines[i].Hash = uint64(i / 2)
		}
		benchmarkFile(b, FileOptions{Size: 1 << 30, Files: 2}, l)
	})
	b.Run("rotating", func(b *testing.B) {
		benchmarkFile(b, FileOptions{Size: 10 << 20, Files: 10, AllowDuplicates: true}, benchmarkLines())
	})
	b.Run("rotating-128k", func(b *testing.B) {
		benchmarkFile(b, FileOptions{Size: 128 << 10, Files: 10, AllowDuplicates: true}, benchmarkLines())
	})
	b.Run("one-line", func(b *testing.B) {
		benchmarkFile(b, FileOptions{Size: 1 << 30, Files: 2, AllowDuplicates: true}, batch(numbered(0, 1, 74)...))
	})
}

// BenchmarkRemoteTCP sends to a peer that reads and forgets.
func BenchmarkRemoteTCP(b *testing.B) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	go func() {
		if c, err := l.Accept(); err == nil {
			io.Copy(io.Discard, c)
			c.Close()
		}
	}()
	o := tcpTo(l.Addr().(*net.TCPAddr).AddrPort().Port())
	o.OctetCounting, o.AllowDuplicates = true, true
	r := started(b, RemoteConfig{RemoteOptions: o})
	lines := benchmarkLines()
	b.SetBytes(int64(len(lines.Buf)))
	b.ReportAllocs()
	for b.Loop() {
		for r.Counters().Waiting > 50000 { // a sender as fast as the receiver
			runtime.Gosched()
		}
		r.Write(lines)
	}
	if err := r.Close(context.Background()); err != nil {
		b.Fatal(err)
	}
	c := r.Counters()
	if c.Lost() > 0 {
		b.Errorf("counters %+v", c)
	}
	b.ReportMetric(float64(c.Delivered)/b.Elapsed().Seconds(), "lines/s")
}
