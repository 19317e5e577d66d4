package op

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// showStorage is `show system storage`: the file systems on disks.
func showStorage(_ context.Context, env *Env, _ Args) (Result, error) {
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	fmt.Fprintf(&b, storageRow+" Mounted on\n", "Filesystem", "Size", "Used", "Avail", "Capacity")
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
		b.WriteString(storageLine(f[0], f[1], s))
	}
	var s unix.Statfs_t
	if err := unix.Statfs(env.StateDir, &s); err != nil {
		return nil, err
	}
	b.WriteString(storageLine("(logs)", "/var/log", s))
	return Text(b.String()), nil
}

// storageRow is the layout of a row up to the place it is mounted on.
const storageRow = "%-20s %7s %10s %10s %9s  "

func storageLine(device, at string, s unix.Statfs_t) string {
	block := uint64(s.Bsize)
	used := s.Blocks - s.Bfree
	percent := uint64(0)
	if total := used + s.Bavail; total > 0 {
		percent = (used*100 + total - 1) / total
	}
	return fmt.Sprintf(storageRow+"%s\n", device, human(s.Blocks*block), human(used*block), human(s.Bavail*block), fmt.Sprintf("%d%%", percent), at)
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

// showProcesses is `show system processes`, in the columns of ps ax.
func showProcesses(_ context.Context, _ *Env, _ Args) (Result, error) {
	dirs, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	var pids []int
	for _, d := range dirs {
		if pid, err := strconv.Atoi(d.Name()); err == nil {
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	var b strings.Builder
	b.WriteString("  PID STAT    TIME COMMAND\n")
	for _, pid := range pids {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			continue // it ended meanwhile
		}
		line, err := processLine(pid, string(stat))
		if err != nil {
			return nil, err
		}
		b.WriteString(line)
	}
	return Text(b.String()), nil
}

// clockTick is the unit of CPU time in /proc: 1/100 second on every Linux.
const clockTick = 100

// processLine reads /proc/PID/stat: pid (comm) state … utime(14) stime(15).
// The name may hold blanks and parentheses.
func processLine(pid int, stat string) (string, error) {
	open, end := strings.IndexByte(stat, '('), strings.LastIndexByte(stat, ')')
	if open < 0 || end < open {
		return "", fmt.Errorf("process %d: %q is no process state", pid, stat)
	}
	f := strings.Fields(stat[end+1:])
	if len(f) < 13 {
		return "", fmt.Errorf("process %d: %q is no process state", pid, stat)
	}
	ticks := 0
	for _, t := range f[11:13] {
		n, err := strconv.Atoi(t)
		if err != nil {
			return "", fmt.Errorf("process %d: CPU time %q", pid, t)
		}
		ticks += n
	}
	seconds := ticks / clockTick
	return fmt.Sprintf("%5d %-4s %4d:%02d %s\n", pid, f[0], seconds/60, seconds%60, stat[open+1:end]), nil
}
