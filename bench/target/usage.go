package target

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// tick is the unit of processor time in /proc, USER_HZ, which Linux fixes at
// 100 for user space.
const tick = 10 * time.Millisecond

// group is a process group as /proc shows it.
type group struct {
	id      int
	members []int     // as of the last scan
	scanned time.Time // of all of /proc
}

// rescan is how long the list of members is trusted. Children that come and
// go in between are in their parent's figures once it has waited for them.
const rescan = 500 * time.Millisecond

// CPU returns the processor time, user and system, that the daemon's process
// group has used so far, children that it waited for included. Resolution is
// 10 ms.
func (d *Daemon) CPU() (time.Duration, error) {
	if time.Since(d.group.scanned) > rescan {
		if err := d.group.scan(); err != nil {
			return 0, err
		}
	}
	var sum time.Duration
	for _, pid := range d.group.members {
		if s, ok := readStat(pid); ok && s.group == d.group.id {
			sum += s.cpu
		}
	}
	return sum, nil
}

func (g *group) scan() error {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return err
	}
	g.members = g.members[:0]
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if s, ok := readStat(pid); ok && s.group == g.id {
			g.members = append(g.members, pid)
		}
	}
	g.scanned = time.Now()
	return nil
}

type stat struct {
	group int
	cpu   time.Duration
}

// readStat reads /proc/PID/stat (proc(5)); it is not ok when the process is gone.
func readStat(pid int) (stat, bool) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return stat{}, false
	}
	// The name stands in parentheses and may hold anything, so count from the
	// last one: state is field 3, pgrp 5, utime to cstime 14 to 17.
	_, after, ok := bytes.Cut(b[bytes.LastIndexByte(b, ')')+1:], []byte(" "))
	f := strings.Fields(string(after))
	if !ok || len(f) < 15 {
		return stat{}, false
	}
	group, err := strconv.Atoi(f[2])
	if err != nil {
		return stat{}, false
	}
	s := stat{group: group}
	for _, field := range f[11:15] {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return stat{}, false
		}
		s.cpu += time.Duration(n) * tick
	}
	return s, true
}

// Memory returns the resident size of the daemon's first process in bytes:
// now, and the highest there ever was.
func (d *Daemon) Memory() (now, peak int64, err error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.group.id))
	if err != nil {
		return 0, 0, err
	}
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if len(f) < 2 || f[0] != "VmRSS:" && f[0] != "VmHWM:" {
			continue
		}
		kib, err := strconv.ParseInt(f[1], 10, 64)
		if err != nil {
			return 0, 0, fmt.Errorf("%s %w", f[0], err)
		}
		if f[0] == "VmRSS:" {
			now = kib << 10
		} else {
			peak = kib << 10
		}
	}
	return now, peak, nil
}

// Machine returns the processor time that all of the machine has spent on
// anything, and what this process has used of it.
func Machine() (busy, own time.Duration, err error) {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, 0, err
	}
	first, _, _ := strings.Cut(string(b), "\n")
	f := strings.Fields(first)
	for i, field := range f {
		// cpu user nice system idle iowait irq softirq steal guest guest_nice;
		// guest time is counted in user already.
		if i == 0 || i == 4 || i == 5 || i > 8 {
			continue
		}
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, 0, fmt.Errorf("/proc/stat: %w", err)
		}
		busy += time.Duration(n) * tick
	}
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, 0, err
	}
	return busy, time.Duration(u.Utime.Nano() + u.Stime.Nano()), nil
}
