package logfile

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"loggia/audit/event"
)

func TestPosition(t *testing.T) {
	for _, c := range []struct {
		text string
		want Position
		ok   bool
	}{
		{"n1.1700000000.42", Position{"n1", 1700000000, 42}, true},
		{"host.example.net.5.1", Position{"host.example.net", 5, 1}, true},
		{"n1.5", Position{}, false},
		{".5.1", Position{}, false},
		{"n1.5.x", Position{}, false},
		{"n1.-5.1", Position{}, false},
		{"", Position{}, false},
	} {
		got, err := ParsePosition(c.text)
		if got != c.want || (err == nil) != c.ok {
			t.Errorf("%q: %v, %v", c.text, got, err)
		}
		if c.ok && got.String() != c.text {
			t.Errorf("%q reads back as %q", c.text, got)
		}
	}
}

func TestParseName(t *testing.T) {
	for _, c := range []struct {
		entry string
		part  Part
		n     uint64
	}{
		{"messages", LiveFile, 0},
		{"messages.0000000017", Waiting, 17},
		{"messages.0000000017.gz", Partial, 17},
		{"messages.12345678901", Waiting, 12345678901},
		{"messages.0.gz", Archive, 0},
		{"messages.999.gz", Archive, 999},
		{"messages.1001.gz", Foreign, 0},
		{"messages.01.gz", Foreign, 0},
		{"messages.3", Unpacked, 3},
		{"messages.old", Foreign, 0},
		{"messages.", Foreign, 0},
		{"messages.gz", Foreign, 0},
		{"messages2", Foreign, 0},
		{"message", Foreign, 0},
		{"messages.99999999999999999999999", Foreign, 0},
	} {
		if part, n := ParseName("messages", c.entry); part != c.part || n != c.n {
			t.Errorf("%s: %v %d, want %v %d", c.entry, part, n, c.part, c.n)
		}
	}
}

func TestLabel(t *testing.T) {
	want := Label{17, 1700000000, 5, 100, 12345}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Extra = append([]byte{'X', 'Y', 2, 0, 1, 2}, want.Extra()...) // behind somebody else's
	z.Name = "messages"
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if got, ok := ReadLabel(bytes.NewReader(b.Bytes())); !ok || got != want {
		t.Errorf("%+v %v", got, ok)
	}
	for n := range b.Len() {
		if got, ok := ReadLabel(bytes.NewReader(b.Bytes()[:n])); ok && got != want {
			t.Errorf("cut to %d: %+v", n, got)
		}
	}
}

// frames builds an index of one frame for each count, lines of 10 bytes.
func frames(counts ...int) []byte {
	var b []byte
	f := Frame{First: 1, Epoch: 7, Generation: 3, Received: 1000}
	for _, n := range counts {
		start := len(b)
		b = BeginFrame(b, f)
		for range n {
			b = AppendEntry(b, Entry{Length: 10, Facility: event.InteractiveCommands, Severity: event.Info, Flags: 5, Kind: SelfLine})
		}
		b = FinishFrame(b, start)
		f.First += uint64(n)
		f.Offset += uint64(10 * n)
		f.Received++
	}
	return b
}

func TestCursor(t *testing.T) {
	counts := []int{1, 2, MaxFrame, 1, 300}
	b := frames(counts...)
	c := newCursor(bytes.NewReader(b))
	total := uint64(0)
	for e, ok := c.next(); ok; e, ok = c.next() {
		total++
		want := Entry{10, event.InteractiveCommands, event.Info, 5, SelfLine}
		if e != want || c.seq != total+1 || c.off != 10*total {
			t.Fatalf("entry %d: %+v seq %d off %d", total, e, c.seq, c.off)
		}
	}
	if total != 304+MaxFrame {
		t.Fatalf("%d entries", total)
	}
	for seq := uint64(1); seq <= total+1; seq += 13 {
		if !c.toSeq(int64(len(b)), seq) || c.off != 10*(seq-1) {
			t.Fatalf("seek to %d: at %d, offset %d", seq, c.seq, c.off)
		}
		if !c.toOffset(int64(len(b)), 10*(seq-1)) || c.seq != seq {
			t.Fatalf("seek to offset of %d: at %d", seq, c.seq)
		}
	}
	if c.toSeq(int64(len(b)), total+2) || c.toOffset(int64(len(b)), 15) {
		t.Error("found what is not there")
	}
}

// FuzzIndex: a damaged index yields what it can and never more than it holds.
func FuzzIndex(f *testing.F) {
	f.Add(frames(1, 2, 3), uint64(3))
	f.Add(frames(5)[:70], uint64(0))
	f.Add([]byte("LGX1LGX1LGX1"), uint64(1))
	f.Fuzz(func(t *testing.T, b []byte, seq uint64) {
		c := newCursor(bytes.NewReader(b))
		n := 0
		for _, ok := c.next(); ok; _, ok = c.next() {
			n++
		}
		if n*entrySize > len(b) {
			t.Errorf("%d entries in %d bytes", n, len(b))
		}
		c.reset(0)
		if c.toSeq(int64(len(b)), seq) && c.seq != seq {
			t.Errorf("stands at %d, not %d", c.seq, seq)
		}
		ReadHead(bytes.NewReader(b))
		ReadLabel(bytes.NewReader(b))
	})
}

