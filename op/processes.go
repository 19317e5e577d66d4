package op

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// processCommands show what runs on the machine (junos-cli §7.3).
func processCommands() []Command {
	return []Command{{Grammar{Words: "show system processes", RPC: "get-system-process-information", Help: "Show the processes of the machine", Permission: "view", Params: []Param{
		{Name: "brief", Kind: Flag, Help: "How many there are, and what they take together"},
		{Name: "summary", Kind: Flag, Help: "That, and the programs by what they take"},
		{Name: "extensive", Kind: Flag, Help: "That, with those of the kernel"}}}, showProcesses}}
}

// process is what /proc says of one.
type process struct {
	pid            int
	state          string // letter of ps
	seconds        int    // of CPU time
	command        string
	kernel         bool // it is one of the kernel's own
	priority, nice int
	threads        int
	started        time.Duration // after the start of the machine
	size, resident uint64        // bytes of memory
	uid            uint32
}

// processes is the answer of `show system processes`, in the columns of ps ax.
type processes []process

func showProcesses(_ context.Context, env *Env, a Args) (Result, error) {
	list, err := readProcesses()
	if err != nil || len(a) == 0 {
		return list, err
	}
	if len(a) > 1 {
		return nil, errors.New("say one of brief, summary and extensive")
	}
	t := top{load: load{now: env.Now()}, counts: map[string]int{}}
	if t.memory, err = readMemory(); err != nil {
		return nil, err
	}
	if t.load.up, t.load.averages, err = booted(); err != nil {
		return nil, err
	}
	if t.last, err = lastProcess(); err != nil {
		return nil, err
	}
	for _, p := range list {
		t.total, t.counts[stateWord(p.state)] = t.total+1, t.counts[stateWord(p.state)]+1
		if a.Has("extensive") || a.Has("summary") && !p.kernel {
			t.list = append(t.list, p)
		}
	}
	slices.SortStableFunc(t.list, func(a, b process) int { return b.seconds - a.seconds })
	return t, nil
}

// lastProcess reads the number of the process that was started last, the end of /proc/loadavg (proc(5)).
func lastProcess() (int, error) {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0, err
	}
	line := strings.TrimSpace(string(text))
	return strconv.Atoi(line[strings.LastIndexByte(line, ' ')+1:])
}

// readProcesses lists all, by number.
func readProcesses() (processes, error) {
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
		p, there, err := readProcess(pid)
		if err != nil {
			return nil, err
		}
		if there {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b process) int { return a.pid - b.pid })
	return out, nil
}

// readProcess reads one; false when it has ended meanwhile. Its owner is that of its directory.
func readProcess(pid int) (p process, there bool, err error) {
	dir := "/proc/" + strconv.Itoa(pid)
	stat, err := os.ReadFile(dir + "/stat")
	if err != nil {
		return p, false, nil
	}
	info, err := os.Stat(dir)
	if err != nil {
		return p, false, nil
	}
	if p, err = newProcess(pid, string(stat)); err != nil {
		return p, false, err
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		p.uid = st.Uid
	}
	return p, true, nil
}

// clockTick is the unit of CPU time in /proc: 1/100 second on every Linux.
const clockTick = 100

// kernelThread is the flag of a process that is one of the kernel's own (PF_KTHREAD).
const kernelThread = 0x00200000

// newProcess reads /proc/PID/stat: pid (comm) state … flags(9) … utime(14) stime(15) … priority(18)
// nice(19) threads(20) … start(22) size(23) resident(24). The name may hold blanks and parentheses.
func newProcess(pid int, stat string) (process, error) {
	open, end := strings.IndexByte(stat, '('), strings.LastIndexByte(stat, ')')
	if open < 0 || end < open {
		return process{}, fmt.Errorf("process %d: %q is no process state", pid, stat)
	}
	const first = 3 // number of the first field behind the name
	f := strings.Fields(stat[end+1:])
	if len(f) < 25-first {
		return process{}, fmt.Errorf("process %d: %q is no process state", pid, stat)
	}
	var wrong error
	number := func(n int) int {
		v, err := strconv.Atoi(f[n-first])
		if err != nil && wrong == nil {
			wrong = fmt.Errorf("process %d: %q is no number", pid, f[n-first])
		}
		return v
	}
	p := process{pid: pid, state: f[0], command: stat[open+1 : end], seconds: (number(14) + number(15)) / clockTick, kernel: number(9)&kernelThread != 0,
		priority: number(18), nice: number(19), threads: number(20), started: time.Duration(number(22)) * (time.Second / clockTick),
		size: uint64(number(23)), resident: uint64(number(24)) * uint64(os.Getpagesize())}
	return p, wrong
}

// WriteText implements Result.
func (list processes) WriteText(w io.Writer) error {
	return compose(w, func(b *strings.Builder) {
		b.WriteString("  PID STAT    TIME COMMAND\n")
		for _, p := range list {
			fmt.Fprintf(b, "%5d %-4s %7s %s\n", p.pid, p.state, p.time(), p.command)
		}
	})
}

