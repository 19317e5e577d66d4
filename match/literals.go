package match

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"regexp/syntax"
	"slices"
	"unicode/utf8"
)

// maxWindow is how many bytes of a literal the skipping search compares before
// it looks at the rest.
const maxWindow = 16

// maxSet is how many literals a set holds: one bit each.
const maxSet = 64

// literals is a set of strings one of which every match holds. The search is
// Horspool's for several strings: the byte at the end of a window as wide as the
// shortest string says how far the window can move.
type literals struct {
	words  [][]byte // lower case where fold
	fold   bool     // ASCII letters match in either case
	exact  bool     // a line that holds one of the words matches, nothing more to see
	exotic bool     // fold, and a word has k or s, to which Unicode folds K (U+212A) and ſ (U+017F)

	width int         // of the window
	shift [256]uint8  // by the last byte of the window; 0: a word may stand here
	ends  [256]uint64 // by the last byte of the window: which words to compare
}

// required extracts the set from a tree, or returns nil.
func required(tree *syntax.Regexp) *literals {
	set := needs(tree)
	if set == nil || len(set.words) == 0 || len(set.words) > maxSet {
		return nil
	}
	set.prepare()
	return set
}

// needs returns a set of which each match of the tree holds a member, nil when
// there is none that is worth it.
func needs(tree *syntax.Regexp) *literals {
	switch tree.Op {
	case syntax.OpLiteral:
		return literal(tree)
	case syntax.OpCapture:
		return needs(tree.Sub[0])
	case syntax.OpPlus:
		return inexact(needs(tree.Sub[0]))
	case syntax.OpRepeat:
		if tree.Min > 0 {
			return inexact(needs(tree.Sub[0]))
		}
	case syntax.OpConcat:
		var best *literals
		for _, sub := range tree.Sub {
			if set := needs(sub); set != nil && (best == nil || set.better(best)) {
				best = set
			}
		}
		return inexact(best)
	case syntax.OpAlternate:
		all := &literals{exact: true}
		for _, sub := range tree.Sub {
			set := needs(sub)
			if set == nil || len(all.words)+len(set.words) > maxSet {
				return nil
			}
			if len(all.words) > 0 && set.fold != all.fold {
				all.exact = false
			}
			all.words = append(all.words, set.words...)
			all.fold = all.fold || set.fold
			all.exact = all.exact && set.exact
		}
		return all
	}
	return nil
}

func inexact(set *literals) *literals {
	if set != nil {
		set.exact = false
	}
	return set
}

// better prefers long words, then few.
func (l *literals) better(other *literals) bool {
	a, b := l.shortest(), other.shortest()
	return a > b || (a == b && len(l.words) < len(other.words))
}

func (l *literals) shortest() int {
	n := len(l.words[0])
	for _, w := range l.words {
		n = min(n, len(w))
	}
	return n
}

// literal turns a literal of the tree into a set of one. Under case folding only
// ASCII is kept: the longest run of it.
func literal(tree *syntax.Regexp) *literals {
	fold := tree.Flags&syntax.FoldCase != 0
	var best, run []byte
	for _, r := range tree.Rune {
		if r == utf8.RuneError || (fold && r >= utf8.RuneSelf) {
			run = nil
			continue
		}
		if fold && 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		run = utf8.AppendRune(run, r)
		if len(run) > len(best) {
			best = run
		}
	}
	if len(best) == 0 {
		return nil
	}
	whole := utf8.RuneCount(best) == len(tree.Rune)
	return &literals{words: [][]byte{best}, fold: fold, exact: whole}
}

// prepare fills the tables of the search.
func (l *literals) prepare() {
	if l.fold {
		for i, w := range l.words { // a word that came without folding joins the others
			l.words[i] = lower(w)
			l.exotic = l.exotic || bytes.ContainsAny(l.words[i], "ks")
		}
	}
	l.width = min(l.shortest(), maxWindow)
	for c := range l.shift {
		l.shift[c] = uint8(l.width)
	}
	for n, w := range l.words {
		for i, c := range w[:l.width] {
			for _, c := range l.variants(c) {
				l.shift[c] = min(l.shift[c], uint8(l.width-1-i))
				if i == l.width-1 {
					l.ends[c] |= 1 << n
				}
			}
		}
	}
}

func lower(word []byte) []byte {
	out := slices.Clone(word)
	for i, c := range out {
		out[i] = lowerByte(c)
	}
	return out
}

func lowerByte(c byte) byte {
	if c-'A' < 26 {
		c |= 0x20
	}
	return c
}

func (l *literals) variants(c byte) []byte {
	if l.fold && c-'a' < 26 {
		return []byte{c, c &^ 0x20}
	}
	return []byte{c}
}

// decides reports whether the search can say no about this line.
func (l *literals) decides(line []byte) bool { return !l.exotic || ascii(line) }

// in reports whether the line holds one of the words.
func (l *literals) in(line []byte) bool {
	if len(l.words) == 1 && !l.fold {
		return bytes.Contains(line, l.words[0])
	}
	last := l.width - 1
	for i := last; i < len(line); {
		c := line[i]
		if n := l.shift[c]; n != 0 {
			i += int(n)
			continue
		}
		for set := l.ends[c]; set != 0; set &= set - 1 {
			if l.starts(line[i-last:], l.words[bits.TrailingZeros64(set)]) {
				return true
			}
		}
		i++
	}
	return false
}

func (l *literals) starts(text, word []byte) bool {
	if len(text) < len(word) {
		return false
	}
	if !l.fold {
		return bytes.Equal(text[:len(word)], word)
	}
	for i, c := range word {
		if lowerByte(text[i]) != c {
			return false
		}
	}
	return true
}

// ascii reports whether all bytes are below 128.
func ascii(line []byte) bool {
	for ; len(line) >= 8; line = line[8:] {
		if binary.LittleEndian.Uint64(line)&0x8080808080808080 != 0 {
			return false
		}
	}
	for _, c := range line {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
