package inflate

import "encoding/binary"

// margin is how many bytes of input the fast loop wants to see.
const margin = 16

// text unpacks a block until there is no room, or to its end.
func (z *Reader) text() (err error) {
	for end := false; err == nil && !end && z.made < window+chunk; {
		if z.end-z.pos < margin && z.ended == nil {
			z.more()
		}
		if z.end-z.pos >= margin {
			end, err = z.fast()
		} else {
			end, err = z.careful()
		}
		if end {
			z.step = (*Reader).block
		}
	}
	return err
}

// fast unpacks while there are bytes to read ahead and room to write behind. end
// says that the block is over. It is one function because every call in it is felt.
func (z *Reader) fast() (end bool, err error) {
	in, out, c := z.in[:z.end], z.out, &z.codes
	pos, made, bits, count := z.pos, z.made, z.bits, z.count
	for pos+margin <= len(in) && made < window+chunk {
		bits |= binary.LittleEndian.Uint64(in[pos:]) << (count & 63)
		pos += int((63 - count) >> 3)
		count |= 56 // what is above is right as well, and will be set again
		e := c.literals[bits&(1<<literalBits-1)]
		if e&literal != 0 {
			out[made] = byte(e >> valueAt)
			made++
			bits >>= e & bitsMask
			count -= uint(e & bitsMask)
			e = c.literals[bits&(1<<literalBits-1)]
			if e&literal != 0 {
				out[made] = byte(e >> valueAt)
				made++
				bits >>= e & bitsMask
				count -= uint(e & bitsMask)
				e = c.literals[bits&(1<<literalBits-1)]
			}
		}
		if e&(another|blockEnd|invalid) != 0 {
			if e&another != 0 {
				bits >>= literalBits
				count -= literalBits
				e = c.literals[e>>valueAt+uint32(bits)&(1<<(e>>codeAt&codeMask)-1)]
			}
			if e&(blockEnd|invalid) != 0 {
				bits >>= e & bitsMask
				count -= uint(e & bitsMask)
				if end = e&blockEnd != 0; !end {
					err = ErrCorrupt
				}
				break
			}
		}
		if e&literal != 0 {
			out[made] = byte(e >> valueAt)
			made++
			bits >>= e & bitsMask
			count -= uint(e & bitsMask)
			continue
		}
		length := int(e>>valueAt) + int(bits&(1<<(e&bitsMask)-1)>>(e>>codeAt&codeMask))
		bits >>= e & bitsMask
		count -= uint(e & bitsMask)

		bits |= binary.LittleEndian.Uint64(in[pos:]) << (count & 63)
		pos += int((63 - count) >> 3)
		count |= 56
		e = c.distances[bits&(1<<distanceBits-1)]
		if e&another != 0 {
			bits >>= distanceBits
			count -= distanceBits
			e = c.distances[e>>valueAt+uint32(bits)&(1<<(e>>codeAt&codeMask)-1)]
		}
		from := made - int(e>>valueAt) - int(bits&(1<<(e&bitsMask)-1)>>(e>>codeAt&codeMask))
		bits >>= e & bitsMask
		count -= uint(e & bitsMask)
		if e&invalid != 0 || from < z.first {
			err = ErrCorrupt
			break
		}
		if made-from >= 32 && length <= 32 { // as most are
			*(*[16]byte)(out[made:]) = *(*[16]byte)(out[from:])
			*(*[16]byte)(out[made+16:]) = *(*[16]byte)(out[from+16:])
		} else {
			repeat(out, from, made, length)
		}
		made += length
	}
	z.pos, z.made, z.bits, z.count = pos, made, bits&(1<<count-1), count
	return end, err
}

// repeat copies length bytes of out, at from, to at, as if one by one. It may write
// some more.
func repeat(out []byte, from, at, length int) {
	switch distance := at - from; {
	case distance >= 16:
		to, text := out[at:at+longest+16], out[from:]
		text = text[:len(to)]
		for i := 0; i < length; i += 16 {
			*(*[16]byte)(to[i:]) = *(*[16]byte)(text[i:])
		}
	case distance >= 8:
		to, text := out[at:at+longest+8], out[from:]
		text = text[:len(to)]
		for i := 0; i < length; i += 8 {
			binary.LittleEndian.PutUint64(to[i:], binary.LittleEndian.Uint64(text[i:]))
		}
	case distance == 1:
		c := out[from]
		to := out[at : at+length]
		for i := range to {
			to[i] = c
		}
	default:
		for i := range length {
			out[at+i] = out[from+i]
		}
	}
}

// careful unpacks one symbol, and takes no bit of input that is not there.
func (z *Reader) careful() (end bool, err error) {
	e, value, err := z.symbol(z.codes.literals[:], literalBits)
	switch {
	case err != nil:
		return false, err
	case e&blockEnd != 0:
		return true, nil
	case e&literal != 0:
		z.out[z.made] = byte(value)
		z.made++
		return false, nil
	}
	_, distance, err := z.symbol(z.codes.distances[:], distanceBits)
	if err != nil {
		return false, err
	}
	from := z.made - distance
	if from < z.first {
		return false, ErrCorrupt
	}
	repeat(z.out, from, z.made, value)
	z.made += value
	return false, nil
}

// symbol reads a symbol with what comes behind it.
func (z *Reader) symbol(table []uint32, width uint) (e uint32, value int, err error) {
	for {
		bits, used := z.bits, uint(0)
		if e = table[bits&(1<<width-1)]; e&another != 0 {
			bits >>= width
			used = width
			e = table[e>>valueAt+uint32(bits)&(1<<(e>>codeAt&codeMask)-1)]
		}
		if used += uint(e & bitsMask); used <= z.count && e&invalid == 0 {
			z.take(used)
			return e, int(e>>valueAt) + int(bits&(1<<(e&bitsMask)-1)>>(e>>codeAt&codeMask)), nil
		}
		if e&invalid != 0 && z.count >= longestCode {
			return e, 0, ErrCorrupt
		}
		if err := z.need(z.count + 1); err != nil {
			return e, 0, err
		}
	}
}
