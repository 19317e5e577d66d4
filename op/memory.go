package op

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
)

// memoryCommands show what the machine's memory is used for.
func memoryCommands() []Command {
	return []Command{{Grammar{Words: "show system memory", RPC: "get-system-memory-information", Help: "Show what the memory is used for", Permission: "view"}, showMemory}}
}

// memory is that of the machine, in bytes. What caches can give back is free.
type memory struct{ total, free, cache, swap, swapFree uint64 }

func (m memory) used() uint64 { return m.total - min(m.free, m.total) }

// percent is a part of all memory.
func (m memory) percent(part uint64) uint64 { return part * 100 / max(m.total, 1) }

func (m memory) percentUsed() uint64 { return m.percent(m.used()) }

// readMemory reads /proc/meminfo (proc(5)): lines such as "MemTotal: 1024 kB".
func readMemory() (m memory, err error) {
	f, err := os.Open("/proc/meminfo")
	if err != nil {
		return m, err
	}
	defer f.Close() // only read
	parts := map[string]*uint64{"MemTotal": &m.total, "MemAvailable": &m.free, "Buffers": &m.cache, "Cached": &m.cache, "SReclaimable": &m.cache,
		"SwapTotal": &m.swap, "SwapFree": &m.swapFree}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ":")
		n, err := strconv.ParseUint(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 50)
		if part := parts[name]; err == nil && part != nil {
			*part += n << 10
		}
	}
	return m, lines.Err()
}

// memoryUse is the answer of `show system memory`.
type memoryUse struct {
	memory
	list []process // that have some, the largest first
}

func showMemory(_ context.Context, _ *Env, _ Args) (Result, error) {
	m, err := readMemory()
	if err != nil {
		return nil, err
	}
	list, err := readProcesses()
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(p process) bool { return p.resident == 0 })
	slices.SortStableFunc(list, func(a, b process) int { return cmp.Compare(b.resident, a.resident) })
	return memoryUse{m, list}, nil
}

// rows are the parts of the memory that are shown. What is cached and can be given back is in
// the last two.
func (m memoryUse) rows() []struct {
	name  string
	bytes uint64
} {
	return []struct {
		name  string
		bytes uint64
	}{{"total", m.total}, {"active", m.used()}, {"cache", m.cache}, {"free", m.free}}
}

// percentOf is a part of all memory as the table shows it.
func (m memoryUse) percentOf(part uint64) string {
	return fmt.Sprintf("%05.2f", float64(part)*100/float64(max(m.total, 1)))
}

// WriteText implements Result, in the units of Junos.
func (m memoryUse) WriteText(w io.Writer) error {
	return compose(w, func(b *strings.Builder) {
		b.WriteString("System memory usage distribution:\n")
		for _, r := range m.rows() {
			fmt.Fprintf(b, "%20s %9d Kbytes (%3d%%)\n", strings.ToUpper(r.name[:1])+r.name[1:]+" memory:", r.bytes>>10, m.percent(r.bytes))
		}
		b.WriteString("\n      PID   VM-Kbytes  Resident(  %  ) Process-name\n")
		for _, p := range m.list {
			fmt.Fprintf(b, "%9d %11d %9d(%s) %s\n", p.pid, p.size>>10, p.resident>>10, m.percentOf(p.resident), p.command)
		}
	})
}

// Element implements Result.
func (m memoryUse) Element() Element {
	summary := Element{Name: "system-memory-summary-information"}
	for _, r := range m.rows() {
		percent := m.percent(r.bytes)
		if r.name == "free" {
			percent = 100 - m.percentUsed()
		}
		summary.Children = append(summary.Children, count("system-memory-"+r.name, r.bytes>>10), count("system-memory-"+r.name+"-percent", percent))
	}
	table := Element{Name: "pmap-terse-information"}
	for _, p := range m.list {
		table.Children = append(table.Children, Group("pmap-terse-summary", Leaf("map-name", p.command), count("process-id", uint64(p.pid)),
			count("size", p.size>>10), count("resident", p.resident>>10), Leaf("resident-percent", m.percentOf(p.resident))))
	}
	return Group("system-memory-information", summary, table)
}
