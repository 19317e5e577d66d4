package syslogd

import (
	"loggia/audit/event"
	"loggia/syslogd/wire"
)

// ownBatch bounds a batch of own records, in bytes: whole records up to it go
// through the engine, and into each file, at once.
const ownBatch = 256 << 10

// LogAll is Log of several entries in a row, such as the records of a large
// load: what a batch costs is paid once in many of them.
func (e *Engine) LogAll(by event.Subject, entries []event.Entry) {
	for len(entries) > 0 {
		b := e.own(by, entries[0])
		n := 1
		for n < len(entries) && len(b.Buf) < ownBatch {
			wire.AppendEntry(b, entries[n], e.pidOf(by), "")
			n++
		}
		e.self.accepted.Add(uint64(n - 1))
		e.logOwn(b)
		e.release(b)
		entries = entries[n:]
	}
}

// pidOf is the process that a record is of.
func (e *Engine) pidOf(by event.Subject) int {
	if by.PID != 0 {
		return by.PID
	}
	return e.pid
}
