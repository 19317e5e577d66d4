package inflate

// maxName bounds a name or a comment in a header, in bytes.
const maxName = 64 << 10

// block reads the head of a block (RFC 1951, 3.2.3).
func (z *Reader) block() error {
	if z.last {
		z.last, z.step = false, (*Reader).trailer
		return nil
	}
	if err := z.need(3); err != nil {
		return err
	}
	z.last = z.take(1) == 1
	switch z.take(2) {
	case 0:
		return z.storedHead()
	case 1:
		z.step = (*Reader).text
		return z.codes.fixed()
	case 2:
		z.step = (*Reader).text
		return z.codesHead()
	}
	return ErrCorrupt
}

// storedHead reads the length of a block that is not compressed (RFC 1951, 3.2.4).
func (z *Reader) storedHead() error {
	var b [4]byte
	if err := z.bytes(b[:]); err != nil {
		return err
	}
	if b[0] != ^b[2] || b[1] != ^b[3] {
		return ErrCorrupt
	}
	z.stored, z.step = int(b[0])|int(b[1])<<8, (*Reader).copyStored
	return nil
}

// copyStored copies what there is room for.
func (z *Reader) copyStored() error {
	for z.stored > 0 && z.made < window+chunk {
		if z.count > 0 { // bytes that were read ahead
			c, err := z.byte()
			if err != nil {
				return err
			}
			z.out[z.made] = c
			z.made++
			z.stored--
			continue
		}
		if z.pos == z.end && !z.more() {
			return z.short()
		}
		n := copy(z.out[z.made:min(window+chunk, z.made+z.stored)], z.in[z.pos:z.end])
		z.pos += n
		z.made += n
		z.stored -= n
	}
	if z.stored == 0 {
		z.step = (*Reader).block
	}
	return nil
}

// lengthOrder is the order in which the lengths of the code for lengths stand
// (RFC 1951, 3.2.7).
const lengthOrder = "\x10\x11\x12\x00\x08\x07\x09\x06\x0a\x05\x0b\x04\x0c\x03\x0d\x02\x0e\x01\x0f"

// codesHead reads the codes of a block (RFC 1951, 3.2.7).
func (z *Reader) codesHead() error {
	if err := z.need(14); err != nil {
		return err
	}
	literals, distances, n := int(z.take(5))+257, int(z.take(5))+1, int(z.take(4))+4
	if literals > 286 || distances > 30 {
		return ErrCorrupt
	}
	var lengths [286 + 30]uint8
	for _, at := range []byte(lengthOrder[:n]) {
		if err := z.need(3); err != nil {
			return err
		}
		lengths[at] = uint8(z.take(3))
	}
	c := &z.codes
	if err := build(c.lengths[:], lengthBits, lengths[:19], func(symbol int) uint32 { return uint32(symbol) << valueAt }); err != nil {
		return err
	}
	clear(lengths[:19])
	for i := 0; i < literals+distances; {
		symbol, err := z.lengthSymbol()
		if err != nil {
			return err
		}
		if symbol < 16 {
			lengths[i] = uint8(symbol)
			i++
			continue
		}
		// RFC 1951, 3.2.7: 16 repeats the length before it, 17 and 18 are zeros.
		least, extra, value := 3, uint(2), uint8(0)
		switch symbol {
		case 16:
			if i == 0 {
				return ErrCorrupt
			}
			value = lengths[i-1]
		case 17:
			extra = 3
		case 18:
			least, extra = 11, 7
		}
		if err := z.need(extra); err != nil {
			return err
		}
		times := least + int(z.take(extra))
		if i+times > literals+distances {
			return ErrCorrupt
		}
		for range times {
			lengths[i] = value
			i++
		}
	}
	return c.set(lengths[:literals], lengths[literals:literals+distances])
}

// lengthSymbol reads a symbol of the code for lengths.
func (z *Reader) lengthSymbol() (int, error) {
	for {
		e := z.codes.lengths[z.bits&(1<<lengthBits-1)]
		if n := uint(e & bitsMask); e&invalid == 0 && n <= z.count {
			z.take(n)
			return int(e >> valueAt), nil
		}
		if z.count >= lengthBits {
			return 0, ErrCorrupt
		}
		if err := z.need(z.count + 1); err != nil {
			return 0, err
		}
	}
}
