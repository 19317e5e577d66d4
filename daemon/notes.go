package daemon

import (
	"fmt"
	"sync"

	"loggia/audit/event"
)

// maxNotes bounds the notes that wait to be recorded: the disk may stall while
// alarms come and go.
const maxNotes = 1000

// notes record what the engine tells at moments when it must not be kept
// waiting. One goroutine does, so that an alarm and its end keep their order.
type notes struct {
	// Built once.
	record func(event.Event)
	done   chan struct{} // closed when the goroutine has ended

	mu    sync.Mutex // guards what follows
	news  *sync.Cond // of any change of it
	list  []event.Event
	lost  int // found no room in list
	ended bool
}

func newNotes(record func(event.Event)) *notes {
	n := &notes{record: record, done: make(chan struct{})}
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
	n.news.Signal()
}

// end returns when everything is recorded.
func (n *notes) end() {
	n.mu.Lock()
	n.ended = true
	n.news.Signal()
	n.mu.Unlock()
	<-n.done
}

func (n *notes) run() {
	defer close(n.done)
	for {
		n.mu.Lock()
		for len(n.list) == 0 && !n.ended {
			n.news.Wait()
		}
		list, lost := n.list, n.lost
		n.list, n.lost = nil, 0
		n.mu.Unlock()
		if len(list) == 0 {
			return
		}
		for _, e := range list {
			n.record(e)
		}
		if lost > 0 {
			n.record(event.Fault{Reason: fmt.Sprintf("%d alarms found no room to be recorded", lost)})
		}
	}
}
