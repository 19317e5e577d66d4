package syslogd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"loggia/audit/event"
	"loggia/syslogd/sink"
)

// pantry is a disk that a test fills, with what its storage said.
type pantry struct {
	*storage
	at disk

	mu    sync.Mutex
	clock time.Time
	said  []string
}

func newPantry(t *testing.T, c Storage, files ...yielding) *pantry {
	p := &pantry{at: disk{size: 1000, free: 1000}, clock: time.Unix(1e9, 0)}
	p.storage = newStorage(New(Options{
		IndexDir: t.TempDir(), Now: func() time.Time { return p.clock },
		Alarm: func(place string, err error) { p.note(fmt.Sprint("alarm ", err)) },
		Announce: func(e event.Event) {
			entry := e.Entry()
			p.note(entry.Tag + " " + entry.Text)
		},
	}))
	p.measure = func() (disk, error) { return p.at, nil }
	p.spare.dir = ""
	c.Place = "system syslog storage"
	p.configure(c, newState(Config{}))
	p.files = func() []yielding { return files }
	return p
}

func (p *pantry) note(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.said = append(p.said, text)
}

// next lets time pass and the disk be looked at, and returns what was said.
func (p *pantry) next(free uint64, after time.Duration) string {
	p.at.free = free
	p.clock = p.clock.Add(after)
	p.storage.mu.Lock()
	p.look()
	p.storage.mu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	text := strings.Join(p.said, "\n")
	p.said = nil
	return text
}

func (p *pantry) wants(t *testing.T, free uint64, after time.Duration, want ...string) {
	t.Helper()
	if got := p.next(free, after); got != strings.Join(want, "\n") {
		t.Errorf("at %d free, said:\n%s\nwant:\n%s", free, got, strings.Join(want, "\n"))
	}
}

func TestStorageWarnsOnce(t *testing.T) {
	p := newPantry(t, Storage{Reserve: 5, Warning: 75, Alarm: 90})
	p.wants(t, 260, time.Second)
	p.wants(t, 250, time.Second, "alarm warning: 75% of the log storage is used (warning at 75%): 250 of 1000 bytes free")
	p.wants(t, 245, time.Second)
	p.wants(t, 260, time.Second) // not yet two percent below
	p.wants(t, 95, time.Second, "alarm alarm: 91% of the log storage is used (alarm at 90%): 95 of 1000 bytes free")
	p.wants(t, 110, time.Second)
	p.wants(t, 130, time.Second, "alarm warning: 87% of the log storage is used (warning at 75%): 130 of 1000 bytes free")
	p.wants(t, 900, time.Second, "alarm <nil>")
}

func TestStorageDropsNewAndResumes(t *testing.T) {
	p := newPantry(t, Storage{Reserve: 5, Overflow: DropNew})
	p.next(60, time.Second)
	if !p.Admit(5, false) {
		t.Error("refused above the reserve")
	}
	p.at.free = 50 // somebody else writes
	if p.Admit(6, false) {
		t.Error("admitted into the reserve") // the budget of 10 is used: the disk is measured
	}
	if !p.Admit(20, true) {
		t.Error("an own record is refused")
	}
	p.Refused(6)
	p.wants(t, 40, time.Second, "SYSTEM_STORAGE_FULL Log storage is full: 50 of 1000 bytes free; overflow drop-new begins")
	p.Refused(1)
	p.wants(t, 52, time.Second) // a tenth more than the reserve is room
	p.wants(t, 80, time.Second, "SYSTEM_STORAGE_RESUMED Log storage has room again after 3s: 80 bytes free; 7 messages dropped, 0 archives of 0 bytes removed")
	if !p.Admit(6, false) {
		t.Error("refused after all")
	}
	p.at = disk{size: 1000, free: 500, inodes: 100, unused: 3}
	p.clock = p.clock.Add(time.Second)
	if p.Admit(600, false) {
		t.Error("admitted without inodes")
	}
}

// shelf is a file with archives of 30 bytes.
type shelf struct {
	p    *pantry
	name string
	old  []int // when each was written, in seconds
	took *[]string
}

func (s *shelf) Oldest(bool) (time.Time, bool) {
	if len(s.old) == 0 {
		return time.Time{}, false
	}
	return time.Unix(int64(s.old[0]), 0), true
}

func (s *shelf) Reclaim(bool) (int64, error) {
	if len(s.old) == 0 {
		return 0, nil
	}
	*s.took = append(*s.took, fmt.Sprint(s.name, s.old[0]))
	s.old = s.old[1:]
	s.p.at.free += 30
	return 30, nil
}

