package scenario

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"loggia/bench/target"
)

const (
	poll        = 10 * time.Millisecond // between two looks at the output
	quietEnough = time.Second           // when all lines are there
	quietShort  = 5 * time.Second       // when lines are missing: they are not coming
	quietAway   = 12 * time.Second      // the same where a daemon may pause before it connects again
	settleLimit = 3 * time.Minute       // after the last message was sent
	calm        = 0.05                  // a daemon that uses less of a core is at rest
)

// watcher follows what a target makes of a load until nothing more happens.
type watcher struct {
	daemon   *target.Daemon
	dir      string // of the log files
	sink     *sink  // nil without a relay
	files    []string
	expected int           // lines in the log files, to know early that all are there
	relayed  int           // messages at the sink
	archived bool          // lines hide in archives and cannot be counted on the way
	patience time.Duration // how long missing lines are waited for

	print  []file    // the output at the last look
	relay  int64     // bytes at the sink at the last look
	change time.Time // when the output was last seen to grow
	newest time.Time // latest modification time in the output
	cost   cost      // as of change

	restSince time.Time     // no growth and little use of a processor since
	restCPU   time.Duration // of the daemon at restSince
	counted   bool          // lines were counted since the last change
	complete  bool          // and all were there
}

// file is one entry of the output directory.
type file struct {
	name     string
	size     int64
	modified time.Time
}

// watch looks at the output until everything is sent and then
// until it has come to rest. Its error says that it never did.
func (w *watcher) watch(ctx context.Context, s *sending) error {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	limit := time.NewTimer(settleLimit + sendLimit)
	defer limit.Stop()
	w.restSince = time.Now()
	sent := s.done
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-limit.C:
			return errors.New("the output never came to rest")
		case <-sent:
			if s.err != nil {
				return fmt.Errorf("sending: %w", s.err)
			}
			sent, w.restSince = nil, time.Now()
			limit.Reset(settleLimit)
		case <-tick.C:
		}
		if err := w.look(); err != nil {
			return err
		}
		if sent == nil {
			if rested, err := w.rested(); rested || err != nil {
				return err
			}
		}
	}
}

// look compares the output with what it was, and notes the cost when it grew.
func (w *watcher) look() error {
	if !w.daemon.Alive() {
		return errors.New("the daemon ended during the run")
	}
	now := time.Now()
	files, err := list(w.dir)
	if err != nil {
		return err
	}
	cpu, err := w.daemon.CPU()
	if err != nil {
		return err
	}
	var relay int64
	if w.sink != nil {
		relay, _ = w.sink.progress()
	}
	if !slices.Equal(files, w.print) || relay != w.relay {
		w.print, w.relay = files, relay
		w.change, w.counted = now, false
		w.restSince, w.restCPU = now, cpu
		for _, f := range files {
			if f.modified.After(w.newest) {
				w.newest = f.modified
			}
		}
		w.cost.daemon = cpu
		w.cost.machine, w.cost.own, err = target.Machine()
		return err
	}
	if rest := now.Sub(w.restSince); cpu-w.restCPU > time.Duration(calm*float64(rest))+20*time.Millisecond {
		w.restSince, w.restCPU = now, cpu
	}
	return nil
}

// rested says whether the run is over.
func (w *watcher) rested() (bool, error) {
	rest := time.Since(w.restSince)
	if rest < quietEnough {
		return false, nil
	}
	if w.archived {
		return rest >= 2*quietEnough, nil
	}
	if !w.counted {
		n, err := lines(w.dir, w.files)
		if err != nil {
			return false, err
		}
		w.complete = n >= w.expected && (w.sink == nil || w.sink.messages() >= w.relayed)
		w.counted = true
	}
	return w.complete || rest >= w.patience, nil
}

// end is when the last line became visible.
func (w *watcher) end() time.Time {
	end := w.newest
	if w.archived || end.IsZero() {
		end = w.change // archives keep older times
	}
	if w.sink != nil {
		if _, last := w.sink.progress(); last.After(end) {
			end = last
		}
	}
	return end
}

// list returns the files in dir by name.
func list(dir string) ([]file, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	files := make([]file, 0, len(entries))
	for _, e := range entries {
		i, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // rotated away this moment
		}
		if err != nil {
			return nil, err
		}
		files = append(files, file{i.Name(), i.Size(), i.ModTime()})
	}
	return files, nil
}

// lines counts the lines of some files. One that does not exist has none.
func lines(dir string, names []string) (int, error) {
	n := 0
	buf := make([]byte, 1<<20)
	for _, name := range names {
		f, err := os.Open(filepath.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return 0, err
		}
		for err == nil {
			var got int
			got, err = f.Read(buf)
			n += bytes.Count(buf[:got], []byte{'\n'})
		}
		f.Close()
		if !errors.Is(err, io.EOF) {
			return 0, err
		}
	}
	return n, nil
}
