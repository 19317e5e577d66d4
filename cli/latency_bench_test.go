package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"loggia/cli/terminal"
	"loggia/files"
	"loggia/op"
)

// BenchmarkKeys answers ?, Tab and Space over 100,000 statements, up to a screenful of what there
// is to list, and reports the median and the 99th percentile: of the time that passes, and
// of the processor time, which what else the machine does leaves alone.
//
// The target is 5 ms at the 99th percentile, for every class.
func BenchmarkKeys(b *testing.B) {
	s := grown(b)
	classes := map[string]op.ClassDefinition{
		"all":   {Name: "all", Permissions: []string{"all"}},
		"flags": {Name: "flags", Permissions: []string{"configure", "system", "system-control"}},
		"allow": {Name: "allow", Permissions: []string{"configure"}, AllowConfiguration: "system syslog file f024.*"},
		"deny":  {Name: "deny", Permissions: []string{"all"}, DenyConfiguration: "system syslog file f0(0|1|20).*"},
		"lists": {Name: "lists", Permissions: []string{"all"}, DenyConfigurationRegexps: []string{"system login .*", "system syslog file f0[01].*"}},
	}
	names := []string{"all", "flags", "allow", "deny", "lists"}
	for _, name := range names {
		class, problems := op.NewClass(classes[name])
		if problems != nil {
			b.Fatal(problems)
		}
		for _, line := range []string{
			"?set ", "?set system syslog ", "?set system syslog file ", "?show system syslog file f0", "?set system syslog file f024999 ",
			"\tdelete system syslog file f", "\tdelete system syslog file f02", "\tdelete system syslog file f02499", "\tset sys",
			" set system syslog fi", " set system syslog file f024999 dae", " delete system syslog file f024",
			"?", "?delete system syslog file ", "?show ", "?show | ", "?edit system syslog file ", "?rename system syslog file f000001 to ",
			"?insert system syslog file ", "?annotate system ", "?wildcard delete system syslog file ", "?wildcard range set system syslog file f",
			"?set groups ", "?set apply-groups ", "?run ", "?rollback ", "?load merge ", "?commit ", "\tcopy system syslog file f02",
		} {
			b.Run(fmt.Sprintf("%s/%q", name, line), func(b *testing.B) {
				s.env.Class = func() *op.Class { return class }
				percentiles(b, func() { screen(assistant{s}, line[0], line[1:]) })
			})
		}
	}
}

// BenchmarkFileKeys is BenchmarkKeys where the names of 12,500 files are to be listed: of logs, and
// of what is in a directory. The first time of each takes longer, for the names are read.
func BenchmarkFileKeys(b *testing.B) {
	l := newLab(b)
	dir := filepath.Join(l.state, "log")
	if err := os.Mkdir(dir, 0o755); err != nil {
		b.Fatal(err)
	}
	for i := range 12_500 {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("messages-%05d", i)), nil, 0o600); err != nil {
			b.Fatal(err)
		}
	}
	long := time.Now().Add(-time.Hour)
	if err := os.Chtimes(dir, long, long); err != nil {
		b.Fatal(err)
	}
	o := l.options("user")
	o.Env.Logs = &directoryLogs{fakeLogs: l.logs, dir: dir}
	o.Screen = NewBatchScreen(io.Discard, nil)
	s := New(o)
	s.enterConfiguration(l.store.Shared())
	for _, line := range []string{
		"?run show log ", "?run show log messages-0", "?run clear log ", "?run monitor start ", "\trun show log mess", "\trun show log messages-02",
		"\trun show log messages-12499", "?run file show /var/log/", "\trun file show /var/log/messages-1", "?load merge /var/log/", "\tload merge /var/log/m",
	} {
		b.Run(fmt.Sprintf("%q", line), func(b *testing.B) {
			percentiles(b, func() { screen(assistant{s}, line[0], line[1:]) })
		})
	}
}

// directoryLogs lists the files of a directory as log files.
type directoryLogs struct {
	*fakeLogs
	dir   string
	names files.Listing
}

func (d *directoryLogs) Names(prefix string) ([]string, error) {
	dir, err := os.Open(d.dir)
	if err != nil {
		return nil, err
	}
	names, err := d.names.Names(dir, func(dir *os.File) ([]string, error) { return dir.Readdirnames(-1) })
	return files.Beginning(names, prefix), errors.Join(err, dir.Close())
}

func (d *directoryLogs) Stat(name string) (op.LogFile, error) {
	info, err := os.Lstat(filepath.Join(d.dir, name))
	if err != nil {
		return op.LogFile{}, err
	}
	return op.LogFile{Name: name, Size: info.Size(), Modified: info.ModTime()}, nil
}

// screen asks for advice as a key does, and takes the first screenful of it.
func screen(a assistant, key byte, line string) {
	var advice terminal.Advice
	switch key {
	case '?':
		advice = a.Help(line, len(line))
	case '\t':
		advice = a.Tab(line, len(line))
	default:
		advice = a.Space(line, len(line))
	}
	if advice.Lines == nil {
		return
	}
	rows := 24
	for range advice.Lines {
		if rows--; rows == 0 {
			return
		}
	}
}

// percentiles runs f for as long as b wants and reports how long most runs take.
func percentiles(b *testing.B, f func()) {
	runtime.LockOSThread() // whose processor time it is
	defer runtime.UnlockOSThread()
	var passed, worked []time.Duration
	f()
	for b.Loop() {
		began, busy := time.Now(), threadTime(b)
		f()
		passed, worked = append(passed, time.Since(began)), append(worked, threadTime(b)-busy)
	}
	for unit, all := range map[string][]time.Duration{"": passed, "cpu-": worked} {
		slices.Sort(all)
		b.ReportMetric(float64(all[len(all)/2].Microseconds()), unit+"p50-µs")
		b.ReportMetric(float64(all[len(all)*99/100].Microseconds()), unit+"p99-µs")
	}
}

// threadTime is the processor time of the present thread.
func threadTime(b *testing.B) time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		b.Fatal(err)
	}
	return time.Duration(t.Nano())
}
