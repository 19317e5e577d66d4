package syslogd

import (
	"context"
	"fmt"
	"sort"
	"sync"
	"time"

	"loggia/syslogd/wire"
)

const (
	// manyHosts is how many hosts a record of our own is given to before Log
	// returns. Beyond, a commit would wait for one write to each of thousands of
	// spools, several times.
	manyHosts = 128

	// outboxBytes bounds the records in the outbox.
	outboxBytes = 8 << 20

	// gatherEach and gatherMost are how long records wait for others, so that each
	// host gets what a commit makes in one write, and behind it: so long for each
	// host, but no longer.
	gatherEach = 50 * time.Microsecond
	gatherMost = 250 * time.Millisecond

	// hostsAtOnce is how many hosts get all that waits, before the next ones do: with
	// few at a time each gets its records in one write.
	hostsAtOnce = 64
)

// outbox gives records of our own to the hosts, where these are many. Each host
// gets them in the order in which they came; files and terminals have them
// already. One goroutine does it, while there is something to do.
type outbox struct {
	// Built once.
	life    context.Context // at its end what waits is given up
	gone    func(*wire.Batch)
	dropped func(records int)
	many    int // hosts of a table whose records come here

	mu      sync.Mutex // guards what follows
	news    sync.Cond  // of any change of it
	waiting []errand   // oldest first
	bytes   int        // of waiting, and of what is being given
	put     uint64     // errands so far
	given   uint64     // of these
	busy    bool       // the goroutine runs
	urging  int        // how many wait for it
}

// errand is records for the hosts of one table.
type errand struct {
	table *table
	batch *wire.Batch
	skip  map[*destination]bool // these get nothing
}

func newOutbox(life context.Context, gone func(*wire.Batch), report func(string, error)) *outbox {
	o := &outbox{life: life, gone: gone, many: manyHosts}
	o.news.L = &o.mu
	o.dropped = func(records int) {
		report("", fmt.Errorf("%d records of our own were not given to all hosts: there was no time left", records))
	}
	return o
}

// takes puts b, which is for hosts, in the outbox, if it is to go that way: the table
// has many hosts, or something for a host waits already. It waits while the outbox is full.
func (o *outbox) takes(t *table, b *wire.Batch, skip map[*destination]bool, spare func() *wire.Batch) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if t.hosts < o.many && o.put == o.given {
		return false
	}
	o.urge(func() bool { return o.bytes == 0 || o.bytes+len(b.Buf) <= outboxBytes || o.life.Err() != nil })
	c := spare()
	c.Buf, c.Records = append(c.Buf[:0], b.Buf...), append(c.Records[:0], b.Records...)
	c.Origin, c.Received = b.Origin, b.Received
	o.waiting = append(o.waiting, errand{t, c, skip})
	o.bytes += len(c.Buf)
	o.put++
	if !o.busy {
		o.busy = true
		go o.run()
	}
	return true
}

// empty returns when all that was put so far is given, or given up.
func (o *outbox) empty() {
	o.mu.Lock()
	defer o.mu.Unlock()
	until := o.put
	o.urge(func() bool { return o.given >= until && (!o.busy || o.given < o.put) })
}

// urge waits until done; nothing gathers meanwhile. The lock is held.
func (o *outbox) urge(done func() bool) {
	o.urging++
	o.news.Broadcast()
	for !done() {
		o.news.Wait()
	}
	o.urging--
}

// gather waits a moment for more. The lock is held.
func (o *outbox) gather(hosts int) {
	due := false
	timer := time.AfterFunc(min(time.Duration(hosts)*gatherEach, gatherMost), func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		due = true
		o.news.Broadcast()
	})
	defer timer.Stop()
	for !due && o.urging == 0 {
		o.news.Wait()
	}
}

func (o *outbox) run() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.waiting) > 0 {
		o.gather(o.waiting[0].table.hosts)
		round := o.waiting
		n := 1
		for n < len(round) && round[n].table == round[0].table && round[n].skip == nil && round[0].skip == nil {
			n++
		}
		round, o.waiting = round[:n:n], round[n:]
		o.mu.Unlock()
		o.give(round)
		o.mu.Lock()
		for i := range round {
			o.bytes -= len(round[i].batch.Buf)
			o.gone(round[i].batch)
		}
		o.given += uint64(n)
		o.news.Broadcast()
	}
	o.waiting, o.busy = nil, false
	o.news.Broadcast()
}

// give hands errands of one table to its hosts, some hosts at a time.
func (o *outbox) give(round []errand) {
	t := round[0].table
	p := portion{hosts: true, skip: round[0].skip}
	for p.from = 0; p.from < len(t.legs); p.from = p.to {
		if o.life.Err() != nil {
			n := 0
			for i := range round {
				n += len(round[i].batch.Records)
			}
			o.dropped(n)
			return
		}
		p.to = t.someHosts(p.from)
		sc := t.scratch.Get().(*scratch)
		for i := range round {
			t.route(sc, round[i].batch, &p)
		}
		t.finish(sc)
	}
}

// hasHosts reports whether t has a host that is not in skip.
func (t *table) hasHosts(skip map[*destination]bool) bool {
	if len(skip) == 0 {
		return t.hosts > 0
	}
	for i := range t.legs {
		if l := &t.legs[i]; l.dest.id.kind == KindHost && !skip[l.dest] {
			return true
		}
	}
	return false
}

// someHosts returns the end of the legs from on that hold hostsAtOnce hosts.
func (t *table) someHosts(from int) int {
	for n := 0; from < len(t.legs); from++ {
		if t.legs[from].dest.id.kind != KindHost {
			continue
		}
		if n++; n > hostsAtOnce {
			break
		}
	}
	return from
}

// portion is some of the legs of a table: those from one to another, of these the
// hosts, the others or both, and not those whose destination is in skip.
type portion struct {
	from, to      int
	hosts, others bool
	skip          map[*destination]bool
}

// has reports whether l, which is between from and to, belongs to it.
func (p *portion) has(l *leg) bool {
	if l.dest.id.kind == KindHost {
		return p.hosts && !p.skip[l.dest]
	}
	return p.others && !p.skip[l.dest]
}

// of returns those of list, which is ascending, that are between from and to.
func (p *portion) of(list []uint16) []uint16 {
	start := sort.Search(len(list), func(i int) bool { return int(list[i]) >= p.from })
	end := start + sort.Search(len(list)-start, func(i int) bool { return int(list[start+i]) >= p.to })
	return list[start:end]
}
