package syslogd

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"loggia/audit/event"
	"loggia/syslogd/logfile"
)

// guarded is a shelf whose archives from a number on are to be kept.
type guarded struct {
	shelf
	keep int
}

func (g *guarded) Oldest(kept bool) (time.Time, bool) {
	if !kept && len(g.old) > 0 && g.old[0] == g.keep {
		if len(g.old) == 1 {
			return time.Time{}, false
		}
		return time.Unix(int64(g.old[1]), 0), true
	}
	return g.shelf.Oldest(kept)
}

func (g *guarded) Reclaim(kept bool) (int64, error) {
	if !kept && len(g.old) > 0 && g.old[0] == g.keep {
		first := g.old[0]
		g.old = g.old[1:]
		n, err := g.shelf.Reclaim(kept)
		g.old = append([]int{first}, g.old...)
		return n, err
	}
	return g.shelf.Reclaim(kept)
}

func TestStorageRepeatsTheRecordBeforeItGoes(t *testing.T) {
	var took []string
	g := &guarded{shelf{name: "a", old: []int{1, 2, 3, 4}, took: &took}, 2}
	p := newPantry(t, Storage{Reserve: 10}, yielding{sink: g})
	g.p = p
	p.wants(t, 95, time.Second, "SYSTEM_STORAGE_FULL Log storage is full: 95 of 1000 bytes free; overflow overwrite-oldest begins")
	p.wants(t, 95, 2*time.Second, "SYSTEM_STORAGE_FULL Log storage is full since 2s: 125 of 1000 bytes free; overflow overwrite-oldest goes on: 0 messages dropped, 2 archives of 60 bytes removed so far")
	if want := "a1 a3"; strings.Join(took, " ") != want {
		t.Errorf("removed %s, want %s", took, want)
	}
	g.keep, g.old = 5, append(g.old, 5) // the record is in another by now
	p.wants(t, 95, 2*time.Second)
	p.wants(t, 95, 2*time.Second, "SYSTEM_STORAGE_FULL Log storage is full since 6s: 125 of 1000 bytes free; overflow overwrite-oldest goes on: 0 messages dropped, 4 archives of 120 bytes removed so far")
	if want := "a1 a3 a2 a4"; strings.Join(took, " ") != want {
		t.Errorf("removed %s, want %s", took, want)
	}
	p.wants(t, 95, 2*time.Second)
	if len(g.old) != 1 || p.Admit(1000, false) {
		t.Errorf("left %v", g.old)
	}
	p.next(95, storageCalm) // it is not to have the record: its time is over
	if len(g.old) != 0 {
		t.Errorf("left %v", g.old)
	}
}

// TestFullDiskKeepsItsRecord: however much is written over, the log says that the
// disk was full.
func TestFullDiskKeepsItsRecord(t *testing.T) {
	w := cramped(t, 1<<20, small(t, OverwriteOldest, 1000))
	var recording sync.WaitGroup
	news := make(chan event.Event, 10000)
	w.storage.mu.Lock()
	w.storage.announce = func(e event.Event) { news <- e }
	w.storage.mu.Unlock()
	recording.Go(func() {
		for e := range news {
			w.Log(event.Subject{}, e.Entry())
		}
	})
	full := func() bool {
		log, err := logfile.Open(filepath.Join(w.dir, "log"), filepath.Join(w.dir, "index"), "all")
		if err != nil {
			t.Fatal(err)
		}
		defer log.Close()
		var lines []string
		for line, err := range log.All(context.Background()) {
			if err == nil { // an archive that goes at this moment is a gap
				lines = append(lines, string(line.Text))
			}
		}
		return slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, "SYSTEM_STORAGE_FULL") })
	}
	for i := 0; !full(); i += 1000 {
		pour(t, w.Engine, i, i+1000)
	}
	for i := range 60 {
		pour(t, w.Engine, i*1000, i*1000+1000)
		if i%10 == 9 && !full() {
			t.Fatalf("after %d messages the record is gone", i*1000)
		}
	}
	w.storage.mu.Lock()
	w.storage.announce = func(event.Event) {}
	w.storage.mu.Unlock()
	close(news)
	recording.Wait()
	if !full() {
		t.Error("the record is gone")
	}
}