// memory is a File.
type memory struct{ b []byte }

func (m *memory) ReadAt(p []byte, off int64) (int, error) { return bytes.NewReader(m.b).ReadAt(p, off) }
func (m *memory) Write(p []byte) (int, error)             { m.b = append(m.b, p...); return len(p), nil }
func (m *memory) Truncate(n int64) error                  { m.b = m.b[:n]; return nil }

// FuzzRecover: whatever stands in log and index, afterwards they agree, and no
// text is lost.
func FuzzRecover(f *testing.F) {
	f.Add([]byte("123456789\n123456789\n123456789\n"), frames(1, 2))
	f.Add([]byte("123456789\n123456789\n12345"), frames(1, 2))
	f.Add([]byte("\n\n\n"), []byte{})
	f.Add([]byte{}, frames(3))
	f.Fuzz(func(t *testing.T, text, index []byte) {
		log, idx := &memory{slices.Clone(text)}, &memory{slices.Clone(index)}
		p, err := Recover(log, idx, int64(len(text)), Head{3, 7, 1})
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.HasPrefix(log.b, text) || len(log.b) > len(text)+len(" [truncated]\n") || p.Offset != uint64(len(log.b)) {
			t.Fatalf("log %q became %q, point %+v", text, log.b, p)
		}
		c, offset := newCursor(idx), uint64(0)
		for e, ok := c.next(); ok; e, ok = c.next() {
			offset += uint64(e.Length)
		}
		if offset != p.Offset || p.Offset > 0 && c.seq != p.Seq+1 {
			t.Fatalf("index ends at %d, line %d; point %+v", offset, c.seq, p)
		}
		again, err := Recover(log, idx, int64(len(log.b)), Head{3, 7, 1})
		if err != nil || again != p {
			t.Fatalf("again: %+v, %v, want %+v", again, err, p)
		}
	})
}

// FuzzScanner: lines are what strings.Split says.
func FuzzScanner(f *testing.F) {
	f.Add("a\nb\n\nc")
	f.Add(strings.Repeat("x", 100000) + "\ny\n")
	f.Fuzz(func(t *testing.T, text string) {
		want := strings.Split(text, "\n")
		if want[len(want)-1] == "" {
			want = want[:len(want)-1]
		}
		s := newScanner(strings.NewReader(text))
		var got []string
		for l, ok := s.next(); ok; l, ok = s.next() {
			got = append(got, string(l.text))
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%q, want %q", got, want)
		}
		whole := text[:strings.LastIndexByte(text, '\n')+1]
		for n := range len(want) + 2 {
			off, have, err := tailOffset(strings.NewReader(whole), int64(len(whole)), uint64(n))
			lines := strings.Count(whole[off:], "\n")
			if err != nil || int(have) != lines || lines != min(n, strings.Count(whole, "\n")) {
				t.Fatalf("last %d: offset %d, %d, %v", n, off, have, err)
			}
		}
	})
}

func TestOverlongLine(t *testing.T) {
	text := strings.Repeat("x", 3*MaxLine) + "\nnext\n"
	s := newScanner(strings.NewReader(text))
	l, ok := s.next()
	if !ok || len(l.text) != MaxLine || l.length != 3*MaxLine+1 {
		t.Errorf("%d bytes of %d", len(l.text), l.length)
	}
	if l, ok = s.next(); !ok || string(l.text) != "next" {
		t.Errorf("then %q", l.text)
	}
}

// place is a log directory that somebody else filled.
type place struct {
	t        *testing.T
	dir, idx string
}

func newPlace(t *testing.T) place { return place{t, t.TempDir(), t.TempDir()} }

func (p place) write(name, text string) {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, name), []byte(text), 0o644); err != nil {
		p.t.Fatal(err)
	}
}

func (p place) pack(name, text string) {
	p.t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte(text))
	z.Close()
	p.write(name, b.String())
}

func (p place) open() *Log {
	p.t.Helper()
	l, err := Open(p.dir, p.idx, "messages")
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { l.Close() })
	return l
}

func collect(t *testing.T, seq func(func(Line, error) bool)) (lines []string, errs []error) {
	t.Helper()
	for line, err := range seq {
		if err != nil {
			errs = append(errs, err)
			continue
		}
		lines = append(lines, string(line.Text))
	}
	return lines, errs
}

