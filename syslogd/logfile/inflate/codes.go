package inflate

import "math/bits"

// codes are the tables of a block, by the next bits of the input. An entry of a
// table:
//
//	bits  0 to 5   bits of input that it takes, those that come behind the code included
//	bits  8 to 11  bits of its code alone
//	bit   12       invalid: no code begins like this
//	bit   13       end of the block
//	bit   14       another: the entry is in a table behind this one, for which the
//	               bits of a code here are how many select in it
//	bit   15       literal: the value is a byte
//	from 16        value: a byte, the least length or distance, where the other table is
type codes struct {
	literals  [1<<literalBits + literalSpare]uint32
	distances [1<<distanceBits + distanceSpare]uint32
	lengths   [1 << lengthBits]uint32
	isFixed   bool // the tables are those of RFC 1951, 3.2.6
}

// Bits that select in a table, and room for the tables behind it: no complete code
// of 288 symbols and at most 15 bits takes more than 294 entries there, and none of
// 32 symbols more than 146.
const (
	literalBits   = 11
	literalSpare  = 512
	distanceBits  = 8
	distanceSpare = 256
	lengthBits    = 7
	longestCode   = 15
)

const (
	bitsMask = 0x3f
	codeAt   = 8
	codeMask = 0xf
	invalid  = 1 << 12
	blockEnd = 1 << 13
	another  = 1 << 14
	literal  = 1 << 15
	valueAt  = 16
)

// The least length and distance of a symbol and the number of bits that come
// behind it (RFC 1951, 3.2.5).
func lengthEntry(symbol int) uint32 {
	switch {
	case symbol < 256:
		return uint32(symbol)<<valueAt | literal
	case symbol == 256:
		return blockEnd
	case symbol > 285:
		return invalid
	case symbol == 285:
		return 258 << valueAt
	}
	n := symbol - 257
	if n < 8 {
		return uint32(n+3) << valueAt
	}
	extra := n/4 - 1
	return uint32(3+(4+n%4)<<extra)<<valueAt | uint32(extra)
}

func distanceEntry(symbol int) uint32 {
	switch {
	case symbol > 29:
		return invalid
	case symbol < 4:
		return uint32(symbol+1) << valueAt
	}
	extra := symbol/2 - 1
	return uint32(1+(2+symbol%2)<<extra)<<valueAt | uint32(extra)
}

// fixed sets the codes of RFC 1951, 3.2.6.
func (c *codes) fixed() error {
	if c.isFixed {
		return nil
	}
	var lengths [288 + 32]uint8
	for i := range lengths {
		switch {
		case i < 144:
			lengths[i] = 8
		case i < 256:
			lengths[i] = 9
		case i < 280:
			lengths[i] = 7
		case i < 288:
			lengths[i] = 8
		default:
			lengths[i] = 5
		}
	}
	err := c.set(lengths[:288], lengths[288:])
	c.isFixed = err == nil
	return err
}

func (c *codes) set(literals, distances []uint8) error {
	c.isFixed = false
	if err := build(c.literals[:], literalBits, literals, lengthEntry); err != nil {
		return err
	}
	return build(c.distances[:], distanceBits, distances, distanceEntry)
}

// build fills a table from the lengths of the codes of symbols (RFC 1951, 3.2.2).
// Too few codes are taken where that is usual: one of one bit, or none.
func build(table []uint32, width uint, lengths []uint8, entry func(symbol int) uint32) error {
	var count [longestCode + 1]int
	for _, n := range lengths {
		count[n]++
	}
	used := len(lengths) - count[0]
	count[0] = 0
	var next [longestCode + 2]uint32
	code, left := uint32(0), 1
	for n := 1; n <= longestCode; n++ {
		next[n] = code
		code = (code + uint32(count[n])) << 1
		if left = left<<1 - count[n]; left < 0 {
			return ErrCorrupt
		}
	}
	if left > 0 {
		if used > 1 || used == 1 && count[1] != 1 {
			return ErrCorrupt
		}
		for i := range table[:1<<width] {
			table[i] = invalid
		}
	}
	t := tables{all: table, width: width, free: 1 << width, count: count}
	for n := uint(1); n <= longestCode; n++ {
		if count[n] == 0 {
			continue
		}
		for symbol, length := range lengths {
			if uint(length) == n {
				t.put(next[n], n, entry(symbol))
				next[n]++
				t.count[n]--
			}
		}
	}
	return nil
}

// tables is a table that is being filled, with those behind it. Codes come in
// order, short ones first.
type tables struct {
	all   []uint32
	width uint
	free  int                  // where the next table begins
	count [longestCode + 1]int // of codes to come, by length

	prefix uint32 // of the codes in the last table behind
	begun  bool
	at     int
	size   uint // bits that select in it
}

// put enters a code of n bits.
func (t *tables) put(code uint32, n uint, e uint32) {
	reversed := bits.Reverse32(code) >> (32 - n)
	e += uint32(n) | uint32(n)<<codeAt // what comes behind the code is in e already
	if n <= t.width {
		for i := reversed; i < 1<<t.width; i += 1 << n {
			t.all[i] = e
		}
		return
	}
	prefix := reversed & (1<<t.width - 1)
	if !t.begun || prefix != t.prefix {
		t.open(prefix, n)
	}
	// The entry tells the bits behind those that led here.
	e -= uint32(t.width) | uint32(t.width)<<codeAt
	for i := reversed >> t.width; i < 1<<t.size; i += 1 << (n - t.width) {
		t.all[t.at+int(i)] = e
	}
}

// open begins a table for codes that start with prefix, the shortest of which has n
// bits: large enough for those that follow.
func (t *tables) open(prefix uint32, n uint) {
	t.at, t.prefix, t.begun = t.free, prefix, true
	t.size = n - t.width
	for left := 1<<t.size - t.count[n]; left > 0 && t.size+t.width < longestCode; {
		t.size++
		left = left<<1 - t.count[t.size+t.width]
	}
	t.free += 1 << t.size
	t.all[prefix] = uint32(t.at)<<valueAt | another | uint32(t.size)<<codeAt | uint32(t.width)
}
