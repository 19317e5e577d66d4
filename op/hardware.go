package op

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// serialNumber is what tells this machine from others: the number that it gave
// itself when it first started, which positions in its logs have too.
func serialNumber(env *Env) string {
	text, err := os.ReadFile(filepath.Join(env.StateDir, "node-id"))
	if s := strings.TrimSpace(string(text)); err == nil && s != "" {
		return s
	}
	return hostName(env)
}

// showInventory is the machine as one chassis without parts.
func showInventory(_ context.Context, env *Env, _ Args) (Result, error) {
	return facts(Group("chassis-inventory", Group("chassis", Leaf("name", "Chassis"), Leaf("serial-number", serialNumber(env)),
		Leaf("description", env.Product.Model)).With("junos:style", "inventory"))), nil
}

// showEngine is the machine as a routing engine: its memory, processors and load.
func showEngine(_ context.Context, env *Env, _ Args) (Result, error) {
	m, err := readMemory()
	if err != nil {
		return nil, err
	}
	shares, err := processorShares()
	if err != nil {
		return nil, err
	}
	up, averages, err := booted()
	if err != nil {
		return nil, err
	}
	start := env.Now().Add(-up)
	average := func(name string, v float64) Element { return Leaf(name, fmt.Sprintf("%.2f", v)) }
	e := Group("route-engine", count("slot", 0), Leaf("mastership-state", "master"), Leaf("mastership-priority", "master (default)"), Leaf("status", "OK"),
		Leaf("memory-dram-size", fmt.Sprintf("%d MB", m.total>>20)), count("memory-buffer-utilization", m.percentUsed()))
	for i, name := range []string{"cpu-user", "cpu-background", "cpu-system", "cpu-interrupt", "cpu-idle"} {
		e.Children = append(e.Children, count(name, shares[i]))
	}
	e.Children = append(e.Children, Leaf("model", fmt.Sprintf("%s, %d processors", runtime.GOARCH, runtime.NumCPU())), Leaf("serial-number", serialNumber(env)),
		moment("start-time", start, Stamp(start)), span("up-time", up, clock(up.Truncate(time.Second))), Leaf("last-reboot-reason", "unknown"),
		average("load-average-one", averages[0]), average("load-average-five", averages[1]), average("load-average-fifteen", averages[2]))
	return facts(Group("route-engine-information", e)), nil
}

// processorShares is what the processors did since the machine started, in
// percent: for programs, for those that are nice, for the kernel, for
// interrupts, and nothing. They are the first line of /proc/stat (proc(5)).
func processorShares() (shares [5]uint64, err error) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return shares, err
	}
	line, _, _ := strings.Cut(string(text), "\n")
	fields := strings.Fields(line)
	total := uint64(0)
	for i, f := range fields[min(1, len(fields)):] {
		n, err := strconv.ParseUint(f, 10, 60)
		if err != nil {
			return shares, fmt.Errorf("/proc/stat: %q is no time", f)
		}
		if i >= 8 { // guests are in the first two
			break
		}
		total += n
		shares[[...]int{0, 1, 2, 4, 4, 3, 3, 2}[i]] += n // user nice system idle iowait irq softirq steal
	}
	for i := range shares {
		shares[i] = shares[i] * 100 / max(total, 1)
	}
	return shares, nil
}
