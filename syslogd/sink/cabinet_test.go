package sink

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"loggia/syslogd/logfile"
	"loggia/syslogd/wire"
)

// drawer is a cabinet with its files.
type drawer struct {
	*world
	cabinet *Cabinet
	files   []*File
}

func newDrawer(t *testing.T, w *world, files, most int, o FileOptions) *drawer {
	t.Helper()
	c, err := OpenCabinet(w.dir, w.idx, most)
	if err != nil {
		t.Fatal(err)
	}
	d := &drawer{world: w, cabinet: c}
	end := c.Share()
	for i := range files {
		config := w.config(o)
		config.Name, config.Cabinet = fmt.Sprintf("log%d", i), c
		f, err := newFile(config, w.adjust)
		if err != nil {
			t.Fatal(err)
		}
		d.files = append(d.files, f)
	}
	end()
	return d
}

func (d *drawer) close() {
	d.t.Helper()
	for _, f := range d.files {
		d.world.close(f)
	}
	if err := d.cabinet.Close(); err != nil {
		d.t.Fatal(err)
	}
}

// open is how many files are.
func (d *drawer) open() int {
	d.cabinet.mu.Lock()
	defer d.cabinet.mu.Unlock()
	return len(d.cabinet.open)
}

// lines are those of a file, all from one epoch, without those of its own.
func (d *drawer) lines(f *File) []string {
	d.t.Helper()
	log, err := logfile.Open(d.dir, d.idx, f.name)
	if err != nil {
		d.t.Fatal(err)
	}
	defer log.Close()
	var all []string
	epoch := uint64(0)
	for line, err := range log.All(d.t.Context()) {
		if err != nil {
			d.t.Fatal(err)
		}
		if epoch != 0 && line.Position.Epoch != epoch {
			d.t.Errorf("%s: epoch %d and %d", f.name, epoch, line.Position.Epoch)
		}
		epoch = line.Position.Epoch
		if line.Kind&logfile.MadeLine == 0 {
			all = append(all, string(line.Text))
		}
	}
	return all
}

// TestCabinetOpensFilesAgain: with room for three of ten files each gets its
// lines, in one epoch, through rotations and through another start.
func TestCabinetOpensFilesAgain(t *testing.T) {
	w := newWorld(t)
	o := FileOptions{Size: 400, Files: 30, AllowDuplicates: true}
	var want []string
	for range 2 {
		d := newDrawer(t, w, 10, 3, o)
		for round := range 12 {
			text := fmt.Sprintf("%d is the round of %d", round, len(want))
			want = append(want, text)
			for _, f := range d.files {
				f.Write(batch(text))
				if n := d.open(); n > 3 {
					t.Fatalf("%d files are open", n)
				}
			}
		}
		for _, f := range d.files {
			if err := f.Archived(t.Context()); err != nil {
				t.Fatal(err)
			}
			if c := f.Counters(); c.Delivered != uint64(len(want)) || c.Accepted != c.Delivered {
				t.Errorf("%s: %+v", f.name, c)
			}
			if got := d.lines(f); !slices.Equal(got, want) {
				t.Fatalf("%s: %q\nwant %q", f.name, got, want)
			}
		}
		d.close()
	}
}

// TestCabinetNoticesWhatHappenedToSleepers: a file that was removed, replaced or
// lengthened while it was closed is noticed with its next line.
func TestCabinetNoticesWhatHappenedToSleepers(t *testing.T) {
	w := newWorld(t)
	d := newDrawer(t, w, 4, 1, FileOptions{AllowDuplicates: true})
	defer d.close()
	for _, f := range d.files {
		f.Write(batch("before"))
	}
	path := func(i int) string { return filepath.Join(w.dir, d.files[i].name) }
	for _, err := range []error{
		os.Remove(path(0)),
		os.Rename(path(1), path(1)+".moved"),
		os.WriteFile(path(2), []byte("somebody else\n"), 0o640),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range d.files[:3] {
		l := batch("after")
		l.Received = time.Now().Add(time.Minute)
		f.Write(l)
	}
	for i, want := range []string{"after\n", "after\n", "somebody else\nafter\n", "before\n"} {
		if got, err := os.ReadFile(path(i)); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v; want %q", d.files[i].name, got, err, want)
		}
	}
	sleeper := d.files[0]
	sleeper.Reopen()
	if n := d.open(); n != 1 || !sleeper.asleep {
		t.Errorf("%d files are open, the first one sleeps: %v", n, sleeper.asleep)
	}
	file, point, err := sleeper.OpenLive()
	if err != nil || point.Offset != uint64(len("after\n")) {
		t.Fatalf("%v, %v", point, err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestUntouchedFilesLeaveNoTrace: a file that was never written has neither index
// nor state, and begins again with the number 1.
func TestUntouchedFilesLeaveNoTrace(t *testing.T) {
	w := newWorld(t)
	for range 2 {
		d := newDrawer(t, w, 3, 2, FileOptions{Style: wire.Style{FacilityOverride: -1}})
		d.close()
		if names, err := os.ReadDir(w.idx); err != nil || len(names) > 0 {
			t.Errorf("%v, %v", names, err)
		}
	}
	d := newDrawer(t, w, 3, 2, FileOptions{})
	defer d.close()
	d.files[1].Write(batch("first"))
	if p := d.files[1].Published(); p.Seq != 1 || p.First != 1 {
		t.Errorf("%+v", p)
	}
}
