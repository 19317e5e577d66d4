package match

import (
	"regexp/syntax"
	"slices"
	"sync"
	"sync/atomic"
)

// Bounds of the automaton that one expression builds.
const (
	maxTable   = 1 << 16 // transitions, 8 bytes each, of all states together
	minStates  = 32      // though a large alphabet might want fewer
	maxStates  = 4096
	maxFlushes = 1 // of the automaton within one line, before it is given up for this line
)

// state is a set of places of the program at which a match may stand.
type state struct {
	places  []uint32
	matched bool                    // a match has ended here or before
	atEnd   bool                    // a match ends here if the line does
	stop    bool                    // nothing behind changes the answer: matched, or no place is left
	next    []atomic.Pointer[state] // by class; nil: not built yet
}

// generation is one filling of the bounded automaton. Its states stay usable
// by readers that are inside when the next generation begins.
type generation struct {
	start  *state
	states map[string]*state
}

// automaton runs a program over lines, deterministically: for each state and
// class of characters it works out the next state once. Readers follow atomic
// pointers and take no lock; mu is held to build what is missing.
type automaton struct {
	// Built once.
	prog     *syntax.Prog
	alphabet *alphabet
	restart  []uint32 // the places that a match starting behind the start of the line has
	limit    int      // states of a generation
	follower sync.Pool

	current atomic.Pointer[generation]
	flushes atomic.Uint64 // generations thrown away, ever

	mu   sync.Mutex // guards what follows, and adding to the current generation
	work *threads
	key  []byte
}

func newAutomaton(prog *syntax.Prog) *automaton {
	a := &automaton{prog: prog, alphabet: newAlphabet(prog), work: newThreads(len(prog.Inst))}
	a.limit = min(max(maxTable/len(a.alphabet.from), minStates), maxStates)
	a.follower.New = func() any { return &follower{newThreads(len(prog.Inst)), newThreads(len(prog.Inst))} }
	a.work.follow(prog, uint32(prog.Start), 0)
	a.restart = a.keep(a.work)
	a.current.Store(a.newGeneration())
	return a
}

// newGeneration starts over with the state at the start of a line. That state
// is never equal to another one: `^` holds only here.
func (a *automaton) newGeneration() *generation {
	a.work.clear()
	a.work.follow(a.prog, uint32(a.prog.Start), syntax.EmptyBeginText)
	start := a.newState(a.keep(a.work), syntax.EmptyBeginText)
	start.stop = start.matched
	return &generation{start: start, states: map[string]*state{}}
}

// keep returns the places of a set that matter, in order.
func (a *automaton) keep(set *threads) []uint32 {
	var places []uint32
	for _, pc := range set.dense {
		if waits(&a.prog.Inst[pc]) {
			places = append(places, pc)
		}
	}
	slices.Sort(places)
	return places
}

// newState makes a state of places, which it keeps. met is what else holds
// here, at the end of the line.
func (a *automaton) newState(places []uint32, met syntax.EmptyOp) *state {
	s := &state{places: places, next: make([]atomic.Pointer[state], len(a.alphabet.from))}
	a.work.clear()
	for _, pc := range places {
		s.matched = s.matched || a.prog.Inst[pc].Op == syntax.InstMatch
		a.work.follow(a.prog, pc, met|syntax.EmptyEndText)
	}
	s.atEnd = slices.ContainsFunc(a.work.dense, func(pc uint32) bool { return a.prog.Inst[pc].Op == syntax.InstMatch })
	s.stop = s.matched || len(places) == 0
	return s
}

// match reports whether the program matches anywhere in line.
func (a *automaton) match(line []byte) bool {
	s := a.current.Load().start
	if s.stop {
		return s.matched
	}
	flushes := 0
	for i := 0; i < len(line); {
		class := a.alphabet.byByte[line[i]]
		size := 1
		if class == decode {
			class, size = a.alphabet.next(line[i:])
		}
		next := s.next[class].Load()
		if next == nil {
			var flushed bool
			if next, flushed = a.extend(s, class); flushed {
				if flushes++; flushes > maxFlushes {
					return a.follow(next, line[i+size:])
				}
			}
		}
		if next.stop {
			return next.matched
		}
		s = next
		i += size
	}
	return s.atEnd
}

// extend works out the state that s goes to with a class, and whether the
// automaton had to be emptied for it.
func (a *automaton) extend(s *state, class uint16) (next *state, flushed bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if next := s.next[class].Load(); next != nil {
		return next, false
	}
	a.work.clear()
	r := a.alphabet.from[class]
	for _, pc := range s.places {
		if in := &a.prog.Inst[pc]; reads(in, r) {
			a.work.follow(a.prog, in.Out, 0)
		}
	}
	for _, pc := range a.restart {
		a.work.follow(a.prog, pc, 0)
	}
	places := a.keep(a.work)
	a.key = a.key[:0]
	for _, pc := range places {
		a.key = append(a.key, byte(pc), byte(pc>>8), byte(pc>>16))
	}
	g := a.current.Load()
	next, known := g.states[string(a.key)]
	if !known {
		if len(g.states) >= a.limit {
			g = a.newGeneration()
			a.current.Store(g)
			a.flushes.Add(1)
			flushed = true
		}
		next = a.newState(places, 0)
		g.states[string(a.key)] = next
	}
	s.next[class].Store(next)
	return next, flushed
}

// follower is what following all alternatives at once needs.
type follower struct{ here, there *threads }

// follow goes on from s without the automaton, one step for each place and
// character.
func (a *automaton) follow(s *state, line []byte) bool {
	f := a.follower.Get().(*follower)
	defer a.follower.Put(f)
	if s.stop {
		return s.matched
	}
	f.here.clear()
	f.here.dense = append(f.here.dense, s.places...)
	for len(line) > 0 {
		class, size := a.alphabet.next(line)
		line = line[size:]
		r := a.alphabet.from[class]
		f.there.clear()
		for _, pc := range f.here.dense {
			if in := &a.prog.Inst[pc]; reads(in, r) {
				f.there.follow(a.prog, in.Out, 0)
			}
		}
		for _, pc := range a.restart {
			f.there.follow(a.prog, pc, 0)
		}
		if a.hasMatch(f.there) {
			return true
		}
		f.here, f.there = f.there, f.here
	}
	f.there.clear()
	for _, pc := range f.here.dense {
		f.there.follow(a.prog, pc, syntax.EmptyEndText)
	}
	return a.hasMatch(f.there)
}

func (a *automaton) hasMatch(set *threads) bool {
	return slices.ContainsFunc(set.dense, func(pc uint32) bool { return a.prog.Inst[pc].Op == syntax.InstMatch })
}
