package audit

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// disk is one that has so much room, of which a file may have some set aside.
type disk struct {
	mu   sync.Mutex
	free int64
	has  map[string]int64 // of each file: where what is its own ends
}

// take has room up to end for the file, or nothing changes. The lock is held.
func (d *disk) take(name string, end int64) error {
	more := max(end-d.has[name], 0)
	if more > d.free {
		return syscall.ENOSPC
	}
	d.free -= more
	d.has[name] += more
	return nil
}

func (d *disk) write(f *os.File, b []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	if err := d.take(f.Name(), info.Size()+int64(len(b))); err != nil {
		n, e := f.Write(b[:max(d.has[f.Name()]-info.Size(), 0)])
		return n, errors.Join(err, e)
	}
	return f.Write(b)
}

func (d *disk) allocate(f *os.File, at, n int64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.take(f.Name(), at+n)
}

func (d *disk) set(free int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.free = free
}

func openOn(t *testing.T, dir string, d *disk) (*Log, chan error) {
	t.Helper()
	l, _, err := openLog(dir, time.Now, d.write)
	if err != nil {
		t.Fatal(err)
	}
	told := make(chan error, 16)
	l.reserve.allocate = d.allocate
	l.Reserve(func(err error) { told <- err })
	return l, told
}

func bulky(text string) Record {
	r := sample(1)
	r.Entry.Text = text + strings.Repeat("x", 4000)
	return r
}

func durable(l *Log, r Record) error {
	receipt, err := l.Append(r)
	if err != nil {
		return err
	}
	return receipt.Durable(context.Background())
}

// Somebody else fills the disk. What is recorded goes on to find its place, that
// the reserve is being used among it; then the trail takes nothing, and with room
// it goes on where it was.
func TestTheReserveHoldsWhatAFullDiskIsAbout(t *testing.T) {
	dir := t.TempDir()
	d := &disk{free: 1 << 30, has: map[string]int64{}}
	l, told := openOn(t, dir, d)
	if err := durable(l, sample(1)); err != nil {
		t.Fatal(err)
	}
	d.set(0)
	written := 0
	for len(told) == 0 {
		if err := durable(l, bulky("before ")); err != nil {
			t.Fatalf("after %d records: %v", written, err)
		}
		written++
	}
	if err := <-told; !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "bytes of records is left") {
		t.Fatal(err)
	}
	if err := durable(l, bulky("the reserve is in use")); err != nil {
		t.Fatal("the record of the failure finds no room:", err)
	}
	var err error
	for after := 0; err == nil; after++ {
		if err = durable(l, bulky("after ")); after > reserveSize/4000 {
			t.Fatal("the disk is not full")
		}
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	d.set(1 << 30)
	if err := <-told; err != nil {
		t.Fatal("not whole again:", err)
	}
	for durable(l, sample(2)) != nil {
	}
	last := l.Last()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	recs, faults := readAll(t, dir)
	if uint64(len(recs)) != last || faults != nil {
		t.Errorf("%d records of %d, %v", len(recs), last, faults)
	}
}

// A reserve that is low is made whole again though nobody records anything.
func TestTheReserveIsTriedAgain(t *testing.T) {
	d := &disk{free: 4 << 10, has: map[string]int64{}}
	l, told := openOn(t, t.TempDir(), d)
	defer l.Close()
	if err := durable(l, sample(1)); err != nil {
		t.Fatal(err)
	}
	if err := <-told; !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	d.set(1 << 30)
	if err := <-told; err != nil {
		t.Fatal(err)
	}
}

// Where there is no room for another segment the present one goes on.
func TestASegmentGoesOnWithoutRoomForAnother(t *testing.T) {
	d := &disk{free: 1 << 30, has: map[string]int64{}}
	l := &Log{dir: t.TempDir(), write: d.write, reserve: reserve{allocate: d.allocate, told: func(error) {}}}
	defer l.end()
	frame := []byte{0, 0, 0, 1, 'x', 0, 0, 0, 0}
	for i, room := range []int64{1 << 30, 0, 1 << 30} {
		d.set(room)
		if size, n, err := l.put(frame, uint64(i+1)); size != len(frame) || n != 1 || err != nil {
			t.Fatal(room, size, n, err)
		}
		l.size = segmentSize // as if it were full
	}
	if names, err := segments(l.dir); err != nil || len(names) != 2 || names[1] != segmentName(3) {
		t.Error(names, err)
	}
}

// The file system of this machine sets space aside without a change of the size.
func TestAllocate(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "f"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := allocate(f, 0, reserveSize); errors.Is(err, syscall.EOPNOTSUPP) {
		return // there is no reserve then
	} else if err != nil {
		t.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if st := info.Sys().(*syscall.Stat_t); info.Size() != 0 || st.Blocks*512 < reserveSize {
		t.Errorf("size %d, %d blocks", info.Size(), st.Blocks)
	}
}
