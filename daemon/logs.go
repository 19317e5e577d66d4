package daemon

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"loggia/audit/event"
	"loggia/op"
	"loggia/syslogd"
	"loggia/syslogd/logfile"
	"loggia/syslogd/sink"
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
		if f, ok := logFile(e, e.Name()); ok {
			list = append(list, f)
		}
		if e.IsDir() && e.Name() == sink.PerHostDir {
			senders, err := l.senders()
			if err != nil {
				return nil, err
			}
			list = append(list, senders...)
		}
	}
	return list, nil
}

// maxListed bounds the senders whose files are listed: there may be a hundred
// thousand. All can be read.
const maxListed = 1000

// senders lists the files kept per-host.
func (l logs) senders() ([]op.LogFile, error) {
	hosts, err := os.ReadDir(l.d.state.path("log", sink.PerHostDir))
	if err != nil {
		return nil, err
	}
	var list []op.LogFile
	for _, host := range hosts[:min(len(hosts), maxListed)] {
		entries, err := os.ReadDir(l.d.state.path("log", sink.PerHostDir, host.Name()))
		if err != nil {
			continue // gone meanwhile, or no directory
		}
		for _, e := range entries {
			if f, ok := logFile(e, sink.PerHostDir+"/"+host.Name()+"/"+e.Name()); ok {
				list = append(list, f)
			}
		}
	}
	return list, nil
}

// logFile describes an entry of a log directory under a name. ok is false if it
// is no log, or gone meanwhile.
func logFile(e fs.DirEntry, name string) (op.LogFile, bool) {
	info, err := e.Info()
	if err != nil || !info.Mode().IsRegular() || e.Name()[0] == '.' {
		return op.LogFile{}, false
	}
	f := op.LogFile{Name: name, Size: info.Size(), Modified: info.ModTime(), Mode: info.Mode().String()}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		f.Owner, f.Group = userName(st.Uid), groupName(st.Gid)
	}
	return f, true
}

// live reports whether the engine writes to the log of that name.
func (l logs) live(name string) bool {
	if _, file, ok := syslogd.SenderFile(name); ok {
		return l.d.engine.KeepsPerHost(file)
	}
	_, err := l.d.engine.File(name)
	return err == nil
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
	dir, file := located(name)
	log, err := logfile.Open(l.d.state.path("log", dir), l.d.state.path("index", dir), file)
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
