package match

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"
)

// sampler searches a block of text for a set of literals. It does not read every
// byte: any occurrence of a word of n bytes holds n-g+1 groups of g bytes, so it
// is enough to look at one group in every n-g+1 and to ask a bitmap whether any
// word has that group anywhere. The look-ups do not wait for each other, unlike
// those of a search that skips by what it has read.
type sampler struct {
	words  [][]byte // lower case where fold, at most maxWindow bytes
	fold   bool
	exact  bool     // a line that holds a word matches
	exotic [][]byte // characters outside of ASCII that may stand for one in a word

	group   int // bytes of a group: 2, 3 or 4
	stride  int
	cost    float64   // of a byte of text, in nanoseconds, about
	mask    uint32    // of a group
	factor  uint32    // of its hash
	single  [256]bool // instead of groups, when a word has one byte only
	groups  [1 << 16 / 64]uint64
	buckets [1 << 8]uint16 // by the low byte of a hash: where in places
	places  []placed       // by low byte, then hash
}

// placed is a group in a word.
type placed struct {
	hash   uint16
	word   uint8
	offset uint8
}

// maxSampled is how many bytes of a word the search compares; what is longer is
// for the automaton.
const maxSampled = 32

// newSampler prepares the search for a set. It returns nil if there is none, or
// none that a line can hold.
func newSampler(l *literals) *sampler {
	if l == nil || slices.ContainsFunc(l.words, func(w []byte) bool { return bytes.IndexByte(w, '\n') >= 0 }) {
		return nil
	}
	s := &sampler{fold: l.fold, exact: l.exact}
	shortest := maxSampled
	for _, w := range l.words {
		if len(w) > maxSampled {
			w, s.exact = w[:maxSampled], false
		}
		s.words = append(s.words, w)
		shortest = min(shortest, len(w))
	}
	s.foldOthers()
	if shortest == 1 {
		for _, w := range s.words {
			for _, c := range l.variants(w[0]) {
				s.single[c] = true
			}
		}
		s.cost = 0.8
		return s
	}
	s.choose(shortest)
	if s.mask, s.factor = 1<<(8*s.group)-1, 0x9e3779b1; s.group == 2 {
		s.factor = 1 << 16 // all groups, each by itself
	}
	for n, w := range s.words {
		for at := 0; at < s.stride; at++ {
			h := s.hash(load(w, at))
			s.groups[h>>6] |= 1 << (h & 63)
			s.places = append(s.places, placed{h, uint8(n), uint8(at)})
		}
	}
	slices.SortFunc(s.places, func(a, b placed) int {
		return cmp.Or(cmp.Compare(a.hash&0xff, b.hash&0xff), cmp.Compare(a.hash, b.hash))
	})
	for i := len(s.places) - 1; i >= 0; i-- {
		s.buckets[s.places[i].hash&0xff] = uint16(i)
	}
	return s
}

// choose picks the size of a group: a small one is looked up less often, a large
// one is found by chance less often. The chances are those of a group of English
// text, the costs in nanoseconds.
func (s *sampler) choose(shortest int) {
	for i, chance := range [...]float64{1.0 / 300, 1.0 / 3000, 1.0 / 20000} {
		group := i + 2
		stride := shortest - group + 1
		if stride < 1 {
			break
		}
		cost := (1 + 8*min(1, chance*float64(stride*len(s.words)))) / float64(stride)
		if s.group == 0 || cost < s.cost {
			s.group, s.stride, s.cost = group, stride, cost
		}
	}
}

// load reads up to four bytes.
func load(text []byte, at int) uint32 {
	if at+4 <= len(text) {
		return binary.LittleEndian.Uint32(text[at:])
	}
	var tail [4]byte
	copy(tail[:], text[at:])
	return binary.LittleEndian.Uint32(tail[:])
}

// hash maps a group to 16 bits, whatever its case.
func (s *sampler) hash(v uint32) uint16 { return hash(v, s.mask, s.factor) }

func hash(v, mask, factor uint32) uint16 { return uint16((v | 0x20202020) & mask * factor >> 16) }

// index returns where in text, at or behind from, a word stands, -1 if none
// does.
func (s *sampler) index(text []byte, from int) int {
	if s.stride == 0 {
		return s.indexSingle(text, from)
	}
	for i := from; ; i += s.stride {
		i = s.candidate(text, i)
		if i+s.group > len(text) {
			return -1
		}
		if at := s.verify(text, from, i, s.hash(load(text, i))); at >= 0 {
			return at
		}
	}
}