func TestStorageOverwritesTheOldest(t *testing.T) {
	var took []string
	a, b, audit := &shelf{name: "a", old: []int{1, 4}, took: &took}, &shelf{name: "b", old: []int{2, 3}, took: &took}, &shelf{name: "audit", old: []int{0}, took: &took}
	p := newPantry(t, Storage{Reserve: 10}, yielding{sink: a}, yielding{sink: audit, audit: true}, yielding{sink: b})
	for _, s := range []*shelf{a, b, audit} {
		s.p = p
	}
	p.wants(t, 95, time.Second, "SYSTEM_STORAGE_FULL Log storage is full: 95 of 1000 bytes free; overflow overwrite-oldest begins")
	if fmt.Sprint(took) != "[a1]" || !p.Admit(10, false) {
		t.Errorf("removed %s", took)
	}
	p.wants(t, 90, time.Second)
	if fmt.Sprint(took) != "[a1 b2 b3]" { // up to 125
		t.Errorf("removed %s", took)
	}
	p.wants(t, 200, time.Second) // not calm yet
	p.wants(t, 200, storageCalm, "SYSTEM_STORAGE_RESUMED Log storage has room again after 12s: 200 bytes free; 0 messages dropped, 3 archives of 90 bytes removed")
	p.wants(t, 10, time.Second, "SYSTEM_STORAGE_FULL Log storage is full: 10 of 1000 bytes free; overflow overwrite-oldest begins")
	p.wants(t, 70, time.Second) // and there is nothing left to remove
	if fmt.Sprint(took) != "[a1 b2 b3 a4 audit0]" || p.Admit(1, false) || !p.Admit(1, true) {
		t.Errorf("removed %s, or the reserve is used", took)
	}
	p.wants(t, 400, storageCalm, "SYSTEM_STORAGE_RESUMED Log storage has room again after 11s: 400 bytes free; 0 messages dropped, 2 archives of 60 bytes removed")
}

// TestStorageRefusedByTheDisk is a disk that says it has room and takes nothing,
// as with a quota.
func TestStorageRefusedByTheDisk(t *testing.T) {
	p := newPantry(t, Storage{Reserve: 5, Overflow: DropNew})
	p.spare.dir = t.TempDir()
	p.next(900, time.Second)
	p.at = disk{size: 1 << 30, free: 1 << 29}
	p.next(1<<29, time.Second)
	if p.spare.file == nil {
		t.Fatal("nothing is spared")
	}
	if p.Full(false) {
		t.Error("room for others")
	}
	if p.Admit(1, false) {
		t.Error("admitted at once")
	}
	if !p.Full(true) {
		t.Error("no room for an own record")
	}
	if info, err := os.Stat(filepath.Join(p.spare.dir, "..spare")); err != nil || info.Size() != 0 {
		t.Errorf("the spare is kept: %v, %v", info, err)
	}
	if p.next(1<<29, storageCalm/2); p.Admit(1, false) {
		t.Error("admitted before it is calm")
	}
	if p.next(1<<29, storageCalm); !p.Admit(1, false) {
		t.Error("refused although it is calm")
	}
}

// smallDisk returns a directory on a disk of that many bytes: a file system of
// its own where we may mount one, else one whose measure is taken by adding up.
func smallDisk(t *testing.T, size uint64) (dir string, measure func() (disk, error)) {
	t.Helper()
	dir = t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", size)); err == nil {
		t.Cleanup(func() {
			if err := syscall.Unmount(dir, 0); err != nil {
				t.Error(err)
			}
		})
		return dir, func() (disk, error) { return measureDisk(dir) }
	}
	return dir, func() (disk, error) {
		used := uint64(0)
		err := filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return nil // gone meanwhile
			}
			if info, err := e.Info(); err == nil {
				used += uint64(info.Size()+4095) &^ 4095
			}
			return nil
		})
		return disk{size: size, free: size - min(used, size)}, err
	}
}

