package syslogd

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"sync"

	"loggia/syslogd/wire"
)

const (
	// manyHosts is how many hosts a record of our own is given to before Log
	// returns. Beyond, a commit would wait for one write to each of thousands of
	// spools, several times.
	manyHosts = 128

	// outboxBytes bounds the records in the outbox.
	outboxBytes = 8 << 20

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
}

// errand is records for the hosts of one table.
type errand struct {
	table *table
	batch *wire.Batch
	skip  []*destination // these get nothing
}

func newOutbox(life context.Context, gone func(*wire.Batch), report func(string, error)) *outbox {
	o := &outbox{life: life, gone: gone, many: manyHosts}
	o.news.L = &o.mu
	o.dropped = func(records int) {
		report("", fmt.Errorf("%d records of our own were not given to all hosts: there was no time left", records))
	}
	return o
}

// takes puts b in the outbox, if it is to go that way: the table has many hosts, or
// something for a host waits already. It waits while the outbox is full.
func (o *outbox) takes(t *table, b *wire.Batch, skip []*destination, spare func() *wire.Batch) bool {
	if t.hosts == 0 {
		return false
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if t.hosts < o.many && o.put == o.given {
		return false
	}
	for o.bytes > 0 && o.bytes+len(b.Buf) > outboxBytes && o.life.Err() == nil {
		o.news.Wait()
	}
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
	for until := o.put; o.given < until || o.busy && o.given == o.put; {
		o.news.Wait()
	}
}

func (o *outbox) run() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.waiting) > 0 {
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
	skip          []*destination
}

// has reports whether l, which is between from and to, belongs to it.
func (p *portion) has(l *leg) bool {
	if l.dest.id.kind == KindHost {
		return p.hosts && !slices.Contains(p.skip, l.dest)
	}
	return p.others && !slices.Contains(p.skip, l.dest)
}

// of returns those of list, which is ascending, that are between from and to.
func (p *portion) of(list []uint16) []uint16 {
	start := sort.Search(len(list), func(i int) bool { return int(list[i]) >= p.from })
	end := start + sort.Search(len(list)-start, func(i int) bool { return int(list[start+i]) >= p.to })
	return list[start:end]
}
