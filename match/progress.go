package match

import (
	"regexp/syntax"
	"slices"
	"unicode/utf8"
)

// Progress is how far an expression has come in a text that is not all there
// yet: it tells what can still become of it. Rules about paths are asked this way
// about a level when only what lies below is to be allowed or denied. It is a
// value; a negated expression is followed as if it were not.
type Progress struct {
	e        *Expr
	anchored bool
	places   []uint32
	begun    bool // a character was read
	sure     bool
}

// Begin returns the progress before the first character. Anchored means that a
// match has to begin there, and nowhere else.
func (e *Expr) Begin(anchored bool) Progress {
	return e.automaton.advance(Progress{e: e, anchored: anchored}, func(_, to *threads) {
		to.follow(e.automaton.prog, uint32(e.automaton.prog.Start), syntax.EmptyBeginText)
	})
}

// Sure reports whether the text holds a match, whatever follows.
func (p Progress) Sure() bool { return p.sure }

// Hopeless reports whether the text holds no match, whatever follows.
func (p Progress) Hopeless() bool { return !p.sure && p.anchored && len(p.places) == 0 }

// Ends reports whether the text holds a match if it ends here.
func (p Progress) Ends() bool {
	if p.sure {
		return true
	}
	a := p.e.automaton
	f := a.follower.Get().(*follower)
	defer a.follower.Put(f)
	met := syntax.EmptyEndText
	if !p.begun {
		met |= syntax.EmptyBeginText
	}
	f.there.clear()
	for _, pc := range p.places {
		f.there.follow(a.prog, pc, met)
	}
	return a.hasMatch(f.there)
}

// Text goes on by text.
func (p Progress) Text(text string) Progress {
	for _, r := range text {
		if p.sure || p.Hopeless() {
			break
		}
		p.begun = true
		p = p.e.automaton.advance(p, func(from, to *threads) {
			prog := p.e.automaton.prog
			for _, pc := range from.dense {
				if in := &prog.Inst[pc]; reads(in, r) {
					to.follow(prog, in.Out, 0)
				}
			}
			p.restart(to)
		})
	}
	return p
}

// Any goes on by any text at all, also none: what it returns is sure when one
// text would make it so, and hopeless when no text could help.
func (p Progress) Any() Progress {
	if p.sure {
		return p
	}
	p.begun = true
	return p.e.automaton.advance(p, func(from, to *threads) {
		prog := p.e.automaton.prog
		for _, pc := range from.dense {
			to.follow(prog, pc, 0)
		}
		p.restart(to)
		for i := 0; i < len(to.dense); i++ {
			if in := &prog.Inst[to.dense[i]]; readsAny(in) {
				to.follow(prog, in.Out, 0)
			}
		}
	})
}

// restart lets a match begin at the present character.
func (p Progress) restart(to *threads) {
	if p.anchored {
		return
	}
	for _, pc := range p.e.automaton.restart {
		to.follow(p.e.automaton.prog, pc, 0)
	}
}

func readsAny(in *syntax.Inst) bool {
	switch in.Op {
	case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
		return true
	}
	return false
}

// advance returns p with the places that step leads to from its own.
func (a *automaton) advance(p Progress, step func(from, to *threads)) Progress {
	f := a.follower.Get().(*follower)
	defer a.follower.Put(f)
	f.here.clear()
	f.here.dense = append(f.here.dense, p.places...)
	f.there.clear()
	step(f.here, f.there)
	p.sure = p.sure || a.hasMatch(f.there)
	p.places = nil
	for _, pc := range f.there.dense {
		if waits(&a.prog.Inst[pc]) {
			p.places = append(p.places, pc)
		}
	}
	slices.Sort(p.places)
	return p
}

// Longest returns the length in bytes of the longest match in text, of all that
// there are or with anchored of those that begin where the text does; -1 without
// any. It takes time in the square of the text.
func (e *Expr) Longest(text string, anchored bool) int {
	longest := -1
	for from := 0; from <= len(text); {
		longest = max(longest, e.automaton.longestAt(text, from))
		if anchored || from == len(text) {
			break
		}
		_, size := utf8.DecodeRuneInString(text[from:])
		from += size
	}
	return longest
}

// longestAt returns the length of the longest match that begins at from.
func (a *automaton) longestAt(text string, from int) int {
	f := a.follower.Get().(*follower)
	defer a.follower.Put(f)
	met := func(at int) (m syntax.EmptyOp) {
		if at == 0 {
			m |= syntax.EmptyBeginText
		}
		if at == len(text) {
			m |= syntax.EmptyEndText
		}
		return m
	}
	f.here.clear()
	f.here.follow(a.prog, uint32(a.prog.Start), met(from))
	longest := -1
	for at := from; ; {
		if a.hasMatch(f.here) {
			longest = at - from
		}
		if at == len(text) || len(f.here.dense) == 0 {
			return longest
		}
		r, size := utf8.DecodeRuneInString(text[at:])
		at += size
		f.there.clear()
		for _, pc := range f.here.dense {
			if in := &a.prog.Inst[pc]; reads(in, r) {
				f.there.follow(a.prog, in.Out, met(at))
			}
		}
		f.here, f.there = f.there, f.here
	}
}
