package store

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// forms returns which revisions are plain and which compressed.
func forms(t *testing.T, dir string) (plain, packed []string) {
	t.Helper()
	names, err := os.ReadDir(filepath.Join(dir, commitDir))
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		if base, ok := strings.CutSuffix(n.Name(), ".conf"); ok {
			plain = append(plain, base)
		} else if base, ok := strings.CutSuffix(n.Name(), compressed); ok {
			packed = append(packed, base)
		} else {
			t.Errorf("a file %s", n.Name())
		}
	}
	return plain, packed
}

// compressUpTo starts and ends a store, and waits in between for the revisions up to n to
// be compressed, of which the newest comes first.
func compressUpTo(t *testing.T, dir string, n uint64) {
	t.Helper()
	waiting := map[string]bool{}
	plain, _ := forms(t, dir)
	for m := range n {
		if slices.Contains(plain, fmt.Sprint(m+1)) {
			waiting[activeTarget(m+1)] = true
		}
	}
	var mu sync.Mutex
	done := make(chan struct{})
	s := open(t, dir, new(tape), func(o *Options) {
		o.Disk = func(step DiskStep) error {
			mu.Lock()
			defer mu.Unlock()
			if step.Op == DiskRemove && waiting[step.Name] {
				if delete(waiting, step.Name); len(waiting) == 0 {
					close(done)
				}
			}
			return nil
		}
	})
	<-done
	closed(t, s)
}

// TestOldRevisionsAreCompressed, and read as before.
func TestOldRevisionsAreCompressed(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, new(tape))
	for n := range 6 {
		hostCommit(t, s, fmt.Sprint("h", n+2), plainCommit)
	}
	closed(t, s)
	if _, packed := forms(t, dir); len(packed) < 3 {
		compressUpTo(t, dir, 3)
	}
	if plain, packed := forms(t, dir); strings.Join(plain, " ") != "4 5 6 7" || strings.Join(packed, " ") != "1 2 3" {
		t.Errorf("plain %v, compressed %v", plain, packed)
	}
	s = open(t, dir, new(tape))
	defer closed(t, s)
	history, _ := s.History()
	if len(history) != 7 || len(s.Notices()) != 0 {
		t.Errorf("%+v, %q", history, s.Notices())
	}
	for n := range 6 {
		tree, m, err := s.Rollback(n)
		if err != nil || hostIn(tree) != fmt.Sprint("h", 7-n) || m.Revision != uint64(7-n) {
			t.Errorf("rollback %d: %+v, %v", n, m, err)
		}
	}
}

// TestCompressedRevisionTakesForce when all that are plain are lost.
func TestCompressedRevisionTakesForce(t *testing.T) {
	dir := t.TempDir()
	grow(t, dir, "h2", "h3", "h4", "h5", "h6", "h7")
	if _, packed := forms(t, dir); len(packed) < 3 {
		compressUpTo(t, dir, 3)
	}
	for n := range uint64(4) {
		damage(t, dir, n+4)
	}
	write(t, filepath.Join(dir, commitDir), "3"+compressed, "nonsense")
	s := open(t, dir, new(tape))
	if hostIn(s.Running().Tree) != "h2" || s.Running().Number != 2 {
		t.Errorf("%q is in force", hostIn(s.Running().Tree))
	}
	hostCommit(t, s, "h9", plainCommit)
	closed(t, s)
	s = open(t, dir, new(tape))
	defer closed(t, s)
	if hostIn(s.Running().Tree) != "h9" {
		t.Errorf("%q is in force then", hostIn(s.Running().Tree))
	}
	if _, m, err := s.Rollback(1); err != nil || m.Revision != 2 {
		t.Errorf("%+v, %v", m, err)
	}
}

// TestKillCompression ends the program before each of its steps: no revision is
// lost, and the next start goes on.
func TestKillCompression(t *testing.T) {
	dir := t.TempDir()
	grow(t, dir, "h2", "h3", "h4")
	s := open(t, dir, new(tape))
	hostCommit(t, s, "h5", plainCommit)
	left := killed(t, dir)
	closed(t, s)
	// It may be compressed already.
	if err := openForTest(t, left).expandRevision(1); err != nil {
		t.Fatal(err)
	}
	for _, cut := range []bool{false, true} {
		for n, finished := 0, false; !finished && !t.Failed(); n++ {
			r := &saboteur{dir: killed(t, left), at: n, kill: true}
			r.watch()
			d := openForTest(t, r.dir)
			d.seam = r.step
			var wg sync.WaitGroup
			wg.Go(func() {
				if err := d.compressRevision(1); err != nil {
					t.Error(err)
				}
				finished = true
			})
			wg.Wait()
			r.dead = true
			if cut {
				r.cutPower(t)
			}
			s := open(t, r.dir, new(tape))
			if tree, m, err := s.Rollback(4); err != nil || m.Revision != 1 || hostIn(tree) != "" {
				t.Errorf("step %d, cut %v: %+v, %v", n, cut, m, err)
			}
			closed(t, s)
			if plain, _ := forms(t, r.dir); plain[0] == "1" {
				compressUpTo(t, r.dir, 1)
			}
			if plain, packed := forms(t, r.dir); strings.Join(plain, " ") != "2 3 4 5" || strings.Join(packed, " ") != "1" {
				t.Errorf("step %d, cut %v: plain %v, compressed %v", n, cut, plain, packed)
			}
		}
	}
}

func openForTest(t *testing.T, dir string) *disk {
	t.Helper()
	d, err := openDisk(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.root.Close() })
	return d
}

// TestUnpackIsBounded: a small file cannot become a large one.
func TestUnpackIsBounded(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	w.Write(make([]byte, 1<<20))
	w.Close()
	for limit, want := range map[int64]int{1 << 20: 1 << 20, 1<<20 - 1: -1, 10: -1} {
		data, err := unpack(bytes.NewReader(packed.Bytes()), limit)
		if want < 0 && !errors.Is(err, errDamaged) || want >= 0 && (err != nil || len(data) != want) {
			t.Errorf("limit %d: %d bytes, %v", limit, len(data), err)
		}
	}
	for n := range packed.Len() {
		if _, err := unpack(bytes.NewReader(packed.Bytes()[:n]), 1<<20); err == nil {
			t.Fatalf("%d bytes of %d are enough", n, packed.Len())
		}
	}
}
