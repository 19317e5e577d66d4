package daemon

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"path/filepath"
	"strings"
	"time"

	"loggia/audit/event"
	"loggia/op"
	"loggia/syslogd"
	"loggia/syslogd/logfile"
	"loggia/syslogd/sink"
)

// logs gives commands access to the log files. It implements op.Logs.
type logs struct{ d *Daemon }

// live reports whether the engine writes to the log of that name.
func (l logs) live(name string) bool {
	if _, file, ok := syslogd.SenderFile(name); ok {
		return l.d.engine.KeepsPerHost(file)
	}
	_, err := l.d.engine.File(name)
	return err == nil
}

// open opens a log for reading, up to what its writer has published.
func (l logs) open(name string) (*logfile.Log, error) {
	dir, file := located(name)
	log, err := logfile.Open(l.d.state.path("log", dir), l.d.state.path("index", dir), file)
	if err != nil {
		return nil, err
	}
	log.Node = l.d.state.node
	if err := l.d.engine.Flush(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, errors.Join(err, log.Close())
	}
	live, err := l.d.engine.File(name)
	switch {
	case err == nil:
		log.Live = live
	case !errors.Is(err, fs.ErrNotExist):
		return nil, errors.Join(err, log.Close())
	}
	return log, nil
}

// Open implements op.Logs. An archive that is named is opened alone.
func (l logs) Open(name string) (op.LogText, error) {
	if dir, file := located(name); strings.HasSuffix(file, ".gz") {
		text, err := logfile.OpenArchive(l.d.state.path("log", dir), file)
		return logText{text, nil}, err
	}
	log, err := l.open(name)
	if err != nil {
		return nil, err
	}
	text, err := log.Text()
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	return logText{text, log}, nil
}

// located tells in which directory a log is, below that of all logs, and its name there.
func located(name string) (dir, file string) {
	if sender, of, ok := syslogd.SenderFile(name); ok {
		return filepath.Join(sink.PerHostDir, sender), of
	}
	return "", name
}

// logText implements op.LogText.
type logText struct {
	text *logfile.Text
	log  *logfile.Log // nil for a single archive
}

// Sections implements op.LogText.
func (t logText) Sections() []op.LogSection {
	var all []op.LogSection
	for _, s := range t.text.Sections() {
		all = append(all, s.Blocks)
	}
	return all
}

// Close implements op.LogText.
func (t logText) Close() error {
	err := t.text.Close()
	if t.log != nil {
		err = errors.Join(err, t.log.Close())
	}
	return err
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
func (l logs) Clear(_ context.Context, by event.Subject, name string, all bool) error {
	err := l.d.engine.ClearLog(name, by.User, all)
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New(name + ": no log file of the present configuration; use file delete")
	}
	return err
}
