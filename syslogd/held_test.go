package syslogd

import (
	"os"
	"path/filepath"
	"testing"
)

func TestStorageStateTellsWhatIsHeld(t *testing.T) {
	w := start(t, Config{Storage: Storage{Place: "storage", Reserve: 5, Warning: 75, Alarm: 90}})
	if err := os.WriteFile(filepath.Join(w.dir, "log", "messages"), make([]byte, 100_000), 0o640); err != nil {
		t.Fatal(err)
	}
	w.held.until = w.held.until.AddDate(-1, 0, 0) // nobody asked before
	s := w.Storage()
	if s.Held.Logs < 100_000 || s.Held.Logs > 200_000 || s.Held.Spools != 0 {
		t.Errorf("held %+v", s.Held)
	}
	if s.Size == 0 || s.Free > s.Size || s.Reserved() != s.Size/100*5 || s.State == "" || s.State == "full" && s.Lasts < 0 {
		t.Errorf("%+v", s)
	}
	w.storage.mu.Lock()
	w.storage.begin(disk{size: 1000, free: 1})
	w.storage.calm = w.now().Add(patience) // the disk has room, which would end it
	w.storage.removed, w.storage.freed = 3, 4
	w.storage.mu.Unlock()
	w.storage.Refused(2)
	if s := w.Storage(); s.State != "full" || s.Dropped != 2 || s.Archives != 3 || s.Freed != 4 {
		t.Errorf("%+v", s)
	}
}
