package sink

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"loggia/audit/event"
	"loggia/syslogd/logfile"
)

// ours tells the lines that a file made itself.
func ours(text string) bool {
	return strings.Contains(text, "logfile turned over") || strings.Contains(text, "logfile cleared")
}

// TestFollowThroughRotations reads what is written while files are turned over,
// compressed and shifted all the time: nothing is missed, torn or doubled.
func TestFollowThroughRotations(t *testing.T) {
	w := newWorld(t)
	f := w.open(FileOptions{Size: 4000, Files: 1000})
	want := numbered(0, 5000, 20)
	f.Write(batch(want[:100]...))
	log := w.log(f)
	defer log.Close()
	go func() {
		for chunk := range slices.Chunk(want[100:], 9) {
			f.Write(batch(chunk...))
		}
	}()
	var got []string
	last := logfile.Position{}
	for line, err := range log.Follow(t.Context(), logfile.Position{}) {
		if err != nil {
			t.Fatal(err)
		}
		if line.Position.Seq != last.Seq+1 {
			t.Fatalf("%v after %v", line.Position, last)
		}
		last = line.Position
		if s := string(line.Text); !ours(s) {
			got = append(got, s)
		} else if line.Kind&logfile.MadeLine == 0 || line.Facility != event.Syslog {
			t.Errorf("%q: kind %d, facility %v", s, line.Kind, line.Facility)
		}
		if len(got) == len(want) {
			break
		}
	}
	equal(t, "followed", got, want)

	t.Run("from a position", func(t *testing.T) {
		for _, seq := range []uint64{1, 57, 99, 2500, last.Seq - 1} {
			from := last
			from.Seq = seq
			for line, err := range log.Follow(t.Context(), from) {
				if err != nil || line.Position.Seq != seq+1 {
					t.Fatalf("after %d: %v, %v", seq, line.Position, err)
				}
				break
			}
		}
	})
	t.Run("from the end", func(t *testing.T) {
		end, err := log.End()
		if err != nil || end != last {
			t.Fatalf("end %v, %v; want %v", end, err, last)
		}
		go f.Write(batch("new"))
		for line, err := range log.Follow(t.Context(), end) {
			if err != nil || string(line.Text) != "new" {
				t.Fatalf("%q, %v", line.Text, err)
			}
			break
		}
	})
	t.Run("until the context ends", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var last error
		for _, err := range log.Follow(ctx, logfile.Position{}) {
			last = err
			cancel()
		}
		if !errors.Is(last, context.Canceled) {
			t.Errorf("ended with %v", last)
		}
	})
	w.close(f)
}

// TestFollowerIsToldItsGap: what was overwritten or cleared is named.
func TestFollowerIsToldItsGap(t *testing.T) {
	w := newWorld(t)
	f := w.open(FileOptions{Size: 1000, Files: 2})
	want := numbered(0, 200, 20)
	f.Write(batch(want...))
	if err := f.Archived(t.Context()); err != nil {
		t.Fatal(err)
	}
	log := w.log(f)
	defer log.Close()
	p := f.Published()
	for _, from := range []logfile.Position{{Node: "n", Epoch: p.Epoch, Seq: 3}, {Node: "n", Epoch: 1, Seq: 1}, {Node: "other", Epoch: p.Epoch, Seq: p.Seq}} {
		var gap *logfile.GapError
		for line, err := range log.Follow(t.Context(), from) {
			if err != nil {
				if !errors.As(err, &gap) || gap.From != from {
					t.Fatalf("from %v: %v", from, err)
				}
				continue
			}
			if gap == nil || line.Position.Seq != gap.To.Seq+1 {
				t.Fatalf("from %v: %v after %v", from, line.Position, gap)
			}
			break
		}
	}
	w.close(f)
}

