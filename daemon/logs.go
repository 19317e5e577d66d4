package daemon

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"os"
	"os/user"
	"strconv"
	"syscall"
	"time"

	"loggia/audit/event"
	"loggia/op"
	"loggia/syslogd/logfile"
)

// logs gives commands access to the log files. It implements op.Logs.
type logs struct{ d *Daemon }

// List implements op.Logs.
func (l logs) List() ([]op.LogFile, error) {
	entries, err := os.ReadDir(l.d.state.path("log"))
	if err != nil {
		return nil, err
	}
	var list []op.LogFile
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || e.Name()[0] == '.' {
			continue // gone meanwhile, or no log
		}
		f := op.LogFile{Name: e.Name(), Size: info.Size(), Modified: info.ModTime(), Mode: info.Mode().String()}
		if st, ok := info.Sys().(*syscall.Stat_t); ok {
			f.Owner, f.Group = userName(st.Uid), groupName(st.Gid)
		}
		list = append(list, f)
	}
	return list, nil
}

func groupName(gid uint32) string {
	id := strconv.FormatUint(uint64(gid), 10)
	g, err := user.LookupGroupId(id)
	if err != nil {
		return id
	}
	return g.Name
}

// open opens a log for reading, up to what its writer has published.
func (l logs) open(name string) (*logfile.Log, error) {
	log, err := logfile.Open(l.d.state.path("log"), l.d.state.path("index"), name)
	if err != nil {
		return nil, err
	}
	log.Node = l.d.state.node
	live, err := l.d.engine.File(name)
	switch {
	case err == nil:
		live.Flush()
		log.Live = live
	case !errors.Is(err, fs.ErrNotExist):
		return nil, errors.Join(err, log.Close())
	}
	return log, nil
}

// read opens a log and yields the lines that of picks from it.
func (l logs) read(name string, of func(*logfile.Log) iter.Seq2[logfile.Line, error]) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		log, err := l.open(name)
		if err != nil {
			yield(nil, err)
			return
		}
		for line, err := range of(log) {
			if !yield(line.Text, err) {
				_ = log.Close() // only read, and nobody asks any more
				return
			}
		}
		if err := log.Close(); err != nil {
			yield(nil, err)
		}
	}
}

// Lines implements op.Logs.
func (l logs) Lines(ctx context.Context, name string) iter.Seq2[[]byte, error] {
	return l.read(name, func(log *logfile.Log) iter.Seq2[logfile.Line, error] { return log.All(ctx) })
}

// Last implements op.Logs.
func (l logs) Last(ctx context.Context, name string, n int) iter.Seq2[[]byte, error] {
	return l.read(name, func(log *logfile.Log) iter.Seq2[logfile.Line, error] { return log.Last(ctx, uint64(max(n, 0))) })
}

// followRetry is how long Follow waits for a log that nothing is written to at
// the moment: its file statement was deleted, or its directory is unwritable.
const followRetry = time.Second

// Follow implements op.Logs. It goes on when a commit replaces the writer of
// the file.
func (l logs) Follow(ctx context.Context, name string) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		var from logfile.Position
		var told string // the last error that was shown
		for first := true; ctx.Err() == nil; first = false {
			log, err := l.open(name)
			if err == nil && first {
				from, err = log.End()
			}
			if err != nil {
				yield(nil, err)
				return
			}
			for line, err := range log.Follow(ctx, from) {
				var gap *logfile.GapError
				switch {
				case errors.As(err, &gap):
					err = nil
					line.Text = []byte("[" + gap.Error() + "]")
				case ctx.Err() != nil:
					err = ctx.Err()
				case err != nil:
					if text := err.Error(); passing(err) || text == told {
						err = nil
					} else {
						told, err = text, nil
						line.Text = []byte("[" + text + "]")
					}
				default:
					from = line.Position
				}
				if err == nil && line.Text == nil {
					break
				}
				if !yield(line.Text, err) {
					_ = log.Close()
					return
				}
			}
			if err := log.Close(); err != nil {
				yield(nil, err)
				return
			}
			select {
			case <-ctx.Done():
			case <-time.After(followRetry):
			}
		}
	}
}

// passing tells an error that a change of writers causes.
func passing(err error) bool {
	return errors.Is(err, fs.ErrClosed) || errors.Is(err, fs.ErrNotExist)
}

// Clear implements op.Logs.
func (l logs) Clear(_ context.Context, _ event.Subject, name string, all bool) error {
	err := l.d.engine.ClearLog(name, all)
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New(name + ": no log file of the present configuration; use file delete")
	}
	return err
}
