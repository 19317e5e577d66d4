package syslogd

import (
	"fmt"
	"io/fs"

	"loggia/syslogd/sink"
)

// File returns the log file of that name, for reading it while it is written:
// Flush, Published, Changed and OpenLive are for every goroutine. The error is
// fs.ErrNotExist where the configuration in force names no such file.
func (e *Engine) File(name string) (*sink.File, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	d := e.state.destination(destinationID{KindFile, name})
	if d == nil {
		return nil, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
	}
	return d.sink.(*sink.File), nil
}

// Flush makes everything that Submit and Log have returned from readable in the
// file of that name. The error is fs.ErrNotExist where the configuration in
// force names no such file: what lies on the disk then does not change.
func (e *Engine) Flush(name string) error {
	f, err := e.File(name)
	if err != nil {
		return err
	}
	f.Flush()
	return nil
}

// ClearLog empties the file of that name, and removes its archives if all is
// set (`clear log NAME all`).
func (e *Engine) ClearLog(name string, all bool) error {
	f, err := e.File(name)
	if err != nil {
		return err
	}
	return f.Clear(all)
}

// Reopen opens every file by its name again (SIGHUP): another program may have
// moved it.
func (e *Engine) Reopen() {
	e.mu.Lock()
	s := e.state
	e.mu.Unlock()
	for _, d := range s.destinations {
		if f, ok := d.sink.(*sink.File); ok {
			f.Reopen()
		}
	}
}