// Element implements Result.
func (list processes) Element() Element {
	e := Element{Name: "system-process-information"}
	for _, p := range list {
		e.Children = append(e.Children, Group("process", p.children()...))
	}
	return e
}

// time is what the process has had of a processor, in minutes and seconds.
func (p process) time() string { return fmt.Sprintf("%d:%02d", p.seconds/60, p.seconds%60) }

func (p process) children() []Element {
	return []Element{count("pid", uint64(p.pid)), Leaf("state", p.state), span("cpu-time", time.Duration(p.seconds)*time.Second, p.time()), Leaf("command", p.command)}
}

// top is the answer of `show system processes brief`, `summary` and `extensive`, as top(1) begins,
// and with a list as it goes on.
type top struct {
	load   load
	memory memory
	last   int // number of the process that was started last
	total  int
	counts map[string]int // of processes, by stateWord
	list   []process      // those that took most time first
}

// stateWord is the state of a process in the words of top(1).
func stateWord(letter string) string {
	switch letter {
	case "R":
		return "running"
	case "Z", "X":
		return "zombie"
	case "T", "t":
		return "stopped"
	case "D":
		return "waiting"
	}
	return "sleeping"
}

// stateWords are those that there may be, in their order.
func stateWords() []string { return []string{"running", "sleeping", "stopped", "zombie", "waiting"} }

// topRow is the layout of a row.
const topRow = "%5v %-8s %4v %3v %4v %6v %6v %-5s %7v %7v %s\n"

// share is the part of a processor that a process has had since it began, in percent.
func (t top) share(p process) float64 {
	life := t.load.up - p.started
	if life < time.Second {
		life = time.Second
	}
	return float64(p.seconds) * 100 / life.Seconds()
}

// WriteText implements Result.
func (t top) WriteText(w io.Writer) error {
	return compose(w, func(b *strings.Builder) {
		a := t.load.averages
		fmt.Fprintf(b, "last pid: %d;  load averages: %.2f, %.2f, %.2f  up %s    %s\n%d processes:", t.last, a[0], a[1], a[2], t.load.age(), t.load.now.Format("15:04:05"), t.total)
		comma := " "
		for _, word := range stateWords() {
			if n := t.counts[word]; n > 0 {
				fmt.Fprintf(b, "%s %d %s", comma, n, word)
				comma = ","
			}
		}
		m := t.memory
		fmt.Fprintf(b, "\n\nMem: %s Total, %s Active, %s Cache, %s Free\nSwap: %s Total, %s Used, %s Free\n", human(m.total), human(m.used()), human(m.cache), human(m.free),
			human(m.swap), human(m.swap-min(m.swapFree, m.swap)), human(m.swapFree))
		if len(t.list) == 0 {
			return
		}
		fmt.Fprintf(b, "\n"+topRow, "PID", "USERNAME", "THR", "PRI", "NICE", "SIZE", "RES", "STATE", "TIME", "WCPU", "COMMAND")
		names := map[uint32]string{}
		for _, p := range t.list {
			fmt.Fprintf(b, topRow, p.pid, owner(names, p.uid), p.threads, p.priority, p.nice, human(p.size), human(p.resident), p.state, p.time(),
				fmt.Sprintf("%.2f%%", t.share(p)), p.command)
		}
	})
}

// owner is the name of a user, or the number of one without.
func owner(names map[uint32]string, uid uint32) string {
	name, known := names[uid]
	if !known {
		name = strconv.FormatUint(uint64(uid), 10)
		if u, err := user.LookupId(name); err == nil {
			name = u.Username
		}
		names[uid] = name
	}
	return name
}

// Element implements Result.
func (t top) Element() Element {
	m := t.memory
	e := Group("system-process-information", count("last-pid", uint64(t.last)))
	e.Children = append(e.Children, t.load.averageElements()...)
	e.Children = append(e.Children, span("up-time", t.load.up, t.load.age()), count("total-process", uint64(t.total)))
	for _, word := range stateWords() {
		e.Children = append(e.Children, count(word+"-process", uint64(t.counts[word])))
	}
	e.Children = append(e.Children, amount("memory-total", m.total, human(m.total)), amount("memory-active", m.used(), human(m.used())), amount("memory-cache", m.cache, human(m.cache)),
		amount("memory-free", m.free, human(m.free)), amount("swap-total", m.swap, human(m.swap)), amount("swap-free", m.swapFree, human(m.swapFree)))
	names := map[uint32]string{}
	for _, p := range t.list {
		e.Children = append(e.Children, Group("process", append(p.children(), Leaf("user", owner(names, p.uid)), count("threads", uint64(p.threads)),
			Leaf("priority", strconv.Itoa(p.priority)), Leaf("nice", strconv.Itoa(p.nice)), amount("size", p.size, human(p.size)), amount("resident", p.resident, human(p.resident)),
			Leaf("cpu-percent", fmt.Sprintf("%.2f", t.share(p))))...))
	}
	return e
}
