package audit

import (
	"context"
	"errors"
	"os"
	"sync/atomic"
	"syscall"
	"testing"
)

// A full disk refuses records loudly, and when there is room again the trail
// goes on behind the last whole record: nothing torn, no number twice or missing.
func TestAFullDiskRefusesAndThenGoesOn(t *testing.T) {
	dir := t.TempDir()
	var full atomic.Bool
	room := 10 // bytes that still fit when the disk is full
	l, _, err := openLog(dir, at, func(f *os.File, b []byte) (int, error) {
		if !full.Load() {
			return f.Write(b)
		}
		n, err := f.Write(b[:min(room, len(b))])
		return n, errors.Join(err, syscall.ENOSPC)
	})
	if err != nil {
		t.Fatal(err)
	}
	appendDurable(t, l, 2)
	full.Store(true)
	r, err := l.Append(sample(2))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Durable(context.Background()); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("durable on a full disk: %v", err)
	}
	if _, err := l.Append(sample(3)); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("append on a full disk: %v", err)
	}
	full.Store(false)
	for refused := true; refused; {
		_, err := l.Append(sample(3))
		if refused = err != nil; refused && !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(err)
		}
	}
	appendDurable(t, l, 1)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	recs, faults := readAll(t, dir)
	if len(recs) != 5 || faults != nil || recs[2].Entry.Text != "record 2" || recs[3].Entry.Text != "record 3" {
		t.Fatalf("%d records, %v", len(recs), faults)
	}
}

// What is still refused when the trail is closed is an error of Close, and the
// trail on the disk ends with a whole record.
func TestClosingOnAFullDisk(t *testing.T) {
	dir := t.TempDir()
	var full atomic.Bool
	l, _, err := openLog(dir, at, func(f *os.File, b []byte) (int, error) {
		if full.Load() {
			n, err := f.Write(b[:7])
			return n, errors.Join(err, syscall.ENOSPC)
		}
		return f.Write(b)
	})
	if err != nil {
		t.Fatal(err)
	}
	appendDurable(t, l, 1)
	full.Store(true)
	if _, err := l.Append(sample(1)); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("close: %v", err)
	}
	again, rec := open(t, dir)
	defer again.Close()
	if rec.Records != 1 || rec.Torn != 0 || rec.Damaged != "" {
		t.Errorf("%+v", rec)
	}
}
