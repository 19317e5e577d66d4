package op

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// fileSystem is a row of `show system storage`, in bytes.
type fileSystem struct {
	device, at              string
	size, used, free, taken uint64 // taken is in percent of what users can have
}

// storage is the answer of `show system storage`: the file systems on disks, and
// what the logs do with theirs.
type storage struct {
	disks []fileSystem
	logs  *Storage
}

func showStorage(_ context.Context, env *Env, _ Args) (Result, error) {
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return nil, err
	}
	var out storage
	seen := map[string]bool{}
	for line := range strings.Lines(string(mounts)) {
		f := strings.Fields(line)
		if len(f) < 2 || !strings.HasPrefix(f[0], "/") || seen[f[0]] {
			continue
		}
		var s unix.Statfs_t
		if unix.Statfs(f[1], &s) != nil || s.Blocks == 0 {
			continue // not ours to look at
		}
		seen[f[0]] = true
		out.disks = append(out.disks, newFileSystem(f[0], f[1], s))
	}
	var s unix.Statfs_t
	if err := unix.Statfs(env.StateDir, &s); err != nil {
		return nil, err
	}
	out.disks = append(out.disks, newFileSystem("(logs)", "/var/log", s))
	if env.Storage != nil {
		logs := env.Storage()
		out.logs = &logs
	}
	return out, nil
}

func newFileSystem(device, at string, s unix.Statfs_t) fileSystem {
	block := uint64(s.Bsize)
	used := s.Blocks - s.Bfree
	percent := uint64(0)
	if total := used + s.Bavail; total > 0 {
		percent = (used*100 + total - 1) / total
	}
	return fileSystem{device, at, s.Blocks * block, used * block, s.Bavail * block, percent}
}

// storageRow is the layout of a row up to the place it is mounted on.
const storageRow = "%-20s %7s %10s %10s %9s  "

// WriteText implements Result.
func (s storage) WriteText(w io.Writer) error {
	return compose(w, func(b *strings.Builder) {
		fmt.Fprintf(b, storageRow+" Mounted on\n", "Filesystem", "Size", "Used", "Avail", "Capacity")
		for _, f := range s.disks {
			fmt.Fprintf(b, storageRow+"%s\n", f.device, human(f.size), human(f.used), human(f.free), fmt.Sprintf("%d%%", f.taken), f.at)
		}
		if s.logs != nil {
			s.logs.text(b)
		}
	})
}

// Element implements Result. Blocks have 512 bytes, as Junos counts them.
func (s storage) Element() Element {
	const block = 512
	e := Element{Name: "system-storage-information"}
	for _, f := range s.disks {
		e.Children = append(e.Children, Group("filesystem", Leaf("filesystem-name", f.device), amount("total-blocks", f.size/block, human(f.size)),
			amount("used-blocks", f.used/block, human(f.used)), amount("available-blocks", f.free/block, human(f.free)),
			count("used-percent", f.taken), Leaf("mounted-on", f.at)))
	}
	if s.logs != nil {
		e.Children = append(e.Children, s.logs.element())
	}
	return e
}

// human shows a size as df -h does.
func human(n uint64) string {
	const units = "BKMGTPE"
	v, i := float64(n), 0
	for v >= 1024 && i < len(units)-1 {
		v, i = v/1024, i+1
	}
	if v >= 10 || i == 0 {
		return fmt.Sprintf("%.0f%c", v, units[i])
	}
	return fmt.Sprintf("%.1f%c", v, units[i])
}

// process is a row of `show system processes`.
type process struct {
	pid     int
	state   string // letter of ps
	seconds int    // of CPU time
	command string
}

// processes is the answer of `show system processes`, in the columns of ps ax.
type processes []process

func showProcesses(_ context.Context, _ *Env, _ Args) (Result, error) {
	dirs, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	var out processes
	for _, d := range dirs {
		pid, err := strconv.Atoi(d.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			continue // it ended meanwhile
		}
		p, err := newProcess(pid, string(stat))
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b process) int { return a.pid - b.pid })
	return out, nil
}

// clockTick is the unit of CPU time in /proc: 1/100 second on every Linux.
const clockTick = 100

// newProcess reads /proc/PID/stat: pid (comm) state … utime(14) stime(15).
// The name may hold blanks and parentheses.
func newProcess(pid int, stat string) (process, error) {
	open, end := strings.IndexByte(stat, '('), strings.LastIndexByte(stat, ')')
	if open < 0 || end < open {
		return process{}, fmt.Errorf("process %d: %q is no process state", pid, stat)
	}
	f := strings.Fields(stat[end+1:])
	if len(f) < 13 {
		return process{}, fmt.Errorf("process %d: %q is no process state", pid, stat)
	}
	ticks := 0
	for _, t := range f[11:13] {
		n, err := strconv.Atoi(t)
		if err != nil {
			return process{}, fmt.Errorf("process %d: CPU time %q", pid, t)
		}
		ticks += n
	}
	return process{pid, f[0], ticks / clockTick, stat[open+1 : end]}, nil
}

// WriteText implements Result.
func (list processes) WriteText(w io.Writer) error {
	return compose(w, func(b *strings.Builder) {
		b.WriteString("  PID STAT    TIME COMMAND\n")
		for _, p := range list {
			fmt.Fprintf(b, "%5d %-4s %4d:%02d %s\n", p.pid, p.state, p.seconds/60, p.seconds%60, p.command)
		}
	})
}

// Element implements Result.
func (list processes) Element() Element {
	e := Element{Name: "system-process-information"}
	for _, p := range list {
		e.Children = append(e.Children, Group("process", count("pid", uint64(p.pid)), Leaf("state", p.state),
			span("cpu-time", time.Duration(p.seconds)*time.Second, fmt.Sprintf("%d:%02d", p.seconds/60, p.seconds%60)), Leaf("command", p.command)))
	}
	return e
}
