package op

import (
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestProcessFields(t *testing.T) {
	p, err := newProcess(2, "2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 300 0 0 20 -5 7 0 250 4096 3 0 0")
	if err != nil {
		t.Fatal(err)
	}
	if !p.kernel || p.seconds != 3 || p.priority != 20 || p.nice != -5 || p.threads != 7 || p.started != 2500*time.Millisecond || p.size != 4096 || p.resident == 0 || p.resident%3 != 0 {
		t.Errorf("%+v", p)
	}
}

// TestTop is the layout, by hand.
func TestTop(t *testing.T) {
	up := 26*time.Hour + 3*time.Minute
	one := top{load: load{now: noon, up: up, averages: [3]float64{0.5, 0.25, 1}}, memory: memory{total: 8 << 30, free: 6 << 30, cache: 1 << 30, swap: 1 << 20, swapFree: 1 << 19},
		last: 4711, total: 3, counts: map[string]int{"running": 1, "sleeping": 2},
		list: []process{{pid: 42, state: "R", seconds: 61, command: "loggia", priority: 20, threads: 9, started: up - 100*time.Second, size: 1 << 30, resident: 20 << 20, uid: 4294900000}}}
	want := `last pid: 4711;  load averages: 0.50, 0.25, 1.00  up 1 day, 2:03    12:00:00
3 processes:  1 running, 2 sleeping

Mem: 8.0G Total, 2.0G Active, 1.0G Cache, 6.0G Free
Swap: 1.0M Total, 512K Used, 512K Free

  PID USERNAME  THR PRI NICE   SIZE    RES STATE    TIME    WCPU COMMAND
   42 4294900000    9  20    0   1.0G    20M R        1:01  61.00% loggia
`
	var b strings.Builder
	if err := one.WriteText(&b); err != nil || b.String() != want {
		t.Errorf("%v\n%s", err, b.String())
	}
	e := one.Element()
	if last, ok := e.Child("process"); !ok || last.Children[0].Text != "42" || last.Children[len(last.Children)-1].Text != "61.00" {
		t.Errorf("%+v", e)
	}
}

// TestMemoryUse: the parts of the machine's own memory make sense, and its processes are listed.
func TestMemoryUse(t *testing.T) {
	text, err := run(t, newEnv(t), "show system memory", Args{})
	if err != nil || !strings.HasPrefix(text, "System memory usage distribution:\n       Total memory: ") || !strings.Contains(text, ") op.test\n") {
		t.Errorf("%v\n%s", err, text)
	}
	m, err := readMemory()
	if err != nil || m.total == 0 || m.free > m.total || m.used()+m.free != m.total || m.percentUsed() > 100 {
		t.Errorf("%+v %v", m, err)
	}
}

func TestBuilt(t *testing.T) {
	info := &debug.BuildInfo{GoVersion: "go1.26.0", Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.time", Value: "2026-01-01"}, {Key: "vcs.modified", Value: "true"}},
		Deps: []*debug.Module{{Path: "a/b", Version: "v1"}, {Path: "c", Version: "v2", Replace: &debug.Module{Path: "d", Version: "v3"}}}}
	want := []part{{"revision", "abc modified 2026-01-01"}, {"compiler", "go1.26.0"}, {"library a/b", "v1"}, {"library d", "v3"}}
	if got := built(info); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	fails(t, newEnv(t), "show version", Args{"brief": "", "detail": ""}, "say brief or detail, not both")
	fails(t, newEnv(t), "show system processes", Args{"brief": "", "summary": ""}, "say one of brief, summary and extensive")
}
