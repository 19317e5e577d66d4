package wire

import (
	"encoding/binary"
	"math/bits"
)

// Lengths that RFC 5424, 6 allows for the header fields and SD-NAMEs.
const (
	maxHost   = 255
	maxApp    = 48
	maxProcID = 128
	maxMsgID  = 32
	maxSDName = 32
)

// parse5424 reads what follows "<PRI>1 ". A header that breaks the grammar is
// marked Damaged: the fields before the damage stand, the rest is the text. When
// not even the TIMESTAMP can be read, all of it is.
func (p *Parser) parse5424(b *Batch, r *Record, i, end int) {
	buf := b.Buf
	r.Form = RFC5424
	next, ok := p.stamp5424(b, r, i, end)
	if !ok && p.meraki(b, r, i, end) {
		return
	}
	if !ok {
		r.Form = Bare
		r.Flags |= Damaged
		r.Msg = span(i-2, end)
		return
	}
	i = next
	blanks := blanksFrom(buf, i)
	i, r.Host = blanks.field(r, buf, i, end, maxHost)
	i, r.App = blanks.field(r, buf, i, end, maxApp)
	i, r.ProcID = blanks.field(r, buf, i, end, maxProcID)
	i, r.MsgID = blanks.field(r, buf, i, end, maxMsgID)
	p.text5424(b, r, i, end)
}

// stamp5424 reads TIMESTAMP and the blank behind it. Stamps that are readable
// but not as RFC 5424, 6.2.3 wants them (seven digits of fraction, no zone)
// count, and are marked.
func (p *Parser) stamp5424(b *Batch, r *Record, i, end int) (next int, ok bool) {
	buf := b.Buf
	if end-i >= 1 && buf[i] == '-' && (i+1 == end || buf[i+1] == ' ') {
		if i+1 == end {
			r.Flags |= Damaged
		}
		return min(i+2, end), true
	}
	if nanos, next, ok := p.iso.read(buf, i, end); ok {
		r.Time, r.Stamp = nanos, span(i, next)
		return next + 1, true
	}
	t, ok := readISO(buf, i, end)
	if !ok || (t.end < end && buf[t.end] != ' ') {
		return i, false
	}
	p.setTime(b, r, t, i)
	if !t.strict || t.end == end {
		r.Flags |= Damaged
	} else if r.Time != 0 {
		p.iso.keep(buf, i, &t, r.Time)
	}
	return min(t.end+1, end), true
}

// blanks has a bit set for each of the 64 bytes of a buffer, from at on, that is
// not PRINTUSASCII: as a rule, the blanks between header fields, all of which are
// found at one look.
type blanks struct {
	ahead uint64 // without those that have been passed
	at    int
}

func blanksFrom(buf []byte, i int) blanks {
	if len(buf)-i < 64 {
		return blanks{}
	}
	return blanks{^graphic64((*[64]byte)(buf[i:])), i}
}

// field reads a header field and the blank behind it, as Record.field does, which
// it asks for all that is out of the ordinary. Fields are read one after the
// other.
func (l *blanks) field(r *Record, buf []byte, i, end, limit int) (next int, s Span) {
	if l.ahead != 0 {
		j := l.at + bits.TrailingZeros64(l.ahead)
		l.ahead &= l.ahead - 1
		if j < end && buf[j] == ' ' && j > i && j-i <= limit {
			if j-i != 1 || buf[i] != '-' {
				s = span(i, j)
			}
			return j + 1, s
		}
		l.ahead = 0
	}
	return r.field(buf, i, end, limit)
}

// field reads a header field and the blank behind it. `-` is an absent one
// (NILVALUE).
func (r *Record) field(buf []byte, i, end, limit int) (next int, s Span) {
	if end-i >= 2 && buf[i] == '-' && buf[i+1] == ' ' {
		return i + 2, s
	}
	j, clean := token(buf, i, end)
	if !clean || j == i || j-i > limit || j == end {
		r.Flags |= Damaged
	}
	if j-i != 1 || buf[i] != '-' {
		s = span(i, j)
	}
	return min(j+1, end), s
}

