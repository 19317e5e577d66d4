package wire

import (
	"bytes"
	"hash/maphash"
	"math/bits"
)

// identitySeed keys Identity, so that no sender can make two different messages
// look alike and have one of them hidden behind `last message repeated`.
var identitySeed = [...]maphash.Seed{maphash.MakeSeed()}

// Identity returns a number that is equal for records that differ in nothing
// but their time and the time and number in their structured data: same source,
// priority, host, app, procid, msgid, data and text. It holds for this run of the
// program alone.
func Identity(b *Batch, r *Record) uint64 {
	h := uint64(r.Facility)<<16 | uint64(r.Severity)<<8 | uint64(r.Form)
	for _, s := range [...]Span{r.App, r.ProcID, r.MsgID, r.Msg} {
		h = mix(h, maphash.Bytes(identitySeed[0], b.Bytes(s)))
	}
	if r.SD.Len > 0 {
		h = mixData(h, b.Bytes(r.SD))
	}
	if r.Host.Len > 0 {
		return mix(h, maphash.Bytes(identitySeed[0], b.Bytes(r.Host)))
	}
	if peer := b.Origin.Peer.Addr(); peer.IsValid() {
		address := peer.As16()
		return mix(h, maphash.Bytes(identitySeed[0], address[:]))
	}
	return h
}

// Elements that may differ in each copy of a message: the number and the uptime of
// its sender (RFC 5424, 7.3), the quality of its clock (7.1), and the marks of those
// who sent it on.
const countsMeta, countsQuality, countsMarks = "[meta", "[timeQuality", "[" + SDID

// mixData mixes structured data into h, without the elements that count.
func mixData(h uint64, sd []byte) uint64 {
	if !bytes.Contains(sd, []byte(countsMeta)) && !bytes.Contains(sd, []byte(countsQuality)) && !bytes.Contains(sd, []byte(countsMarks)) {
		return mix(h, maphash.Bytes(identitySeed[0], sd))
	}
	for i := 0; i < len(sd); {
		next := sdElement(sd, i, len(sd))
		if next == i { // the parser accepts none such
			return mix(h, maphash.Bytes(identitySeed[0], sd[i:]))
		}
		if !counts(sd[i:next]) {
			h = mix(h, maphash.Bytes(identitySeed[0], sd[i:next]))
		}
		i = next
	}
	return h
}

// counts reports whether an element is one of those that count. One of our own that
// says more than its marks is not.
func counts(element []byte) bool {
	switch string(element[:sdName(element, 1, len(element))]) {
	case countsMeta, countsQuality:
		return true
	case countsMarks:
		from, to := marks(element)
		return to > from
	}
	return false
}

func mix(h, v uint64) uint64 {
	hi, lo := bits.Mul64(h^0x9e3779b97f4a7c15, v|1)
	return hi ^ lo ^ v
}
