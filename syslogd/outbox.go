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
	// manyHosts is how many hosts, and how many files, a record of our own is given
	// to before Log returns. Beyond, a commit would wait for one write to each of
	// thousands of spools and files, several times; the audit trail has the record.
	manyHosts = 128

	// outboxBytes bounds the records in the outbox, and the tables that are kept for
	// them: legBytes for each destination of each.
	outboxBytes = 8 << 20
	legBytes    = 100

	// gatherEach and gatherMost are how long records wait for others, so that each
	// host gets what a commit makes in one write, and behind it: so long for each
	// host and file, but no longer.
	gatherEach = 50 * time.Microsecond
	gatherMost = 250 * time.Millisecond

	// hostsAtOnce is how many of them get all that waits, before the next ones do: with
	// few at a time each gets its records in one write.
	hostsAtOnce = 64
)

// outbox gives records of our own to the hosts, and to the files, where these are
// many. Each gets them in the order in which they came; terminals have them already.
// One goroutine does it, while there is something to do.
type outbox struct {
	// Built once.
	life    context.Context // at its end what waits is given up
	gone    func(*wire.Batch)
	dropped func(records int)
	many    int // hosts, or files, of a table whose records come here

	mu      sync.Mutex // guards what follows
	news    sync.Cond  // of any change of it
	waiting []errand   // oldest first
	bytes   int        // of waiting, and of what is being given
	put     uint64     // errands so far
	given   uint64     // of these
	hosts   int        // errands for hosts that are not given
	files   int        // and for files
	newest  *table     // of the errand put last
	busy    bool       // the goroutine runs
	urging  int        // how many wait for it
}

// errand is records for the hosts of one table, its files, or both.
type errand struct {
	table        *table
	batch        *wire.Batch
	hosts, files bool
	skip         map[*destination]bool // these get nothing
	bytes        int
}

// joins reports whether both can be given in one round.
func (r *errand) joins(o *errand) bool {
	return r.table == o.table && r.hosts == o.hosts && r.files == o.files && r.skip == nil && o.skip == nil
}

func newOutbox(life context.Context, gone func(*wire.Batch), report func(string, error)) *outbox {
	o := &outbox{life: life, gone: gone, many: manyHosts}
	o.news.L = &o.mu
	o.dropped = func(records int) {
		report("", fmt.Errorf("%d records of our own were not given to all hosts: there was no time left", records))
	}
	return o
}

// takes puts b in the outbox, for the hosts, for the files, or for both, if it is to
// go that way: the table has many of them, or something for them waits already. It
// waits while the outbox is full.
func (o *outbox) takes(t *table, b *wire.Batch, skip map[*destination]bool, spare func() *wire.Batch) (hosts, files bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	hosts = (t.hosts >= o.many || o.hosts > 0) && t.has(KindHost, skip)
	files = (t.files >= o.many || o.files > 0) && t.has(KindFile, skip)
	if !hosts && !files {
		return false, false
	}
	o.urge(func() bool { return o.bytes == 0 || o.bytes+len(b.Buf) <= outboxBytes || o.life.Err() != nil })
	c := spare()
	c.Buf, c.Records = append(c.Buf[:0], b.Buf...), append(c.Records[:0], b.Records...)
	c.Origin, c.Received = b.Origin, b.Received
	r := errand{t, c, hosts, files, skip, len(c.Buf)}
	if o.newest != t {
		o.newest = t
		r.bytes += len(t.legs) * legBytes
	}
	o.waiting = append(o.waiting, r)
	o.count(hosts, files, 1)
	o.bytes += r.bytes
	o.put++
	if !r.joins(&o.waiting[0]) {
		o.news.Broadcast() // no more will come for the first round
	}
	if !o.busy {
		o.busy = true
		go o.run()
	}
	return hosts, files
}

