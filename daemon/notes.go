package daemon

import (
	"fmt"
	"sync"
	"time"

	"loggia/audit/event"
)

// maxNotes bounds the notes that wait to be recorded: the disk may stall while
// alarms come and go.
const maxNotes = 16384

// Thousands of hosts may fail at once, and each record of that may go to all of
// them: so many lines of alarms and connections are logged in a time, but in any
// case some. What comes beyond is in the audit trail alone, and a record says how
// much that was.
const (
	notesPause = 10 * time.Second
	notesLines = 50_000 // records times destinations
	notesLeast = 10
)

// With so many destinations, each record of an alarm waits a moment for others: a
// batch costs each of them one write.
const (
	notesMany   = 200
	notesGather = 100 * time.Millisecond
)

// notes record what the engine tells at moments when it must not be kept
// waiting. One goroutine does, so that an alarm and its end keep their order.
type notes struct {
	// Built once.
	record       func(...event.Event)
	destinations func() int
	now          func() time.Time
	ending, done chan struct{} // closed by end, and when the goroutine has ended

	// Used by the goroutine alone.
	since          time.Time // when the time at hand began
	logged, spared int       // in it

	mu    sync.Mutex // guards what follows
	news  *sync.Cond // of any change of it
	list  []event.Event
	lost  int  // found no room in list
	busy  bool // what was taken out of list is being recorded
	due   bool // what was spared is to be told
	timer *time.Timer
	ended bool
}

func newNotes(record func(...event.Event), destinations func() int, now func() time.Time) *notes {
	n := &notes{record: record, destinations: destinations, now: now, ending: make(chan struct{}), done: make(chan struct{})}
	n.news = sync.NewCond(&n.mu)
	go n.run()
	return n
}

// add has e recorded, soon. It does not wait.
func (n *notes) add(e event.Event) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.ended || len(n.list) >= maxNotes {
		n.lost++
		return
	}
	n.list = append(n.list, e)
	n.news.Broadcast()
}

// settle returns when what was added so far is recorded.
func (n *notes) settle() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for n.busy || len(n.list) > 0 {
		n.news.Wait()
	}
}

// end returns when everything is recorded.
func (n *notes) end() {
	n.mu.Lock()
	n.ended = true
	close(n.ending)
	if n.timer != nil {
		n.timer.Stop()
	}
	n.news.Broadcast()
	n.mu.Unlock()
	<-n.done
}

func (n *notes) run() {
	defer close(n.done)
	for {
		n.mu.Lock()
		for len(n.list) == 0 && !n.ended && !n.due {
			n.news.Wait()
		}
		n.gather()
		list, lost, due, ended := n.list, n.lost, n.due, n.ended && len(n.list) == 0
		n.list, n.lost, n.due, n.busy = nil, 0, false, true
		n.mu.Unlock()
		if len(list) > 0 {
			n.record(n.spare(list)...)
		}
		if lost > 0 {
			n.record(event.Fault{Reason: fmt.Sprintf("%d alarms found no room to be recorded", lost)})
		}
		if due || ended {
			n.tell()
		}
		n.mu.Lock()
		n.busy = false
		n.news.Broadcast()
		n.mu.Unlock()
		if ended {
			return
		}
	}
}

// gather waits a moment for more, if a batch is worth it. The lock is held, but not
// meanwhile.
func (n *notes) gather() {
	if n.ended {
		return
	}
	n.mu.Unlock()
	if n.destinations() >= notesMany {
		timer := time.NewTimer(notesGather)
		select {
		case <-timer.C:
		case <-n.ending:
			timer.Stop()
		}
	}
	n.mu.Lock()
}

// spare returns what is to be recorded of list.
func (n *notes) spare(list []event.Event) []event.Event {
	if now := n.now(); now.Sub(n.since) >= notesPause || now.Before(n.since) {
		n.tell()
		n.since = now
	}
	room := max(notesLines/max(n.destinations(), 1), notesLeast)
	for i, e := range list {
		switch e.(type) {
		case event.AlarmSet, event.AlarmCleared, event.HostChannel, event.Fault:
			if n.logged++; n.logged > room {
				list[i] = event.Spared{Event: e}
				n.spared++
			}
		}
	}
	if n.spared > 0 {
		n.remember()
	}
	return list
}

// remember sees to it that what was spared is told, though nothing else happens.
func (n *notes) remember() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.timer != nil || n.ended {
		return
	}
	n.timer = time.AfterFunc(notesPause, func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.timer, n.due = nil, true
		n.news.Broadcast()
	})
}

// tell ends a time: it says what was spared in it.
func (n *notes) tell() {
	if n.spared > 0 {
		n.record(event.RecordsSpared{Count: n.spared})
	}
	n.logged, n.spared = 0, 0
}
