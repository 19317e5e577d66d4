package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"loggia/audit/event"
)

func at() time.Time { return time.Unix(1795356000, 123456789).UTC() }

func sample(n int) Record {
	return Record{
		Subject: event.Subject{User: "admin", Class: "super-user", PID: 4163, Client: "cli", TTY: "pts/0"},
		Entry: event.Entry{Process: "mgd", Tag: "UI_COMMIT", Facility: event.InteractiveCommands, Severity: event.Notice,
			Text: fmt.Sprint("record ", n), Attrs: []event.Attr{{Name: "username", Value: "admin"}, {Name: "message", Value: `a"]\`}}},
	}
}

func open(t *testing.T, dir string) (*Log, Recovery) {
	t.Helper()
	l, rec, err := Open(dir, at)
	if err != nil {
		t.Fatal(err)
	}
	return l, rec
}

func appendDurable(t *testing.T, l *Log, n int) {
	t.Helper()
	for i := range n {
		r, err := l.Append(sample(i))
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Durable(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
}

func readAll(t *testing.T, dir string) (recs []Record, faults []error) {
	t.Helper()
	for r, err := range Read(dir) {
		if err != nil {
			faults = append(faults, err)
			continue
		}
		recs = append(recs, r)
	}
	return recs, faults
}

func TestTrailReadsBackWhatWasAppended(t *testing.T) {
	dir := t.TempDir()
	l, _ := open(t, dir)
	appendDurable(t, l, 3)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l, rec := open(t, dir)
	if rec.Records != 3 || rec.Torn != 0 {
		t.Fatalf("recovered %+v", rec)
	}
	appendDurable(t, l, 1)
	l.Close()
	recs, faults := readAll(t, dir)
	if len(faults) != 0 || len(recs) != 4 {
		t.Fatalf("%d records, faults %v", len(recs), faults)
	}
	want := sample(2)
	want.Seq, want.Time = 3, at()
	if d := cmp.Diff(want, recs[2]); d != "" {
		t.Error(d)
	}
}

// What is appended together is what would be there if it had come one by one, but for the
// time; what is refused ends it.
func TestAppendAll(t *testing.T) {
	dir := t.TempDir()
	l, _ := open(t, dir)
	appendDurable(t, l, 1)
	var entries []event.Entry
	for i := range 3 {
		entries = append(entries, sample(i).Entry)
	}
	by := sample(0).Subject
	if n, err := l.AppendAll(by, entries); n != 3 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	large := entries[1]
	large.Text = string(make([]byte, MaxRecord))
	if n, err := l.AppendAll(by, []event.Entry{entries[0], large, entries[2]}); n != 1 || err == nil {
		t.Errorf("%d, %v", n, err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if n, err := l.AppendAll(by, entries); n != 0 || !errors.Is(err, ErrClosed) {
		t.Errorf("after the end: %d, %v", n, err)
	}
	recs, faults := readAll(t, dir)
	if len(recs) != 5 || len(faults) != 0 {
		t.Fatalf("%d records, faults %v", len(recs), faults)
	}
	for i, n := range []int{0, 0, 1, 2, 0} {
		want := sample(n)
		want.Seq, want.Time = uint64(i+1), at()
		if d := cmp.Diff(want, recs[i]); d != "" {
			t.Error(d)
		}
	}
}

// A crash may stop a write after any byte: whole records before it survive, the
// torn one is cut off, and the next gets its number.
func TestTornTailIsCutAtEveryByte(t *testing.T) {
	dir := t.TempDir()
	l, _ := open(t, dir)
	appendDurable(t, l, 2)
	l.Close()
	path := filepath.Join(dir, segmentName(1))
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	one := len(whole) / 2
	for n := one + 1; n < len(whole); n++ {
		if err := os.WriteFile(path, whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		l, rec := open(t, dir)
		if rec.Records != 1 || rec.Torn != int64(n-one) || rec.Damaged != "" {
			t.Fatalf("cut at %d: %+v", n, rec)
		}
		appendDurable(t, l, 1)
		l.Close()
		if recs, faults := readAll(t, dir); len(recs) != 2 || faults != nil {
			t.Fatalf("cut at %d: %d records, %v", n, len(recs), faults)
		}
	}
}

// A flipped bit is damage, not a torn tail: nothing is cut, the reader names
// the place, and new records go to a new segment.
func TestDamageIsKeptAndNamed(t *testing.T) {
	for flip := range 60 {
		dir := t.TempDir()
		l, _ := open(t, dir)
		appendDurable(t, l, 1)
		l.Close()
		path := filepath.Join(dir, segmentName(1))
		b, _ := os.ReadFile(path)
		b[flip+4] ^= 0x40 // behind the length: a wrong length may look torn
		os.WriteFile(path, b, 0o600)
		l, rec := open(t, dir)
		if rec.Damaged != segmentName(1) {
			t.Fatalf("flip %d: %+v", flip, rec)
		}
		appendDurable(t, l, 1)
		l.Close()
		if now, _ := os.ReadFile(path); !bytes.Equal(now, b) {
			t.Fatalf("flip %d: damaged segment was changed", flip)
		}
		recs, faults := readAll(t, dir)
		if len(recs) != 1 || len(faults) == 0 || recs[0].Seq != 2 {
			t.Fatalf("flip %d: %d records, faults %v", flip, len(recs), faults)
		}
	}
}

func TestConcurrentAppendsGetNumbersWithoutGaps(t *testing.T) {
	dir := t.TempDir()
	l, _ := open(t, dir)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 50 {
				r, err := l.Append(sample(i))
				if err == nil && i%10 == 0 {
					err = r.Durable(context.Background())
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if recs, faults := readAll(t, dir); len(recs) != 400 || faults != nil {
		t.Fatalf("%d records, %v", len(recs), faults)
	}
	if _, err := l.Append(sample(0)); !errors.Is(err, ErrClosed) {
		t.Errorf("append after close: %v", err)
	}
}

func TestDurableEndsWithItsContext(t *testing.T) {
	l, _ := open(t, t.TempDir())
	defer l.Close()
	r, err := l.Append(sample(0))
	if err != nil {
		t.Fatal(err)
	}
	r.Seq = 99 // a record that will never be
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := r.Durable(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestAnUnwritableTrailSaysSo(t *testing.T) {
	dir := t.TempDir()
	l, _ := open(t, dir)
	os.RemoveAll(dir)
	r, err := l.Append(sample(0))
	if err == nil {
		err = r.Durable(context.Background())
	}
	if err == nil {
		t.Fatal("a record without a disk was called durable")
	}
	if err := l.Close(); err == nil {
		t.Error("close hides the error")
	}
}

func TestCanonicalBytes(t *testing.T) {
	r := Record{Seq: 1, Time: time.Unix(0, 2).UTC(), Subject: event.Subject{User: "u", PID: 3},
		Entry: event.Entry{Tag: "T", Process: "mgd", Facility: event.ChangeLog, Severity: event.Info, Text: "x", Attrs: []event.Attr{{Name: "a", Value: "b"}}}}
	const want = "\x01\x01\x04\x1d\x06\x00\x03\x01T\x03mgd\x01u\x00\x00\x00\x00\x01x\x01\x01a\x01b"
	if got := string(r.AppendCanonical(nil)); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func FuzzParseRecord(f *testing.F) {
	f.Add(sample(1).AppendCanonical(nil))
	f.Add([]byte{1, 0x80, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ParseRecord(b)
		if err != nil {
			return
		}
		if again := r.AppendCanonical(nil); !bytes.Equal(again, b) {
			t.Errorf("%x parses, and writes %x", b, again)
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	l, _, err := Open(b.TempDir(), at)
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	r := sample(1)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := l.Append(r); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendDurable(b *testing.B) {
	l, _, err := Open(b.TempDir(), at)
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	for b.Loop() {
		r, err := l.Append(sample(1))
		if err == nil {
			err = r.Durable(context.Background())
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}
