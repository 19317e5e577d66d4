// Package ledger accounts for every message of a load: each line of an output
// is held against what was sent, and what never came is counted as lost.
//
// An Account is opened for each output (a log file with its archives, or the
// receiving end of a relay) with the rule that says which messages belong
// there. Lines are entered in the order in which they stand in the output;
// Close tells what is missing.
package ledger

import (
	"bytes"

	"loggia/bench/traffic"
)

// Rule says whether a message belongs into an output.
type Rule func(traffic.Fact) bool

// Everything is the rule of an output that gets every message.
func Everything(traffic.Fact) bool { return true }

// Tally is the balance of one output or, added up, of a run.
type Tally struct {
	Expected  int // messages that belong here
	Lines     int // lines read, whatever they were
	Good      int // messages that belong here and came unchanged, each counted once
	Lost      int // messages that belong here and never came unchanged
	Duplicate int // messages that came unchanged again
	Marked    int // those of them that bear the mark of the first, see ReadMarks
	Misrouted int // unchanged messages that belong elsewhere
	Corrupt   int // lines with a number of ours and another text
	Reordered int // messages that came after a later one of their connection
	Junk      int // lines without a number of ours
}

// Add adds the balance of another output.
func (t *Tally) Add(u Tally) {
	t.Expected += u.Expected
	t.Lines += u.Lines
	t.Good += u.Good
	t.Lost += u.Lost
	t.Duplicate += u.Duplicate
	t.Marked += u.Marked
	t.Misrouted += u.Misrouted
	t.Corrupt += u.Corrupt
	t.Reordered += u.Reordered
	t.Junk += u.Junk
}

// Faithful says whether everything came, once or in copies marked as such,
// unchanged and only where it belongs. Order and junk are not judged here.
func (t Tally) Faithful() bool {
	return t.Lost == 0 && t.Duplicate == t.Marked && t.Misrouted == 0 && t.Corrupt == 0
}

// Account is the open balance of one output. It is not safe for concurrent use.
type Account struct {
	load  *traffic.Load
	rule  Rule
	tally Tally
	seen  []uint64 // a bit for each message
	last  []int    // highest message number seen, by connection
	marks []uint64 // of each message that came, a hash, 0 for none; nil: they are not read
}

// Open starts the account of an output to which rule sends messages of load.
func Open(load *traffic.Load, rule Rule) *Account {
	a := &Account{
		load: load, rule: rule,
		seen: make([]uint64, (len(load.Facts)+63)/64),
		last: make([]int, load.Plan.Connections),
	}
	for i := range a.last {
		a.last[i] = -1
	}
	for _, f := range load.Facts {
		if rule(f) {
			a.tally.Expected++
		}
	}
	return a
}

// ReadMarks makes the account look for marks: a copy of a message is Marked when
// a receiver can tell it from another message of the same text, because the
// element of structured data that has a parameter seq or sequenceId is the same
// in both.
func (a *Account) ReadMarks() { a.marks = make([]uint64, len(a.load.Facts)) }

// mark is the hash of the mark in what stands before a text.
func (a *Account) mark(head []byte) uint64 {
	for _, name := range []string{` seq="`, ` sequenceId="`} {
		at := bytes.Index(head, []byte(name))
		if at < 0 {
			continue
		}
		if digits, _, ok := bytes.Cut(head[at+len(name):], []byte{'"'}); ok && len(digits) > 0 {
			start := bytes.LastIndexByte(head[:at], '[') + 1
			return max(1, a.load.Hash(head[start:at+len(name)+len(digits)]))
		}
	}
	return 0
}

// Line enters one line without its line feed. It must end with the text of
// its message, with a blank or nothing before it.
func (a *Account) Line(line []byte) {
	a.tally.Lines++
	n, ok := number(line)
	if !ok || n >= len(a.load.Facts) {
		a.tally.Junk++
		return
	}
	fact := a.load.Facts[n]
	if !a.unchanged(line, fact) {
		a.tally.Corrupt++
		return
	}
	mark := uint64(0)
	if a.marks != nil {
		mark = a.mark(line[:len(line)-int(fact.Size)])
	}
	if a.seen[n/64]&(1<<(n%64)) != 0 {
		a.tally.Duplicate++
		if mark != 0 && mark == a.marks[n] {
			a.tally.Marked++
		}
		return
	}
	if a.marks != nil {
		a.marks[n] = mark
	}
	a.seen[n/64] |= 1 << (n % 64)
	if !a.rule(fact) {
		a.tally.Misrouted++
		return
	}
	a.tally.Good++
	connection := n % len(a.last)
	if n < a.last[connection] {
		a.tally.Reordered++
	} else {
		a.last[connection] = n
	}
}

func (a *Account) unchanged(line []byte, fact traffic.Fact) bool {
	start := len(line) - int(fact.Size)
	if start < 0 || start > 0 && line[start-1] != ' ' {
		return false
	}
	return a.load.Hash(line[start:]) == fact.Sum
}

// Expected is the number of messages that belong into the output.
func (a *Account) Expected() int { return a.tally.Expected }

// Close counts what is missing and returns the balance.
func (a *Account) Close() Tally {
	a.tally.Lost = a.tally.Expected - a.tally.Good
	return a.tally
}

// number reads the message number from the end of a line.
func number(line []byte) (int, bool) {
	start := len(line) - traffic.TailSize
	if start < 0 {
		return 0, false
	}
	digits, ok := bytes.CutPrefix(line[start:], []byte("seq="))
	if !ok || digits[len(digits)-1] != '.' {
		return 0, false
	}
	n := 0
	for _, c := range digits[:len(digits)-1] {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}
