package syslogd

import (
	"sync/atomic"
	"time"

	"loggia/syslogd/wire"
)

const (
	// streamReaders is how many connections are read and routed at the same
	// time: the bytes of the others gather in the kernel, to be read in larger
	// batches. An idle connection holds no buffer.
	streamReaders = 8

	// stalledReaders is how many more may be while those do not move, because a
	// local file makes them wait: senders of other files go on.
	stalledReaders = 56

	// stallTime is how long no reader has finished when they are taken to stall.
	stallTime = 50 * time.Millisecond
)

// workspace is what a connection needs only while it is being read.
type workspace struct {
	buf   []byte
	batch wire.Batch
	extra bool // one of stalledReaders: given up after use
}

// workspaces are those of all connections.
type workspaces struct {
	free    chan *workspace // nil is one that was never used
	extra   chan struct{}   // a place for each one beyond
	turns   atomic.Uint64   // how often one of the regular ones was given back
	stalled atomic.Uint64   // turns when they were last found not to move, plus one
}

func newWorkspaces() *workspaces {
	ws := &workspaces{free: make(chan *workspace, streamReaders), extra: make(chan struct{}, stalledReaders)}
	for range streamReaders {
		ws.free <- nil
	}
	return ws
}

// acquire waits for a free workspace, and makes another one when those in use
// are stalled.
func (ws *workspaces) acquire() *workspace {
	select {
	case w := <-ws.free:
		return w.ready()
	default:
	}
	for {
		turns := ws.turns.Load()
		if ws.stalled.Load() == turns+1 {
			break
		}
		timer := time.NewTimer(stallTime)
		select {
		case w := <-ws.free:
			timer.Stop()
			return w.ready()
		case <-timer.C:
		}
		if ws.turns.Load() == turns {
			ws.stalled.Store(turns + 1)
		}
	}
	select {
	case w := <-ws.free:
		return w.ready()
	case ws.extra <- struct{}{}:
		return &workspace{buf: make([]byte, streamBuffer), extra: true}
	}
}

// ready returns w, or a new one for nil.
func (w *workspace) ready() *workspace {
	if w == nil {
		return &workspace{buf: make([]byte, streamBuffer)}
	}
	return w
}

func (ws *workspaces) release(w *workspace) {
	if w.extra {
		<-ws.extra
		return
	}
	ws.turns.Add(1)
	ws.free <- w
}
