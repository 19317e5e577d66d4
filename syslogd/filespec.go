package syslogd

import (
	"golang.org/x/sys/unix"

	"loggia/syslogd/sink"
	"loggia/syslogd/wire"
)

// fileSpec is a file without its rules.
type fileSpec struct {
	name, place string
	perHost     bool
	options     sink.FileOptions
}

// The defaults of `archive`, obeyed where a File names none.
const (
	defaultArchiveSize = 128 << 10 // bytes
	defaultArchives    = 10
)

func (c *Config) fileSpec(f *File) spec {
	s := fileSpec{name: f.Name, place: f.Place, perHost: f.PerHost, options: sink.FileOptions{
		Size: f.Size, Files: f.Archives, WorldReadable: f.WorldReadable, BinaryData: f.BinaryData,
		Rotation: f.Rotate, Retain: f.Retain, Sync: f.Sync,
		Audit:           keepsAudit(f.Rules),
		AllowDuplicates: c.AllowDuplicates || f.AllowDuplicates,
		Style:           c.layout(f.Layout),
	}}
	if s.options.Size == 0 {
		s.options.Size = defaultArchiveSize
	}
	if s.options.Files == 0 {
		s.options.Files = defaultArchives
	}
	return s
}

// layout returns how lines of a local destination look.
func (c *Config) layout(l Layout) wire.Style {
	return wire.Style{
		Structured: l.Structured, Brief: l.Brief, ExplicitPriority: l.ExplicitPriority,
		Year: c.TimeFormat.Year, Millisecond: c.TimeFormat.Millisecond,
		FacilityOverride: -1, Zone: c.zone(), HostName: c.HostName,
	}
}

func (s fileSpec) style() wire.Style { return s.options.Style }

func (s fileSpec) open(e *Engine) (sink.Destination, error) {
	cabinet, err := e.openCabinet()
	if err != nil {
		return nil, err
	}
	c := sink.FileConfig{
		Cabinet: cabinet, Dir: e.o.LogDir, IndexDir: e.o.IndexDir, Name: s.name, FileOptions: s.options,
		Place: s.place, Space: e.storage, Report: e.say, Now: e.o.Now,
	}
	if s.perHost {
		p, err := sink.NewPerHost(c)
		if err != nil {
			return nil, err // a nil *sink.PerHost in a Destination would not be nil
		}
		return p, nil
	}
	f, err := sink.NewFile(c)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// openCabinet returns what all files share.
func (e *Engine) openCabinet() (*sink.Cabinet, error) {
	if c := e.cabinet.Load(); c != nil {
		return c, nil
	}
	c, err := sink.OpenCabinet(e.o.LogDir, e.o.IndexDir, openFiles())
	if err != nil {
		return nil, err
	}
	if !e.cabinet.CompareAndSwap(nil, c) { // another file was faster
		return e.cabinet.Load(), c.Close()
	}
	return c, nil
}

// openFiles is how many log files are open at a time: two fifths of the
// descriptors that we may have are for them, two for each.
func openFiles() int {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return leastOpenFiles
	}
	return max(leastOpenFiles, int(min(limit.Cur, mostDescriptors)/5))
}

const (
	leastOpenFiles  = 64
	mostDescriptors = 1 << 16
)

// together calls f, which looks for what many files have on the disk: the
// directories are listed once.
func (e *Engine) together(f func()) {
	if c := e.cabinet.Load(); c != nil {
		defer c.Share()()
	}
	f()
}

func (s fileSpec) adopt(_ spec, d sink.Destination) func() {
	switch f := d.(type) {
	case *sink.File:
		if !s.perHost {
			return func() { f.Reconfigure(s.options) }
		}
	case *sink.PerHost:
		if s.perHost {
			return func() { f.Reconfigure(s.options) }
		}
	}
	return nil // the files stand in other places
}

// say passes on what a destination has to tell about itself.
func (e *Engine) say(a sink.Alarm) {
	select {
	case <-e.done:
		if a.Err == nil {
			return // it ends with the engine, and does not work again
		}
	default:
	}
	e.o.Alarm(a.Place, a.Err)
}
