package wire

import (
	"hash/maphash"
	"math/bits"
)

// identitySeed keys Identity, so that no sender can make two different messages
// look alike and have one of them hidden behind `last message repeated`.
var identitySeed = [...]maphash.Seed{maphash.MakeSeed()}

// Identity returns a number that is equal for records that differ in nothing
// but their time and structured data: same source, priority, host, app, procid,
// msgid and text. It holds for this run of the program alone.
func Identity(b *Batch, r *Record) uint64 {
	h := uint64(r.Facility)<<16 | uint64(r.Severity)<<8 | uint64(r.Form)
	for _, s := range [...]Span{r.App, r.ProcID, r.MsgID, r.Msg} {
		h = mix(h, maphash.Bytes(identitySeed[0], b.Bytes(s)))
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

func mix(h, v uint64) uint64 {
	hi, lo := bits.Mul64(h^0x9e3779b97f4a7c15, v|1)
	return hi ^ lo ^ v
}