// TestFollowerLearnsOfTheEnd: closing the file ends following, after the last
// line.
func TestFollowerLearnsOfTheEnd(t *testing.T) {
	w := newWorld(t)
	f := w.open(FileOptions{})
	f.Write(batch("first"))
	log := w.log(f)
	defer log.Close()
	var got []string
	var last error
	for line, err := range log.Follow(t.Context(), logfile.Position{}) {
		if last = err; err != nil {
			continue
		}
		if got = append(got, string(line.Text)); len(got) == 1 {
			f.Write(batch("second"))
			w.close(f)
		}
	}
	equal(t, "lines", got, []string{"first", "second"})
	if !errors.Is(last, os.ErrClosed) {
		t.Errorf("ended with %v", last)
	}
}

// TestFollowThroughClear: the follower goes on with the new epoch.
func TestFollowThroughClear(t *testing.T) {
	w := newWorld(t)
	f := w.open(FileOptions{Size: 1000, Files: 2})
	f.Write(batch("before"))
	log := w.log(f)
	defer log.Close()
	var got []string
	for line, err := range log.Follow(t.Context(), logfile.Position{}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(line.Text))
		switch len(got) {
		case 1:
			if err := f.Clear("", true); err != nil {
				t.Fatal(err)
			}
			f.Write(batch("after"))
		case 3:
			if line.Position.Seq != 2 {
				t.Errorf("position %v", line.Position)
			}
		}
		if len(got) == 3 {
			break
		}
	}
	if got[0] != "before" || !strings.HasSuffix(got[1], "logfile cleared") || got[2] != "after" {
		t.Errorf("got %q", got)
	}
	w.close(f)
}

// TestLastWithIndex: position, priority and time of the last lines, wherever
// they stand.
func TestLastWithIndex(t *testing.T) {
	w := newWorld(t)
	f := w.open(FileOptions{Size: 1000, Files: 100})
	want := numbered(0, 300, 20)
	for chunk := range slices.Chunk(want, 7) {
		f.Write(batch(chunk...))
	}
	all := w.all(f)
	for _, n := range []int{1, 5, 20, 100, len(all), len(all) + 10} {
		for _, live := range []*File{f, nil} {
			log := w.log(live)
			var got []string
			for line, err := range log.Last(t.Context(), uint64(n)) {
				if err != nil {
					t.Fatal(err)
				}
				place := fmt.Sprintf("last %d, live %v: line %d", n, live != nil, len(got))
				if want := uint64(len(all) - min(n, len(all)) + len(got) + 1); line.Position.Seq != want {
					t.Fatalf("%s: position %v, want %d", place, line.Position, want)
				}
				if !line.Known || !ours(string(line.Text)) && (line.Facility != event.Daemon || line.Severity != event.Info) || time.Since(line.Received) > time.Hour {
					t.Fatalf("%s: %+v", place, line)
				}
				got = append(got, string(line.Text))
			}
			equal(t, "lines", got, all[len(all)-min(n, len(all)):])
			log.Close()
		}
	}
	w.close(f)
}

// TestReadersDoNotSeeTornLines reads all and the last lines while writing goes
// on.
func TestReadersDoNotSeeTornLines(t *testing.T) {
	w := newWorld(t)
	f := w.open(FileOptions{Size: 20000, Files: 50})
	f.Write(batch("first" + strings.Repeat("x", 41)))
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				f.Write(batch(numbered(13*i, 13*i+13, 20)...))
			}
		}
	}()
	log := w.log(f)
	defer log.Close()
	for round := range 30 {
		seq := log.All(t.Context())
		if round%2 == 1 {
			seq = log.Last(t.Context(), 1500)
		}
		n, last := 0, uint64(0)
		for line, err := range seq {
			if err != nil {
				t.Fatal(err)
			}
			if !ours(string(line.Text)) && len(line.Text) != 46 {
				t.Fatalf("torn: %q", line.Text)
			}
			if line.Position.Seq <= last {
				t.Fatalf("%d after %d", line.Position.Seq, last)
			}
			last = line.Position.Seq
			n++
		}
		if n == 0 {
			t.Fatal("nothing read")
		}
	}
	close(stop)
	<-stopped
	w.conserved(f)
	w.close(f)
}
