package syslogd

import (
	"sync"
	"sync/atomic"
)

// gate keeps connections from being read while `overflow halt` is in force: what
// they send stays in the kernel, and TCP tells the sender.
type gate struct {
	shut    atomic.Bool
	waiting atomic.Int32

	mu      sync.Mutex // held to shut, to open and to begin to wait
	changed *sync.Cond // of shut, and of whoever waits being told to leave
}

func newGate() *gate {
	g := new(gate)
	g.changed = sync.NewCond(&g.mu)
	return g
}

// wait returns when the gate is open, or leave is set.
func (g *gate) wait(leave *atomic.Bool) {
	if !g.shut.Load() {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting.Add(1)
	defer g.waiting.Add(-1)
	for g.shut.Load() && !leave.Load() {
		g.changed.Wait()
	}
}

// set shuts or opens the gate.
func (g *gate) set(shut bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut.Store(shut)
	g.changed.Broadcast()
}

// rouse lets those go whose leave was set.
func (g *gate) rouse() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.changed.Broadcast()
}
