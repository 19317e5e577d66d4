package syslogd

import (
	"io/fs"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// StorageState is what the disk of the log directory has, and what becomes of it:
// `show system storage`.
type StorageState struct {
	Size, Free uint64 // bytes; 0 where the file system does not say
	Used       int    // percent, of bytes or of files, whichever is more
	Held       Held
	Storage    // as configured: Reserve 0 is none

	State    string        // ok, warning, alarm or full
	Lasts    time.Duration // of full, so far
	Dropped  uint64        // messages, since the disk is full
	Archives uint64        // removed since then
	Freed    uint64        // bytes, by removing them
}

// Reserved returns how many bytes are kept free for what must be said.
func (s *StorageState) Reserved() uint64 { return part(s.Size, s.Reserve) }

// Held is what the engine's files take on the disk, in bytes.
type Held struct{ Logs, Indexes, Spools uint64 }

// Storage measures the disk and says what state it is in.
func (e *Engine) Storage() StorageState {
	held := e.held.look(e.o.LogDir, e.o.IndexDir, e.o.SpoolDir)
	s := e.storage
	s.mu.Lock()
	defer s.mu.Unlock()
	out := StorageState{Storage: s.config, Held: held, State: s.level.String()}
	if d, err := s.measure(); err == nil {
		out.Size, out.Free, out.Used = d.size, d.free, d.used()
	}
	if s.full {
		out.State, out.Lasts = "full", s.now().Sub(s.since)
		out.Dropped, out.Archives, out.Freed = s.dropped.Load(), s.removed, s.freed
	}
	return out
}

// weigher adds up what directories hold. There may be a hundred thousand files,
// and anybody may ask: what was found is believed for twenty times as long as it
// took.
type weigher struct {
	mu    sync.Mutex // guards what follows; held while adding up, so that one does
	held  Held
	until time.Time
}

func (w *weigher) look(logs, indexes, spools string) Held {
	w.mu.Lock()
	defer w.mu.Unlock()
	began := time.Now()
	if began.Before(w.until) {
		return w.held
	}
	w.held = Held{weigh(logs), weigh(indexes), weigh(spools)}
	now := time.Now()
	w.until = now.Add(20 * now.Sub(began))
	return w.held
}

// weigh adds up what the files below dir take on the disk. What cannot be looked
// at, because it has just gone, counts as nothing.
func weigh(dir string) (n uint64) {
	if dir == "" {
		return 0
	}
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil
		}
		if info, err := d.Info(); err == nil {
			if st, ok := info.Sys().(*syscall.Stat_t); ok {
				n += uint64(st.Blocks) * 512
			}
		}
		return nil
	})
	return n
}