// candidate returns the first place at i, or strides behind it, whose group may be
// in a word: it may, too, in the last few places of the text.
func (s *sampler) candidate(text []byte, i int) int {
	if s.group == 2 && s.stride <= 3 {
		return s.candidatePair(text, i)
	}
	groups, stride, mask, factor := &s.groups, s.stride, s.mask, s.factor
	for ; i+3*stride+4 <= len(text); i += 4 * stride {
		a := hash(binary.LittleEndian.Uint32(text[i:]), mask, factor)
		b := hash(binary.LittleEndian.Uint32(text[i+stride:]), mask, factor)
		c := hash(binary.LittleEndian.Uint32(text[i+2*stride:]), mask, factor)
		d := hash(binary.LittleEndian.Uint32(text[i+3*stride:]), mask, factor)
		hitA, hitB := groups[a>>6]>>(a&63)&1, groups[b>>6]>>(b&63)&1
		hitC, hitD := groups[c>>6]>>(c&63)&1, groups[d>>6]>>(d&63)&1
		if hitA|hitB|hitC|hitD != 0 {
			return i + stride*bits.TrailingZeros64(hitA|hitB<<1|hitC<<2|hitD<<3)
		}
	}
	return i
}

// candidatePair is candidate for pairs that are near each other: several of them
// are in the eight bytes that are read at a time.
func (s *sampler) candidatePair(text []byte, i int) int {
	const fold = 0x2020202020202020
	groups := &s.groups
	in := func(pair uint16) uint64 { return groups[pair>>6] >> (pair & 63) & 1 }
	var hits uint64
	switch s.stride {
	case 1:
		for ; i+8 <= len(text); i += 7 {
			v := binary.LittleEndian.Uint64(text[i:]) | fold
			hits = in(uint16(v)) | in(uint16(v>>8))<<1 | in(uint16(v>>16))<<2 | in(uint16(v>>24))<<3 |
				in(uint16(v>>32))<<4 | in(uint16(v>>40))<<5 | in(uint16(v>>48))<<6
			if hits != 0 {
				return i + bits.TrailingZeros64(hits)
			}
		}
	case 2:
		for ; i+8 <= len(text); i += 8 {
			v := binary.LittleEndian.Uint64(text[i:]) | fold
			hits = in(uint16(v)) | in(uint16(v>>16))<<1 | in(uint16(v>>32))<<2 | in(uint16(v>>48))<<3
			if hits != 0 {
				return i + 2*bits.TrailingZeros64(hits)
			}
		}
	case 3:
		for ; i+18 <= len(text); i += 18 {
			v, w := binary.LittleEndian.Uint64(text[i:])|fold, binary.LittleEndian.Uint64(text[i+9:])|fold
			hits = in(uint16(v)) | in(uint16(v>>24))<<1 | in(uint16(v>>48))<<2 | in(uint16(w))<<3 | in(uint16(w>>24))<<4 | in(uint16(w>>48))<<5
			if hits != 0 {
				return i + 3*bits.TrailingZeros64(hits)
			}
		}
	}
	return i
}

// indexSingle is index when there is a word of one byte.
func (s *sampler) indexSingle(text []byte, from int) int {
	for i := from; i < len(text); i++ {
		if !s.single[text[i]] {
			continue
		}
		for _, w := range s.words {
			if s.stands(text, i, w) {
				return i
			}
		}
	}
	return -1
}

// verify returns where the word is that has a group of that hash at i.
func (s *sampler) verify(text []byte, from, i int, h uint16) int {
	for n := int(s.buckets[h&0xff]); n < len(s.places) && s.places[n].hash&0xff == h&0xff; n++ {
		p := s.places[n]
		if at := i - int(p.offset); p.hash == h && at >= from && s.stands(text, at, s.words[p.word]) {
			return at
		}
	}
	return -1
}

// stands reports whether the word is at that place.
func (s *sampler) stands(text []byte, at int, word []byte) bool {
	if len(text)-at < len(word) {
		return false
	}
	text = text[at : at+len(word)]
	if !s.fold {
		return bytes.Equal(text, word)
	}
	for i, c := range word {
		if lowerByte(text[i]) != c {
			return false
		}
	}
	return true
}

// foldOthers notes what Unicode folds to ASCII letters of the words.
func (s *sampler) foldOthers() {
	for _, c := range []byte("ks") {
		if s.fold && slices.ContainsFunc(s.words, func(w []byte) bool { return bytes.IndexByte(w, c) >= 0 }) {
			s.exotic = append(s.exotic, []byte(exotic(c)))
		}
	}
}

// decides reports whether the search can say no about this text.
func (s *sampler) decides(text []byte) bool {
	for _, c := range s.exotic {
		if bytes.Contains(text, c) {
			return false
		}
	}
	return true
}
