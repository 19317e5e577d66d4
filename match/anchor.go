package match

import (
	"bytes"
	"slices"
)

// anchors searches a block of text for a set of literals by one byte of each, the
// one that is rarest in this text: the processor looks for a byte in 32 places at
// once, so that a search that stops seldom is bound by memory alone. Which byte is
// rare the text itself tells: `_` in one log, `k` in another. Where no byte of a
// word is rare, the sampler is better.
//
// A byte that stands for k or s is never chosen when case is ignored, because
// K (U+212A) and ſ may stand there as well. What is chosen stands in each
// occurrence, so that text outside of ASCII needs no search of its own.
type anchors struct {
	words  [][]byte // as those of the sampler
	fold   bool
	places []anchor
	pays   bool // it is worth it where the bytes are as they were when it chose
	seen   int  // bytes of text until it chooses anew

	size   int // of the present block
	misses int // places in it that were no word
}

// anchor is a byte to look for.
type anchor struct {
	char   byte
	word   int
	offset int // of the byte in the word
	next   int // where it stands in the present block; -1 not known

	// A byte beside it, or itself, by which most places are sorted out: side, with
	// the bits of fold set in it.
	beside     int
	side, fold byte
}

// Costs in nanoseconds of a search by anchors: a byte of text for each anchor, and
// a place where one stands. Many anchors cost more than their sum.
const (
	anchorPass = 0.03
	anchorStop = 8.0
	maxAnchors = 8
)

// newAnchors prepares the search for the words of s. It returns nil if a word has
// no byte that can be chosen.
func newAnchors(s *sampler) *anchors {
	if s == nil || len(s.words) > maxAnchors {
		return nil
	}
	a := &anchors{words: s.words, fold: s.fold}
	for _, w := range a.words {
		if !slices.ContainsFunc(w, a.eligible) {
			return nil
		}
	}
	return a
}

func (a *anchors) eligible(c byte) bool { return !a.fold || c != 's' && c != 'k' }

// trusted is for how many bytes of text a choice holds at most.
const trusted = 4 << 20

// upper is the other case of a letter when case is ignored, else c itself.
func (a *anchors) upper(c byte) byte {
	if a.fold && c-'a' < 26 {
		c &^= 0x20
	}
	return c
}

// sampled is how many bytes of a block are counted to tell the rare ones.
const sampled = 8 << 10

// choose picks an anchor for each word by what stands in text, and returns what a
// byte of text will cost.
func (a *anchors) choose(text []byte) float64 {
	var count [256]int
	total := 0
	const pieces = 16
	for i := range pieces {
		from := len(text) / pieces * i
		for _, c := range text[from:min(len(text), from+min(sampled, len(text))/pieces+1)] {
			count[c]++
			total++
		}
	}
	a.places = a.places[:0]
	sum := 0.0
	for n, w := range a.words {
		best, least := -1, 0.0
		for at, c := range w {
			if !a.eligible(c) {
				continue
			}
			cost := anchorPass + anchorStop*float64(count[c])/float64(max(total, 1))
			if upper := a.upper(c); upper != c {
				cost += anchorPass + anchorStop*float64(count[upper])/float64(max(total, 1))
			}
			if best < 0 || cost < least {
				best, least = at, cost
			}
		}
		a.place(n, best, w[best])
		if upper := a.upper(w[best]); upper != w[best] {
			a.place(n, best, upper)
		}
		sum += least
	}
	return sum
}

// place adds an anchor.
func (a *anchors) place(word, offset int, char byte) {
	p := anchor{char: char, word: word, offset: offset, side: char}
	for _, beside := range [...]int{1, -1} {
		w, at := a.words[word], offset+beside
		if at < 0 || at >= len(w) || !a.eligible(w[at]) {
			continue
		}
		p.beside, p.side = beside, w[at]
		p.fold = w[at] ^ a.upper(w[at])
		break
	}
	a.places = append(a.places, p)
}

// begin makes ready for another block. It reports whether the search is worth it
// there: whether it costs less than another one that takes rival nanoseconds for a
// byte of text. What was chosen for the blocks before stays while it serves.
func (a *anchors) begin(block []byte, rival float64) bool {
	if a.seen -= len(block); a.seen < 0 || anchorStop*float64(a.misses) > rival*float64(a.size) {
		a.pays = a.choose(block) < rival
		a.seen = trusted
	}
	a.misses, a.size = 0, len(block)
	for i := range a.places {
		a.places[i].next = -1
	}
	return a.pays
}

// index returns a place in the first line of text, at or behind from, that holds a
// word: one within the word. It is -1 if none does. A line begins at from, and
// from only grows within a block.
func (a *anchors) index(text []byte, from int) int {
	for {
		first := &a.places[0]
		for i := range a.places {
			p := &a.places[i]
			if p.next < from {
				p.seek(text, from)
			}
			if p.next < first.next {
				first = p
			}
		}
		if first.next == len(text) {
			return -1
		}
		if at := uint(first.next + first.beside); at < uint(len(text)) && text[at]|first.fold == first.side && a.stands(text, first) {
			return first.next
		}
		a.misses++
		first.seek(text, first.next+1)
	}
}

// seek places the anchor at the next byte like it.
func (p *anchor) seek(text []byte, from int) {
	if n := bytes.IndexByte(text[from:], p.char); n >= 0 {
		p.next = from + n
	} else {
		p.next = len(text)
	}
}

// stands reports whether the anchor's word is around it.
func (a *anchors) stands(text []byte, p *anchor) bool {
	word := a.words[p.word]
	before, behind := text[:p.next], text[p.next+1:]
	if !a.fold {
		return bytes.HasPrefix(behind, word[p.offset+1:]) && bytes.HasSuffix(before, word[:p.offset])
	}
	for _, c := range word[p.offset+1:] {
		switch e := exotic(c); {
		case len(behind) > 0 && lowerByte(behind[0]) == c:
			behind = behind[1:]
		case e != "" && len(behind) >= len(e) && string(behind[:len(e)]) == e:
			behind = behind[len(e):]
		default:
			return false
		}
	}
	for i := p.offset - 1; i >= 0; i-- {
		switch c, e, end := word[i], exotic(word[i]), len(before); {
		case end > 0 && lowerByte(before[end-1]) == c:
			before = before[:end-1]
		case e != "" && end >= len(e) && string(before[end-len(e):]) == e:
			before = before[:end-len(e)]
		default:
			return false
		}
	}
	return true
}

// exotic is the character outside of ASCII that Unicode folds to the letter c, if
// there is one.
func exotic(c byte) string {
	switch c {
	case 's':
		return "ſ"
	case 'k':
		return "\u212a"
	}
	return ""
}
