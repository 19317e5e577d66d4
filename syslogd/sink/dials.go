package sink

import (
	"sync"
	"time"
)

// Dials bounds how many Remotes begin to connect, or to look up a name, at the same
// time: thousands that do so at once hold up everything else for seconds. A host that
// does not answer is waited for longer than it keeps its place, so that others get
// theirs; those whose last attempts failed come behind the others, and have a quarter
// of the places.
type Dials struct {
	first int // places for those that come first alone

	mu    sync.Mutex // guards what follows, and the places
	free  int
	lines [2][]*place // who waits: those that come first, and the others
}

// dialPlace is how long an attempt keeps its place.
const dialPlace = time.Second

// NewDials returns room for n attempts.
func NewDials(n int) *Dials { return &Dials{first: n * 3 / 4, free: n} }

// place is the place of one attempt, asked for or had.
type place struct {
	dials *Dials // nil: there is room for everybody
	ready func()

	// Guarded by dials.
	had   bool
	gone  bool
	timer *time.Timer
}

// ask asks for a place. ready is called, without locks, when it is granted, unless it
// is at once.
func (d *Dials) ask(failed bool, ready func()) *place {
	p := &place{dials: d, ready: ready}
	if d == nil {
		return p
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	n := 0
	if failed {
		n = 1
	}
	if d.room(n) {
		p.grant()
	} else {
		d.lines[n] = append(d.lines[n], p)
	}
	return p
}

// room reports whether there is a place for the line of that number. The lock is held.
func (d *Dials) room(line int) bool { return d.free > line*d.first }

// grant gives p its place for a time. The lock is held.
func (p *place) grant() {
	p.had = true
	p.dials.free--
	p.timer = time.AfterFunc(dialPlace, p.leave)
}

// granted reports whether the attempt may begin.
func (p *place) granted() bool {
	if p.dials == nil {
		return true
	}
	p.dials.mu.Lock()
	defer p.dials.mu.Unlock()
	return p.had
}

// leave gives the place to the next one, or stops waiting for it. It may be called
// several times.
func (p *place) leave() {
	if p.dials == nil {
		return
	}
	if next := p.dials.leave(p); next != nil {
		next.ready()
	}
}

func (d *Dials) leave(p *place) (next *place) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if p.gone {
		return nil
	}
	p.gone = true
	if !p.had {
		return nil // whoever takes it out of the line passes over it
	}
	p.timer.Stop()
	d.free++
	for i := range d.lines {
		for line := &d.lines[i]; len(*line) > 0 && d.room(i); {
			next, *line = (*line)[0], (*line)[1:]
			if !next.gone {
				next.grant()
				return next
			}
		}
		if len(d.lines[i]) == 0 {
			d.lines[i] = nil
		}
	}
	return nil
}
