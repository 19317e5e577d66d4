package wire

import (
	"encoding/binary"
	"time"
)

// bsdMinute remembers the last minute that a stamp `Mmm dd hh:mm:ss` of RFC 3164
// was of, as isoMinute does for those of RFC 5424.
type bsdMinute struct {
	head, tail uint64 // `Nov 22 1` and ` 14:30:0` less its last byte, as they stand in memory
	zone       *time.Location
	received   int64 // minute of receipt: it decides about the year
	start      int64 // nanoseconds since 1970 UTC
	valid      bool
}

const (
	bsdText   = "Jan _2 15:04:05"
	bsdMinEnd = len("Jan _2 15:04:")
	bsdTail   = len("Jan _2") // where tail begins: one byte of it is of the seconds
	bsdMask   = 1<<56 - 1     // all of tail but that
)

// keep remembers the stamp t, whose text stands at i, and which is the instant
// nanos, if it is of that form.
func (m *bsdMinute) keep(b *Batch, zone *time.Location, i int, t *stamp, nanos int64) {
	if t.year != 0 || t.zoned || t.nanos != 0 || t.end-i != len(bsdText) || b.Buf[i+bsdMinEnd-1] != ':' || !isAlpha(b.Buf[i]) {
		return
	}
	*m = bsdMinute{
		head: binary.LittleEndian.Uint64(b.Buf[i:]), tail: binary.LittleEndian.Uint64(b.Buf[i+bsdTail:]) & bsdMask,
		zone: zone, received: b.Received.Unix() / 60, start: nanos - int64(t.second)*1e9, valid: true,
	}
}

// read reads the stamp at i if it is of the remembered minute, and if a blank and
// nothing that may belong to it, such as a year or a zone, follows.
func (m *bsdMinute) read(b *Batch, zone *time.Location, i, end int) (nanos int64, ok bool) {
	if end-i < len(bsdText)+2 || !m.valid {
		return 0, false
	}
	text := b.Buf[i : i+len(bsdText)+2]
	if binary.LittleEndian.Uint64(text) != m.head || binary.LittleEndian.Uint64(text[bsdTail:])&bsdMask != m.tail ||
		m.zone != zone || m.received != b.Received.Unix()/60 {
		return 0, false
	}
	second, next := two(text, bsdMinEnd), text[len(bsdText)+1]
	if second > 59 || text[len(bsdText)] != ' ' || isDigit(next) || next-'A' < 26 {
		return 0, false
	}
	return m.start + int64(second)*1e9, true
}
