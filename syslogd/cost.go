package syslogd

import (
	"sync/atomic"
	"time"

	"loggia/match"
)

// costSample is how many evaluations of an expression there are for one whose
// time is taken: the clock is dearer than most expressions.
const costSample = 256

// test is a predicate with what it has cost. It lives as long as a configuration
// in force has it, through commits, so that its automaton stays warm.
type test struct {
	// Built once.
	key  string
	text string // as configured
	expr *match.Expr

	// A `^` is meant for where the process has its say, or for the process itself:
	// what holds at either holds.
	anchored, negated bool

	// Changed at the end of each batch.
	evaluated, matched, sampled atomic.Uint64
	nanos                       atomic.Uint64 // of sampled
}

// ExpressionStatistics is what one distinct match or match-strings has cost since a
// configuration in force has had it.
type ExpressionStatistics struct {
	Text         string // such as `match "error|fail"`
	Instructions int    // of the compiled expression
	Evaluated    uint64 // messages
	Matched      uint64
	Sampled      uint64        // of Evaluated, timed
	Time         time.Duration // that Sampled took together
	States       int           // of the automaton that are built
	Flushes      uint64        // times the automaton outgrew its bound and began anew
}

func (t *test) snapshot() ExpressionStatistics {
	n := ExpressionStatistics{Text: t.text, Instructions: t.expr.Instructions(), Evaluated: t.evaluated.Load(), Matched: t.matched.Load(),
		Sampled: t.sampled.Load(), Time: time.Duration(t.nanos.Load())}
	n.States, n.Flushes = t.expr.Automaton()
	return n
}

// tally is what one Submit has to add to a test.
type tally struct {
	turn                        uint32 // evaluations, ever: decides which are timed
	evaluated, matched, sampled uint32
	nanos                       uint64
}

// match evaluates t, and takes the time now and then. said is where in text the
// process has its say.
func (t *test) match(text []byte, said int, n *tally) bool {
	n.evaluated++
	n.turn++
	var ok bool
	if n.turn%costSample == 1 {
		from := time.Now()
		ok = t.holds(text, said)
		n.nanos += uint64(time.Since(from))
		n.sampled++
	} else {
		ok = t.holds(text, said)
	}
	if ok {
		n.matched++
	}
	return ok
}

// holds is match without an account of it.
func (t *test) holds(text []byte, said int) bool {
	ok := t.expr.Match(text)
	if !t.anchored || said == 0 || ok != t.negated {
		return ok
	}
	return t.expr.Match(text[said:])
}

// add puts what n holds on t's account.
func (t *test) add(n *tally) {
	if n.evaluated == 0 {
		return
	}
	t.evaluated.Add(uint64(n.evaluated))
	t.matched.Add(uint64(n.matched))
	if n.sampled > 0 {
		t.sampled.Add(uint64(n.sampled))
		t.nanos.Add(n.nanos)
	}
	*n = tally{turn: n.turn}
}

// clear forgets what t has cost.
func (t *test) clear() {
	for _, n := range []*atomic.Uint64{&t.evaluated, &t.matched, &t.sampled, &t.nanos} {
		n.Store(0)
	}
}
