package syslogd

import (
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

func (c *Config) fileSpec(f File) spec {
	s := fileSpec{name: f.Name, place: f.Place, perHost: f.PerHost, options: sink.FileOptions{
		Size: f.Size, Files: f.Archives, WorldReadable: f.WorldReadable, BinaryData: f.BinaryData,
		Rotation: f.Rotate, Retain: f.Retain, Sync: f.Sync,
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
	c := sink.FileConfig{
		Dir: e.o.LogDir, IndexDir: e.o.IndexDir, Name: s.name, FileOptions: s.options,
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
func (e *Engine) say(a sink.Alarm) { e.o.Alarm(a.Place, a.Err) }
