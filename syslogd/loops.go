package syslogd

import (
	"sync"
	"time"

	"loggia/audit/event"
	"loggia/syslogd/wire"
)

// loops recognises messages that were sent to a host from here and have come
// back, by the mark that structured ones bear. They are written to files like
// any other and sent to no host again: a message that goes round is stopped when
// it has come back once.
type loops struct {
	// Built once.
	mark []byte // ` node="ID"`
	tell func(event.Event)

	mu   sync.Mutex           // guards what follows
	seen map[string]time.Time // when something last came back, by source
}

const (
	// loopQuiet is how long nothing comes back from a source before that is
	// news again.
	loopQuiet = 10 * time.Minute

	// maxLoops bounds the sources that are remembered.
	maxLoops = 256
)

// newLoops returns nil where there is no node to recognise.
func newLoops(node string, tell func(event.Event)) *loops {
	if node == "" {
		return nil
	}
	return &loops{mark: []byte(` node="` + node + `"`), tell: tell, seen: make(map[string]time.Time)}
}

// returned reports whether r was sent from here.
func (l *loops) returned(b *wire.Batch, r *wire.Record) bool {
	if l == nil || r.SD.Len == 0 || !wire.Visited(b.Bytes(r.SD), l.mark) {
		return false
	}
	source := "this machine"
	if b.Origin.Peer.IsValid() {
		source = b.Origin.Peer.Addr().Unmap().String()
	}
	l.mu.Lock()
	last, known := l.seen[source]
	news := !known || b.Received.Sub(last) > loopQuiet
	if !known && len(l.seen) >= maxLoops {
		clear(l.seen)
	}
	l.seen[source] = b.Received
	l.mu.Unlock()
	if news && l.tell != nil {
		l.tell(event.MessageLoop{Source: source})
	}
	return true
}