// cramped is an engine on a small disk.
func cramped(t *testing.T, size uint64, c Config) *world {
	t.Helper()
	w := &world{t: t, alarms: make(map[string]error), changed: make(chan struct{}, 1000)}
	var measure func() (disk, error)
	w.dir, measure = smallDisk(t, size)
	for _, d := range []string{"log", "index"} {
		if err := os.Mkdir(filepath.Join(w.dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	w.Engine = New(Options{LogDir: filepath.Join(w.dir, "log"), IndexDir: filepath.Join(w.dir, "index"), Alarm: w.alarm})
	w.storage.measure = measure
	t.Cleanup(w.close)
	if err := w.Start(c); err != nil {
		t.Fatal(err)
	}
	return w
}

// pour submits numbered messages from a connection.
func pour(t *testing.T, e *Engine, from, to int) {
	t.Helper()
	for ; from < to; from += 10 {
		var messages []string
		for i := range 10 {
			messages = append(messages, fmt.Sprintf("<13>Nov 22 14:15:16 web1 app: message %06d %s", from+i, strings.Repeat("x", 100)))
		}
		e.Submit(batch(sentBy("10.0.0.1"), messages...))
	}
}

func small(t *testing.T, o Overflow, archives int) Config {
	return Config{HostName: "box", Storage: Storage{Place: "system syslog storage", Reserve: 10, Warning: 75, Alarm: 90, Overflow: o},
		Files: []*File{{Place: "system syslog file all", Name: "all", Selection: Selection{Rules: rules(t, "any any")}, Size: 64 << 10, Archives: archives}}}
}

func counts(w *world) sink.Counters {
	for _, d := range w.Statistics().Destinations {
		if d.Name == "all" {
			return d.Sink
		}
	}
	return sink.Counters{}
}

func TestFullDiskOverwritesTheOldest(t *testing.T) {
	w := cramped(t, 1<<20, small(t, OverwriteOldest, 1000))
	const n = 60000 // 9 MB; packed still more than the disk holds
	pour(t, w.Engine, 0, n)
	c := counts(w)
	if c.Accepted != n || c.Delivered+c.Lost() != n || c.Lost() > n/100 {
		t.Errorf("%+v", c)
	}
	if c.Lost() == 0 && !strings.Contains(w.text("all"), fmt.Sprintf("message %06d", n-1)) {
		t.Error("the newest message is missing")
	}
	w.Log(event.Subject{}, event.LogCleared{}.Entry())
	w.has("all", "logfile cleared")
}

// Without archives, in a live file that is as large as the disk, the newest is there
// all the same, and the record of the end has the exact numbers.
func TestFullDiskOverwritesALiveFile(t *testing.T) {
	c := small(t, OverwriteOldest, 1000)
	c.Files[0].Size = 1 << 30
	w := cramped(t, 1<<20, c)
	const n = 30000
	pour(t, w.Engine, 0, n)
	got := counts(w)
	if got.Accepted != n || got.Delivered+got.Lost() != n || got.Lost() != w.storage.dropped.Load() {
		t.Errorf("%+v, %d dropped", got, w.storage.dropped.Load())
	}
	lost := got.Lost()
	if w.storage.removed == 0 || lost > n/100 {
		t.Errorf("%d dropped, %d files removed", lost, w.storage.removed)
	}
	w.Log(event.Subject{}, event.LogCleared{}.Entry())
	w.has("all", "logfile cleared")
}

func TestFullDiskDropsNew(t *testing.T) {
	w := cramped(t, 1<<20, small(t, DropNew, 1000))
	for i := 0; counts(w).Lost() == 0; i += 1000 {
		if i > 1e6 {
			t.Fatal("never full")
		}
		pour(t, w.Engine, i, i+1000)
	}
	w.Log(event.Subject{}, event.LogCleared{}.Entry()) // the record about the failure
	w.has("all", "logfile cleared")
	c := counts(w)
	if c.Accepted != c.Delivered+c.Lost() || c.Lost() != c.Dropped[sink.NoSpace] {
		t.Errorf("%+v", c)
	}
	if got := w.storage.dropped.Load(); got != c.Dropped[sink.NoSpace] {
		t.Errorf("%d said to be dropped, %d were", got, c.Dropped[sink.NoSpace])
	}
	if err := w.ClearLog("all", "", true); err != nil {
		t.Fatal(err)
	}
	w.eventually(func() bool { return !w.storage.refusing.Load() }, func() string { return "resumed" })
	pour(t, w.Engine, 0, 10)
	w.has("all", "message 000009")
}

// TestHaltedConnectionsLoseNothing tells that overflow halt leaves to TCP what
// it does not read, that a commit goes through meanwhile, and that it ends.
func TestHaltedConnectionsLoseNothing(t *testing.T) {
	c := small(t, Halt, 10)
	c.Inputs.TCP = []Listen{local(freePort(t))}
	w := cramped(t, 64<<20, c)
	room, full := w.storage.measure, func() (disk, error) { return disk{size: 1000, free: 1}, nil }
	set := func(m func() (disk, error)) {
		w.storage.mu.Lock()
		defer w.storage.mu.Unlock()
		w.storage.measure, w.storage.calm = m, time.Time{}
		w.storage.look()
	}
	conn, err := net.Dial("tcp", c.Inputs.TCP[0].Address.String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintln(conn, "<13>Nov 22 14:15:16 web1 app: before")
	w.has("all", "before")
	set(full)
	fmt.Fprintln(conn, "<13>Nov 22 14:15:16 web1 app: taken on the way") // the read that waited may take this
	w.eventually(func() bool { return w.storage.gate.waiting.Load() == 1 }, func() string { return "the gate" })
	lost := counts(w).Lost()
	for i := range 1000 {
		fmt.Fprintf(conn, "<13>Nov 22 14:15:16 web1 app: halted %d\n", i)
	}
	w.commit(c)
	w.commit(c)
	set(room)
	w.has("all", "halted 999")
	if now := counts(w).Lost(); now != lost {
		t.Errorf("%d messages lost while halted", now-lost)
	}
	set(full)
	fmt.Fprintln(conn, "<13>Nov 22 14:15:16 web1 app: another")
	w.eventually(func() bool { return w.storage.gate.waiting.Load() == 1 }, func() string { return "the gate" })
	next := c
	next.Storage.Overflow = DropNew
	w.commit(next) // opens the gate
	w.eventually(func() bool { return w.storage.gate.waiting.Load() == 0 }, func() string { return "the open gate" })
	w.commit(c)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := w.Close(ctx); err != nil && !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}
