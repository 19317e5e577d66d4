package syslogd

import (
	"time"

	"loggia/audit/event"
)

// lostEvery is how often the files of local sockets are looked at.
const lostEvery = time.Second

// lost reports whether the file of in, a local socket of ours, has gone or is
// another: programs that log from now on do not reach it.
func lost(in input) bool {
	d, ok := in.(*datagram)
	if !ok || d.at.network != "unix" || d.passed {
		return false
	}
	now, err := idOf(d.at.path)
	return err != nil || now != d.file
}

// guard binds local sockets again whose files somebody removed or replaced, until
// the engine is closed. What stands in the way raises an alarm.
func (e *Engine) guard() {
	defer e.running.Done()
	tick := time.NewTicker(lostEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			e.renewSockets()
		case <-e.done:
			return
		}
	}
}

// renewSockets puts the configuration in force once more if it has lost a local
// socket.
func (e *Engine) renewSockets() {
	e.mu.Lock()
	s := e.state
	e.mu.Unlock()
	var gone []endpoint
	for at, in := range s.inputs {
		if lost(in) {
			gone = append(gone, at)
		}
	}
	if len(gone) == 0 {
		return
	}
	p, err := e.prepare(s.config)
	if err != nil {
		return // closed meanwhile, or the change before is not finished: the next tick tries again
	}
	if p.old != s {
		p.Abort() // a commit came first, and has bound them
		return
	}
	next := p.next
	p.Apply()
	for _, at := range gone {
		if next.inputs[at] != nil && e.o.Announce != nil {
			e.o.Announce(event.SocketRenewed{Path: at.path})
		}
	}
}