// token returns the end of the run of bytes up to a blank, and whether all of
// them are PRINTUSASCII. It looks at eight bytes at a time.
func token(buf []byte, i, end int) (j int, clean bool) {
	clean = true
	for j = i; end-j >= 8; {
		odd := unprintable(binary.LittleEndian.Uint64(buf[j:]))
		if odd == 0 {
			j += 8
			continue
		}
		j += bits.TrailingZeros64(odd) / 8
		if buf[j] == ' ' {
			return j, clean
		}
		clean = false
		j++
	}
	for ; j < end && buf[j] != ' '; j++ {
		clean = clean && buf[j]-'!' <= '~'-'!'
	}
	return j, clean
}

const ones, highs = 0x0101010101010101, 0x8080808080808080

// unprintable marks, in its high bit, the first byte of x that is not
// PRINTUSASCII (RFC 5424, 6: %d33-126). What it marks behind the first means
// nothing: borrow and carry run on.
func unprintable(x uint64) uint64 {
	return ((x-'!'*ones)&^x | x | (x + ones)) & highs
}

// text5424 reads STRUCTURED-DATA and MSG. Structured data that breaks its
// grammar stays in the text, so that nothing is lost.
func (p *Parser) text5424(b *Batch, r *Record, i, end int) {
	buf := b.Buf
	j := i
	switch {
	case i < end && buf[i] == '-':
		j = i + 1
	case i < end && buf[i] == '[':
		j = structuredData(buf, i, end)
	}
	if j == i || (j < end && buf[j] != ' ') {
		r.Flags |= Damaged
		r.Msg = span(i, end)
		return
	}
	if buf[i] == '[' {
		r.SD = span(i, j)
	}
	i = min(j+1, end)
	if end-i >= 3 && buf[i] == bom[0] && buf[i+1] == bom[1] && buf[i+2] == bom[2] {
		i += 3
	}
	r.Msg = span(i, end)
}

// bom marks MSG as UTF-8 (RFC 5424, 6.4). It is no part of the text.
const bom = "\xEF\xBB\xBF"

// structuredData returns the end of 1*SD-ELEMENT at i, and i when the grammar
// of RFC 5424, 6.3 is broken.
func structuredData(buf []byte, i, end int) int {
	j := i
	for j < end && buf[j] == '[' {
		k := sdElement(buf, j, end)
		if k == j {
			return i
		}
		j = k
	}
	return j
}

// sdElement returns the end of "[" SD-ID *(SP SD-PARAM) "]" at i, or i.
func sdElement(buf []byte, i, end int) int {
	j := sdName(buf, i+1, end)
	if j == i+1 {
		return i
	}
	for j < end && buf[j] == ' ' {
		name := j + 1
		j = sdName(buf, name, end)
		if j == name || j+1 >= end || buf[j] != '=' || buf[j+1] != '"' {
			return i
		}
		if j = sdValue(buf, j+2, end); j < 0 {
			return i
		}
	}
	if j >= end || buf[j] != ']' {
		return i
	}
	return j + 1
}

// sdName returns the end of the SD-NAME at i, or i when it is empty or longer
// than 32.
func sdName(buf []byte, i, end int) int {
	if i >= end {
		return i
	}
	name := buf[i:min(end, i+maxSDName+1)]
	for n, c := range name {
		if c-'!' > '~'-'!' || c == '=' || c == ']' || c == '"' {
			return i + n
		}
	}
	if len(name) > maxSDName {
		return i
	}
	return i + len(name)
}

// sdValue returns the place after the closing quote of the PARAM-VALUE at i, or
// -1. A backslash before anything but `"`, `\` and `]` is an ordinary one
// (6.3.3).
func sdValue(buf []byte, i, end int) int {
	for ; i < end; i++ {
		c := buf[i]
		if c > ']' || (c != '"' && c < '\\') {
			continue
		}
		switch c {
		case '"':
			return i + 1
		case ']':
			return -1
		case '\\':
			if i+1 < end && (buf[i+1] == '"' || buf[i+1] == '\\' || buf[i+1] == ']') {
				i++
			}
		}
	}
	return -1
}