// count notes that there is one errand more, or one less. The lock is held.
func (o *outbox) count(hosts, files bool, by int) {
	if hosts {
		o.hosts += by
	}
	if files {
		o.files += by
	}
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

// gather waits a moment for more that joins r, which is the first. The lock is held.
func (o *outbox) gather(r *errand) {
	destinations := 0
	if r.hosts {
		destinations += r.table.hosts
	}
	if r.files {
		destinations += r.table.files
	}
	due := false
	timer := time.AfterFunc(min(time.Duration(destinations)*gatherEach, gatherMost), func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		due = true
		o.news.Broadcast()
	})
	defer timer.Stop()
	for !due && o.urging == 0 && o.waiting[len(o.waiting)-1].joins(&o.waiting[0]) {
		o.news.Wait()
	}
}

func (o *outbox) run() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.waiting) > 0 {
		o.gather(&o.waiting[0])
		round := o.waiting
		n := 1
		for n < len(round) && round[n].joins(&round[0]) {
			n++
		}
		round, o.waiting = round[:n:n], round[n:]
		o.mu.Unlock()
		o.give(round)
		o.mu.Lock()
		for i := range round {
			o.bytes -= round[i].bytes
			o.count(round[i].hosts, round[i].files, -1)
			o.gone(round[i].batch)
		}
		o.given += uint64(n)
		o.news.Broadcast()
	}
	o.waiting, o.newest, o.busy = nil, nil, false
	o.news.Broadcast()
}

// give hands errands of one table to its hosts and files, some at a time.
func (o *outbox) give(round []errand) {
	t := round[0].table
	p := portion{hosts: round[0].hosts, files: round[0].files, skip: round[0].skip}
	for p.from = 0; p.from < len(t.legs); p.from = p.to {
		if p.hosts && o.life.Err() != nil {
			o.giveUp(round)
			p.hosts = false
		}
		if !p.hosts && !p.files {
			return
		}
		p.to = t.some(&p)
		sc := t.scratch.Get().(*scratch)
		for i := range round {
			t.route(sc, round[i].batch, &p)
		}
		t.finish(sc)
	}
}

// giveUp tells that hosts do not get what is in errands: their spools may stand
// still, which files do not.
func (o *outbox) giveUp(round []errand) {
	n := 0
	for i := range round {
		n += len(round[i].batch.Records)
	}
	o.dropped(n)
}

// has reports whether t has a destination of that kind which is not in skip.
func (t *table) has(kind Kind, skip map[*destination]bool) bool {
	if len(skip) == 0 {
		return kind == KindHost && t.hosts > 0 || kind == KindFile && t.files > 0
	}
	for i := range t.legs {
		if l := &t.legs[i]; l.dest.id.kind == kind && !skip[l.dest] {
			return true
		}
	}
	return false
}

// some returns the end of the legs from p.from on that hold hostsAtOnce of its kinds.
func (t *table) some(p *portion) (to int) {
	n := 0
	for to = p.from; to < len(t.legs); to++ {
		if !p.kind(&t.legs[to]) {
			continue
		}
		if n++; n > hostsAtOnce {
			break
		}
	}
	return to
}

// portion is some of the legs of a table: those from one to another, of these the
// hosts, the files, the others or all, and not those whose destination is in skip.
type portion struct {
	from, to             int
	hosts, files, others bool
	skip                 map[*destination]bool
}

// kind reports whether l is of a kind that belongs to it.
func (p *portion) kind(l *leg) bool {
	switch l.dest.id.kind {
	case KindHost:
		return p.hosts
	case KindFile:
		return p.files
	}
	return p.others
}

// has reports whether l, which is between from and to, belongs to it.
func (p *portion) has(l *leg) bool { return p.kind(l) && !p.skip[l.dest] }

// of returns those of list, which is ascending, that are between from and to.
func (p *portion) of(list []uint16) []uint16 {
	start := sort.Search(len(list), func(i int) bool { return int(list[i]) >= p.from })
	end := start + sort.Search(len(list)-start, func(i int) bool { return int(list[start+i]) >= p.to })
	return list[start:end]
}
