package op

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

func showVersion(_ context.Context, env *Env, _ Args) (Result, error) {
	p := env.Product
	return Text(fmt.Sprintf("Hostname: %s\nModel: %s\nJunos: %s\nloggia %s\n", hostName(env), p.Model, p.Junos, p.Version)), nil
}

// hostName is what the configuration says, else the machine's name.
func hostName(env *Env) string {
	if n := env.Store.Running().Effective.Root().Child("system").Child("host-name"); n.Valid() {
		return n.Value()
	}
	name, err := os.Hostname()
	if err != nil {
		return "localhost"
	}
	return name
}

// booted is how long the machine runs, and its load averages.
func booted() (time.Duration, [3]float64, error) {
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err != nil {
		return 0, [3]float64{}, err
	}
	var loads [3]float64
	for i, l := range info.Loads {
		loads[i] = float64(l) / 65536
	}
	return time.Duration(info.Uptime) * time.Second, loads, nil
}

// showUptime is `show system uptime` (junos-cli §7.3).
func showUptime(_ context.Context, env *Env, _ Args) (Result, error) {
	now := env.Now()
	up, _, err := booted()
	if err != nil {
		return nil, err
	}
	ago := func(t time.Time) string {
		return fmt.Sprintf("%s (%s ago)", Stamp(t.In(now.Location())), clock(now.Sub(t)))
	}
	line, err := uptimeLine(env)
	if err != nil {
		return nil, err
	}
	m := env.Store.Running().Meta
	return Text(fmt.Sprintf("Current time: %s\nTime Source:  LOCAL CLOCK \nSystem booted: %s\nProtocols started: %s\nLast configured: %s by %s\n%s",
		Stamp(now), ago(now.Add(-up)), ago(env.Started), ago(m.Time), m.User, line)), nil
}

// uptimeLine is the line that uptime and w begin with.
func uptimeLine(env *Env) (string, error) {
	up, loads, err := booted()
	if err != nil {
		return "", err
	}
	days, rest := int(up/(24*time.Hour)), up%(24*time.Hour)
	age := fmt.Sprintf("%d:%02d", int(rest/time.Hour), int(rest/time.Minute)%60)
	if rest < time.Hour {
		age = fmt.Sprintf("%d mins", int(rest/time.Minute))
	}
	switch days {
	case 0:
	case 1:
		age = "1 day, " + age
	default:
		age = fmt.Sprintf("%d days, %s", days, age)
	}
	users := "1 user"
	if n := len(env.Sessions()); n != 1 {
		users = fmt.Sprintf("%d users", n)
	}
	return fmt.Sprintf("%7s  up %s, %s, load averages: %.2f, %.2f, %.2f\n", env.Now().Format("3:04PM"), age, users, loads[0], loads[1], loads[2]), nil
}

// showUsers is `show system users` (junos-cli §7.3).
func showUsers(_ context.Context, env *Env, _ Args) (Result, error) {
	line, err := uptimeLine(env)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	b.WriteString(line)
	b.WriteString("USER     TTY      FROM                              LOGIN@  IDLE WHAT\n")
	now := env.Now()
	for _, s := range env.Sessions() {
		tty, from, _ := s.TTY, s.Remote, ""
		if tty == "" {
			tty = "-"
		}
		from, _, _ = strings.Cut(from, " ")
		if from == "" {
			from = "-"
		}
		idle := "-"
		if d := now.Sub(s.LastKey); d >= time.Minute {
			idle = strconv.Itoa(int(d / time.Minute))
		}
		what := "-cli (cli)"
		if s.Command != "" {
			what = s.Command
		}
		fmt.Fprintf(&b, "%-8s %-8s %-32s %7s %5s %s\n", s.User, tty, from, s.Since.In(now.Location()).Format("3:04PM"), idle, what)
	}
	return Text(b.String()), nil
}

// showAlarms is `show system alarms`.
func showAlarms(_ context.Context, env *Env, _ Args) (Result, error) {
	list := env.Alarms()
	if len(list) == 0 {
		return Text("No alarms currently active\n"), nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d alarms currently active\nAlarm time               Class  Description\n", len(list))
	for _, a := range list {
		fmt.Fprintf(&b, "%-24s Major  %s %s\n", Stamp(a.Since.In(env.Now().Location())), a.Place, a.Reason)
	}
	return Text(b.String()), nil
}

// showStorage is `show system storage`: the file systems on disks.
func showStorage(_ context.Context, env *Env, _ Args) (Result, error) {
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%-23s %-10s %-9s %-9s %-10s %s\n", "Filesystem", "Size", "Used", "Avail", "Capacity", "Mounted on")
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

func storageLine(device, at string, s unix.Statfs_t) string {
	block := uint64(s.Bsize)
	used := s.Blocks - s.Bfree
	percent := 0
	if total := used + s.Bavail; total > 0 {
		percent = int((used*100 + total - 1) / total)
	}
	return fmt.Sprintf("%-23s %-10s %-9s %-9s %7d%%   %s\n", device, human(s.Blocks*block), human(used*block), human(s.Bavail*block), percent, at)
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
	var b strings.Builder
	b.WriteString("  PID STAT    TIME COMMAND\n")
	for _, d := range dirs {
		pid, err := strconv.Atoi(d.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile("/proc/" + d.Name() + "/stat")
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

// clockTick is the unit of CPU time in /proc, seconds/100 on every Linux.
const clockTick = 100

// processLine reads /proc/PID/stat: pid (comm) state … utime(14) stime(15).
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
	name := stat[open+1 : end]
	if raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid)); err == nil {
		name = strings.TrimSpace(string(raw))
	}
	return fmt.Sprintf("%5d %-4s %4d:%02d %s\n", pid, f[0], ticks/clockTick/60, ticks/clockTick%60, name), nil
}
