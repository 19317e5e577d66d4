package syslogd

import (
	"fmt"
	"io/fs"
	"strings"

	"loggia/syslogd/sink"
)

// File returns the log file of that name, for reading it while it is written:
// Flush, Published, Changed and OpenLive are for every goroutine. The error is
// fs.ErrNotExist where the configuration in force names no such file; those kept
// per-host are read from the disk, where each line is when it has been routed.
func (e *Engine) File(name string) (*sink.File, error) {
	f, _ := e.sink(name).(*sink.File)
	if f == nil {
		return nil, notConfigured(name)
	}
	return f, nil
}

// sink returns the file or the files of that name, nil if there are none.
func (e *Engine) sink(name string) sink.Destination {
	e.mu.Lock()
	defer e.mu.Unlock()
	if d := e.state.destination(destinationID{KindFile, name}); d != nil {
		return d.sink
	}
	return nil
}

func notConfigured(name string) error { return fmt.Errorf("%s: %w", name, fs.ErrNotExist) }

// Flush makes everything that Submit and Log have returned from readable in the
// file of that name, or in those kept per-host under it. The error is
// fs.ErrNotExist where the configuration in force names no such file: what lies on
// the disk then does not change.
func (e *Engine) Flush(name string) error {
	e.outbox.empty()
	f, err := e.File(name)
	if err != nil {
		return err
	}
	f.Flush()
	return nil
}

// ClearLog empties the file of that name, and removes its archives if all is
// set (`clear log NAME all`), for a user. A file kept per-host is named per-host/HOST/NAME.
func (e *Engine) ClearLog(name, user string, all bool) error {
	e.outbox.empty()
	if sender, file, ok := SenderFile(name); ok {
		p, _ := e.sink(file).(*sink.PerHost)
		if p == nil {
			return notConfigured(name)
		}
		return p.Clear(sender, user, all)
	}
	f, err := e.File(name)
	if err != nil {
		return err
	}
	return f.Clear(user, all)
}

// KeepsPerHost reports whether the configuration in force keeps a file of that name
// for each sender.
func (e *Engine) KeepsPerHost(name string) bool {
	_, ok := e.sink(name).(*sink.PerHost)
	return ok
}

// SenderFile takes apart the name of a file kept per-host, per-host/HOST/NAME.
func SenderFile(name string) (sender, file string, ok bool) {
	rest, ok := strings.CutPrefix(name, sink.PerHostDir+"/")
	if !ok {
		return "", "", false
	}
	sender, file, ok = strings.Cut(rest, "/")
	if !ok || sender == "" || sender[0] == '.' || file == "" || file[0] == '.' || strings.Contains(file, "/") {
		return "", "", false
	}
	return sender, file, true
}

// Reopen opens every file by its name again (SIGHUP): another program may have
// moved it.
func (e *Engine) Reopen() {
	e.mu.Lock()
	s := e.state
	e.mu.Unlock()
	e.together(func() {
		for _, d := range s.destinations {
			if f, ok := d.sink.(interface{ Reopen() }); ok {
				f.Reopen()
			}
		}
	})
}
