package sink

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"loggia/syslogd/logfile"
	"loggia/syslogd/wire"
)

// kept is a record of this program that a full disk must not cost.
func kept(text string) *Lines {
	l := batch(text)
	l.Lines[0].Self, l.Lines[0].Flags = true, wire.Kept
	return l
}

func reclaimAll(t *testing.T, f *File, keep bool) {
	t.Helper()
	for {
		freed, err := f.Reclaim(keep)
		if err != nil {
			t.Fatal(err)
		}
		if freed == 0 {
			return
		}
	}
}

// rows are the lines of the log, whatever is missing between them.
func rows(t *testing.T, w *world, f *File) (all []string) {
	t.Helper()
	log := w.log(f)
	defer log.Close()
	for line, err := range log.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(line.Text))
	}
	return all
}

func TestReclaimPassesOverTheNewestKeptRecord(t *testing.T) {
	for _, how := range []string{"compressed", "waiting", "restarted"} {
		t.Run(how, func(t *testing.T) {
			w := newWorld(t)
			gate := make(chan struct{})
			if how == "waiting" { // nothing is compressed before the end
				w.adjust = func(f *File) {
					f.step = func(step string) {
						if step == "compress" {
							<-gate
						}
					}
				}
			} else {
				close(gate)
			}
			f := w.open(FileOptions{Size: 1000, Files: 50})
			fill := func(from int) {
				for chunk := range slices.Chunk(numbered(from, from+60, 20), 10) {
					f.Write(batch(chunk...))
				}
			}
			has := func(text string, want bool) {
				t.Helper()
				if got := slices.Contains(rows(t, w, f), text); got != want {
					t.Errorf("%q is in the log: %t, want %t; files %q", text, got, want, w.names())
				}
			}
			settled := func() {
				t.Helper()
				if how == "waiting" {
					return
				}
				if err := f.Archived(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			f.Write(kept("full, first"))
			fill(0)
			f.Write(kept("full, second"))
			fill(100)
			settled()
			if how == "restarted" {
				w.close(f)
				f = w.open(FileOptions{Size: 1000, Files: 50})
			}
			reclaimAll(t, f, false)
			has("full, first", false)
			has("full, second", true)
			if _, ok := f.Oldest(false); ok {
				t.Error("there is more to give")
			}
			if _, ok := f.Oldest(true); !ok {
				t.Error("the kept one is not there")
			}
			f.Write(kept("full, third"))
			fill(200)
			settled()
			reclaimAll(t, f, false)
			has("full, second", false)
			has("full, third", true)
			reclaimAll(t, f, true)
			has("full, third", false)
			if how == "waiting" {
				close(gate)
			}
			w.close(f)
		})
	}
}

func TestStateOfEarlierVersionsIsRead(t *testing.T) {
	s := state{head: logfile.Head{Generation: 7, Epoch: 8, First: 9}, counters: Counters{Accepted: 10}, kept: 11}
	path := filepath.Join(t.TempDir(), ".messages")
	for _, drop := range []int{0, 8} {
		b := s.encode()
		b = b[:len(b)-drop]
		if drop > 0 {
			s.kept = 0
			sum := stateSum(b)
			b[4], b[5], b[6], b[7] = byte(sum), byte(sum>>8), byte(sum>>16), byte(sum>>24)
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := decodeState(f); !ok || got != s {
			t.Errorf("without %d bytes: %+v, %t", drop, got, ok)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestReclaimedWhileItIsCompressed: nothing is left of a file that gives way while
// it is being compressed, and what comes later is compressed as ever.
func TestReclaimedWhileItIsCompressed(t *testing.T) {
	w := newWorld(t)
	begun, gate := make(chan struct{}, 10), make(chan struct{})
	w.adjust = func(f *File) {
		f.step = func(step string) {
			if step == "compress" {
				begun <- struct{}{}
				<-gate
			}
		}
	}
	f := w.open(FileOptions{Size: 1000, Files: 50})
	for chunk := range slices.Chunk(numbered(0, 40, 20), 10) {
		f.Write(batch(chunk...))
	}
	<-begun
	before := len(w.names())
	freed, err := f.Reclaim(false)
	if err != nil || freed == 0 || len(w.names()) != before-2 {
		t.Fatalf("freed %d, %v, left %q", freed, err, w.names())
	}
	close(gate)
	if err := f.Archived(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, name := range w.names() {
		if part, _ := logfile.ParseName("messages", name); part == logfile.Partial || part == logfile.Waiting {
			t.Errorf("left over: %s", name)
		}
	}
	if all := rows(t, w, f); len(all) == 0 || !strings.Contains(all[len(all)-1], "039") {
		t.Errorf("left in the log: %q", all)
	}
	select {
	case a := <-w.reports:
		t.Errorf("said: %+v", a)
	default:
	}
	w.close(f)
}

// TestPartialArchivesOfSendersAreRemoved: what a kill has left of a sender who
// never comes back does not stay for ever.
func TestPartialArchivesOfSendersAreRemoved(t *testing.T) {
	w := newWorld(t)
	dir := filepath.Join(w.dir, PerHostDir, "gone")
	for _, d := range []string{dir, filepath.Join(w.idx, PerHostDir, "gone")} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	partial := filepath.Join(dir, partialName("messages", 3))
	if err := os.WriteFile(partial, []byte("half"), 0o640); err != nil {
		t.Fatal(err)
	}
	h, err := NewPerHost(w.config(FileOptions{Size: 1000, Files: 5}))
	if err != nil {
		t.Fatal(err)
	}
	h.Reopen()
	if _, err := os.Stat(partial); !os.IsNotExist(err) {
		t.Errorf("the partial archive is there: %v", err)
	}
	if err := h.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}
