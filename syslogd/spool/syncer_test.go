package spool

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// TestSyncerAnswersEverybody: however many ask at once, each gets the answer for
// its own files.
func TestSyncerAnswersEverybody(t *testing.T) {
	dir := t.TempDir()
	closed, err := os.Create(filepath.Join(dir, "closed"))
	if err != nil {
		t.Fatal(err)
	}
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	var s Syncer
	var asking sync.WaitGroup
	begin := make(chan struct{})
	for i := range 400 {
		asking.Go(func() {
			path := filepath.Join(dir, fmt.Sprint(i))
			f, err := os.Create(path)
			if err != nil {
				t.Error(err)
				return
			}
			defer f.Close()
			<-begin
			switch i % 4 {
			case 0:
				err = s.sync([]*os.File{nil, f}, "")
			case 1:
				err = s.sync(nil, path)
			case 2:
				err = s.sync(nil, path+".gone")
			case 3:
				if s.sync([]*os.File{closed}, "") == nil {
					err = errors.New("a closed file is synced")
				}
			}
			if err != nil {
				t.Error(i, err)
			}
		})
	}
	close(begin)
	asking.Wait()
	if s.working || len(s.waiting) > 0 {
		t.Errorf("%d are still waiting", len(s.waiting))
	}
	// A batch of many is answered file by file, whoever's file the system is asked for.
	var all []*syncing
	for i := range 2 * fewSyncs {
		f, err := os.Create(filepath.Join(dir, fmt.Sprint("many", i)))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		all = append(all, &syncing{files: []*os.File{f}})
	}
	all = append(all, &syncing{files: []*os.File{closed}}, &syncing{path: filepath.Join(dir, "gone")}, &syncing{})
	done := syncMany(all)
	for i, r := range all {
		if err := done(r); (err != nil) != (i == 2*fewSyncs) {
			t.Errorf("%d: %v", i, err)
		}
	}
}