func TestForeignArchives(t *testing.T) {
	p := newPlace(t)
	p.write("messages", "7\n8\ntorn")
	p.write("messages.0000000004", "6\n")
	p.pack("messages.0.gz", "5\n")
	p.write("messages.1", "3\n4\n") // unpacked by hand
	p.pack("messages.10.gz", "1\n2")
	p.pack("messages.0000000005.gz", "partial")
	p.write("messages.old", "no part of it")
	p.pack("messages2.0.gz", "nor this")
	l := p.open()
	want := []string{"1", "2", "3", "4", "5", "6", "7", "8"}
	got, errs := collect(t, l.All(t.Context()))
	if !slices.Equal(got, want) || errs != nil {
		t.Errorf("all: %q, %v", got, errs)
	}
	for n := range len(want) + 2 {
		got, errs := collect(t, l.Last(t.Context(), uint64(n)))
		if !slices.Equal(got, want[max(0, len(want)-n):]) || errs != nil {
			t.Errorf("last %d: %q, %v", n, got, errs)
		}
	}
	got, errs = collect(t, l.Follow(t.Context(), Position{}))
	if !slices.Equal(got, want) || errs != nil {
		t.Errorf("follow: %q, %v", got, errs)
	}
}

// TestFollowFromTheEnd: of a log that nothing is written to any more, nothing is new.
func TestFollowFromTheEnd(t *testing.T) {
	p := newPlace(t)
	p.write("messages", strings.Repeat("line 1234\n", 5))
	if err := os.WriteFile(filepath.Join(p.idx, "messages"), frames(3, 2), 0o600); err != nil {
		t.Fatal(err)
	}
	l := p.open()
	l.Node = "n"
	end, err := l.End()
	if err != nil || end != (Position{"n", 7, 5}) {
		t.Fatalf("end %v, %v", end, err)
	}
	for behind := range uint64(3) {
		from := end
		from.Seq -= behind
		got, errs := collect(t, l.Follow(t.Context(), from))
		if len(got) != int(behind) || errs != nil {
			t.Errorf("%d before the end: %q, %v", behind, got, errs)
		}
	}
	if got, errs := collect(t, l.Follow(t.Context(), Position{"n", 6, 5})); len(got) != 5 || len(errs) != 1 {
		t.Errorf("of another epoch: %q, %v", got, errs)
	}
}

func TestDamagedArchive(t *testing.T) {
	p := newPlace(t)
	p.write("messages", "3\n")
	p.write("messages.0.gz", "no gzip at all")
	p.pack("messages.1.gz", "1\n2\n")
	got, errs := collect(t, p.open().All(t.Context()))
	if !slices.Equal(got, []string{"1", "2", "3"}) || len(errs) != 1 || !strings.Contains(errs[0].Error(), "messages.0.gz") {
		t.Errorf("%q, %v", got, errs)
	}
}

func TestNoSuchLog(t *testing.T) {
	p := newPlace(t)
	if _, err := Open(p.dir, p.idx, "messages"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v", err)
	}
	for _, name := range []string{"", "..", ".x", "a/b", "../messages"} {
		if _, err := Open(p.dir, p.idx, name); err == nil {
			t.Errorf("%q was opened", name)
		}
	}
	p.pack("messages.0.gz", "1\n")
	got, errs := collect(t, p.open().Last(t.Context(), 5))
	if !slices.Equal(got, []string{"1"}) || errs != nil {
		t.Errorf("archive alone: %q, %v", got, errs)
	}
}

func TestCancelled(t *testing.T) {
	p := newPlace(t)
	p.write("messages", strings.Repeat("line\n", 10000))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	var last error
	for _, err := range p.open().All(ctx) {
		n++
		last = err
		cancel()
	}
	if n > 300 || !errors.Is(last, context.Canceled) {
		t.Errorf("%d lines, then %v", n, last)
	}
}

// BenchmarkLast reads the last 20 lines of 1 GB.
func BenchmarkLast(b *testing.B) {
	dir := b.TempDir()
	f, err := os.Create(filepath.Join(dir, "messages"))
	if err != nil {
		b.Fatal(err)
	}
	block := []byte(strings.Repeat(strings.Repeat("x", 99)+"\n", 10000))
	for range 1000 {
		if _, err := f.Write(block); err != nil {
			b.Fatal(err)
		}
	}
	f.Close()
	for b.Loop() {
		l, err := Open(dir, dir, "messages")
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for range l.Last(b.Context(), 20) {
			n++
		}
		if n != 20 {
			b.Fatal(n)
		}
		l.Close()
	}
}

// BenchmarkAll reads a file of a million lines with its index.
func BenchmarkAll(b *testing.B) {
	dir, idx := b.TempDir(), b.TempDir()
	const lines = 1 << 20
	text := strings.Repeat("123456789\n", lines)
	if err := os.WriteFile(filepath.Join(dir, "messages"), []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	var counts []int
	for range lines / 64 {
		counts = append(counts, 64)
	}
	if err := os.WriteFile(filepath.Join(idx, "messages"), frames(counts...), 0o600); err != nil {
		b.Fatal(err)
	}
	l, err := Open(dir, idx, "messages")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	b.ReportAllocs()
	start, total := time.Now(), 0
	for b.Loop() {
		for line, err := range l.All(b.Context()) {
			if err != nil || !line.Known {
				b.Fatal(fmt.Sprint(line, err))
			}
			total++
		}
	}
	b.ReportMetric(float64(total)/time.Since(start).Seconds(), "lines/s")
}
