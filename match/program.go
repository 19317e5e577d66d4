package match

import (
	"regexp/syntax"
	"slices"
	"unicode"
	"unicode/utf8"
)

// alphabet sorts characters into classes that no instruction of a program tells
// apart, so that the automaton has a column for each class and not for each
// character.
type alphabet struct {
	byByte [256]uint16 // the class of an ASCII character; decode for other bytes
	from   []rune      // class n starts at from[n]
}

// decode says that a byte starts a character of several bytes.
const decode = ^uint16(0)

func newAlphabet(prog *syntax.Prog) *alphabet {
	bounds := []rune{0}
	edge := func(lo, hi rune) {
		bounds = append(bounds, lo)
		if hi < unicode.MaxRune {
			bounds = append(bounds, hi+1)
		}
	}
	for i := range prog.Inst {
		in := &prog.Inst[i]
		switch in.Op {
		case syntax.InstRune1:
			edge(in.Rune[0], in.Rune[0])
		case syntax.InstRune:
			if len(in.Rune) == 1 {
				folded(in, edge)
				continue
			}
			for j := 0; j+1 < len(in.Rune); j += 2 {
				edge(in.Rune[j], in.Rune[j+1])
			}
		case syntax.InstRuneAnyNotNL:
			edge('\n', '\n')
		}
	}
	slices.Sort(bounds)
	a := &alphabet{from: slices.Compact(bounds)}
	for c := range a.byByte {
		a.byByte[c] = decode
		if c < utf8.RuneSelf {
			a.byByte[c] = a.class(rune(c))
		}
	}
	return a
}

// folded visits a single character and its other cases.
func folded(in *syntax.Inst, edge func(lo, hi rune)) {
	r := in.Rune[0]
	edge(r, r)
	if syntax.Flags(in.Arg)&syntax.FoldCase == 0 {
		return
	}
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		edge(f, f)
	}
}

// class returns the class of a character.
func (a *alphabet) class(r rune) uint16 {
	n, found := slices.BinarySearch(a.from, r)
	if !found {
		n--
	}
	return uint16(n)
}

// next reads the class of the character that line starts with, and its length.
// A byte that is no UTF-8 counts as one U+FFFD.
func (a *alphabet) next(line []byte) (class uint16, size int) {
	if class = a.byByte[line[0]]; class != decode {
		return class, 1
	}
	r, size := utf8.DecodeRune(line)
	return a.class(r), size
}

// threads is a set of places in a program, in order of arrival, with constant
// time for everything.
type threads struct {
	dense  []uint32
	sparse []uint32
	stack  []uint32
}

func newThreads(n int) *threads { return &threads{sparse: make([]uint32, n)} }

func (t *threads) has(pc uint32) bool {
	n := t.sparse[pc]
	return int(n) < len(t.dense) && t.dense[n] == pc
}

func (t *threads) clear() { t.dense = t.dense[:0] }

// follow adds what can be reached from pc without reading a character. Where
// assertions hold given met, they are passed; one that waits for the end of the
// line stays in the set.
func (t *threads) follow(prog *syntax.Prog, pc uint32, met syntax.EmptyOp) {
	t.stack = append(t.stack[:0], pc)
	for len(t.stack) > 0 {
		pc := t.stack[len(t.stack)-1]
		t.stack = t.stack[:len(t.stack)-1]
		if t.has(pc) {
			continue
		}
		t.sparse[pc] = uint32(len(t.dense))
		t.dense = append(t.dense, pc)
		in := &prog.Inst[pc]
		switch in.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			t.stack = append(t.stack, in.Arg, in.Out)
		case syntax.InstCapture, syntax.InstNop:
			t.stack = append(t.stack, in.Out)
		case syntax.InstEmptyWidth:
			if syntax.EmptyOp(in.Arg)&^met == 0 {
				t.stack = append(t.stack, in.Out)
			}
		}
	}
}

// waits reports whether a place of a set matters from one character to the
// next: it reads one, has matched, or waits for the end.
func waits(in *syntax.Inst) bool {
	switch in.Op {
	case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL, syntax.InstMatch:
		return true
	case syntax.InstEmptyWidth:
		return syntax.EmptyOp(in.Arg)&syntax.EmptyBeginText == 0
	}
	return false
}

// reads reports whether in reads the character r.
func reads(in *syntax.Inst, r rune) bool {
	switch in.Op {
	case syntax.InstRune, syntax.InstRune1:
		return in.MatchRune(r)
	case syntax.InstRuneAny:
		return true
	case syntax.InstRuneAnyNotNL:
		return r != '\n'
	}
	return false
}
