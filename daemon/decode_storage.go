package daemon

import (
	"strconv"
	"strings"
	"time"

	"loggia/configtree"
	"loggia/syslogd"
	"loggia/syslogd/sink"
)

// largestSize is the largest `archive size` that can be configured.
const largestSize = 1 << 30

// keeping reads how `file NAME` is kept: per-host, rotate, retain and sync.
func (d *decoder) keeping(r *configtree.Reader, f *syslogd.File) {
	f.PerHost = r.Has("per-host")
	f.Retain = time.Duration(r.Uint("retain")) * 24 * time.Hour
	switch r.Text("rotate") {
	case "hourly":
		f.Rotate = sink.Hourly
	case "daily":
		f.Rotate = sink.Daily
	}
	switch r.Text("sync") {
	case "always":
		f.Sync = sink.SyncAlways
	case "interval":
		f.Sync = sink.SyncInterval
	}
	if f.Name == sink.PerHostDir {
		d.problem(r.Path(), false, "is the name of the directory of files kept per-host")
	}
}

// storage reads `storage`.
func (d *decoder) storage(log *configtree.Reader) syslogd.Storage {
	r := log.Child("storage")
	s := syslogd.Storage{Place: d.place(log.PathOf("storage")), Reserve: percent(r, "reserve"), Warning: percent(r, "warning"), Alarm: percent(r, "alarm")}
	switch r.Text("overflow") {
	case "drop-new":
		s.Overflow = syslogd.DropNew
	case "halt":
		s.Overflow = syslogd.Halt
	}
	if s.Alarm > 0 && s.Warning >= s.Alarm {
		d.problem(r.PathOf("warning"), true, "is not below the alarm: the alarm alone will be given")
	}
	if full := 100 - s.Reserve; s.Reserve > 0 && s.Alarm > full {
		d.problem(r.PathOf("alarm"), true, "cannot be reached: %d%% are reserved", s.Reserve)
	}
	return s
}

// percent reads a percentage, which the schema has checked.
func percent(r *configtree.Reader, name string) int {
	n, err := strconv.Atoi(strings.TrimSuffix(r.Text(name), "%"))
	if err != nil {
		return 0
	}
	return n
}
